//! One word for an object or a property: its class, `{a, b}` for a plain object,
//! `name()` for a function. Knows no way.

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::tags::untagged;

/// Names longer than this many characters are cut: a class or a property named
/// by data would push the rest off the screen.
const MAX_NAME: usize = 60;
/// Properties by which a plain object is described, and the length in characters
/// beyond which no more are added.
const MAX_PROPERTIES: usize = 4;
const MAX_DESCRIPTION: usize = 48;

/// What the object is, in one word.
pub(super) fn token(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    match snapshot.node_type(node) {
        NodeType::Closure => format!("{}()", function(snapshot, node, "")),
        _ => class(snapshot, node),
    }
}

pub(super) fn function(snapshot: &Snapshot, node: NodeOrdinal, property: &str) -> String {
    let own = snapshot.name(node);
    let name = if own.is_empty() {
        property
    } else {
        own.as_ref()
    };
    if name.is_empty() {
        "(anonymous)".to_owned()
    } else {
        cut(name)
    }
}

/// The class of an object for people: of a plain one, its properties.
pub(super) fn class(snapshot: &Snapshot, node: NodeOrdinal) -> String {
    let kind = snapshot.node_type(node);
    match kind {
        NodeType::Object => {
            let name = snapshot.name(node);
            match untagged(&name) {
                "Object" => description(snapshot, node).unwrap_or_else(|| "Object".to_owned()),
                name => cut(name),
            }
        }
        NodeType::Closure => format!("{}()", function(snapshot, node, "")),
        NodeType::ConsString | NodeType::SlicedString | NodeType::String => "string".to_owned(),
        NodeType::Native | NodeType::Synthetic | NodeType::Hidden => {
            cut(untagged(&snapshot.name(node)))
        }
        NodeType::RegExp => "RegExp".to_owned(),
        _ => snapshot.node_type_name(node).to_owned(),
    }
}

/// `{template, send}`: the first properties of a plain object.
fn description(snapshot: &Snapshot, node: NodeOrdinal) -> Option<String> {
    let mut text = String::from("{");
    let mut count = 0;
    let edges = snapshot.edges(node);
    for edge in edges.filter(|edge| edge.edge_type == EdgeType::Property) {
        let name = snapshot.strings().get(StringIndex(edge.name_or_index));
        if name == "__proto__" {
            continue;
        }
        if count == MAX_PROPERTIES || text.chars().count() + name.chars().count() > MAX_DESCRIPTION
        {
            text.push_str(if count == 0 { "…" } else { ", …" });
            break;
        }
        if count > 0 {
            text.push_str(", ");
        }
        text.push_str(&name);
        count += 1;
    }
    text.push('}');
    (count > 0).then_some(text)
}

/// The name within [`MAX_NAME`] characters: the end of a path or URL, which names the file; the beginning of any other.
pub(super) fn cut(name: &str) -> String {
    let length = name.chars().count();
    if length <= MAX_NAME {
        return name.to_owned();
    }
    if !is_path(name) {
        let mut short: String = name.chars().take(MAX_NAME - 1).collect();
        short.push('…');
        return short;
    }
    let end: String = name.chars().skip(length - (MAX_NAME - 1)).collect();
    // From a whole directory on, where the file's own name is not longer than all that is shown.
    let whole = end.find(['/', '\\']).map_or("", |at| &end[at..]);
    format!("…{}", if whole.len() > 1 { whole } else { &end })
}

/// An absolute path (POSIX, or of a Windows drive) or a URL.
fn is_path(name: &str) -> bool {
    let bytes = name.as_bytes();
    name.starts_with('/')
        || (bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":\\")
        || name.split_once("://").is_some_and(|(scheme, _)| {
            !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// `.name`, or `['two words']`.
pub(super) fn member(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c.is_alphabetic() || "_$#".contains(c));
    if starts && chars.all(|c| c.is_alphanumeric() || "_$".contains(c)) {
        return format!(".{}", cut(name));
    }
    if name == "<symbol node:module_export>" {
        return ".exports".to_owned();
    }
    if let Some(symbol) = name
        .strip_prefix("<symbol ")
        .and_then(|rest| rest.strip_suffix('>'))
    {
        return format!("[{}]", cut(symbol));
    }
    format!("['{}']", cut(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_keeps_its_end_and_any_other_long_name_its_beginning() {
        let directory = "/srv/releases/2026-11-29/node_modules/@acme/subscriptions/modules";
        for (name, short) in [
            ("/srv/app.js".to_owned(), "/srv/app.js".to_owned()),
            (
                format!("{directory}/table.json"),
                "…/node_modules/@acme/subscriptions/modules/table.json".to_owned(),
            ),
            (
                format!("file://{directory}/table.json"),
                "…/node_modules/@acme/subscriptions/modules/table.json".to_owned(),
            ),
            (
                r"C:\releases\2026-11-29\node_modules\@acme\subscriptions\table.json".to_owned(),
                r"…\2026-11-29\node_modules\@acme\subscriptions\table.json".to_owned(),
            ),
            // A file name longer than what is shown.
            (
                format!("/{}.js", "a".repeat(80)),
                format!("…{}.js", "a".repeat(56)),
            ),
            (
                format!("key {}", "/a".repeat(40)),
                format!("key {}/…", "/a".repeat(27)),
            ),
            ("é".repeat(61), format!("{}…", "é".repeat(59))),
        ] {
            assert_eq!(cut(&name), short);
            assert!(cut(&name).chars().count() <= MAX_NAME);
        }
    }
}
