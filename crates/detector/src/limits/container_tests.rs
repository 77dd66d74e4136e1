use super::*;
use crate::gc::trend::{Kind, State};

const MIB: u64 = 1 << 20;

/// A container of 130 MiB that is read every two seconds; `kept` is MiB at a time.
fn container(seconds: usize, kept: impl Fn(f64) -> f64) -> Container {
    let mut container = Container::new();
    for t in (0..=seconds).step_by(2) {
        let kept = (kept(t as f64) * MIB as f64) as u64;
        let limit = 130 * MIB;
        let left = limit.saturating_sub(kept);
        container.read(
            t as f64,
            Some(("/app".into(), GroupMemory { limit, kept, left })),
        );
    }
    container
}

/// A heap that has grown at this rate in MiB a second, of a limit of 2 GiB.
fn assessment(kind: Kind, rate: f64) -> KindAssessment {
    let used = 100 * MIB;
    let limit = (kind == Kind::Heap).then_some(Limit {
        kind: LimitKind::V8Heap,
        bytes: 2 << 30,
        used,
    });
    let rate = rate * MIB as f64;
    let left_s = ((2 << 30) - used) as f64 / rate;
    KindAssessment {
        kind,
        state: State::Confirmed,
        was_confirmed: true,
        kept: 0,
        confidence: 1.0,
        start_unix_us: 0,
        end_unix_us: 60_000_000,
        elapsed_us: 60_000_000,
        growth: 0,
        enough: 0,
        base: 0,
        current: used as i64,
        rate,
        samples: 20,
        steadiness: 1.0,
        persistence: 1.0,
        limit,
        limit_unix_us: (limit.is_some() && rate > 0.0).then(|| 60_000_000 + (left_s * 1e6) as i64),
    }
}

/// Which limit is first, and in how many seconds.
fn first(assessment: KindAssessment, container: &Container) -> (Option<LimitKind>, Option<i64>) {
    let end = assessment.end_unix_us;
    let first = first_of(assessment, container);
    let left = first
        .limit_unix_us
        .map(|at| (at - end + 500_000) / 1_000_000);
    (first.limit.map(|limit| limit.kind), left)
}

#[test]
fn a_container_that_is_full_first_is_named_with_its_time() {
    let container = container(60, |t| 50.0 + t);
    let heap = first(assessment(Kind::Heap, 1.0), &container);
    assert_eq!(heap, (Some(LimitKind::Container), Some(20)));
    let native = first(assessment(Kind::Native, 1.0), &container);
    assert_eq!(native, (Some(LimitKind::Container), Some(20)));
}

#[test]
fn v8s_limit_is_named_where_it_comes_first() {
    let mut container = Container::new();
    let kept = 200 * MIB;
    let limit = 64 << 30;
    let memory = GroupMemory {
        limit,
        kept,
        left: limit - kept,
    };
    container.read(0.0, Some(("/app".into(), memory)));
    let heap = first(assessment(Kind::Heap, 1.0), &container);
    assert_eq!(heap, (Some(LimitKind::V8Heap), Some(1948)));
}

#[test]
fn where_there_is_no_container_nothing_changes() {
    let heap = first(assessment(Kind::Heap, 1.0), &Container::new());
    assert_eq!(heap, (Some(LimitKind::V8Heap), Some(1948)));
    assert_eq!(
        first(assessment(Kind::Native, 1.0), &Container::new()),
        (None, None)
    );
}

#[test]
fn where_nothing_grows_the_limit_is_named_that_less_is_left_of_and_no_time() {
    let container = container(60, |_| 50.0);
    let heap = first(assessment(Kind::Heap, 0.0), &container);
    assert_eq!(heap, (Some(LimitKind::Container), None));
}

#[test]
fn a_group_that_grows_faster_than_the_suspect_is_full_earlier() {
    // Three processes leak alike.
    let container = container(60, |t| 10.0 + 1.5 * t);
    let heap = first(assessment(Kind::Heap, 0.5), &container);
    assert_eq!(heap, (Some(LimitKind::Container), Some(20)));
}

#[test]
fn teeth_of_collections_and_a_pause_do_not_count() {
    let teeth = container(120, |t| 30.0 + 0.5 * t + (t % 10.0));
    let pace = teeth.pace(120.0).expect("known") / MIB as f64;
    assert!((0.45..0.55).contains(&pace), "{pace}");
    // V8 fills memory that it has: the group stands still, the heap grows.
    let still = container(60, |_| 110.0);
    let heap = first(assessment(Kind::Heap, 2.0), &still);
    assert_eq!(heap, (Some(LimitKind::Container), Some(10)));
}

#[test]
fn the_pace_is_that_of_the_time_asked_for_however_long_it_was_read() {
    // Level for an hour, then growth.
    let container = container(3600, |t| 20.0 + 0.5 * (t - 3500.0).max(0.0));
    assert!(container.readings.len() <= MOST_READINGS);
    let mut fine = container.clone();
    for i in 1..=30 {
        let t = 3600.0 + 2.0 * f64::from(i);
        let kept = ((20.0 + 0.5 * (t - 3500.0)) * MIB as f64) as u64;
        let memory = GroupMemory {
            limit: 130 * MIB,
            kept,
            left: 130 * MIB - kept,
        };
        fine.read(t, Some(("/app".into(), memory)));
    }
    let pace = fine.pace(60.0).expect("known") / MIB as f64;
    assert!((0.4..0.6).contains(&pace), "{pace}");
}

#[test]
fn few_readings_and_another_limit_say_nothing_of_the_pace() {
    assert_eq!(container(4, |t| 50.0 + t).pace(60.0), None);
    let mut moved = container(60, |t| 50.0 + t);
    let memory = GroupMemory {
        limit: 90 * MIB,
        kept: 60 * MIB,
        left: 30 * MIB,
    };
    moved.read(62.0, Some(("/other".into(), memory)));
    assert_eq!(moved.pace(60.0), None);
    moved.read(64.0, None);
    assert_eq!((moved.limit(), moved.path()), (None, None));
}
