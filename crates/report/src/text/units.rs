//! Numbers as reports print them. One convention each, everywhere.

use memwatch_snapshot::query::is_unprintable;

use crate::{OriginalPosition, Precision, ReadingInfo, SnapshotInfo, SourcePosition};

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const STEP: u64 = 1024;

/// A number of bytes: `0 B`, `1023 B`, `1.0 KiB`, `12.4 MiB`. One decimal, half
/// away from zero; a unit begins where the one below would print 1024.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    if bytes < STEP {
        return format!("{bytes} B");
    }
    let mut unit_bytes = u128::from(STEP);
    let mut unit = 0;
    let tenths = |unit_bytes: u128| (u128::from(bytes) * 10 + unit_bytes / 2) / unit_bytes;
    while tenths(unit_bytes) >= u128::from(STEP) * 10 && unit + 1 < UNITS.len() {
        unit_bytes *= u128::from(STEP);
        unit += 1;
    }
    let tenths = tenths(unit_bytes);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A difference in bytes: `+12.4 MiB`, `-3 B`, `0 B`.
#[must_use]
pub fn signed_bytes(difference: i64) -> String {
    sign(difference).to_owned() + &bytes(difference.unsigned_abs())
}

/// A count: `0`, `999`, `1,000`, `13,800,000`.
#[must_use]
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A difference of counts: `+1,000`, `-1`, `0`.
#[must_use]
pub fn signed_count(difference: i64) -> String {
    sign(difference).to_owned() + &count(difference.unsigned_abs())
}

fn sign(difference: i64) -> &'static str {
    match difference {
        0 => "",
        ..0 => "-",
        _ => "+",
    }
}

/// An id as commands take it: `@12345`.
#[must_use]
pub fn id(id: u64) -> String {
    format!("@{id}")
}

/// A number there may not be.
pub(super) fn maybe<T>(number: Option<T>, say: impl Fn(T) -> String) -> String {
    number.map_or_else(|| "-".to_owned(), say)
}

/// `file.ts:6:3`, in the source where that is known, else in the script; the number of the script where it has no name.
pub(super) fn place(position: &SourcePosition) -> String {
    match &position.original {
        Some(OriginalPosition {
            source,
            line,
            column,
            ..
        }) => format!("{source}:{line}:{column}"),
        None => place_in_script(position),
    }
}

/// A class or function with its name in the source before that in the script: `track (a)`.
pub(super) fn named(name: &str, position: Option<&SourcePosition>) -> String {
    let original = position.and_then(|position| position.original.as_ref());
    match original.and_then(|original| original.name.as_deref()) {
        Some(original) => format!("{original} ({name})"),
        None => name.to_owned(),
    }
}

/// `file.js:10:5`.
pub(super) fn place_in_script(position: &SourcePosition) -> String {
    let SourcePosition { line, column, .. } = position;
    match &position.script {
        Some(script) => format!(
            "{}:{line}:{column}",
            script.strip_prefix("file://").unwrap_or(script)
        ),
        None => format!("(script {}):{line}:{column}", position.script_id),
    }
}

/// The lines above every report: which file, how large, what the numbers are
/// worth.
pub(super) fn heading(info: &SnapshotInfo) -> String {
    reading(info) + &title(info)
}

/// The same without who read it.
pub(super) fn title(info: &SnapshotInfo) -> String {
    let mut text = format!(
        "{}: {}, {}",
        printable(&info.file),
        count_of(info.nodes, "node"),
        bytes(info.shallow_bytes),
    );
    if info.extra_native_bytes > 0 {
        text += &format!(" + {} native", bytes(info.extra_native_bytes));
    }
    text += match info.precision {
        Precision::Exact => ", exact\n",
        Precision::Fast => ", fast\n",
    };
    text + &damage(info)
}

/// The first lines of an answer from several files: who read those that are cores.
#[must_use]
pub fn readings(infos: &[SnapshotInfo]) -> String {
    infos.iter().map(reading).collect()
}

/// The first lines of an answer: from a core who read it, and which data are invalid; and what is wrong with source
/// maps.
pub(super) fn reading(info: &SnapshotInfo) -> String {
    let notes = info.source_map_notes.iter();
    let notes = notes.map(|note| format!("Note: {}\n", printable(note)));
    let reading = info.reading.as_ref().map(reading_of);
    reading.into_iter().chain(notes).collect()
}

fn reading_of(reading: &ReadingInfo) -> String {
    let flaws: Vec<String> = [
        (reading.invalid_sizes, "object of an impossible size"),
        (reading.moved_objects, "object that a collection was moving"),
        (
            reading.broken_references,
            "reference that leads to no object",
        ),
    ]
    .into_iter()
    .filter(|&(number, _)| number > 0)
    .map(|(number, what)| counted(number, what))
    .chain(
        (reading.missing_bytes > 0)
            .then(|| format!("{} {}", bytes(reading.missing_bytes), missing_of(reading))),
    )
    .collect();
    let objects = match reading.has_garbage {
        true => format!("{}, garbage included", count_of(reading.objects, "object")),
        false => format!(
            "{} of {} alive",
            count(reading.reached),
            count_of(reading.objects, "object")
        ),
    };
    let mut found = if flaws.is_empty() {
        "no invalid data".to_owned()
    } else {
        format!("invalid data: {}", flaws.join(", "))
    };
    if let Some(version) = &reading.untried_version {
        found = format!("{found}; {}", untried(version));
    }
    let from = if reading.is_core { "a core" } else { "memory" };
    format!("Read from {from} by memwatch's own reader, not by V8: {objects}; {found}\n")
}

/// What is printed for bytes that are not there.
fn missing_of(reading: &ReadingInfo) -> &'static str {
    match reading.is_core {
        true => "missing from the file",
        false => "of memory that could not be read",
    }
}

/// A caveat on a version of Node.js.
pub(super) fn untried(version: &str) -> String {
    format!(
        "Node.js {} was never tried with this reader",
        printable(version)
    )
}

/// A number of things that have more than one word to their name.
fn counted(number: u64, what: &str) -> String {
    let (noun, rest) = what.split_once(' ').unwrap_or((what, ""));
    let rest = match number {
        1 => rest.to_owned(),
        _ => rest.replace("leads", "lead"),
    };
    format!("{} {rest}", count_of(number, noun))
}

/// A note on strings that no V8 has written; nothing where there are none.
pub(super) fn damage(info: &SnapshotInfo) -> String {
    let (verb, them) = match info.invalid_strings {
        0 => return String::new(),
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    format!(
        "Note: {} {verb} not valid UTF-8, so the file is damaged or was not written by V8 alone;\n\
         what is damaged in {them} is shown as \u{fffd}.\n",
        count_of(info.invalid_strings, "string")
    )
}

/// A line on what fast numbers are worth; nothing for exact ones.
pub(super) fn caveat(info: &SnapshotInfo) -> &'static str {
    match info.precision {
        Precision::Exact => "",
        Precision::Fast => {
            "Fast: sizes as in the file, plain objects in one class, nothing retained.\n"
        }
    }
}

/// `1 reference`, `2 references`, `0 entries`.
pub(super) fn count_of(number: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if noun.ends_with("ss") => format!("{noun}es"),
        None => format!("{noun}s"),
    };
    let word = if number == 1 { noun } else { &plural };
    format!("{} {word}", count(number))
}

/// The line below a list that was cut: `… and 312 more classes`.
pub(super) fn more(shown: usize, all: u64, noun: &str) -> String {
    match all.saturating_sub(shown as u64) {
        0 => String::new(),
        rest => format!("  … and {}\n", count_of(rest, &format!("more {noun}"))),
    }
}

/// The text without what [`is_unprintable`].
pub(super) fn printable(text: &str) -> String {
    if !text.contains(is_unprintable) {
        return text.to_owned();
    }
    let escape = |letter: char| match is_unprintable(letter) {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_binary_units_and_one_decimal() {
        for (number, said) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1075, "1.0 KiB"),
            (1076, "1.1 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_525, "1.0 MiB"),
            (13_002_342, "12.4 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(number), said);
        }
    }

    #[test]
    fn differences_have_their_sign_but_for_none() {
        assert_eq!(signed_bytes(0), "0 B");
        assert_eq!(signed_bytes(-1024), "-1.0 KiB");
        assert_eq!(signed_bytes(i64::MIN), "-8.0 EiB");
        assert_eq!(signed_count(1000), "+1,000");
        assert_eq!(signed_count(-999), "-999");
    }

    #[test]
    fn counts_have_a_comma_at_every_third_digit() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(13_800_000), "13,800,000");
    }

    #[test]
    fn a_position_is_that_in_the_source_where_it_is_known() {
        let mut position = SourcePosition {
            script: Some("file:///app/dist/server.mjs".to_owned()),
            script_id: 7,
            line: 1,
            column: 2345,
            original: None,
        };
        assert_eq!(place(&position), "/app/dist/server.mjs:1:2345");
        assert_eq!(named("a", Some(&position)), "a");
        let original = |name: Option<&str>| {
            Some(OriginalPosition {
                source: "/app/src/server.ts".to_owned(),
                line: 6,
                column: 10,
                name: name.map(str::to_owned),
            })
        };
        position.original = original(None);
        assert_eq!(place(&position), "/app/src/server.ts:6:10");
        assert_eq!(named("a", Some(&position)), "a");
        position.original = original(Some("track"));
        assert_eq!(named("a", Some(&position)), "track (a)");
        assert_eq!(place_in_script(&position), "/app/dist/server.mjs:1:2345");
        let on_path = crate::text::paths::place(&position);
        assert_eq!(on_path.as_deref(), Some("track at /app/src/server.ts:6:10"));
    }

    #[test]
    fn what_a_terminal_acts_on_is_escaped() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
        assert_eq!(printable("grüße 漢字"), "grüße 漢字");
    }
}
