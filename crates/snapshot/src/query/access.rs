//! An edge as a JavaScript programmer would write the access: `.name`, `[3]`,
//! `context.x`; in parentheses what JavaScript cannot write.

use super::super::columns::Edge;
use super::super::types::EdgeType;
use super::heap::Heap;
use super::preview::{escaped, quoted};

/// Characters of a name. A WeakMap's entry has a name of hundreds.
const MAX_NAME: usize = 60;

/// How the edge is written after the object it comes from.
pub(super) fn access(heap: &Heap<'_>, edge: &Edge) -> String {
    let name = heap.snapshot().edge_name(edge);
    match edge.edge_type {
        EdgeType::Property => property(&name),
        EdgeType::Element => format!("[{name}]"),
        EdgeType::Context => format!("context.{}", escaped(&name, MAX_NAME)),
        EdgeType::Internal if is_weak_entry(&name) => "(WeakMap entry)".to_owned(),
        EdgeType::Shortcut if is_digits(&name) => "(root)".to_owned(),
        kind => format!("({}) {}", kind.name(), escaped(&name, MAX_NAME)),
    }
}

/// The same with `[x]` for every index, so that accesses of one sort are alike.
pub(super) fn general_access(heap: &Heap<'_>, edge: &Edge) -> String {
    let name = heap.snapshot().edge_name(edge);
    match edge.edge_type {
        EdgeType::Element => "[x]".to_owned(),
        EdgeType::Internal | EdgeType::Hidden | EdgeType::Weak if is_digits(&name) => {
            format!("({}) x", edge.edge_type.name())
        }
        _ => access(heap, edge),
    }
}

fn property(name: &str) -> String {
    if is_identifier(name) {
        return format!(".{}", escaped(name, MAX_NAME));
    }
    let symbol = name
        .strip_prefix("<symbol")
        .and_then(|rest| rest.strip_suffix('>'));
    match symbol {
        Some(description) => format!("[Symbol({})]", escaped(description.trim(), MAX_NAME)),
        None => format!("[{}]", quoted(name, MAX_NAME)),
    }
}

/// Also holds for private names, `#name`.
fn is_identifier(name: &str) -> bool {
    let name = name.strip_prefix('#').unwrap_or(name);
    let is_start = |letter: char| letter.is_alphabetic() || letter == '_' || letter == '$';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_numeric())
}

fn is_weak_entry(name: &str) -> bool {
    name.contains(" / part of key (")
}

pub(super) fn is_digits(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
