//! Finding one's way in a file without reading all of it: keys, and the arrays
//! behind them. Reads no numbers and no strings but the header's.

use memchr::memmem;

use super::super::super::header::Header;
use super::super::sections::check_counts;
use super::super::syntax::{AnyValue, MAX_KEY_BYTES, Part, is_space};

/// What of a header V8 never exceeds; further than this it is not looked for.
const MAX_HEADER_BYTES: usize = 1 << 20;

pub(super) fn skip_space(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    Some(at + rest.iter().position(|&byte| !is_space(byte))?)
}

pub(super) fn expect(bytes: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    let at = skip_space(bytes, at)?;
    bytes
        .get(at..)?
        .starts_with(text)
        .then_some(at + text.len())
}

/// The header, and the place after it.
pub(super) fn read_header(bytes: &[u8]) -> Option<(Header, usize)> {
    let at = expect(bytes, 0, b"{")?;
    let at = expect(bytes, at, b"\"snapshot\"")?;
    let at = expect(bytes, at, b":")?;
    let head = bytes.get(at..)?;
    let head = &head[..head.len().min(MAX_HEADER_BYTES)];
    let (used, ended) = AnyValue::default().push(head, 0).ok()?;
    let header = Header::parse(&head[..used], 0).ok()?;
    check_counts(&header, 0).ok()?;
    ended.then_some((header, at + used))
}

/// The place after the bracket that opens the array of this name, which is the
/// next thing.
pub(super) fn array_of(bytes: &[u8], at: usize, name: &[u8]) -> Option<usize> {
    let at = expect(bytes, at, b",")?;
    let at = expect(bytes, at, b"\"")?;
    // No blanks here: they would be part of the name.
    let rest = bytes.get(at..)?.strip_prefix(name)?.strip_prefix(b"\"")?;
    let at = expect(bytes, bytes.len() - rest.len(), b":")?;
    expect(bytes, at, b"[")
}

/// Says yes when only sections nobody reads stand between the end of one array
/// and the key of the next, at `target`.
pub(super) fn leads_to(bytes: &[u8], mut at: usize, target: usize) -> Option<()> {
    loop {
        let comma = expect(bytes, at, b",")?;
        let key = skip_space(bytes, comma)?;
        if key == target {
            return Some(());
        }
        let name = expect(bytes, key, b"\"")?;
        let end = name + memchr::memchr(b'"', bytes.get(name..target)?)?;
        let known = [
            &b"snapshot"[..],
            b"nodes",
            b"edges",
            b"locations",
            b"strings",
        ];
        if end - name > MAX_KEY_BYTES || known.contains(&&bytes[name..end]) {
            return None;
        }
        let value = expect(bytes, end + 1, b":")?;
        let (used, ended) = AnyValue::default()
            .push(bytes.get(value..target)?, 0)
            .ok()?;
        if !ended {
            return None;
        }
        at = value + used;
    }
}

/// Where `text` stands last between two places.
pub(super) fn find_last(bytes: &[u8], from: usize, to: usize, text: &[u8]) -> Option<usize> {
    // Forward searches are much faster than backward ones, so a window at a
    // time is searched forward, the last one first.
    const STEP: usize = 1 << 20;
    let finder = memmem::Finder::new(text);
    let mut end = to;
    while end > from {
        let start = end.saturating_sub(STEP).max(from);
        let window = bytes.get(start..(end + text.len() - 1).min(to))?;
        if let Some(at) = finder.find_iter(window).last() {
            return Some(start + at);
        }
        end = start;
    }
    None
}

/// How many records are announced, if the bytes have room for them: nothing is
/// reserved on the word of a header.
pub(super) fn plausible_count(bytes: &[u8], announced: u64, fields: usize) -> Option<usize> {
    let count = usize::try_from(announced).ok()?;
    // A digit and a comma at the least.
    (count.checked_mul(2 * fields)? <= bytes.len()).then_some(count)
}

/// The place of the bracket that closes the array of numbers that starts at
/// `at`, and has so many.
pub(super) fn closing_bracket(bytes: &[u8], at: usize, numbers: usize) -> Option<usize> {
    // Not nearer than this many digits and commas.
    let from = at + (2 * numbers).saturating_sub(1);
    Some(from + memchr::memchr(b']', bytes.get(from..)?)?)
}

/// The place of the bracket that closes the edges: before the key that V8 writes
/// next, or else the first there is.
pub(super) fn edges_end(bytes: &[u8], edges_at: usize, before: usize) -> Option<usize> {
    /// The sections between are empty unless allocations were recorded.
    const NEAR: usize = 1 << 16;
    let from = before.saturating_sub(NEAR).max(edges_at);
    let next = find_last(bytes, from, before, b"\"trace_function_infos\":");
    let bracket = next.and_then(|key| {
        let gap = bytes.get(from..key)?;
        let end = gap
            .iter()
            .rposition(|&byte| !is_space(byte) && byte != b',')?;
        (gap[end] == b']').then_some(from + end)
    });
    bracket.or_else(|| closing_bracket(bytes, edges_at, 0))
}
