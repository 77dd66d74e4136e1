//! The answer of `paths`: retaining paths from a root, one for each shape.

use memwatch_snapshot::leaks::{AccessPath, Investigation, PathShape};
use memwatch_snapshot::query;
use memwatch_snapshot::{NodeId, NodeOrdinal};
use serde::Serialize;

use super::{SnapshotInfo, SourcePosition};
use crate::text;

/// Retaining paths to an object, or to all objects of a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PathsReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// The class, or that of the object.
    pub class: String,
    /// The object, if one was asked for.
    pub id: Option<u64>,
    /// How many objects there are that no path leads to: nothing holds them, or only weakly.
    pub unheld_count: u64,
    /// How many shapes there are.
    pub shape_count: u64,
    /// The first of them.
    pub shapes: Vec<PathShapeEntry>,
}

/// Paths that differ only in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PathShapeEntry {
    /// The same in every run.
    pub signature: String,
    /// How many objects share it: instances of the class, or objects that refer
    /// to the one asked for.
    pub count: u64,
    /// Edges of the path, those to storage included.
    pub steps: u64,
    /// The object at the end of this one.
    pub id: u64,
    /// One of them.
    pub path: PathEntry,
}

/// A retaining path, as a programmer would write the access.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PathEntry {
    /// In one line, cycles collapsed: `Timeout → refresh() → … (× 12 000)`.
    pub text: String,
    /// Part by part; a cycle is listed once.
    pub parts: Vec<PathPart>,
}

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PathPart {
    /// `.name`, `[x]`, `context.name`, `name()`, `Map`.
    pub text: String,
    /// The object it leads to.
    pub id: u64,
    /// The position of its function or constructor; `null` where none is known.
    pub position: Option<SourcePosition>,
    /// How often its cycle is repeated; 1 outside of any.
    pub times: u64,
}

impl PathsReport {
    /// Ways to all objects of a class, `top` at most.
    pub fn to_class(
        snapshot: query::SnapshotInfo,
        investigation: &mut Investigation<'_>,
        class: &str,
        top: usize,
    ) -> Self {
        let (shapes, unheld_count) = investigation.paths_to_class(class);
        Self::new(
            snapshot,
            investigation,
            class.to_owned(),
            None,
            (&shapes, unheld_count),
            top,
        )
    }

    /// Ways to one object, `top` at most.
    pub fn to_object(
        snapshot: query::SnapshotInfo,
        investigation: &mut Investigation<'_>,
        node: NodeOrdinal,
        id: NodeId,
        top: usize,
    ) -> Self {
        let shapes = investigation.paths_to(node);
        let class = investigation.class_of(node);
        let found = (shapes.as_slice(), u64::from(shapes.is_empty()));
        Self::new(snapshot, investigation, class, Some(id.0), found, top)
    }

    fn new(
        snapshot: query::SnapshotInfo,
        investigation: &Investigation<'_>,
        class: String,
        id: Option<u64>,
        (shapes, unheld_count): (&[PathShape], u64),
        top: usize,
    ) -> Self {
        let entries = shapes.iter().take(top).map(|shape| PathShapeEntry {
            signature: shape.signature.clone(),
            count: shape.count,
            steps: shape.steps,
            id: investigation.id(shape.example).0,
            path: PathEntry::of(&shape.path),
        });
        Self {
            snapshot: snapshot.into(),
            class,
            id,
            unheld_count,
            shape_count: shapes.len() as u64,
            shapes: entries.collect(),
        }
    }
}

impl PathEntry {
    pub(super) fn of(path: &AccessPath) -> Self {
        let mut line = String::new();
        let mut parts = Vec::with_capacity(path.parts.len());
        for part in &path.parts {
            if part.arrow && !line.is_empty() {
                line.push_str(" → ");
            }
            line.push_str(&part.text);
            if let Some(turn) = part.turn
                && turn.at + 1 == turn.length
            {
                let first = &path.parts[parts.len() + 1 - turn.length];
                line.push_str(if first.arrow { " → " } else { " " });
                line.push_str(&format!("… (× {})", text::count(turn.times as u64)));
            }
            parts.push(PathPart {
                text: part.text.clone(),
                id: part.id.0,
                position: part.place.as_ref().map(SourcePosition::from),
                times: part.turn.map_or(1, |turn| turn.times as u64),
            });
        }
        Self { text: line, parts }
    }
}
