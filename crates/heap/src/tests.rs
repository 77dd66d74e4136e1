//! The reader on heaps that are made in code: what is alive, what it is called, and that no bytes
//! make it panic. Real heaps are read by the addon's tests, from cores of five versions.

use memwatch_snapshot::{EdgeType, NodeOrdinal, Snapshot};

use crate::testing::{Bytes, Random, TestHeap, layout, memory, smi, types};
use crate::{ErrorPlace, HeapError, HeapReader, Selection, Space, StackRange};

pub(crate) fn read(ranges: &[Bytes], selection: Selection) -> Result<Snapshot, HeapError> {
    let (memory, layout) = (memory(ranges), layout());
    HeapReader::new(&memory, &layout)?.snapshot(0, &[], selection)
}

/// Living strings to be above the least that a heap has.
pub(crate) fn padding(heap: &mut TestHeap) {
    let strings: Vec<u64> = (0..200)
        .map(|index| heap.string(types::STRING, &format!("pad {index}")))
        .collect();
    let list = heap.array(types::FIXED_ARRAY, &strings);
    heap.root(list);
}

pub(crate) fn named(snapshot: &Snapshot, name: &str) -> Vec<NodeOrdinal> {
    snapshot
        .ordinals()
        .filter(|&node| snapshot.name(node) == name)
        .collect()
}

/// Type, name and target's name of each edge.
fn edges(snapshot: &Snapshot, node: NodeOrdinal) -> Vec<(EdgeType, String, String)> {
    let edges = snapshot.edges(node);
    edges
        .map(|edge| {
            let (name, to) = (snapshot.edge_name(&edge), snapshot.name(edge.to));
            (edge.edge_type, name.into_owned(), to.into_owned())
        })
        .collect()
}

fn has(edges: &[(EdgeType, String, String)], kind: EdgeType, name: &str, to: &str) -> bool {
    edges
        .iter()
        .any(|edge| edge.0 == kind && edge.1 == name && edge.2 == to)
}

#[test]
fn properties_and_elements_have_their_names_and_garbage_is_left_out() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let next = heap.string(types::INTERNALIZED, "next");
    let map = heap.new_map(types::JS_OBJECT, 32, &[next], 2);
    let text = heap.string(types::STRING, "hello");
    let item = heap.string(types::STRING, "item");
    let elements = heap.array(types::FIXED_ARRAY, &[item, smi(7)]);
    let alive = heap.js_object(map, elements, &[text]);
    let garbage = heap.string(types::STRING, "garbage");
    heap.js_object(map, heap.empty_array, &[garbage]);
    heap.root(alive);
    let ranges = heap.finish();
    let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
    let objects = named(&snapshot, "Object");
    assert_eq!(objects.len(), 1, "the other object is garbage");
    assert!(named(&snapshot, "garbage").is_empty());
    let found = edges(&snapshot, objects[0]);
    assert!(
        has(&found, EdgeType::Property, "next", "hello"),
        "{found:?}"
    );
    assert!(has(&found, EdgeType::Element, "0", "item"), "{found:?}");
    assert_eq!(snapshot.self_size(objects[0]), 32);
    assert_eq!(snapshot.self_size(named(&snapshot, "hello")[0]), 24);
    let all = read(&ranges, Selection::All).expect("a snapshot");
    assert_eq!(named(&all, "Object").len(), 2);
    assert_eq!(named(&all, "garbage").len(), 1);
}

#[test]
fn a_value_of_a_weak_map_lives_as_long_as_its_key() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let map = heap.new_map(types::JS_OBJECT, 24, &[], 2);
    let weak_map = heap.new_map(types::JS_WEAK_MAP, 32, &[], 2);
    let [kept, gone] = [0, 1].map(|_| heap.js_object(map, heap.empty_array, &[]));
    let [value, lost, later] =
        ["value", "lost", "later"].map(|text| heap.string(types::STRING, text));
    // The value of the first entry is the key's own, and the key of the last is kept by a value.
    let chained = heap.js_object(map, heap.empty_array, &[]);
    let holder = heap.array(types::FIXED_ARRAY, &[value, chained]);
    let slots = [smi(3), 0, 0, chained, later, kept, holder, gone, lost];
    let table = heap.array(types::EPHEMERONS, &slots);
    let collection = heap.js_object(weak_map, heap.empty_array, &[table]);
    heap.root(collection);
    heap.root(kept);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    for (text, count) in [("value", 1), ("later", 1), ("lost", 0)] {
        assert_eq!(named(&snapshot, text).len(), count, "{text}");
    }
    let pair = snapshot.ordinals().flat_map(|node| edges(&snapshot, node));
    let pairs = pair
        .filter(|edge| edge.1.contains("pair in WeakMap"))
        .count();
    assert_eq!(
        pairs, 4,
        "two living entries, each from its key and from the table"
    );
}

#[test]
fn hidden_references_are_numbered_by_the_objects_they_lead_to() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let [first, second] = ["first", "second"].map(|text| heap.string(types::STRING, text));
    let module = heap.map(types::MODULE, 56);
    let undefined = heap.undefined;
    let words = [module, first, smi(4), undefined, smi(0), second, 0];
    let module = heap.object(&words);
    heap.root(module);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let modules = named(&snapshot, "system / SourceTextModule");
    let found = edges(&snapshot, modules[0]);
    assert!(has(&found, EdgeType::Hidden, "0", "first"), "{found:?}");
    // Undefined has a number although it is left out; small integers have none.
    assert!(has(&found, EdgeType::Hidden, "2", "second"), "{found:?}");
}

#[test]
fn slots_of_arrays_are_internal_and_have_their_own_numbers() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let [first, second] = ["first", "second"].map(|text| heap.string(types::STRING, text));
    let list = heap.array(types::FIXED_ARRAY, &[first, smi(1), second]);
    let holder = heap.array(types::FIXED_ARRAY, &[list]);
    heap.root(holder);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let all: Vec<_> = snapshot
        .ordinals()
        .flat_map(|node| edges(&snapshot, node))
        .collect();
    assert!(has(&all, EdgeType::Internal, "0", "first"));
    assert!(has(&all, EdgeType::Internal, "2", "second"));
}

#[test]
fn a_property_with_a_symbol_is_called_as_v8_calls_it() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let symbol = heap.map(types::SYMBOL, 24);
    let description = heap.string(types::INTERNALIZED, "state");
    let value = heap.string(types::STRING, "value");
    let private = heap.string(types::INTERNALIZED, "#own");
    for (flags, description) in [(0, description), (0, heap.undefined), (0x11, private)] {
        let key = heap.object(&[symbol, smi(flags), description]);
        let map = heap.new_map(types::JS_OBJECT, 32, &[key], 2);
        let object = heap.js_object(map, heap.empty_array, &[value]);
        heap.root(object);
    }
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let all: Vec<_> = snapshot
        .ordinals()
        .flat_map(|node| edges(&snapshot, node))
        .collect();
    for name in ["<symbol state>", "<symbol>", "#own"] {
        assert!(has(&all, EdgeType::Property, name, "value"), "{name}");
    }
}

#[test]
fn functions_that_stand_for_a_property_and_the_prototype_have_edges() {
    const DICTIONARY: u64 = 1 << 21;
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let key = heap.string(types::INTERNALIZED, "total");
    let plain = heap.new_map(types::JS_OBJECT, 24, &[], 2);
    let [getter, prototype] = [0, 1].map(|_| heap.js_object(plain, heap.empty_array, &[]));
    let pair = heap.map(types::ACCESSOR_PAIR, 24);
    let pair = heap.object(&[pair, getter, heap.undefined]);
    let table = heap.array(types::FIXED_ARRAY, &[0, 0, 0, key, pair, 0]);
    let map = heap.new_map(types::JS_OBJECT, 24, &[], 2);
    heap.set(map, 2, DICTIONARY);
    heap.set(map, 3, prototype);
    let object = heap.js_object(map, heap.empty_array, &[]);
    heap.set(object, 1, table);
    heap.root(object);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let found: Vec<_> = snapshot
        .ordinals()
        .flat_map(|node| edges(&snapshot, node))
        .filter(|edge| edge.0 == EdgeType::Property && edge.2 != "system / Oddball")
        .map(|(_, name, to)| (name, to))
        .collect();
    let named = [
        ("total", "system / AccessorPair"),
        ("get total", "Object"),
        ("__proto__", "Object"),
    ];
    assert_eq!(
        found,
        named.map(|(name, to)| (name.to_owned(), to.to_owned()))
    );
}

#[test]
fn unused_slots_of_an_object_refer_to_nothing() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let filler = heap.map(types::FILLER, 8);
    heap.root(filler);
    let map = heap.new_map(types::JS_OBJECT, 40, &[], 2);
    let object = heap.js_object(map, heap.empty_array, &[filler, filler]);
    heap.root(object);
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let found = edges(&snapshot, named(&snapshot, "Object")[0]);
    let maps = found.iter().filter(|edge| edge.2 == "system / Map");
    assert_eq!(maps.count(), 1, "its own: {found:?}");
}

#[test]
fn a_rope_is_read_in_order_and_one_that_leads_to_itself_ends() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let [a, b, c] = ["ab", "cd", "ef"].map(|text| heap.string(types::STRING, text));
    let map = heap.map(types::CONS, 32);
    let inner = heap.object(&[map, 4 << 32, a, b]);
    let rope = heap.object(&[map, 6 << 32, inner, c]);
    let circle = heap.object(&[map, 99 << 32, a, b]);
    heap.set(circle, 2, circle);
    let symbols = [rope, circle].map(|key| heap.new_map(types::JS_OBJECT, 32, &[key], 2));
    for map in symbols {
        let object = heap.js_object(map, heap.empty_array, &[a]);
        heap.root(object);
    }
    let snapshot = read(&heap.finish(), Selection::Alive).expect("a snapshot");
    let objects = named(&snapshot, "Object");
    assert!(has(
        &edges(&snapshot, objects[0]),
        EdgeType::Property,
        "abcdef",
        "ab"
    ));
}

/// A random graph, and which of its objects a search by hand reaches.
pub(crate) fn random_graph(random: &mut Random) -> (Vec<Bytes>, usize) {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let keys: Vec<u64> = ["a", "b", "c"]
        .map(|key| heap.string(types::INTERNALIZED, key))
        .into();
    let map = heap.new_map(types::JS_OBJECT, 48, &keys, 2);
    let count = 1 + random.below(3000);
    let objects: Vec<u64> = (0..count)
        .map(|_| heap.js_object(map, heap.empty_array, &[0, 0, 0]))
        .collect();
    let mut links = vec![Vec::new(); count as usize];
    for _ in 0..random.below(2 * count + 1) {
        let (from, to, slot) = (random.below(count), random.below(count), random.below(3));
        let is_weak = random.below(8) == 0;
        let word = if is_weak {
            objects[to as usize] | 2
        } else {
            objects[to as usize]
        };
        links[from as usize].retain(|&(other, _)| other != slot);
        links[from as usize].push((slot, (!is_weak).then_some(to)));
        heap.set(objects[from as usize], 3 + slot, word);
    }
    let mut queue: Vec<u64> = (0..random.below(4)).map(|_| random.below(count)).collect();
    for &root in &queue {
        heap.root(objects[root as usize]);
    }
    let mut reached = std::collections::BTreeSet::new();
    while let Some(object) = queue.pop() {
        if reached.insert(object) {
            queue.extend(links[object as usize].iter().filter_map(|&(_, to)| to));
        }
    }
    (heap.finish(), reached.len())
}

#[test]
fn what_is_alive_is_what_a_search_by_hand_reaches() {
    let mut random = Random(2_026);
    for round in 0..60 {
        let (ranges, reached) = random_graph(&mut random);
        let snapshot = read(&ranges, Selection::Alive).expect("a snapshot");
        assert_eq!(named(&snapshot, "Object").len(), reached, "round {round}");
    }
}

/// A stack with these words.
fn stack(words: &[u64]) -> Bytes {
    Bytes {
        start: 0x7000_0000,
        bytes: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        writable: true,
    }
}

#[test]
fn an_error_that_v8_has_as_thrown_is_described() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let keys = ["message", "code"].map(|key| heap.string(types::INTERNALIZED, key));
    let map = heap.new_map(types::JS_ERROR, 40, &keys, 2);
    let texts = ["card declined", "E_PAY"].map(|text| heap.string(types::STRING, text));
    let error = heap.js_object(map, heap.empty_array, &texts);
    let mut ranges = heap.finish();
    ranges.push(stack(&[0, error, 0]));
    let (memory, layout) = (memory(&ranges), layout());
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    let pointer = StackRange::from(0x7000_0000);
    // Without a JavaScript frame nothing says where the words of callers begin.
    assert!(reader.crash(0, Some(pointer)).errors.is_empty());
    assert!(reader.crash(9, None).errors.is_empty());
    // In the Isolate itself, right below the table of roots, V8 has what was thrown.
    drop(reader);
    let isolate = ranges
        .iter()
        .position(|range| range.start == crate::testing::ROOTS);
    let isolate = isolate.expect("the Isolate");
    ranges[isolate].start -= 64;
    ranges[isolate].bytes.splice(0..0, [0; 64]);
    ranges[isolate].bytes[8..16].copy_from_slice(&error.to_le_bytes());
    let memory = crate::testing::memory(&ranges);
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    let errors = reader.crash(0, None).errors;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].message.as_deref(), Some("card declined"));
    assert_eq!(errors[0].code.as_deref(), Some("E_PAY"));
    assert_eq!(errors[0].address, error - 1);
    assert_eq!(errors[0].place, ErrorPlace::Pending);
}

#[test]
fn a_thread_whose_stack_is_missing_says_so() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let mut ranges = heap.finish();
    ranges.push(stack(&[0; 4]));
    let (memory, layout) = (memory(&ranges), layout());
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    let stacks = [0x7000_0000, 0x9000_0000, u64::MAX].map(StackRange::from);
    let found: Vec<_> = reader
        .stacks(&stacks)
        .iter()
        .map(|stack| stack.is_there)
        .collect();
    assert_eq!(found, [true, false, false]);
}

#[test]
fn the_sizes_of_spaces_add_up() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let ranges = heap.finish();
    let (memory, layout) = (memory(&ranges), layout());
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    let isolate = &reader.isolates()[0];
    assert_eq!(isolate.spaces.len(), 1);
    let old = isolate.spaces[0];
    assert_eq!(
        (old.space, old.objects, old.bytes),
        (Space::Old, isolate.objects, isolate.bytes)
    );
    // 201 objects: 200 strings of two words and a text, and the list.
    assert_eq!(old.objects, 201);
    assert_eq!(old.used_bytes, 200 * 24 + 16 + 200 * 8);
}

#[test]
fn an_isolate_that_is_not_there_is_named() {
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let ranges = heap.finish();
    let (memory, layout) = (memory(&ranges), layout());
    let reader = HeapReader::new(&memory, &layout).expect("a heap");
    assert_eq!(reader.isolates().len(), 1);
    let refused = reader
        .snapshot(3, &[], Selection::Alive)
        .map(|_| ())
        .expect_err("there is one");
    assert_eq!(
        refused.to_string(),
        "isolate 4 does not exist; the memory has 1, the largest being isolate 1"
    );
}

#[test]
fn pages_that_are_being_marked_have_all_their_objects() {
    /// Set on each page of V8 11 and 12 while marking is under way; of V8 10 it says that the object is a large one.
    const MARKING: u64 = 1 << 5;
    let mut heap = TestHeap::new();
    padding(&mut heap);
    let ranges = heap.finish();
    let still = read(&ranges, Selection::Alive).expect("it is sound");
    let mut marked = ranges.clone();
    for page in marked.iter_mut().filter(|range| range.writable) {
        let flags = &mut page.bytes[8..16];
        let set = u64::from_le_bytes(flags[..8].try_into().expect("eight bytes")) | MARKING;
        flags.copy_from_slice(&set.to_le_bytes());
    }
    let marking = read(&marked, Selection::Alive).expect("it is sound");
    assert_eq!(marking.node_count(), still.node_count());
    assert!(still.node_count() > 200);
}
