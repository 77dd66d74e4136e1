//! Chrome DevTools' rules one by one, on graphs made for each.

use super::super::testing::{Graph, Random};
use super::super::{
    Analysis, Attachment, EdgeType, NO_DISTANCE, NodeOrdinal, NodeType, Retainers, SYSTEM_DISTANCE,
    Snapshot,
};

pub(super) fn ordinal(node: usize) -> NodeOrdinal {
    NodeOrdinal(node as u32)
}

pub(super) fn analysed(graph: &Graph) -> (Snapshot, Analysis) {
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 2);
    (snapshot, analysis)
}

pub(super) fn dominator(analysis: &Analysis, node: usize) -> usize {
    analysis.dominators.immediate(ordinal(node)).index()
}

#[test]
fn what_two_objects_keep_is_retained_by_what_keeps_both() {
    let mut graph = Graph::new();
    let global = graph.global();
    let (left, right) = (graph.object("Left", 8), graph.object("Right", 8));
    let shared = graph.object("Shared", 100);
    graph.property(global, "left", left);
    graph.property(global, "right", right);
    graph.property(left, "shared", shared);
    graph.property(right, "shared", shared);
    let (snapshot, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, shared), global);
    assert_eq!(analysis.dominators.retained_size(ordinal(left)), 8);
    assert_eq!(analysis.dominators.retained_size(ordinal(global)), 124);
    assert_eq!(analysis.total_size(&snapshot), 124);
    let dominated = analysis.dominators.dominated();
    let below: Vec<usize> = dominated
        .of(ordinal(global))
        .map(|node| node.index())
        .collect();
    assert_eq!(below, [left, right, shared]);
}

#[test]
fn the_root_is_its_own_dominator() {
    let (_, analysis) = analysed(&Graph::new());
    assert_eq!(dominator(&analysis, 0), 0);
}

#[test]
fn a_weak_edge_keeps_nothing() {
    let mut graph = Graph::new();
    let global = graph.global();
    let (owner, kept) = (graph.object("Owner", 8), graph.object("Kept", 8));
    graph.property(global, "owner", owner);
    graph.property(owner, "kept", kept);
    graph.named(global, EdgeType::Weak, "cache", kept);
    let (_, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, kept), owner);
}

#[test]
fn what_only_weak_edges_lead_to_hangs_on_the_root_with_what_it_keeps() {
    let mut graph = Graph::new();
    let global = graph.global();
    let (weak, below) = (graph.object("Weak", 8), graph.object("Below", 8));
    graph.named(global, EdgeType::Weak, "ref", weak);
    graph.property(weak, "below", below);
    let (_, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, weak), 0);
    assert_eq!(dominator(&analysis, below), weak);
    assert_eq!(analysis.distances.get(ordinal(weak)), None);
    assert_eq!(analysis.distances.number(ordinal(weak)), NO_DISTANCE);
}

#[test]
fn a_circle_nothing_leads_to_hangs_on_the_root_node_by_node() {
    let mut graph = Graph::new();
    graph.global();
    let (a, b) = (graph.object("A", 8), graph.object("B", 8));
    graph.property(a, "b", b);
    graph.property(b, "a", a);
    let (_, analysis) = analysed(&graph);
    assert_eq!((dominator(&analysis, a), dominator(&analysis, b)), (0, 0));
}

#[test]
fn a_shortcut_counts_only_from_the_root() {
    let mut graph = Graph::new();
    let global = graph.global();
    let (owner, kept) = (graph.object("Owner", 8), graph.object("Kept", 8));
    graph.property(global, "owner", owner);
    graph.property(owner, "kept", kept);
    graph.named(global, EdgeType::Shortcut, "bound", kept);
    let (_, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, kept), owner);
}

#[test]
fn what_is_not_the_pages_keeps_nothing_of_the_pages() {
    let mut graph = Graph::new();
    let global = graph.global();
    let kept = graph.object("Kept", 8);
    graph.property(global, "kept", kept);
    let debugger = graph.node(NodeType::Synthetic, "(Debugger)", 0);
    graph.indexed(0, EdgeType::Element, 1, debugger);
    graph.indexed(debugger, EdgeType::Element, 1, kept);
    let (_, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, kept), global);
}

#[test]
fn the_page_owns_what_is_behind_shortcuts_that_keep_nothing() {
    let mut graph = Graph::new();
    let global = graph.global();
    let hidden = graph.object("BehindShortcut", 8);
    graph.named(global, EdgeType::Shortcut, "bound", hidden);
    let handles = graph.node(NodeType::Synthetic, "(Handles)", 0);
    graph.indexed(0, EdgeType::Element, 1, handles);
    graph.indexed(handles, EdgeType::Element, 1, hidden);
    let (_, analysis) = analysed(&graph);
    // The handles are not the page's, so their edge does not count.
    assert_eq!(dominator(&analysis, hidden), 0);
}

#[test]
fn the_key_of_a_weak_map_keeps_the_value_and_the_table_does_not() {
    let mut graph = Graph::new();
    let global = graph.global();
    let table = graph.node(NodeType::Array, "(table)", 8);
    let (key, value) = (graph.object("Key", 8), graph.object("Value", 50));
    graph.property(global, "map", table);
    graph.property(global, "key", key);
    graph.weak_map_entry(table, key, value);
    let (_, analysis) = analysed(&graph);
    assert_eq!(dominator(&analysis, value), key);
    assert_eq!(analysis.dominators.retained_size(ordinal(key)), 58);
}

#[test]
fn the_value_of_a_weak_map_is_as_far_as_the_farther_of_key_and_table() {
    for key_is_far in [false, true] {
        let mut graph = Graph::new();
        let global = graph.global();
        let (near, far) = (graph.object("Near", 8), graph.object("Far", 8));
        let (between, value) = (graph.object("Between", 8), graph.object("Value", 8));
        graph.property(global, "near", near);
        graph.property(global, "between", between);
        graph.property(between, "far", far);
        let (key, table) = if key_is_far { (far, near) } else { (near, far) };
        graph.weak_map_entry(table, key, value);
        let (_, analysis) = analysed(&graph);
        assert_eq!(analysis.distances.get(ordinal(far)), Some(3));
        assert_eq!(analysis.distances.get(ordinal(value)), Some(4));
    }
}

#[test]
fn what_only_the_system_keeps_is_a_hundred_million_steps_away() {
    let mut graph = Graph::new();
    graph.global();
    let handles = graph.node(NodeType::Synthetic, "(Handles)", 0);
    let kept = graph.object("Kept", 8);
    graph.indexed(0, EdgeType::Element, 1, handles);
    graph.indexed(handles, EdgeType::Element, 1, kept);
    let (_, analysis) = analysed(&graph);
    let system = SYSTEM_DISTANCE as u32;
    assert_eq!(analysis.distances.get(ordinal(0)), Some(system));
    assert_eq!(analysis.distances.get(ordinal(kept)), Some(system + 2));
}

#[test]
fn the_size_of_a_part_counts_to_its_only_owner() {
    let mut graph = Graph::new();
    let global = graph.global();
    let (a, b) = (graph.object("A", 10), graph.object("B", 10));
    let own = graph.node(NodeType::Array, "(object elements)", 100);
    let inner = graph.node(NodeType::Hidden, "system / Cell", 1);
    let shared = graph.node(NodeType::Array, "(shared)", 1000);
    graph.property(global, "a", a);
    graph.property(global, "b", b);
    graph.named(a, EdgeType::Internal, "elements", own);
    graph.named(own, EdgeType::Internal, "cell", inner);
    graph.named(a, EdgeType::Internal, "shared", shared);
    graph.named(b, EdgeType::Internal, "shared", shared);
    let (_, analysis) = analysed(&graph);
    let sizes = [a, b, own, inner, shared].map(|node| analysis.shallow.of(ordinal(node)));
    assert_eq!(sizes, [111, 10, 0, 0, 1000]);
    assert_eq!(analysis.dominators.retained_size(ordinal(a)), 111);
}

#[test]
fn sizes_stay_where_they_are_when_the_user_has_no_root() {
    let mut graph = Graph::new();
    let roots = graph.node(NodeType::Synthetic, "(GC roots)", 0);
    let object = graph.object("A", 10);
    let part = graph.node(NodeType::Array, "(object elements)", 100);
    graph.indexed(0, EdgeType::Element, 1, roots);
    graph.indexed(roots, EdgeType::Element, 1, object);
    graph.named(object, EdgeType::Internal, "elements", part);
    let (_, analysis) = analysed(&graph);
    assert_eq!(analysis.shallow.of(ordinal(part)), 100);
    assert_eq!(analysis.distances.get(ordinal(0)), Some(0));
}

#[test]
fn sums_of_sizes_beyond_four_gigabytes_are_right() {
    let mut graph = Graph::new();
    let global = graph.global();
    let owner = graph.object("Owner", 4_000_000_000);
    graph.property(global, "owner", owner);
    for _ in 0..3 {
        let part = graph.node(NodeType::Array, "(part)", 2_000_000_000);
        graph.named(owner, EdgeType::Internal, "part", part);
    }
    let (snapshot, analysis) = analysed(&graph);
    assert_eq!(analysis.shallow.of(ordinal(owner)), 10_000_000_000);
    assert_eq!(analysis.total_size(&snapshot), 10_000_000_008);
}

#[test]
fn attachment_spreads_through_native_nodes_attached_first() {
    let mut graph = Graph::new();
    let global = graph.global();
    let mut native = |name, detachedness| {
        let node = graph.node(NodeType::Native, name, 8);
        graph.nodes[node].detachedness = detachedness;
        node
    };
    let (attached, detached) = (native("<body>", 1), native("<div>", 2));
    let (both, below) = (native("<p>", 0), native("<b>", 0));
    let wrapper = graph.object("HTMLElement", 8);
    let behind = graph.node(NodeType::Native, "<i>", 8);
    graph.property(global, "body", attached);
    graph.property(global, "div", detached);
    graph.indexed(detached, EdgeType::Element, 0, both);
    graph.indexed(attached, EdgeType::Element, 0, both);
    graph.indexed(detached, EdgeType::Element, 1, below);
    graph.indexed(detached, EdgeType::Element, 2, wrapper);
    graph.indexed(wrapper, EdgeType::Element, 0, behind);
    let (_, analysis) = analysed(&graph);
    let state = |node| analysis.detachedness.of_node(ordinal(node));
    assert_eq!(state(both), Attachment::Attached);
    assert_eq!(state(below), Attachment::Detached);
    assert_eq!(state(behind), Attachment::Unknown);
    let mut found: Vec<usize> = analysis
        .detachedness
        .detached()
        .map(|n| n.index())
        .collect();
    found.sort_unstable();
    assert_eq!(found, [detached, below]);
    let class = analysis
        .classes
        .class(analysis.classes.of_node(ordinal(below)));
    assert_eq!(class.name, "Detached <b>");
}

#[test]
fn external_string_data_found_detached_is_no_part_of_its_string() {
    for detachedness in [0, 2] {
        let mut graph = Graph::new();
        let global = graph.global();
        let text = graph.node(NodeType::String, "text", 8);
        let data = graph.node(NodeType::Native, "system / ExternalStringData", 100);
        graph.nodes[data].detachedness = detachedness;
        graph.property(global, "text", text);
        graph.named(text, EdgeType::Internal, "data", data);
        let (_, analysis) = analysed(&graph);
        // DevTools has renamed it by then, and goes by the name.
        let moved = if detachedness == 0 { 100 } else { 0 };
        assert_eq!(analysis.shallow.of(ordinal(text)), 8 + moved);
    }
}

#[test]
fn retainers_are_the_edges_turned_round() {
    let mut random = Random::new(1);
    let mut graph = Graph::new();
    for _ in 1..50 {
        graph.object("A", 8);
    }
    for _ in 0..200 {
        graph.property(random.below(50), "p", random.below(50));
    }
    let snapshot = graph.snapshot();
    let retainers = Retainers::of(&snapshot);
    for node in snapshot.ordinals() {
        let wanted: Vec<(u32, u32)> = snapshot
            .ordinals()
            .flat_map(|from| snapshot.edges(from).map(move |edge| (from, edge)))
            .filter(|(_, edge)| edge.to == node)
            .map(|(from, edge)| (from.0, edge.ordinal.0))
            .collect();
        let found = retainers.to(node).map(|one| (one.from.0, one.edge.0));
        assert_eq!(found.collect::<Vec<_>>(), wanted);
    }
}
