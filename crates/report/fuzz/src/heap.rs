//! The reader of V8's heap on damaged memory: a small sound heap in which an input exchanges words, cuts ranges and leaves
//! ranges out; and the same bytes as a core and as an executable. Whatever they are, it ends and does not panic. What a
//! sound heap is read as is checked elsewhere.

use memwatch_heap::elf::{Core, Executable};
use memwatch_heap::layout::Layout;
use memwatch_heap::memory::{Memory, Range};
use memwatch_heap::process::Process;
use memwatch_heap::testing::{SampleRanges, sample_heap};
use memwatch_heap::{HeapReader, Selection, StackRange};

/// Bytes of one change: which range, what to do, where in words (three bytes), and a word.
const CHANGE_BYTES: usize = 13;
/// What to do: below this exchange a word, at it cut the range, above leave it out.
const CUT: u8 = 250;
/// Words near which a range's own are: the rest is empty.
const NEAR: usize = 4096;

/// Checks everything about one input.
///
/// # Panics
///
/// When something does not hold: that is the finding.
pub fn check_heap(bytes: &[u8]) {
    // libFuzzer calls one thread; the heap is made once.
    thread_local!(static SAMPLE: (SampleRanges, Layout) = sample_heap());
    as_files(bytes);
    SAMPLE.with(|(ranges, layout)| {
        let mut ranges = ranges.clone();
        for change in bytes.chunks_exact(CHANGE_BYTES) {
            apply(change, &mut ranges);
        }
        as_memory(&ranges, layout);
    });
}

fn apply(change: &[u8], ranges: &mut SampleRanges) {
    let (Some(&[range, action, a, b, c]), Some(word)) = (change.first_chunk(), change.last_chunk::<8>())
    else {
        return;
    };
    if ranges.is_empty() {
        return;
    }
    let place = usize::from(range) % ranges.len();
    let bytes = &mut ranges[place].1;
    let at = (usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16) % NEAR * 8;
    match action {
        0..CUT => {
            if let Some(target) = bytes.get_mut(at..at + 8) {
                target.copy_from_slice(word);
            }
        }
        CUT => bytes.truncate(at),
        _ => {
            ranges.remove(place);
        }
    }
}

fn as_memory(ranges: &SampleRanges, layout: &Layout) {
    let memory = Memory::new(ranges.iter().map(|(start, bytes, writable)| Range {
        start: *start,
        bytes,
        writable: *writable,
        executable: false,
        from_file: false,
    }));
    let Ok(reader) = HeapReader::new(&memory, layout) else {
        return;
    };
    let stacks: Vec<StackRange> = (memory.ranges().iter())
        .map(|range| StackRange::from(range.start))
        .collect();
    for selection in [Selection::Alive, Selection::All] {
        if let Ok(snapshot) = reader.snapshot(0, &stacks, selection) {
            let reading = snapshot.reading().expect("it was read from memory");
            assert!(reading.reached <= reading.objects + 1, "{reading:?}");
        }
    }
    let _ = reader.crash(0, stacks.first().copied());
    let _ = reader.stacks(&stacks);
}

fn as_files(bytes: &[u8]) {
    if let Ok(core) = Core::read(bytes) {
        let segments: usize = core.segments().iter().map(|segment| segment.bytes.len()).sum();
        assert!(segments <= bytes.len(), "segments share bytes");
        let memory = Memory::new(core.segments().iter().copied());
        let _ = Process::read(&core, &memory);
    }
    let _ = Executable::read(bytes);
}
