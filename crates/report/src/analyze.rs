//! The answer of `analyze`: leak candidates, each with its holder, and other
//! findings.

use memwatch_snapshot::leaks::{
    Certainty as Found, Dominating, Finding, Investigation, Kind, Observation, Rule, Suspect,
    Thresholds,
};
use memwatch_snapshot::query;
use serde::Serialize;

use super::{PathEntry, SnapshotInfo, TraceEntry};

/// What may leak, and what keeps it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnalyzeReport {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// All bytes, native memory that belongs to no node included.
    pub total_bytes: u64,
    /// How many findings there are.
    pub finding_count: u64,
    /// The first of them, by retained size, weighted by certainty.
    pub findings: Vec<FindingEntry>,
    /// The object that keeps more than a quarter of the heap, if no finding covers it; otherwise `null`.
    pub dominating: Option<DominatingEntry>,
    /// Other notable facts.
    pub observations: Vec<ObservationEntry>,
}

/// An object that keeps much of the heap, though nothing accumulates in one place below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DominatingEntry {
    /// V8's number of it.
    pub id: u64,
    /// What it is.
    pub class: String,
    /// Bytes that would be freed with it.
    pub retained_bytes: u64,
    /// Share of all bytes, from 0 to 1.
    pub share: f64,
    /// What keeps it.
    pub path: PathEntry,
    /// The next commands.
    pub next: Vec<NextStep>,
}

/// One leak candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FindingEntry {
    /// The objects, and how much they keep.
    #[serde(flatten)]
    pub suspect: SuspectEntry,
    /// What keeps it.
    pub path: PathEntry,
    /// The same, one reference a step, with the one to cut.
    pub trace: TraceEntry,
    /// The next commands.
    pub next: Vec<NextStep>,
}

/// The text of a report, piece by piece, for those who lay it out themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AnalyzeWords {
    /// Of each finding what is kept, how much, and by what.
    pub sentences: Vec<String>,
    /// And what to do about it.
    pub advice: Vec<&'static str>,
    /// And each as Markdown, with its trace.
    pub markdown: Vec<String>,
    /// Which object keeps much of the heap, where no leak candidate names it.
    pub dominating: Option<String>,
    /// Other notable facts.
    pub noticed: Vec<String>,
}

/// Objects that share their holder.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuspectEntry {
    /// 16 hexadecimal digits, the same in every run: FNV-1a, 64 bits, of the
    /// classes and generalised edges that lead to the objects.
    pub signature: String,
    /// The kind of holder: `closure-chain`, `map`, `listeners`, …
    pub kind: &'static str,
    /// How certain it is.
    pub certainty: Certainty,
    /// The class of most of them.
    pub class: String,
    /// How many there are of that class.
    pub count: u64,
    /// Their own bytes.
    pub shallow_bytes: u64,
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
    /// Share of all bytes, from 0 to 1.
    pub share: f64,
    /// Bytes that would be freed with the collection that holds them all, including what they share;
    /// `null` if several hold them, or if the holder is not a collection.
    pub holder_retained_bytes: Option<u64>,
    /// The object that holds most of them.
    pub holder_id: u64,
    /// What that is.
    pub holder_class: String,
    /// How many objects like that there are.
    pub holders: u64,
    /// One of the objects: the one that retains most; of a chain, the last link.
    pub example_id: u64,
}

/// How certain a leak candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Certainty {
    /// It keeps much, as a cache or the program's own data would, too.
    Possible,
    /// Rarely on purpose.
    Likely,
    /// Not so many on purpose.
    Probable,
}

impl Certainty {
    /// As JSON has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Probable => "probable",
        }
    }
}

impl From<Found> for Certainty {
    fn from(certainty: Found) -> Self {
        match certainty {
            Found::Possible => Self::Possible,
            Found::Likely => Self::Likely,
            Found::Probable => Self::Probable,
        }
    }
}

/// The next command: `memwatch COMMAND FILE TARGET`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NextStep {
    /// `inspect`, `paths`, `instances`, `refs`.
    pub command: &'static str,
    /// Its argument after the file: `@1234`, or a class.
    pub target: String,
    /// What it will show.
    pub shows: &'static str,
}

/// A notable fact.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ObservationEntry {
    /// `dominant-class`, `many-properties`, `large-collection`, …
    pub rule: &'static str,
    /// A class, a function, a file.
    pub subject: String,
    /// How many.
    pub count: u64,
    /// What that is compared with.
    pub against: Option<u64>,
    /// Bytes.
    pub bytes: u64,
    /// One of them, or what holds them.
    pub id: u64,
    /// The retaining path to it.
    pub path: Option<PathEntry>,
}

impl AnalyzeReport {
    /// Analyses a snapshot; `top` leak candidates are reported.
    pub fn of(
        snapshot: query::SnapshotInfo,
        investigation: &mut Investigation<'_>,
        thresholds: &Thresholds,
        top: usize,
    ) -> Self {
        let findings = investigation.findings(thresholds);
        let observations = investigation.observations(&findings);
        let dominating = investigation.dominating(&findings);
        let dominating = dominating.map(|one| dominating_entry(investigation, &one));
        let finding_count = findings.len() as u64;
        let entries = findings
            .iter()
            .take(top)
            .map(|finding| entry(investigation, finding));
        let findings = entries.collect();
        let observations = observations
            .iter()
            .map(|one| observation(investigation, one));
        Self {
            snapshot: snapshot.into(),
            total_bytes: investigation.total_bytes(),
            finding_count,
            findings,
            dominating,
            observations: observations.collect(),
        }
    }
}

fn entry(investigation: &mut Investigation<'_>, finding: &Finding) -> FindingEntry {
    let suspect = SuspectEntry::of(investigation, &finding.suspect);
    FindingEntry {
        next: next_steps(&suspect),
        suspect,
        path: PathEntry::of(&finding.path),
        trace: TraceEntry::from(&finding.trace),
    }
}

fn dominating_entry(investigation: &mut Investigation<'_>, one: &Dominating) -> DominatingEntry {
    let id = investigation.id(one.node).0;
    let next = ["inspect", "refs"].map(|command| NextStep {
        command,
        target: format!("@{id}"),
        shows: match command {
            "inspect" => "what it is and what it holds",
            _ => "what refers to it",
        },
    });
    DominatingEntry {
        id,
        class: investigation.class_of(one.node),
        retained_bytes: one.retained_bytes,
        share: one.share,
        path: PathEntry::of(&one.path),
        next: next.into(),
    }
}

impl SuspectEntry {
    pub(super) fn of(investigation: &mut Investigation<'_>, suspect: &Suspect) -> Self {
        let most = suspect.classes.first();
        let class = match most {
            Some((name, _)) if name == "(string)" => "string".to_owned(),
            Some((name, _)) if name == "()" => "(anonymous function)".to_owned(),
            // Of plain objects, the properties say more.
            Some((name, _)) if name != "Object" => name.clone(),
            _ => investigation.class_of(suspect.example),
        };
        Self {
            signature: suspect.signature.clone(),
            kind: kind_name(suspect.kind),
            certainty: suspect.certainty.into(),
            class,
            count: suspect.count,
            shallow_bytes: suspect.shallow_bytes,
            retained_bytes: suspect.retained_bytes,
            share: suspect.share,
            holder_retained_bytes: (suspect.holder_bytes > 0).then_some(suspect.holder_bytes),
            holder_id: investigation.id(suspect.holder).0,
            holder_class: investigation.class_of(suspect.holder),
            holders: suspect.holders,
            example_id: investigation.id(suspect.example).0,
        }
    }
}

pub(super) fn next_steps(suspect: &SuspectEntry) -> Vec<NextStep> {
    let mut steps = vec![
        NextStep {
            command: "inspect",
            target: format!("@{}", suspect.holder_id),
            shows: "what holds them",
        },
        NextStep {
            command: "inspect",
            target: format!("@{}", suspect.example_id),
            shows: "one of them",
        },
    ];
    if !suspect.class.starts_with(['(', '{']) {
        steps.push(NextStep {
            command: "paths",
            target: suspect.class.clone(),
            shows: "all paths that keep them",
        });
    }
    steps
}

fn observation(investigation: &Investigation<'_>, one: &Observation) -> ObservationEntry {
    ObservationEntry {
        rule: rule_name(one.rule),
        subject: one.subject.clone(),
        count: one.count,
        against: one.against,
        bytes: one.bytes,
        id: investigation.id(one.example).0,
        path: one.path.as_ref().map(PathEntry::of),
    }
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::ClosureChain => "closure-chain",
        Kind::Chain => "chain",
        Kind::Listeners => "listeners",
        Kind::Timers => "timers",
        Kind::PromiseReactions => "promise-reactions",
        Kind::Microtasks => "microtasks",
        Kind::FinalizationRegistry => "finalization-registry",
        Kind::Modules => "modules",
        Kind::Map => "map",
        Kind::Set => "set",
        Kind::Array => "array",
        Kind::Dictionary => "dictionary",
        Kind::Slices => "slices",
        Kind::Handles => "handles",
        Kind::Single => "single",
    }
}

const fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::DominantClass => "dominant-class",
        Rule::ManyProperties => "many-properties",
        Rule::LargeCollection => "large-collection",
        Rule::ManyListeners => "many-listeners",
        Rule::ManyClosures => "many-closures",
        Rule::ModuleReloads => "module-reloads",
        Rule::Realms => "realms",
    }
}
