//! The answer of `shapes`.

use memwatch_snapshot::query;
use serde::Serialize;

use super::{SnapshotInfo, all};

/// Objects grouped by constructor and property names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ShapesReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// How many shapes there are.
    pub shape_count: u64,
    /// The first of them, in the order asked for.
    pub shapes: Vec<ShapeEntry>,
}

impl From<query::ShapesAnswer> for ShapesReport {
    fn from(answer: query::ShapesAnswer) -> Self {
        Self {
            snapshot: answer.snapshot.into(),
            shape_count: answer.shape_count,
            shapes: all(answer.shapes),
        }
    }
}

/// One shape.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ShapeEntry {
    /// Name of the constructor.
    pub constructor: String,
    /// Names of the first properties, in the order of the example.
    pub properties: Vec<String>,
    /// How many properties each object has. Those that hold numbers are counted
    /// where V8's hidden class names them, which is where it is not shared with
    /// other objects.
    pub property_count: u64,
    /// How many objects have this shape.
    pub instances: u64,
    /// Bytes of the objects themselves.
    pub shallow_bytes: u64,
    /// One of them: the first in the file.
    pub example_id: u64,
}

impl From<query::ShapeEntry> for ShapeEntry {
    fn from(entry: query::ShapeEntry) -> Self {
        Self {
            constructor: entry.constructor,
            properties: entry.properties,
            property_count: entry.property_count,
            instances: entry.instances,
            shallow_bytes: entry.shallow_bytes,
            example_id: entry.example_id,
        }
    }
}
