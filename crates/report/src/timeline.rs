//! The answer of `timeline`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition, all};

/// An allocation timeline: what of each moment, and of each function that allocated, is alive.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TimelineReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How long was recorded, in microseconds.
    pub duration_us: u64,
    /// How many moments there are.
    pub moment_count: u64,
    /// Objects that are older than the recording.
    pub before: AliveObjects,
    /// Objects that came after the last moment.
    pub after: AliveObjects,
    /// Moments in the order of time, several as one where there are many.
    pub moments: Vec<MomentEntry>,
    /// Whether stacks were recorded.
    pub has_stacks: bool,
    /// Of what came since the beginning, what no function of the program has allocated.
    pub untraced: AliveObjects,
    /// How many functions have allocated.
    pub function_count: u64,
    /// The first of them: those of which most bytes are alive.
    pub functions: Vec<TracedFunction>,
}

impl From<query::TimelineAnswer> for TimelineReport {
    fn from(answer: query::TimelineAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            duration_us: answer.duration_us,
            moment_count: answer.moment_count,
            before: answer.before.into(),
            after: answer.after.into(),
            moments: all(answer.moments),
            has_stacks: answer.has_stacks,
            untraced: answer.untraced.into(),
            function_count: answer.function_count,
            functions: all(answer.functions),
        }
    }
}

/// Objects that are alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AliveObjects {
    /// How many.
    pub count: u64,
    /// Their bytes, without what they keep.
    pub bytes: u64,
}

impl From<query::Alive> for AliveObjects {
    fn from(alive: query::Alive) -> Self {
        Self {
            count: alive.count,
            bytes: alive.bytes,
        }
    }
}

/// A span of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MomentEntry {
    /// When it begins, in microseconds since the recording began.
    pub from_us: u64,
    /// When it ends.
    pub to_us: u64,
    /// Objects that came in it and were alive when V8 looked next. What was garbage by then is in no file.
    pub then_count: u64,
    /// Those that still are.
    pub alive: AliveObjects,
    /// The class with most bytes of these; `null` where none is alive.
    pub class: Option<String>,
    /// Its bytes.
    pub class_bytes: u64,
}

impl From<query::MomentEntry> for MomentEntry {
    fn from(entry: query::MomentEntry) -> Self {
        Self {
            from_us: entry.from_us,
            to_us: entry.to_us,
            then_count: entry.then_count,
            alive: entry.alive.into(),
            class: entry.class,
            class_bytes: entry.class_bytes,
        }
    }
}

/// A function that allocated.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TracedFunction {
    /// Its name and position.
    pub function: TracedFrame,
    /// Objects that it has allocated since the beginning, garbage included.
    pub allocated_count: u64,
    /// Their bytes.
    pub allocated_bytes: u64,
    /// Those that are alive.
    pub alive: AliveObjects,
    /// The class with most bytes of these; `null` where none is alive.
    pub class: Option<String>,
    /// The functions that called it, the nearest first, where most of what is alive was allocated.
    pub callers: Vec<TracedFrame>,
}

impl From<query::TracedFunction> for TracedFunction {
    fn from(entry: query::TracedFunction) -> Self {
        Self {
            function: entry.function.into(),
            allocated_count: entry.allocated_count,
            allocated_bytes: entry.allocated_bytes,
            alive: entry.alive.into(),
            class: entry.class,
            callers: all(entry.callers),
        }
    }
}

/// A function in a stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TracedFrame {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Its position; `null` for what is built in.
    pub position: Option<SourcePosition>,
}

impl From<query::TracedFrame> for TracedFrame {
    fn from(frame: query::TracedFrame) -> Self {
        Self {
            name: frame.name,
            position: frame.position.map(Into::into),
        }
    }
}
