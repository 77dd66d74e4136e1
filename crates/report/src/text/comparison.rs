//! `diff` for people: who holds more, then of which classes there is more.

use super::{TextOptions, leak_growth};
use crate::ComparisonReport;

/// The report as text; `classes` renders its second half.
pub fn render<C>(
    report: &ComparisonReport<C>,
    options: &TextOptions,
    classes: impl Fn(&C, &TextOptions) -> String,
) -> String {
    let places = report.places.as_ref();
    let places = places.map(|places| leak_growth::render(places, options) + "\n");
    places.unwrap_or_default() + &classes(&report.classes, options)
}
