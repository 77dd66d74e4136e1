use super::*;

/// A small generator of seeded noise: the same numbers on every machine.
struct Noise(u64);

impl Noise {
    /// Seeds next to each other begin far from each other (Knuth's golden ratio).
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// Evenly from -1 to 1 (xorshift, Marsaglia 2003).
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// As many rounds of as many calls, where `memory` tells what is in use after a call.
fn rounds(count: u32, calls: f64, mut memory: impl FnMut(f64) -> f64) -> Vec<Round> {
    (1..=count)
        .map(|round| {
            let calls = f64::from(round) * calls;
            let bytes = memory(calls);
            Round { calls, bytes }
        })
        .collect()
}

const HEAP: f64 = 6e6;

#[test]
fn what_each_call_leaves_behind_is_a_leak_and_its_size_is_told() {
    for seed in 1..=200 {
        let mut noise = Noise::new(seed);
        let result = judge(
            &rounds(10, 1_000.0, |n| HEAP + 40.0 * n + 1_000.0 * noise.next()),
            8.0,
        );
        assert_eq!(result.judgement, Judgement::Leak, "seed {seed}");
        assert!((result.bytes_per_call - 40.0).abs() < 1.0, "{result:?}");
        assert!(result.low <= result.bytes_per_call && result.bytes_per_call <= result.high);
    }
}

#[test]
fn noise_is_clear_once_the_rounds_are_large_enough() {
    for seed in 1..=200 {
        let mut noise = Noise::new(seed);
        let result = judge(
            &rounds(10, 10_000.0, |_| HEAP + 4_000.0 * noise.next()),
            8.0,
        );
        assert_eq!(result.judgement, Judgement::Clear, "seed {seed}");
    }
}

#[test]
fn noise_that_drowns_the_tolerance_is_a_leak_as_seldom_as_the_interval_says() {
    // Once in a hundred the interval lies above zero by chance; the host looks again.
    let leaks = (1..=500).filter(|&seed| {
        let mut noise = Noise::new(seed);
        let result = judge(&rounds(10, 10.0, |_| HEAP + 20_000.0 * noise.next()), 8.0);
        result.judgement == Judgement::Leak
    });
    assert!(leaks.count() <= 5);
}

#[test]
fn a_warm_up_that_slows_down_is_no_leak() {
    let result = judge(
        &rounds(10, 1_000.0, |n| HEAP + 1e6 * (1.0 - (-n / 2_000.0).exp())),
        8.0,
    );
    assert_eq!(result.judgement, Judgement::Unclear);
}

#[test]
fn what_is_left_within_the_tolerance_is_clear() {
    let memory = |n: f64| HEAP + 7.0 * n;
    assert_eq!(
        judge(&rounds(10, 1e5, memory), 8.0).judgement,
        Judgement::Clear
    );
    assert_eq!(
        judge(&rounds(10, 1e5, memory), 0.0).judgement,
        Judgement::Leak
    );
}

#[test]
fn one_round_that_stands_out_changes_nothing() {
    let odd = |n: f64| if n == 5_000.0 { 9e6 } else { 0.0 };
    let flat = judge(&rounds(10, 1_000.0, |n| HEAP + odd(n)), 8.0);
    assert_eq!(flat.judgement, Judgement::Clear);
    let leak = judge(&rounds(10, 1_000.0, |n| HEAP + 100.0 * n + odd(n)), 8.0);
    assert_eq!(leak.judgement, Judgement::Leak);
}

#[test]
fn only_the_newest_rounds_count() {
    let filling = |n: f64| HEAP + 100.0 * n.min(5_000.0);
    assert_eq!(
        judge(&rounds(30, 1_000.0, filling), 8.0).judgement,
        Judgement::Clear
    );
}

#[test]
fn few_rounds_or_rounds_without_calls_do_not_tell() {
    let steep = |n: f64| HEAP + 1e6 * n;
    assert_eq!(judge(&[], 8.0).judgement, Judgement::Unclear);
    assert_eq!(
        judge(&rounds(5, 100.0, steep), 8.0).judgement,
        Judgement::Unclear
    );
    assert_eq!(
        judge(&rounds(10, 0.0, steep), 8.0).judgement,
        Judgement::Unclear
    );
    assert_eq!(
        judge(&rounds(6, 100.0, steep), 8.0).judgement,
        Judgement::Leak
    );
}

#[test]
fn numbers_beyond_all_measure_are_no_panic() {
    for bytes in [f64::NAN, f64::INFINITY, f64::MAX, -f64::MAX] {
        let result = judge(
            &rounds(10, 1.0, |n| if n > 5.0 { bytes } else { HEAP }),
            8.0,
        );
        assert_ne!(result.judgement, Judgement::Leak, "{bytes}");
    }
}
