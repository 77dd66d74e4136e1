//! A snapshot with what is known about it: the one thing every question is put
//! to. What only some questions need is computed when first asked for.

use std::sync::OnceLock;

use super::super::analysis::Analysis;
use super::super::classes::{Class, Classes, InterfaceDefinitions, Precision};
use super::super::columns::Snapshot;
use super::super::graph::SYSTEM_DISTANCE;
use super::super::types::{Location, NodeId, NodeOrdinal};
use super::error::QueryError;
use super::info::{ObjectRef, SnapshotInfo, SourcePosition};
use super::names::Words;
use super::preview::preview;
use super::scripts::Scripts;

/// Characters of a preview within a line of other things.
const SHORT_PREVIEW: usize = 60;

/// A snapshot, with or without its [`Analysis`].
#[derive(Debug)]
pub struct Heap<'a> {
    file: String,
    snapshot: &'a Snapshot,
    analysis: Option<&'a Analysis>,
    /// Classes other than those of the analysis.
    classes: OnceLock<Classes>,
    threads: usize,
    words: OnceLock<Words>,
    scripts: OnceLock<Scripts>,
}

impl<'a> Heap<'a> {
    /// A snapshot whose numbers are exact. `file` is how answers call it.
    pub fn exact(file: impl Into<String>, snapshot: &'a Snapshot, analysis: &'a Analysis) -> Self {
        Self::new(file.into(), snapshot, Some(analysis))
    }

    /// A snapshot without analysis, and perhaps without edges. Answers say
    /// [`Precision::Fast`].
    pub fn fast(file: impl Into<String>, snapshot: &'a Snapshot) -> Self {
        Self::new(file.into(), snapshot, None)
    }

    /// The same with the interfaces of another snapshot, so that the classes of
    /// the two can be compared. Means nothing without an analysis.
    #[must_use]
    pub fn with_interfaces(self, interfaces: &InterfaceDefinitions) -> Self {
        let Some(analysis) = self.analysis else {
            return self;
        };
        let classes = Classes::with_interfaces(self.snapshot, analysis, interfaces);
        Self {
            classes: OnceLock::from(classes),
            ..self
        }
    }

    /// Lets questions use this many threads, the caller's own included, where
    /// that helps. More than 2 do not.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    pub(super) fn threads(&self) -> usize {
        self.threads
    }

    fn new(file: String, snapshot: &'a Snapshot, analysis: Option<&'a Analysis>) -> Self {
        Self {
            file,
            snapshot,
            analysis,
            classes: OnceLock::new(),
            threads: 1,
            words: OnceLock::new(),
            scripts: OnceLock::new(),
        }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// What was computed about it, unless this is a fast run.
    pub fn analysis(&self) -> Option<&'a Analysis> {
        self.analysis
    }

    /// The class of each node.
    pub fn classes(&self) -> &Classes {
        if let (None, Some(analysis)) = (self.classes.get(), self.analysis) {
            return &analysis.classes;
        }
        self.classes
            .get_or_init(|| Classes::without_edges(self.snapshot))
    }

    pub(crate) fn words(&self) -> &Words {
        self.words.get_or_init(|| Words::of(self.snapshot))
    }

    /// The node of an id.
    pub(super) fn find(&self, id: NodeId) -> Result<NodeOrdinal, QueryError> {
        let found = self.snapshot.node_by_id(id);
        found.ok_or(QueryError::NoSuchId(id))
    }

    pub(super) fn need_edges(&self) -> Result<(), QueryError> {
        match self.snapshot.has_edges() {
            true => Ok(()),
            false => Err(QueryError::NeedsEdges),
        }
    }

    pub(super) fn precision(&self) -> Precision {
        match self.analysis {
            Some(_) => Precision::Exact,
            None => Precision::Fast,
        }
    }

    /// What reports say about the snapshot as a whole.
    pub fn info(&self) -> SnapshotInfo {
        let sizes = self.snapshot.ordinals().map(|node| self.shallow(node));
        SnapshotInfo {
            file: self.file.clone(),
            nodes: self.snapshot.node_count() as u64,
            edges: (self.snapshot.has_edges()).then(|| self.snapshot.edge_count() as u64),
            shallow_bytes: sizes.fold(0, u64::saturating_add),
            extra_native_bytes: self.snapshot.extra_native_bytes(),
            precision: self.precision(),
            invalid_strings: self.snapshot.strings().invalid_count(),
            reading: self.snapshot.reading().cloned(),
        }
    }

    #[inline]
    pub(super) fn shallow(&self, node: NodeOrdinal) -> u64 {
        match self.analysis {
            Some(analysis) => analysis.shallow.of(node),
            None => self.snapshot.self_size(node),
        }
    }

    pub(super) fn retained(&self, node: NodeOrdinal) -> Option<u64> {
        Some(self.analysis?.dominators.retained_size(node))
    }

    /// Steps from a global object; nothing for what only the system keeps.
    pub(super) fn distance(&self, node: NodeOrdinal) -> Option<u32> {
        steps(self.analysis?.distances.number(node))
    }

    pub(super) fn dominator(&self, node: NodeOrdinal) -> Option<ObjectRef> {
        let dominator = self.analysis?.dominators.immediate(node);
        (dominator != node).then(|| self.object_ref(dominator))
    }

    pub(super) fn class(&self, node: NodeOrdinal) -> &Class {
        self.classes().class(self.classes().of_node(node))
    }

    pub(super) fn object_ref(&self, node: NodeOrdinal) -> ObjectRef {
        let is_root = node == self.snapshot.root();
        let class = match is_root {
            true => "(root)".to_owned(),
            false => self.class(node).name.clone(),
        };
        ObjectRef {
            id: self.snapshot.id(node).0,
            class,
            preview: preview(self, node, SHORT_PREVIEW),
        }
    }

    /// The name of a script by V8's number, where a function of it says so.
    #[must_use]
    pub fn script_name(&self, script_id: u32) -> Option<String> {
        let scripts = self.scripts.get_or_init(|| Scripts::of(self));
        scripts.name(script_id).map(str::to_owned)
    }

    /// The place with the name of its script.
    pub(super) fn position(&self, location: Location) -> SourcePosition {
        SourcePosition {
            script: self.script_name(location.script_id),
            script_id: location.script_id,
            line: location.line,
            column: location.column,
        }
    }
}

/// A distance as reports have it: nothing for what only the system keeps.
pub(super) fn steps(number: i32) -> Option<u32> {
    u32::try_from(number)
        .ok()
        .filter(|_| number < SYSTEM_DISTANCE)
}
