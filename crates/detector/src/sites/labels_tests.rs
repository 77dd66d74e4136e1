//! Labels of calls, and the parts of a suspect's growth: the rule's cases. Made-up profiles are in `labels_oracle`.

use super::inlined::{CallTree, TimedCall};
use super::labels::{Label, LabelBook, LabelKind};
use super::profile::Profile;
use super::suspects::suspects;
use super::table::table;
use super::testing::ProfileBuilder;
use crate::sites::Series;

pub(super) const A: &str = "label memwatch:label/1";
pub(super) const B: &str = "label memwatch:label/2";
pub(super) const NONE_YET: &str = "label memwatch:label/0";
pub(super) const MICROTASKS: &str = "processTicksAndRejections node:internal/process/task_queues";

fn label(name: &str) -> Label {
    Label {
        name: name.to_owned(),
        kind: LabelKind::Route,
    }
}

pub(super) fn book() -> LabelBook {
    let mut book = LabelBook::default();
    book.name(1, label("A"));
    book.name(2, label("B"));
    book.set_depth(48);
    book
}

/// A function of its own line, so that places tell functions apart as in a program.
pub(super) fn with_lines(mut profile: Profile) -> Profile {
    for (index, function) in profile.functions.iter_mut().enumerate() {
        function.line = u32::try_from(index).unwrap() + 1;
    }
    profile
}

/// Labels of the first suspect, as `name percent`; `?` for what is not known.
fn told(profile: &Profile, timed: &CallTree, book: &LabelBook) -> Vec<String> {
    let growth = Series::default().growth(profile);
    let found = suspects(profile, &growth, timed, book, &["/own/".to_owned()], 1);
    let labels = found.first().map_or(&[][..], |site| &site.labels);
    labels
        .iter()
        .map(|part| {
            let name = part.label.as_ref().map_or("?", |label| label.name.as_str());
            format!("{name} {:.0}", part.share * 100.0)
        })
        .collect()
}

fn told_of(builder: ProfileBuilder) -> Vec<String> {
    told(&builder.build(), &CallTree::default(), &book())
}

#[test]
fn growth_is_divided_by_the_label_on_its_stack() {
    let builder = ProfileBuilder::new()
        .samples(
            &["emit node:events", A, "handle app.js", "keep app.js"],
            90,
            1..=10,
        )
        .samples(
            &["emit node:events", B, "other app.js", "keep app.js"],
            10,
            11..=20,
        );
    assert_eq!(told_of(builder), ["A 90", "B 10"]);
}

#[test]
fn the_innermost_label_is_that_of_the_call() {
    let stack = ["serve app.js", A, "handle app.js", B, "job app.js"];
    assert_eq!(
        told_of(ProfileBuilder::new().samples(&stack, 9, 1..=10)),
        ["B 100"]
    );
}

#[test]
fn what_has_no_label_is_not_known() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 75, 1..=10)
        .samples(
            &["listOnTimeout node:internal/timers", "keep app.js"],
            25,
            11..=20,
        );
    assert_eq!(told_of(builder), ["A 75", "? 25"]);
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 75, 1..=10)
        .samples(&[NONE_YET, "keep app.js"], 25, 11..=20);
    assert_eq!(told_of(builder), ["A 75", "? 25"]);
    let builder = ProfileBuilder::new().samples(&["keep app.js"], 75, 1..=10);
    assert_eq!(told_of(builder), Vec::<String>::new());
}

const NOT_DRAWN: &str = "label memwatch:label/4294967294";

#[test]
fn requests_that_were_not_drawn_are_divided_as_those_that_were() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 9, 1..=9)
        .samples(&[B, "keep app.js"], 3, 10..=12)
        .samples(&[NOT_DRAWN, "keep app.js"], 4, 13..=112)
        .samples(&["keep app.js"], 50, 113..=114);
    // Of 90, 400 and 100 bytes: 490 as 81 to 9.
    assert_eq!(told_of(builder), ["A 75", "B 8", "? 17"]);
}

#[test]
fn of_few_requests_that_were_drawn_nothing_is_concluded_for_the_others() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 5, 1..=5)
        .samples(&[NOT_DRAWN, "keep app.js"], 75, 6..=6);
    assert_eq!(told_of(builder), ["A 25", "? 75"]);
}

#[test]
fn a_task_in_a_request_that_was_not_drawn_has_its_label() {
    let mut book = book();
    book.name(
        9,
        Label {
            name: "job".to_owned(),
            kind: LabelKind::Task,
        },
    );
    let job = "label memwatch:label/9";
    let profile = ProfileBuilder::new()
        .samples(&[NOT_DRAWN, "serve app.js", job, "keep app.js"], 80, 1..=10)
        .samples(&[NOT_DRAWN, "serve app.js", "keep app.js"], 20, 11..=20)
        .build();
    assert_eq!(
        told(&profile, &CallTree::default(), &book),
        ["job 80", "? 20"]
    );
}

#[test]
fn labels_of_one_name_are_one() {
    let mut book = book();
    book.name(2, label("A"));
    let profile = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 50, 1..=10)
        .samples(&[B, "keep app.js"], 50, 11..=20)
        .build();
    assert_eq!(told(&profile, &CallTree::default(), &book), ["A 100"]);
}

#[test]
fn three_labels_are_told_at_most() {
    let mut book = book();
    let mut builder = ProfileBuilder::new();
    for (id, bytes) in [(1, 30), (2, 25), (3, 20), (4, 15), (5, 10)] {
        book.name(id, label(&format!("L{id}")));
        let frame = format!("label memwatch:label/{id}");
        let ids = u64::from(id) * 10..u64::from(id) * 10 + 10;
        builder = builder.samples(&[&frame, "keep app.js"], bytes, ids);
    }
    let told = told(&builder.build(), &CallTree::default(), &book);
    assert_eq!(told, ["L1 30", "L2 25", "L3 20"]);
}

#[test]
fn what_goes_on_after_an_await_is_the_label_of_the_function_that_goes_on() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "handle app.js"], 1, 1..=10)
        .samples(&[MICROTASKS, "handle app.js", "keep app.js"], 99, 11..=20);
    assert_eq!(told_of(builder), ["A 100"]);
}

#[test]
fn a_function_that_two_labels_run_is_of_neither_when_it_goes_on() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "handle app.js"], 1, 1..=10)
        .samples(&[B, "handle app.js"], 1, 11..=20)
        .samples(&[MICROTASKS, "handle app.js", "keep app.js"], 98, 21..=30);
    assert_eq!(told_of(builder), ["A 1", "B 1", "? 98"]);
}

#[test]
fn what_a_timer_runs_is_of_no_label_though_a_route_runs_it_too() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 1, 1..=10)
        .samples(
            &["listOnTimeout node:internal/timers", "keep app.js"],
            99,
            11..=20,
        );
    assert_eq!(told_of(builder), ["A 1", "? 99"]);
}

#[test]
fn a_loop_of_the_programs_that_calls_what_a_route_calls_is_not_the_route() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "keep app.js"], 1, 1..=10)
        .samples(&[MICROTASKS, "forever app.js", "keep app.js"], 99, 11..=20);
    assert_eq!(told_of(builder), ["A 1", "? 99"]);
}

#[test]
fn one_sighting_makes_no_label() {
    let builder = ProfileBuilder::new()
        .samples(&[A, "handle app.js"], 1, 1..=1)
        .samples(&["handle app.js", "keep app.js"], 99, 11..=20);
    assert_eq!(told_of(builder), Vec::<String>::new());
}

#[test]
fn work_that_was_handed_over_is_known_wherever_it_runs() {
    let stack = [
        "onread node:net",
        "query /x/node_modules/db/i.js",
        "handle app.js",
        "keep app.js",
    ];
    let profile = with_lines(ProfileBuilder::new().samples(&stack, 5, 1..=10).build());
    let handle = profile
        .functions
        .iter()
        .find(|f| f.name == "handle")
        .unwrap();
    let mut book = book();
    book.note_work(handle.script_id, handle.line, handle.column, 1);
    assert_eq!(told(&profile, &CallTree::default(), &book), ["A 100"]);
    // The same function for another label: it is neither's.
    book.note_work(handle.script_id, handle.line, handle.column, 2);
    assert_eq!(
        told(&profile, &CallTree::default(), &book),
        Vec::<String>::new()
    );
}

#[test]
fn a_stack_of_which_only_the_inner_part_was_kept_is_not_known() {
    let mut book = book();
    book.set_depth(2);
    let builder = ProfileBuilder::new()
        .samples(&[A, "handle app.js"], 1, 1..=10)
        .samples(&["handle app.js", "keep app.js"], 99, 11..=20);
    let profile = builder.build();
    assert_eq!(told(&profile, &CallTree::default(), &book), ["A 1", "? 99"]);
    // Of another's sampler the depth is not known: the deepest stacks may be cut.
    book.set_depth(0);
    assert_eq!(told(&profile, &CallTree::default(), &book), ["A 1", "? 99"]);
}

#[test]
fn a_cpu_profile_sees_functions_under_labels_too() {
    let profile = ProfileBuilder::new()
        .samples(&["handle app.js", "keep app.js"], 99, 1..=10)
        .build();
    let call = |name: &str, hits, callees: &[usize]| TimedCall {
        function: ProfileBuilder::new().stack(&[name], 1).build().functions[1].clone(),
        hits,
        callees: callees.to_vec(),
    };
    let timed = CallTree {
        calls: vec![
            call("emit node:events", 0, &[1]),
            call(A, 1, &[2]),
            call("handle app.js", 9, &[]),
        ],
    };
    let profile = timed.complete(&profile);
    assert_eq!(told(&profile, &timed, &book()), ["A 100"]);
}

#[test]
fn frames_of_labels_are_in_no_stack_and_answer_for_nothing() {
    let stack = [
        "parserOnIncoming node:_http_common",
        "emit /own/labels/http.js",
        A,
        "apply",
        "set node:net",
    ];
    let profile = ProfileBuilder::new().samples(&stack, 9, 1..=10).build();
    let growth = Series::default().growth(&profile);
    let own = ["/own/".to_owned()];
    let found = suspects(&profile, &growth, &CallTree::default(), &book(), &own, 3);
    let name = |&function: &usize| profile.functions[function].name.as_str();
    assert_eq!(
        found
            .iter()
            .map(|site| name(&site.function))
            .collect::<Vec<_>>(),
        ["set"]
    );
    assert_eq!(
        found[0].stack.iter().map(name).collect::<Vec<_>>(),
        ["set", "apply", "parserOnIncoming"]
    );
    let rows = table(&profile, &growth, &CallTree::default(), &book(), &own, 3);
    assert_eq!(rows[0].labels, found[0].labels);
    assert_eq!(rows[0].labels.len(), 1);
}
