//! How much growth the policy requires at a rate, an age and a size, and the ends of each test there. Applies the
//! numbers of `policy`; measures nothing.

use super::Kind;
use super::policy::*;

/// From this rate on `MID_BYTES` are required. A rate of few samples may be off by a factor of `OTHER_RATE`.
const MID_RATE: f64 = OTHER_RATE * CALM_RATE;

/// How fast growth is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// 0 for calm growth, 1 from [`MID_RATE`] on.
    pub mid: f64,
    /// 0 up to `MID_RATE_MOST`, 1 for fast growth.
    pub speed: f64,
}

impl Pace {
    /// The pace of growth at this rate, where growth in few steps is judged as fast.
    pub(super) fn of(rate: f64, in_steps: f64) -> Self {
        Self {
            mid: by_logarithm(rate, CALM_RATE, MID_RATE).max(in_steps),
            speed: speed(rate).max(in_steps),
        }
    }
}

/// Bytes of growth at this speed and age, from this base, that are full evidence. `along` is what other kinds of memory grew
/// by with it: one leak may take memory of several kinds, and what is left of the bytes that it may take is left for all.
pub(super) fn enough(kind: Kind, pace: Pace, age_s: f64, base: f64, limit: f64, along: f64) -> f64 {
    let (least, fast_share) = match kind {
        Kind::Heap | Kind::External => (LEAST_BYTES, FAST_LIMIT_SHARE),
        Kind::Native => (LEAST_NATIVE_BYTES, FAST_NATIVE_SHARE),
    };
    let by_age = (CALM_BYTE_SECONDS / age_s.max(1.0)).max(least);
    // The kind that grows most has half of all growth or more.
    let alone = (CALM_BYTES - along)
        .max(CALM_BYTES / 2.0)
        .max(least.min(CALM_BYTES));
    let calm = by_age.min(alone).max((SMALL_SHARE * base).min(CALM_BYTES));
    let fast = (fast_share * limit)
        .max(FAST_BYTES.min(FAST_LIMIT_SHARE_MOST * limit))
        .min(enough_left(base, limit))
        .max(LEAST_BYTES);
    let calm = (calm * (MID_BYTES / calm).max(1.0).powf(pace.mid)).min(fast);
    let enough = calm * (fast / calm).powf(pace.speed);
    enough.max(LEAST_SHARE * base)
}

/// Bytes of growth that are enough behind such a load; never more than what is left allows.
pub(super) fn enough_behind(loaded: f64, base: f64, limit: f64) -> f64 {
    (LOADED_SHARE * loaded).min(enough_left(base, limit))
}

/// Bytes of growth that are enough at any rate, as so little is left beyond it.
fn enough_left(base: f64, limit: f64) -> f64 {
    FAST_HEADROOM_SHARE * (limit - base)
}

/// By which factor more growth is enough where its second half is so fast in comparison
/// with the whole.
pub(super) fn doubt(kind: Kind, speed: f64, second_half: f64) -> f64 {
    if kind == Kind::Native {
        return 1.0;
    }
    let (most, none) = DOUBTFUL;
    let doubtful = ramp(second_half, (none, most));
    1.0 + DOUBT * doubtful * (1.0 - speed)
}

/// For how long growth of so many seconds must have stopped, in seconds.
pub(super) fn waits_s(grew_s: f64) -> f64 {
    ENDED_S.max(BEGUN * grew_s)
}

/// 0 for growth that is not fast, 1 for fast growth, by the logarithm of the rate between.
pub(super) fn speed(rate: f64) -> f64 {
    by_logarithm(rate, MID_RATE_MOST, FAST_RATE)
}

/// Growth that slows down is no leak below this many bytes.
pub(super) fn largest_cache(base: f64, limit: f64) -> f64 {
    LARGEST_CACHE
        .min(FAST_LIMIT_SHARE * limit)
        .min(enough_left(base, limit))
}

/// 0 for growth that is even, 1 for growth in few large steps. As many samples as an assessment
/// takes at least do not tell: between them it may have been even. And native memory is taken
/// in steps, by allocators.
pub(super) fn in_steps(kind: Kind, unevenness: f64, samples: usize) -> f64 {
    if kind == Kind::Native || samples as f64 <= SAMPLES.1 {
        return 0.0;
    }
    ramp(unevenness, UNEVENNESS)
}

/// The two ends of the test for enough samples.
pub(super) fn samples_of(kind: Kind, rate: f64) -> (f64, f64) {
    match kind {
        Kind::Heap | Kind::External => SAMPLES,
        Kind::Native => between(NATIVE_SAMPLES, SAMPLES, rate),
    }
}

/// The two ends of the tests for decay: of the second half, and of the last quarter.
pub(super) fn persistence(kind: Kind, rate: f64) -> [(f64, f64); 2] {
    if kind == Kind::Native {
        return [CALM_PERSISTENCE; 2];
    }
    let second_half = between(CALM_PERSISTENCE, FAST_PERSISTENCE, rate);
    [second_half, FAST_PERSISTENCE]
}

/// The two ends of the test for growth in one step, the larger first.
pub(super) fn jump(rate: f64) -> (f64, f64) {
    between(CALM_JUMP, FAST_JUMP, rate)
}

/// The ends of a test at this rate, from those for calm and for fast growth.
fn between(calm: (f64, f64), fast: (f64, f64), rate: f64) -> (f64, f64) {
    let speed = speed(rate);
    let at = |calm: f64, fast: f64| calm + (fast - calm) * speed;
    (at(calm.0, fast.0), at(calm.1, fast.1))
}

/// 0 up to the lower rate, 1 from the upper one on, by the logarithm between.
fn by_logarithm(rate: f64, lower: f64, upper: f64) -> f64 {
    if rate <= lower {
        return 0.0;
    }
    ((rate / lower).ln() / (upper / lower).ln()).min(1.0)
}

/// 0 up to the first, 1 from the second on, straight between; the first may be the larger.
pub(super) fn ramp(value: f64, (none, full): (f64, f64)) -> f64 {
    ((value - none) / (full - none)).clamp(0.0, 1.0)
}
