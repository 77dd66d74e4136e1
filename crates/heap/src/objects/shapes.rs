//! What all objects of a map have in common, found once a map: size, node type, name, and the
//! slots with their names. Most objects are read by it alone.

use memwatch_snapshot::{EdgeType, NodeType};

use super::classes::Classes;
use super::references::Name;
use super::slots::{Place, Slot};
use crate::layout::Kind;
use crate::space::Heap;

/// What a node is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NodeName {
    /// The same for all objects of the map.
    Fixed(String),
    /// The object's own: a text, a function's name.
    Own,
}

/// How the references of an object are found.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    /// There are none.
    Nothing,
    /// The slots of the shape.
    Slots,
    /// Every word from this offset on, numbered as its slot.
    Array(u64),
    /// The same, numbered as hidden references are.
    Hidden(u64),
    /// [`Heap::references`].
    Generic,
}

/// What objects of one map have in common.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub map: u64,
    pub kind: Kind,
    /// In bytes; 0 where the object's own length tells.
    pub size: u64,
    pub node_type: NodeType,
    pub name: NodeName,
    pub plan: Plan,
    pub slots: Vec<Slot>,
}

impl Shape {
    /// Of a map, by one of its objects.
    pub(crate) fn new(heap: &Heap<'_>, classes: &Classes, map: u64, sample: u64) -> Self {
        let instance_type = heap.type_of_map(map);
        let kind = heap.kind_of_type(instance_type);
        let is_js = heap.layout.is_js(instance_type);
        let mut shape = Self {
            map,
            kind,
            size: (heap.field(map, 8) & 0xff) * 8,
            node_type: node_type(heap, kind, is_js, sample),
            name: NodeName::Own,
            plan: Plan::Generic,
            slots: Vec::new(),
        };
        shape.name = name(heap, classes, kind, instance_type, sample);
        shape.choose_plan(heap, is_js);
        shape
    }

    /// The two parts of a string, or the other that it stands for.
    fn parts(&mut self, names: &[&'static str]) -> Plan {
        let offsets = (16..).step_by(8);
        let slot = |(offset, &name)| Slot {
            place: Place::Inside(offset),
            kind: EdgeType::Internal,
            name: Name::Label(name),
        };
        self.slots = offsets.zip(names).map(slot).collect();
        self.slots.push(Slot {
            place: Place::OfMap(self.map),
            kind: EdgeType::Internal,
            name: Name::Label("map"),
        });
        Plan::Slots
    }

    fn choose_plan(&mut self, heap: &Heap<'_>, is_js: bool) {
        self.plan = match self.kind {
            Kind::OneByteString
            | Kind::TwoByteString
            | Kind::ExternalOneByte
            | Kind::ExternalTwoByte
            | Kind::HeapNumber
            | Kind::BigInt
            | Kind::DoubleArray
            | Kind::ByteArray
            | Kind::FeedbackMetadata
            | Kind::Raw
            | Kind::CoverageInfo => Plan::Nothing,
            Kind::ConsString => self.parts(&["first", "second"]),
            Kind::SlicedString => self.parts(&["parent"]),
            Kind::ThinString => self.parts(&["actual"]),
            Kind::FixedArray | Kind::WeakFixedArray => Plan::Array(16),
            Kind::PropertyArray => Plan::Hidden(16),
            _ if is_js && self.kind != Kind::Proxy => {
                self.slots = heap.js_slots(self.kind, self.map, self.size);
                Plan::Slots
            }
            _ => Plan::Generic,
        };
    }
}

/// V8's type of a node.
fn node_type(heap: &Heap<'_>, kind: Kind, is_js: bool, sample: u64) -> NodeType {
    match kind {
        Kind::ConsString => NodeType::ConsString,
        Kind::SlicedString => NodeType::SlicedString,
        kind if kind.is_string() => NodeType::String,
        Kind::Symbol => NodeType::Symbol,
        Kind::BigInt => NodeType::BigInt,
        Kind::HeapNumber => NodeType::Number,
        Kind::Function | Kind::BoundFunction => NodeType::Closure,
        Kind::RegExp => NodeType::RegExp,
        Kind::Context if heap.is_realm(sample) => NodeType::Hidden,
        Kind::Context => NodeType::Object,
        Kind::Proxy => NodeType::Hidden,
        _ if is_js => NodeType::Object,
        Kind::FixedArray
        | Kind::EphemeronTable
        | Kind::PropertyArray
        | Kind::DoubleArray
        | Kind::WeakFixedArray
        | Kind::WeakArrayList
        | Kind::ArrayList
        | Kind::ByteArray => NodeType::Array,
        Kind::SharedFunctionInfo
        | Kind::Script
        | Kind::Code
        | Kind::InstructionStream
        | Kind::Bytecode => NodeType::Code,
        Kind::Map | Kind::Descriptors => NodeType::ObjectShape,
        _ => NodeType::Hidden,
    }
}

/// V8's name of a node, as far as the map fixes it.
fn name(
    heap: &Heap<'_>,
    classes: &Classes,
    kind: Kind,
    instance_type: u16,
    sample: u64,
) -> NodeName {
    let fixed = |name: &str| NodeName::Fixed(name.into());
    match kind {
        Kind::ConsString => fixed("(concatenated string)"),
        Kind::SlicedString => fixed("(sliced string)"),
        kind if kind.is_string() => NodeName::Own,
        Kind::Function | Kind::RegExp | Kind::SharedFunctionInfo | Kind::Script => NodeName::Own,
        Kind::Symbol => fixed("symbol"),
        Kind::BigInt => fixed("bigint"),
        Kind::HeapNumber => fixed("heap number"),
        Kind::BoundFunction => fixed("native_bind"),
        Kind::GlobalObject => fixed("global"),
        Kind::Context if heap.is_realm(sample) => fixed("system / NativeContext"),
        Kind::Context => fixed("system / Context"),
        Kind::Proxy => fixed("system / JSProxy"),
        _ if heap.layout.is_js(instance_type) => NodeName::Fixed(classes.name(heap, sample)),
        Kind::FixedArray
        | Kind::EphemeronTable
        | Kind::PropertyArray
        | Kind::DoubleArray
        | Kind::WeakFixedArray
        | Kind::WeakArrayList
        | Kind::ArrayList
        | Kind::Code
        | Kind::InstructionStream
        | Kind::Bytecode => fixed(""),
        _ => NodeName::Fixed(format!("system / {}", heap.layout.type_name(instance_type))),
    }
}

impl Heap<'_> {
    /// The name of a node whose name is its own.
    pub(crate) fn own_name(&self, kind: Kind, object: u64) -> String {
        const LONGEST: usize = super::text::LONGEST_NAME;
        match kind {
            kind if kind.is_string() => self.text(object, LONGEST),
            Kind::Function => {
                self.shared_name(self.field(object, self.layout.offsets.function_shared))
            }
            Kind::SharedFunctionInfo => self.shared_name(object),
            Kind::Script => self.script_name(object).unwrap_or_default(),
            Kind::RegExp => self.pattern(object),
            _ => String::new(),
        }
    }

    /// The source of a regular expression: in the object, or in its data.
    fn pattern(&self, regexp: u64) -> String {
        let in_object = self.text_of(self.field(regexp, 32));
        let in_data = || self.text_of(self.field(self.field(regexp, 24), 16));
        in_object
            .or_else(in_data)
            .unwrap_or_else(|| "RegExp".into())
    }
}
