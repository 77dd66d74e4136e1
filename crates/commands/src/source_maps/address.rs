//! Names of scripts and addresses in maps: which file a script is, what a comment at its end points to, and how a source
//! is shown. Text alone: opens nothing.

use super::mappings::sextet;

/// What a comment at the end of a script begins with; `@` is the older form.
const COMMENTS: [&[u8]; 2] = [b"//# sourceMappingURL=", b"//@ sourceMappingURL="];

/// A script by the name that V8 has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ScriptName {
    /// The path, of a file or on a server.
    pub path: String,
    /// Whether it is a file's.
    pub is_file: bool,
}

impl ScriptName {
    /// A file by its path or address, or a script of a server; nothing for what is built in, evaluated or has no whole
    /// path. Nor for a share of another machine: to read that is to go to a network.
    pub(super) fn of(name: &str) -> Option<Self> {
        if name.contains('\0') {
            return None;
        }
        for scheme in ["http://", "https://"] {
            if let Some(rest) = name.strip_prefix(scheme) {
                let end = rest.find(['?', '#']).unwrap_or(rest.len());
                let path = &rest[..end];
                let path = &path[path.find('/')?..];
                return Some(Self {
                    path: decoded(path.as_bytes())?,
                    is_file: false,
                });
            }
        }
        let path = match name.strip_prefix("file://") {
            Some(address) => {
                let end = address.find(['?', '#']).unwrap_or(address.len());
                of_drive(decoded(&address.as_bytes()[..end])?)
            }
            None => name.to_owned(),
        };
        let is_share = path.starts_with("//") || path.starts_with("\\\\");
        let is_whole = path.starts_with('/') || is_drive(&path);
        (is_whole && !is_share && !path.contains('\0')).then_some(Self {
            path,
            is_file: true,
        })
    }

    /// The names of folders and file, the file's last.
    pub(super) fn parts(&self) -> Vec<&str> {
        parts(&self.path).collect()
    }

    /// What the path has up to the file's name.
    pub(super) fn folder(&self) -> &str {
        let end = self.path.rfind(['/', '\\']).map_or(0, |at| at + 1);
        &self.path[..end]
    }
}

/// The names in a path.
pub(super) fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split(['/', '\\']).filter(|part| !part.is_empty())
}

/// `C:\app` or `C:/app`.
fn is_drive(path: &str) -> bool {
    let start = path.as_bytes();
    start.len() > 2
        && start[0].is_ascii_alphabetic()
        && start[1] == b':'
        && matches!(start[2], b'/' | b'\\')
}

/// Of a file's address: `/C:/app` is `C:/app`.
fn of_drive(path: String) -> String {
    match path.strip_prefix('/') {
        Some(rest) if is_drive(rest) => rest.to_owned(),
        _ => path,
    }
}

/// What the last comment in the end of a script points to, and whether the comment is there from its first letter on.
pub(super) fn comment(end: &[u8]) -> Option<&[u8]> {
    let lines = end.rsplit(|&byte| byte == b'\n' || byte == b'\r');
    lines
        .filter_map(|line| {
            let line = line.trim_ascii();
            let start = COMMENTS.iter().find_map(|one| line.strip_prefix(*one));
            // Bundlers that leave no line feed: the comment may stand behind code.
            start.or_else(|| {
                let at = COMMENTS.iter().filter_map(|one| find(line, one)).max()?;
                Some(&line[at + COMMENTS[0].len()..])
            })
        })
        .map(|address| {
            address
                .split(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\''))
                .next()
                .unwrap_or_default()
        })
        .find(|address| !address.is_empty())
}

/// Whether a text may be the end of a map that is inside of its comment.
pub(super) fn may_be_inline(end: &[u8]) -> bool {
    let end = end.trim_ascii_end();
    let is_one = |byte: &u8| sextet(*byte).is_some() || b"=%-_.~:;,".contains(byte);
    !end.is_empty() && end.iter().all(is_one)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).rposition(|window| window == what)
}

/// The text inside of a `data:` address, in Base64 or with escapes.
pub(super) fn data(address: &[u8]) -> Option<Vec<u8>> {
    let comma = address.iter().position(|&byte| byte == b',')?;
    let (kind, text) = (&address[..comma], &address[comma + 1..]);
    if kind.ends_with(b";base64") {
        return base64(text);
    }
    decoded(text).map(String::into_bytes)
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().position(|&letter| letter == b'=');
    let text = &text[..end.unwrap_or(text.len())];
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for &letter in group {
            bits = bits << 6 | u32::from(sextet(letter)?);
        }
        // Of the last group, two letters are a byte and three are two.
        let missing = 4 - group.len();
        if missing == 3 {
            return None;
        }
        bits <<= 6 * missing as u32;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - missing]);
    }
    Some(bytes)
}

/// A text without its escapes.
pub(super) fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, more) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = more;
    }
    String::from_utf8(bytes).ok()
}

/// A source as it is shown: a path beside that of the script, or the address that the bundler gave it.
pub(super) fn shown_source(folder: &str, source: &str) -> String {
    if let Some(address) = source.strip_prefix("file://") {
        let path = decoded(address.as_bytes()).map(of_drive);
        return path.unwrap_or_else(|| source.to_owned());
    }
    if let Some((scheme, rest)) = source.split_once("://") {
        // What is in front of the first slash is the bundle's name.
        let (name, path) = rest.split_once('/').unwrap_or((rest, ""));
        return format!("{scheme}://{name}/{}", straight("", path));
    }
    if is_drive(source) {
        return straight("", source);
    }
    // An address too: Next.js writes `users/%5Bid%5D/route.ts`. What cannot be decoded is a path that has a percent sign.
    let path = decoded(source.as_bytes()).unwrap_or_else(|| source.to_owned());
    straight(if path.starts_with('/') { "" } else { folder }, &path)
}

/// A path without `.` and `..`, as far as there are folders to leave.
fn straight(folder: &str, path: &str) -> String {
    let whole = format!("{folder}{path}");
    let root = if whole.starts_with('/') { "/" } else { "" };
    let mut kept: Vec<&str> = Vec::new();
    for part in parts(&whole) {
        match part {
            "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if !root.is_empty() => {}
            part => kept.push(part),
        }
    }
    format!("{root}{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_a_file_by_its_path_or_its_address() {
        for (name, path) in [
            ("/app/dist/server.js", "/app/dist/server.js"),
            ("file:///app/my%20app/a.mjs?v=2", "/app/my app/a.mjs"),
            ("file:///C:/app/a.mjs", "C:/app/a.mjs"),
            ("C:\\app\\a.js", "C:\\app\\a.js"),
        ] {
            let script = ScriptName::of(name).expect(name);
            assert_eq!((script.path.as_str(), script.is_file), (path, true));
        }
        let script = ScriptName::of("https://example.com/assets/app.js?x=1").expect("a script");
        assert_eq!(
            (script.parts(), script.is_file),
            (vec!["assets", "app.js"], false)
        );
        for name in [
            "",
            "node:fs",
            "node:internal/timers",
            "evalmachine.<anonymous>",
            "app.js",
            "https://example.com?a=/b.js",
            "//server/share/a.js",
            "\\\\server\\share\\a.js",
            "file://server/share/a.js",
            "/app/\0.js",
            "file:///a%00.js",
            "file:///a%zz.js",
        ] {
            assert_eq!(ScriptName::of(name), None, "{name}");
        }
    }

    #[test]
    fn the_last_comment_counts() {
        for (text, address) in [
            ("a()\n//# sourceMappingURL=a.js.map", Some("a.js.map")),
            ("a()\n//@ sourceMappingURL=a.js.map\n\n", Some("a.js.map")),
            (
                "a()//# sourceMappingURL=a.js.map\r\n// end",
                Some("a.js.map"),
            ),
            (
                "//# sourceMappingURL=a\n//# sourceMappingURL=b c",
                Some("b"),
            ),
            ("var a='//# sourceMappingURL='", None),
            ("a()", None),
        ] {
            let found = comment(text.as_bytes()).map(String::from_utf8_lossy);
            assert_eq!(found.as_deref(), address, "{text}");
        }
    }

    #[test]
    fn a_map_may_be_inside_of_the_comment() {
        let of = |address: &str| {
            data(address.as_bytes()).map(|text| String::from_utf8(text).expect("text"))
        };
        assert_eq!(
            of("data:application/json;base64,eyJhIjoxfQ==").as_deref(),
            Some("{\"a\":1}")
        );
        assert_eq!(
            of("data:application/json;charset=utf-8;base64,eyJhIjoxMn0").as_deref(),
            Some("{\"a\":12}")
        );
        assert_eq!(
            of("data:application/json,%7B%22a%22:1%7D").as_deref(),
            Some("{\"a\":1}")
        );
        assert_eq!(of("data:;base64,").as_deref(), Some(""));
        for bad in [
            "data:",
            "data:;base64,!",
            "data:;base64,AAAAA",
            "data:,%f",
            "data:,%ff",
        ] {
            assert_eq!(data(bad.as_bytes()), None, "{bad}");
        }
        assert!(may_be_inline(b"AAbb19+/=\n") && !may_be_inline(b"a()") && !may_be_inline(b"\n"));
    }

    #[test]
    fn a_source_is_shown_beside_the_script() {
        for (folder, source, shown) in [
            ("/app/dist/", "../src/server.ts", "/app/src/server.ts"),
            ("/app/dist/", "./a.ts", "/app/dist/a.ts"),
            (
                "/app/dist/",
                "../src/%5Bid%5D/a%20b.ts",
                "/app/src/[id]/a b.ts",
            ),
            ("/app/dist/", "../src/100%.ts", "/app/src/100%.ts"),
            ("/", "../../a.ts", "/a.ts"),
            ("", "../a.ts", "../a.ts"),
            ("C:\\app\\dist\\", "../src/a.ts", "C:/app/src/a.ts"),
            ("/app/dist/", "/home/me/src/./a.ts", "/home/me/src/a.ts"),
            ("/app/dist/", "file:///home/me/a%20b.ts", "/home/me/a b.ts"),
            (
                "/app/dist/",
                "webpack://shop/./src/a.ts",
                "webpack://shop/src/a.ts",
            ),
            ("/app/dist/", "webpack:///./src/a.ts", "webpack:///src/a.ts"),
        ] {
            assert_eq!(shown_source(folder, source), shown);
        }
    }
}
