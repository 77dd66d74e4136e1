//! The answer of `scopes`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, SourcePosition, all};

/// The contexts of a heap: the variables of a call that closures have taken along.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScopesReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// Contexts that have variables, without those of Node's own modules.
    pub context_count: u64,
    /// The first of them: those that keep most.
    pub scopes: Vec<ScopeEntry>,
}

impl From<query::ScopesAnswer> for ScopesReport {
    fn from(answer: query::ScopesAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            context_count: answer.context_count,
            scopes: all(answer.scopes),
        }
    }
}

/// One context.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScopeEntry {
    /// V8's number of it.
    pub id: u64,
    /// Bytes of the context itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if it were.
    pub retained_bytes: Option<u64>,
    /// Its steps from a global object.
    pub distance: Option<u32>,
    /// The context around it; `null` where that is its realm's.
    pub around: Option<u64>,
    /// How many of the contexts are of the same scope, this one included; `null` where V8 does not say.
    pub alike: Option<u64>,
    /// How many closures have it.
    pub closure_count: u64,
    /// The name of the first of them; empty for an anonymous one, or where there is none.
    pub name: String,
    /// The position of that one.
    pub position: Option<SourcePosition>,
    /// How many variables there are.
    pub variable_count: u64,
    /// The first of them: those whose values keep most.
    pub variables: Vec<ScopeVariable>,
}

impl From<query::ScopeEntry> for ScopeEntry {
    fn from(entry: query::ScopeEntry) -> Self {
        Self {
            id: entry.id,
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            distance: entry.distance,
            around: entry.around,
            alike: entry.alike,
            closure_count: entry.closure_count,
            name: entry.name,
            position: entry.position.map(Into::into),
            variable_count: entry.variable_count,
            variables: all(entry.variables),
        }
    }
}

/// One variable of a context.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScopeVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: ObjectRef,
    /// Bytes that would be freed together with the value, regardless of other holders.
    pub retained_bytes: Option<u64>,
}

impl From<query::ScopeVariable> for ScopeVariable {
    fn from(variable: query::ScopeVariable) -> Self {
        Self {
            name: variable.name,
            value: variable.value.into(),
            retained_bytes: variable.retained_bytes,
        }
    }
}
