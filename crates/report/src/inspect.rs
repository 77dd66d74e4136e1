//! The answer of `inspect`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, SourcePosition, all};

/// One object with what it refers to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct InspectReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The object.
    pub object: ObjectRef,
    /// Where it is in the memory of the process; left out where no core was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// V8's type: `object`, `closure`, `string`, …
    pub node_type: String,
    /// Its name in the snapshot: its constructor, a function's name.
    pub name: String,
    /// The position of its constructor, or of the function itself; `null` where none is known.
    pub position: Option<SourcePosition>,
    /// Bytes of the object and of the internal parts only it owns.
    pub shallow_bytes: u64,
    /// Bytes as the file has them, without those parts.
    pub self_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Steps from a global object; `null` when none leads there.
    pub distance: Option<u32>,
    /// The nearest object without which it would be freed.
    pub dominator: Option<ObjectRef>,
    /// Whether it is attached to its document or tree; `null` when the embedder did not report it.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["attached", "detached", null])))]
    pub detachedness: Option<&'static str>,
    /// Of a string, its text.
    pub text: Option<StringText>,
    /// Of a function, its variables.
    pub function: Option<FunctionDetails>,
    /// Of a Map, Set, WeakMap or WeakSet, its entries.
    pub collection: Option<Collection>,
    /// Bytes of the store behind the indexed elements, capacity included.
    pub elements_bytes: Option<u64>,
    /// Named properties.
    pub properties: Members,
    /// Names of properties that hold numbers, as far as they are known: their
    /// values are not in snapshots, and where V8's hidden class is shared with
    /// other objects, neither are their names.
    pub number_properties: Vec<String>,
    /// Indexed elements that are not numbers.
    pub elements: Members,
    /// Variables, when it is itself a context.
    pub variables: Members,
    /// What JavaScript cannot see.
    pub internals: Members,
}

impl From<query::InspectAnswer> for InspectReport {
    fn from(answer: query::InspectAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            object: answer.object.into(),
            address: answer.address.map(|address| format!("{address:#x}")),
            node_type: answer.node_type,
            name: answer.name,
            position: answer.position.map(Into::into),
            shallow_bytes: answer.shallow_bytes,
            self_bytes: answer.self_bytes,
            retained_bytes: answer.retained_bytes,
            distance: answer.distance,
            dominator: answer.dominator.map(Into::into),
            detachedness: answer.detachedness,
            text: answer.text.map(Into::into),
            function: answer.function.map(Into::into),
            collection: answer.collection.map(Into::into),
            elements_bytes: answer.elements_bytes,
            properties: answer.properties.into(),
            number_properties: answer.number_properties,
            elements: answer.elements.into(),
            variables: answer.variables.into(),
            internals: answer.internals.into(),
        }
    }
}

/// Edges of one sort.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Members {
    /// How many there are.
    pub count: u64,
    /// The first of them, in the order of the file.
    pub entries: Vec<MemberEntry>,
}

impl From<query::Members> for Members {
    fn from(entry: query::Members) -> Self {
        Self {
            count: entry.count,
            entries: all(entry.entries),
        }
    }
}

/// One edge.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MemberEntry {
    /// The property, the index, or V8's name.
    pub name: String,
    /// Whether it keeps its target alive: weak ones do not.
    pub weak: bool,
    /// What it leads to.
    pub to: ObjectRef,
    /// Bytes its target retains.
    pub retained_bytes: Option<u64>,
}

impl From<query::MemberEntry> for MemberEntry {
    fn from(entry: query::MemberEntry) -> Self {
        Self {
            name: entry.name,
            weak: entry.weak,
            to: entry.to.into(),
            retained_bytes: entry.retained_bytes,
        }
    }
}

/// The text of a string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StringText {
    /// As far as the snapshot has it.
    pub text: String,
    /// Whether it may go on: V8 cuts strings, at 1 024 characters by
    /// default, and does not record where in its parent a sliced string begins.
    pub is_cut: bool,
}

impl From<query::StringText> for StringText {
    fn from(entry: query::StringText) -> Self {
        Self {
            text: entry.text,
            is_cut: entry.is_cut,
        }
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FunctionDetails {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Where its variables live.
    pub context: Option<ObjectRef>,
    /// Bytes that context retains.
    pub context_retained_bytes: Option<u64>,
    /// The variables, those of outer contexts after those of inner ones.
    pub variables: Members,
}

impl From<query::FunctionDetails> for FunctionDetails {
    fn from(entry: query::FunctionDetails) -> Self {
        Self {
            name: entry.name,
            context: entry.context.map(Into::into),
            context_retained_bytes: entry.context_retained_bytes,
            variables: entry.variables.into(),
        }
    }
}

/// A Map, Set, WeakMap or WeakSet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// How many entries have a key or a value that is in the snapshot. Entries
    /// of small integers alone are not.
    pub visible_entries: u64,
    /// How many fit before the table grows, where its layout is known.
    pub capacity: Option<u64>,
    /// The first entries.
    pub entries: Vec<CollectionEntry>,
}

impl From<query::Collection> for Collection {
    fn from(entry: query::Collection) -> Self {
        Self {
            visible_entries: entry.visible_entries,
            capacity: entry.capacity,
            entries: all(entry.entries),
        }
    }
}

/// One entry. What is not in the snapshot, a small integer, is nothing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CollectionEntry {
    /// The key, or the element of a set.
    pub key: Option<ObjectRef>,
    /// The value.
    pub value: Option<ObjectRef>,
}

impl From<query::CollectionEntry> for CollectionEntry {
    fn from(entry: query::CollectionEntry) -> Self {
        Self {
            key: entry.key.map(Into::into),
            value: entry.value.map(Into::into),
        }
    }
}
