//! Every reference that an object has, with the type and the name that V8's generator gives it.
//! For objects whose map does not fix all of it; what a map fixes is in [`super::shapes`].

use memwatch_snapshot::EdgeType;

use super::functions::{CONTEXT_EXTENSION, DECLARATION_SCOPE};
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
    /// The same of a property that a function gets, or sets.
    Getter(u64),
    Setter(u64),
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
    pub(crate) fn number(&mut self, reference: Reference) -> Reference {
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
    /// Calls `each` for every slot of an object that JavaScript cannot see which may refer to another. Of strings,
    /// numbers and raw bytes the shape says all, see [`super::shapes::Plan`].
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
        let length = self.length(context).min(MOST_SLOTS);
        for index in head..length {
            let to = self.slot(context, index);
            if index >= head && index - head < names {
                let key = self.field(scope_info, first_name + 8 * (index - head));
                each(Reference {
                    kind: EdgeType::Context,
                    name: Name::Key(key),
                    to,
                });
            } else if is_realm && index + 1 == length {
                // All realms are in one list of V8's, which keeps none of them.
                each(Reference {
                    kind: EdgeType::Weak,
                    name: Name::Label("next_context_link"),
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
    pub(crate) fn is_realm(&self, context: u64) -> bool {
        self.kind_of(context) == Kind::Context
            && self.length(context) > 2
            && self.kind_of(self.slot(context, 2)) == Kind::GlobalObject
    }

    /// The global object of a realm.
    pub(crate) fn realm_global(&self, realm: u64) -> u64 {
        self.slot(realm, 2)
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
                let is_nothing = matches!(kind, Kind::Unknown | Kind::Oddball | Kind::Hole);
                let is_key = !is_nothing && !kind.is_string();
                is_key.then(|| (index as u32, key, self.slot(table, index + 1)))
            })
    }

    /// The cell of a FinalizationRegistry: target and token are weak.
    fn weak_cell_references(&self, cell: u64, each: &mut impl FnMut(Reference)) {
        let target = self.layout.generation.weak_cell_target();
        for offset in (8..self.size(cell)).step_by(8) {
            let to = self.field(cell, offset);
            let (kind, name) = match offset {
                _ if offset == target => (EdgeType::Weak, Name::Label("target")),
                _ if offset == target + 8 => (EdgeType::Weak, Name::Label("unregister_token")),
                _ => (EdgeType::Hidden, Name::Index((offset / 8) as u32)),
            };
            each(Reference { kind, name, to });
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
        let view = self.view(elements);
        if kind == self.layout.dictionary_elements {
            for start in (NUMBER_DICTIONARY_START..length.saturating_sub(2)).step_by(3) {
                let key = view.slot(start);
                if key & 1 == 0 {
                    element(smi(key) as u32, view.slot(start + 1));
                }
            }
        } else if kind <= LAST_TAGGED_ELEMENTS {
            for index in 0..length {
                element(index as u32, view.slot(index));
            }
        }
    }

    /// Objects that JavaScript cannot see: every tagged slot up to where raw bytes begin.
    fn plain_references(&self, object: u64, kind: Kind, each: &mut impl FnMut(Reference)) {
        let (size, view) = (self.size_on_page(object), self.view(object));
        for offset in (8..self.tagged_end(kind, size)).step_by(8) {
            let (kind, name) = self.plain_slot(kind, offset);
            each(Reference {
                kind,
                name,
                to: view.word(offset),
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
