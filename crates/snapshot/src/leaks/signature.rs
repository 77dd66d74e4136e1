//! What stays the same of a finding from run to run: the classes and the
//! generalised edges of its route, from the last place that every program has
//! (a global object, a module, a list of timers) on. So CI can keep a baseline.

use super::keys::{FNV_OFFSET, fnv1a};
use super::routes::{RouteIndex, Routes, Ways};

/// Classes of objects that are known to be fine, and whose own route says more
/// of the version of Node than of the program.
const KNOWN_FINE: [&str; 5] = [
    "global",
    "global (global*)",
    "process",
    "TimersList",
    "ImmediateList",
];

/// Whether all that leads to an object of this class is known to be fine. Of
/// modules, `keys` adds the file, by which they differ.
pub(super) fn is_start(class: &str) -> bool {
    KNOWN_FINE.contains(&class) || is_module(class) || is_roots(class)
}

/// Whether it is the class of a module, of CommonJS or ES.
pub(super) fn is_module(class: &str) -> bool {
    class.starts_with("Module ")
}

/// Which root it is that a local variable or a handle hangs on differs from run
/// to run.
fn is_roots(class: &str) -> bool {
    class.starts_with('(') && class.ends_with("s)")
}

/// The route in words: `global.__app<Object>.registry<Registry>…`.
pub(super) fn route_text(routes: &Routes<'_>, route: RouteIndex) -> String {
    let line = routes.line(route);
    let class = |index: RouteIndex| routes.keys.text(routes.get(index).class);
    let start = line.iter().rposition(|&index| is_start(class(index)));
    let mut text = String::new();
    for (at, &index) in line.iter().enumerate().skip(start.unwrap_or(0)) {
        if Some(at) != start {
            text.push_str(routes.keys.text(routes.get(index).edge));
        }
        // The name of the global object differs between versions of Node.
        let class = match class(index) {
            class if class.starts_with("global") => "global",
            class if is_roots(class) => "root",
            class => class,
        };
        text.push_str(&format!("<{class}>"));
    }
    text
}

/// 16 hexadecimal digits: FNV-1a (64 bits) of [`route_text`] in UTF-8.
pub(super) fn signature(ways: &Ways<'_>, route: RouteIndex) -> String {
    signature_of(&route_text(&ways.routes, route))
}

pub(super) fn signature_of(text: &str) -> String {
    format!("{:016x}", fnv1a(FNV_OFFSET, text))
}
