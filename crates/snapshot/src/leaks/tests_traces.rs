//! Traces: what holds for every heap, and what is left out of long ones. Which reference is
//! named on heaps of real programs is tested with the programs (`__test__`).

use super::testing::{leaking, property, random_heap};
use super::{Expectation, Investigation, LeakKind, Thresholds, Trace};
use crate::testing::Graph;
use crate::{Analysis, EdgeType};

fn traces(graph: &Graph, thresholds: &Thresholds) -> Vec<Trace> {
    let snapshot = graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let findings = Investigation::of(&snapshot, &analysis).findings(thresholds);
    findings.into_iter().map(|one| one.trace).collect()
}

#[test]
fn the_reference_to_cut_is_one_of_the_steps_and_no_step_behind_it_is_expected() {
    let all = Thresholds {
        min_held: 1,
        min_bytes: 0,
        min_odd_bytes: 0,
        min_share: 0.0,
        few_bytes: 0,
        few_share: 0.0,
        few_held: 1,
        few_handles: 1,
        single_bytes: 0,
        single_share: 0.0,
    };
    let mut seen = 0;
    for seed in 0..2000 {
        for trace in traces(&random_heap(seed), &all) {
            seen += 1;
            assert!(trace.cut < trace.steps.len(), "{seed}: {trace:?}");
            let behind = &trace.steps[trace.cut.max(1)..];
            let is_unexpected =
                |step: &super::TraceStep| step.expectation == Expectation::Unexpected;
            assert!(behind.iter().all(is_unexpected), "{seed}: {trace:?}");
        }
    }
    assert!(seen > 1000, "{seen} traces");
}

#[test]
fn a_long_trace_is_told_without_its_middle_and_with_the_cut() {
    let mut graph = Graph::new();
    let mut at = graph.global();
    for step in 0..100 {
        at = property(
            &mut graph,
            at,
            &format!("p{step}"),
            &format!("Class{step}"),
            16,
        );
    }
    let list = property(&mut graph, at, "list", "Array", 16);
    for index in 0..2000 {
        let item = graph.object("Item", 600);
        graph.indexed(list, EdgeType::Element, index, item);
    }
    let found = traces(&graph, &Thresholds::default());
    let [trace] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(trace.steps.len(), 41);
    assert_eq!(trace.steps[28].reference, "… (63 more) …");
    assert_eq!(trace.steps[trace.cut].reference, "[x]");
    assert_eq!(trace.steps[trace.cut].class, "Item");
}

#[test]
fn a_chain_that_leads_back_is_cut_there_and_any_other_at_its_first_link() {
    for (link, cut) in [("previous", ".previous"), ("next", ".head")] {
        let mut graph = Graph::new();
        let global = graph.global();
        let mut at = property(&mut graph, global, "head", "Link", 600);
        for _ in 0..2000 {
            at = property(&mut graph, at, link, "Link", 600);
        }
        let found = traces(&graph, &Thresholds::default());
        let [trace] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(trace.kind, LeakKind::List);
        assert_eq!(trace.steps[trace.cut].reference, cut);
    }
}

#[test]
fn what_only_names_lead_to_is_expected_and_an_entry_is_not_known() {
    let found = traces(&leaking(2000), &Thresholds::default());
    let steps = found[0].steps.iter();
    let said: Vec<_> = steps
        .map(|step| (step.reference.as_str(), step.expectation))
        .collect();
    assert_eq!(
        said,
        [
            ("globalThis", Expectation::Expected),
            (".app", Expectation::Expected),
            (".registry", Expectation::Expected),
            (".listeners", Expectation::Expected),
            ("(entry)", Expectation::Unknown),
            ("[x]", Expectation::Unexpected),
        ]
    );
}
