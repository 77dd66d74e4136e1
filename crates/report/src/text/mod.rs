//! How numbers are printed for people: sizes, durations, the reason of a leak, and
//! the reports of this crate as tables. Computes nothing; no colour.
//!
//! There are two ways to print a size. Programs read back the strings of the
//! library ([`size`], [`duration`], [`leak_reason`]), so wherever the original
//! could print a number right, the words are the original's to the letter. Reports
//! on snapshots are read by people only, and have one convention everywhere
//! ([`bytes`]): binary units with one decimal, `12.4 MiB`; counts with a comma at
//! every third digit; ids as `@12345`, as commands take them; lines and columns
//! from 1.
//!
//! | file | prints |
//! | --- | --- |
//! | `units` | bytes, counts, ids, places |
//! | `detector_state` | where the trend stands |
//! | `trace` | a trace, a line for each reference |
//! | `markdown` | `analyze` for an issue or a chat |
//! | `table` | rows, as wide as the terminal |
//! | `policy` | the detector's thresholds, for the documentation |
//! | all others | the report of that name: `render(&report, &options)` |

pub mod analyze;
pub mod classes;
pub mod closures;
pub mod comparison;
pub mod containment;
pub mod core_file;
#[cfg(test)]
mod core_file_tests;
pub mod detector_state;
pub mod diff;
pub mod functions;
pub mod growth;
pub mod inspect;
pub mod instances;
pub mod leak_growth;
#[cfg(test)]
mod leaks_tests;
pub mod markdown;
pub mod paths;
pub mod policy;
pub mod realms;
pub mod redact;
pub mod refs;
pub mod scopes;
pub mod shapes;
pub mod strings;
pub mod summary;
mod table;
pub mod timeline;
mod trace;
mod units;

pub use memwatch_snapshot::query::is_unprintable;
pub use units::{bytes, count, id, readings, signed_bytes, signed_count};

use memwatch_detector::gc::Leak;

/// How to write a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal. Lines are wider only where the numbers alone are.
    pub width: usize,
}

impl Default for TextOptions {
    /// As wide as a terminal is by default.
    fn default() -> Self {
        Self { width: 80 }
    }
}

const KIBIBYTE: u64 = 1 << 10;
const MEBIBYTE: u64 = 1 << 20;
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;

/// A number of bytes: `1024 bytes`, `1.5 kb`, `-54 kb`, `4096 mb`.
///
/// A unit begins just above one of its own (1024 is still bytes), there are at
/// most two decimals, rounded half away from zero and without trailing zeros,
/// and no unit above the megabyte. Below 2^31 that is the original's text; above
/// it, where the original printed a wrong number, the digits go on.
#[must_use]
pub fn size(bytes: i64) -> String {
    let magnitude = bytes.unsigned_abs();
    let (unit_bytes, unit) = if magnitude > MEBIBYTE {
        (MEBIBYTE, "mb")
    } else if magnitude > KIBIBYTE {
        (KIBIBYTE, "kb")
    } else {
        return format!("{bytes} bytes");
    };
    let unit_bytes = u128::from(unit_bytes);
    let hundredths = (u128::from(magnitude) * 100 + unit_bytes / 2) / unit_bytes;
    let sign = if bytes < 0 { "-" } else { "" };
    let whole = hundredths / 100;
    match hundredths % 100 {
        0 => format!("{sign}{whole} {unit}"),
        cents if cents % 10 == 0 => format!("{sign}{whole}.{} {unit}", cents / 10),
        cents => format!("{sign}{whole}.{cents:02} {unit}"),
    }
}

/// A number of seconds: `59s`, `2m 0s`, `25h 1m 1s`.
///
/// The original's words: a unit begins just above one of its own (60 is `60s`,
/// 3600 is `60m 0s`, 3660 is `1h 60s`), and hours are not made into days.
#[must_use]
pub fn duration(seconds: i64) -> String {
    let mut text = String::new();
    let mut rest = seconds;
    for (unit_s, unit) in [(HOUR_S, 'h'), (MINUTE_S, 'm')] {
        if rest > unit_s {
            text += &format!("{}{unit} ", rest / unit_s);
            rest %= unit_s;
        }
    }
    text + &format!("{rest}s")
}

/// Why a leak was reported:
/// `heap growth over 5 consecutive GCs (20s) - 11.67 mb/hr`.
///
/// The duration is cut to whole seconds as it always was (`0s` below one), so
/// that what reads this text still can; the rate is worked out from the real
/// interval, and [`Leak`] has both of its ends.
#[must_use]
pub fn leak_reason(leak: &Leak) -> String {
    format!(
        "heap growth over {} consecutive GCs ({}) - {}/hr",
        leak.consecutive,
        duration(leak.elapsed_us / 1_000_000),
        size(leak.bytes_per_hour()),
    )
}
