//! The string table of a snapshot: JSON text kept as bytes, decoded when asked.
//! Never decodes on its own, never interns.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use super::types::StringIndex;

/// Bytes that a snapshot keeps alive: a mapped file, or a plain vector.
pub type SnapshotBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// Where strings start. Half as large as 64-bit offsets for as long as the table
/// is below 4 GB, which it always is in practice.
#[derive(Clone, Debug)]
pub(crate) enum Starts {
    /// Relative to the first number.
    Near(u64, Vec<u32>),
    Far(Vec<u64>),
}

impl Starts {
    /// For a table between two places.
    pub fn new(first: u64, end: u64) -> Self {
        if end - first <= u64::from(u32::MAX) {
            Self::Near(first, Vec::new())
        } else {
            Self::Far(Vec::new())
        }
    }

    /// Must lie in the range given to [`Self::new`].
    #[inline]
    pub fn push(&mut self, start: u64) {
        match self {
            Self::Near(first, starts) => starts.push((start - *first) as u32),
            Self::Far(starts) => starts.push(start),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::Near(_, starts) => starts.len(),
            Self::Far(starts) => starts.len(),
        }
    }

    #[inline]
    fn get(&self, index: usize) -> Option<u64> {
        match self {
            Self::Near(first, starts) => starts.get(index).map(|&at| first + u64::from(at)),
            Self::Far(starts) => starts.get(index).copied(),
        }
    }
}

impl From<Vec<u64>> for Starts {
    fn from(starts: Vec<u64>) -> Self {
        match starts.last() {
            Some(&last) if last > u64::from(u32::MAX) => Self::Far(starts),
            _ => Self::Near(0, starts.into_iter().map(|start| start as u32).collect()),
        }
    }
}

/// Strings as they stand in the file, between quotes and with their escapes.
#[derive(Clone)]
pub struct StringTable {
    bytes: SnapshotBytes,
    /// Offset of the first byte after the opening quote, for each string.
    starts: Starts,
}

impl fmt::Debug for StringTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StringTable({} strings)", self.starts.len())
    }
}

impl StringTable {
    pub(crate) fn new(bytes: SnapshotBytes, starts: Starts) -> Self {
        Self { bytes, starts }
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.len() == 0
    }

    /// The string as it stands in the file, escapes and all. Empty when there
    /// is no such string.
    pub fn raw(&self, index: StringIndex) -> &[u8] {
        let tail = self.head(index);
        let mut end = 0;
        while let Some(found) = memchr::memchr2(b'"', b'\\', tail.get(end..).unwrap_or_default()) {
            if tail[end + found] == b'"' {
                return &tail[..end + found];
            }
            end += found + 2;
        }
        tail
    }

    /// The table from the first byte of the string on: for looking at its
    /// start without looking for its end.
    pub(crate) fn head(&self, index: StringIndex) -> &[u8] {
        let bytes: &[u8] = (*self.bytes).as_ref();
        self.starts
            .get(index.index())
            .and_then(|start| bytes.get(usize::try_from(start).ok()?..))
            .unwrap_or_default()
    }

    /// The string. Half of a surrogate pair standing alone becomes U+FFFD.
    pub fn get(&self, index: StringIndex) -> Cow<'_, str> {
        unescape(self.raw(index))
    }

    /// Whether the string is exactly `text`, which must need no escapes.
    pub fn is(&self, index: StringIndex, text: &str) -> bool {
        self.raw(index) == text.as_bytes()
    }

    /// How many strings are not UTF-8. Those of V8 always are; what is not becomes U+FFFD.
    pub fn invalid_count(&self) -> u64 {
        let all = self.head(StringIndex(0));
        let last = self.len().saturating_sub(1) as u32;
        let end =
            all.len() - self.head(StringIndex(last)).len() + self.raw(StringIndex(last)).len();
        // One look at all of them, which is what nearly every file takes.
        if std::str::from_utf8(&all[..end]).is_ok() {
            return 0;
        }
        let strings = (0..self.len()).map(|index| self.raw(StringIndex(index as u32)));
        strings
            .filter(|raw| std::str::from_utf8(raw).is_err())
            .count() as u64
    }

    /// The first string that is exactly `text`, which must need no escapes.
    /// Looks at every string.
    pub fn find(&self, text: &str) -> Option<StringIndex> {
        (0..self.starts.len())
            .map(|index| StringIndex(index as u32))
            .find(|&index| self.is(index, text))
    }
}

/// Length as JavaScript counts it: in UTF-16 units.
pub(crate) fn utf16_len(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Order as JavaScript's `<` has it: by UTF-16 units.
pub(crate) fn utf16_cmp(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Undoes JSON's escapes. Escapes JSON does not define stand for themselves.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw).is_none() {
        return String::from_utf8_lossy(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.push_str(&String::from_utf8_lossy(&rest[..at]));
        rest = unescape_one(&rest[at + 1..], &mut out);
    }
    out.push_str(&String::from_utf8_lossy(rest));
    Cow::Owned(out)
}

/// Decodes one escape, `rest` starting after its backslash; gives what follows.
fn unescape_one<'a>(rest: &'a [u8], out: &mut String) -> &'a [u8] {
    let Some((&letter, after)) = rest.split_first() else {
        return rest;
    };
    let decoded = match letter {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unescape_unicode(after, out),
        other => other as char,
    };
    out.push(decoded);
    after
}

fn unescape_unicode<'a>(rest: &'a [u8], out: &mut String) -> &'a [u8] {
    let Some((unit, after)) = hex_unit(rest) else {
        out.push(char::REPLACEMENT_CHARACTER);
        return rest;
    };
    if (0xD800..0xDC00).contains(&unit)
        && let Some(second) = after.strip_prefix(b"\\u")
        && let Some((low, after_pair)) = hex_unit(second)
        && (0xDC00..0xE000).contains(&low)
    {
        let scalar = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        out.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
        return after_pair;
    }
    out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

fn hex_unit(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, after) = rest.split_at_checked(4)?;
    let unit = digits.iter().try_fold(0, |unit, &digit| {
        Some(unit * 16 + (digit as char).to_digit(16)?)
    })?;
    Some((unit, after))
}
