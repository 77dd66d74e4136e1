//! The detector's policy as tables of the documentation, in Markdown. Decides nothing: the numbers are
//! `memwatch_detector::gc::trend::policy`'s, and a test compares the documentation with what is written here.

use memwatch_detector::gc::trend::policy::{POLICY, Threshold, Unit};

use super::{bytes, count};

const MIB: f64 = 1_048_576.0;

/// The value of a threshold that has one.
///
/// # Panics
///
/// Where there is none of that name: the tables are made in tests only.
fn value(name: &str) -> f64 {
    let row = POLICY.iter().find(|threshold| threshold.name == name);
    row.unwrap_or_else(|| panic!("no threshold {name}"))
        .values
        .0
}

/// How much growth confirms a leak of the heap, at which rate: what is required, times the confidence that confirms. Of calm
/// growth all that is required at its age must be there.
#[must_use]
pub fn confirmed_at() -> String {
    let confirm = value("CONFIRM_AT");
    let required = |name: &str| whole_mib(value(name) * confirm);
    let rate = |name: &str| format!("{} MiB/s", value(name) / MIB);
    let percent = |share: f64| format!("{} %", decimals(share * 100.0, 1));
    let calm = whole_mib(value("CALM_BYTES"));
    let minutes = value("CALM_BYTE_SECONDS") / value("CALM_BYTES");
    let rows = [
        [
            format!("up to {}", rate("CALM_RATE")),
            format!(
                "{calm}; up to {} where it may be slowing down",
                whole_mib(value("CALM_BYTES") * confirm * (1.0 + value("DOUBT")))
            ),
            "before 64 MiB are gone".to_owned(),
        ],
        [
            format!("the same, older than {minutes} s"),
            format!(
                "{calm} × {minutes} s ÷ its age, but at least {}, and at least {} of the live heap or {calm}",
                bytes(value("LEAST_BYTES") as u64),
                percent(value("SMALL_SHARE"))
            ),
            "a small leak shows by lasting".to_owned(),
        ],
        [
            format!(
                "{} to {}",
                decimals(value("OTHER_RATE") * value("CALM_RATE") / MIB, 2),
                rate("MID_RATE_MOST")
            ),
            format!(
                "{}; more where it may be slowing down",
                required("MID_BYTES")
            ),
            "before 150 MB are gone".to_owned(),
        ],
        [
            format!("from {}", rate("FAST_RATE")),
            format!(
                "{} of the heap limit, and above the lesser of {} and {} of the limit",
                percent(value("FAST_LIMIT_SHARE") * confirm),
                required("FAST_BYTES"),
                percent(value("FAST_LIMIT_SHARE_MOST") * confirm)
            ),
            "loading data and compiling end before; a quarter is not yet gone".to_owned(),
        ],
    ];
    table(["growth", "confirmed at about", "reason"], rows)
}

/// Any growth must also be this share of the live heap: `5 %`.
#[must_use]
pub fn least_share() -> String {
    format!("{} %", decimals(value("LEAST_SHARE") * 100.0, 1))
}

/// All thresholds with their reasons, a table for each group.
#[must_use]
pub fn thresholds() -> String {
    let mut text = String::new();
    for group in POLICY.chunk_by(|one, other| one.group == other.group) {
        let rows = group.iter().map(|threshold| {
            [
                format!("`{}`", threshold.name),
                shown(threshold),
                threshold.reason.trim().to_owned(),
            ]
        });
        let title = group.first().map_or("", |threshold| threshold.group);
        text += &format!(
            "## {title}\n\n{}\n",
            table(["name", "value", "reason"], rows)
        );
    }
    text.trim_end().to_owned() + "\n"
}

/// A value with its unit; of a test that passes gradually, where it begins to and where it has.
fn shown(threshold: &Threshold) -> String {
    let text = |value: f64| match threshold.unit {
        Unit::Bytes => bytes(value as u64),
        Unit::BytesPerSecond => format!("{} MiB/s", value / MIB),
        Unit::ByteSeconds => format!("{} MiB·s", count((value / MIB) as u64)),
        Unit::Seconds => format!("{value} s"),
        Unit::Share => format!("{} %", decimals(value * 100.0, 1)),
        Unit::Factor => format!("{value} ×"),
        Unit::Count | Unit::Tau => format!("{value}"),
    };
    match threshold.values {
        (value, None) => text(value),
        (none, Some(all)) => format!("{} to {}", text(none), text(all)),
    }
}

fn whole_mib(bytes: f64) -> String {
    format!("{:.0} MiB", bytes / MIB)
}

/// So many decimals at most.
fn decimals(value: f64, most: usize) -> String {
    let text = format!("{value:.most$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.map(str::to_owned)) + &line([(); N].map(|()| "---".to_owned()));
    text.extend(rows.into_iter().map(line));
    text
}
