//! The answer of `functions`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition, all};

/// Closures grouped by function and source position.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FunctionsReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many different functions there are.
    pub function_count: u64,
    /// How many closures they are instantiated as.
    pub closure_count: u64,
    /// The first functions, in the order asked for.
    pub functions: Vec<FunctionEntry>,
}

impl From<query::FunctionsAnswer> for FunctionsReport {
    fn from(answer: query::FunctionsAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            function_count: answer.function_count,
            closure_count: answer.closure_count,
            functions: all(answer.functions),
        }
    }
}

/// One function.
///
/// `ownContextBytes` and `sharedContextBytes` are what the variables of its
/// closures keep. Each closure has one context, in which its outer function's
/// variables live; closures made by the same call share it. Taken are the
/// contexts of all closures of this function, without V8's native contexts, and
/// without those another of them dominates. Each adds its retained size: to
/// `own` when only closures of this function have it, so that the memory goes
/// with them, to `shared` when those of other functions have it too.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FunctionEntry {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Its position; `null` for what is built in.
    pub position: Option<SourcePosition>,
    /// How many closures there are of it.
    pub closures: u64,
    /// Bytes of the closures themselves.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if all of its closures were.
    pub retained_bytes: Option<u64>,
    /// How many contexts its closures have.
    pub contexts: Option<u64>,
    /// Bytes retained by contexts no other function's closures have.
    pub own_context_bytes: Option<u64>,
    /// Bytes retained by contexts shared with closures of other functions.
    pub shared_context_bytes: Option<u64>,
    /// One of the closures: the first in the file.
    pub example_id: u64,
}

impl From<query::FunctionEntry> for FunctionEntry {
    fn from(entry: query::FunctionEntry) -> Self {
        Self {
            name: entry.name,
            position: entry.position.map(Into::into),
            closures: entry.closures,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            contexts: entry.contexts,
            own_context_bytes: entry.own_context_bytes,
            shared_context_bytes: entry.shared_context_bytes,
            example_id: entry.example_id,
        }
    }
}
