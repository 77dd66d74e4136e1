//! What stays the same of a finding from run to run: the classes and the
//! generalised edges of its route, from the last place that every program has
//! (a global object, a module, a list of timers) on. So CI can keep a baseline.

use super::keys::{FNV_OFFSET, fnv1a};
use super::routes::{RouteIndex, Routes, Ways};

/// Classes of objects that are known to be fine, and whose own route says more
/// of the version of Node than of the program.
const KNOWN_FINE: [&str; 6] = [
    "global",
    "global (global*)",
    "process",
    "Module",
    "TimersList",
    "ImmediateList",
];

/// The route in words: `global.__app<Object>.registry<Registry>…`.
pub(super) fn route_text(routes: &Routes<'_>, route: RouteIndex) -> String {
    let line = routes.line(route);
    let class = |index: RouteIndex| routes.keys.text(routes.get(index).class);
    let start = line.iter().rposition(|&index| KNOWN_FINE.contains(&class(index)));
    let mut text = String::new();
    for (at, &index) in line.iter().enumerate().skip(start.unwrap_or(0)) {
        if Some(at) != start {
            text.push_str(routes.keys.text(routes.get(index).edge));
        }
        // The name of the global object differs between versions of Node.
        let class = if class(index).starts_with("global") { "global" } else { class(index) };
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
