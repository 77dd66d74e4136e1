//! The trend detector on programs that load much data at once: what the data becomes when it is
//! first used is no leak, and a leak behind it is one.

mod common;

use common::program::{MB, Program};

/// Loaded within this time, in seconds.
const LOADING_S: f64 = 4.0;

/// Loads so many MB, and has so many more at a time in seconds.
fn loading(loaded: f64, more: impl Fn(f64) -> f64 + 'static) -> Program {
    Program {
        garbage: 20.0 * MB,
        noise: 2.0 * MB,
        ..Program::heap(move |t| (20.0 + loaded * (t / LOADING_S).min(1.0) + more(t)) * MB)
    }
}

#[test]
fn data_that_becomes_a_fifth_larger_while_it_is_first_used_is_no_leak() {
    for loaded in [150.0, 200.0, 300.0, 400.0, 500.0] {
        for rate in [0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.2] {
            let used = move |t: f64| (rate * (t - LOADING_S).max(0.0)).min(0.2 * loaded);
            let run = loading(loaded, used).run(300.0);
            assert!(
                run.leak().is_none(),
                "{loaded} MB, then {rate} MB/s\n{}",
                run.story()
            );
        }
    }
}

#[test]
fn behind_a_load_that_takes_most_of_the_limit_a_leak_is_found_before_the_rest_is_gone() {
    for (limit, loaded) in [(2096.0, 1700.0), (512.0, 400.0)] {
        let program = Program {
            garbage: 10.0 * MB,
            noise: 0.3 * MB,
            limit: Box::new(move |_| limit * MB),
            ..loading(loaded, |t| t)
        };
        let run = program.run(limit - loaded - 25.0);
        assert!(
            run.leak().is_some_and(|leak| leak.live < limit * MB),
            "{loaded} MB of {limit}\n{}",
            run.story()
        );
    }
}

#[test]
fn a_load_that_was_given_back_asks_for_no_more_growth() {
    for kept_s in [1.0, 30.0] {
        let live = move |t: f64| match t - LOADING_S {
            ..0.0 => (20.0 + 300.0 * t / LOADING_S) * MB,
            since if since < kept_s => 320.0 * MB,
            since => (20.0 + 0.7 * (since - kept_s)) * MB,
        };
        let program = Program {
            garbage: 20.0 * MB,
            ..Program::heap(live)
        };
        let run = program.run(200.0);
        let grown = run.leak().map(|leak| leak.live / MB - 20.0);
        assert!(
            grown.is_some_and(|grown| grown < 64.0),
            "kept for {kept_s} s: {grown:?} MB\n{}",
            run.story()
        );
    }
}

#[test]
fn a_leak_behind_the_loading_is_found_before_it_has_taken_two_fifths_of_what_was_loaded() {
    for loaded in [150.0, 200.0, 300.0, 400.0, 500.0] {
        for rate in [0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.2] {
            let run = loading(loaded, move |t| rate * t).run(loaded / rate);
            let grown = run.leak().map(|leak| leak.live / MB - 20.0 - loaded);
            let most = (0.4 * loaded).max(64.0);
            assert!(
                grown.is_some_and(|grown| grown < most),
                "{loaded} MB, then {rate} MB/s: {grown:?} MB\n{}",
                run.story()
            );
        }
    }
}
