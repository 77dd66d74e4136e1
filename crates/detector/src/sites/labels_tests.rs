//! Labels of calls, and the parts of a suspect's growth: the rule's cases, and made-up profiles against a naive reading
//! of the rule.

use super::blame::Functions;
use super::inlined::{CallTree, TimedCall};
use super::labels::{Label, LabelBook, LabelKind, Labelled, NO_LABEL};
use super::profile::{NodeIndex, Profile};
use super::suspects::suspects;
use super::table::table;
use super::testing::ProfileBuilder;
use crate::sites::Series;

const A: &str = "label memwatch:label/1";
const B: &str = "label memwatch:label/2";
const NONE_YET: &str = "label memwatch:label/0";
const MICROTASKS: &str = "processTicksAndRejections node:internal/process/task_queues";

fn label(name: &str) -> Label {
    Label {
        name: name.to_owned(),
        kind: LabelKind::Route,
    }
}

fn book() -> LabelBook {
    let mut book = LabelBook::default();
    book.name(1, label("A"));
    book.name(2, label("B"));
    book.set_depth(48);
    book
}

/// A function of its own line, so that places tell functions apart as in a program.
fn with_lines(mut profile: Profile) -> Profile {
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

/// Numbers that are the same in every run: xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const FRAMES: [&str; 12] = [
    A,
    B,
    NONE_YET,
    "label memwatch:label/9",
    MICROTASKS,
    "emit node:events",
    "apply",
    "query /x/node_modules/db/i.js",
    "f app.js",
    "g app.js",
    "h app.js",
    "i app.js",
];

const DEPTH: usize = 6;

/// The rule as it is written, for one stack at a time.
struct Naive<'a> {
    profile: &'a Profile,
    work: Option<usize>,
}

impl Naive<'_> {
    /// Functions from the outermost inwards.
    fn stack(&self, node: NodeIndex) -> Vec<usize> {
        let mut stack: Vec<usize> = self
            .profile
            .stack(node)
            .map(|frame| frame.function)
            .collect();
        stack.reverse();
        stack
    }

    fn text(&self, function: usize) -> (&str, &str) {
        let function = &self.profile.functions[function];
        (&function.name, &function.script)
    }

    fn number(&self, function: usize) -> Option<u32> {
        self.text(function)
            .1
            .strip_prefix("memwatch:label/")?
            .parse()
            .ok()
    }

    fn is_program(&self, function: usize) -> bool {
        self.text(function).1 == "app.js"
    }

    /// The function that begins a microtask, where one does.
    fn beginning(&self, stack: &[usize]) -> Option<usize> {
        let at = stack
            .iter()
            .position(|&function| self.is_program(function))?;
        let around = stack[..at].iter().all(|&function| {
            let script = self.text(function).1;
            script.is_empty() || script.contains("node_modules") || script.ends_with("task_queues")
        });
        around.then_some(stack[at])
    }

    fn is_below(&self, node: NodeIndex, of: NodeIndex) -> bool {
        let mut next = Some(node);
        while let Some(at) = next {
            if at == of {
                return true;
            }
            next = self.profile.nodes[at].caller;
        }
        false
    }

    fn sole(&self, function: usize) -> Option<u32> {
        let mut under: Vec<(u32, u64)> = Vec::new();
        let mut elsewhere = 0;
        for (index, node) in self.profile.nodes.iter().enumerate() {
            if node.function != function {
                continue;
            }
            let below = |&&sample: &&super::profile::Sample| self.is_below(sample.node, index);
            let times = self.profile.samples.iter().filter(below).count() as u64;
            let stack = self.stack(index);
            let label = stack.iter().rev().find_map(|&frame| self.number(frame));
            match label {
                Some(NO_LABEL) => {}
                Some(id) => match under.iter_mut().find(|(known, _)| *known == id) {
                    Some((_, sum)) => *sum += times,
                    None => under.push((id, times)),
                },
                // It begins the microtask itself, or it was called in one.
                None if self.beginning(&stack) == Some(function)
                    && stack
                        .iter()
                        .filter(|&&frame| self.is_program(frame))
                        .count()
                        == 1 => {}
                None => elsewhere += times,
            }
        }
        let all: u64 = under.iter().map(|(_, sum)| sum).sum::<u64>() + elsewhere;
        let (id, times) = under.into_iter().max_by_key(|(_, sum)| *sum)?;
        (times >= 3 && times as f64 >= all as f64 * 0.98).then_some(id)
    }

    fn label(&self, node: NodeIndex) -> Option<u32> {
        let stack = self.stack(node);
        if let Some(id) = stack.iter().rev().find_map(|&frame| self.number(frame)) {
            return (id == 1 || id == 2).then_some(id);
        }
        if self.work.is_some_and(|work| stack.contains(&work)) {
            return Some(1);
        }
        let beginning = self.beginning(&stack)?;
        let sole = self.sole(beginning).filter(|_| stack.len() < DEPTH);
        sole.filter(|id| *id == 1 || *id == 2)
    }
}

#[test]
fn made_up_profiles_are_labelled_as_the_rule_says() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut labelled, mut later) = (0, 0);
    for _ in 0..400 {
        let mut builder = ProfileBuilder::new();
        let mut id = 0;
        for _ in 0..1 + random.below(12) {
            let length = 1 + random.below(DEPTH);
            let stack: Vec<&str> = (0..length)
                .map(|_| FRAMES[random.below(FRAMES.len())])
                .collect();
            let times = 1 + random.below(60) as u64;
            builder = builder.samples(&stack, 1 + random.below(9) as u64, id + 1..=id + times);
            id += times;
        }
        let profile = with_lines(builder.build());
        let mut book = book();
        book.set_depth(DEPTH);
        let work = profile
            .functions
            .iter()
            .position(|f| f.name == "i")
            .filter(|_| random.below(2) == 0);
        if let Some(work) = work {
            let function = &profile.functions[work];
            book.note_work(function.script_id, function.line, function.column, 1);
        }
        let naive = Naive {
            profile: &profile,
            work,
        };
        let functions = Functions::of(&profile, &[]);
        let fast = Labelled::of(&profile, &functions, &CallTree::default(), &book);
        let name = |id: u32| if id == 1 { "A" } else { "B" };
        for node in 1..profile.nodes.len() {
            let expected = naive.label(node);
            let found = fast.known(node).label.map(|label| label.name.as_str());
            assert_eq!(found, expected.map(name), "{:?}", naive.stack(node));
            labelled += usize::from(expected.is_some());
            let has_frame = naive.stack(node).iter().any(|&f| naive.number(f).is_some());
            later += usize::from(expected.is_some() && !has_frame);
        }
        check_shares(&profile, &book, &naive);
    }
    // Else it would have compared little.
    assert!(labelled > 1_000 && later > 100, "{labelled} {later}");
}

/// The parts of the first suspects against sums over all calls.
fn check_shares(profile: &Profile, book: &LabelBook, naive: &Naive<'_>) {
    let growth = Series::default().growth(profile);
    for site in suspects(profile, &growth, &CallTree::default(), book, &[], 3) {
        let mut bytes = [0.0; 3];
        for (index, node) in profile.nodes.iter().enumerate() {
            if naive.stack(index).contains(&site.function) {
                bytes[naive.label(index).unwrap_or(0) as usize] += node.self_bytes as f64;
            }
        }
        let total: f64 = bytes.iter().sum();
        let mut expected: Vec<(&str, f64)> = [("A", 1), ("B", 2)]
            .iter()
            .map(|&(name, id)| (name, bytes[id] / total))
            .filter(|&(_, share)| share >= 0.01)
            .collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        if !expected.is_empty() && bytes[0] / total >= 0.01 {
            expected.push(("?", bytes[0] / total));
        }
        let found: Vec<(&str, f64)> = site
            .labels
            .iter()
            .map(|part| {
                (
                    part.label.as_ref().map_or("?", |l| l.name.as_str()),
                    part.share,
                )
            })
            .collect();
        assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.0, expected.0);
            assert!(
                (found.1 - expected.1).abs() < 1e-9,
                "{found:?} {expected:?}"
            );
        }
    }
}
