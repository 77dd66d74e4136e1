//! Does work leave memory behind each time it is done? A result for tests, where the
//! work can be repeated at will and everything is collected after each round of it.
//! Runs nothing and measures nothing: the host does the rounds.
//!
//! The slope of the memory over the number of calls is the median of the slopes of all
//! pairs of rounds, and its interval comes from the distribution of Kendall's τ (Theil
//! 1950; Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA
//! 63, 1968). One odd round, a compiler's or a cache's, moves neither much.
//!
//! What separates a leak from the noise of a young program is that it grows with the
//! calls, and noise does not: if the interval is inconclusive, the host doubles the
//! calls of a round and tries again.

/// Rounds that are looked at, the newest. More would let a warm-up that is long over
/// speak.
pub(super) const ROUNDS: usize = 10;

/// Rounds that a result needs: with fewer the interval below has no ends.
const LEAST_ROUNDS: usize = 6;

/// Standard deviations on either side: 98 in 100 intervals hold the true slope, were
/// the noise even.
const DEVIATIONS: f64 = 2.33;

/// Bytes by which memory must have grown over the rounds looked at: machine code and
/// feedback for the work itself come late, and are of this order.
const LEAST_BYTES: f64 = 16_384.0;

/// The newest rounds must grow this fast, in comparison with all that are looked at: a
/// warm-up slows down, a leak does not.
const PERSISTENCE: f64 = 0.6;

/// What is known after one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// Calls so far, those of this round included.
    pub calls: f64,
    /// Bytes in use after a full collection.
    pub bytes: f64,
}

/// What the rounds say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Memory grows with the calls.
    Leak,
    /// It does not.
    Clear,
    /// Inconclusive: do more calls per round.
    Unclear,
}

/// Bytes that a call leaves behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoundsResult {
    /// What it comes to.
    pub judgement: Judgement,
    /// The median slope, in bytes a call.
    pub bytes_per_call: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Judges the newest rounds, given in their order. `tolerance` is what a call may leave
/// behind, in bytes.
#[must_use]
pub fn judge(rounds: &[Round], tolerance: f64) -> RoundsResult {
    let newest = &rounds[rounds.len().saturating_sub(ROUNDS)..];
    let Some((bytes_per_call, low, high)) = interval(newest) else {
        return RoundsResult {
            judgement: Judgement::Unclear,
            bytes_per_call: 0.0,
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
        };
    };
    let (first, last) = (newest[0], newest[newest.len() - 1]);
    let grown = bytes_per_call * (last.calls - first.calls);
    let goes_on = interval(&newest[newest.len() - LEAST_ROUNDS..])
        .is_some_and(|(slope, _, _)| slope >= PERSISTENCE * bytes_per_call);
    let judgement = if low > tolerance && grown >= LEAST_BYTES && goes_on {
        Judgement::Leak
    } else if high <= tolerance {
        Judgement::Clear
    } else {
        Judgement::Unclear
    };
    RoundsResult {
        judgement,
        bytes_per_call,
        low,
        high,
    }
}

/// The median slope and the ends of its interval; none for too few rounds, or where a
/// round had no calls.
fn interval(rounds: &[Round]) -> Option<(f64, f64, f64)> {
    let n = rounds.len();
    if n < LEAST_ROUNDS {
        return None;
    }
    let mut slopes = Vec::with_capacity(n * (n - 1) / 2);
    for (i, a) in rounds.iter().enumerate() {
        for b in &rounds[i + 1..] {
            slopes.push((b.bytes - a.bytes) / (b.calls - a.calls));
        }
    }
    if slopes.iter().any(|slope| !slope.is_finite()) {
        return None;
    }
    memwatch_order::sort_by(&mut slopes, f64::total_cmp);
    let (count, n) = (slopes.len() as f64, n as f64);
    let deviation = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    // Places of the ends, counted from one, as Sen has them; never past the ends.
    let below = ((count - DEVIATIONS * deviation) / 2.0).round().max(1.0);
    let above = (count + 1.0 - below).max(below);
    let middle = slopes.len() / 2;
    let median = if slopes.len() % 2 == 1 {
        slopes[middle]
    } else {
        f64::midpoint(slopes[middle - 1], slopes[middle])
    };
    Some((
        median,
        slopes[below as usize - 1],
        slopes[above as usize - 1],
    ))
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
