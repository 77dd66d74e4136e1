//! Every report on the shop, to the letter, as people and as programs see it.
//! After a change that is meant: `UPDATE_GOLDEN=1 cargo test`, and read the diff.

use std::path::Path;

use memwatch_report::text::{self, TextOptions};
use memwatch_snapshot::query::*;
use memwatch_snapshot::testing::{Graph, Shop};
use memwatch_snapshot::{Analysis, EdgeType, Location, NodeId, NodeType, TracedReader};
use serde::Serialize;

/// Compares with, or when asked to writes, a file of `tests/golden`.
fn assert_golden(file: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expected, actual, "{file} says something else");
}

fn assert_report<R: Serialize>(
    name: &str,
    answer: impl Into<R>,
    render: impl Fn(&R, &TextOptions) -> String,
) {
    let report = answer.into();
    let text = render(&report, &TextOptions { width: 100 });
    assert_golden(&format!("{name}.txt"), &text);
    let json = serde_json::to_string_pretty(&report).expect("a report is plain data");
    assert_golden(&format!("{name}.json"), &(json + "\n"));
}

/// The shop of so many users, exact.
fn with_shop(users: usize, ask: impl FnOnce(&Shop, &Heap<'_>)) {
    let shop = Shop::new(users);
    let snapshot = shop.graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    ask(
        &shop,
        &Heap::exact("shop.heapsnapshot", &snapshot, &analysis),
    );
}

#[test]
fn summary_says_what_the_memory_is() {
    with_shop(3, |_, heap| {
        let report = summary(heap, &SummaryOptions::default());
        assert_report("summary", report, text::summary::render);
    });
}

#[test]
fn classes_are_listed_with_what_they_retain() {
    with_shop(3, |_, heap| {
        let options = ClassesOptions {
            top: 8,
            ..ClassesOptions::default()
        };
        assert_report("classes", classes(heap, &options), text::classes::render);
    });
}

#[test]
fn fast_classes_say_that_they_are() {
    let snapshot = Shop::new(3).graph.snapshot();
    let heap = Heap::fast("shop.heapsnapshot", &snapshot);
    let report = classes(&heap, &ClassesOptions::default());
    assert_report("classes-fast", report, text::classes::render);
}

#[test]
fn shapes_name_properties_that_hold_numbers() {
    with_shop(3, |_, heap| {
        let report = shapes(heap, &ShapesOptions::default()).unwrap();
        assert_report("shapes", report, text::shapes::render);
    });
}

#[test]
fn functions_are_listed_with_what_their_contexts_keep() {
    with_shop(3, |_, heap| {
        let report = functions(heap, &FunctionsOptions::default()).unwrap();
        assert_report("functions", report, text::functions::render);
    });
}

#[test]
fn instances_have_an_id_and_a_preview() {
    with_shop(3, |_, heap| {
        let options = InstancesOptions {
            top: 2,
            ..InstancesOptions::default()
        };
        let report = instances(heap, "User", &options).unwrap();
        assert_report("instances", report, text::instances::render);
    });
}

#[test]
fn a_map_is_shown_with_its_entries() {
    with_shop(3, |shop, heap| {
        let id = NodeId(shop.id(shop.sessions));
        let report = inspect(heap, id, &InspectOptions::default()).unwrap();
        assert_report("inspect-map", report, text::inspect::render);
    });
}

#[test]
fn a_function_is_shown_with_its_variables() {
    with_shop(3, |shop, heap| {
        let id = NodeId(shop.id(shop.send));
        let report = inspect(heap, id, &InspectOptions::default()).unwrap();
        assert_report("inspect-function", report, text::inspect::render);
    });
}

#[test]
fn an_object_is_shown_with_properties_that_hold_numbers() {
    with_shop(3, |shop, heap| {
        let id = NodeId(shop.id(shop.users[1]));
        let report = inspect(heap, id, &InspectOptions::default()).unwrap();
        assert_report("inspect-object", report, text::inspect::render);
    });
}

#[test]
fn references_are_written_as_in_javascript() {
    with_shop(3, |shop, heap| {
        let id = NodeId(shop.id(shop.users[0]));
        let report = refs(heap, id, &RefsOptions::default()).unwrap();
        assert_report("refs", report, text::refs::render);
    });
}

#[test]
fn many_references_are_grouped() {
    let mut shop = Shop::new(3);
    let popular = shop.graph.object("Config", 16);
    for _ in 0..40 {
        let holder = shop.graph.object("Handler", 24);
        shop.graph.property(holder, "config", popular);
        shop.graph.property(1, "handler", holder);
    }
    let snapshot = shop.graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("shop.heapsnapshot", &snapshot, &analysis);
    let options = RefsOptions { top: 3 };
    let report = refs(&heap, NodeId(shop.id(popular)), &options).unwrap();
    assert_report("refs-grouped", report, text::refs::render);
}

#[test]
fn strings_that_are_there_needlessly_are_found() {
    with_shop(3, |_, heap| {
        let options = StringsOptions {
            top: 3,
            ..StringsOptions::default()
        };
        assert_report("strings", strings(heap, &options), text::strings::render);
    });
}

#[test]
fn a_diff_counts_what_was_allocated_and_freed() {
    let shops = (Shop::new(2), Shop::new(5));
    let snapshots = (shops.0.graph.snapshot(), shops.1.graph.snapshot());
    let analyses = (Analysis::of(&snapshots.0, 1), Analysis::of(&snapshots.1, 1));
    let before = Heap::exact("before.heapsnapshot", &snapshots.0, &analyses.0);
    let before = before.with_interfaces(&analyses.1.interfaces);
    let after = Heap::exact("after.heapsnapshot", &snapshots.1, &analyses.1);
    let report = diff(&before, &after, &DiffOptions::default());
    assert_report("diff", report, text::diff::render);
}

#[test]
fn growth_lists_what_grows_every_time() {
    let totals = [2, 4, 7].map(|users| {
        let snapshot = Shop::new(users).graph.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let file = format!("{users}-users.heapsnapshot");
        ClassTotals::of(&Heap::exact(file, &snapshot, &analysis))
    });
    let report = growth(&totals, &GrowthOptions::default());
    assert_report("growth", report, text::growth::render);
}

const SUBSCRIPTION: &str = "function subscribe() {
  let template = null;
  function refresh() {
    const original = template;
    const log = () => original && console.log('Replacing');
    template = { send: () => console.log('Sending') };
    log();
  }
  setInterval(refresh, 1000);
}
";

/// The heap of that program after three refreshes, and another whose script is not to be had.
fn subscriptions() -> Graph {
    let mut graph = Graph::new();
    let global = graph.global();
    let outer = graph.object("system / Context", 32);
    let scope = graph.node(NodeType::Code, "system / ScopeInfo", 96);
    let name = graph.node(NodeType::String, "refresh", 24);
    graph.indexed(scope, EdgeType::Hidden, 0, name);
    let script = graph.node(NodeType::Code, "/srv/app/subscription.js", 100);
    let source = graph.node(
        NodeType::String,
        SUBSCRIPTION,
        16 + SUBSCRIPTION.len() as u64,
    );
    graph.named(script, EdgeType::Internal, "source", source);
    let other = graph.node(NodeType::Code, "/srv/app/other.js", 100);
    let closure =
        |graph: &mut Graph, name: &str, script: usize, place: (u32, u32), context: usize| {
            let shared = graph.node(NodeType::Code, name, 56);
            graph.named(shared, EdgeType::Internal, "script", script);
            let closure = graph.node(NodeType::Closure, name, 64);
            graph.nodes[closure].location = Some(Location {
                script_id: script as u32,
                line: place.0,
                column: place.1,
            });
            graph.named(closure, EdgeType::Internal, "shared", shared);
            graph.named(closure, EdgeType::Internal, "context", context);
            closure
        };
    let refresh = closure(&mut graph, "refresh", script, (2, 18), outer);
    graph.property(global, "timer", refresh);
    let mut newest = None;
    for _ in 0..3 {
        let template = graph.object("Object", 200_000);
        let context = graph.object("system / Context", 32);
        graph.named(context, EdgeType::Internal, "previous", outer);
        graph.named(context, EdgeType::Internal, "scope_info", scope);
        if let Some(original) = newest {
            graph.named(context, EdgeType::Context, "original", original);
        }
        let send = closure(&mut graph, "send", script, (5, 23), context);
        graph.property(template, "send", send);
        newest = Some(template);
    }
    graph.named(
        outer,
        EdgeType::Context,
        "template",
        newest.unwrap_or_default(),
    );
    let context = graph.object("system / Context", 32);
    let value = graph.object("Session", 5000);
    graph.named(context, EdgeType::Context, "session", value);
    let handler = closure(&mut graph, "handler", other, (10, 3), context);
    graph.property(global, "handler", handler);
    graph
}

fn with_subscriptions(ask: impl FnOnce(&Heap<'_>)) {
    let snapshot = subscriptions().snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    ask(&Heap::exact("app.heapsnapshot", &snapshot, &analysis));
}

#[test]
fn a_variable_that_nothing_reads_is_said_in_a_sentence() {
    with_subscriptions(|heap| {
        let options = ClosuresOptions {
            only_unread: true,
            ..ClosuresOptions::default()
        };
        let report = closures(heap, &|_| None, &options).unwrap();
        assert_report("closures-unread", report, text::closures::render);
    });
}

#[test]
fn variables_are_listed_with_whether_they_are_read() {
    with_subscriptions(|heap| {
        let report = closures(heap, &|_| None, &ClosuresOptions::default()).unwrap();
        assert_report("closures", report, text::closures::render);
    });
}

#[test]
fn containment_begins_at_the_root() {
    with_shop(3, |shop, heap| {
        let options = ContainmentOptions { top: 2 };
        let report = containment(heap, None, &options).unwrap();
        assert_report("containment", report, text::containment::render);
        let id = NodeId(shop.id(shop.users[1]));
        let report = containment(heap, Some(id), &options).unwrap();
        assert_report("containment-object", report, text::containment::render);
    });
}

#[test]
fn realms_are_listed_with_their_global_objects() {
    let mut graph = Graph::new();
    for (context, name) in [
        (
            "system / NativeContext",
            "Window / https://shop.example/cart",
        ),
        ("system / NativeContext / https://ads.example", "Window"),
        ("system / NativeContext", "Object"),
    ] {
        let native = graph.node(NodeType::Hidden, context, 2264);
        graph.named(0, EdgeType::Shortcut, "1", native);
        let global = graph.object(name, 40);
        graph.named(native, EdgeType::Internal, "extension", global);
        let data = graph.object("Data", 1000 * name.len() as u64);
        graph.property(global, "data", data);
    }
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("page.heapsnapshot", &snapshot, &analysis);
    let report = realms(&heap, &RealmsOptions::default()).unwrap();
    assert_report("realms", report, text::realms::render);
}

#[test]
fn scopes_are_listed_with_their_variables() {
    with_subscriptions(|heap| {
        let report = scopes(heap, &ScopesOptions { top: 3 }).unwrap();
        assert_report("scopes", report, text::scopes::render);
    });
}

/// As V8 writes them: a second with four looks, and three functions.
const TIMELINE: &str = r#"{"snapshot":{"meta":{
"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],
"node_types":[["hidden","object","synthetic"],"string","number","number","number","number","number"],
"edge_fields":["type","name_or_index","to_node"],"edge_types":[["property"],"string_or_number","node"],
"trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],
"trace_node_fields":["id","function_info_index","count","size","children"],
"sample_fields":["timestamp_us","last_assigned_id"]},"node_count":6,"edge_count":0,"trace_function_count":3},
"nodes":[2,0,1,0,0,0,0, 1,1,3,100,0,0,0, 1,1,5,20000,0,3,0, 1,2,7,300,0,3,0, 1,2,11,400,0,4,0, 1,2,13,50,0,0,0],
"edges":[],
"trace_function_infos":[0,0,0,0,0,0, 9,3,5,7,2,3, 11,4,5,7,8,9, 13,0,5,7,20,1],
"trace_tree":[1,0,5,500,[2,1,1,10,[3,2,2000,2000000,[]],4,3,10,3000,[]]],
"samples":[0,3,250000,105,500000,105,1000000,305],
"locations":[],
"strings":["","User","Cache","handler","makeUser","/srv/app.js"]}"#;

#[test]
fn a_timeline_says_what_is_alive_by_time_and_function() {
    for (name, file) in [
        ("timeline", TIMELINE.to_owned()),
        ("timeline-moments", {
            let start = TIMELINE.find("[1,0,5,500").expect("there");
            let end = TIMELINE.find(",\n\"samples\"").expect("there");
            format!("{}[]{}", &TIMELINE[..start], &TIMELINE[end..])
        }),
    ] {
        let mut reader = TracedReader::default();
        reader.push(file.as_bytes()).expect("readable");
        let (snapshot, traces) = reader.finish().expect("whole");
        let heap = Heap::fast("app.heaptimeline", &snapshot);
        let report = timeline(&heap, &traces, &TimelineOptions::default()).unwrap();
        assert_report(name, report, text::timeline::render);
    }
}
