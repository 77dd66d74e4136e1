//! Where references into the heap come from, in the order of trust: V8's own table of roots and
//! the rest of the Isolate; the stacks of threads and V8's handles; global handles. Other words of
//! native memory are no roots: marking worklists and freed memory are full of pointers.

use super::Objects;
use crate::bytes::{u8_at, u64_at};
use crate::layout::Kind;
use crate::memory::Memory;
use crate::space::{Heap, Page};

/// The table of roots lies in the Isolate, below the Heap, within this distance. In bytes.
const ISOLATE_BELOW_HEAP: u64 = 0x2_0000;
/// What follows the start of the Heap and still has roots. In bytes.
const ISOLATE_ABOVE_HEAP: u64 = 0x1000;
/// So many pointers into read-only space in a row are the table.
const TABLE_RUN: u64 = 100;
/// Where the table is expected, so many are enough.
const EXPECTED_RUN: u64 = 8;
/// The red zone below a stack pointer. In bytes.
const RED_ZONE: u64 = 128;
/// V8's blocks of handles have so many words.
const HANDLE_BLOCK_BYTES: u64 = 1022 * 8;
/// No scope of handles is nested deeper. The field is 32 bits of an int.
const DEEPEST_SCOPE: u64 = 64;
/// Nodes of a block of global handles, and bytes of a node. Node i has the byte i at 10, and its
/// state in the two low bits of the byte after it.
const GLOBAL_NODES: usize = 256;
const GLOBAL_NODE_BYTES: usize = 32;
const GLOBAL_NUMBER: usize = 10;
const GLOBAL_STATE: usize = 11;
const GLOBAL_STRONG: u8 = 1;
/// Blocks are of malloc, which aligns to this. In bytes.
const MALLOC_ALIGNMENT: u64 = 16;

/// A thread's stack: from its stack pointer to where its own data begin, or else to the end of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackRange {
    /// The thread's stack pointer.
    pub pointer: u64,
    /// Where the C library has the thread's own data (the base of `fs` on x86-64); 0 where that is not known. glibc and
    /// musl have them right above the stack of each thread that they start. What is beyond may be in the same range:
    /// Linux joins mappings that touch, and musl maps what it allocates.
    pub thread_data: u64,
}

impl StackRange {
    /// A stack of which nothing but the pointer is known.
    pub const fn from(pointer: u64) -> Self {
        Self {
            pointer,
            thread_data: 0,
        }
    }

    /// The address after the last, in a range that ends at `range_end`.
    fn end(&self, range_end: u64) -> u64 {
        match (self.pointer..range_end).contains(&self.thread_data) {
            true => self.thread_data,
            false => range_end,
        }
    }
}

/// Where the table of roots of an isolate begins.
pub(crate) fn roots_start(objects: &Objects<'_, '_>, isolate: u64) -> u64 {
    Finder { objects, isolate }.isolate_start()
}

/// Tagged words, without duplicates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    pub strong: Vec<u64>,
    pub stack: Vec<u64>,
    pub global: Vec<u64>,
}

impl Roots {
    /// The roots of the isolate with this `Heap`.
    pub(crate) fn find(objects: &Objects<'_, '_>, isolate: u64, stacks: &[StackRange]) -> Self {
        let finder = Finder { objects, isolate };
        let mut roots = Self::default();
        let from = finder.isolate_start();
        let to = isolate.saturating_add(ISOLATE_ABOVE_HEAP);
        // The Heap has the beginning of the list of all realms, which keeps none of them.
        finder.words(isolate, to, &mut roots.strong);
        roots.strong.retain(|&root| !objects.heap.is_realm(root));
        finder.words(from, isolate, &mut roots.strong);
        roots
            .strong
            .retain(|&root| !is_number_string_cache(objects.heap, root));
        for (start, end) in stack_parts(objects.heap.memory, stacks) {
            finder.words(start, end, &mut roots.stack);
        }
        if let Some((start, end)) = finder.handles(from, to) {
            finder.words(start, end, &mut roots.stack);
        }
        finder.global_handles(&mut roots.global);
        for list in [&mut roots.strong, &mut roots.stack, &mut roots.global] {
            list.sort_unstable();
            list.dedup();
        }
        roots
    }
}

/// The parts of memory that are stacks: each from below its pointer to its end, and what several threads share once.
fn stack_parts(memory: &Memory<'_>, stacks: &[StackRange]) -> Vec<(u64, u64)> {
    let mut stacks = stacks.to_vec();
    stacks.sort_unstable_by_key(|stack| stack.pointer);
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for stack in stacks {
        if let Some(range) = memory.range_of(stack.pointer) {
            let known = parts.last().map_or(0, |&(_, end)| end);
            let start = stack.pointer.saturating_sub(RED_ZONE);
            let (start, end) = (start.max(range.start).max(known), stack.end(range.end()));
            if start < end {
                parts.push((start, end));
            }
        }
    }
    parts
}

struct Finder<'o, 'h, 'a> {
    objects: &'o Objects<'h, 'a>,
    isolate: u64,
}

impl Finder<'_, '_, '_> {
    fn page(&self, word: u64) -> Option<&Page<'_>> {
        self.objects.heap.page_at(word)
    }

    /// Whether a word is a strong pointer to an object of this isolate.
    fn is_ours(&self, word: u64) -> bool {
        word & 3 == 1
            && self
                .page(word)
                .is_some_and(|page| page.heap == self.isolate || page.read_only)
            && self.objects.ordinal(word).is_some()
    }

    fn is_read_only(&self, address: u64) -> bool {
        let word = self.objects.heap.memory.word(address).unwrap_or(0);
        word & 3 == 1
            && self.page(word).is_some_and(|page| page.read_only)
            && self.objects.ordinal(word).is_some()
    }

    /// The start of the table of roots: where each version has it, or else the first long run of
    /// pointers into read-only space.
    fn isolate_start(&self) -> u64 {
        let distance = self.objects.heap.layout.generation.roots_to_heap();
        let expected = self.isolate.saturating_sub(distance);
        if (0..EXPECTED_RUN).all(|index| self.is_read_only(expected + 8 * index)) {
            return expected;
        }
        let mut run = 0;
        for address in
            (self.isolate.saturating_sub(ISOLATE_BELOW_HEAP) & !7..self.isolate).step_by(8)
        {
            run = if self.is_read_only(address) {
                run + 1
            } else {
                0
            };
            if run == TABLE_RUN {
                return address - 8 * (TABLE_RUN - 1);
            }
        }
        expected
    }

    /// Adds the pointers between two addresses, as far as there is memory.
    fn words(&self, from: u64, to: u64, found: &mut Vec<u64>) {
        let memory = self.objects.heap.memory;
        let mut address = from.checked_next_multiple_of(8).unwrap_or(to);
        while address < to {
            let Some(tail) = memory.tail(address) else {
                let next = memory
                    .ranges()
                    .partition_point(|range| range.start <= address);
                let Some(range) = memory.ranges().get(next) else {
                    return;
                };
                let Some(start) = range.start.checked_next_multiple_of(8) else {
                    return;
                };
                address = start;
                continue;
            };
            let length = (tail.len() as u64).min(to - address) as usize;
            let words = tail[..length]
                .chunks_exact(8)
                .filter_map(|word| u64_at(word, 0));
            found.extend(words.filter(|&word| self.is_ours(word)));
            address = address.saturating_add(length.next_multiple_of(8).max(8) as u64);
        }
    }

    /// The block of handles in use: the Isolate has next, limit and level of its last one.
    fn handles(&self, from: u64, to: u64) -> Option<(u64, u64)> {
        let memory = self.objects.heap.memory;
        (from..to).step_by(8).find_map(|address| {
            let word = |index: u64| memory.word(address + 8 * index);
            let (next, limit, level) = (word(0)?, word(1)?, word(2)?);
            let start = limit.checked_sub(HANDLE_BLOCK_BYTES)?;
            let is_block = next % 8 == 0
                && (start..=limit).contains(&next)
                && level & 0xffff_ffff < DEEPEST_SCOPE
                && self.page(next).is_none()
                && memory.bytes(start, HANDLE_BLOCK_BYTES).is_some()
                && self.is_ours(memory.word(start)?);
            is_block.then_some((start, next))
        })
    }

    /// Global handles, by the shape of their blocks. They are in malloc's memory.
    fn global_handles(&self, found: &mut Vec<u64>) {
        let heap = self.objects.heap;
        let block_bytes = GLOBAL_NODES * GLOBAL_NODE_BYTES;
        for range in heap.memory.ranges() {
            if !range.writable || range.from_file {
                continue;
            }
            let Some(start) = range.start.checked_next_multiple_of(MALLOC_ALIGNMENT) else {
                continue;
            };
            let mut at = (start - range.start) as usize;
            while at + block_bytes <= range.bytes.len() {
                // Pages of the heap are most of the memory, and have none.
                let address = range.start + at as u64;
                if address % crate::space::PAGE_BYTES < MALLOC_ALIGNMENT && heap.is_on_page(address)
                {
                    at += crate::space::PAGE_BYTES as usize;
                    continue;
                }
                // Nearly everywhere the numbers of the first nodes already say no.
                let number =
                    |node: usize| range.bytes[at + node * GLOBAL_NODE_BYTES + GLOBAL_NUMBER];
                if number(1) != 1 || number(2) != 2 || number(0) != 0 {
                    at += MALLOC_ALIGNMENT as usize;
                    continue;
                }
                let address = range.start + at as u64;
                if let Some(page) = heap.page_at(address) {
                    at += (page.base + crate::space::PAGE_BYTES - address) as usize;
                    continue;
                }
                let block = &range.bytes[at..at + block_bytes];
                if is_global_block(block) {
                    found.extend(strong_handles(block).filter(|&word| self.is_ours(word)));
                    at += block_bytes;
                } else {
                    at += MALLOC_ALIGNMENT as usize;
                }
            }
        }
    }
}

fn is_global_block(block: &[u8]) -> bool {
    let nodes = block.chunks_exact(GLOBAL_NODE_BYTES).enumerate();
    nodes
        .into_iter()
        .all(|(index, node)| u8_at(node, GLOBAL_NUMBER) == Some(index as u8))
}

fn strong_handles(block: &[u8]) -> impl Iterator<Item = u64> {
    let nodes = block.chunks_exact(GLOBAL_NODE_BYTES);
    nodes
        .filter(|node| node[GLOBAL_STATE] & 3 == GLOBAL_STRONG)
        .filter_map(|node| u64_at(node, 0))
}

/// V8's cache of the texts of numbers: number and string in turns. V8 empties it before it makes a
/// snapshot, and no program can refer to it.
fn is_number_string_cache(heap: &Heap<'_>, word: u64) -> bool {
    /// The cache never has fewer slots.
    const LEAST_SLOTS: u64 = 64;
    if heap.kind_of(word) != Kind::FixedArray {
        return false;
    }
    let length = heap.length(word);
    if length < LEAST_SLOTS || !length.is_multiple_of(2) || length > heap.size(word) / 8 {
        return false;
    }
    let mut entries = 0;
    for index in (0..length).step_by(2) {
        let (key, text) = (heap.slot(word, index), heap.slot(word, index + 1));
        let is_number = key & 1 == 0 || heap.kind_of(key) == Kind::HeapNumber;
        let is_empty = |word: u64| word == 0 || heap.kind_of(word) == Kind::Oddball;
        if is_number && heap.is_string(text) {
            entries += 1;
        } else if !(is_empty(key) || key & 1 == 0) || !is_empty(text) {
            return false;
        }
    }
    entries > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Range;

    #[test]
    fn a_stack_that_threads_share_is_read_once() {
        let bytes = [0; 4096];
        let range = |start| Range {
            start,
            bytes: &bytes[..],
            writable: true,
            executable: false,
            from_file: false,
        };
        let memory = Memory::new([range(0x1_0000), range(0x2_0000)]);
        let pointers = [0x1_0800, 0x2_0400, 0x1_0400, 0x1_0800, 0x9_0000];
        let stacks = pointers.map(StackRange::from);
        let parts = stack_parts(&memory, &stacks);
        let expected = [
            (0x1_0400 - RED_ZONE, 0x1_1000),
            (0x2_0400 - RED_ZONE, 0x2_1000),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_stack_ends_where_the_data_of_its_thread_begin() {
        let bytes = [0; 4096];
        let memory = Memory::new([Range {
            start: 0x1_0000,
            bytes: &bytes,
            writable: true,
            executable: false,
            from_file: false,
        }]);
        let stack = |pointer, thread_data| StackRange {
            pointer,
            thread_data,
        };
        let end_of = |stack: StackRange| stack_parts(&memory, &[stack])[0].1;
        assert_eq!(end_of(stack(0x1_0100, 0x1_0200)), 0x1_0200);
        // The main thread's are elsewhere.
        for elsewhere in [0, 0x1_00f8, 0x1_1000, 0x9_0000] {
            assert_eq!(end_of(stack(0x1_0100, elsewhere)), 0x1_1000);
        }
        // Between two stacks in one range lies what is no stack.
        let two = [stack(0x1_0100, 0x1_0200), stack(0x1_0800, 0x1_0900)];
        let expected = [
            (0x1_0100 - RED_ZONE, 0x1_0200),
            (0x1_0800 - RED_ZONE, 0x1_0900),
        ];
        assert_eq!(stack_parts(&memory, &two), expected);
    }
}
