//! Walks every page from its first object to its last. Finds which words objects start at and
//! which map each has; reads no references. Each size is checked as it goes: the next object must
//! begin with a map.

use std::ops::AddAssign;

use rustc_hash::FxHashMap;

use super::access::Heap;
use super::index::{CELLS_PER_PAGE, Cell};
use super::pages::{PAGE_BYTES, Page};
use crate::bytes::u64_at;
use crate::error::{HeapError, HeapErrorKind};
use crate::layout::Kind;

/// Maps that were looked up last, by a hash of their address: nearly every object's map is here.
const CACHE: usize = 4096;

/// The objects of a heap.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// [`CELLS_PER_PAGE`] for each page, in order.
    pub cells: Vec<Cell>,
    /// For each object the place of its map in `maps`.
    pub map_of: Vec<u32>,
    /// Every map that an object has, tagged.
    pub maps: Vec<u64>,
    /// One object of each map, tagged.
    pub samples: Vec<u64>,
    /// Where each page's objects begin in `map_of`, and where the last page's end.
    pub first_of_page: Vec<u32>,
    /// Bytes of each page that objects take.
    pub used_of_page: Vec<u64>,
    /// What the walk could not read of each page.
    pub doubts_of_page: Vec<Doubts>,
    /// The objects whose size cannot be right, tagged.
    pub invalid: Vec<u64>,
}

/// Invalid data. The unused ends of allocation areas are no evidence against the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Bytes between objects that are no object: unused allocation areas for the most part.
    pub unread_bytes: u64,
    /// Objects whose size cannot be right.
    pub invalid_sizes: u64,
    /// Objects that a collection under way had moved.
    pub moved: u64,
}

impl AddAssign for Doubts {
    fn add_assign(&mut self, other: Self) {
        self.unread_bytes += other.unread_bytes;
        self.invalid_sizes += other.invalid_sizes;
        self.moved += other.moved;
    }
}

/// What the walk has to know of a map.
#[derive(Clone, Copy)]
struct KnownMap {
    index: u32,
    /// In bytes; 0 where the object's own length tells.
    size: u64,
    kind: Kind,
}

struct Walker<'h, 'a> {
    heap: &'h Heap<'a>,
    /// Addresses at which objects start, in order: the walk has passed over them before.
    known_starts: &'h [u64],
    walk: Walk,
    /// Of the page that is walked.
    doubts: Doubts,
    known: FxHashMap<u64, KnownMap>,
    cache: Vec<Option<(u64, KnownMap)>>,
}

impl Walk {
    /// Walks all pages.
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::TooLarge`] beyond 2^32 objects.
    pub(crate) fn of(heap: &Heap<'_>) -> Result<Self, HeapError> {
        Self::through(heap, &[])
    }

    /// Walks all pages, with addresses in order at which objects are known to start. Memory that V8 has taken to allocate
    /// in, or has not swept yet, still has the objects that stood there; one of these can seem to end behind the
    /// beginning of a living object.
    ///
    /// # Errors
    ///
    /// Those of [`Self::of`].
    pub(crate) fn through(heap: &Heap<'_>, known_starts: &[u64]) -> Result<Self, HeapError> {
        let mut walker = Walker {
            heap,
            known_starts,
            walk: Self::default(),
            doubts: Doubts::default(),
            known: FxHashMap::default(),
            cache: vec![None; CACHE],
        };
        for page in &heap.pages {
            walker.page(page)?;
            let doubts = std::mem::take(&mut walker.doubts);
            walker.walk.doubts_of_page.push(doubts);
        }
        walker
            .walk
            .first_of_page
            .push(walker.walk.map_of.len() as u32);
        Ok(walker.walk)
    }

    /// What it could not read of the pages that are wanted.
    pub(crate) fn doubts(&self, is_wanted: impl Fn(usize) -> bool) -> Doubts {
        let pages = self.doubts_of_page.iter().enumerate();
        let mut sum = Doubts::default();
        pages
            .filter(|&(page, _)| is_wanted(page))
            .for_each(|(_, &doubts)| sum += doubts);
        sum
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.map_of.len()
    }

    /// The object that starts where a strong or weak pointer points.
    #[inline]
    pub(crate) fn ordinal(&self, heap: &Heap<'_>, word: u64) -> Option<u32> {
        let page = heap.table.get(word / PAGE_BYTES)?;
        let (group, bit) = Cell::place(word % PAGE_BYTES);
        if word & 1 == 0 || word & 4 != 0 {
            return None;
        }
        self.cells[page as usize * CELLS_PER_PAGE + group].ordinal(bit)
    }

    /// Number and tagged pointer of the object that starts last before an address on a page, if one does.
    pub(crate) fn object_before(&self, heap: &Heap<'_>, address: u64) -> Option<(u32, u64)> {
        let page = heap.table.get(address / PAGE_BYTES)? as usize;
        let (group, bit) = Cell::place(address % PAGE_BYTES);
        let cells = &self.cells[page * CELLS_PER_PAGE..][..=group];
        let below = Cell {
            starts: cells[group].starts & ((1 << bit) - 1),
            ..cells[group]
        };
        let before = cells[..group].iter().rev().copied();
        let mut cells = std::iter::once(below).chain(before).zip((0..=group).rev());
        let (cell, group) = cells.find(|(cell, _)| cell.starts != 0)?;
        let bit = u64::from(63 - cell.starts.leading_zeros());
        let ordinal = cell.rank + cell.starts.count_ones() - 1;
        Some((
            ordinal,
            heap.pages[page].base + group as u64 * 512 + 8 * bit + 1,
        ))
    }

    /// Number and tagged pointer of each object of a page, in order.
    pub(crate) fn objects<'w>(
        &'w self,
        heap: &'w Heap<'_>,
        page: usize,
    ) -> impl Iterator<Item = (u32, u64)> + 'w {
        let base = heap.pages[page].base;
        let cells = &self.cells[page * CELLS_PER_PAGE..][..CELLS_PER_PAGE];
        cells.iter().enumerate().flat_map(move |(group, cell)| {
            let first = base + group as u64 * 512 + 1;
            cell.bits()
                .enumerate()
                .map(move |(n, bit)| (cell.rank + n as u32, first + 8 * u64::from(bit)))
        })
    }
}

impl Walker<'_, '_> {
    fn page(&mut self, page: &Page<'_>) -> Result<(), HeapError> {
        let first = u32::try_from(self.walk.map_of.len()).map_err(|_| {
            HeapError::new(
                HeapErrorKind::TooLarge,
                "the heap has more than 2^32 objects",
            )
        })?;
        self.walk.first_of_page.push(first);
        let first_cell = self.walk.cells.len();
        self.walk
            .cells
            .resize(first_cell + CELLS_PER_PAGE, Cell::default());
        let end = page.known_end;
        let mut address = page.start;
        let mut used = 0;
        let first_start = self.known_starts.partition_point(|&at| at <= address);
        let mut starts = self.known_starts[first_start..].iter().copied();
        let mut next_start = starts.next().unwrap_or(u64::MAX);
        while address + 8 <= end {
            while next_start <= address {
                next_start = starts.next().unwrap_or(u64::MAX);
            }
            let word = self.word(page, address);
            let Some(map) = self.map(word) else {
                let next = self.gap(page, address, word, end).min(next_start);
                self.doubts.unread_bytes += next - address;
                address = next;
                if page.large {
                    break;
                }
                continue;
            };
            let size = self.size(page, address, map, end);
            if next_start - address < size {
                self.doubts.unread_bytes += next_start - address;
                address = next_start;
                continue;
            }
            let wanted = !map.kind.is_room() && (!page.executable || map.kind.is_machine_code());
            if wanted {
                used += size;
                let (group, bit) = Cell::place(address - page.base);
                if let Some(cell) = self.walk.cells.get_mut(first_cell + group) {
                    cell.starts |= 1 << bit;
                    self.walk.map_of.push(map.index);
                    let sample = &mut self.walk.samples[map.index as usize];
                    if *sample == 0 {
                        *sample = address + 1;
                    }
                }
            }
            if page.large {
                break;
            }
            address += size;
        }
        // The object of a large page may end beyond what the memory has of it.
        self.walk.used_of_page.push(used.min(page.area_bytes()));
        let mut rank = first;
        for cell in &mut self.walk.cells[first_cell..] {
            cell.rank = rank;
            rank += cell.starts.count_ones();
        }
        Ok(())
    }

    /// A word of a page; 0 where there is none.
    #[inline]
    fn word(&self, page: &Page<'_>, address: u64) -> u64 {
        let word = u64_at(page.bytes, (address - page.start) as usize);
        word.unwrap_or_else(|| self.heap.memory.word(address).unwrap_or(0))
    }

    #[inline]
    fn map(&mut self, word: u64) -> Option<KnownMap> {
        let place = ((word >> 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize;
        if let Some((cached, map)) = self.cache[place]
            && cached == word
        {
            return Some(map);
        }
        let map = self.look_up(word)?;
        self.cache[place] = Some((word, map));
        Some(map)
    }

    fn look_up(&mut self, word: u64) -> Option<KnownMap> {
        if let Some(&map) = self.known.get(&word) {
            return Some(map);
        }
        if !self.heap.is_map(word) {
            return None;
        }
        let sizes = self.heap.field(word, 8);
        let map = KnownMap {
            index: self.walk.maps.len() as u32,
            size: (sizes & 0xff) * 8,
            kind: self.heap.layout.kind((sizes >> 32) as u16 & 0xfff),
        };
        self.known.insert(word, map);
        self.walk.maps.push(word);
        self.walk.samples.push(0);
        Some(map)
    }

    /// Where the next object may begin, after a word that is no map: zeroes, an unused allocation
    /// area, or an object that a collection has moved, whose size its new place tells.
    fn gap(&mut self, page: &Page<'_>, address: u64, word: u64, end: u64) -> u64 {
        let is_moved =
            word & 7 == 0 && self.heap.is_on_page(word) && self.heap.is_map(self.heap.word(word));
        if is_moved {
            self.doubts.moved += 1;
            let size = self.heap.size_by_length(word, self.heap.word(word));
            if let Some(size) = size.filter(|&size| fits(size, end - address)) {
                return address + size;
            }
        }
        let mut next = address + 8;
        while next + 8 <= end {
            let word = self.word(page, next);
            if word & 3 == 1 && self.look_up(word).is_some() {
                return next;
            }
            next += 8;
        }
        end
    }

    #[inline]
    fn size(&mut self, page: &Page<'_>, address: u64, map: KnownMap, end: u64) -> u64 {
        let size = if map.size != 0 {
            Some(map.size)
        } else {
            let length = self.word(page, address + 8);
            self.heap.size_of_kind(map.kind, length)
        };
        let size = size.unwrap_or_else(|| self.heap.next_map(address + 8, end) - address);
        if page.large || fits(size, end - address) {
            return size;
        }
        self.doubts.invalid_sizes += 1;
        self.walk.invalid.push(address + 1);
        8
    }
}

/// Whether an object of this size can stand where so many bytes are left.
fn fits(size: u64, left: u64) -> bool {
    size >= 8 && size.is_multiple_of(8) && size <= left
}
