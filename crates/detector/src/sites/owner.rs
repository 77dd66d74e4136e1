//! Whose code a function is, by the name of its script.

use std::borrow::Cow;

use super::profile::Function;

/// What the scripts of labels are named, before their numbers: `lib/labels/trampoline.js` makes them.
pub const LABEL_SCRIPTS: &str = "memwatch:label/";

/// The part of the tool's own code that calls the program's.
const LABEL_DIRECTORY: &str = "labels";

/// Whose code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner<'a> {
    /// The program's own.
    Program,
    /// A package's, by name.
    Package(&'a str),
    /// Node's own.
    Node,
    /// The tool's that watches.
    Tool,
    /// A label, and what the tool calls labelled work with: it stands between callers and callees of the program's,
    /// answers for nothing, and hides nobody who does.
    Label,
    /// V8's built-ins, its compiler, its collector.
    V8,
}

impl<'a> Owner<'a> {
    /// The owner of a function. Scripts that begin with one of `ours` are the tool's.
    pub fn of(function: &'a Function, ours: &[String]) -> Self {
        let script = function.script.as_str();
        if script.starts_with("node:") {
            return Self::Node;
        }
        if function.script_id == 0 && script.is_empty() {
            return Self::V8;
        }
        if script.starts_with(LABEL_SCRIPTS) {
            return Self::Label;
        }
        if !ours.is_empty() {
            let path = path_of(script);
            if let Some(rest) = ours.iter().find_map(|own| path.strip_prefix(own.as_str())) {
                return match rest.strip_prefix(LABEL_DIRECTORY) {
                    Some(file) if file.starts_with(['/', '\\']) => Self::Label,
                    _ => Self::Tool,
                };
            }
        }
        package_of(script).map_or(Self::Program, Self::Package)
    }

    /// Whether a person can change it: the program's or a package's.
    pub fn is_answerable(self) -> bool {
        matches!(self, Self::Program | Self::Package(_))
    }
}

/// The package of a file or URL: what follows the last `node_modules`, both parts of
/// a scoped name. `None` outside of any.
pub fn package_of(script: &str) -> Option<&str> {
    const DIRECTORY: &str = "node_modules";
    let is_separator = |c: char| c == '/' || c == '\\';
    let after = script.rmatch_indices(DIRECTORY).find_map(|(at, _)| {
        let before_ok = at == 0 || script[..at].ends_with(is_separator);
        let rest = &script[at + DIRECTORY.len()..];
        let rest = rest.strip_prefix(is_separator)?;
        before_ok.then_some(rest)
    })?;
    let mut ends = after.match_indices(is_separator).map(|(at, _)| at);
    let first = ends.next()?;
    let end = match after.starts_with('@') {
        true => ends.next()?,
        false => first,
    };
    (end > 0).then(|| &after[..end])
}

/// A script's path as the file system has it: `file:` URLs are decoded, all else is
/// left as it is.
pub fn path_of(script: &str) -> Cow<'_, str> {
    match script.strip_prefix("file://") {
        Some(path) => decoded(path),
        None => Cow::Borrowed(script),
    }
}

/// Undoes percent-encoding; what is not well encoded stays.
fn decoded(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, others @ ..] = rest {
        let digit = |at: usize| others.get(at).and_then(|b| char::from(*b).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            // Two hexadecimal digits are below 256.
            bytes.push((high * 16 + low) as u8);
            rest = &others[2..];
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// Whether a function is, by its name, a constructor: the last part begins with a
/// capital letter, as classes do by convention. V8's profile does not tell.
pub fn is_constructor(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_is_what_follows_the_last_node_modules() {
        for (script, package) in [
            ("/srv/app/node_modules/debug/src/node.js", Some("debug")),
            (
                "/srv/app/node_modules/@scope/name/index.js",
                Some("@scope/name"),
            ),
            ("file:///srv/node_modules/a/node_modules/b/c.mjs", Some("b")),
            (
                "/srv/node_modules/.pnpm/ajv@8.12.0/node_modules/ajv/dist/core.js",
                Some("ajv"),
            ),
            ("C:\\app\\node_modules\\debug\\src\\node.js", Some("debug")),
            ("webpack://app/./node_modules/lodash/map.js", Some("lodash")),
            ("/srv/app/index.js", None),
            ("/srv/my_node_modules/x/index.js", None),
            ("/srv/node_modules/loose.js", None),
            ("/srv/node_modules/@scope/loose.js", None),
            ("node_modules", None),
            ("", None),
        ] {
            assert_eq!(package_of(script), package, "{script}");
        }
    }

    #[test]
    fn a_url_of_a_file_is_its_path() {
        assert_eq!(
            path_of("file:///srv/my%20app/%C3%A4.mjs"),
            "/srv/my app/ä.mjs"
        );
        assert_eq!(path_of("file:///srv/100%/a%2"), "/srv/100%/a%2");
        assert_eq!(path_of("file:///srv/%ff"), "/srv/%ff");
        assert_eq!(path_of("/srv/100%25.js"), "/srv/100%25.js");
        assert_eq!(path_of("node:net"), "node:net");
    }

    #[test]
    fn a_constructor_begins_with_a_capital_letter() {
        for name in ["EmailTemplate", "exports.Parser", "Élan"] {
            assert!(is_constructor(name), "{name}");
        }
        for name in [
            "",
            "refresh",
            "Parser.next",
            "_Private",
            "(anonymous)",
            "a.",
        ] {
            assert!(!is_constructor(name), "{name}");
        }
    }

    #[test]
    fn code_without_a_file_is_the_programs_if_it_is_a_script() {
        let function = |script: &str, script_id| Function {
            script: script.to_owned(),
            script_id,
            ..Function::default()
        };
        let ours = ["/srv/app/node_modules/memwatch/lib/".to_owned()];
        let owner = |script, id| {
            let function = function(script, id);
            match Owner::of(&function, &ours) {
                Owner::Package(name) => name.to_owned(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(owner("", 0), "V8");
        assert_eq!(owner("", 7), "Program");
        assert_eq!(owner("node:internal/timers", 7), "Node");
        assert_eq!(
            owner("/srv/app/node_modules/memwatch/lib/sites.js", 7),
            "Tool"
        );
        assert_eq!(
            owner("file:///srv/app/node_modules/memwatch/lib/sites.js", 7),
            "Tool"
        );
        assert_eq!(
            owner("/srv/app/node_modules/memwatch/lib/labels/http.js", 7),
            "Label"
        );
        assert_eq!(
            owner("/srv/app/node_modules/memwatch/lib/labels.js", 7),
            "Tool"
        );
        assert_eq!(owner("memwatch:label/7", 7), "Label");
        assert_eq!(owner("/srv/app/node_modules/debug/index.js", 7), "debug");
    }
}
