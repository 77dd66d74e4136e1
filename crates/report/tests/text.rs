//! What people and programs read, to the letter.

use memwatch_detector::gc::Leak;
use memwatch_detector::gc::trend::{Change, Cleared, Kind, KindAssessment, State, Transition};
use memwatch_detector::limits::{Limit, LimitKind};
use memwatch_report::text::{self, duration, leak_reason, size};

#[test]
fn sizes_are_said_in_the_originals_words() {
    for (bytes, said) in [
        (0, "0 bytes"),
        (1, "1 bytes"),
        (-1, "-1 bytes"),
        (1024, "1024 bytes"),
        (-1024, "-1024 bytes"),
        (1025, "1 kb"),
        (1536, "1.5 kb"),
        (-2120, "-2.07 kb"),
        (102_400, "100 kb"),
        (1_048_575, "1024 kb"),
        (1_048_576, "1024 kb"),
        (1_048_577, "1 mb"),
        (239_952, "234.33 kb"),
        (249_232, "243.39 kb"),
        (66_687, "65.12 kb"),
        (66_688, "65.13 kb"),
        (-55_296, "-54 kb"),
        (1_869_904, "1.78 mb"),
        (2_119_136, "2.02 mb"),
        (2_147_483_647, "2048 mb"),
    ] {
        assert_eq!(size(bytes), said);
    }
}

#[test]
fn half_a_hundredth_is_rounded_away_from_zero() {
    // 1.125 kb and 1.125 mb.
    assert_eq!(size(1152), "1.13 kb");
    assert_eq!(size(-1152), "-1.13 kb");
    assert_eq!(size(1_179_648), "1.13 mb");
    assert_eq!(size(-1_179_648), "-1.13 mb");
}

#[test]
fn a_hundredth_keeps_its_zero_in_front() {
    assert_eq!(size(1034), "1.01 kb");
    assert_eq!(size(1_059_062), "1.01 mb");
}

#[test]
fn sizes_the_original_could_not_say_are_plain_digits() {
    for (bytes, said) in [
        // The original's absolute value of this one overflowed.
        (-2_147_483_648, "-2048 mb"),
        (4_294_967_296, "4096 mb"),
        (10_737_418_240_000, "10240000 mb"),
        (1_234_567_890_123, "1177375.69 mb"),
        (i64::MAX, "8796093022208 mb"),
        (i64::MIN, "-8796093022208 mb"),
    ] {
        assert_eq!(size(bytes), said);
    }
}

#[test]
fn durations_are_said_in_the_originals_words() {
    for (seconds, said) in [
        (0, "0s"),
        (59, "59s"),
        (60, "60s"),
        (61, "1m 1s"),
        (120, "2m 0s"),
        (3600, "60m 0s"),
        (3601, "1h 1s"),
        (3660, "1h 60s"),
        (3661, "1h 1m 1s"),
        (7200, "2h 0s"),
        (90_061, "25h 1m 1s"),
        (-5, "-5s"),
        (i64::MAX, "2562047788015215h 30m 7s"),
        (i64::MIN, "-9223372036854775808s"),
    ] {
        assert_eq!(duration(seconds), said);
    }
}

fn leak(growth: i64, elapsed_us: i64) -> Leak {
    Leak {
        start_unix_us: 0,
        end_unix_us: elapsed_us,
        elapsed_us,
        growth,
        consecutive: 5,
    }
}

#[test]
fn a_rate_over_less_than_a_second_is_a_real_number() {
    assert_eq!(
        leak_reason(&leak(4 * 1_048_576, 250_000)),
        "heap growth over 5 consecutive GCs (0s) - 57600 mb/hr"
    );
}

#[test]
fn a_rate_counts_the_part_of_the_last_second_that_the_duration_leaves_out() {
    assert_eq!(
        leak_reason(&leak(1024, 1_500_000)),
        "heap growth over 5 consecutive GCs (1s) - 2.34 mb/hr"
    );
}

#[test]
fn no_interval_is_shorter_than_a_millisecond() {
    let of_a_millisecond = leak(1_000_000, 1_000).bytes_per_hour();
    assert_eq!(of_a_millisecond, 3_600_000_000_000);
    for elapsed_us in [999, 1, 0, -1, i64::MIN] {
        assert_eq!(
            leak(1_000_000, elapsed_us).bytes_per_hour(),
            of_a_millisecond
        );
    }
}

#[test]
fn no_rate_is_too_large_to_be_said() {
    assert_eq!(
        leak_reason(&leak(i64::MAX, 0)),
        "heap growth over 5 consecutive GCs (0s) - 8796093022208 mb/hr"
    );
    assert_eq!(leak(i64::MAX, i64::MAX).bytes_per_hour(), 3_600_000_000);
}

/// Of V8's heap, 2 GiB.
const HEAP_LIMIT: Limit = Limit {
    kind: LimitKind::V8Heap,
    bytes: 2 << 30,
    used: 33_000_000,
};

fn assessment(state: State) -> KindAssessment {
    KindAssessment {
        kind: Kind::Heap,
        state,
        was_confirmed: state == State::Paused,
        confidence: 1.0,
        start_unix_us: 0,
        end_unix_us: 182_000_000,
        elapsed_us: 182_000_000,
        growth: 12_897_485,
        enough: 48_234_496,
        base: 20_000_000,
        current: 33_000_000,
        kept: 13_000_000,
        rate: 12_000.0,
        samples: 14,
        steadiness: 1.0,
        persistence: 1.0,
        limit: Some(HEAP_LIMIT),
        limit_unix_us: Some(15_182_000_000),
    }
}

#[test]
fn a_state_has_its_evidence_in_one_sentence() {
    assert_eq!(
        text::detector_state::reason(&assessment(State::Confirmed)),
        "heap grows by 41.2 MiB an hour: 12.3 MiB over 14 samples (3m 2s), steady; heap limit in 4h 10m 0s"
    );
    assert_eq!(
        text::detector_state::reason(&assessment(State::Suspected)),
        "heap grows by 41.2 MiB an hour: 12.3 MiB over 14 samples (3m 2s), steady; \
         confirmed once growth reaches about 46.0 MiB"
    );
    let in_container = KindAssessment {
        limit: Some(Limit {
            kind: LimitKind::Container,
            bytes: 130_000_000,
            ..HEAP_LIMIT
        }),
        limit_unix_us: Some(232_000_000),
        ..assessment(State::Confirmed)
    };
    assert_eq!(
        text::detector_state::reason(&in_container),
        "heap grows by 41.2 MiB an hour: 12.3 MiB over 14 samples (3m 2s), steady; container limit in 50s"
    );
    let slowing = KindAssessment {
        kind: Kind::Native,
        persistence: 0.5,
        limit: None,
        limit_unix_us: None,
        ..assessment(State::Confirmed)
    };
    assert_eq!(
        text::detector_state::reason(&slowing),
        "native memory grows by 41.2 MiB an hour: 12.3 MiB over 14 samples (3m 2s), slowing down"
    );
    let flat = KindAssessment {
        kind: Kind::External,
        growth: 0,
        ..assessment(State::Ok)
    };
    assert_eq!(
        text::detector_state::reason(&flat),
        "external memory does not grow"
    );
}

#[test]
fn what_pauses_says_what_is_still_kept_and_in_which_time_it_came() {
    assert_eq!(
        text::detector_state::reason(&assessment(State::Paused)),
        "growth of the heap has paused: 12.4 MiB added in 3m 2s are still in use"
    );
    let native = KindAssessment {
        kind: Kind::Native,
        ..assessment(State::Paused)
    };
    assert!(
        text::detector_state::reason(&native).starts_with("growth of native memory has paused: ")
    );
}

#[test]
fn what_is_cleared_says_why() {
    let cleared = |why| {
        text::detector_state::transition_reason(&Transition {
            change: Change::Cleared(why),
            assessment: assessment(State::Ok),
            lasted_us: 60_000_000,
        })
    };
    assert_eq!(
        cleared(Cleared::StoppedGrowing),
        "heap stopped growing at 31.5 MiB: it had grown by 12.3 MiB (3m 2s)"
    );
    assert_eq!(
        cleared(Cleared::GivenBack),
        "heap fell back to 31.5 MiB: it had grown by 12.3 MiB (3m 2s)"
    );
}
