//! Which instance type is read how. A table of V8's names, and rules for the types that have none.

use super::TYPES;
use super::integers::Integers;
use super::kind::Kind;
use crate::error::HeapError;

/// Types below this are strings; their bits say which.
const FIRST_NON_STRING: usize = 128;
/// BigInt's type has no name; it comes right after Symbol in all five.
const BIGINT: usize = 129;
/// The types of functions where no range is exported (V8 10): so many from JSFunction on.
const FUNCTION_TYPES: usize = 17;

/// Kinds by V8's name for the type.
#[rustfmt::skip]
const BY_NAME: &[(&str, Kind)] = &[
    ("Symbol", Kind::Symbol), ("HeapNumber", Kind::HeapNumber), ("Oddball", Kind::Oddball), ("Hole", Kind::Hole),
    ("Map", Kind::Map), ("FixedDoubleArray", Kind::DoubleArray), ("ByteArray", Kind::ByteArray),
    ("TrustedByteArray", Kind::ByteArray), ("BytecodeArray", Kind::Bytecode),
    ("FreeSpace", Kind::FreeSpace), ("PropertyArray", Kind::PropertyArray),
    ("FeedbackVector", Kind::FeedbackVector), ("DescriptorArray", Kind::Descriptors),
    ("StrongDescriptorArray", Kind::Descriptors), ("WeakFixedArray", Kind::WeakFixedArray),
    ("TrustedFixedArray", Kind::FixedArray), ("ProtectedFixedArray", Kind::FixedArray),
    ("TrustedWeakFixedArray", Kind::WeakFixedArray),
    ("ProtectedWeakFixedArray", Kind::WeakFixedArray), ("WeakArrayList", Kind::WeakArrayList),
    ("ArrayList", Kind::ArrayList), ("ScopeInfo", Kind::ScopeInfo), ("Code", Kind::Code),
    ("InstructionStream", Kind::InstructionStream),
    ("SharedFunctionInfo", Kind::SharedFunctionInfo), ("Script", Kind::Script),
    ("EmbedderDataArray", Kind::EmbedderData), ("PreparseData", Kind::PreparseData),
    ("CoverageInfo", Kind::CoverageInfo), ("SloppyArgumentsElements", Kind::SloppyArguments),
    ("ObjectBoilerplateDescription", Kind::Boilerplate),
    ("ClosureFeedbackCellArray", Kind::FixedArray), ("RegExpMatchInfo", Kind::RegExpMatchInfo),
    ("ScriptContextTable", Kind::ScriptContexts), ("WeakCell", Kind::WeakCell),
    ("FeedbackCell", Kind::Cell), ("Cell", Kind::Cell), ("PropertyCell", Kind::PropertyCell),
    ("AccessorPair", Kind::AccessorPair), ("JSPromise", Kind::Promise),
    ("JSAsyncFunctionObject", Kind::Generator), ("JSAsyncGeneratorObject", Kind::Generator),
    ("Foreign", Kind::Raw), ("TrustedForeign", Kind::Raw),
    ("JSRegExp", Kind::RegExp), ("JSMap", Kind::JsMap), ("JSSet", Kind::JsSet),
    ("JSWeakMap", Kind::JsWeakCollection), ("JSWeakSet", Kind::JsWeakCollection),
    ("JSWeakRef", Kind::WeakRef), ("JSArrayBuffer", Kind::ArrayBuffer),
    ("JSTypedArray", Kind::ArrayBufferView), ("JSDataView", Kind::ArrayBufferView),
    ("JSGlobalObject", Kind::GlobalObject), ("JSProxy", Kind::Proxy),
    ("JSBoundFunction", Kind::BoundFunction), ("ExternalPointerArray", Kind::Raw),
    ("DoubleStringCache", Kind::Raw),
];

/// Kinds and names of all instance types.
pub(super) fn assign(integers: &Integers<'_>) -> Result<(Vec<Kind>, Vec<String>), HeapError> {
    let mut names = vec![String::new(); TYPES];
    for (number, class) in integers.type_names() {
        let name = &mut names[number];
        // Of several classes with one type the shortest, and of these the first in the alphabet.
        if name.is_empty() || (class.len(), class) < (name.len(), name.as_str()) {
            class.clone_into(name);
        }
    }
    let mut kinds = vec![Kind::Unknown; TYPES];
    let first_js = integers.needed_type("JSProxy")?;
    for (number, kind) in kinds.iter_mut().enumerate() {
        *kind = match number {
            0..FIRST_NON_STRING => string_kind(number),
            _ if number < first_js => Kind::Struct,
            _ => Kind::JsObject,
        };
    }
    name_arrays(integers, &mut kinds, &mut names)?;
    for &(class, kind) in BY_NAME {
        if let Some(number) = integers.instance_type(class) {
            kinds[number] = kind;
        }
    }
    for name in ["APIObjectType", "SpecialAPIObjectType"] {
        if let Some(kind) = integers
            .small(name)
            .ok()
            .and_then(|number| kinds.get_mut(number as usize))
        {
            *kind = Kind::ApiObject;
        }
    }
    name_neighbours(integers, &mut kinds, &mut names)?;
    kinds[BIGINT] = Kind::BigInt;
    "BigInt".clone_into(&mut names[BIGINT]);
    name_functions(integers, &mut kinds, &mut names)?;
    Ok((kinds, names))
}

/// The low three bits say how a string is kept, the next whether a unit has one byte.
const fn string_kind(number: usize) -> Kind {
    match (number & 7, number & 8 != 0) {
        (0, true) => Kind::OneByteString,
        (0, false) => Kind::TwoByteString,
        (1, _) => Kind::ConsString,
        (2, true) => Kind::ExternalOneByte,
        (2, false) => Kind::ExternalTwoByte,
        (3, _) => Kind::SlicedString,
        (5, _) => Kind::ThinString,
        _ => Kind::Unknown,
    }
}

/// Hash tables and dictionaries have no name; all lie between FixedArray and ByteArray and have
/// FixedArray's layout. Contexts are a range of their own.
fn name_arrays(
    integers: &Integers<'_>,
    kinds: &mut [Kind],
    names: &mut [String],
) -> Result<(), HeapError> {
    let arrays = integers.needed_type("FixedArray")?..integers.needed_type("ByteArray")?;
    for number in arrays {
        kinds[number] = Kind::FixedArray;
        if names[number].is_empty() {
            "HashTable".clone_into(&mut names[number]);
        }
    }
    let first = integers.small("FirstContextType")? as usize;
    let last = integers.small("LastContextType")? as usize;
    for number in first..=last.min(TYPES - 1) {
        kinds[number] = Kind::Context;
        "Context".clone_into(&mut names[number]);
    }
    Ok(())
}

/// Types without a name, by their named neighbours: V8 lists them by the alphabet.
fn name_neighbours(
    integers: &Integers<'_>,
    kinds: &mut [Kind],
    names: &mut [String],
) -> Result<(), HeapError> {
    let mut set = |number: Option<usize>, name: &str, kind: Kind| {
        if let Some(number) = number.filter(|&number| number < TYPES) {
            kinds[number] = kind;
            name.clone_into(&mut names[number]);
        }
    };
    let vector = integers.needed_type("FeedbackVector")?;
    set(
        vector.checked_sub(1),
        "FeedbackMetadata",
        Kind::FeedbackMetadata,
    );
    set(Some(vector + 1), "Filler", Kind::Filler);
    set(Some(vector + 2), "FreeSpace", Kind::FreeSpace);
    // Types that others derive from come right before these.
    if let Some(number) = integers.instance_type("JSAsyncFunctionObject") {
        set(number.checked_sub(1), "JSGeneratorObject", Kind::Generator);
    }
    let weak = integers.needed_type("WeakFixedArray")?;
    for neighbour in [weak.checked_sub(1), Some(weak + 1)].into_iter().flatten() {
        if neighbour < TYPES && names[neighbour].is_empty() {
            kinds[neighbour] = Kind::WeakFixedArray;
            "TransitionArray".clone_into(&mut names[neighbour]);
        }
    }
    Ok(())
}

fn name_functions(
    integers: &Integers<'_>,
    kinds: &mut [Kind],
    names: &mut [String],
) -> Result<(), HeapError> {
    let first = integers.small("FirstJSFunctionType").ok();
    let last = integers.small("LastJSFunctionType").ok();
    let (first, last) = match (first, last) {
        (Some(first), Some(last)) => (first as usize, last as usize),
        _ => {
            let first = integers.needed_type("JSFunction")?;
            (first, first + FUNCTION_TYPES - 1)
        }
    };
    for number in first..=last.min(TYPES - 1) {
        kinds[number] = Kind::Function;
        "JSFunction".clone_into(&mut names[number]);
    }
    Ok(())
}
