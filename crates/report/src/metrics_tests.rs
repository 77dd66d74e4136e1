//! Families of metrics from synthetic samples: how many series, and which are omitted.

use memwatch_detector::limits::LimitKind;
use memwatch_detector::meters::{LeakKind, LeakStates, Pauses};

use super::*;

/// The most time series that one process may cost.
const MOST_SERIES: usize = 71;

fn source(readings: &[(ThreadRole, Reading)]) -> MetricSource<'_> {
    MetricSource {
        readings,
        now_unix_s: 100.0,
        container: None,
        container_full_in_s: &|_| None,
        memwatch: "1.0.0",
        node: "26.0.0",
    }
}

/// A thread of which everything is known.
fn full() -> Reading {
    Reading {
        pauses: [Pauses {
            counts: [1; 7],
            sum_ns: 1_500_000_000,
        }; 4],
        base_bytes: 1,
        limit_bytes: 2,
        leaks: [1; LEAK_KINDS],
        leak_states: LeakStates {
            suspected: [true; LEAK_KINDS],
            paused: [true, false, true, false, false],
            growth_bytes_per_second: 1.0,
            limit_at_unix_s: 150.0,
        },
    }
}

/// The samples of a family as `labels value`.
fn samples(source: &MetricSource<'_>, name: &str) -> Vec<String> {
    let families = source.families();
    let family = families.iter().find(|family| family.name == name);
    let samples = &family.expect("a family of this name").samples;
    samples
        .iter()
        .map(|sample| {
            let labels = serde_json::to_string(&sample.labels).expect("JSON");
            format!(
                "{}{labels} {}",
                sample.suffix.unwrap_or_default(),
                sample.value
            )
        })
        .collect()
}

#[test]
fn everything_that_can_be_known_at_once_is_within_the_limit() {
    let readings = [(ThreadRole::Main, full()), (ThreadRole::Worker, full())];
    let source = MetricSource {
        container: Some(Limit {
            kind: LimitKind::Container,
            bytes: 100,
            used: 50,
        }),
        container_full_in_s: &|rate| Some(50.0 / rate),
        ..source(&readings)
    };
    let series: usize = source
        .families()
        .iter()
        .map(|family| family.samples.len())
        .sum();
    assert_eq!(series, MOST_SERIES);
    assert_eq!(
        samples(&source, "memwatch_container_limit_eta_seconds"),
        ["{} 25"]
    );
}

#[test]
fn buckets_are_cumulative_and_labels_have_their_order() {
    let readings = [(ThreadRole::Main, full())];
    let seen = samples(&source(&readings), "memwatch_gc_pause_seconds");
    let expected = [
        r#"_bucket{"le":"0.001","kind":"minor","thread":"main"} 1"#,
        r#"_bucket{"le":"0.005","kind":"minor","thread":"main"} 2"#,
        r#"_bucket{"le":"0.025","kind":"minor","thread":"main"} 3"#,
        r#"_bucket{"le":"0.1","kind":"minor","thread":"main"} 4"#,
        r#"_bucket{"le":"0.5","kind":"minor","thread":"main"} 5"#,
        r#"_bucket{"le":"2.5","kind":"minor","thread":"main"} 6"#,
        r#"_bucket{"le":"+Inf","kind":"minor","thread":"main"} 7"#,
        r#"_sum{"kind":"minor","thread":"main"} 1.5"#,
        r#"_count{"kind":"minor","thread":"main"} 7"#,
    ];
    assert_eq!(seen[..9], expected);
    assert_eq!(seen.len(), 18);
}

#[test]
fn what_is_not_known_has_no_sample() {
    let readings = [(ThreadRole::Main, Reading::default())];
    let source = source(&readings);
    for name in [
        "memwatch_heap_live_bytes",
        "memwatch_heap_limit_bytes",
        "memwatch_heap_limit_eta_seconds",
        "memwatch_container_limit_bytes",
        "memwatch_container_used_bytes",
        "memwatch_container_limit_eta_seconds",
        "memwatch_leak_paused",
    ] {
        assert_eq!(samples(&source, name), [""; 0], "{name}");
    }
    let growth = samples(&source, "memwatch_heap_growth_bytes_per_second");
    assert_eq!(growth, [r#"{"thread":"main"} 0"#]);
}

#[test]
fn a_suspicion_has_paused_where_it_continues_in_no_thread() {
    let with_states = |kinds: [(bool, bool); LEAK_KINDS]| Reading {
        leak_states: LeakStates {
            suspected: kinds.map(|kind| kind.0),
            paused: kinds.map(|kind| kind.1),
            ..LeakStates::default()
        },
        ..Reading::default()
    };
    let (no, goes_on, paused) = ((false, false), (true, false), (true, true));
    let readings = [
        (
            ThreadRole::Main,
            with_states([paused, no, goes_on, no, goes_on]),
        ),
        (
            ThreadRole::Worker,
            with_states([paused, no, paused, paused, no]),
        ),
    ];
    assert_eq!(
        samples(&source(&readings), "memwatch_leak_paused"),
        [
            r#"{"kind":"heap"} 1"#,
            r#"{"kind":"native"} 0"#,
            r#"{"kind":"threads"} 1"#,
            r#"{"kind":"handles"} 0"#
        ]
    );
    assert_eq!(
        samples(&source(&readings), "memwatch_leak_suspected"),
        [
            r#"{"kind":"heap"} 1"#,
            r#"{"kind":"external"} 0"#,
            r#"{"kind":"native"} 1"#,
            r#"{"kind":"threads"} 1"#,
            r#"{"kind":"handles"} 1"#
        ]
    );
}

#[test]
fn names_of_kinds_are_in_the_order_of_the_meters() {
    for (index, (kind, _)) in GC_KINDS.iter().enumerate() {
        assert_eq!(*kind as usize, index);
    }
    let kinds = [
        LeakKind::Heap,
        LeakKind::External,
        LeakKind::Native,
        LeakKind::Threads,
        LeakKind::Handles,
    ];
    for (index, (kind, name)) in kinds.into_iter().zip(LEAKS).enumerate() {
        assert_eq!(kind as usize, index);
        assert_eq!(format!("{kind:?}").to_lowercase(), name);
    }
}

#[test]
fn the_time_to_a_limit_is_never_negative() {
    let mut reading = full();
    reading.leak_states.limit_at_unix_s = 50.0;
    let readings = [(ThreadRole::Main, reading)];
    let eta = samples(&source(&readings), "memwatch_heap_limit_eta_seconds");
    assert_eq!(eta, [r#"{"thread":"main"} 0"#]);
}
