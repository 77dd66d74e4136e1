//! The arithmetic against the original's, sequence by sequence. Where the two
//! differ, a test of its own says how and why. Groups and suspension, which the
//! original had not, are in `tracker.rs`.
//!
//! `data/golden-stats.json` holds, by name, sequences of full collections: the
//! heap `h` in bytes and the time `t` in whole Unix seconds, the eight values
//! the original then emitted, and its `leak` or null (times in Unix seconds).

use memwatch_detector::gc::{FullCollection, GcKind, HeapNumbers, Settings, Step, Tracker};
use memwatch_report::text::leak_reason;
use serde_json::{Value, json};

const US_PER_S: i64 = 1_000_000;

/// Sequences in which every entry is the same as the original's.
const AGREED: [&str; 3] = ["steady_growth_5s", "flat", "node20_gc_pairs"];
/// Sequences with an entry that differs; each is a test below.
const DIFFERENT: [&str; 7] = [
    "grow_then_fall_usage_trend_wraps",
    "sawtooth",
    "fast_leak_dt0",
    "fast_leak_dt1",
    "over_455MiB_wraps_estimated_base",
    "over_4GiB_truncates",
    "flat_over_4GiB_false_leaks",
];

/// A full collection that left `base` bytes.
fn collection(base: u64, at_unix_us: i64) -> FullCollection {
    FullCollection {
        at_unix_us,
        heap: HeapNumbers {
            used_heap_size: base,
            ..HeapNumbers::default()
        },
        ..FullCollection::default()
    }
}

fn golden() -> Value {
    serde_json::from_str(include_str!("data/golden-stats.json")).unwrap()
}

/// The original's entries and ours, as the same JSON.
fn original_and_ours(name: &str) -> (Vec<Value>, Vec<Value>) {
    let golden = golden();
    let original = golden[name].as_array().unwrap().clone();
    assert!(!original.is_empty());

    let mut tracker = Tracker::default();
    let mut minor = 0;
    let ours = original
        .iter()
        .map(|entry| {
            while minor < entry["stats"]["num_inc_gc"].as_u64().unwrap() {
                tracker.minor(GcKind::Scavenge, 0);
                minor += 1;
            }
            let step = tracker.full(collection(
                entry["in"]["h"].as_u64().unwrap(),
                entry["in"]["t"].as_i64().unwrap() * US_PER_S,
            ));
            as_golden(&entry["in"], &step.expect("a full collection is a step"))
        })
        .collect();
    (original, ours)
}

fn as_golden(input: &Value, step: &Step) -> Value {
    let stats = &step.stats;
    // The reference writes whole numbers without a fraction.
    let usage_trend = if stats.usage_trend.fract() == 0.0 {
        json!(stats.usage_trend as i64)
    } else {
        json!(stats.usage_trend)
    };
    json!({
        "in": input,
        "stats": {
            "num_full_gc": stats.num_full_gc,
            "num_inc_gc": stats.num_inc_gc,
            "heap_compactions": stats.heap_compactions,
            "usage_trend": usage_trend,
            "estimated_base": stats.estimated_base,
            "current_base": stats.current_base,
            "min": stats.min,
            "max": stats.max,
        },
        "leak": step.leak.map(|leak| {
            assert_eq!(leak.start_unix_us % US_PER_S, 0);
            assert_eq!(leak.end_unix_us % US_PER_S, 0);
            json!({
                "start": leak.start_unix_us / US_PER_S,
                "end": leak.end_unix_us / US_PER_S,
                "growth": leak.growth,
                "reason": leak_reason(&leak),
            })
        }),
    })
}

/// Every difference between two lists of entries, as
/// `(entry from 1, key, original, ours)`.
fn differences(name: &str) -> Vec<(usize, String, Value, Value)> {
    let (original, ours) = original_and_ours(name);
    assert_eq!(original.len(), ours.len());
    let mut found = Vec::new();
    for (place, (theirs, ours)) in original.iter().zip(&ours).enumerate() {
        let mut compare = |key: &str, theirs: &Value, ours: &Value| {
            if theirs != ours {
                found.push((place + 1, key.to_owned(), theirs.clone(), ours.clone()));
            }
        };
        for (key, value) in theirs["stats"].as_object().unwrap() {
            compare(key, value, &ours["stats"][key]);
        }
        match (theirs["leak"].as_object(), ours["leak"].as_object()) {
            (Some(theirs), Some(ours)) => {
                for (key, value) in theirs {
                    compare(key, value, &ours[key]);
                }
            }
            _ => compare("leak", &theirs["leak"], &ours["leak"]),
        }
    }
    found
}

fn ours_of(found: &[(usize, String, Value, Value)], key: &str) -> Vec<(usize, Value)> {
    found
        .iter()
        .filter(|(_, of, ..)| of == key)
        .map(|(place, _, _, ours)| (*place, ours.clone()))
        .collect()
}

fn keys_of(found: &[(usize, String, Value, Value)]) -> Vec<&str> {
    let mut keys: Vec<_> = found.iter().map(|(_, key, ..)| key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[test]
fn every_sequence_of_the_reference_is_either_agreed_or_explained() {
    let golden = golden();
    let mut names: Vec<_> = golden.as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    let mut known: Vec<_> = AGREED
        .iter()
        .chain(&DIFFERENT)
        .map(ToString::to_string)
        .collect();
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn ordinary_sequences_are_the_originals_to_the_letter() {
    for name in AGREED {
        let (original, ours) = original_and_ours(name);
        assert_eq!(original, ours, "{name}");
    }
}

/// The original subtracted unsigned numbers, so any fall became a rise of
/// thousands of percent. A falling heap has a negative trend.
#[test]
fn a_falling_heap_has_a_negative_trend_where_the_original_wrapped() {
    let found = differences("grow_then_fall_usage_trend_wraps");
    assert_eq!(keys_of(&found), ["usage_trend"]);
    let trends = ours_of(&found, "usage_trend");
    let expected = [
        (13, json!(0)),
        (14, json!(0)),
        (15, json!(-0.1)),
        (16, json!(-0.1)),
        (17, json!(-0.2)),
        (18, json!(-0.3)),
        (19, json!(-0.4)),
        (20, json!(-0.5)),
        (21, json!(-0.7)),
        (22, json!(-0.8)),
        (23, json!(-1)),
        (24, json!(-1.2)),
    ];
    assert_eq!(trends, expected);
}

/// The same wrap in its smallest form: the averages are 3 081 900 and
/// 3 083 333, a fall that rounds to no percent at all.
#[test]
fn a_sawtooth_is_no_trend_where_the_original_wrapped() {
    let found = differences("sawtooth");
    assert_eq!(
        found,
        [(12, "usage_trend".to_owned(), json!(139_296.2), json!(0))]
    );
}

/// The original divided by zero seconds and squeezed infinity into 32 bits.
/// Taken over the shortest interval there is (a millisecond) 40 MB are a
/// number, and a large one.
#[test]
fn growth_in_no_time_has_a_rate_where_the_original_divided_by_zero() {
    let found = differences("fast_leak_dt0");
    assert_eq!(
        found,
        [(
            5,
            "reason".to_owned(),
            json!("heap growth over 5 consecutive GCs (0s) - -2147483648 bytes/hr"),
            json!("heap growth over 5 consecutive GCs (0s) - 137329101.56 mb/hr"),
        )]
    );
}

/// 40 MB in 4 s are 36 GB an hour, which did not fit the original's 32 bits.
#[test]
fn a_fast_leak_has_its_real_rate_where_the_original_overflowed() {
    let found = differences("fast_leak_dt1");
    assert_eq!(
        found,
        [(
            5,
            "reason".to_owned(),
            json!("heap growth over 5 consecutive GCs (4s) - -2147483648 bytes/hr"),
            json!("heap growth over 5 consecutive GCs (4s) - 34332.28 mb/hr"),
        )]
    );
}

/// Nine times the average overflowed 32 bits from 455 MiB on, and with it the
/// base collapsed. An average lies between the values it is of.
#[test]
fn the_estimated_base_stays_in_place_above_455_mib_where_the_original_overflowed() {
    let found = differences("over_455MiB_wraps_estimated_base");
    assert_eq!(keys_of(&found), ["estimated_base", "usage_trend"]);
    assert_eq!(
        ours_of(&found, "estimated_base"),
        [
            (10, json!(508_100_000)),
            (11, json!(508_290_000)),
            (12, json!(508_561_000)),
            (13, json!(508_904_900)),
            (14, json!(509_314_410)),
        ]
    );
    let trends = ours_of(&found, "usage_trend");
    assert_eq!(trends, [10, 11, 12, 13, 14].map(|place| (place, json!(0))));
}

/// The original kept the low 32 bits of a heap. All sizes are the real ones;
/// the leaks, which it worked out from 64 bits, are the same.
#[test]
fn a_heap_above_4_gib_has_its_real_sizes_where_the_original_truncated() {
    let found = differences("over_4GiB_truncates");
    assert_eq!(
        keys_of(&found),
        [
            "current_base",
            "estimated_base",
            "max",
            "min",
            "usage_trend"
        ]
    );
    let (original, ours) = original_and_ours("over_4GiB_truncates");
    for (place, (theirs, ours)) in original.iter().zip(&ours).enumerate() {
        assert_eq!(ours["stats"]["current_base"], ours["in"]["h"]);
        for key in ["estimated_base", "current_base", "min", "max"] {
            let theirs = theirs["stats"][key].as_u64().unwrap();
            let ours = ours["stats"][key].as_u64().unwrap();
            // Both averages are sums, so the lost 2^32 is lost exactly once.
            let lost = if theirs == 0 { 0 } else { 1 << 32 };
            assert_eq!(ours, theirs + lost, "entry {}, {key}", place + 1);
        }
    }
    // 0.1 and 0.2 percent of 0.3 GB are less than 0.05 percent of 4.5 GB.
    assert_eq!(
        ours_of(&found, "usage_trend"),
        [(11, json!(0)), (12, json!(0))]
    );
}

/// With the low 32 bits as "last", every heap above 4 GiB had grown. A flat heap
/// is no leak.
#[test]
fn a_flat_heap_above_4_gib_is_no_leak_where_the_original_reported_two() {
    let found = differences("flat_over_4GiB_false_leaks");
    assert_eq!(
        ours_of(&found, "leak"),
        [(5, json!(null)), (10, json!(null))]
    );
    let (_, ours) = original_and_ours("flat_over_4GiB_false_leaks");
    for entry in &ours {
        assert_eq!(entry["stats"]["estimated_base"], json!(4_500_000_000_u64));
        assert_eq!(entry["stats"]["usage_trend"], json!(0));
    }
}

/// With a limit of one the first and the last growing collection are the same:
/// the original divided zero by zero.
#[test]
fn a_limit_of_one_reports_no_growth_in_no_time_where_the_original_had_no_number() {
    let mut settings = Settings::default();
    settings.set_consecutive_growth_limit(1);
    let step = Tracker::new(settings)
        .full(collection(4_000_000, 1_700_000_000 * US_PER_S))
        .unwrap();
    let leak = step.leak.unwrap();
    assert_eq!(leak.growth, 0);
    assert_eq!(
        leak_reason(&leak),
        "heap growth over 1 consecutive GCs (0s) - 0 bytes/hr"
    );
}
