//! Labels of calls in made-up profiles, against a naive reading of the rule. The rule's cases are in `labels_tests`.

use super::blame::Functions;
use super::inlined::CallTree;
use super::labels::{LabelBook, Labelled, NO_LABEL};
use super::labels_tests::{A, B, MICROTASKS, NONE_YET, book, with_lines};
use super::profile::{NodeIndex, Profile};
use super::suspects::suspects;
use super::testing::ProfileBuilder;
use crate::sites::Series;

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
