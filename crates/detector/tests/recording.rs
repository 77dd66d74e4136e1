//! A recording, fed to a detector again, says the very same: programs made up are recorded while they run, and every line
//! of what the detector said has the whole assessment in it.

mod common;

use common::program::{MB, Program};
use memwatch_detector::gc::trend::recording::{Line, parse, replay};

/// Programs that leak, pause, fill a cache and hold native memory; with what is said of each.
fn programs() -> [(&'static str, Program, f64); 4] {
    [
        (
            "a calm leak",
            Program::heap(|t| (20.0 + 0.7 * t) * MB),
            120.0,
        ),
        (
            "a leak that pauses",
            Program {
                busy: Box::new(|t| if t < 120.0 { 1.0 } else { 0.0 }),
                ..Program::heap(|t| (20.0 + 0.7 * t.min(120.0)) * MB)
            },
            300.0,
        ),
        (
            "a cache that fills",
            Program::heap(|t| (20.0 + (2.0 * t).min(60.0)) * MB),
            300.0,
        ),
        (
            "a native leak beside a little noise",
            Program {
                native: Box::new(|t| (30.0 + 0.8 * t) * MB),
                malloc_free: Some(Box::new(|t| (3.0 + (t / 7.0).sin()) * MB)),
                ..Program::heap(|_| 20.0 * MB)
            },
            120.0,
        ),
    ]
}

#[test]
fn a_replay_says_what_was_said_while_it_was_recorded() {
    for (name, program, seconds) in programs() {
        let (run, text) = program.run_recorded(seconds);
        let replayed = replay(&text, |_, _| {});
        let said: Vec<_> = replayed.said.iter().map(|(_, line)| line.clone()).collect();
        assert_eq!(said, replayed.recorded, "{name}");
        assert_eq!(said.len(), run.said.len(), "{name}: {}", run.story());
        assert!(!said.is_empty(), "{name}");
        let now = replayed.trend.expect("it begins").assessment();
        assert_eq!(now, run.trend.assessment(), "{name}");
    }
}

#[test]
fn the_time_of_a_confirmation_and_the_forced_collections_are_the_same() {
    let [(_, program, seconds), ..] = programs();
    let (run, text) = program.run_recorded(seconds);
    let replayed = replay(&text, |_, _| {});
    let (at_us, kind) = replayed.confirmed.expect("it is confirmed");
    let leak = run.leak().expect("it was confirmed");
    assert_eq!(at_us, (leak.at * 1e6) as i64);
    assert_eq!(kind, leak.transition.assessment.kind);
    let (begun, asked_for) = replayed.begun;
    assert!(begun > 0);
    assert_eq!(begun, asked_for);
}

#[test]
fn a_replay_of_a_changed_recording_says_something_else() {
    let [(_, program, seconds), ..] = programs();
    let (_, text) = program.run_recorded(seconds);
    // The same leak, and nothing of its first minute.
    let is_late = |line: &&str| match parse(line) {
        Some(Line::In(input)) => !format!("{input}").starts_with("full "),
        _ => true,
    };
    let changed: Vec<_> = text.lines().filter(is_late).collect();
    let replayed = replay(&changed.join("\n"), |_, _| {});
    let said: Vec<_> = replayed.said.iter().map(|(_, line)| line.clone()).collect();
    assert_ne!(said, replayed.recorded);
}

#[test]
fn nothing_is_kept_where_nobody_records() {
    let [(_, program, _), ..] = programs();
    let mut run = program.run(10.0);
    assert_eq!(run.trend.take_recording(), None);
}
