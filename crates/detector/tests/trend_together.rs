//! Growth of several kinds of memory at once: one leak may take memory of two, and each healthy program takes a little of
//! all. Programs are made up; see `common/program.rs`.

mod common;

use common::program::{MB, Program, Run};
use common::random::Random;
use memwatch_detector::gc::trend::{Change, Kind, State};

/// Bytes that a program has of each kind at a time: heap, external, native.
type Memory = fn(f64) -> [f64; 3];

fn program(memory: impl Fn(f64) -> [f64; 3] + Copy + 'static, seed: u64) -> Program {
    let mut random = Random(seed);
    // What allocators and collectors leave by chance, up to half a megabyte.
    let noise: Vec<f64> = (0..4096)
        .map(|_| random.below(500) as f64 / 1000.0)
        .collect();
    Program {
        external: Box::new(move |t| (2.0 + memory(t)[1]) * MB),
        native: Box::new(move |t| {
            let by_chance = noise[(t * 4.0) as usize % noise.len()];
            (30.0 + memory(t)[2] + by_chance) * MB
        }),
        seed,
        ..Program::heap(move |t| (10.0 + memory(t)[0]) * MB)
    }
}

/// What a run had confirmed, and the megabytes that it had grown by in all, at first.
fn confirmed(run: &Run, memory: impl Fn(f64) -> [f64; 3]) -> Option<(Kind, f64)> {
    let leak = run.leak()?;
    let grown = memory(leak.at).iter().sum();
    Some((leak.transition.assessment.kind, grown))
}

#[test]
fn a_calm_leak_that_takes_two_kinds_of_memory_is_found_before_both_have_taken_64_mb() {
    // Native memory of a faster one is not suspected before it has grown by 50 MB, whatever is beside it.
    for rate in [0.35, 0.5, 0.75] {
        for share in [0.05, 0.1, 0.15, 0.25, 0.35, 0.45] {
            // The kind that grows most, and the one beside it.
            for (most, beside) in [(2, 1), (2, 0), (1, 0), (0, 1)] {
                for seed in 1..=3 {
                    let memory = move |t: f64| {
                        let mut grown = [0.0; 3];
                        grown[most] = rate * t * (1.0 - share);
                        grown[beside] = rate * t * share;
                        grown
                    };
                    // Native memory below 32 MB is an allocator's.
                    if most == 2 && 58.0 * (1.0 - share) < 32.0 {
                        continue;
                    }
                    let run = program(memory, seed).run(75.0 / rate);
                    let found = confirmed(&run, memory);
                    assert!(
                        found.is_some_and(|(_, grown)| grown < 64.0),
                        "{rate} MB/s, {share} of it {beside} beside {most}: {found:?}\n{}",
                        run.story()
                    );
                }
            }
        }
    }
}

#[test]
fn the_kind_that_is_reported_is_the_one_that_grows_most() {
    let memory = |t: f64| [0.01 * t, 0.07 * t, 0.45 * t];
    let run = program(memory, 1).run(140.0);
    assert_eq!(
        confirmed(&run, memory).map(|found| found.0),
        Some(Kind::Native),
        "{}",
        run.story()
    );
    let kinds = run.changes();
    assert!(
        !kinds.contains(&(Kind::External, Change::Confirmed)),
        "{}",
        run.story()
    );
}

#[test]
fn of_two_confirmed_kinds_the_one_that_has_grown_by_more_is_the_worst() {
    for [heap, external, native] in [[0.0, 0.6, 2.4], [0.8, 0.0, 2.4], [2.4, 0.8, 0.0]] {
        let memory = move |t: f64| [heap * t, external * t, native * t];
        for seed in 1..=3 {
            let run = program(memory, seed).run(400.0);
            let most = [
                (heap, Kind::Heap),
                (external, Kind::External),
                (native, Kind::Native),
            ]
            .into_iter()
            .max_by(|one, other| one.0.total_cmp(&other.0));
            let confirmed = run
                .trend
                .by_kind()
                .iter()
                .filter(|kind| kind.state == State::Confirmed)
                .count();
            assert!(confirmed == 2, "{confirmed} confirmed\n{}", run.story());
            assert_eq!(
                Some(run.trend.worst_kind().kind),
                most.map(|(_, kind)| kind),
                "{}",
                run.story()
            );
        }
    }
}

/// Healthy programs. Each kind grows a little, and they come to more than one of them may.
const HEALTHY: [(&str, Memory); 7] = [
    (
        "a bounded cache of Buffers beside a little native memory",
        |t| {
            let filled = (0.7 * t).min(32.0);
            [filled * 0.08, filled, filled * 0.12]
        },
    ),
    ("the same, where the cache fills ever more slowly", |t| {
        let filled = 60.0 * (1.0 - (-t / 90.0).exp());
        [filled * 0.1, filled * 0.6, filled * 0.3]
    }),
    ("a warm-up of all kinds", |t| {
        let warm = |bytes: f64, seconds: f64| bytes * (1.0 - (-t / seconds).exp());
        [warm(25.0, 30.0), warm(6.0, 20.0), warm(22.0, 25.0)]
    }),
    (
        "data that is loaded, and native memory that settles behind it",
        |t| {
            [
                (20.0 * t).min(60.0),
                (4.0 * t).min(12.0),
                30.0 * (1.0 - (-t / 40.0).exp()),
            ]
        },
    ),
    (
        "external memory that is freed each half minute beside a heap that warms up",
        |t| {
            [
                18.0 * (t / 120.0).min(1.0).sqrt(),
                0.9 * (t % 30.0),
                6.0 * (t / 60.0).min(1.0),
            ]
        },
    ),
    ("pools that are filled one after the other", |t| {
        [
            (0.5 * t).min(12.0),
            (0.4 * (t - 24.0)).clamp(0.0, 12.0),
            (0.4 * (t - 54.0)).clamp(0.0, 16.0),
        ]
    }),
    (
        "native memory that only goes up a little, beside a heap that was loaded before",
        |t| [(1.0 * t).min(30.0), 1.0, (0.35 * t).min(33.0)],
    ),
];

#[test]
fn healthy_programs_whose_kinds_grow_a_little_together_are_not_called_leaking() {
    for (name, memory) in HEALTHY {
        for seed in 1..=10 {
            let run = program(memory, seed).run(600.0);
            assert!(run.leak().is_none(), "{name}, seed {seed}\n{}", run.story());
        }
    }
}

/// Pieces of growth of one kind each, with rests, at random: in all at most 40 MB, and so never a leak by its bytes.
#[test]
fn growth_of_40_mb_over_all_kinds_is_never_a_leak_within_two_minutes() {
    let mut random = Random(7);
    for case in 0..300 {
        let mut knots = [[0.0; 3]; 7];
        let mut left = 40.0;
        for i in 1..knots.len() {
            knots[i] = knots[i - 1].map(|before| {
                let most = f64::min(left, 6.0);
                let step = most * (random.below(1000) as f64 / 1000.0);
                left -= step;
                before + step
            });
        }
        let memory = move |t: f64| {
            let at = (t / 20.0).min(5.999);
            let (i, share) = (at as usize, at.fract());
            std::array::from_fn(|kind| {
                knots[i][kind] + (knots[i + 1][kind] - knots[i][kind]) * share
            })
        };
        let run = program(memory, case).run(120.0);
        assert!(
            run.leak().is_none(),
            "case {case} {knots:?}\n{}",
            run.story()
        );
    }
}

#[test]
fn native_growth_that_was_too_young_is_sampled_when_it_is_not_and_once_more_right_after() {
    for rate in [0.6, 0.75, 0.85, 0.95, 1.05, 1.15] {
        for seed in 1..=5 {
            let memory = move |t: f64| [0.0, 0.0, rate * t];
            let run = program(memory, seed).run(120.0);
            let times: Vec<_> = run.said.iter().map(|said| said.at).collect();
            let [suspected, confirmed] = times[..] else {
                panic!("{rate} MB/s\n{}", run.story())
            };
            // A minute, of which the first quarter of the growth may be missed, and the time between two readings.
            assert!(
                (45.0..=66.0).contains(&suspected),
                "{rate} MB/s\n{}",
                run.story()
            );
            // It is judged from the fifth second on, and noise is a second of growth.
            let enough_s = f64::max(suspected, 5.0 + 40.0 / rate);
            assert!(confirmed <= enough_s + 6.0, "{rate} MB/s\n{}", run.story());
        }
    }
}
