//! The whole answer of `diff`: who holds more, and of which classes there is more.

use serde::Serialize;

use super::LeakGrowthReport;

/// Two answers; `C` is [`super::DiffReport`] for two snapshots, [`super::GrowthReport`] for more.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonReport<C> {
    /// Who holds more; nothing in a fast run, which reads no edges.
    pub places: Option<LeakGrowthReport>,
    /// Of which classes there is more.
    pub classes: C,
}
