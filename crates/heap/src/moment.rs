//! Whether a moment is good to read a heap from outside: inside of a collection objects are half moved. V8's `Heap` has
//! a number that is 0 between two collections; here is where it stands. Waits for nothing.

use rustc_hash::FxHashMap;

use crate::bytes::u32_at;
use crate::elf::function;
use crate::layout::Layout;
use crate::memory::Memory;
pub use crate::space::page_starts;
use crate::space::{LEAST_PAGES, heaps_of_headers};

/// V8's function that sets the number: its first instruction that stores is the one.
const SETTER: &[u8] = b"_ZN2v88internal4Heap10SetGCState";
/// `mov [rdi + displacement], esi`, without the displacement.
const STORE: [u8; 2] = [0x89, 0xb7];
/// The store is among the first instructions, in bytes.
const FIRST_CODE: usize = 64;
/// In a larger `Heap` it would not be. In bytes.
const MOST_OFFSET: u32 = 0x2000;
/// The address from which a process begins to map.
const FIRST_ADDRESS: u64 = 0x1_0000;
/// V8's states of a collection are below this; any other number there is something else's.
const STATES: u32 = 8;

/// From V8's `Heap` to the number, in bytes: as the executable's code has it, else by a table.
pub fn state_offset(executable: &[u8], layout: &Layout) -> u64 {
    let code = function(executable, SETTER);
    let found = code.and_then(stored_at);
    found.unwrap_or(layout.generation().collection_state())
}

fn stored_at(code: &[u8]) -> Option<u64> {
    let code = &code[..code.len().min(FIRST_CODE)];
    let at = code.windows(STORE.len()).position(|bytes| bytes == STORE)?;
    let displacement = u32_at(code, at + STORE.len())?;
    (displacement < MOST_OFFSET && displacement % 4 == 0).then_some(u64::from(displacement))
}

/// The addresses of V8's `Heap`s by the headers of their pages, which are all that `memory` has to have.
pub fn heaps(memory: &Memory<'_>) -> Vec<u64> {
    let mut pages_of: FxHashMap<u64, usize> = FxHashMap::default();
    for heap in heaps_of_headers(memory) {
        *pages_of.entry(heap).or_default() += 1;
    }
    let known = pages_of.into_iter();
    let known = known.filter(|&(heap, pages)| heap >= FIRST_ADDRESS && pages >= LEAST_PAGES);
    known.map(|(heap, _)| heap).collect()
}

/// Whether a number can be V8's state of a collection.
pub const fn is_state(number: u32) -> bool {
    number < STATES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Range;
    use crate::space::PAGE_BYTES;

    #[test]
    fn the_offset_is_in_the_first_store() {
        // mov %esi,0x198(%rdi); mov 0x790(%rdi),%eax
        let code = [0x89, 0xb7, 0x98, 1, 0, 0, 0x8b, 0x87, 0x90, 7, 0, 0];
        assert_eq!(stored_at(&code), Some(0x198));
        assert_eq!(stored_at(&[0x55, 0x89, 0xb7]), None);
        assert_eq!(stored_at(&[0x89, 0xb7, 0, 0, 0, 0x7f]), None);
        assert_eq!(stored_at(&[]), None);
    }

    #[test]
    fn heaps_are_known_by_the_first_bytes_of_their_pages() {
        const HEAP: u64 = 0x30_0000_e000;
        let header = |base: u64| -> Vec<u8> {
            let words = [PAGE_BYTES, 8, HEAP, base + 0x1148, base + PAGE_BYTES];
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        };
        let starts: Vec<u64> = page_starts([(0x40_0001, 0x4c_0000 + 1), (8, 9)]).collect();
        assert_eq!(starts, [0x44_0000, 0x48_0000, 0x4c_0000]);
        let pages: Vec<(u64, Vec<u8>)> = starts.iter().map(|&at| (at, header(at))).collect();
        let found = |count: usize| {
            let ranges = pages[..count].iter().map(|(start, bytes)| Range {
                start: *start,
                bytes,
                writable: true,
                executable: false,
                from_file: false,
            });
            heaps(&Memory::new(ranges))
        };
        assert_eq!(found(3), [HEAP]);
        assert!(found(2).is_empty(), "malloc's memory may look like a page");
    }
}
