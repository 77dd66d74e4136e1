//! A robust line through samples, and how much the samples are one. Does not know what
//! is too much growth.
//!
//! The slope is the median of the slopes of all pairs (Theil 1950; Sen, "Estimates of
//! the Regression Coefficient Based on Kendall's Tau", JASA 63, 1968): up to 29 % of
//! the samples may be anywhere. The same pairs give Kendall's τ. Points are spread
//! evenly over time first, so that a burst of collections has no more votes than a
//! quiet minute.

use super::series::Point;

/// The most points a line is fitted to: their pairs bound its cost.
const MOST_BINS: usize = 20;

/// Pairs of that many points.
const MOST_PAIRS: usize = MOST_BINS * (MOST_BINS - 1) / 2;

/// A line, and how the samples lie about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// When it begins, in seconds.
    pub from: f64,
    /// How long it is, in seconds.
    pub span: f64,
    /// Where it begins, in bytes.
    pub base: f64,
    /// Bytes a second.
    pub rate: f64,
    /// Bytes that the samples rise by, at least what the line does: growth that slows
    /// down has grown by more than the line through all of it.
    pub growth: f64,
    /// Bytes from the lowest to the highest sample: a line through few may rise by many times
    /// that.
    pub range: f64,
    /// The fastest of the whole, its second half and its last quarter, in bytes a second.
    pub top_rate: f64,
    /// Kendall's τ, from -1 to 1.
    pub steadiness: f64,
    /// The rate of the second half over that of the whole; 0 where it falls.
    pub second_half: f64,
    /// The rate of the last quarter over that of the whole; 0 where it falls.
    pub last_quarter: f64,
    /// The largest step from one point to the next, beyond what the line rises meanwhile,
    /// as a share of the growth.
    pub jump: f64,
    /// How far it is from growing evenly: near 0 where it does, 1 over the number of steps where
    /// it grows in equal steps.
    pub unevenness: f64,
    /// Points in it, after spreading.
    pub samples: usize,
}

impl Line {
    /// The line through points in the order of their times; none through fewer than
    /// three, or where it does not rise.
    pub(super) fn fit(points: &[Point]) -> Option<Self> {
        let mut bins = [Point::default(); MOST_BINS];
        let len = spread_evenly(points, &mut bins);
        let bins = &bins[..len];
        if len < 3 {
            return None;
        }
        let (from, span) = (bins[0].t, bins[len - 1].t - bins[0].t);
        let (rate, steadiness) = theil_sen(bins)?;
        if rate <= 0.0 || span <= 0.0 {
            return None;
        }
        let base = median(bins, |p| p.v - rate * (p.t - from));
        let second = rate_since(bins, from + span / 2.0);
        let last = rate_since(bins, from + 0.75 * span);
        let growth = (rate * span).max(rise(bins, rate));
        // Where the mean of a stretch of time has a part of a step, it is in two steps.
        let steps = [2, 3].into_iter().flat_map(|len| bins.windows(len));
        let steps = steps.map(|step| {
            let (from, to) = (step[0], step[step.len() - 1]);
            to.v - from.v - rate * (to.t - from.t)
        });
        Some(Self {
            from,
            span,
            base,
            rate,
            growth,
            range: range(bins),
            top_rate: rate.max(second).max(last),
            steadiness,
            second_half: second.max(0.0) / rate,
            last_quarter: last.max(0.0) / rate,
            jump: steps.fold(0.0, f64::max) / growth,
            unevenness: unevenness(bins),
            samples: len,
        })
    }
}

/// How far growth is from being even: the smaller of two measures, which both are 1 over the
/// number of steps for equal steps at equal distances. What is given back later was in use for a
/// moment only, so each sample counts as the lowest from it on. 0 where nothing has grown.
fn unevenness(points: &[Point]) -> f64 {
    let mut lowest_since = [0.0; MOST_BINS];
    let mut lowest = f64::INFINITY;
    for (place, point) in lowest_since.iter_mut().zip(points).rev() {
        lowest = lowest.min(point.v);
        *place = lowest;
    }
    let rising = &lowest_since[..points.len()];
    let growth = rising[rising.len() - 1] - lowest;
    if growth <= 0.0 {
        return 0.0;
    }
    timing(points, rising, growth).min(concentration(rising, growth))
}

/// Kuiper's distance between growth and time (1960): how far the one is ahead of the other at
/// most, as shares of the whole, and how far behind. Large also where many steps come irregularly.
fn timing(points: &[Point], rising: &[f64], growth: f64) -> f64 {
    let (from, span) = (points[0].t, points[points.len() - 1].t - points[0].t);
    let (mut ahead, mut behind) = (0.0_f64, 0.0_f64);
    for (point, value) in points.iter().zip(rising) {
        let difference = (value - rising[0]) / growth - (point.t - from) / span;
        ahead = ahead.max(difference);
        behind = behind.max(-difference);
    }
    ahead + behind
}

/// The squares of the shares that single steps have of the growth, added up: 1 over the number of
/// steps that would do it (Simpson 1949). A step may lie in two neighbours, so these count
/// together. Large also where there are few samples.
fn concentration(rising: &[f64], growth: f64) -> f64 {
    let of_pairs_from = |first: usize| {
        let ends = (first..rising.len()).step_by(2).chain([rising.len() - 1]);
        let steps = ends.scan(rising[0], |before, end| {
            let step = rising[end] - *before;
            *before = rising[end];
            Some((step / growth).powi(2))
        });
        steps.sum::<f64>()
    };
    of_pairs_from(1).max(of_pairs_from(2))
}

/// From the lowest to the highest sample.
fn range(points: &[Point]) -> f64 {
    let values = points.iter().map(|p| p.v);
    let (lowest, highest) = (f64::INFINITY, f64::NEG_INFINITY);
    values.clone().fold(highest, f64::max) - values.fold(lowest, f64::min)
}

/// Samples at each end whose median tells where it is.
const END: usize = 3;

/// From the samples at the beginning to those at the end, carried to the very ends at the
/// rate of the line; 0 where there are too few to tell.
fn rise(points: &[Point], rate: f64) -> f64 {
    let len = points.len();
    if len < 3 * END {
        return 0.0;
    }
    let (first, last) = (points[0].t, points[len - 1].t);
    let start = median(&points[..END], |p| p.v - rate * (p.t - first));
    let end = median(&points[len - END..], |p| p.v + rate * (last - p.t));
    end - start
}

/// Equal stretches of time, each with the mean of its points; where there are few
/// points they stay as they are. Returns how many have any.
fn spread_evenly(points: &[Point], bins: &mut [Point; MOST_BINS]) -> usize {
    if points.len() <= MOST_BINS {
        bins[..points.len()].copy_from_slice(points);
        return points.len();
    }
    let from = points[0].t;
    let width = (points[points.len() - 1].t - from) / MOST_BINS as f64;
    let mut len = 0;
    let mut rest = points;
    for bin in 1..=MOST_BINS {
        let until = from + width * bin as f64;
        let inside = if bin == MOST_BINS {
            rest.len()
        } else {
            rest.partition_point(|p| p.t < until)
        };
        let (these, others) = rest.split_at(inside);
        rest = others;
        if these.is_empty() {
            continue;
        }
        let count = these.len() as f64;
        bins[len] = Point {
            t: these.iter().map(|p| p.t).sum::<f64>() / count,
            v: these.iter().map(|p| p.v).sum::<f64>() / count,
        };
        len += 1;
    }
    len
}

/// The median slope of all pairs, and τ. Pairs at the same time have no slope.
fn theil_sen(points: &[Point]) -> Option<(f64, f64)> {
    let mut slopes = [0.0; MOST_PAIRS];
    let mut len = 0;
    let mut balance = 0.0;
    for (i, a) in points.iter().enumerate() {
        for b in &points[i + 1..] {
            let slope = (b.v - a.v) / (b.t - a.t);
            if !slope.is_finite() {
                continue;
            }
            balance += if slope > 0.0 {
                1.0
            } else if slope < 0.0 {
                -1.0
            } else {
                0.0
            };
            slopes[len] = slope;
            len += 1;
        }
    }
    let middle = median_of(&mut slopes[..len])?;
    Some((middle, balance / len as f64))
}

/// The rate from `t` on. Where there are too few points, the one before `t` counts too.
fn rate_since(points: &[Point], t: f64) -> f64 {
    let first = points.partition_point(|p| p.t < t);
    let first = first.min(points.len().saturating_sub(3));
    theil_sen(&points[first..]).map_or(0.0, |(rate, _)| rate)
}

fn median(points: &[Point], value: impl Fn(&Point) -> f64) -> f64 {
    let mut values = [0.0; MOST_BINS];
    for (place, point) in values.iter_mut().zip(points) {
        *place = value(point);
    }
    median_of(&mut values[..points.len().min(MOST_BINS)]).unwrap_or(0.0)
}

/// The middle value, or the mean of the two.
fn median_of(values: &mut [f64]) -> Option<f64> {
    let half = values.len() / 2;
    let is_even = half * 2 == values.len();
    if values.is_empty() {
        return None;
    }
    let (below, &mut upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if !is_even {
        return Some(upper);
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests;
