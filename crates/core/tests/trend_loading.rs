//! The trend detector on programs that load much data at once: what the data becomes when it is
//! first used is no leak, and a leak behind it is one.

mod common;

use common::program::{MB, Program};

/// Loaded within this time, in seconds.
const LOADING_S: f64 = 4.0;

#[test]
fn data_that_becomes_a_fifth_larger_while_it_is_first_used_is_no_leak() {
    for loaded in [150.0, 200.0, 300.0, 400.0, 500.0] {
        for rate in [0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.2] {
            let live = move |t: f64| {
                let used = (rate * (t - LOADING_S).max(0.0)).min(0.2 * loaded);
                (20.0 + loaded * (t / LOADING_S).min(1.0) + used) * MB
            };
            let program = Program {
                garbage: 20.0 * MB,
                noise: 2.0 * MB,
                ..Program::heap(live)
            };
            let run = program.run(300.0);
            assert!(
                run.leak().is_none(),
                "{loaded} MB, then {rate} MB/s\n{}",
                run.story()
            );
        }
    }
}

#[test]
fn a_leak_behind_the_loading_is_found_before_it_has_taken_two_fifths_of_what_was_loaded() {
    for loaded in [150.0, 200.0, 300.0, 400.0, 500.0] {
        for rate in [0.3, 0.4, 0.5, 0.7, 0.9, 1.0, 1.2] {
            let live = move |t: f64| (20.0 + loaded * (t / LOADING_S).min(1.0) + rate * t) * MB;
            let program = Program {
                garbage: 20.0 * MB,
                noise: 2.0 * MB,
                ..Program::heap(live)
            };
            let run = program.run(loaded / rate);
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
