//! The trace of a leak candidate, from a root to the objects, with the reference to cut.

use memwatch_snapshot::leaks::{Expectation, LeakKind, Trace, TraceStep};
use serde::Serialize;

use super::SourcePosition;

/// Where each kind of leak is explained.
const PAGE: &str = "https://github.com/memwatch/memwatch/blob/main/docs/leak-kinds.md";

/// The references from a root to the objects, and which one to cut.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TraceEntry {
    /// The kind of leak, if it is one: `listener`, `timer`, `closure-context`, `cache`, `list`, `promise`,
    /// `microtask`, `async-local-storage`, `module-reload`, `registry`, `slice`, `detached-handle`, `large-object`.
    pub kind: &'static str,
    /// The address of the documentation of that kind.
    pub docs: String,
    /// From the root on.
    pub steps: Vec<TraceStepEntry>,
    /// The place in `steps`, from 0, of the reference that a repaired program does not have.
    pub cut: u64,
}

/// A reference, and the object it leads to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TraceStepEntry {
    /// `.name`, `[x]`, `context.name`, `(entry)`; of the first step, the root.
    pub reference: String,
    /// The class of the object.
    pub class: String,
    /// The object.
    pub id: u64,
    /// The position of its function or constructor; `null` where none is known.
    pub position: Option<SourcePosition>,
    /// How often its cycle is repeated; 1 outside of any.
    pub times: u64,
    /// Whether a program wants the object: `expected` if it is one of a fixed number, by the names that lead
    /// to it; `unexpected` from the reference to cut on; `unknown` if it may be one of many.
    pub expectation: TraceExpectation,
}

/// Whether a program wants what a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum TraceExpectation {
    /// There is one for each name in the program.
    Expected,
    /// It may be one of many.
    Unknown,
    /// It is what leaks, or kept by that.
    Unexpected,
}

impl TraceExpectation {
    /// As JSON has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Unknown => "unknown",
            Self::Unexpected => "unexpected",
        }
    }
}

impl From<&Trace> for TraceEntry {
    fn from(trace: &Trace) -> Self {
        let kind = kind_name(trace.kind);
        Self {
            kind,
            docs: format!("{PAGE}#{kind}"),
            steps: trace.steps.iter().map(TraceStepEntry::from).collect(),
            cut: trace.cut as u64,
        }
    }
}

impl From<&TraceStep> for TraceStepEntry {
    fn from(step: &TraceStep) -> Self {
        Self {
            reference: step.reference.clone(),
            class: step.class.clone(),
            id: step.id.0,
            position: step.place.as_ref().map(SourcePosition::from),
            times: step.times as u64,
            expectation: match step.expectation {
                Expectation::Expected => TraceExpectation::Expected,
                Expectation::Unknown => TraceExpectation::Unknown,
                Expectation::Unexpected => TraceExpectation::Unexpected,
            },
        }
    }
}

/// Each is an anchor of the page.
const fn kind_name(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Listener => "listener",
        LeakKind::Timer => "timer",
        LeakKind::ClosureContext => "closure-context",
        LeakKind::Cache => "cache",
        LeakKind::List => "list",
        LeakKind::Promise => "promise",
        LeakKind::Microtask => "microtask",
        LeakKind::AsyncLocalStorage => "async-local-storage",
        LeakKind::ModuleReload => "module-reload",
        LeakKind::Registry => "registry",
        LeakKind::Slice => "slice",
        LeakKind::DetachedHandle => "detached-handle",
        LeakKind::LargeObject => "large-object",
    }
}
