//! `diff` of three snapshots and more for people.

use super::TextOptions;
use super::table::{Column, Table};
use super::units::more;
use super::units::{bytes, caveat, count, count_of, named, place, signed_bytes, title};
use crate::{GrowthEntry, GrowthReport};

/// Between the numbers of one snapshot and those of the next.
const THEN: &str = " → ";

/// The report as a table.
#[must_use]
pub fn render(report: &GrowthReport, options: &TextOptions) -> String {
    let mut text = String::new();
    for (at, snapshot) in (1..).zip(&report.snapshots) {
        text += &format!("{at}. {}", title(snapshot));
    }
    if let Some(newest) = report.snapshots.last() {
        text += caveat(newest);
    }
    if report.classes.is_empty() {
        return text + "\nNo class grew every time.\n";
    }
    let mut table = Table::new(&[
        Column::Number("growth"),
        Column::Number("instances"),
        Column::Number("size"),
        Column::Text("class"),
        Column::Place("constructor at"),
    ]);
    for class in &report.classes {
        table.row([
            signed_bytes(growth(class)),
            joined(&class.instances, count),
            joined(&sizes(class), bytes),
            named(&class.name, class.position.as_ref()),
            class.position.as_ref().map(place).unwrap_or_default(),
        ]);
    }
    let what = match report.classes.iter().all(|class| retained(class).is_some()) {
        true => "retained",
        false => "shallow",
    };
    text += &format!(
        "\n{} grew every time (growth and size: {what})\n\n",
        count_of(report.class_count, "class")
    );
    text + &table.render(options.width) + &more(report.classes.len(), report.class_count, "class")
}

fn retained(class: &GrowthEntry) -> Option<Vec<u64>> {
    class.retained_bytes.iter().copied().collect()
}

fn sizes(class: &GrowthEntry) -> Vec<u64> {
    retained(class).unwrap_or_else(|| class.shallow_bytes.clone())
}

fn growth(class: &GrowthEntry) -> i64 {
    let sizes = sizes(class);
    match (sizes.first(), sizes.last()) {
        (Some(&first), Some(&last)) => last.wrapping_sub(first) as i64,
        _ => 0,
    }
}

fn joined(series: &[u64], say: impl Fn(u64) -> String) -> String {
    let numbers: Vec<String> = series.iter().map(|&number| say(number)).collect();
    numbers.join(THEN)
}
