//! Allocation sites and suspects. Unlike in the reports on snapshot files, lines and
//! columns count from 1, as editors and stack traces do: they are for people, and the
//! caller may map them to the original source.

use memwatch_detector::sites::owner::{Owner, package_of, path_of};
use memwatch_detector::sites::{Function, LabelKind, LabelShare, Profile, Site};
use serde::{Serialize, Serializer};

use crate::NativeSuspectEntry;

/// A share is printed to a tenth of a percent: samples know no more.
const STEPS_OF_A_SHARE: f64 = 1000.0;

/// A function as a place of allocation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SiteEntry {
    /// The function.
    #[serde(flatten)]
    pub place: FrameEntry,
    /// The stack of the allocations below it that grew most, innermost first.
    pub stack: Vec<FrameEntry>,
    /// Bytes alive, estimated.
    pub bytes: u64,
    /// Objects alive, estimated.
    pub count: u64,
    /// Bytes more than before.
    pub growth_bytes: i64,
    /// Its part of all growth, from 0 to 1.
    pub share: f64,
    /// The part of the time that its live samples come from, from 0 to 1.
    pub age_spread: f64,
    /// What the program was at while it allocated what has grown, the most first, three labels at most, and then what is
    /// not known. Empty where no label is known.
    pub labels: Vec<LabelEntry>,
    /// Of native memory: the native function that it called, or that the suspect is; absent of other memory.
    // Known to `lib/native-memory` alone, which makes these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<NativeSuspectEntry>,
}

/// A label's part in the growth of a site.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LabelEntry {
    /// The route, as `POST /users/subscribe`, or the name given to `memwatch.label()`; `null` for what is not known.
    pub name: Option<String>,
    /// What the name is of; `null` for what is not known.
    pub kind: Option<LabelEntryKind>,
    /// Its part in what has grown, from 0 to 1.
    pub share: f64,
}

/// What a label is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum LabelEntryKind {
    /// Requests of a route.
    Route,
    /// What the program calls `memwatch.label()` for.
    Task,
}

impl LabelEntry {
    fn of(part: &LabelShare) -> Self {
        let label = part.label.as_ref();
        Self {
            name: label.map(|label| label.name.clone()),
            kind: label.map(|label| match label.kind {
                LabelKind::Route => LabelEntryKind::Route,
                LabelKind::Task => LabelEntryKind::Task,
            }),
            share: rounded(part.share),
        }
    }
}

/// A function on a stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FrameEntry {
    /// Its name; one without is `(anonymous)`, the body of a file `(top level)`.
    pub function: String,
    /// Path of its file, or `node:…`; `null` for V8's own and for code made at run time.
    pub file: Option<String>,
    /// Where it begins, from 1.
    pub line: Option<u32>,
    /// As `line`.
    pub column: Option<u32>,
    /// `node` for Node's own code; `null` for the program's.
    pub package: Option<String>,
}

impl FrameEntry {
    pub(crate) fn of(function: &Function) -> Self {
        let known = |number: u32| (number > 0).then_some(number);
        let is_body = (function.line, function.column) == (1, 1);
        let name = match (function.name.as_str(), is_body) {
            ("", true) => "(top level)",
            ("", false) => "(anonymous)",
            (name, _) => name,
        };
        let package = match Owner::of(function, &[]) {
            Owner::Node => Some("node".to_owned()),
            _ => package_of(&function.script).map(str::to_owned),
        };
        Self {
            function: name.to_owned(),
            file: (!function.script.is_empty()).then(|| path_of(&function.script).into_owned()),
            line: known(function.line),
            column: known(function.column),
            package,
        }
    }
}

impl SiteEntry {
    /// Sites of a profile, in their order.
    pub fn all(profile: &Profile, sites: &[Site]) -> Vec<Self> {
        let frame = |function: usize| {
            let nobody = Function::default();
            FrameEntry::of(profile.functions.get(function).unwrap_or(&nobody))
        };
        sites
            .iter()
            .map(|site| Self {
                place: frame(site.function),
                stack: site.stack.iter().map(|&function| frame(function)).collect(),
                bytes: site.bytes,
                count: site.count,
                growth_bytes: site.growth,
                share: rounded(site.share),
                age_spread: rounded(site.age_spread),
                labels: site.labels.iter().map(LabelEntry::of).collect(),
                native: None,
            })
            .collect()
    }
}

/// The table of all sites.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SitesReport {
    /// Whose sampler runs now.
    pub sampling: SamplerOwner,
    /// The time of this table; `null` when no sampler has run.
    // In milliseconds since the Unix epoch: `lib/` compares it, and makes a `Date` of it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<crate::Date>"))]
    pub at: Option<f64>,
    /// Whether it is what is alive now, and not the evidence of the last suspicion.
    pub is_live: bool,
    /// Bytes alive of all that was sampled, estimated.
    pub bytes: u64,
    /// The first of the sites, most bytes first.
    pub sites: Vec<SiteEntry>,
}

/// Whose sampler runs. Serialised by hand: no sampler is `false`, as in the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplerOwner {
    /// That of memwatch.
    Own,
    /// That of another agent.
    Other,
    /// None runs.
    Off,
}

impl SamplerOwner {
    /// As JSON has it; `None` stands for `false`.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Own => Some("own"),
            Self::Other => Some("other"),
            Self::Off => None,
        }
    }
}

impl Serialize for SamplerOwner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.name() {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_bool(false),
        }
    }
}

/// Functions to inspect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SuspectsReport {
    /// When it was so, in milliseconds since the Unix epoch; `null` where nothing was sampled.
    pub at: Option<f64>,
    /// The likeliest first.
    pub suspects: Vec<SiteEntry>,
}

fn rounded(share: f64) -> f64 {
    (share * STEPS_OF_A_SHARE).round() / STEPS_OF_A_SHARE
}
