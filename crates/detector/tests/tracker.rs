//! Groups, suspension, settings in use, and any numbers whatever. That the
//! arithmetic is the original's is `original_rule.rs`.

mod common;

use memwatch_detector::gc::{
    Counters, FullCollection, GcKind, HeapNumbers, Leak, Settings, Step, Tally, Tracker,
};

const SECOND_US: i64 = 1_000_000;

/// A full collection that left `base` bytes at `second`, with a pause of 7 ns.
fn collection(base: u64, second: i64) -> FullCollection {
    common::collection(base, second * SECOND_US, 7)
}

fn step(tracker: &mut Tracker, base: u64, second: i64) -> Step {
    tracker
        .full(collection(base, second))
        .expect("outside groups and suspensions a full collection is a step")
}

/// Steps with these bases a second apart; the places, from 1, of the leaks.
fn places_of_leaks(tracker: &mut Tracker, bases: &[u64]) -> Vec<usize> {
    (1..)
        .zip(bases)
        .filter_map(|(place, base)| step(tracker, *base, place as i64).leak.map(|_| place))
        .collect()
}

// What counts as what.

#[test]
fn a_scavenge_is_not_a_full_collection() {
    let mut tracker = Tracker::default();
    tracker.minor(GcKind::Scavenge, 5);
    tracker.minor(GcKind::Scavenge, 6);
    let stats = step(&mut tracker, 100, 0).stats;
    assert_eq!((stats.num_full_gc, stats.num_inc_gc), (1, 2));
    assert_eq!(
        stats.counters.scavenge,
        Tally {
            count: 2,
            pause_ns: 11
        }
    );
}

#[test]
fn each_kind_is_counted_apart_and_all_but_mark_sweeps_together() {
    let mut tracker = Tracker::default();
    tracker.minor(GcKind::Scavenge, 1);
    tracker.minor(GcKind::MinorMarkSweep, 2);
    tracker.minor(GcKind::IncrementalMarking, 3);
    tracker.minor(GcKind::WeakCallbacks, 4);
    let stats = step(&mut tracker, 100, 0).stats;
    let once = |pause_ns| Tally { count: 1, pause_ns };
    assert_eq!(
        stats.counters,
        Counters {
            scavenge: once(1),
            minor_mark_sweep: once(2),
            incremental_marking: once(3),
            weak_callbacks: once(4),
            mark_sweep: once(7),
            probe: Tally::default(),
        }
    );
    assert_eq!(stats.num_inc_gc, 4);
}

#[test]
fn a_mark_sweep_told_as_minor_is_counted_by_its_kind_and_is_no_step() {
    let mut tracker = Tracker::default();
    tracker.minor(GcKind::MarkSweep, 3);
    assert_eq!(tracker.counters().mark_sweep.count, 1);
    let stats = step(&mut tracker, 100, 0).stats;
    assert_eq!((stats.num_full_gc, stats.num_inc_gc), (1, 0));
}

#[test]
fn a_probe_is_counted_as_what_it_is_and_as_nothing_else() {
    let mut tracker = Tracker::default();
    let before = step(&mut tracker, 100, 0).stats;
    tracker.probe();
    tracker.probe_pause(5);
    tracker.probe_pause(6);
    let after = step(&mut tracker, 101, 1).stats;
    let probe = Tally {
        count: 1,
        pause_ns: 11,
    };
    assert_eq!(after.counters.probe, probe);
    assert_eq!(
        (
            after.num_full_gc,
            after.num_inc_gc,
            after.counters.mark_sweep.count
        ),
        (2, before.num_inc_gc, 2)
    );
}

#[test]
fn collections_count_one_by_one_outside_of_groups_and_suspensions() {
    let mut tracker = Tracker::default();
    assert!(tracker.counts_each());
    tracker.begin_group();
    assert!(!tracker.counts_each());
    tracker.end_group();
    tracker.suspend();
    assert!(!tracker.counts_each());
    tracker.resume();
    assert!(tracker.counts_each());
}

#[test]
fn the_collection_itself_comes_with_the_stats() {
    let given = FullCollection {
        at_us: 77,
        at_unix_us: 1_700_000_000_123_456,
        pause_ns: 9,
        heap: HeapNumbers {
            used_heap_size: 1,
            external_memory: 2,
            heap_size_limit: 3,
            ..HeapNumbers::default()
        },
        rss: Some(4),
        array_buffers: Some(5),
    };
    let stats = Tracker::default().full(given).unwrap().stats;
    assert_eq!(stats.collection, given);
    assert_eq!(stats.rounds, 1);
}

// The rule.

#[test]
fn the_first_full_collection_counts_as_growth() {
    let bases = [10, 11, 12, 13, 14];
    assert_eq!(places_of_leaks(&mut Tracker::default(), &bases), [5]);
}

#[test]
fn a_base_that_stays_ends_the_row() {
    let bases = [10, 11, 12, 13, 13, 14, 15, 16, 17, 18, 19];
    assert_eq!(places_of_leaks(&mut Tracker::default(), &bases), [10]);
}

#[test]
fn a_leak_tells_the_first_and_last_growing_collection_and_what_lies_between() {
    let mut tracker = Tracker::default();
    let leaks: Vec<_> = (0..5)
        .filter_map(|i| {
            let mut collection = collection(1_000 + 10 * i, 0);
            collection.at_unix_us = 1_700_000_000_000_000 + 250_000 * i as i64;
            tracker.full(collection).unwrap().leak
        })
        .collect();
    assert_eq!(
        leaks,
        [Leak {
            start_unix_us: 1_700_000_000_000_000,
            end_unix_us: 1_700_000_001_000_000,
            elapsed_us: 1_000_000,
            growth: 40,
            consecutive: 5,
        }]
    );
}

#[test]
fn a_clock_set_back_costs_its_own_interval_only() {
    let mut tracker = Tracker::default();
    let leak = [100, 110, 50, 60, 70]
        .into_iter()
        .zip(1..)
        .find_map(|(second, base)| step(&mut tracker, base, second).leak)
        .unwrap();
    assert_eq!(leak.elapsed_us, 30 * SECOND_US);
    assert_eq!(leak.end_unix_us, 70 * SECOND_US);
}

#[test]
fn an_interval_too_long_to_count_is_the_longest_there_is() {
    let mut settings = Settings::default();
    settings.set_consecutive_growth_limit(2);
    let mut tracker = Tracker::new(settings);
    tracker.full(common::collection(1, i64::MIN, 0));
    let step = tracker.full(common::collection(2, i64::MAX, 0)).unwrap();
    assert_eq!(step.leak.unwrap().elapsed_us, i64::MAX);
}

#[test]
fn a_limit_lowered_within_a_row_tells_how_long_the_row_was() {
    let mut tracker = Tracker::default();
    assert!(places_of_leaks(&mut tracker, &[1, 2, 3, 4]).is_empty());
    tracker.settings_mut().set_consecutive_growth_limit(2);
    let leak = step(&mut tracker, 5, 9).leak.unwrap();
    assert_eq!((leak.consecutive, leak.growth), (5, 4));
}

#[test]
fn the_limit_set_is_the_limit_used() {
    let mut settings = Settings::default();
    settings.set_consecutive_growth_limit(3);
    let bases = [1, 2, 3, 4, 5, 6, 7];
    assert_eq!(places_of_leaks(&mut Tracker::new(settings), &bases), [3, 6]);
}

#[test]
fn a_trend_that_rounds_to_nothing_is_zero_and_not_minus_zero() {
    let mut tracker = Tracker::default();
    for _ in 0..20 {
        step(&mut tracker, 1_000_000, 0);
    }
    let stats = step(&mut tracker, 999_000, 0).stats;
    assert!(stats.estimated_base < 1_000_000);
    assert_eq!(stats.usage_trend.to_bits(), 0.0_f64.to_bits());
}

// Groups.

#[test]
fn the_rounds_of_a_group_are_one_step() {
    let mut tracker = Tracker::default();
    step(&mut tracker, 50, 0);
    tracker.begin_group();
    assert_eq!(tracker.full(collection(120, 1)), None);
    assert_eq!(tracker.full(collection(100, 2)), None);
    let stats = tracker.end_group().unwrap().stats;
    assert_eq!((stats.num_full_gc, stats.heap_compactions), (2, 2));
    assert_eq!(stats.rounds, 2);
    assert_eq!(
        stats.current_base, 100,
        "the heap is that of the last round"
    );
    assert_eq!(stats.collection.at_unix_us, 2 * SECOND_US);
    assert_eq!(stats.collection.pause_ns, 14, "the pauses are added up");
    assert_eq!(
        stats.counters.mark_sweep.count, 3,
        "the counters by kind are V8's, round by round"
    );
}

#[test]
fn forced_collections_of_two_rounds_raise_a_leak() {
    let mut tracker = Tracker::default();
    let leaks: Vec<_> = (1..=12)
        .filter(|i| {
            tracker.begin_group();
            tracker.full(collection(1_000 * i + 24, *i as i64));
            tracker.full(collection(1_000 * i, *i as i64));
            tracker.end_group().unwrap().leak.is_some()
        })
        .collect();
    assert_eq!(leaks, [5, 10]);
}

#[test]
fn the_same_rounds_without_groups_raise_none() {
    let bases: Vec<_> = (1..=12).flat_map(|i| [1_000 * i + 24, 1_000 * i]).collect();
    assert!(places_of_leaks(&mut Tracker::default(), &bases).is_empty());
}

#[test]
fn a_group_without_a_full_collection_is_no_step() {
    let mut tracker = Tracker::default();
    tracker.begin_group();
    tracker.minor(GcKind::Scavenge, 1);
    assert_eq!(tracker.end_group(), None);
    assert_eq!(tracker.counters().scavenge.count, 1);
    assert_eq!(step(&mut tracker, 1, 1).stats.num_full_gc, 1);
}

#[test]
fn a_group_inside_a_group_is_part_of_it() {
    let mut tracker = Tracker::default();
    tracker.begin_group();
    tracker.full(collection(1, 1));
    tracker.begin_group();
    tracker.full(collection(2, 2));
    assert_eq!(tracker.end_group(), None);
    tracker.full(collection(3, 3));
    assert_eq!(tracker.end_group().unwrap().stats.rounds, 3);
}

#[test]
fn the_group_after_a_group_starts_afresh() {
    let mut tracker = Tracker::default();
    for _ in 0..2 {
        tracker.begin_group();
        tracker.full(collection(1, 1));
        assert_eq!(tracker.end_group().unwrap().stats.rounds, 1);
    }
}

#[test]
fn ends_without_beginnings_do_nothing() {
    let mut tracker = Tracker::default();
    assert_eq!(tracker.end_group(), None);
    tracker.resume();
    assert_eq!(step(&mut tracker, 1, 1).stats.num_full_gc, 1);
    tracker.suspend();
    assert_eq!(
        tracker.full(collection(2, 2)),
        None,
        "the surplus end is no credit"
    );
}

// Suspension.

#[test]
fn nothing_is_counted_while_suspended() {
    let mut tracker = Tracker::default();
    step(&mut tracker, 10, 0);
    let before = *tracker.counters();
    tracker.suspend();
    assert_eq!(tracker.full(collection(5, 1)), None);
    tracker.minor(GcKind::Scavenge, 1);
    tracker.minor(GcKind::WeakCallbacks, 1);
    tracker.resume();
    assert_eq!(*tracker.counters(), before);
    let stats = step(&mut tracker, 11, 2).stats;
    assert_eq!((stats.num_full_gc, stats.num_inc_gc), (2, 0));
}

#[test]
fn a_suspended_collection_does_not_interrupt_a_row() {
    let mut tracker = Tracker::default();
    assert!(places_of_leaks(&mut tracker, &[1, 2, 3, 4]).is_empty());
    tracker.suspend();
    tracker.full(collection(1, 5));
    tracker.resume();
    assert!(step(&mut tracker, 5, 6).leak.is_some());
}

#[test]
fn a_nested_suspension_ends_with_the_outermost() {
    let mut tracker = Tracker::default();
    tracker.suspend();
    tracker.suspend();
    tracker.resume();
    assert_eq!(tracker.full(collection(1, 1)), None);
    tracker.resume();
    assert_eq!(step(&mut tracker, 2, 2).stats.num_full_gc, 1);
}

#[test]
fn a_group_may_be_suspended_in_its_midst() {
    let mut tracker = Tracker::default();
    tracker.begin_group();
    tracker.full(collection(1, 1));
    tracker.suspend();
    tracker.full(collection(2, 2));
    tracker.resume();
    tracker.full(collection(3, 3));
    let stats = tracker.end_group().unwrap().stats;
    assert_eq!((stats.rounds, stats.collection.pause_ns), (2, 14));
}

#[test]
fn a_group_within_a_suspension_is_no_step() {
    let mut tracker = Tracker::default();
    tracker.suspend();
    tracker.begin_group();
    tracker.full(collection(1, 1));
    assert_eq!(tracker.end_group(), None);
    tracker.resume();
    assert_eq!(step(&mut tracker, 2, 2).stats.num_full_gc, 1);
}
