//! Generated file names: a pattern with specifiers for the time, the process and the
//! like. It creates names and recognises its own. Opens nothing.

use std::fmt::Write;
use std::path::PathBuf;

use crate::calendar::date_time;
use crate::error::{FileError, FileErrorKind};
use crate::place::Occasion;

/// Names like those of the `heapdump` package, by which its users' scripts find them; but
/// by the clock on the wall, and with zeros in front, so that they can be sorted.
pub const HEAPDUMP_TEMPLATE: &str = "heapdump-{seconds}.{micros}.heapsnapshot";

/// Names of automatic snapshots: when, which process, and why.
pub const TRIGGER_TEMPLATE: &str = "heap-{date}-{time}-{pid}-{thread}-{seq}-{trigger}.heapsnapshot";

/// How a snapshot's name ends: Chrome DevTools opens no other.
const EXTENSION: &str = ".heapsnapshot";

/// What the usual file systems allow for a name, less what compression appends.
const MAX_NAME_BYTES: usize = 255 - 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Pid,
    Thread,
    Sequence,
    Seconds,
    Micros,
    Date,
    Time,
    Trigger,
}

impl Field {
    const NAMES: [(&'static str, Self); 8] = [
        ("pid", Self::Pid),
        ("thread", Self::Thread),
        ("seq", Self::Sequence),
        ("seconds", Self::Seconds),
        ("micros", Self::Micros),
        ("date", Self::Date),
        ("time", Self::Time),
        ("trigger", Self::Trigger),
    ];

    fn can_hold(self, byte: u8) -> bool {
        match self {
            Self::Trigger => byte.is_ascii_lowercase() || byte == b'-',
            _ => byte.is_ascii_digit(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// A pattern for names, such as [`TRIGGER_TEMPLATE`].
///
/// | field | what |
/// | --- | --- |
/// | `{date}`, `{time}` | in UTC: `20261124`, `081500` |
/// | `{seconds}`, `{micros}` | since 1970, and the six digits behind the point |
/// | `{pid}`, `{thread}` | process; thread of Node.js, 0 is the main one |
/// | `{seq}` | which snapshot of this process it is |
/// | `{trigger}` | `signal`, `leak`, `near-heap-limit`, `call`, `dashboard` |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// When it names a field that there is not, is a path, or does not end in
    /// `.heapsnapshot`.
    pub fn parse(pattern: &str) -> Result<Self, FileError> {
        let wrong = |why: String| FileError::new(FileErrorKind::Name(why), PathBuf::from(pattern));
        if pattern.contains(['/', '\\', '\0']) {
            return Err(wrong("a template is a file name, not a path".to_owned()));
        }
        if !pattern.ends_with(EXTENSION) {
            return Err(wrong(format!("a template must end in {EXTENSION}")));
        }
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '}']) {
            let (text, after) = rest.split_at(at);
            let field = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'));
            let Some((name, after)) = field else {
                return Err(wrong("its braces do not match".to_owned()));
            };
            let known = Field::NAMES.iter().find(|(known, _)| *known == name);
            let Some((_, field)) = known else {
                let names = Field::NAMES.map(|(name, _)| name).join(", ");
                return Err(wrong(format!(
                    "unknown field '{name}'; the fields are {names}"
                )));
            };
            if !text.is_empty() {
                parts.push(Part::Text(text.to_owned()));
            }
            parts.push(Part::Field(*field));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The name for an occasion.
    pub fn name(&self, occasion: &Occasion<'_>) -> Result<String, FileError> {
        let mut name = String::new();
        let seconds = occasion.unix_micros / 1_000_000;
        let date = date_time(seconds);
        for part in &self.parts {
            // Writing to a string does not fail.
            let _ = match part {
                Part::Text(text) => write!(name, "{text}"),
                Part::Field(Field::Pid) => write!(name, "{}", occasion.pid),
                Part::Field(Field::Thread) => write!(name, "{}", occasion.thread),
                Part::Field(Field::Sequence) => write!(name, "{}", occasion.sequence),
                Part::Field(Field::Seconds) => write!(name, "{seconds}"),
                Part::Field(Field::Micros) => {
                    write!(name, "{:06}", occasion.unix_micros % 1_000_000)
                }
                Part::Field(Field::Date) => {
                    write!(name, "{:04}{:02}{:02}", date.year, date.month, date.day)
                }
                Part::Field(Field::Time) => {
                    write!(name, "{:02}{:02}{:02}", date.hour, date.minute, date.second)
                }
                Part::Field(Field::Trigger) => write!(name, "{}", occasion.reason),
            };
        }
        if name.len() > MAX_NAME_BYTES {
            let why = format!("it has more than {MAX_NAME_BYTES} bytes");
            return Err(FileError::new(FileErrorKind::Name(why), name));
        }
        Ok(name)
    }

    /// Whether a name could be one of this pattern's, compressed or not.
    pub fn matches(&self, name: &str) -> bool {
        let name = name
            .strip_suffix(".gz")
            .or_else(|| name.strip_suffix(".zst"))
            .unwrap_or(name)
            .as_bytes();
        // Where in the name the parts so far may end: a field may be of any length.
        let mut ends = vec![0];
        for part in &self.parts {
            ends = match part {
                Part::Text(text) => {
                    let text = text.as_bytes();
                    ends.retain(|&at| name[at..].starts_with(text));
                    ends.iter().map(|at| at + text.len()).collect()
                }
                Part::Field(field) => field_ends(*field, name, &ends),
            };
        }
        ends.contains(&name.len())
    }
}

/// Where a field that starts at one of `starts` may end, in rising order.
fn field_ends(field: Field, name: &[u8], starts: &[usize]) -> Vec<usize> {
    let mut starts = starts.iter().copied().peekable();
    let mut ends = Vec::new();
    let mut inside = false;
    for (at, &byte) in name.iter().enumerate() {
        inside |= starts.next_if_eq(&at).is_some();
        inside &= field.can_hold(byte);
        if inside {
            ends.push(at + 1);
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCCASION: Occasion<'static> = Occasion {
        // 2026-11-24, 08:15:00.000042 UTC
        unix_micros: 1_795_508_100_000_042,
        pid: 4711,
        thread: 2,
        sequence: 3,
        reason: "near-heap-limit",
    };

    fn template(pattern: &str) -> Template {
        Template::parse(pattern).expect(pattern)
    }

    #[test]
    fn names_tell_when_who_and_why() {
        assert_eq!(
            template(TRIGGER_TEMPLATE).name(&OCCASION).unwrap(),
            "heap-20261124-081500-4711-2-3-near-heap-limit.heapsnapshot"
        );
        assert_eq!(
            template(HEAPDUMP_TEMPLATE).name(&OCCASION).unwrap(),
            "heapdump-1795508100.000042.heapsnapshot"
        );
    }

    #[test]
    fn a_template_knows_its_own_names_compressed_or_not() {
        for pattern in [
            TRIGGER_TEMPLATE,
            HEAPDUMP_TEMPLATE,
            "{pid}{seq}-{trigger}-x.heapsnapshot",
            "fixed.heapsnapshot",
        ] {
            let template = template(pattern);
            let name = template.name(&OCCASION).unwrap();
            for ending in ["", ".gz", ".zst"] {
                assert!(
                    template.matches(&format!("{name}{ending}")),
                    "{name}{ending}"
                );
            }
        }
    }

    #[test]
    fn a_template_does_not_know_other_names() {
        let heapdump = template(HEAPDUMP_TEMPLATE);
        for name in [
            "",
            "app.heapsnapshot",
            "heapdump-.1.heapsnapshot",
            "heapdump-1.2.heapsnapshot.partial",
            "heapdump-1.x.heapsnapshot",
            "my-heapdump-1.2.heapsnapshot",
            "heapdump-1.2.heapsnapshot.gz.gz",
        ] {
            assert!(!heapdump.matches(name), "{name}");
        }
        assert!(!template("{pid}.heapsnapshot").matches(".heapsnapshot"));
        assert!(!template("{pid}{seq}.heapsnapshot").matches("1.heapsnapshot"));
    }

    #[test]
    fn a_template_that_cannot_be_one_is_refused() {
        for (pattern, why) in [
            ("../{pid}.heapsnapshot", "not a path"),
            ("{pid}", "must end in .heapsnapshot"),
            ("{host}.heapsnapshot", "unknown field 'host'"),
            ("{pid.heapsnapshot", "braces"),
            ("pid}.heapsnapshot", "braces"),
        ] {
            let error = Template::parse(pattern).unwrap_err();
            assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_FILE_NAME");
            assert!(error.to_string().contains(why), "{error}");
        }
        let long = template(&format!("{}.heapsnapshot", "x".repeat(300)));
        assert!(long.name(&OCCASION).is_err());
    }
}
