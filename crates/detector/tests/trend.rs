//! The trend detector on programs made up: what leaks is found early, what does not leak is
//! left alone, and what clocks and collectors may do wrong does neither.

mod common;

use common::program::{LIMIT, MB, Program, Run};
use memwatch_detector::gc::HeapNumbers;
use memwatch_detector::gc::trend::{Change, Cleared, Kind, Reading, State, Trend};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;

/// Asserts that a leak of this kind is found before its series grew by this much.
fn found_before(run: &Run, from: f64, bytes: f64, what: &str) {
    let leak = run.leak();
    let grown = leak.map(|leak| leak.live - from);
    assert!(
        grown.is_some_and(|grown| grown < bytes),
        "{what}: {:?} MB of {} allowed\n{}",
        grown.map(|grown| grown / MB),
        bytes / MB,
        run.story()
    );
}

fn quiet(run: &Run, what: &str) {
    assert!(run.leak().is_none(), "{what}\n{}", run.story());
}

#[test]
fn calm_leaks_are_found_before_they_have_taken_64_mb() {
    for rate in [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0] {
        for (base, garbage, noise, seed) in [
            (5.0, 0.2, 0.1, 1),
            (5.0, 2.0, 0.5, 2),
            (40.0, 1.0, 1.0, 3),
            (150.0, 5.0, 2.0, 4),
            (600.0, 10.0, 4.0, 5),
        ] {
            let run = Program {
                garbage: garbage * MB,
                noise: noise * MB,
                seed,
                ..Program::heap(move |t| (base + rate * t) * MB)
            }
            .run(70.0 / rate);
            let what = format!("{rate} MB/s from {base} MB, {garbage} MB/s of garbage");
            found_before(&run, base * MB, 64.0 * MB, &what);
        }
    }
}

#[test]
fn fast_leaks_are_found_before_they_have_taken_a_quarter_of_the_heap_limit() {
    for rate in [3.0, 5.0, 10.0, 20.0, 40.0, 60.0] {
        for (base, garbage, noise, seed) in [(5.0, 1.0, 1.0, 1), (60.0, 40.0, 5.0, 2)] {
            for limit in [LIMIT, 2096.0 * MB] {
                let run = Program {
                    garbage: garbage * MB,
                    noise: noise * MB,
                    limit: Box::new(move |_| limit),
                    seed,
                    ..Program::heap(move |t| (base + rate * t) * MB)
                }
                .run(limit / 4.0 / MB / rate);
                let what = format!("{rate} MB/s from {base} MB, limit {} MB", limit / MB);
                found_before(&run, 0.0, limit / 4.0, &what);
            }
        }
    }
}

#[test]
fn a_leak_behind_a_warm_up_is_found_before_it_has_taken_64_mb() {
    for warm_up in [10.0, 40.0] {
        let live = move |t: f64| (10.0 + warm_up * (1.0 - (-t / 5.0).exp()) + 0.5 * t) * MB;
        let run = Program::heap(live).run(2.5 * MINUTE);
        found_before(&run, (10.0 + warm_up) * MB, 64.0 * MB, "after a warm-up");
    }
}

#[test]
fn a_leak_that_begins_after_hours_of_quiet_is_found_as_early() {
    for hours in [1.0, 8.0] {
        let from = hours * HOUR;
        let live = move |t: f64| (50.0 + 0.5 * (t - from).max(0.0)) * MB;
        let run = Program::heap(live).run(from + 3.0 * MINUTE);
        found_before(&run, 50.0 * MB, 64.0 * MB, &format!("after {hours} hours"));
        let leak = run.leak().expect("found");
        let assessment = &leak.transition.assessment;
        let began = assessment.start_unix_us as f64 / 1e6 - 1.7e9;
        // A quiet program is sampled every few minutes.
        assert!((began - from).abs() < 5.0 * MINUTE, "{began}");
    }
}

#[test]
fn programs_that_are_well_are_left_alone_for_five_minutes() {
    type Live = fn(f64) -> f64;
    let programs: [(&str, Live); 14] = [
        ("flat", |_| 30.0),
        ("300 MB loaded in 5 s", |t| {
            10.0 + 300.0 * (t / 5.0).min(1.0)
        }),
        ("300 MB loaded in 30 s", |t| {
            10.0 + 300.0 * (t / 30.0).min(1.0)
        }),
        ("a cache of 20 MB that fills in 40 s", |t| {
            8.0 + 20.0 * (t / 40.0).min(1.0)
        }),
        ("a cache of 20 MB that fills in 4 min", |t| {
            8.0 + 20.0 * (t / 240.0).min(1.0)
        }),
        ("a cache of 100 MB that fills in 20 s", |t| {
            8.0 + 100.0 * (t / 20.0).min(1.0)
        }),
        ("a warm-up of 40 MB that decays for two minutes", |t| {
            20.0 + 40.0 * (1.0 - (-t.min(120.0) / 40.0).exp())
        }),
        (
            "40 MB of pages in two minutes, some wanted more than others",
            |t| 8.0 + 40.0 * (t.min(120.0) / 120.0).powf(0.7),
        ),
        ("what is loaded in four steps, and kept", |t| match t {
            ..5.0 => 26.0,
            ..45.0 => 68.0 + t / 20.0,
            ..110.0 => 109.0 + t / 20.0,
            _ => 147.0,
        }),
        ("a warm-up of 30 MB, straight for two minutes", |t| {
            20.0 + 0.25 * t.min(120.0)
        }),
        ("compiling every 40 s", |t| {
            80.0 + 400.0 * ((t % 40.0) / 40.0)
        }),
        ("a compiler of 500 MB in a minute", |t| {
            50.0 + 450.0 * (t / MINUTE).min(1.0)
        }),
        ("root of time", |t| 20.0 + 1.5 * t.sqrt()),
        ("log of time", |t| 20.0 + 8.0 * (1.0 + t).ln()),
    ];
    for (what, live) in programs {
        for seed in 1..5_u64 {
            let scale = seed as f64;
            let run = Program {
                garbage: scale * scale * MB,
                noise: 0.7 * scale * MB,
                seed,
                ..Program::heap(move |t| live(t) * MB)
            }
            .run(5.0 * MINUTE);
            quiet(&run, what);
        }
    }
}

#[test]
fn a_heap_that_is_flat_but_for_its_noise_is_left_alone_for_a_day() {
    for seed in 1..4 {
        let run = Program {
            garbage: 8.0 * MB,
            noise: 20.0 * MB,
            seed,
            ..Program::heap(|_| 100.0 * MB)
        }
        .run(24.0 * HOUR);
        quiet(&run, "noise");
    }
}

#[test]
fn a_small_drift_over_hours_that_stays_below_8_mb_is_no_leak() {
    let run = Program::heap(|t| (40.0 + 7.0 * t / (6.0 * HOUR)) * MB).run(6.0 * HOUR);
    quiet(&run, "7 MB in six hours");
}

#[test]
fn external_memory_is_its_own_kind() {
    let run = Program {
        external: Box::new(|t| (2.0 + 0.75 * t) * MB),
        ..Program::heap(|_| 12.0 * MB)
    }
    .run(1.5 * MINUTE);
    let leak = run.leak().expect("found");
    assert_eq!(leak.transition.assessment.kind, Kind::External);
    assert!(0.75 * leak.at < 64.0, "at {} s", leak.at);
    assert_eq!(leak.transition.assessment.limit_unix_us, None);
}

#[test]
fn native_memory_is_its_own_kind_and_is_judged_with_the_others_deducted() {
    let leaky = || Program {
        native: Box::new(|t| (30.0 + 0.5 * t) * MB),
        ..Program::heap(|_| 12.0 * MB)
    };
    let run = leaky().run(2.5 * MINUTE);
    let leak = run.leak().expect("found");
    assert_eq!(leak.transition.assessment.kind, Kind::Native);
    assert!(0.5 * leak.at < 64.0, "at {} s", leak.at);
    let both = Program {
        live: Box::new(|t| (12.0 + 0.5 * t) * MB),
        ..leaky()
    }
    .run(2.5 * MINUTE);
    let confirmed = |wanted| both.changes().contains(&(wanted, Change::Confirmed));
    assert!(
        confirmed(Kind::Heap) && confirmed(Kind::Native),
        "{}",
        both.story()
    );
    // What a heap takes beside itself is no leak of its own.
    let overhead = Program {
        live: Box::new(|t| (12.0 + 5.0 * t) * MB),
        native: Box::new(|t| (30.0 + 0.5 * t) * MB),
        ..leaky()
    }
    .run(2.0 * MINUTE);
    assert!(
        overhead
            .changes()
            .iter()
            .all(|(kind, _)| *kind == Kind::Heap),
        "{}",
        overhead.story()
    );
}

#[test]
fn fast_growth_of_native_memory_is_found_before_it_has_taken_a_quarter_of_the_heap_limit() {
    for rate in [10.0, 30.0, 60.0] {
        let run = Program {
            native: Box::new(move |t| (40.0 + rate * t) * MB),
            ..Program::heap(|_| 6.0 * MB)
        }
        .run(LIMIT / 4.0 / MB / rate);
        let leak = run.leak();
        let grown = leak.map(|leak| (leak.transition.assessment.kind, rate * leak.at));
        let found = grown
            .is_some_and(|(kind, grown)| kind == Kind::Native && grown < 1000.0 && grown > 350.0);
        assert!(found, "{rate} MB/s: {grown:?}\n{}", run.story());
    }
}

#[test]
fn native_memory_is_read_soon_after_a_full_collection_and_while_it_rises_and_not_without_end() {
    let reading = |seconds: f64, rss: f64| Reading {
        at_us: (seconds * 1e6) as i64,
        heap: HeapNumbers {
            used_heap_size: (6.0 * MB) as u64,
            total_physical_size: (8.0 * MB) as u64,
            heap_size_limit: LIMIT as u64,
            ..HeapNumbers::default()
        },
        rss: Some((rss * MB) as u64),
        ..Reading::default()
    };
    let mut trend = Trend::new(&reading(0.0, 50.0));
    let mut wants = |seconds: f64, rss: f64, is_full: bool| {
        if is_full {
            trend.full(&reading(seconds, rss), true);
        } else {
            trend.young(&reading(seconds, rss));
        }
        trend.wants_reading_soon()
    };
    // Native memory is judged some seconds after the start.
    assert!(!wants(1.0, 50.0, true));
    assert!(!wants(5.0, 50.0, false));
    assert!(wants(6.0, 50.0, true));
    assert!(!wants(6.25, 50.0, false));
    // It rises, a probe takes it back, and it is quiet again.
    assert!(wants(10.0, 90.0, false));
    assert!(wants(10.5, 50.0, true));
    assert!(!wants(10.75, 50.0, false));
}

#[test]
fn resident_memory_that_stays_after_a_peak_is_no_leak() {
    // An allocator keeps in pieces what a peak left; each peak leaves a little less.
    let kept = |t: f64| 30.0 + 60.0 * (1.0 - 0.5_f64.powf((t / 20.0).floor()));
    let run = Program {
        native: Box::new(move |t| kept(t) * MB),
        ..Program::heap(|t| (20.0 + 100.0 * (((t % 20.0) / 20.0) - 0.8).max(0.0)) * MB)
    }
    .run(5.0 * MINUTE);
    quiet(&run, "fragmentation");
}

#[test]
fn what_malloc_holds_free_is_no_leak_however_fast_it_grows() {
    // Native memory of objects that die, of which ever more is taken between two full collections.
    let churn = |free: Option<Box<dyn Fn(f64) -> f64>>| Program {
        native: Box::new(|t| (60.0 + 14.0 * t) * MB),
        malloc_free: free,
        ..Program::heap(|_| 6.0 * MB)
    };
    let run = churn(Some(Box::new(|t| (20.0 + 13.5 * t) * MB))).run(2.0 * MINUTE);
    assert!(run.leak().is_none(), "{}", run.story());
    // It is taken from the system all the same.
    let suspected = (Kind::Native, Change::Suspected);
    assert!(run.changes().contains(&suspected), "{}", run.story());
    // The same growth, in use.
    let run = churn(Some(Box::new(|_| 20.0 * MB))).run(2.0 * MINUTE);
    assert!(run.leak().is_some(), "{}", run.story());
    let run = churn(None).run(2.0 * MINUTE);
    assert!(run.leak().is_some(), "{}", run.story());
}

#[test]
fn a_native_leak_is_found_beside_free_memory_that_rises_and_falls() {
    let run = Program {
        native: Box::new(|t| (60.0 + 0.75 * t) * MB),
        malloc_free: Some(Box::new(|t| (12.0 + 4.0 * (t / 5.0).sin()) * MB)),
        ..Program::heap(|_| 6.0 * MB)
    }
    .run(2.0 * MINUTE);
    let leak = run.leak().expect("found");
    assert_eq!(leak.transition.assessment.kind, Kind::Native);
    assert!(0.75 * leak.at < 64.0, "at {} s", leak.at);
}

#[test]
fn a_cache_is_suspected_while_it_fills_and_cleared_when_it_is_full() {
    let run = Program::heap(|t| (8.0 + 30.0 * (t / 60.0).min(1.0)) * MB).run(5.0 * MINUTE);
    assert_eq!(
        run.changes(),
        [
            (Kind::Heap, Change::Suspected),
            (Kind::Heap, Change::Cleared(Cleared::StoppedGrowing)),
        ],
        "{}",
        run.story()
    );
    assert_eq!(run.trend.worst_kind().state, State::Ok);
}

#[test]
fn a_leak_that_is_given_back_is_cleared_and_told_again_where_it_grows_further() {
    let live = |t: f64| {
        let t = if t < 100.0 { t } else { (t - 160.0).max(0.0) };
        // The second one reaches what the first one had, and goes on.
        (10.0 + t) * MB
    };
    let run = Program::heap(live).run(7.0 * MINUTE);
    let changes: Vec<_> = run
        .changes()
        .into_iter()
        .map(|(_, change)| change)
        .collect();
    assert_eq!(
        changes,
        [
            Change::Suspected,
            Change::Confirmed,
            Change::Cleared(Cleared::GivenBack),
            Change::Suspected,
            Change::Confirmed,
        ],
        "{}",
        run.story()
    );
}

#[test]
fn a_leak_is_told_once_however_long_it_goes_on() {
    let run = Program::heap(|t| (10.0 + 0.3 * t) * MB).run(HOUR);
    let confirmed = |change: &(Kind, Change)| change.1 == Change::Confirmed;
    assert_eq!(run.changes().into_iter().filter(confirmed).count(), 1);
    assert_eq!(run.trend.worst_kind().state, State::Confirmed);
}

#[test]
fn without_probes_a_calm_leak_is_still_found() {
    let run = Program {
        probes: false,
        garbage: 4.0 * MB,
        ..Program::heap(|t| (20.0 + 0.5 * t) * MB)
    }
    .run(10.0 * MINUTE);
    assert!(run.leak().is_some(), "{}", run.story());
    assert!(run.probes.is_empty());
}

#[test]
fn probes_keep_their_distance_and_their_budget() {
    for rate in [0.1, 1.0, 10.0, 60.0] {
        let run = Program::heap(move |t| (5.0 + rate * t) * MB).run(10.0 * MINUTE / rate.sqrt());
        assert!(run.probes.windows(2).all(|pair| pair[1] - pair[0] >= 2.0));
        let (count, cost_ns) = run.trend.probes();
        assert_eq!(count, run.probes.len() as u64);
        let seconds = run.probes.last().copied().unwrap_or(0.0);
        // One more than what was earned, and a minute's in advance where it decides.
        let most = 0.005 * (seconds + 60.0) + 0.008;
        assert!(
            cost_ns as f64 / 1e9 <= most,
            "{rate}: {cost_ns} ns in {seconds} s"
        );
    }
}

#[test]
fn a_quiet_program_is_hardly_probed() {
    let run = Program {
        garbage: 3.0 * MB,
        ..Program::heap(|_| 60.0 * MB)
    }
    .run(10.0 * HOUR);
    assert!(run.probes.len() <= 8, "{} probes", run.probes.len());
}

#[test]
fn a_clock_that_is_set_an_hour_ahead_or_back_changes_nothing() {
    for jump in [-HOUR, HOUR] {
        let wall = move |t: f64| 1.7e9 + t + if t > 60.0 { jump } else { 0.0 };
        let flat = Program {
            wall: Box::new(wall),
            ..Program::heap(|_| 50.0 * MB)
        };
        quiet(&flat.run(5.0 * MINUTE), "a jump");
        let leaky = Program {
            wall: Box::new(wall),
            ..Program::heap(|t| (5.0 + 0.5 * t) * MB)
        };
        found_before(&leaky.run(2.5 * MINUTE), 5.0 * MB, 64.0 * MB, "a jump");
    }
}

#[test]
fn a_laptop_that_slept_for_hours_is_no_leak_and_hides_none() {
    // The monotonic clock of some systems goes on meanwhile.
    let clock = |t: f64| t + if t > 30.0 { 9.0 * HOUR } else { 0.0 };
    let flat = Program {
        clock: Box::new(clock),
        ..Program::heap(|t| (50.0 + if t > 30.0 { 9.0 } else { 0.0 }) * MB)
    };
    quiet(&flat.run(5.0 * MINUTE), "slept");
    let leaky = Program {
        clock: Box::new(clock),
        ..Program::heap(|t| (5.0 + 0.5 * (t - 30.0).max(0.0)) * MB)
    };
    found_before(&leaky.run(3.0 * MINUTE), 5.0 * MB, 64.0 * MB, "slept");
}

#[test]
fn a_clock_that_goes_back_is_taken_to_stand_still() {
    let run = Program {
        clock: Box::new(|t| if (60.0..70.0).contains(&t) { 50.0 } else { t }),
        ..Program::heap(|_| 50.0 * MB)
    }
    .run(5.0 * MINUTE);
    quiet(&run, "back");
}

#[test]
fn collections_that_report_nothing_are_ignored() {
    let zero = |t: f64| ((t * 4.0) as u64).is_multiple_of(7);
    let flat = Program::heap(move |t| if zero(t) { -MB } else { 50.0 * MB });
    let flat = Program {
        noise: 0.0,
        garbage: 0.0,
        ..flat
    };
    quiet(&flat.run(5.0 * MINUTE), "zeros");
    assert!(flat.run(MINUTE).said.is_empty());
}

#[test]
fn a_heap_limit_that_is_raised_is_the_limit_from_then_on() {
    let run = Program {
        limit: Box::new(|t| if t < 8.0 { 512.0 * MB } else { LIMIT }),
        ..Program::heap(|t| (5.0 + 10.0 * t.min(30.0)) * MB)
    }
    .run(2.0 * MINUTE);
    quiet(&run, "300 MB of 4 GB");
}

#[test]
fn the_second_of_two_equal_waves_is_no_leak_when_the_first_was_given_back() {
    let run = Program::heap(|t| (60.0 + 30.0 * (1.0 - (t / 300.0).cos())) * MB).run(HOUR);
    let confirmed = |change: &(Kind, Change)| change.1 == Change::Confirmed;
    assert!(
        run.changes().into_iter().filter(confirmed).count() <= 1,
        "{}",
        run.story()
    );
}

#[test]
fn it_stays_as_small_as_it_began() {
    assert!(size_of::<Trend>() <= 80 * 1024);
}

#[test]
fn fast_growth_of_a_small_heap_is_told_once_and_is_no_suspicion() {
    let reading = |seconds: i64, used: f64| Reading {
        at_us: seconds * 1_000_000,
        heap: HeapNumbers {
            used_heap_size: (used * MB) as u64,
            heap_size_limit: LIMIT as u64,
            ..HeapNumbers::default()
        },
        ..Reading::default()
    };
    let mut trend = Trend::new(&reading(0, 5.0));
    let mut signs = Vec::new();
    for (seconds, used) in [(1, 11.0), (2, 39.0), (3, 60.0), (4, 200.0)] {
        trend.young(&reading(seconds, used + 9.0));
        trend.full(&reading(seconds, used), false);
        signs.push(trend.take_early_sign());
        assert!(!trend.take_early_sign());
        assert_eq!(trend.worst_kind().state, State::Ok);
    }
    assert_eq!(signs, [false, true, false, false]);
}

/// A reader of the state must not pay for the series: see also that `Trend` has no `Clone`.
#[test]
fn the_state_is_a_small_part_of_the_detector() {
    use memwatch_detector::gc::trend::Assessment;
    let state = size_of::<Assessment>();
    assert!(state < 1024, "{state} bytes");
    assert!(32 * state < size_of::<Trend>());
}
