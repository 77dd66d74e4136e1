//! What `analyze`, `paths` and growth print, to the letter.

use memwatch_snapshot::leaks::testing::{leaking, property, subscriptions};
use memwatch_snapshot::leaks::{GrowthHistory, GrowthThresholds, Investigation, Thresholds};
use memwatch_snapshot::query::SnapshotInfo;
use memwatch_snapshot::testing::Graph;
use memwatch_snapshot::{Analysis, NodeId, NodeOrdinal, Precision, Snapshot};

use super::TextOptions;
use crate::{AnalyzeReport, LeakGrowthReport, PathsReport};

fn info(file: &str, snapshot: &Snapshot) -> SnapshotInfo {
    SnapshotInfo {
        file: file.to_owned(),
        nodes: snapshot.node_count() as u64,
        edges: Some(snapshot.edge_count() as u64),
        shallow_bytes: 0,
        extra_native_bytes: 0,
        precision: Precision::Exact,
        invalid_strings: 0,
        reading: None,
    }
}

fn with<T>(graph: &Graph, ask: impl FnOnce(SnapshotInfo, &mut Investigation<'_>) -> T) -> T {
    with_file("after.heapsnapshot", graph, ask)
}

fn with_file<T>(
    file: &str,
    graph: &Graph,
    ask: impl FnOnce(SnapshotInfo, &mut Investigation<'_>) -> T,
) -> T {
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let info = info(file, &snapshot);
    ask(info, &mut Investigation::of(&snapshot, &analysis))
}

fn analyzed(graph: &Graph) -> String {
    with(graph, |info, investigation| {
        let report = AnalyzeReport::of(info, investigation, &Thresholds::default(), 10);
        super::analyze::render(&report, &TextOptions::default())
    })
}

#[test]
fn a_leak_is_told_as_a_sentence_a_path_and_what_to_type() {
    assert_eq!(
        analyzed(&leaking(22_000)),
        "\
1 leak candidate in after.heapsnapshot: 14.7 MiB in 44,007 objects.

1. 22,000 × LeakingClass keep 14.7 MiB, 100 % of the heap: all in one list of
   listeners or callbacks, @13 (probable).

   globalThis.app.registry.listeners → Map → Array[x]

   expected    globalThis  @3
   expected    .app        {registry} @5
   expected    .registry   Registry @7
   expected    .listeners  Map @9
   unknown     (entry)     Array @13
   cut here >  [x]         LeakingClass @15

   A listener is added for each request or object, and none is removed: add it
   once, use once(), or remove it when done.
   https://github.com/memwatch/memwatch/blob/main/docs/leak-kinds.md#listener
   npx memwatch inspect after.heapsnapshot @13         # what holds them
   npx memwatch inspect after.heapsnapshot @15         # one of them
   npx memwatch paths after.heapsnapshot LeakingClass  # all paths that keep them
   signature a581575f7bf4ae79
"
    );
}

#[test]
fn a_chain_of_closures_is_told_in_one_turn() {
    assert_eq!(
        analyzed(&subscriptions(12_000)),
        "\
1 leak candidate in after.heapsnapshot: 9.5 MiB in 48,007 objects.

1. 12,000 × send() keep 9.5 MiB, 100 % of the heap: closures that hold each
   other through the contexts they share (probable).

   Timeout → refreshSubscription() → context.subscriptionTemplate
     → {template, send} → send() → context.original → … (× 11,999)

   unknown     Timeout                       @9
   unknown     ._onTimeout                   refreshSubscription() @13
   unknown     context.subscriptionTemplate  {template, send} @15
   unknown     .send                         send() @21, … (× 11,999)
   cut here >  context.original              {template, send} @23, … (× 11,999)
   unexpected  .send                         send() @96013

   Functions made in one call share one context: while one is kept, so is every
   variable any of them uses. Set the variable to null when done, or make the
   kept function elsewhere.
   https://github.com/memwatch/memwatch/blob/main/docs/leak-kinds.md#closure-context
   npx memwatch inspect after.heapsnapshot @15     # what holds them
   npx memwatch inspect after.heapsnapshot @96013  # one of them
   npx memwatch paths after.heapsnapshot 'send()'  # all paths that keep them
   signature 8c6285b949f2af92

Also noticed:
   12,000 × EmailTemplate, the next type has 1; e.g. @17
"
    );
}

#[test]
fn a_candidate_as_markdown_names_no_user_and_is_no_markup() {
    let mut graph = Graph::new();
    let global = graph.global();
    let list = property(&mut graph, global, "a```b", "Array", 16);
    for index in 0..2000 {
        let leak = graph.object("<img> @acme", 600);
        graph.indexed(list, memwatch_snapshot::EdgeType::Element, index, leak);
    }
    let text = with(&graph, |info, investigation| {
        let report = AnalyzeReport::of(info, investigation, &Thresholds::default(), 10);
        super::markdown::render(&report, &TextOptions::default())
    });
    assert_eq!(
        text,
        "\
**1 leak candidate** in `after.heapsnapshot`: 1.1 MiB in 2,003 objects.

### 1. 2,000 × `<img>` `@acme` keep 1.1 MiB, 100 % of the heap: all in one array, `@5` (possible).

````text
expected    globalThis  @3
expected    ['a```b']   Array @5
cut here >  [x]         <img> @acme @7
````

A cache or the program's own data looks the same, and is fine if it has a limit. Two snapshots show whether it grows: \
memwatch diff. [cache](https://github.com/memwatch/memwatch/blob/main/docs/leak-kinds.md#cache)

Signature `f8392cd7abb7af59`
"
    );
}

#[test]
fn a_healthy_heap_is_told_in_one_sentence() {
    let mut graph = Graph::new();
    let global = graph.global();
    for name in ["app", "server", "store", "users", "log"] {
        property(&mut graph, global, name, name, 1024);
    }
    assert_eq!(
        analyzed(&graph),
        "No leak candidate in after.heapsnapshot: 5.0 KiB in 7 objects; nothing accumulates.\n"
    );
}

#[test]
fn paths_are_told_with_how_many_share_them() {
    let mut graph = leaking(20);
    property(&mut graph, 1, "spare", "LeakingClass", 16);
    let text = with(&graph, |info, investigation| {
        let report = PathsReport::to_class(info, investigation, "LeakingClass", 10);
        super::paths::render(&report, &TextOptions::default())
    });
    assert_eq!(
        text,
        "\
2 paths of different shape to LeakingClass in after.heapsnapshot.

20 objects, e.g. @15:
   globalThis.app.registry.listeners → Map → Array[x]

One object, @95:
   globalThis.spare
"
    );
    let text = with(&graph, |info, investigation| {
        let (node, id) = (NodeOrdinal(3), NodeId(7));
        super::paths::render(
            &PathsReport::to_object(info, investigation, node, id, 10),
            &TextOptions::default(),
        )
    });
    assert_eq!(
        text,
        "\
One path to Registry @7 in after.heapsnapshot.

By one reference:
   globalThis.app.registry
"
    );
}

#[test]
fn growth_is_told_with_the_numbers_of_each_snapshot() {
    let (before, after) = (leaking(2000), leaking(22_000));
    let first = before.snapshot();
    let mut history = GrowthHistory::default();
    history.push(&Investigation::of(&first, &Analysis::of(&first, 1)));
    let text = with(&after, |last, investigation| {
        let thresholds = GrowthThresholds::default();
        let growth = history.finish(investigation, &thresholds, &Default::default());
        let infos = vec![info("before.heapsnapshot", &first), last];
        super::leak_growth::render(
            &LeakGrowthReport::of(infos, investigation, &growth, 10),
            &TextOptions::default(),
        )
    });
    assert_eq!(
        text,
        "\
1 leak candidate grew in every interval. 2 snapshots of one process: 1.3 MiB → 14.7 MiB.

1. +20,000 × LeakingClass, +13.4 MiB retained (2,000 → 22,000; 20,000 new, none
   freed): all in one list of listeners or callbacks, @13.

   globalThis.app.registry.listeners → Map → Array[x]

   A listener is added for each request or object, and none is removed: add it
   once, use once(), or remove it when done.
   npx memwatch inspect after.heapsnapshot @13         # what holds them
   npx memwatch inspect after.heapsnapshot @15         # one of them
   npx memwatch paths after.heapsnapshot LeakingClass  # all paths that keep them
   signature a581575f7bf4ae79
"
    );
}

#[test]
fn names_of_a_heap_cannot_act_on_the_terminal() {
    let mut graph = Graph::new();
    let global = graph.global();
    let list = property(&mut graph, global, "ca\u{1b}[2Jlls\u{202e}", "Array", 16);
    for index in 0..2000 {
        let call = graph.node(memwatch_snapshot::NodeType::Closure, "c\u{1b}[31mall", 600);
        graph.indexed(list, memwatch_snapshot::EdgeType::Element, index, call);
    }
    let paths = with(&graph, |info, investigation| {
        let report = PathsReport::to_class(info, investigation, "c\u{1b}[31mall()", 10);
        super::paths::render(&report, &TextOptions::default())
    });
    for text in [analyzed(&graph), paths] {
        assert!(text.contains(r"ca\u{1b}[2Jlls\u{202e}"), "{text}");
        let acted_on = |letter: char| letter != '\n' && super::is_unprintable(letter);
        assert!(!text.contains(acted_on), "{text}");
    }
}

#[test]
fn a_class_without_a_path_is_told_how_functions_are_written() {
    let text = with(&leaking(10), |info, investigation| {
        let report = PathsReport::to_class(info, investigation, "send", 10);
        super::paths::render(&report, &TextOptions::default())
    });
    assert_eq!(
        text,
        "No path leads to send in after.heapsnapshot. A function is written 'send()'.\n"
    );
}

#[test]
fn a_command_to_copy_is_quoted_for_the_shell() {
    let mut graph = Graph::new();
    let global = graph.global();
    let list = property(&mut graph, global, "calls", "Array", 16);
    for index in 0..2000 {
        let call = graph.node(memwatch_snapshot::NodeType::Closure, "it's", 600);
        graph.indexed(list, memwatch_snapshot::EdgeType::Element, index, call);
    }
    let text = analyzed(&graph);
    assert!(
        text.contains(r"paths after.heapsnapshot 'it'\''s()'"),
        "{text}"
    );
}

#[test]
fn nothing_a_terminal_acts_on_is_told() {
    let evil = "\u{1b}[2J\r\n\u{202e}\u{9b}";
    let mut graph = Graph::new();
    let global = graph.global();
    let list = property(&mut graph, global, evil, evil, 16);
    for index in 0..2000 {
        let leak = graph.object(evil, 600);
        graph.indexed(list, memwatch_snapshot::EdgeType::Element, index, leak);
        property(&mut graph, leak, evil, evil, 100);
    }
    let acted_on = |letter: char| letter != '\n' && super::is_unprintable(letter);
    let file = "a\u{1b}[31m.heapsnapshot";
    let paths = with_file(file, &graph, |info, investigation| {
        PathsReport::to_class(info, investigation, evil, 10)
    });
    for said in [
        analyzed(&graph),
        super::paths::render(&paths, &TextOptions::default()),
    ] {
        assert!(said.contains("[2J"), "{said:?}");
        assert_eq!(said.find(acted_on), None, "{said:?}");
        // A line feed within a name starts no line.
        assert!(!said.contains("\n\\u{202e}"), "{said:?}");
    }
}
