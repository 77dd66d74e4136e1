//! Meters of several threads: nothing that was counted is lost, whoever ends when.

use std::sync::atomic::{AtomicBool, Ordering};

use memwatch_detector::gc::trend::{self, Kind, State, Trend};
use memwatch_detector::gc::{GcKind, HeapNumbers, Leak};
use memwatch_detector::meters::{
    LeakKind, LeakStates, Meters, PauseKind, Reading, ThreadMeter, ThreadRole,
};

/// V8's numbers with this base and limit.
fn heap(base: u64, limit: u64) -> HeapNumbers {
    HeapNumbers {
        used_heap_size: base,
        heap_size_limit: limit,
        ..HeapNumbers::default()
    }
}

fn read(meters: &Meters, role: ThreadRole) -> Reading {
    let readings = meters.read();
    let found = readings.iter().find(|(of, _)| *of == role);
    found.expect("a thread of this role").1
}

#[test]
fn a_role_is_told_from_its_first_thread_on() {
    let meters = Meters::new();
    assert_eq!(meters.read(), []);
    let worker = meters.join(ThreadRole::Worker);
    assert_eq!(meters.read(), [(ThreadRole::Worker, Reading::default())]);
    meters.leave(&worker);
    assert_eq!(meters.read(), [(ThreadRole::Worker, Reading::default())]);
}

#[test]
fn both_collections_of_the_young_generation_are_minor() {
    assert_eq!(PauseKind::from(GcKind::Scavenge), PauseKind::Minor);
    assert_eq!(PauseKind::from(GcKind::MinorMarkSweep), PauseKind::Minor);
    assert_eq!(PauseKind::from(GcKind::MarkSweep), PauseKind::Major);
}

#[test]
fn counters_of_a_thread_outlive_it_and_its_gauges_do_not() {
    let meters = Meters::new();
    let worker = meters.join(ThreadRole::Worker);
    worker.add_pause(PauseKind::Major, 7);
    worker.add_leak(LeakKind::External);
    worker.set_heap(&heap(100, 1000));
    worker.set_leak_states(&LeakStates {
        suspected: [false, true, false, false, false],
        paused: [false; 5],
        growth_bytes_per_second: 5.0,
        limit_at_unix_s: 9.0,
    });
    let before = read(&meters, ThreadRole::Worker);
    assert_eq!(before.base_bytes, 100);
    assert_eq!(
        before.leak_states.suspected,
        [false, true, false, false, false]
    );
    meters.leave(&worker);
    let after = read(&meters, ThreadRole::Worker);
    assert_eq!(after.pauses, before.pauses);
    assert_eq!(after.leaks, [0, 1, 0, 0, 0]);
    assert_eq!((after.base_bytes, after.limit_bytes), (0, 0));
    assert_eq!(after.leak_states, LeakStates::default());
}

#[test]
fn a_thread_that_leaves_twice_is_counted_once() {
    let meters = Meters::new();
    let worker = meters.join(ThreadRole::Worker);
    worker.add_pause(PauseKind::Minor, 1);
    meters.leave(&worker);
    meters.leave(&worker);
    assert_eq!(
        read(&meters, ThreadRole::Worker).pauses[PauseKind::Minor as usize].count(),
        1
    );
}

#[test]
fn workers_are_summed_and_the_main_thread_stands_alone() {
    let meters = Meters::new();
    let main = meters.join(ThreadRole::Main);
    main.set_heap(&heap(1, 2));
    for (base, growth, limit_at) in [(10, 1.5, f64::INFINITY), (20, -0.5, 77.0)] {
        let worker = meters.join(ThreadRole::Worker);
        worker.set_heap(&heap(base, 100));
        worker.set_leak_states(&LeakStates {
            suspected: [growth > 0.0, false, false, false, false],
            paused: [false; 5],
            growth_bytes_per_second: growth,
            limit_at_unix_s: limit_at,
        });
    }
    let workers = read(&meters, ThreadRole::Worker);
    assert_eq!((workers.base_bytes, workers.limit_bytes), (30, 200));
    assert_eq!(
        workers.leak_states,
        LeakStates {
            suspected: [true, false, false, false, false],
            paused: [false; 5],
            growth_bytes_per_second: 1.0,
            limit_at_unix_s: 77.0
        }
    );
    assert_eq!(read(&meters, ThreadRole::Main).base_bytes, 1);
}

#[test]
fn a_suspicion_has_paused_where_it_goes_on_in_no_thread() {
    let meters = Meters::new();
    let workers = [(); 3].map(|()| meters.join(ThreadRole::Worker));
    let [first, second, _well] = &workers;
    let set = |worker: &ThreadMeter, paused| {
        worker.set_leak_states(&LeakStates {
            suspected: [true, false, false, false, false],
            paused: [paused, false, false, false, false],
            ..LeakStates::default()
        });
    };
    for (pauses, together) in [
        ([false, false], false),
        ([true, false], false),
        ([false, true], false),
        ([true, true], true),
    ] {
        set(first, pauses[0]);
        set(second, pauses[1]);
        let states = read(&meters, ThreadRole::Worker).leak_states;
        assert_eq!(states.suspected, [true, false, false, false, false]);
        assert_eq!(states.paused, [together, false, false, false, false]);
    }
}

/// The states of a detector that has seen nothing, to be changed.
fn states() -> [trend::KindAssessment; 3] {
    let state = Trend::new(&trend::Reading::default()).assessment();
    assert_eq!(
        state.kinds.map(|found| found.kind),
        [Kind::Heap, Kind::External, Kind::Native]
    );
    state.kinds
}

#[test]
fn a_meter_has_the_states_of_all_kinds_and_rate_and_limit_of_the_heap() {
    let mut kinds = states();
    assert_eq!(LeakStates::of_memory(&kinds), LeakStates::default());
    kinds[0].state = State::Suspected;
    kinds[0].rate = 2.0;
    kinds[0].limit_unix_us = Some(77_000_000);
    kinds[2].state = State::Confirmed;
    let states = LeakStates::of_memory(&kinds);
    assert_eq!(states.suspected, [true, false, true, false, false]);
    assert_eq!(states.paused, [false; 5]);
    assert_eq!(states.growth_bytes_per_second, 2.0);
    assert_eq!(states.limit_at_unix_s, 77.0);
}

#[test]
fn growth_that_has_paused_stays_suspected_and_has_no_rate() {
    let mut kinds = states();
    kinds[0].state = State::Paused;
    kinds[0].rate = 2.0;
    kinds[1].state = State::Paused;
    let states = LeakStates::of_memory(&kinds);
    assert_eq!(states.suspected, [true, true, false, false, false]);
    assert_eq!(states.paused, [true, true, false, false, false]);
    assert_eq!(states.growth_bytes_per_second, 0.0);
    assert_eq!(states.limit_at_unix_s, f64::INFINITY);
}

#[test]
fn a_leak_of_the_original_rule_alone_is_of_the_heap() {
    let leak = Leak {
        start_unix_us: 0,
        end_unix_us: 10_000_000,
        elapsed_us: 10_000_000,
        growth: 100,
        consecutive: 5,
    };
    let states = LeakStates::of_leak(&leak, &heap(400, 500));
    assert_eq!(states.suspected, [true, false, false, false, false]);
    assert_eq!(states.growth_bytes_per_second, 10.0);
    assert_eq!(states.limit_at_unix_s, 20.0);
}

#[test]
fn threads_are_a_kind_of_their_own() {
    let mut states = LeakStates::of_memory(&states());
    states.set(LeakKind::Threads, State::Paused);
    assert_eq!(states.suspected, [false, false, false, true, false]);
    assert_eq!(states.paused, [false, false, false, true, false]);
    states.set(LeakKind::Threads, State::Ok);
    assert_eq!(states, LeakStates::default());
}

#[test]
fn what_is_no_number_is_not_told() {
    let meters = Meters::new();
    let main = meters.join(ThreadRole::Main);
    main.set_leak_states(&LeakStates {
        growth_bytes_per_second: f64::NAN,
        limit_at_unix_s: f64::NAN,
        ..LeakStates::default()
    });
    assert_eq!(
        read(&meters, ThreadRole::Main).leak_states,
        LeakStates::default()
    );
}

/// Threads that come and go while another one reads: no count ever goes back, and in
/// the end all are there.
#[test]
fn no_count_is_lost_or_goes_back_while_threads_come_and_go() {
    const THREADS: u64 = 8;
    const LIVES: u64 = 20;
    const PAUSES: u64 = 50;
    let meters = Meters::new();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let now: u64 = meters
                    .read()
                    .iter()
                    .map(|(_, reading)| reading.pauses[PauseKind::Minor as usize].count())
                    .sum();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
        });
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..LIVES {
                        let meter = meters.join(ThreadRole::Worker);
                        for pause in 0..PAUSES {
                            meter.add_pause(PauseKind::Minor, pause);
                        }
                        meters.leave(&meter);
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().expect("no panic");
        }
        done.store(true, Ordering::Relaxed);
        reader.join().expect("no panic");
    });
    let pauses = read(&meters, ThreadRole::Worker).pauses[PauseKind::Minor as usize];
    assert_eq!(pauses.count(), THREADS * LIVES * PAUSES);
    assert_eq!(pauses.sum_ns, THREADS * LIVES * (0..PAUSES).sum::<u64>());
}
