//! Every reference that an object has, with the type and the name that V8's generator gives it.
//! For objects whose map does not fix all of it; what a map fixes is in [`super::shapes`].

use memwatch_snapshot::EdgeType;

use super::functions::{CONTEXT_EXTENSION, DECLARATION_SCOPE};
use super::properties::Field;
use crate::layout::Kind;
use crate::space::{Heap, smi};

/// What a reference is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A number: of an element, or of a slot that has no name. Hidden references are numbered
    /// anew, see [`Numbers`].
    Index(u32),
    /// One of V8's own names.
    Label(&'static str),
    /// The text of this string or symbol.
    Key(u64),
}

/// A reference: where it leads is a tagged word that may be anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    pub kind: EdgeType,
    pub name: Name,
    pub to: u64,
}

/// The numbers of an object's hidden references. V8's generator counts the slots without a name
/// that refer to an object, also to one that it leaves out; small integers it does not count.
#[derive(Debug, Default)]
pub(crate) struct Numbers(u32);

impl Numbers {
    /// The reference with its number.
    #[inline]
    pub fn number(&mut self, reference: Reference) -> Reference {
        /// What is left of a weak reference whose object is gone.
        const CLEARED: u64 = 3;
        let Reference { kind, to, .. } = reference;
        let is_object = to & 1 == 1 && to & 0xffff_ffff != CLEARED;
        if kind != EdgeType::Hidden || !is_object {
            return reference;
        }
        let name = Name::Index(self.0);
        self.0 = self.0.saturating_add(1);
        Reference { name, ..reference }
    }
}

/// Elements of kinds above are not tagged slots: doubles, typed arrays, dictionaries.
pub(super) const LAST_TAGGED_ELEMENTS: u64 = 11;
/// A table of numbered properties: its entries begin after so many slots.
const NUMBER_DICTIONARY_START: u64 = 4;
/// Slots of an ephemeron table's head.
pub(crate) const EPHEMERON_START: u64 = 3;
/// No array has more slots. A bound against hostile lengths.
pub(crate) const MOST_SLOTS: u64 = 1 << 30;

impl Heap<'_> {
    /// Calls `each` for every slot that may refer to an object, in the order of V8's generator. Of
    /// strings, numbers and raw bytes the shape says all, see [`super::shapes::Plan`].
    pub(crate) fn references(&self, object: u64, each: &mut impl FnMut(Reference)) {
        let map = self.map(object);
        let instance_type = self.type_of_map(map);
        let kind = self.kind_of_type(instance_type);
        each(Reference {
            kind: EdgeType::Internal,
            name: Name::Label("map"),
            to: map,
        });
        match kind {
            Kind::Context => self.context_references(object, each),
            Kind::EphemeronTable => self.ephemeron_keys(object, each),
            Kind::WeakCell => self.weak_cell_references(object, each),
            Kind::Proxy => self.plain_references(object, kind, each),
            _ if self.layout.is_js(instance_type) => self.js_references(object, map, kind, each),
            _ => self.plain_references(object, kind, each),
        }
    }

    /// Variables by their names, which the scope has.
    fn context_references(&self, context: u64, each: &mut impl FnMut(Reference)) {
        let scope_info = self.slot(context, 0);
        let mut internal = |name, to| {
            each(Reference {
                kind: EdgeType::Internal,
                name,
                to,
            })
        };
        internal(Name::Label("scope_info"), scope_info);
        internal(Name::Label("previous"), self.slot(context, 1));
        let is_realm = self.is_realm(context);
        if is_realm {
            internal(Name::Label("extension"), self.slot(context, 2));
            internal(Name::Label("global_proxy_object"), self.slot(context, 3));
        }
        let (mut head, mut names, mut first_name) = (2, 0, 0);
        if self.kind_of(scope_info) == Kind::ScopeInfo {
            let scope = self.scope(scope_info);
            // Of the variables of a block V8's generator does not say the names.
            if scope.flags & DECLARATION_SCOPE != 0 {
                (names, first_name) = (scope.names, scope.first_name);
            }
            if scope.flags & CONTEXT_EXTENSION != 0 && !is_realm {
                internal(Name::Label("extension"), self.slot(context, 2));
                head = 3;
            }
        }
        if is_realm {
            (head, names) = (4, 0);
        }
        for index in head..self.length(context).min(MOST_SLOTS) {
            let to = self.slot(context, index);
            if index >= head && index - head < names {
                let key = self.field(scope_info, first_name + 8 * (index - head));
                each(Reference {
                    kind: EdgeType::Context,
                    name: Name::Key(key),
                    to,
                });
            } else {
                each(Reference {
                    kind: EdgeType::Hidden,
                    name: Name::Index(index as u32),
                    to,
                });
            }
        }
    }

    /// Whether a context is that of a realm: no other has a global object as its extension.
    pub(super) fn is_realm(&self, context: u64) -> bool {
        self.kind_of(context) == Kind::Context
            && self.length(context) > 2
            && self.kind_of(self.slot(context, 2)) == Kind::GlobalObject
    }

    /// Keys are weak. Values hang on key and table, which is for the graph to find out.
    fn ephemeron_keys(&self, table: u64, each: &mut impl FnMut(Reference)) {
        for (index, key, _) in self.ephemerons(table) {
            each(Reference {
                kind: EdgeType::Weak,
                name: Name::Index(index),
                to: key,
            });
        }
    }

    /// Slot of the key, key, and value of each entry of a WeakMap's table.
    pub(crate) fn ephemerons(&self, table: u64) -> impl Iterator<Item = (u32, u64, u64)> {
        let length = self.length(table).min(MOST_SLOTS);
        (EPHEMERON_START..length.saturating_sub(1))
            .step_by(2)
            .filter_map(move |index| {
                let key = self.slot(table, index);
                let kind = self.kind_of(key);
                let is_key = !matches!(kind, Kind::Unknown | Kind::Oddball) && !kind.is_string();
                is_key.then(|| (index as u32, key, self.slot(table, index + 1)))
            })
    }

    /// The cell of a FinalizationRegistry: target and token are weak.
    fn weak_cell_references(&self, cell: u64, each: &mut impl FnMut(Reference)) {
        for offset in (8..self.size(cell)).step_by(8) {
            let to = self.field(cell, offset);
            let (kind, name) = match offset {
                16 => (EdgeType::Weak, Name::Label("target")),
                24 => (EdgeType::Weak, Name::Label("unregister_token")),
                _ => (EdgeType::Hidden, Name::Index((offset / 8) as u32)),
            };
            each(Reference { kind, name, to });
        }
    }

    fn js_references(&self, object: u64, map: u64, kind: Kind, each: &mut impl FnMut(Reference)) {
        let (properties, elements) = (self.field(object, 8), self.field(object, 16));
        let mut internal = |name: &'static str, to: u64| {
            each(Reference {
                kind: EdgeType::Internal,
                name: Name::Label(name),
                to,
            });
        };
        internal("properties", properties);
        internal("elements", elements);
        let bits = self.map_bits(map);
        let fields = if bits.is_dictionary {
            Vec::new()
        } else {
            self.fields(map)
        };
        let mut property = |key: u64, to: u64| {
            each(Reference {
                kind: EdgeType::Property,
                name: Name::Key(key),
                to,
            });
        };
        if bits.is_dictionary && kind == Kind::GlobalObject {
            self.global_properties(properties)
                .for_each(|(key, value)| property(key, value));
        } else if bits.is_dictionary && self.kind_of(properties) == Kind::FixedArray {
            self.dictionary(properties)
                .for_each(|(key, value)| property(key, value));
        } else {
            for &(field, key) in &fields {
                if let Field::Outside(index) = field {
                    property(key, self.slot(properties, index));
                }
            }
        }
        self.element_references(elements, bits.elements_kind, each);
        for offset in (24..self.size(object)).step_by(8) {
            let (kind, name) = self.js_slot(kind, offset, &fields);
            each(Reference {
                kind,
                name,
                to: self.field(object, offset),
            });
        }
    }

    /// What a slot of a JavaScript object is called.
    pub(super) fn js_slot(
        &self,
        kind: Kind,
        offset: u64,
        fields: &[(Field, u64)],
    ) -> (EdgeType, Name) {
        let offsets = &self.layout.offsets;
        let label = |name| (EdgeType::Internal, Name::Label(name));
        match kind {
            Kind::Function if offset == offsets.function_shared => return label("shared"),
            Kind::Function if offset == offsets.function_context => return label("context"),
            Kind::Function if offset == offsets.function_feedback_cell => {
                return label("feedback_cell");
            }
            Kind::Function if offset == offsets.function_code => return label("code"),
            // A function's prototype, or the map of its objects that has it.
            Kind::Function if offset == offsets.function_prototype => {
                return (EdgeType::Property, Name::Label("prototype"));
            }
            Kind::JsMap | Kind::JsSet | Kind::JsWeakCollection if offset == 24 => {
                return label("table");
            }
            Kind::Promise if offset == 24 => return label("reactions_or_result"),
            Kind::ArrayBufferView if offset == 24 => return label("buffer"),
            Kind::BoundFunction if offset == 24 => return label("bound_function"),
            Kind::BoundFunction if offset == 32 => return label("bound_this"),
            Kind::BoundFunction if offset == 40 => return label("bindings"),
            Kind::GlobalObject if offset == 24 => return label("native_context"),
            Kind::GlobalObject if offset == 32 => return label("global_proxy"),
            Kind::Generator if offset == 24 => return label("function"),
            Kind::Generator if offset == 32 => return label("context"),
            Kind::Generator if offset == 40 => return label("receiver"),
            Kind::Generator if offset == 72 => return label("parameters_and_registers"),
            Kind::WeakRef if offset == 24 => return (EdgeType::Weak, Name::Label("target")),
            _ => {}
        }
        match fields
            .iter()
            .find(|&&(field, _)| field == Field::Inside(offset))
        {
            Some(&(_, key)) => (EdgeType::Property, Name::Key(key)),
            None => (EdgeType::Hidden, Name::Index((offset / 8) as u32)),
        }
    }

    /// Elements, from the object that has them.
    pub(crate) fn element_references(
        &self,
        elements: u64,
        kind: u64,
        each: &mut impl FnMut(Reference),
    ) {
        if self.kind_of(elements) != Kind::FixedArray {
            return;
        }
        let mut element = |index: u32, to: u64| {
            each(Reference {
                kind: EdgeType::Element,
                name: Name::Index(index),
                to,
            });
        };
        let length = self.length(elements).min(MOST_SLOTS);
        if kind == self.layout.dictionary_elements {
            for start in (NUMBER_DICTIONARY_START..length.saturating_sub(2)).step_by(3) {
                let key = self.slot(elements, start);
                if key & 1 == 0 {
                    element(smi(key) as u32, self.slot(elements, start + 1));
                }
            }
        } else if kind <= LAST_TAGGED_ELEMENTS {
            for index in 0..length {
                element(index as u32, self.slot(elements, index));
            }
        }
    }

    /// Objects that JavaScript cannot see: every tagged slot up to where raw bytes begin.
    fn plain_references(&self, object: u64, kind: Kind, each: &mut impl FnMut(Reference)) {
        let size = self.size(object);
        for offset in (8..self.tagged_end(kind, size)).step_by(8) {
            let (kind, name) = self.plain_slot(kind, offset);
            each(Reference {
                kind,
                name,
                to: self.field(object, offset),
            });
        }
    }

    /// Where the tagged slots end.
    pub(super) fn tagged_end(&self, kind: Kind, size: u64) -> u64 {
        /// Code has these tagged slots before its instructions. In bytes.
        const CODE_HEAD: u64 = 40;
        match kind {
            Kind::Bytecode => size.min(self.layout.offsets.bytecode_data) & !7,
            Kind::InstructionStream => size.min(CODE_HEAD),
            Kind::Code if self.layout.generation.node_major() == 18 => size.min(CODE_HEAD + 8),
            _ => size,
        }
    }

    /// What a slot of such an object is called.
    pub(super) fn plain_slot(&self, kind: Kind, offset: u64) -> (EdgeType, Name) {
        let offsets = &self.layout.offsets;
        let label = |name| (EdgeType::Internal, Name::Label(name));
        match (kind, offset) {
            (Kind::Map, 24) => label("prototype"),
            (Kind::Map, 32) => label("constructor"),
            (Kind::Map, 40) => label("descriptors"),
            (Kind::SharedFunctionInfo, _) if offset == offsets.shared_name => {
                label("name_or_scope_info")
            }
            (Kind::SharedFunctionInfo, _) if offset == offsets.shared_script => label("script"),
            (Kind::Script, 8) => label("source"),
            (Kind::Script, 16) => label("name"),
            (Kind::Cell, 8) | (Kind::PropertyCell, 24) => label("value"),
            (Kind::AccessorPair, 8) => label("getter"),
            (Kind::AccessorPair, 16) => label("setter"),
            (Kind::Symbol, 16) => label("name"),
            (Kind::Descriptors, _) if offset >= offsets.descriptors => {
                let slot = (offset - offsets.descriptors) / 8;
                (EdgeType::Internal, Name::Index(slot as u32))
            }
            _ => (EdgeType::Hidden, Name::Index((offset / 8) as u32)),
        }
    }
}
