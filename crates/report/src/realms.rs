//! The answer of `realms`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{ObjectRef, SnapshotInfo, all};

/// The realms of a heap: native contexts with their global objects.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RealmsReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many there are.
    pub realm_count: u64,
    /// The first of them: those that keep most.
    pub realms: Vec<RealmEntry>,
}

impl From<query::RealmsAnswer> for RealmsReport {
    fn from(answer: query::RealmsAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            realm_count: answer.realm_count,
            realms: all(answer.realms),
        }
    }
}

/// One realm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RealmEntry {
    /// V8's number of its native context.
    pub id: u64,
    /// The address of its page; `null` where V8 has none.
    pub url: Option<String>,
    /// Its global object.
    pub global: Option<ObjectRef>,
    /// Bytes of the native context itself.
    pub shallow_bytes: u64,
    /// Bytes that would be freed if the native context were.
    pub retained_bytes: Option<u64>,
    /// Bytes that would be freed if its global object were.
    pub global_retained_bytes: Option<u64>,
    /// Steps of the native context from a global object.
    pub distance: Option<u32>,
}

impl From<query::RealmEntry> for RealmEntry {
    fn from(entry: query::RealmEntry) -> Self {
        Self {
            id: entry.id,
            url: entry.url,
            global: entry.global.map(Into::into),
            shallow_bytes: entry.shallow_bytes,
            retained_bytes: entry.retained_bytes,
            global_retained_bytes: entry.global_retained_bytes,
            distance: entry.distance,
        }
    }
}
