//! The whole answer of `diff`: the holders and the classes that grew.

use serde::Serialize;

use super::LeakGrowthReport;

/// What grew from one snapshot to the next, by holder and by class.
// `C` is `DiffReport` for two snapshots, `GrowthReport` for more.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ComparisonReport<C> {
    /// Holders with more objects each time; `null` with `--fast`, which reads no edges.
    pub places: Option<LeakGrowthReport>,
    /// Changes by class.
    pub classes: C,
}
