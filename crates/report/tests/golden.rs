//! Every report on the shop, to the letter, as people and as programs see it.
//! After a change that is meant: `UPDATE_GOLDEN=1 cargo test`, and read the diff.

use std::path::Path;

use memwatch_report::text::{self, TextOptions};
use memwatch_snapshot::query::*;
use memwatch_snapshot::testing::Shop;
use memwatch_snapshot::{Analysis, NodeId};
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
