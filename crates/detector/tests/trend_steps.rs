//! Growth in steps: what is opened and kept one after the other, and leaks that come in waves.

mod common;

use common::program::{MB, Program};
use common::random::Random;

/// A program with 20 MB, and from each of these times on, in seconds, so many MB more.
fn steps(steps: impl IntoIterator<Item = (f64, f64)>, seed: u64) -> Program {
    let steps: Vec<_> = steps.into_iter().collect();
    let live = move |t: f64| {
        let made = steps.iter().filter(|(from, _)| t >= *from);
        (20.0 + made.map(|(_, size)| size).sum::<f64>()) * MB
    };
    Program {
        garbage: 60.0 * MB,
        noise: 4.0 * MB,
        seed,
        ..Program::heap(live)
    }
}

/// The same step again and again.
fn waves(every_s: f64, size: f64, seed: u64) -> Program {
    steps((1..100).map(|i| (f64::from(i) * every_s, size)), seed)
}

#[test]
fn what_is_opened_in_three_or_four_large_steps_is_hardly_ever_told() {
    let mut told = 0;
    for seed in 1..=60 {
        // As a language server was measured: its libraries, and then, at any time in two and a
        // half minutes, one project after the other.
        let mut random = Random(seed);
        let mut any = |from: f64, to: f64| from + (to - from) * random.below(1000) as f64 / 1000.0;
        for projects in [3, 4] {
            let opened = (0..projects).map(|_| (any(10.0, 160.0), any(20.0, 50.0)));
            let opened: Vec<_> = opened.chain([(3.0, 45.0)]).collect();
            for noise in [2.0, 10.0] {
                let program = Program {
                    garbage: 30.0 * MB,
                    noise: noise * MB,
                    ..steps(opened.clone(), seed)
                };
                told += usize::from(program.run(300.0).leak().is_some());
            }
        }
    }
    // Without a rule for steps it is 81.
    assert!(told <= 5, "{told} of 240");
}

#[test]
fn a_leak_in_waves_is_found_when_there_were_enough_of_them() {
    for (every_s, size, most) in [
        (30.0, 15.0, 8.0),
        (60.0, 40.0, 8.0),
        (300.0, 40.0, 8.0),
        (10.0, 5.0, 13.0),
    ] {
        for seed in 1..=5 {
            let run = waves(every_s, size, seed).run(every_s * 20.0);
            let waves = run.leak().map(|leak| (leak.live / MB - 20.0) / size);
            assert!(
                waves.is_some_and(|waves| waves <= most),
                "{size} MB each {every_s} s: after {waves:?}\n{}",
                run.story()
            );
        }
    }
}

/// Steps of this size at any times, so far apart on average.
fn irregular(every_s: f64, size: f64, seed: u64) -> Program {
    let mut random = Random(seed);
    let mut t = 5.0;
    let mut next = || {
        let share = (random.below(100_000) as f64 + 1.0) / 100_001.0;
        t -= every_s * share.ln();
        (t, size)
    };
    let all: Vec<_> = (0..200).map(|_| next()).collect();
    steps(all, seed)
}

#[test]
fn a_leak_that_comes_irregularly_is_found_while_there_is_plenty_of_room() {
    for (every_s, size, most) in [
        (4.0, 2.0, 100.0),
        (30.0, 3.0, 64.0),
        (60.0, 6.0, 120.0),
        (60.0, 12.0, 180.0),
    ] {
        for seed in 1..=20 {
            let run = irregular(every_s, size, seed).run(every_s * 60.0);
            let grown = run.leak().map(|leak| leak.live / MB - 20.0);
            assert!(
                grown.is_some_and(|grown| grown <= most),
                "{size} MB each {every_s} s, seed {seed}: {grown:?} MB\n{}",
                run.story()
            );
        }
    }
}

#[test]
fn a_leak_in_waves_is_found_before_a_small_heap_is_full_of_them() {
    for (base, size, every_s) in [(20.0, 60.0, 60.0), (150.0, 30.0, 30.0)] {
        for seed in 1..=20 {
            for waves in [waves(every_s, size, seed), irregular(every_s, size, seed)] {
                let Program { live, .. } = waves;
                let program = Program {
                    limit: Box::new(|_| 512.0 * MB),
                    noise: 2.0 * MB,
                    seed,
                    ..Program::heap(move |t| live(t) + (base - 20.0) * MB)
                };
                let run = program.run(every_s * 40.0);
                let live = run.leak().map(|leak| leak.live / MB);
                assert!(
                    live.is_some_and(|live| live < 512.0),
                    "{base} MB, {size} MB each {every_s} s, seed {seed}: {live:?}\n{}",
                    run.story()
                );
            }
        }
    }
}
