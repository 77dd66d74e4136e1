//! The dominator tree as it is drawn, against the dominators one by one, on random graphs.

use super::super::super::testing::{Shop, random_graph};
use super::super::super::{Analysis, NodeOrdinal};
use super::super::*;

const GRAPHS: u64 = 300;
const MAX_NODES: usize = 40;

/// All entries, with the place of their parents.
fn entries(report: &DominatorTreeAnswer) -> Vec<(Option<u64>, &DominatorEntry)> {
    let mut all = vec![(None, &report.root)];
    let mut at = 0;
    while at < all.len() {
        let (_, entry) = all[at];
        all.extend(entry.children.iter().map(|child| (Some(entry.id), child)));
        at += 1;
    }
    all
}

#[test]
fn with_room_for_all_each_object_stands_under_its_dominator() {
    let options = DominatorTreeOptions {
        entries: usize::MAX,
        singles: usize::MAX,
        ..DominatorTreeOptions::default()
    };
    for seed in 0..GRAPHS {
        let snapshot = random_graph(seed, MAX_NODES).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let heap = Heap::exact("a", &snapshot, &analysis);
        let report = dominator_tree(&heap, &options).unwrap();
        let mut told: Vec<(u64, u64, u64)> = entries(&report)
            .into_iter()
            .filter_map(|(parent, entry)| Some((entry.id, parent?, entry.retained_bytes)))
            .collect();
        let mut expected: Vec<(u64, u64, u64)> = (1..snapshot.node_count() as u32)
            .map(NodeOrdinal)
            .filter(|&node| heap.retained(node) > Some(0))
            .filter(|&node| analysis.dominators.immediate(node) != node)
            .map(|node| {
                let dominator = analysis.dominators.immediate(node);
                let id = |node| snapshot.id(node).0;
                (id(node), id(dominator), heap.retained(node).unwrap())
            })
            .collect();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "seed {seed}");
    }
}

#[test]
fn however_little_is_told_no_byte_is_told_twice_or_lost() {
    for seed in 0..GRAPHS {
        let snapshot = random_graph(seed, MAX_NODES).snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let heap = Heap::exact("a", &snapshot, &analysis);
        let options = DominatorTreeOptions {
            entries: 1 + seed as usize % 30,
            singles: seed as usize % 4,
            groups: seed as usize % 3,
            preview_width: 20,
        };
        let report = dominator_tree(&heap, &options).unwrap();
        let all = entries(&report);
        assert_eq!(all.len() as u64, report.entry_count);
        assert!(all.len() <= options.entries.max(1), "seed {seed}");
        for (_, entry) in all {
            let below: u64 = entry
                .children
                .iter()
                .map(|child| child.retained_bytes)
                .sum();
            if !entry.children.is_empty() {
                assert_eq!(
                    entry.retained_bytes,
                    entry.shallow_bytes + below,
                    "seed {seed}"
                );
            }
            assert!(entry.children.len() <= options.singles + options.groups + 1);
        }
    }
}

#[test]
fn what_is_too_many_stands_in_groups_by_class() {
    let shop = Shop::new(50);
    let snapshot = shop.graph.snapshot();
    let analysis = Analysis::of(&snapshot, 1);
    let heap = Heap::exact("a", &snapshot, &analysis);
    let options = DominatorTreeOptions {
        singles: 3,
        groups: 1,
        ..DominatorTreeOptions::default()
    };
    let report = dominator_tree(&heap, &options).unwrap();
    let groups: Vec<_> = entries(&report)
        .into_iter()
        .filter(|(_, entry)| entry.count > 1)
        .collect();
    assert!(!groups.is_empty());
    for (_, group) in groups {
        assert!(group.preview.is_empty() && group.children.is_empty());
    }
}

#[test]
fn a_fast_run_has_no_dominators() {
    let snapshot = Shop::new(1).graph.snapshot();
    let heap = Heap::fast("a", &snapshot);
    let refused = dominator_tree(&heap, &DominatorTreeOptions::default());
    assert_eq!(refused, Err(QueryError::NeedsEdges));
}
