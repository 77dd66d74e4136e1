//! The string table of a snapshot: JSON text kept as bytes, decoded when asked.
//! Never decodes on its own, never interns.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashMap;

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
    pub(crate) fn new(first: u64, end: u64) -> Self {
        if end - first <= u64::from(u32::MAX) {
            Self::Near(first, Vec::new())
        } else {
            Self::Far(Vec::new())
        }
    }

    /// As [`Self::push`], for a table that nobody knows the end of; it begins at 0.
    #[inline]
    pub(crate) fn grow(&mut self, start: u64) {
        if let Self::Near(_, near) = self
            && start > u64::from(u32::MAX)
        {
            *self = Self::Far(near.iter().map(|&start| u64::from(start)).collect());
        }
        self.push(start);
    }

    /// Must lie in the range given to [`Self::new`].
    #[inline]
    pub(crate) fn push(&mut self, start: u64) {
        match self {
            Self::Near(first, starts) => starts.push((start - *first) as u32),
            Self::Far(starts) => starts.push(start),
        }
    }

    pub(crate) fn len(&self) -> usize {
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

impl Default for Starts {
    fn default() -> Self {
        Self::Near(0, Vec::new())
    }
}

/// Strings as they stand in the file, between quotes and with their escapes.
#[derive(Clone)]
pub struct StringTable {
    bytes: SnapshotBytes,
    /// Offset of the first byte after the opening quote, for each string.
    starts: Starts,
    /// After the texts, so many numbers from 0 in digits. Nobody keeps them: V8's own arrays call each of their references
    /// by its place, and a table of a million of these would be larger than all other names.
    numbers: u32,
}

impl fmt::Debug for StringTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StringTable({} strings)", self.starts.len())
    }
}

impl StringTable {
    pub(crate) fn new(bytes: SnapshotBytes, starts: Starts) -> Self {
        Self::with_numbers(bytes, starts, 0)
    }

    /// With so many numbers after the texts.
    pub(crate) fn with_numbers(bytes: SnapshotBytes, starts: Starts, numbers: u32) -> Self {
        Self {
            bytes,
            starts,
            numbers,
        }
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.starts.len() + self.numbers as usize
    }

    /// How many of them are more than a number in digits, which come after these.
    pub(crate) fn text_count(&self) -> usize {
        self.starts.len()
    }

    /// The number that a string behind the texts is.
    #[inline]
    pub(crate) fn number(&self, index: StringIndex) -> Option<u32> {
        let number = index.index().checked_sub(self.starts.len())?;
        let number = u32::try_from(number).ok()?;
        (number < self.numbers).then_some(number)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The string as it stands in the file, escapes and all. Empty when there
    /// is no such string.
    pub fn raw(&self, index: StringIndex) -> Cow<'_, [u8]> {
        match self.number(index) {
            Some(number) => Cow::Owned(number.to_string().into_bytes()),
            None => Cow::Borrowed(self.raw_text(index)),
        }
    }

    fn raw_text(&self, index: StringIndex) -> &[u8] {
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

    /// The table from the first byte of the text on: for looking at its
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
        match self.number(index) {
            Some(number) => Cow::Owned(number.to_string()),
            None => unescape(self.raw_text(index)),
        }
    }

    /// Whether the string is exactly `text`, which must need no escapes.
    pub fn is(&self, index: StringIndex, text: &str) -> bool {
        *self.raw(index) == *text.as_bytes()
    }

    /// How many strings are not UTF-8. Those of V8 always are; what is not becomes U+FFFD.
    pub fn invalid_count(&self) -> u64 {
        let all = self.head(StringIndex(0));
        let last = self.text_count().saturating_sub(1) as u32;
        let end =
            all.len() - self.head(StringIndex(last)).len() + self.raw_text(StringIndex(last)).len();
        // One look at all of them, which is what nearly every file takes.
        if std::str::from_utf8(&all[..end]).is_ok() {
            return 0;
        }
        let strings = (0..self.text_count()).map(|index| self.raw_text(StringIndex(index as u32)));
        strings
            .filter(|raw| std::str::from_utf8(raw).is_err())
            .count() as u64
    }

    /// The first string that is exactly `text`, which must need no escapes.
    /// Looks at every string.
    pub fn find(&self, text: &str) -> Option<StringIndex> {
        let first = text.as_bytes().first().copied().unwrap_or(b'"');
        // A number stands for itself alone, and a text has its first byte.
        let texts = (0..self.text_count() as u32).map(StringIndex);
        let mut texts = texts.filter(|&index| self.head(index).first() == Some(&first));
        let number = || {
            let number: u32 = text.parse().ok()?;
            let index = StringIndex(self.text_count() as u32)
                .0
                .checked_add(number)?;
            self.is(StringIndex(index), text)
                .then_some(StringIndex(index))
        };
        texts.find(|&index| self.is(index, text)).or_else(number)
    }
}

/// The same test of a string, which is made once of each, however many objects have it for a name.
pub(crate) fn remembered(test: impl Fn(StringIndex) -> bool) -> impl FnMut(StringIndex) -> bool {
    let mut known: FxHashMap<StringIndex, bool> = FxHashMap::default();
    move |index| *known.entry(index).or_insert_with(|| test(index))
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
