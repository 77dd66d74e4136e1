//! The reader on memory that is damaged, stale, hostile or of several isolates: nothing that lives is lost without a
//! word, and no bytes make it panic or go on for ever.

use memwatch_snapshot::{EdgeType, NodeOrdinal, Snapshot};

use crate::testing::{Bytes, HEAP, PAGE, Random, TestHeap, layout, memory, smi, types};
use crate::tests::{named, padding, random_graph, read};
use crate::{HeapError, HeapErrorKind, HeapReader, Selection, StackRange};

#[test]
fn what_stood_in_free_memory_before_hides_no_living_object() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let next = heap.string(types::INTERNALIZED, "next");
    let map = heap.new_map(types::JS_OBJECT, 32, &[next], 2);
    let stale = heap.map(types::FIXED_ARRAY, 0);
    let mut last = smi(0);
    for length in [5, 9, 2] {
        // The head of an array that ended further on, and what was allocated since then over the rest of it.
        heap.object(&[stale, smi(length)]);
        let [hidden, behind] = [0, 1].map(|_| heap.js_object(map, heap.empty_array, &[smi(1)]));
        heap.set(hidden, 3, last);
        heap.set(behind, 3, hidden);
        last = behind;
    }
    heap.root(last);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    assert_eq!(named(&snapshot, "Object").len(), 6);
    let reading = snapshot.reading().expect("it was read from memory");
    assert_eq!((reading.dangling, reading.outside), (0, 0), "{reading:?}");
}

/// V8 14 has objects in read-only space that nobody can read.
#[test]
fn what_stands_behind_a_hole_in_a_page_is_seen() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let hidden = heap.array(types::FIXED_ARRAY, &[smi(0); 2000]);
    let map = heap.new_map(types::JS_OBJECT, 24, &[], 2);
    let behind = heap.js_object(map, heap.empty_array, &[]);
    heap.root(hidden);
    heap.root(behind);
    let mut ranges = heap.finish();
    let place = ranges
        .iter()
        .position(|range| (range.start..range.start + PAGE).contains(&behind))
        .expect("a page");
    let hole = (hidden - 1 + 64 - ranges[place].start) as usize;
    let rest = ranges[place].bytes.split_off(hole);
    ranges.push(Bytes {
        start: behind - 1,
        bytes: rest[(behind - hidden) as usize - 64..].to_vec(),
        writable: true,
    });
    let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
    assert_eq!(named(&snapshot, "Object").len(), 1);
    let reading = snapshot.reading().expect("it was read from memory");
    assert_eq!(
        (reading.invalid_sizes, reading.dangling),
        (0, 0),
        "{reading:?}"
    );
}

#[test]
fn a_reference_to_memory_that_is_not_there_is_evidence() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let list = heap.array(types::FIXED_ARRAY, &[0x70_0000_1001, smi(3)]);
    heap.root(list);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    assert_eq!(snapshot.reading().expect("a reading").outside, 1);
}

/// In whatever order the entries stand, each is looked at when its table is found and when its key is: a search of the
/// whole table for each link would take hours here.
#[test]
fn a_chain_through_a_weak_map_is_followed_to_its_end() {
    const LINKS: usize = 200_000;
    for is_reversed in [false, true] {
        let mut heap = TestHeap::new();
        padding(&mut heap);
        let map = heap.new_map(types::JS_OBJECT, 24, &[], 2);
        let weak_map = heap.new_map(types::JS_WEAK_MAP, 32, &[], 2);
        let links: Vec<u64> = (0..=LINKS)
            .map(|_| heap.js_object(map, heap.empty_array, &[]))
            .collect();
        let mut pairs: Vec<&[u64]> = links.windows(2).collect();
        if is_reversed {
            pairs.reverse();
        }
        let tables: Vec<u64> = pairs
            .chunks(10_000)
            .map(|pairs| {
                let mut slots = vec![smi(pairs.len() as u64), 0, 0];
                slots.extend(pairs.concat());
                heap.array(types::EPHEMERONS, &slots)
            })
            .collect();
        for table in tables {
            let collection = heap.js_object(weak_map, heap.empty_array, &[table]);
            heap.root(collection);
        }
        // Half of the chain is garbage.
        heap.root(links[LINKS / 2]);
        let ranges = heap.finish();
        let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
        let objects = named(&snapshot, "Object").len();
        assert_eq!(objects, LINKS / 2 + 1 + LINKS / 10_000);
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let mut random = Random(11);
    let (whole, _) = random_graph(&mut random);
    let mut outcomes = [0; 2];
    for _ in 0..400 {
        let mut ranges = whole.clone();
        for _ in 0..=random.below(12) {
            let place = random.below(ranges.len() as u64) as usize;
            let length = ranges[place].bytes.len() as u64;
            // Most of a range is empty: near its start is where its words are.
            let near = random.below(length / 8).min(random.below(2000));
            let at = (near * 8) as usize;
            let other = ranges[random.below(3) as usize].start + 0x1149 + 8 * random.below(600);
            let word = match random.below(5) {
                0 => random.next(),
                1 => smi(random.below(1 << 31)),
                2 => u64::MAX << random.below(64),
                3 => other,
                _ => other | 2,
            };
            ranges[place].bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
            if random.below(40) == 0 {
                ranges[place].bytes.truncate(at);
            }
        }
        if random.below(10) == 0 {
            let place = random.below(ranges.len() as u64) as usize;
            ranges.remove(place);
        }
        let selection = if random.below(2) == 0 {
            Selection::Alive
        } else {
            Selection::All
        };
        outcomes[usize::from(read(&ranges, selection).is_ok())] += 1;
    }
    assert!(
        outcomes.iter().all(|&count| count > 20),
        "both ways are tried: {outcomes:?}"
    );
}

#[test]
fn what_proved_wrong_is_counted_and_too_much_of_it_is_refused() {
    let graph = |broken: u64| {
        let mut heap = TestHeap::new();
        padding(&mut heap);
        let nowhere = heap.string(types::STRING, "0123456789abcdef") + 16;
        let list = heap.array(types::FIXED_ARRAY, &vec![nowhere; broken as usize]);
        heap.root(list);
        heap.finish()
    };
    let sound = read(&graph(1), Selection::Alive).expect("a snapshot");
    let reading = sound.reading().expect("it was read from memory");
    assert_eq!((reading.dangling, reading.invalid_sizes), (1, 0));
    assert!(reading.reached <= reading.objects, "{reading:?}");
    let list = named(&sound, "(object elements)")
        .first()
        .copied()
        .unwrap_or(NodeOrdinal(sound.node_count() as u32 - 1));
    let address = reading.addresses.of(sound.id(list)).expect("an address");
    assert_eq!(reading.addresses.id_at(address), Some(sound.id(list)));
    let refused = read(&graph(50), Selection::Alive)
        .map(|_| ())
        .expect_err("too much is broken");
    assert_eq!(refused.kind(), HeapErrorKind::Unsound);
}

#[test]
fn memory_without_a_heap_is_refused() {
    let zeroes = [Bytes {
        start: 0x1000_0000,
        bytes: vec![0; 1 << 20],
        writable: true,
    }];
    let refused = read(&zeroes, Selection::Alive)
        .map(|_| ())
        .expect_err("there is no heap");
    assert_eq!(refused.kind(), HeapErrorKind::NoHeap);
    assert_eq!(
        read(&[], Selection::Alive)
            .map(|_| ())
            .expect_err("nothing")
            .kind(),
        HeapErrorKind::NoHeap
    );
}

/// Another thread's heap lies in the same memory: as many objects, none of which has a right size.
#[test]
fn what_is_wrong_with_another_isolate_is_no_doubt_of_this_one() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let lengths = heap.array(types::FIXED_ARRAY, &[]);
    heap.root(lengths);
    let mut ranges = heap.finish();
    let alone = ranges.clone();
    // The last four pages become pages of another heap.
    const OTHER: u64 = 0x60_0000_0000;
    let pages: Vec<usize> = (0..ranges.len())
        .filter(|&index| ranges[index].start >> 32 == 0x20)
        .collect();
    let mut others: Vec<Bytes> = pages.iter().map(|&page| ranges[page].clone()).collect();
    for other in &mut others {
        let from = other.start;
        other.start += 1 << 38;
        for at in (0..other.bytes.len()).step_by(8) {
            let word = u64::from_le_bytes(other.bytes[at..at + 8].try_into().expect("a word"));
            let moved = match at {
                16 => OTHER,
                _ if word >= from && word <= from + PAGE => word + (1 << 38),
                // Of a string's length nothing is left that could be right.
                _ if word == 6 << 32 || word == 7 << 32 => u64::MAX,
                _ => word,
            };
            other.bytes[at..at + 8].copy_from_slice(&moved.to_le_bytes());
        }
    }
    ranges.extend(others);
    let (memory, layout) = (memory(&ranges), layout());
    let reader = HeapReader::new(&memory, &layout).expect("one of two is sound");
    assert_eq!(reader.isolates().len(), 2);
    let own = reader
        .isolates()
        .iter()
        .position(|isolate| isolate.heap != OTHER);
    let own = own.expect("the first");
    assert_eq!(reader.doubts(Some(own)).invalid_sizes, 0);
    assert!(reader.doubts(Some(1 - own)).invalid_sizes > 5);
    let nodes =
        |ranges: &[Bytes]| read(ranges, Selection::Alive).map(|snapshot| snapshot.node_count());
    let snapshot = reader
        .snapshot(own, &[], Selection::Alive)
        .expect("a snapshot");
    assert_eq!(Ok(snapshot.node_count()), nodes(&alone));
    let refused = reader.snapshot(1 - own, &[], Selection::Alive).map(|_| ());
    assert_eq!(refused.expect_err("unsound").kind(), HeapErrorKind::Unsound);
    // Read for itself it has nothing of the other.
    let address = reader.isolates()[own].heap - 0x100;
    let reader = HeapReader::of_isolate(&memory, &layout, address).expect("a heap");
    assert_eq!(reader.isolates().len(), 1);
    assert_eq!(reader.doubts(None).invalid_sizes, 0);
    let refused = HeapReader::of_isolate(&memory, &layout, 8).map(|_| ());
    assert_eq!(refused.expect_err("none").kind(), HeapErrorKind::NoHeap);
}

#[test]
fn an_array_that_all_objects_share_does_not_multiply_the_work() {
    let graph = |objects: usize| {
        let mut heap = TestHeap::new();
        padding(&mut heap);
        let map = heap.new_map(types::JS_OBJECT, 24, &[], 2);
        let text = heap.string(types::STRING, "shared");
        let elements = heap.array(types::FIXED_ARRAY, &vec![text; 30_000]);
        let objects: Vec<u64> = (0..objects)
            .map(|_| heap.js_object(map, elements, &[]))
            .collect();
        let list = heap.array(types::FIXED_ARRAY, &objects);
        heap.root(list);
        heap.finish()
    };
    let few = read(&graph(3), Selection::Alive).expect("a snapshot");
    let object = named(&few, "Object")[0];
    assert_eq!(
        few.edges(object)
            .filter(|edge| edge.edge_type == EdgeType::Element)
            .count(),
        30_000
    );
    let refused = read(&graph(10_000), Selection::Alive).map(|_| ());
    assert_eq!(
        refused.expect_err("too many").kind(),
        HeapErrorKind::Unsound
    );
}

/// Of lists that V8 makes for itself the size is the length alone.
#[test]
fn a_length_that_cannot_be_is_read_no_further_than_its_page() {
    for length in [0x7fff_ffff, 0x8000_0000] {
        let mut heap = TestHeap::new();
        padding(&mut heap);
        let behind = heap.array(types::FIXED_ARRAY, &[smi(7)]);
        let map = heap.map(types::WEAK_ARRAY_LIST, 0);
        let list = heap.object(&[map, smi(length), smi(1), behind]);
        heap.root(list);
        let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
        let reading = snapshot.reading().expect("it was read from memory");
        assert!(reading.invalid_sizes > 0, "{reading:?}");
    }
}

/// Of a program that runs V8 has not swept all: what is dead may have a map that is something else by now.
#[test]
fn a_size_that_cannot_be_is_evidence_where_the_object_is_alive() {
    let graph = |is_alive: bool| {
        let mut heap = TestHeap::new();
        padding(&mut heap);
        for _ in 0..120 {
            let objects = [(); 100].map(|()| heap.string(types::STRING, "alive"));
            let list = heap.array(types::FIXED_ARRAY, &objects);
            heap.root(list);
        }
        let map = heap.map(types::WEAK_ARRAY_LIST, 0);
        for _ in 0..9 {
            let list = heap.object(&[map, smi(0x7fff_ffff), smi(1)]);
            if is_alive {
                heap.root(list);
            }
        }
        heap.finish()
    };
    let snapshot = read(&graph(false), Selection::Alive).expect("a snapshot");
    let reading = snapshot.reading().expect("it was read from memory");
    assert_eq!(reading.invalid_sizes, 0);
    let garbage = read(&graph(false), Selection::All).expect("a snapshot");
    assert_eq!(garbage.reading().expect("a reading").invalid_sizes, 9);
    let refused = read(&graph(true), Selection::Alive).map(|_| ());
    assert_eq!(refused.expect_err("unsound").kind(), HeapErrorKind::Unsound);
}

/// What is alive in a heap with no collection under way, by its tables and at most one word of a stack.
fn read_at_rest(mut ranges: Vec<Bytes>, on_stack: Option<u64>) -> Result<Snapshot, HeapError> {
    const STACK: u64 = 0x50_0000_0000;
    ranges.extend(on_stack.map(|word| Bytes {
        start: STACK,
        bytes: word.to_le_bytes().to_vec(),
        writable: true,
    }));
    let stacks = on_stack.map(|_| StackRange::from(STACK));
    let (memory, layout) = (memory(&ranges), layout());
    HeapReader::of_isolate(&memory, &layout, HEAP)
        .expect("a heap")
        .snapshot(0, stacks.as_slice(), Selection::Alive)
}

/// A heap with a list of 3 links, of which a minor collection has moved the first, and what it has left behind: its
/// address now, and in place of the second link room. Also the address of what was left behind.
fn moved_list() -> (TestHeap, u64) {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let next = heap.string(types::INTERNALIZED, "next");
    let map = heap.new_map(types::JS_OBJECT, 32, &[next], 2);
    let mut head = smi(0);
    for _ in 0..3 {
        head = heap.js_object(map, heap.empty_array, &[head]);
    }
    heap.begin_vacated_page();
    let filler = heap.map(types::FILLER, 16);
    let room = heap.object(&[filler, 0]);
    let left_behind = heap.js_object(head - 1, heap.empty_array, &[room]);
    heap.fill_page();
    (heap, left_behind)
}

#[test]
fn an_object_that_was_moved_has_the_references_of_its_new_place() {
    let (mut heap, left_behind) = moved_list();
    // A collection is under way in a core: this reference has not been changed yet.
    heap.root(left_behind);
    let ranges = heap.finish();
    let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
    assert_eq!(named(&snapshot, "Object").len(), 3);
    let reading = snapshot.reading().expect("it was read from memory");
    assert_eq!(reading.dangling, 0, "{reading:?}");
}

#[test]
fn what_moved_objects_have_left_behind_is_no_part_of_a_heap_at_rest() {
    let (heap, left_behind) = moved_list();
    let snapshot = read_at_rest(heap.finish(), Some(left_behind)).expect("a snapshot");
    assert_eq!(named(&snapshot, "Object").len(), 0);
}

#[test]
fn a_reference_to_what_was_left_behind_is_refused_of_a_heap_at_rest() {
    let (mut heap, left_behind) = moved_list();
    let list = heap.array(types::FIXED_ARRAY, &[left_behind]);
    heap.root(list);
    let error = read_at_rest(heap.finish(), None).expect_err("it is refused");
    assert_eq!(error.kind(), HeapErrorKind::Unsound);
}

#[test]
fn a_living_reference_to_freed_memory_is_refused_of_a_heap_at_rest() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let filler = heap.map(types::FILLER, 16);
    let freed = heap.object(&[filler, 0]);
    let list = heap.array(types::FIXED_ARRAY, &[freed, smi(1)]);
    heap.root(list);
    let ranges = heap.finish();
    // A core may be of the middle of a collection: there it is one broken reference.
    let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
    assert_eq!(snapshot.reading().expect("a reading").dangling, 1);
    let error = read_at_rest(ranges, None).expect_err("it is refused");
    assert_eq!(error.kind(), HeapErrorKind::Unsound);
    assert!(error.to_string().contains("V8 has freed"), "{error}");
}

/// Of a call that has ended there may be words on the stack, and what they lead to may have died since.
#[test]
fn a_reference_of_what_the_stack_alone_keeps_refuses_no_heap() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let filler = heap.map(types::FILLER, 16);
    let freed = heap.object(&[filler, 0]);
    let list = heap.array(types::FIXED_ARRAY, &[freed, smi(1)]);
    let snapshot = read_at_rest(heap.finish(), Some(list)).expect("a snapshot");
    assert_eq!(snapshot.reading().expect("a reading").dangling, 1);
}
