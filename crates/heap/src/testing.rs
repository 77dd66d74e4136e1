//! A V8 heap made in code, small and whole: read-only space with maps, pages of an isolate, its
//! table of roots. Laid out as V8 11 does. For tests alone.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::layout::Layout;
use crate::memory::{Memory, Range};

pub(crate) const PAGE: u64 = 1 << 18;
const READ_ONLY: u64 = 0x10_0000_0000;
const FIRST_PAGE: u64 = 0x20_0000_0000;
pub(crate) const HEAP: u64 = 0x30_0000_e000;
/// As [`crate::layout::Generation::roots_to_heap`] of V8 11.
pub(crate) const ROOTS: u64 = HEAP - 0xd0d0;
/// Objects begin so far into a page. In bytes.
const HEADER: u64 = 0x1148;

/// Instance types, in V8's order of the alphabet where the reader goes by it.
pub(crate) mod types {
    pub(crate) const INTERNALIZED: u64 = 8;
    pub(crate) const STRING: u64 = 40;
    pub(crate) const CONS: u64 = 33;
    pub(crate) const SYMBOL: u64 = 128;
    pub(crate) const ODDBALL: u64 = 131;
    pub(crate) const FIXED_ARRAY: u64 = 140;
    pub(crate) const EPHEMERONS: u64 = 145;
    pub(crate) const FILLER: u64 = 182;
    pub(crate) const MODULE: u64 = 195;
    pub(crate) const ACCESSOR_PAIR: u64 = 196;
    pub(crate) const WEAK_ARRAY_LIST: u64 = 220;
    pub(crate) const DESCRIPTORS: u64 = 205;
    pub(crate) const MAP: u64 = 210;
    pub(crate) const JS_OBJECT: u64 = 1057;
    pub(crate) const JS_WEAK_MAP: u64 = 1060;
    pub(crate) const JS_ERROR: u64 = 1062;
}

/// V8's integers for this heap.
pub(crate) fn integers() -> FxHashMap<String, i64> {
    let list: &[(&str, i64)] = &[
        ("TaggedSize", 8),
        ("FirstContextType", 170),
        ("LastContextType", 175),
        ("FirstJSFunctionType", 1100),
        ("LastJSFunctionType", 1116),
        ("type_Symbol__SYMBOL_TYPE", 128),
        ("type_HeapNumber__HEAP_NUMBER_TYPE", 130),
        ("type_Oddball__ODDBALL_TYPE", 131),
        ("type_FixedArray__FIXED_ARRAY_TYPE", 140),
        ("type_ByteArray__BYTE_ARRAY_TYPE", 160),
        ("type_FeedbackVector__FEEDBACK_VECTOR_TYPE", 181),
        ("type_ScopeInfo__SCOPE_INFO_TYPE", 190),
        ("type_SharedFunctionInfo__SHARED_FUNCTION_INFO_TYPE", 191),
        ("type_Script__SCRIPT_TYPE", 192),
        ("type_InstructionStream__INSTRUCTION_STREAM_TYPE", 193),
        ("type_SourceTextModule__SOURCE_TEXT_MODULE_TYPE", 195),
        ("type_AccessorPair__ACCESSOR_PAIR_TYPE", 196),
        ("type_WeakFixedArray__WEAK_FIXED_ARRAY_TYPE", 200),
        ("type_WeakArrayList__WEAK_ARRAY_LIST_TYPE", 220),
        ("type_DescriptorArray__DESCRIPTOR_ARRAY_TYPE", 205),
        ("type_PropertyArray__PROPERTY_ARRAY_TYPE", 206),
        ("type_Map__MAP_TYPE", 210),
        ("type_JSProxy__JS_PROXY_TYPE", 1000),
        ("type_JSObject__JS_OBJECT_TYPE", 1057),
        ("type_JSWeakMap__JS_WEAK_MAP_TYPE", 1060),
        ("type_JSGlobalObject__JS_GLOBAL_OBJECT_TYPE", 1061),
        ("type_JSError__JS_ERROR_TYPE", 1062),
        ("type_JSFunction__JS_FUNCTION_TYPE", 1100),
        ("class_DescriptorArray__header_size__uintptr_t", 24),
        ("class_JSFunction__shared__SharedFunctionInfo", 24),
        ("class_JSFunction__context__Context", 32),
        ("class_JSFunction__raw_feedback_cell__FeedbackCell", 40),
        ("class_JSFunction__code__Code", 48),
        ("class_JSFunction__prototype_or_initial_map__Object", 56),
        (
            "class_SharedFunctionInfo__feedback_metadata__HeapObject",
            24,
        ),
        ("class_SharedFunctionInfo__script_or_debug_info__Object", 32),
        ("class_Script__line_ends__Object", 56),
        (
            "class_Script__eval_from_shared_or_wrapped_arguments__Object",
            72,
        ),
        ("class_BytecodeArray__data__uintptr_t", 56),
        ("class_JSArrayBuffer__backing_store__Object", 48),
        ("class_JSArrayBuffer__byte_length__size_t", 32),
        ("namedictionary_prefix_start_index", 3),
        ("namedictionaryshape_prefix_size", 0),
        ("scopeinfo_idx_first_vars", 3),
        ("elements_dictionary_elements", 12),
    ];
    list.iter()
        .map(|&(name, value)| (name.to_owned(), value))
        .collect()
}

/// Small integers as V8 has them.
pub(crate) fn smi(value: u64) -> u64 {
    value << 32
}

/// Ranges of words at addresses.
#[derive(Clone, Debug)]
pub(crate) struct Bytes {
    pub start: u64,
    pub bytes: Vec<u8>,
    pub writable: bool,
}

/// A heap being made. Objects are tagged addresses.
#[derive(Debug)]
pub(crate) struct TestHeap {
    words: BTreeMap<u64, u64>,
    /// The bases of pages that collections have moved all objects out of.
    vacated: Vec<u64>,
    next_read_only: u64,
    next: u64,
    roots: u64,
    meta_map: u64,
    maps: FxHashMap<(u64, u64), u64>,
    pub undefined: u64,
    pub empty_array: u64,
    descriptors: u64,
}

impl TestHeap {
    /// With the maps that every heap has.
    pub(crate) fn new() -> Self {
        let mut heap = Self {
            words: BTreeMap::new(),
            vacated: Vec::new(),
            next_read_only: READ_ONLY + HEADER,
            next: FIRST_PAGE + HEADER,
            roots: ROOTS,
            meta_map: READ_ONLY + HEADER + 1,
            maps: FxHashMap::default(),
            undefined: 0,
            empty_array: 0,
            descriptors: 0,
        };
        let meta_map = heap.map(types::MAP, 48);
        assert_eq!(
            meta_map, heap.meta_map,
            "the map of maps is the first object"
        );
        let oddball = heap.map(types::ODDBALL, 48);
        heap.undefined = heap.read_only(&[oddball, 0, 0, 0, 0, smi(5)]);
        let array = heap.map(types::FIXED_ARRAY, 0);
        heap.empty_array = heap.read_only(&[array, 0]);
        let descriptors = heap.map(types::DESCRIPTORS, 0);
        heap.descriptors = heap.read_only(&[descriptors, 0, 0]);
        // The first roots are read-only, by which the table is known.
        for _ in 0..8 {
            heap.root(heap.undefined);
        }
        heap
    }

    fn read_only(&mut self, words: &[u64]) -> u64 {
        let address = self.next_read_only;
        self.next_read_only += 8 * words.len() as u64;
        self.put(address, words)
    }

    fn put(&mut self, address: u64, words: &[u64]) -> u64 {
        self.words.extend(
            words
                .iter()
                .enumerate()
                .map(|(index, &word)| (address + 8 * index as u64, word)),
        );
        address + 1
    }

    /// Objects of the isolate; each page is begun anew where one is full.
    pub(crate) fn object(&mut self, words: &[u64]) -> u64 {
        let bytes = 8 * words.len() as u64;
        if self.next % PAGE + bytes > PAGE {
            self.fill_page();
        }
        let address = self.next;
        self.next += bytes;
        self.put(address, words)
    }

    /// Begins a new page of the half of new space that is not in use. [`Self::fill_page`] ends it.
    pub(crate) fn begin_vacated_page(&mut self) {
        self.fill_page();
        self.vacated.push(self.next / PAGE * PAGE);
    }

    /// Ends the page; the next object is the first of another.
    pub(crate) fn fill_page(&mut self) {
        let filler = self.map(types::FILLER, 8);
        while !self.next.is_multiple_of(PAGE) {
            self.put(self.next, &[filler]);
            self.next += 8;
        }
        self.next += HEADER;
    }

    /// The map of a type and a size in bytes (0: objects have lengths of their own).
    pub(crate) fn map(&mut self, instance_type: u64, size: u64) -> u64 {
        if let Some(&known) = self.maps.get(&(instance_type, size)) {
            return known;
        }
        let map = self.new_map(instance_type, size, &[], 0);
        self.maps.insert((instance_type, size), map);
        map
    }

    /// A map of its own, for objects with these properties after a header of three words.
    pub(crate) fn new_map(
        &mut self,
        instance_type: u64,
        size: u64,
        keys: &[u64],
        elements_kind: u64,
    ) -> u64 {
        let mut descriptors = self.descriptors;
        if !keys.is_empty() {
            let map = self.map(types::DESCRIPTORS, 0);
            let mut words = vec![map, keys.len() as u64, 0];
            for (index, &key) in keys.iter().enumerate() {
                words.extend([key, smi((index as u64) << 19), 0]);
            }
            descriptors = self.read_only(&words);
        }
        let start = if instance_type >= 1000 { 3 } else { 0 };
        let sizes = (size / 8) | (start << 8) | instance_type << 32 | elements_kind << 58;
        let bits = (keys.len() as u64) << 10;
        self.read_only(&[
            self.meta_map,
            sizes,
            bits,
            self.undefined,
            self.undefined,
            descriptors,
        ])
    }

    /// A string of one byte a unit.
    pub(crate) fn string(&mut self, instance_type: u64, text: &str) -> u64 {
        let mut words = vec![self.map(instance_type, 0), (text.len() as u64) << 32];
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            words.push(u64::from_le_bytes(bytes));
        }
        if instance_type == types::INTERNALIZED {
            self.read_only(&words)
        } else {
            self.object(&words)
        }
    }

    /// An array of tagged words.
    pub(crate) fn array(&mut self, instance_type: u64, slots: &[u64]) -> u64 {
        let map = self.map(instance_type, 0);
        let mut words = vec![map, smi(slots.len() as u64)];
        words.extend(slots);
        self.object(&words)
    }

    /// A JavaScript object of a map from [`Self::new_map`].
    pub(crate) fn js_object(&mut self, map: u64, elements: u64, fields: &[u64]) -> u64 {
        let mut words = vec![map, self.empty_array, elements];
        words.extend(fields);
        self.object(&words)
    }

    /// Changes a slot.
    pub(crate) fn set(&mut self, object: u64, index: u64, word: u64) {
        self.words.insert(object - 1 + 8 * index, word);
    }

    /// Adds a root.
    pub(crate) fn root(&mut self, object: u64) {
        self.words.insert(self.roots, object);
        self.roots += 8;
    }

    /// The memory, as a core would have it.
    pub(crate) fn finish(mut self) -> Vec<Bytes> {
        // A heap has at least three pages.
        for _ in 0..3 {
            self.fill_page();
        }
        let filler = self.map(types::FILLER, 8);
        self.put(self.next, &[filler]);
        self.next += 8;
        let last = self.next / PAGE * PAGE;
        let mut pages = vec![(READ_ONLY, 0, self.next_read_only, false)];
        for base in (FIRST_PAGE..=last).step_by(PAGE as usize) {
            let end = if base == last { self.next } else { base + PAGE };
            pages.push((base, HEAP, end, true));
        }
        for &(base, heap, end, _) in &pages {
            let flags = if self.vacated.contains(&base) { 8 } else { 0 };
            self.put(base, &[PAGE, flags, heap, base + HEADER, end]);
        }
        let isolate = (ROOTS, HEAP + 0x1000 - ROOTS, true);
        let ranges = pages
            .into_iter()
            .map(|(base, _, _, writable)| (base, PAGE, writable))
            .chain([isolate]);
        ranges
            .map(|(start, length, writable)| self.range(start, length, writable))
            .collect()
    }

    fn range(&self, start: u64, length: u64, writable: bool) -> Bytes {
        let mut bytes = vec![0; length as usize];
        for (&address, word) in self.words.range(start..start + length) {
            let at = (address - start) as usize;
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        Bytes {
            start,
            bytes,
            writable,
        }
    }
}

/// Memory of ranges.
pub(crate) fn memory(ranges: &[Bytes]) -> Memory<'_> {
    Memory::new(ranges.iter().map(|range| Range {
        start: range.start,
        bytes: &range.bytes,
        writable: range.writable,
        executable: false,
        from_file: false,
    }))
}

/// The layout of the heap.
pub(crate) fn layout() -> Layout {
    Layout::new(&integers()).expect("all integers are there")
}

/// Numbers by chance that are the same every time (xorshift64*, Vigna 2016).
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// Ranges of memory, each with its address and whether it can be written.
#[cfg(feature = "testing")]
pub type SampleRanges = Vec<(u64, Vec<u8>, bool)>;

/// A small heap with objects of each sort that is made here, and its layout: for the fuzzer, which changes its words.
#[cfg(feature = "testing")]
pub fn sample_heap() -> (SampleRanges, Layout) {
    let mut heap = TestHeap::new();
    let [next, state] = ["next", "state"].map(|key| heap.string(types::INTERNALIZED, key));
    let undefined = heap.undefined;
    let symbol = heap.map(types::SYMBOL, 24);
    let symbol = heap.object(&[symbol, smi(0x11), state]);
    let map = heap.new_map(types::JS_OBJECT, 40, &[next, symbol], 2);
    let cons = heap.map(types::CONS, 32);
    let pair = heap.map(types::ACCESSOR_PAIR, 24);
    let module = heap.map(types::MODULE, 56);
    let mut last = undefined;
    for number in 0..40 {
        let text = heap.string(types::STRING, &format!("text {number}"));
        let rope = heap.object(&[cons, 14 << 32, text, text]);
        let elements = heap.array(types::FIXED_ARRAY, &[rope, smi(number), last]);
        last = heap.js_object(map, elements, &[last, text]);
        let pair = heap.object(&[pair, last, undefined]);
        let table = heap.array(types::EPHEMERONS, &[smi(1), 0, 0, last, pair]);
        let weak_map = heap.new_map(types::JS_WEAK_MAP, 32, &[], 2);
        let weak_map = heap.js_object(weak_map, heap.empty_array, &[table]);
        let module = heap.object(&[module, weak_map, text, smi(4), undefined, rope, 0]);
        heap.root(module);
    }
    let error = heap.new_map(types::JS_ERROR, 40, &[next, state], 2);
    let error = heap.js_object(error, heap.empty_array, &[last, undefined]);
    heap.root(error);
    let ranges = heap.finish().into_iter();
    let ranges = ranges.map(|range| (range.start, range.bytes, range.writable));
    (ranges.collect(), layout())
}
