//! The line against its definition, on seeded random points.

use super::*;

/// SplitMix64: enough for tests, the same on every machine.
struct Random(u64);

impl Random {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The median of all slopes and Kendall's τ, from their definitions: everything in a list,
/// sorted.
fn by_definition(points: &[Point]) -> (f64, f64) {
    let mut slopes = Vec::new();
    for b in 1..points.len() {
        for a in 0..b {
            slopes.push((points[b].v - points[a].v) / (points[b].t - points[a].t));
        }
    }
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let median = if slopes.len() % 2 == 1 {
        slopes[middle]
    } else {
        f64::midpoint(slopes[middle - 1], slopes[middle])
    };
    let up = slopes.iter().filter(|slope| **slope > 0.0).count() as f64;
    let down = slopes.iter().filter(|slope| **slope < 0.0).count() as f64;
    (median, (up - down) / slopes.len() as f64)
}

#[test]
fn slope_and_steadiness_are_those_of_the_definition() {
    let mut random = Random(7);
    for round in 0..500 {
        let len = 3 + round % (MOST_BINS - 2);
        let slope = 20.0 * random.share() - 5.0;
        let noise = 30.0 * random.share();
        let mut t = 0.0;
        let points: Vec<Point> = (0..len)
            .map(|_| {
                t += 0.1 + random.share();
                let v = slope * t + noise * random.share();
                Point { t, v }
            })
            .collect();
        let (rate, steadiness) = theil_sen(&points).expect("there are pairs");
        let (expected_rate, expected_steadiness) = by_definition(&points);
        assert!(
            (rate - expected_rate).abs() < 1e-9,
            "{rate} {expected_rate}"
        );
        assert!((steadiness - expected_steadiness).abs() < 1e-9);
        let line = Line::fit(&points);
        assert_eq!(line.is_some(), expected_rate > 0.0);
    }
}

#[test]
fn up_to_a_quarter_of_the_samples_may_be_anywhere() {
    let mut random = Random(11);
    for _ in 0..100 {
        let mut points: Vec<Point> = (0..20)
            .map(|i| Point {
                t: f64::from(i),
                v: 100.0 + 5.0 * f64::from(i),
            })
            .collect();
        for _ in 0..5 {
            let wild = (random.share() * 20.0) as usize;
            points[wild].v = 1e6 * (random.share() - 0.5);
        }
        let line = Line::fit(&points).expect("it rises");
        assert!((line.rate - 5.0).abs() < 2.5, "{}", line.rate);
    }
}

#[test]
fn a_straight_line_has_itself_for_a_line() {
    let points: Vec<Point> = (0..400)
        .map(|i| Point {
            t: 50.0 + f64::from(i),
            v: 1000.0 + 3.0 * f64::from(i),
        })
        .collect();
    let line = Line::fit(&points).expect("it rises");
    assert!((line.rate - 3.0).abs() < 1e-9);
    assert!((line.steadiness - 1.0).abs() < 1e-9);
    assert!((line.second_half - 1.0).abs() < 1e-9);
    assert!((line.last_quarter - 1.0).abs() < 1e-9);
    assert_eq!(line.samples, MOST_BINS);
}

#[test]
fn many_samples_in_one_minute_have_no_more_votes_than_few_in_another() {
    // A thousand flat samples in the first tenth, and a slope ever after.
    let mut points: Vec<Point> = (0..1000)
        .map(|i| Point {
            t: f64::from(i) / 100.0,
            v: 0.0,
        })
        .collect();
    points.extend((10..=100).map(|i| Point {
        t: f64::from(i),
        v: f64::from(i - 10),
    }));
    let line = Line::fit(&points).expect("it rises");
    assert!(line.rate > 0.9, "{}", line.rate);
}

#[test]
fn growth_that_slows_down_is_counted_from_end_to_end() {
    let points: Vec<Point> = (0..100)
        .map(|i| Point {
            t: f64::from(i),
            v: if i < 20 {
                30.0 * f64::from(i)
            } else {
                600.0 + f64::from(i - 20)
            },
        })
        .collect();
    let line = Line::fit(&points).expect("it rises");
    assert!(line.rate < 2.0, "{}", line.rate);
    // All of it but for what the first samples rise by among themselves.
    assert!(
        line.growth > 400.0 && line.growth <= 679.0,
        "{}",
        line.growth
    );
}

#[test]
fn a_root_and_a_logarithm_decay_and_a_step_is_over() {
    let shape = |f: fn(f64) -> f64| {
        let points: Vec<Point> = (0..100)
            .map(|i| Point {
                t: f64::from(i),
                v: f(f64::from(i)),
            })
            .collect();
        Line::fit(&points)
    };
    let root = shape(f64::sqrt).expect("it rises");
    let logarithm = shape(|t| (1.0 + t).ln()).expect("it rises");
    assert!(root.second_half < 0.8 && logarithm.second_half < root.second_half);
    // The median of the slopes of a step is 0, or its last quarter is flat.
    let step = shape(|t| if t < 40.0 { t } else { 40.0 });
    assert!(step.is_none_or(|line| line.last_quarter < 0.01));
}

#[test]
fn what_falls_or_has_two_samples_or_one_time_is_no_line() {
    let point = |t: f64, v: f64| Point { t, v };
    assert_eq!(Line::fit(&[]), None);
    assert_eq!(Line::fit(&[point(0.0, 1.0), point(1.0, 2.0)]), None);
    assert_eq!(
        Line::fit(&[point(0.0, 3.0), point(1.0, 2.0), point(2.0, 1.0)]),
        None
    );
    assert_eq!(
        Line::fit(&[point(1.0, 1.0), point(1.0, 2.0), point(1.0, 3.0)]),
        None
    );
}

/// The unevenness of as many samples as there may be, evenly spread over a minute.
fn unevenness_of(value: impl Fn(f64) -> f64) -> f64 {
    let points: Vec<Point> = (0..MOST_BINS)
        .map(|i| 60.0 * i as f64 / (MOST_BINS - 1) as f64)
        .map(|t| Point { t, v: value(t) })
        .collect();
    unevenness(&points)
}

#[test]
fn unevenness_is_about_one_over_the_number_of_steps_and_little_of_a_line() {
    assert!(unevenness_of(|t| 7.0 + 3.0 * t) < 1e-9);
    for steps in [1.0, 2.0, 3.0, 4.0, 5.0] {
        // Each in the midst of its part of the time.
        let stairs = unevenness_of(|t| (t / 60.0 * steps + 0.5).floor());
        let expected = 1.0 / steps;
        assert!((stairs / expected - 1.0).abs() < 0.25, "{steps}: {stairs}");
    }
}

#[test]
fn many_steps_at_any_times_are_more_even_than_few() {
    let mut random = Random(5);
    let mut mean = |steps: usize| {
        let rounds = 100;
        let all = (0..rounds).map(|_| {
            let times: Vec<f64> = (0..steps).map(|_| 60.0 * random.share()).collect();
            unevenness_of(|t| times.iter().filter(|time| **time <= t).count() as f64)
        });
        all.sum::<f64>() / f64::from(rounds)
    };
    let [few, some, many] = [3, 8, 30].map(&mut mean);
    assert!(
        few > 0.3 && some < 0.25 && many < 0.15,
        "{few} {some} {many}"
    );
}

#[test]
fn what_was_in_use_for_a_moment_is_not_uneven() {
    let peaks = |t: f64| 3.0 * t + if t as u64 % 5 == 2 { 40.0 } else { 0.0 };
    assert!(unevenness_of(peaks) < 0.12);
    assert_eq!(unevenness_of(|t| -t), 0.0);
}
