//! The heap's pages, sorted out, and access to objects by tagged pointer. Every access bears any
//! word: what does not exist is `None` or 0.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use super::index::PageTable;
use super::pages::{PAGE_BYTES, Page, candidates};
use crate::bytes::{u16_at, u64_at};
use crate::error::{HeapError, HeapErrorKind};
use crate::layout::{Kind, Layout};
use crate::memory::Memory;

/// The map of maps is among the first of read-only space. In bytes from the start of the area.
const FIRST_MAPS: usize = 0x2000;
/// Malloc's memory has words that look like a page; a heap has at least this many pages.
pub(crate) const LEAST_PAGES: usize = 3;

/// The integer of a small-integer word.
#[inline]
pub(crate) fn smi(word: u64) -> i64 {
    word as i64 >> 32
}

/// V8's heap in memory.
#[derive(Debug)]
pub(crate) struct Heap<'a> {
    pub memory: &'a Memory<'a>,
    pub layout: &'a Layout,
    pub pages: Vec<Page<'a>>,
    pub table: PageTable,
    /// Pages that belong to the heap and have no living object, see [`Self::leave_vacated`].
    vacated: PageTable,
    /// The map of maps, tagged.
    meta_map: u64,
    /// The type of the tables of WeakMaps, which V8 does not export.
    ephemeron_type: Option<u16>,
    /// Slots of dictionaries that may still be searched for the names of classes: those of prototypes are small, and each
    /// is searched for some maps. A bound against hostile bytes.
    pub searches: Cell<u64>,
}

const MOST_SEARCHES: u64 = 1 << 28;

/// An object whose place in memory is known: its page is looked up once, and not for each word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'h, 'a> {
    heap: &'h Heap<'a>,
    address: u64,
    /// From the object to the end of its page, as far as one range of memory has it.
    bytes: &'a [u8],
}

impl<'a> View<'_, 'a> {
    /// The word at an offset in bytes; the same as [`Heap::field`].
    #[inline]
    pub(crate) fn word(&self, offset: u64) -> u64 {
        match u64_at(self.bytes, offset as usize) {
            Some(word) => word,
            None => self.heap.word(self.address.wrapping_add(offset)),
        }
    }

    /// A slot of an array.
    #[inline]
    pub(crate) fn slot(&self, index: u64) -> u64 {
        self.word(16 + 8 * index)
    }

    /// So many bytes from an offset on, if one range of memory has them on the page.
    #[inline]
    pub(crate) fn bytes(&self, offset: usize, length: usize) -> Option<&'a [u8]> {
        self.bytes.get(offset..)?.get(..length)
    }
}

impl<'a> Heap<'a> {
    /// Finds the pages.
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::NoHeap`] where there are none, or none with the map of maps.
    pub(crate) fn find(memory: &'a Memory<'a>, layout: &'a Layout) -> Result<Self, HeapError> {
        let pages = candidates(memory);
        if pages.is_empty() {
            let message = "this memory contains no V8 heap: it is not of Node.js, or the heap was left out of it";
            return Err(HeapError::new(HeapErrorKind::NoHeap, message));
        }
        let mut heap = Self {
            memory,
            layout,
            pages,
            table: PageTable::default(),
            vacated: PageTable::default(),
            meta_map: 0,
            ephemeron_type: None,
            searches: Cell::new(MOST_SEARCHES),
        };
        heap.index();
        heap.meta_map = heap.find_meta_map()?;
        heap.drop_look_alikes();
        Ok(heap)
    }

    fn index(&mut self) {
        self.table = PageTable::new(self.pages.iter().map(|page| page.base / PAGE_BYTES));
    }

    /// The one map in read-only space whose map is itself. From V8 12 each native context has a
    /// map of maps of its own, so pages without a heap are searched first.
    fn find_meta_map(&self) -> Result<u64, HeapError> {
        let mut order: Vec<&Page<'_>> = self.pages.iter().collect();
        memwatch_order::sort_by_key(&mut order, |page| page.heap != 0);
        for page in order {
            let area = &page.bytes[..page.bytes.len().min(FIRST_MAPS)];
            let own_map = (0..area.len()).step_by(8).find(|&at| {
                let tagged = page.start + at as u64 + 1;
                u64_at(area, at) == Some(tagged)
                    && u16_at(area, at + 12) == Some(self.layout.map_type)
            });
            if let Some(at) = own_map {
                return Ok(page.start + at as u64 + 1);
            }
        }
        let message = "V8's map of maps is not in this memory: the executable is of another version, or read-only space is missing";
        Err(HeapError::new(HeapErrorKind::NoHeap, message))
    }

    /// Pages of heaps that have few, those that V8 has freed and keeps in a pool, and words of
    /// malloc's memory that look like a header.
    fn drop_look_alikes(&mut self) {
        let begins_with_a_map: Vec<bool> = self
            .pages
            .iter()
            .map(|page| self.is_map(self.word(page.start)))
            .collect();
        let mut pages_of: FxHashMap<u64, usize> = FxHashMap::default();
        for (page, _) in self
            .pages
            .iter()
            .zip(&begins_with_a_map)
            .filter(|&(_, &is)| is)
        {
            *pages_of.entry(page.heap).or_default() += 1;
        }
        let read_only_base = self.meta_map & !(PAGE_BYTES - 1);
        let read_only_heap = self.page_at(self.meta_map).map_or(0, |page| page.heap);
        for page in &mut self.pages {
            page.read_only = page.base == read_only_base
                || (read_only_heap == 0 && page.heap == 0 && !page.writable);
        }
        self.pages.retain(|page| {
            let known = pages_of
                .get(&page.heap)
                .is_some_and(|&count| count >= LEAST_PAGES);
            page.read_only || (page.heap != 0 && known)
        });
        self.index();
    }

    /// Leaves out the pages of other heaps; read-only pages are everybody's.
    pub(crate) fn keep(&mut self, is_wanted: impl Fn(u64) -> bool) {
        self.pages
            .retain(|page| page.read_only || is_wanted(page.heap));
        self.index();
    }

    /// Leaves out the pages that minor collections have moved all living objects out of. For a heap with no collection
    /// under way: what moved objects have left behind looks like objects, and words of a stack that nobody uses any more
    /// lead there.
    pub(crate) fn leave_vacated(&mut self) {
        let vacated = self.pages.iter().filter(|page| page.vacated);
        let numbers: Vec<u64> = vacated.map(|page| page.base / PAGE_BYTES).collect();
        self.vacated = PageTable::new(numbers.into_iter());
        self.pages.retain(|page| !page.vacated);
        self.index();
    }

    /// Whether an address is on a page that was left out for having no living object.
    pub(crate) fn is_vacated(&self, address: u64) -> bool {
        self.vacated.get(address / PAGE_BYTES).is_some()
    }

    /// The page that has an address.
    #[inline]
    pub(crate) fn page_at(&self, address: u64) -> Option<&Page<'a>> {
        self.table
            .get(address / PAGE_BYTES)
            .map(|index| &self.pages[index as usize])
    }

    /// Whether an address is on a page.
    #[inline]
    pub(crate) fn is_on_page(&self, address: u64) -> bool {
        self.table.get(address / PAGE_BYTES).is_some()
    }

    /// The word at an address; 0 where there is none. Objects on a large page go on beyond its
    /// first 256 KiB, which is all that the table knows.
    #[inline]
    pub(crate) fn word(&self, address: u64) -> u64 {
        if let Some(page) = self.page_at(address)
            && let Some(at) = address.checked_sub(page.start)
            && let Some(word) = u64_at(page.bytes, at as usize)
        {
            return word;
        }
        self.memory.word(address).unwrap_or(0)
    }

    /// The words of an object, by tagged pointer.
    #[inline]
    pub(crate) fn view(&self, object: u64) -> View<'_, 'a> {
        let address = object & !3;
        let page = self.page_at(address);
        let bytes = match page {
            Some(page) => address
                .checked_sub(page.start)
                .and_then(|at| page.bytes.get(at as usize..)),
            None => self.memory.tail(address),
        };
        View {
            heap: self,
            address,
            bytes: bytes.unwrap_or_default(),
        }
    }

    /// A field of an object, by tagged pointer and offset in bytes.
    #[inline]
    pub(crate) fn field(&self, object: u64, offset: u64) -> u64 {
        self.word((object & !3).wrapping_add(offset))
    }

    /// A field of 32 bits.
    pub(crate) fn half(&self, object: u64, offset: u64) -> u32 {
        let bytes = self.memory.bytes((object & !3).wrapping_add(offset), 4);
        bytes
            .and_then(|bytes| crate::bytes::u32_at(bytes, 0))
            .unwrap_or(0)
    }

    /// The object's map, tagged.
    #[inline]
    pub(crate) fn map(&self, object: u64) -> u64 {
        self.field(object, 0)
    }

    /// The instance type that a map gives its objects.
    #[inline]
    pub(crate) fn type_of_map(&self, map: u64) -> u16 {
        (self.field(map, 8) >> 32) as u16 & 0xfff
    }

    /// The instance type of an object.
    #[inline]
    pub(crate) fn instance_type(&self, object: u64) -> u16 {
        self.type_of_map(self.map(object))
    }

    /// Learns from the objects what V8 does not export: the table of a WeakMap has the type of
    /// all such tables.
    pub(crate) fn calibrate(&mut self, walk: &super::Walk) {
        let tables = walk
            .samples
            .iter()
            .filter(|&&sample| sample != 0 && self.kind(sample) == Kind::JsWeakCollection);
        let tables = tables.map(|&sample| self.field(sample, 24));
        let types: Vec<u16> = tables
            .filter(|&table| self.kind_of(table) == Kind::FixedArray)
            .map(|table| self.instance_type(table))
            .collect();
        self.ephemeron_type = types.first().copied();
    }

    /// How objects of an instance type are read.
    #[inline]
    pub(crate) fn kind_of_type(&self, instance_type: u16) -> Kind {
        if self.ephemeron_type == Some(instance_type) {
            return Kind::EphemeronTable;
        }
        self.layout.kind(instance_type)
    }

    /// How an object is read.
    #[inline]
    pub(crate) fn kind(&self, object: u64) -> Kind {
        self.kind_of_type(self.instance_type(object))
    }

    /// Whether a word is a pointer to a map: its map is the map of maps, or one of a native
    /// context, whose map is itself or the map of maps.
    pub(crate) fn is_map(&self, word: u64) -> bool {
        if word & 3 != 1 || !self.is_on_page(word) {
            return false;
        }
        let map = self.map(word);
        if map == self.meta_map {
            return true;
        }
        if map & 3 != 1 || !self.is_on_page(map) || self.type_of_map(map) != self.layout.map_type {
            return false;
        }
        let of_that = self.map(map);
        of_that == self.meta_map || of_that == map
    }

    /// Whether a word is a strong or weak pointer to an object with a map. As good as the walk's
    /// answer for what the walk's objects refer to.
    #[inline]
    pub(crate) fn is_object(&self, word: u64) -> bool {
        word & 1 == 1 && word & 4 == 0 && self.is_on_page(word) && self.is_map(self.map(word))
    }

    /// The kind of what a word refers to; [`Kind::Unknown`] where it is no object.
    pub(crate) fn kind_of(&self, word: u64) -> Kind {
        if self.is_object(word) {
            self.kind(word)
        } else {
            Kind::Unknown
        }
    }

    /// The length of an array, from its first field: never negative, and never more slots than
    /// its page has after it.
    #[inline]
    pub(crate) fn length(&self, object: u64) -> u64 {
        (smi(self.field(object, 8)).max(0) as u64).min(self.left_at(object & !3) / 8)
    }

    /// A slot of an array.
    #[inline]
    pub(crate) fn slot(&self, array: u64, index: u64) -> u64 {
        self.field(array, 16 + 8 * index)
    }

    /// The size that the map or the object's own length gives; `None` where only the next object
    /// tells.
    pub(crate) fn size_by_length(&self, address: u64, map: u64) -> Option<u64> {
        let sizes = self.field(map, 8);
        let in_words = sizes & 0xff;
        if in_words != 0 {
            return Some(in_words * 8);
        }
        self.size_of_kind(
            self.layout.kind((sizes >> 32) as u16 & 0xfff),
            self.word(address + 8),
        )
    }

    /// Sizes in bytes of the kinds whose maps do not have one, by the word after the map.
    #[inline]
    pub(crate) fn size_of_kind(&self, kind: Kind, word: u64) -> Option<u64> {
        let length = smi(word) as u64;
        let (low, high) = (word & 0xffff_ffff, word >> 32);
        let words = |header: u64, count: u64| header.wrapping_add(count.wrapping_mul(8));
        let padded = |bytes: u64| bytes.wrapping_add(7) & !7;
        Some(match kind {
            Kind::OneByteString => padded(16 + high),
            Kind::TwoByteString => padded(16 + 2 * high),
            Kind::FixedArray
            | Kind::EphemeronTable
            | Kind::WeakFixedArray
            | Kind::EmbedderData
            | Kind::Context
            | Kind::DoubleArray => words(16, length),
            Kind::ByteArray => padded(length.wrapping_add(16)),
            Kind::Bytecode => padded(length.wrapping_add(self.layout.offsets.bytecode_data)),
            Kind::FreeSpace if self.layout.generation.free_space_in_words() => words(0, length),
            Kind::FreeSpace => length,
            // The length shares its word with a hash.
            Kind::PropertyArray => words(16, length & 0x3ff),
            Kind::BigInt => words(16, low >> 1 & 0x3fff_ffff),
            Kind::Descriptors => self.layout.offsets.descriptors + 24 * (word & 0xffff),
            Kind::WeakArrayList | Kind::ArrayList => words(24, length),
            Kind::SloppyArguments => words(32, length),
            Kind::Boilerplate if self.layout.generation.node_major() >= 22 => words(32, length),
            Kind::PreparseData => words(padded(16 + low), high),
            _ => return None,
        })
    }

    /// The size of an object, also of those whose end only the next map tells.
    pub(crate) fn size(&self, object: u64) -> u64 {
        let address = object & !3;
        if let Some(size) = self.size_by_length(address, self.map(object)) {
            return size;
        }
        let Some(page) = self.page_at(address) else {
            return 8;
        };
        self.next_map(address + 8, page.end).saturating_sub(address)
    }

    /// The same, no further than the page goes: a length is any number where the bytes are damaged.
    pub(crate) fn size_on_page(&self, object: u64) -> u64 {
        self.size(object).min(self.left_at(object & !3))
    }

    /// Bytes from here to the end of the page's objects; none outside of the pages.
    fn left_at(&self, address: u64) -> u64 {
        let page = self.page_at(address);
        page.map_or(0, |page| page.end.saturating_sub(address))
    }

    /// The first address from here on that has a pointer to a map, or the limit.
    pub(crate) fn next_map(&self, mut address: u64, limit: u64) -> u64 {
        while address < limit && !self.is_map(self.word(address)) {
            address += 8;
        }
        address.min(limit)
    }
}
