//! How much of the evidence for a leak a series holds. Keeps no state: see `watch`.

use super::Kind;
use super::line::Line;
use super::series::{MOST_POINTS, Point, Series};
use super::settings::TrendSettings;

/// The shortest stretch that is looked at, in seconds.
const SHORTEST_S: f64 = 4.0;

/// Each stretch that is looked at is longer than the one before by this factor: the
/// true beginning of a growth is missed by a fifth of its age at most.
const LONGER: f64 = 1.4;

/// Below this share of what would be enough a line is not worth its cost.
const NEGLIGIBLE: f64 = 0.02;

/// The stretch up to now that looks most like a leak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Evidence {
    pub line: Line,
    /// Bytes of growth that would be full evidence.
    pub enough: f64,
    /// How much of it there is, from 0 to 1, times how much it looks like a leak.
    pub confidence: f64,
}

/// Looks at stretches of all lengths that end now. A leak that began after hours of
/// quiet, and one that began behind a warm-up, each have a stretch of their own.
pub(super) fn strongest(
    series: &Series,
    kind: Kind,
    limit: f64,
    settings: &TrendSettings,
) -> Option<Evidence> {
    let mut points = [Point::default(); MOST_POINTS];
    let len = series.read(&mut points);
    let points = &points[..len];
    let now = points.last()?.t;
    let lowest = points.iter().map(|p| p.v).fold(f64::INFINITY, f64::min);
    let highest = points.iter().rev().take(3).map(|p| p.v).fold(0.0, f64::max);
    if highest - lowest < NEGLIGIBLE * settings.calm_bytes {
        return None;
    }
    let mut best: Option<Evidence> = None;
    let mut length = SHORTEST_S;
    let mut looked_at = 0;
    loop {
        let first = points.partition_point(|p| p.t < now - length);
        let stretch = &points[first..];
        if stretch.len() > looked_at {
            looked_at = stretch.len();
            let found = Line::fit(stretch).map(|line| weigh(line, kind, limit, settings));
            if let Some(found) = found
                && best.is_none_or(|best| found.confidence > best.confidence)
            {
                best = Some(found);
            }
        }
        if first == 0 {
            return best;
        }
        length *= LONGER;
    }
}

/// What a line is worth.
fn weigh(line: Line, kind: Kind, limit: f64, settings: &TrendSettings) -> Evidence {
    let growth = line.growth();
    let enough = settings.enough(kind, line.top_rate, line.span, line.base.max(0.0), limit);
    let shape = ramp(line.steadiness, settings.steadiness)
        * ramp(growth / line.spread.max(1.0), settings.clarity)
        * ramp(line.second_half, settings.persistence(line.top_rate))
        * ramp(line.last_quarter, settings.last_persistence)
        * ramp(line.samples as f64, settings.samples)
        * (line.span / settings.least_age_s).min(1.0);
    Evidence {
        line,
        enough,
        confidence: (growth / enough).min(1.0) * shape,
    }
}

/// 0 up to the first, 1 from the second on, straight between.
fn ramp(value: f64, (none, full): (f64, f64)) -> f64 {
    ((value - none) / (full - none)).clamp(0.0, 1.0)
}
