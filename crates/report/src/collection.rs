//! One collection, as consumers of the fact `gc` and the channel `memwatch:gc` get it.

use memwatch_detector::meters::{Collection, PauseKind};
use serde::Serialize;

/// One collection, as V8 ran it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CollectionReport {
    /// What was collected.
    pub kind: CollectionKind,
    /// How long it stopped the thread, in milliseconds.
    pub pause_ms: f64,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_at: f64,
}

/// Collections as OpenTelemetry's conventions name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CollectionKind {
    /// Of the young generation.
    Minor,
    /// Of the whole heap.
    Major,
    /// A step of incremental marking.
    Incremental,
    /// A pass over weak callbacks.
    WeakCb,
}

impl From<PauseKind> for CollectionKind {
    fn from(kind: PauseKind) -> Self {
        match kind {
            PauseKind::Minor => Self::Minor,
            PauseKind::Major => Self::Major,
            PauseKind::Incremental => Self::Incremental,
            PauseKind::WeakCallbacks => Self::WeakCb,
        }
    }
}

impl From<&Collection> for CollectionReport {
    fn from(collection: &Collection) -> Self {
        Self {
            kind: collection.kind.into(),
            pause_ms: collection.pause_ns as f64 / 1e6,
            ended_at: collection.ended_unix_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_has_a_kind_a_pause_and_an_end() {
        let collection = Collection {
            kind: PauseKind::WeakCallbacks,
            pause_ns: 1_500_000,
            ended_unix_ms: 7.5,
        };
        let json = serde_json::to_string(&CollectionReport::from(&collection)).expect("JSON");
        assert_eq!(json, r#"{"kind":"weakcb","pauseMs":1.5,"endedAt":7.5}"#);
    }
}
