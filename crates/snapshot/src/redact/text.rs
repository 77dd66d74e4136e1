//! What is written for one string of the table. Texts are as they stand in the file, with
//! their escapes, and without the quotes.

use std::borrow::Cow;
use std::io::Write;

use memchr::memmem;

use super::Redaction;
use super::names::Use;

/// What V8 writes for values that it does not show. They say nothing.
const LABELS: [&str; 9] = [
    "",
    "(concatenated string)",
    "(sliced string)",
    "heap number",
    "smi number",
    "bigint",
    "symbol",
    "private symbol",
    "<dummy>",
];

/// Longer texts are none of the labels.
pub(super) const LONGEST_LABEL: usize = 32;

/// How long names are that people choose.
const LONGEST_CHOSEN: usize = 40;

/// How many digits such names have: `utf8`, `sha256`, `x2`, `year2026`.
const MOST_DIGITS: usize = 4;

/// What is kept of a text; nothing where it is to be replaced.
pub(super) fn kept(text: &[u8], used_as: Use, redaction: Redaction) -> Option<Cow<'_, [u8]>> {
    if LABELS.iter().any(|label| label.as_bytes() == text) {
        return Some(Cow::Borrowed(text));
    }
    match used_as {
        Use::Value => None,
        Use::Property if redaction == Redaction::Strict && !is_chosen(text) => None,
        Use::Property | Use::Name if is_weak_entry(text) => {
            without_names(text).map(|text| Cow::Owned(text.into_bytes()))
        }
        // Modules are kept by their addresses in objects, too.
        Use::Property | Use::Name => Some(name(text)),
    }
}

/// Writes what stands for a text that is not kept. Its place in the table makes it differ
/// from all others, as the text did.
pub(super) fn replace(out: &mut Vec<u8>, used_as: Use, units: Units, index: usize) {
    let what = match used_as {
        Use::Value => "string",
        Use::Property | Use::Name => "name",
    };
    let count = units.units;
    let noun = if count == 1 {
        "character"
    } else {
        "characters"
    };
    // Writing to a vector does not fail.
    let _ = write!(out, "({what}, {count} {noun}) #{index}");
}

/// Whether a property looks as if a programmer had named it.
fn is_chosen(name: &[u8]) -> bool {
    let inner = name
        .strip_prefix(b"<symbol ")
        .and_then(|name| name.strip_suffix(b">"))
        .or_else(|| name.strip_prefix(b"get "))
        .or_else(|| name.strip_prefix(b"set "))
        .unwrap_or(name);
    if inner.is_empty() || name == b"<symbol>" {
        return true;
    }
    let digits = inner.iter().filter(|byte| byte.is_ascii_digit()).count();
    let may_hold = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$.#".contains(byte);
    inner.len() <= LONGEST_CHOSEN
        && digits <= MOST_DIGITS
        && !inner[0].is_ascii_digit()
        && inner.iter().all(may_hold)
}

/// `17 / part of key (`: how V8 names the edges of a WeakMap's entries. The names of both
/// ends are in it, and either may be a string.
fn is_weak_entry(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && text[digits..].starts_with(b" / part of key (")
}

/// Such a name with its numbers only, by which the analysis goes.
fn without_names(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (entry, rest) = text.split_once(" / part of key (")?;
    let (rest, table) = rest.rsplit_once(") pair in WeakMap (table @")?;
    let table = table.strip_suffix(')')?;
    let (rest, value) = rest.rsplit_once(" @")?;
    let id_before = |at: usize| {
        let (_, id) = rest[..at].rsplit_once(" @")?;
        is_number(id).then_some(id)
    };
    let key = memmem::find_iter(rest.as_bytes(), ") -> value (").find_map(id_before)?;
    // An entry on more than one line is none to Chrome DevTools, and must not become one.
    let line = if breaks_line(text.as_bytes()) {
        "\\n"
    } else {
        ""
    };
    (is_number(value) && is_number(table)).then(|| {
        format!("{entry} / part of key (key @{key}) -> value (value{line} @{value}) pair in WeakMap (table @{table})")
    })
}

/// Whether an escape in the text stands for the end of a line.
fn breaks_line(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        rest = &rest[at + 1..];
        let ends = [
            &b"n"[..],
            b"r",
            b"u000a",
            b"u000A",
            b"u000d",
            b"u000D",
            b"u2028",
            b"u2029",
        ];
        if ends.iter().any(|end| rest.starts_with(end)) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name less what names can carry besides: the attributes of an element, the query of an
/// address, the source that is its own address.
fn name(text: &[u8]) -> Cow<'_, [u8]> {
    let (prefix, rest) = match text.strip_prefix(b"Detached ") {
        Some(rest) => (&text[..text.len() - rest.len()], rest),
        None => (&[][..], text),
    };
    if is_element(rest) {
        let tag = rest.split(|&byte| byte == b' ').next().unwrap_or_default();
        return Cow::Owned([prefix, tag, b">"].concat());
    }
    if let Some(at) = source_at(text) {
        return Cow::Owned([&text[..at], b"..."].concat());
    }
    match memmem::find(text, b"://") {
        Some(at) => address(text, at + 3),
        None => Cow::Borrowed(text),
    }
}

/// Where a source begins that is its own address, `data:text/javascript,…`, be it the whole name
/// or behind something; nothing where there is none.
fn source_at(text: &[u8]) -> Option<usize> {
    const SCHEME: &[u8] = b"data:";
    memmem::find_iter(text, SCHEME).find_map(|at| {
        let source = at + SCHEME.len();
        let is_start = at == 0 || !text[at - 1].is_ascii_alphanumeric();
        let of_type = text[source..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"/;=+.-_\\\"".contains(byte));
        let is_source = text.get(source + of_type.count()) == Some(&b',');
        let is_whole = at == 0 && text.len() > source;
        (is_whole || (is_start && is_source)).then_some(source)
    })
}

/// `<div id="x">`, but not `<symbol iterator>`.
fn is_element(text: &[u8]) -> bool {
    text.starts_with(b"<")
        && text.ends_with(b">")
        && text.contains(&b' ')
        && !text.starts_with(b"<symbol")
}

/// An address without its user, its query and its fragment; what follows `://` is at `host`.
fn address(text: &[u8], host: usize) -> Cow<'_, [u8]> {
    let (before, rest) = text.split_at(host);
    let end = rest.iter().position(|byte| b"?#".contains(byte));
    let (rest, tail) = match end {
        Some(at) => (&rest[..at], &b"?..."[..]),
        None => (rest, &b""[..]),
    };
    let authority = rest
        .iter()
        .position(|&byte| byte == b'/')
        .unwrap_or(rest.len());
    let user = rest[..authority].iter().rposition(|&byte| byte == b'@');
    if user.is_none() && tail.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned([before, &rest[user.map_or(0, |at| at + 1)..], tail].concat())
}

/// Counts the characters of a text as JavaScript does, in UTF-16 units, from pieces in
/// which escapes may be cut.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Units {
    pub units: u64,
    /// Bytes of an escape that are to come.
    escape: u8,
    /// Behind a backslash.
    is_escaped: bool,
}

impl Units {
    pub(super) fn count(&mut self, piece: &[u8]) {
        for &byte in piece {
            if self.is_escaped {
                self.is_escaped = false;
                // Four digits follow.
                self.escape = if byte == b'u' { 4 } else { 0 };
            } else if self.escape > 0 {
                self.escape -= 1;
            } else {
                self.is_escaped = byte == b'\\';
                // What is not ASCII is so in the files of others than V8 only: UTF-8.
                self.units += match byte {
                    0x80..=0xbf => 0,
                    0xf0.. => 2,
                    _ => 1,
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, used_as: Use, redaction: Redaction) -> Option<String> {
        let kept = kept(text.as_bytes(), used_as, redaction)?;
        Some(String::from_utf8(kept.into_owned()).unwrap())
    }

    #[track_caller]
    fn is_kept(text: &str, used_as: Use, redaction: Redaction) {
        assert_eq!(told(text, used_as, redaction).as_deref(), Some(text));
    }

    #[test]
    fn names_stay_and_values_do_not() {
        for used_as in [Use::Name, Use::Property] {
            is_kept("user@example.com", used_as, Redaction::Strings);
        }
        assert_eq!(
            told("user@example.com", Use::Value, Redaction::Strings),
            None
        );
        is_kept("(sliced string)", Use::Value, Redaction::Strict);
        is_kept("", Use::Value, Redaction::Strict);
    }

    #[test]
    fn a_strict_redaction_keeps_the_properties_that_somebody_has_named() {
        for name in [
            "user",
            "_events",
            "$el",
            "#secret",
            "utf8",
            "year2026",
            "__proto__",
            "get size",
            "<symbol>",
            "<symbol kState>",
            "<symbol nodejs.util.inspect.custom>",
            "<symbol Symbol.iterator>",
        ] {
            is_kept(name, Use::Property, Redaction::Strict);
        }
        for name in [
            "user@example.com",
            "4711",
            "with space",
            "sk_live_51H8xyz26",
            "-----BEGIN",
            "<symbol user@example.com>",
            "localhost:8080:",
            &"x".repeat(41),
        ] {
            assert_eq!(told(name, Use::Property, Redaction::Strict), None, "{name}");
            // What is the name of something else is not asked whether it looks like one.
            is_kept(name, Use::Name, Redaction::Strict);
        }
    }

    #[test]
    fn names_lose_what_they_carry_besides() {
        for (name, expected) in [
            ("<div id=\\\"x\\\" class=\\\"y\\\">", "<div>"),
            ("Detached <a href=\\\"https://x/?t=1\\\">", "Detached <a>"),
            ("data:text/javascript,export default 'x'", "data:..."),
            ("module data:text/javascript;base64,eHh4", "module data:..."),
            ("data:", "data:"),
            ("metadata:text,x", "metadata:text,x"),
            ("my data: a, b", "my data: a, b"),
            (
                "https://user:word@host/app.js?token=1#x",
                "https://host/app.js?...",
            ),
            ("file:///srv/app.mjs?v=3", "file:///srv/app.mjs?..."),
            ("Window / https://host/#x", "Window / https://host/?..."),
            ("https://host/a@b", "https://host/a@b"),
            ("<symbol a b>", "<symbol a b>"),
            ("<div>", "<div>"),
            ("/srv/app.js", "/srv/app.js"),
        ] {
            let kept = told(name, Use::Name, Redaction::Strings);
            assert_eq!(kept.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_property_that_is_the_address_of_a_module_loses_what_addresses_carry() {
        for (name, expected) in [
            ("data:text/javascript,const key = 1::", "data:..."),
            ("https://user:word@host/a.mjs?k=1", "https://host/a.mjs?..."),
            ("user", "user"),
        ] {
            let kept = told(name, Use::Property, Redaction::Strings);
            assert_eq!(kept.as_deref(), Some(expected));
        }
    }

    #[test]
    fn entries_of_weak_maps_keep_their_ids_only() {
        for (name, expected) in [
            (
                "17 / part of key (K @1) -> value (secret @3) pair in WeakMap (table @5)",
                "17 / part of key (key @1) -> value (value @3) pair in WeakMap (table @5)",
            ),
            (
                "0 / part of key (a) -> value (b @1) -> value () @9) -> value ( @3) pair in WeakMap (table @5)",
                "0 / part of key (key @1) -> value (value @3) pair in WeakMap (table @5)",
            ),
            (
                "1 / part of key (K @1) -> value (on\\ntwo @3) pair in WeakMap (table @5)",
                "1 / part of key (key @1) -> value (value\\n @3) pair in WeakMap (table @5)",
            ),
            (
                "1 / part of key (K @1) -> value (no\\\\n @3) pair in WeakMap (table @5)",
                "1 / part of key (key @1) -> value (value @3) pair in WeakMap (table @5)",
            ),
        ] {
            assert_eq!(
                told(name, Use::Name, Redaction::Strings).as_deref(),
                Some(expected)
            );
        }
        for damaged in [
            "1 / part of key (K @1) -> value (secret",
            "1 / part of key (secret) -> value (secret) pair in WeakMap (table @)",
            "1 / part of key (K @x) -> value (secret @3) pair in WeakMap (table @5)",
        ] {
            assert_eq!(
                told(damaged, Use::Name, Redaction::Strings),
                None,
                "{damaged}"
            );
        }
    }

    #[test]
    fn characters_are_counted_as_javascript_counts_them() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            (r#"a\n\"\\b"#, 5),
            (r"\u00e9\ud83d\ude00\ud800", 4),
            ("\u{e9}\u{1F600}", 3),
        ] {
            let mut units = Units::default();
            for byte in text.bytes() {
                units.count(&[byte]);
            }
            assert_eq!(units.units, expected, "{text}");
        }
    }
}
