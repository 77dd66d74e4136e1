//! The slots of a JavaScript object by its map, in the order and with the names of V8's generator: its paths hang on
//! both. What an object keeps outside of its slots, such as a dictionary, is looked up object by object.

use memwatch_snapshot::EdgeType;

use super::properties::Property;
use super::references::{LAST_TAGGED_ELEMENTS, Name, Reference};
use crate::layout::Kind;
use crate::space::{Heap, View};

/// Where what a slot refers to is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the object, at this offset in bytes.
    Inside(u64),
    /// In the array of properties, in this slot.
    Outside(u64),
    /// The map has it: a prototype, a getter.
    OfMap(u64),
    /// A function's prototype, or the map of its objects that has it, at this offset in bytes.
    Prototype(u64),
    /// All that is in the dictionary of properties.
    Dictionary,
    /// All elements, of the map's kind.
    Elements(u64),
}

/// A slot of every object of a map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    pub place: Place,
    pub kind: EdgeType,
    pub name: Name,
}

/// Slots in the making.
struct Slots {
    list: Vec<Slot>,
    /// Offsets in bytes that have a name.
    named: Vec<u64>,
}

impl Slots {
    fn add(&mut self, place: Place, kind: EdgeType, name: Name) {
        if let Place::Inside(offset) | Place::Prototype(offset) = place {
            self.named.push(offset);
        }
        self.list.push(Slot { place, kind, name });
    }

    fn label(&mut self, offset: u64, name: &'static str) {
        self.add(Place::Inside(offset), EdgeType::Internal, Name::Label(name));
    }

    /// A getter and a setter: both, and each that is one.
    fn accessors(&mut self, heap: &Heap<'_>, key: u64, pair: u64) {
        heap.accessors(key, pair, &mut |Reference { kind, name, to }| {
            self.add(Place::OfMap(to), kind, name);
        });
    }
}

impl Heap<'_> {
    /// The slots of the objects of a map, whose size is in bytes.
    pub(crate) fn js_slots(&self, kind: Kind, map: u64, size: u64) -> Vec<Slot> {
        let mut slots = Slots {
            list: Vec::new(),
            named: Vec::new(),
        };
        self.first_slots(kind, &mut slots);
        self.property_slots(map, &mut slots);
        let elements = self.map_bits(map).elements_kind;
        if elements <= LAST_TAGGED_ELEMENTS || elements == self.layout.dictionary_elements {
            slots.add(Place::Elements(elements), EdgeType::Element, Name::Index(0));
        }
        if kind == Kind::ApiObject {
            self.embedder_slots(map, size, &mut slots);
        }
        let prototype = Place::OfMap(self.map_prototype(map));
        slots.add(prototype, EdgeType::Property, Name::Label("__proto__"));
        self.last_slots(kind, size, &mut slots);
        slots.label(8, "properties");
        slots.label(16, "elements");
        slots.add(Place::OfMap(map), EdgeType::Internal, Name::Label("map"));
        for offset in (24..size).step_by(8) {
            if !slots.named.contains(&offset) {
                slots.add(Place::Inside(offset), EdgeType::Hidden, Name::Index(0));
            }
        }
        slots.list
    }

    /// What V8's generator names before the properties.
    fn first_slots(&self, kind: Kind, slots: &mut Slots) {
        match kind {
            Kind::JsMap | Kind::JsSet | Kind::JsWeakCollection => slots.label(24, "table"),
            Kind::Promise => slots.label(24, "reactions_or_result"),
            Kind::Generator => {
                slots.label(24, "function");
                slots.label(32, "context");
                slots.label(40, "receiver");
                slots.label(72, "parameters_and_registers");
            }
            Kind::WeakRef => slots.add(Place::Inside(24), EdgeType::Weak, Name::Label("target")),
            _ => {}
        }
    }

    fn property_slots(&self, map: u64, slots: &mut Slots) {
        if self.map_bits(map).is_dictionary {
            slots.add(Place::Dictionary, EdgeType::Property, Name::Index(0));
            return;
        }
        for (key, property) in self.properties(map) {
            match property {
                Property::Inside(offset) => {
                    slots.add(Place::Inside(offset), EdgeType::Property, Name::Key(key));
                }
                Property::Outside(index) => {
                    slots.add(Place::Outside(index), EdgeType::Property, Name::Key(key));
                }
                Property::Value(value) => {
                    slots.add(Place::OfMap(value), EdgeType::Property, Name::Key(key));
                }
                Property::Accessors(pair) => slots.accessors(self, key, pair),
                // Its slot has no name: V8's generator says nothing of numbers.
                Property::Number => {}
            }
        }
    }

    /// Fields that an embedder has asked for, between the head and the properties.
    fn embedder_slots(&self, map: u64, size: u64, slots: &mut Slots) {
        let head = self.layout.generation.api_object_head();
        let end = (self.field(map, 8) >> 8 & 0xff) * 8;
        for (index, offset) in (head..end.min(size)).step_by(8).enumerate() {
            let name = Name::Index(index as u32);
            slots.add(Place::Inside(offset), EdgeType::Internal, name);
        }
    }

    /// What V8's generator names after the properties.
    fn last_slots(&self, kind: Kind, size: u64, slots: &mut Slots) {
        let offsets = &self.layout.offsets;
        match kind {
            Kind::BoundFunction => {
                slots.label(40, "bindings");
                slots.label(32, "bound_this");
                slots.label(24, "bound_function");
            }
            Kind::Function => {
                let prototype = offsets.function_prototype;
                if prototype < size && !slots.named.contains(&prototype) {
                    let place = Place::Prototype(prototype);
                    slots.add(place, EdgeType::Property, Name::Label("prototype"));
                }
                slots.label(offsets.function_feedback_cell, "feedback_cell");
                slots.label(offsets.function_shared, "shared");
                slots.label(offsets.function_context, "context");
                slots.label(offsets.function_code, "code");
            }
            Kind::GlobalObject => {
                slots.label(24, "native_context");
                slots.label(32, "global_proxy");
            }
            Kind::ArrayBufferView => slots.label(24, "buffer"),
            _ => {}
        }
    }

    /// Calls `each` for what a slot of an object, whose words are `view`, refers to.
    #[inline]
    pub(crate) fn slot_references(
        &self,
        object: u64,
        view: &View<'_, '_>,
        slot: &Slot,
        each: &mut impl FnMut(Reference),
    ) {
        let Slot { place, kind, name } = *slot;
        let mut one = |to| each(Reference { kind, name, to });
        match place {
            Place::Inside(offset) => one(view.word(offset)),
            Place::Outside(index) => one(self.slot(view.word(8), index)),
            Place::OfMap(to) => one(to),
            Place::Prototype(offset) => self.prototype_references(view.word(offset), each),
            Place::Dictionary => self.dictionary_references(object, each),
            Place::Elements(kind) => self.element_references(view.word(16), kind, each),
        }
    }

    fn prototype_references(&self, word: u64, each: &mut impl FnMut(Reference)) {
        let mut refer = |kind, name, to| {
            let name = Name::Label(name);
            each(Reference { kind, name, to });
        };
        match self.kind_of(word) {
            // None yet.
            Kind::Oddball | Kind::Hole => {}
            Kind::Map => {
                let prototype = self.map_prototype(word);
                refer(EdgeType::Property, "prototype", prototype);
                refer(EdgeType::Internal, "initial_map", word);
            }
            _ => refer(EdgeType::Property, "prototype", word),
        }
    }

    fn dictionary_references(&self, object: u64, each: &mut impl FnMut(Reference)) {
        let table = self.field(object, 8);
        let mut property = |key: u64, value: u64| match self.kind_of(value) {
            Kind::AccessorPair => self.accessors(key, value, each),
            _ => each(Reference {
                kind: EdgeType::Property,
                name: Name::Key(key),
                to: value,
            }),
        };
        if self.kind(object) == Kind::GlobalObject {
            self.global_properties(table)
                .for_each(|(key, value)| property(key, value));
        } else if self.kind_of(table) == Kind::FixedArray {
            self.dictionary(table)
                .for_each(|(key, value)| property(key, value));
        }
    }

    /// A property's pair of functions, and each of the two that is one.
    fn accessors(&self, key: u64, pair: u64, each: &mut impl FnMut(Reference)) {
        let mut refer = |name, to| {
            let kind = EdgeType::Property;
            each(Reference { kind, name, to });
        };
        refer(Name::Key(key), pair);
        let (getter, setter) = (self.field(pair, 8), self.field(pair, 16));
        if self.kind_of(getter) != Kind::Oddball {
            refer(Name::Getter(key), getter);
        }
        if self.kind_of(setter) != Kind::Oddball {
            refer(Name::Setter(key), setter);
        }
    }
}
