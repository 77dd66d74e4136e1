//! What grows after a false alarm: the same again is no news, another growth is, and
//! what is told of the alarm when it is over is what it was.

mod common;

use common::program::{LIMIT, MB, Program, Run, Said};
use common::random::Random;
use memwatch_detector::gc::trend::{Change, Cleared, Kind};

const HOUR: f64 = 3600.0;

/// Growth of so many MB within a time that is given back again.
#[derive(Clone, Copy)]
struct Batch {
    from: f64,
    size: f64,
    seconds: f64,
}

impl Batch {
    /// How long what it has made is in use, in seconds.
    const USED_S: f64 = 150.0;

    fn end(&self) -> f64 {
        self.from + self.seconds + Self::USED_S
    }

    /// MB at a time, where it grows along this curve from 0 to 1.
    fn at(&self, t: f64, curve: fn(f64) -> f64) -> f64 {
        if t < self.from || t >= self.end() {
            return 0.0;
        }
        self.size * curve(((t - self.from) / self.seconds).min(1.0))
    }
}

fn confirmed_from(run: &Run, from: f64) -> Option<&Said> {
    run.said
        .iter()
        .find(|said| said.at >= from && said.transition.change == Change::Confirmed)
}

#[test]
fn another_leak_after_one_that_was_given_back_is_found_as_early_as_on_a_fresh_program() {
    for (size, seconds, rates) in [
        (1500.0, 300.0, [0.05, 0.2, 20.0, 60.0]),
        (300.0, 300.0, [0.05, 5.0, 20.0, 60.0]),
        (100.0, 600.0, [0.5, 1.0, 10.0, 60.0]),
        (400.0, 10.0 * HOUR, [0.05, 1.0, 5.0, 60.0]),
    ] {
        for rate in rates {
            for seed in 1..=2 {
                let batch = Batch {
                    from: 60.0,
                    size,
                    seconds,
                };
                // The longer it grew, the longer it takes until it is over.
                let from = batch.end() + HOUR + 0.3 * seconds;
                let live =
                    move |t: f64| 50.0 + batch.at(t, |done| done) + rate * (t - from).max(0.0);
                let program = Program {
                    garbage: 5.0 * MB,
                    noise: 2.0 * MB,
                    seed,
                    ..Program::heap(move |t| live(t) * MB)
                };
                // As much as a leak on a fresh program may take.
                let most = if rate > 1.25 { LIMIT / 4.0 / MB } else { 64.0 };
                let run = program.run(from + most / rate);
                let first = run.leak().map(|leak| leak.at);
                assert!(first.is_some_and(|at| at < from), "{}", run.story());
                assert!(
                    confirmed_from(&run, from).is_some(),
                    "{rate} MB/s after {size} MB in {seconds} s, seed {seed}\n{}",
                    run.story()
                );
            }
        }
    }
}

#[test]
fn the_same_batch_again_is_hardly_ever_news_a_little_faster_or_slower() {
    let curves: [fn(f64) -> f64; 3] = [
        |done| done,
        |done| done.powf(0.7),
        |done| 0.5 * (1.0 - (std::f64::consts::PI * done).cos()),
    ];
    let (mut again, mut all) = (0, 0);
    for (size, seconds) in [(100.0, 600.0), (300.0, 300.0), (1500.0, 300.0)] {
        for (which, curve) in curves.into_iter().enumerate() {
            for seed in 1..=6_u64 {
                let mut random = Random(seed);
                let mut between = |least: f64, most: f64| {
                    least + (most - least) * random.below(1000) as f64 / 1000.0
                };
                let mut from = 60.0;
                let mut batches = Vec::new();
                for _ in 0..4 {
                    let batch = Batch {
                        from,
                        size,
                        seconds: seconds * between(0.8, 1.25),
                    };
                    from = batch.end() + between(1200.0, 2400.0);
                    batches.push(batch);
                }
                let second = batches[1].from;
                let live = move |t: f64| {
                    let made = batches.iter().map(|batch| batch.at(t, curve));
                    (50.0 + made.sum::<f64>()) * MB
                };
                let run = Program {
                    garbage: 5.0 * MB,
                    noise: [0.3, 3.0, 10.0][seed as usize % 3] * MB,
                    seed,
                    ..Program::heap(live)
                }
                .run(from);
                let first = run.leak().map(|leak| leak.at);
                // The small one that slows down all the time fills as a cache does: where that
                // is clear of its noise it stays suspected, and so it does later.
                let may_be_a_cache = size < 200.0 && which == 1;
                assert!(
                    first.map_or(may_be_a_cache, |at| at < second),
                    "{}",
                    run.story()
                );
                all += 1;
                again += usize::from(confirmed_from(&run, second).is_some());
            }
        }
    }
    // When each growth that took no longer was taken for the same, it was 18.
    assert!(again <= 3, "{again} of {all} programs");
}

#[test]
fn what_is_told_of_a_leak_that_is_over_is_its_evidence_when_it_was_strongest() {
    for seed in 1..=20 {
        for given_back in [false, true] {
            let run = Program {
                garbage: 3.0 * MB,
                noise: 4.0 * MB,
                seed,
                ..Program::heap(move |t| match t {
                    ..90.0 => (20.0 + t) * MB,
                    _ if given_back => 20.0 * MB,
                    _ => 110.0 * MB,
                })
            }
            .run(300.0);
            let is_cleared = |said: &&Said| matches!(said.transition.change, Change::Cleared(_));
            let over = run.said.iter().find(is_cleared).expect("cleared");
            let told = &over.transition.assessment;
            assert_eq!(told.kind, Kind::Heap);
            let why = if given_back {
                Cleared::GivenBack
            } else {
                Cleared::StoppedGrowing
            };
            assert_eq!(over.transition.change, Change::Cleared(why));
            assert!(
                told.growth as f64 > 30.0 * MB && told.confidence >= 0.9,
                "{} MB, {}\n{}",
                told.growth as f64 / MB,
                told.confidence,
                run.story()
            );
        }
    }
}
