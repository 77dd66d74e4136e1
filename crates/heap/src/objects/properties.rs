//! Properties of objects by name: in the object, beside it in an array, or in a dictionary.

use crate::layout::Kind;
use crate::space::{Heap, smi};

/// Bits of a map's third bit field: how many descriptors are its own, and whether it is a dictionary.
const OWN_DESCRIPTORS_SHIFT: u32 = 10;
const OWN_DESCRIPTORS: u64 = 0x3ff;
const DICTIONARY_MAP: u64 = 1 << 21;
const PROTOTYPE_MAP: u64 = 1 << 20;
/// Bits of a property's details: functions stand for the value; the value is in the descriptor; where the field is.
const ACCESSOR: u64 = 1;
const IN_DESCRIPTOR: u64 = 1 << 5;
/// What a field has: nothing but small integers, nothing but doubles, or anything.
const REPRESENTATION_SHIFT: u32 = 6;
const SMI: u64 = 1;
const DOUBLE: u64 = 2;
const FIELD_SHIFT: u32 = 19;
const FIELD: u64 = 0x3ff;
/// Bytes of a descriptor: key, details, value.
const DESCRIPTOR_BYTES: u64 = 24;
/// Slots of a dictionary's entry: key, value, details.
const ENTRY_SLOTS: u64 = 3;
/// No dictionary has more slots. A bound against hostile lengths.
const MOST_SLOTS: u64 = 1 << 27;

/// A property of a fast object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    /// In the object, at this offset in bytes.
    Inside(u64),
    /// In the array of properties, in this slot.
    Outside(u64),
    /// The same for all objects: this value.
    Value(u64),
    /// A getter and a setter, in this pair.
    Accessors(u64),
    /// A field that has nothing but numbers, or what V8 itself computes.
    Number,
}

/// A map's fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapBits {
    /// In bytes; 0 where objects have a length of their own.
    pub elements_kind: u64,
    pub is_dictionary: bool,
    pub is_prototype: bool,
    /// The constructor is the one that `new` was applied to.
    pub new_target_is_base: bool,
    own_descriptors: u64,
}

impl Heap<'_> {
    /// The bit fields of a map.
    pub(crate) fn map_bits(&self, map: u64) -> MapBits {
        let (first, third) = (self.field(map, 8), self.field(map, 16));
        MapBits {
            elements_kind: first >> 58 & 0x3f,
            is_dictionary: third & DICTIONARY_MAP != 0,
            is_prototype: third & PROTOTYPE_MAP != 0,
            new_target_is_base: first >> 56 & 1 == 1,
            own_descriptors: third >> OWN_DESCRIPTORS_SHIFT & OWN_DESCRIPTORS,
        }
    }

    /// A map's prototype, constructor (or the map that it came from), and descriptors.
    pub(crate) fn map_prototype(&self, map: u64) -> u64 {
        self.field(map, 24)
    }

    pub(crate) fn map_constructor(&self, map: u64) -> u64 {
        self.field(map, 32)
    }

    fn map_descriptors(&self, map: u64) -> Option<u64> {
        let descriptors = self.field(map, 40);
        (self.kind_of(descriptors) == Kind::Descriptors).then_some(descriptors)
    }

    /// Key, details and value of each property that a fast map describes.
    fn descriptors(&self, map: u64) -> impl Iterator<Item = (u64, u64, u64)> {
        let header = self.layout.offsets.descriptors;
        let descriptors = self.map_descriptors(map);
        let count = self.map_bits(map).own_descriptors;
        descriptors.into_iter().flat_map(move |descriptors| {
            (0..count).map(move |index| {
                let at = header + index * DESCRIPTOR_BYTES;
                let word = |offset| self.field(descriptors, at + offset);
                (word(0), smi(word(8)) as u64, word(16))
            })
        })
    }

    /// The properties that objects of a fast map have, by key.
    pub(crate) fn properties(&self, map: u64) -> impl Iterator<Item = (u64, Property)> {
        let descriptors = self.descriptors(map);
        descriptors.map(move |(key, details, value)| {
            let property = match (details & IN_DESCRIPTOR != 0, details & ACCESSOR != 0) {
                (false, _) if matches!(details >> REPRESENTATION_SHIFT & 7, SMI | DOUBLE) => {
                    Property::Number
                }
                (false, _) => self.place_of(map, details),
                (true, false) => Property::Value(value),
                (true, true) if self.kind_of(value) == Kind::AccessorPair => {
                    Property::Accessors(value)
                }
                (true, true) => Property::Number,
            };
            (key, property)
        })
    }

    /// Where a field is.
    fn place_of(&self, map: u64, details: u64) -> Property {
        let sizes = self.field(map, 8);
        let (size, start) = (sizes & 0xff, sizes >> 8 & 0xff);
        let inside = size.saturating_sub(start);
        let index = details >> FIELD_SHIFT & FIELD;
        if index < inside {
            Property::Inside((start + index) * 8)
        } else {
            Property::Outside(index - inside)
        }
    }

    /// Keys and values of a dictionary of properties.
    pub(crate) fn dictionary(&self, table: u64) -> impl Iterator<Item = (u64, u64)> {
        let length = self.length(table).min(MOST_SLOTS);
        let starts = (self.layout.dictionary_start..length).step_by(ENTRY_SLOTS as usize);
        let whole = starts.take_while(move |start| start + ENTRY_SLOTS <= length);
        whole.filter_map(move |start| {
            let key = self.slot(table, start);
            let kind = self.kind_of(key);
            (kind.is_string() || kind == Kind::Symbol).then(|| (key, self.slot(table, start + 1)))
        })
    }

    /// The cells of a global object's dictionary: name and value.
    pub(crate) fn global_properties(&self, table: u64) -> impl Iterator<Item = (u64, u64)> {
        let length = self.length(table).min(MOST_SLOTS);
        (self.layout.dictionary_start..length).filter_map(move |index| {
            let cell = self.slot(table, index);
            let is_cell = self.is_object(cell)
                && self.layout.type_name(self.instance_type(cell)) == "PropertyCell";
            is_cell.then(|| (self.field(cell, 8), self.field(cell, 24)))
        })
    }

    /// The value of an own property, if the object has it and no getter stands for it.
    pub(super) fn own_property(&self, object: u64, key: u64) -> Option<u64> {
        let map = self.map(object);
        if self.map_bits(map).is_dictionary {
            let table = self.field(object, 8);
            if self.kind(object) == Kind::GlobalObject || self.kind_of(table) != Kind::FixedArray {
                return None;
            }
            let left = self.searches.get();
            self.searches.set(left.saturating_sub(self.length(table)));
            return (self.dictionary(table).take(left as usize))
                .find(|&(other, _)| other == key)
                .map(|(_, value)| value);
        }
        let (_, details, value) = self.descriptors(map).find(|&(other, _, _)| other == key)?;
        match self.place_of(map, details) {
            _ if details & IN_DESCRIPTOR != 0 => Some(value),
            Property::Inside(offset) => Some(self.field(object, offset)),
            Property::Outside(index) => Some(self.slot(self.field(object, 8), index)),
            _ => None,
        }
    }
}
