//! The answer of `closures`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, SourcePosition, all};

/// Variables that closures have taken along: what each keeps, and whether a living closure reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClosuresReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// Contexts that have variables, without those of Node's own modules.
    pub context_count: u64,
    /// Of these, those of which the text of every closure is known.
    pub known_count: u64,
    /// Variables that no living closure reads, one for each context.
    pub unread_count: u64,
    /// Bytes that would be freed if these were cleared.
    pub unread_bytes: u64,
    /// How many entries there are; what keeps nothing alone has none.
    pub variable_count: u64,
    /// The first of them: those that keep most.
    pub variables: Vec<VariableEntry>,
    /// Why it is not known of the other contexts.
    pub unknown: Vec<UnknownEntry>,
    /// Scripts whose text is not known, those with most functions first.
    pub scripts: Vec<UnknownScript>,
}

impl From<query::ClosuresAnswer> for ClosuresReport {
    fn from(answer: query::ClosuresAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            context_count: answer.context_count,
            known_count: answer.known_count,
            unread_count: answer.unread_count,
            unread_bytes: answer.unread_bytes,
            variable_count: answer.variable_count,
            variables: all(answer.variables),
            unknown: all(answer.unknown),
            scripts: all(answer.scripts),
        }
    }
}

/// One variable of one function, in all contexts that its calls have made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct VariableEntry {
    /// Its name.
    pub name: String,
    /// Whether a living closure reads it; `null` where that is not known.
    pub is_read: Option<bool>,
    /// The function whose variable it is; `null` where no closure of it is alive.
    pub function: Option<ClosureEntry>,
    /// How many contexts.
    pub contexts: u64,
    /// Bytes that would be freed if it were cleared in all of them.
    pub retained_bytes: u64,
    /// How many different functions' closures keep the contexts.
    pub closure_count: u64,
    /// The first of them: those that keep most contexts.
    pub closures: Vec<ClosureEntry>,
    /// One of the contexts: the first in the file.
    pub example_id: u64,
    /// Its value there.
    pub value: ObjectRef,
}

impl From<query::VariableEntry> for VariableEntry {
    fn from(entry: query::VariableEntry) -> Self {
        Self {
            name: entry.name,
            is_read: entry.is_read,
            function: entry.function.map(Into::into),
            contexts: entry.contexts,
            retained_bytes: entry.retained_bytes,
            closure_count: entry.closure_count,
            closures: all(entry.closures),
            example_id: entry.example_id,
            value: entry.value.into(),
        }
    }
}

/// A function whose closures keep contexts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClosureEntry {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Its position.
    pub position: SourcePosition,
    /// How many of the contexts its closures keep; of the function whose variable it is, all.
    pub contexts: u64,
}

impl From<query::ClosureEntry> for ClosureEntry {
    fn from(entry: query::ClosureEntry) -> Self {
        Self {
            name: entry.name,
            position: entry.position.into(),
            contexts: entry.contexts,
        }
    }
}

/// Why it is not known whether a variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum UnknownReason {
    /// Neither the snapshot nor a file has the text of a function.
    NoText,
    /// The file has a text other than the snapshot's.
    OtherText,
    /// A function calls `eval`.
    Eval,
    /// The text of a function cannot be followed.
    Syntax,
    /// Something other than a closure holds the context: a function that runs, or V8 itself.
    OtherHolder,
}

impl From<query::Unknown> for UnknownReason {
    fn from(reason: query::Unknown) -> Self {
        match reason {
            query::Unknown::NoText => Self::NoText,
            query::Unknown::OtherText => Self::OtherText,
            query::Unknown::Eval => Self::Eval,
            query::Unknown::Syntax => Self::Syntax,
            query::Unknown::OtherHolder => Self::OtherHolder,
        }
    }
}

/// Contexts of which it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnknownEntry {
    /// Why.
    pub reason: UnknownReason,
    /// How many.
    pub contexts: u64,
}

impl From<query::UnknownEntry> for UnknownEntry {
    fn from(entry: query::UnknownEntry) -> Self {
        Self {
            reason: entry.reason.into(),
            contexts: entry.contexts,
        }
    }
}

/// A script whose text is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UnknownScript {
    /// Its name; empty where it has none.
    pub script: String,
    /// Why.
    pub reason: UnknownReason,
    /// How many functions with living closures it has.
    pub functions: u64,
}

impl From<query::UnknownScript> for UnknownScript {
    fn from(entry: query::UnknownScript) -> Self {
        Self {
            script: entry.script,
            reason: entry.reason.into(),
            functions: entry.functions,
        }
    }
}
