//! How much of the evidence for a leak a series holds. Keeps no state: see `watch`.

use super::Kind;
use super::known::Known;
use super::line::Line;
use super::load::Load;
use super::series::{MOST_POINTS, Point, Series};
use super::settings::{Pace, TrendSettings, ramp};

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
    /// Where it ends, in bytes: no higher than the samples are.
    pub level: f64,
}

/// Growth is at most so many times what samples differ by: a line through a quiet time and the few
/// samples since is steeper than both.
const MOST_RISE: f64 = 1.1;

/// By this share of what samples differ by, memory has grown for sure.
const BEGUN: f64 = 0.25;

/// The most of the confidence that confirms, for growth that may have begun a moment ago.
const NOT_CONFIRMED: f64 = 0.9;

/// Of the growth of the strongest stretch, as much must lie in the one that is told.
const TOLD_SHARE: f64 = 0.9;

/// Stretches that are looked at, at most: each is longer by [`LONGER`], so that is enough
/// for a hundred thousand years.
const MOST_STRETCHES: usize = 80;

/// Looks at stretches of all lengths that end now. A leak that began after hours of
/// quiet, and one that began behind a warm-up, each have a stretch of their own.
pub(super) fn strongest(
    series: &Series,
    kind: Kind,
    limit: f64,
    load: &Load,
    known: &Known,
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
    let mut lines = [None; MOST_STRETCHES];
    let mut best: Option<Evidence> = None;
    let mut length = SHORTEST_S;
    let mut looked_at = 0;
    for place in &mut lines {
        let first = points.partition_point(|p| p.t < now - length);
        let stretch = &points[first..];
        if stretch.len() > looked_at {
            looked_at = stretch.len();
            *place = Line::fit(stretch);
            let found = place.map(|line| {
                // A line through the quiet before it may end above all samples.
                let level = (line.base + line.growth).min(highest);
                let found = weigh(line, level, kind, limit, load, known, settings);
                let found = held_back(found, stretch, kind, limit, settings);
                if kind == Kind::Native && is_young(stretch, &line, settings) {
                    return Evidence {
                        confidence: 0.0,
                        ..found
                    };
                }
                found
            });
            if let Some(found) = found
                && best.is_none_or(|best| found.confidence > best.confidence)
            {
                best = Some(found);
            }
        }
        if first == 0 {
            break;
        }
        length *= LONGER;
    }
    // The strongest stretch may begin before the growth does: the longer, the less
    // growth is enough. What is told is the shortest that has nearly all of the growth.
    let best = best?;
    let told = lines
        .into_iter()
        .flatten()
        .find(|line| line.growth >= TOLD_SHARE * best.line.growth);
    Some(Evidence {
        line: told.unwrap_or(best.line),
        ..best
    })
}

/// Whether native growth may still be what a program takes in its first minute of load. A
/// stretch may begin in the quiet before, so its age counts from a quarter of the growth on.
fn is_young(stretch: &[Point], line: &Line, settings: &TrendSettings) -> bool {
    if line.growth.min(line.range) >= settings.native_young_bytes {
        return false;
    }
    let (below, _) = begun(stretch, line);
    let now = stretch.last().map_or(0.0, |p| p.t);
    now - below < (1.0 - BEGUN) * settings.native_young_s
}

/// The last sample below a quarter of the growth, and the first one above: their times.
fn begun(stretch: &[Point], line: &Line) -> (f64, f64) {
    let lowest = stretch.iter().map(|p| p.v).fold(f64::INFINITY, f64::min);
    let level = lowest + BEGUN * line.range;
    let below = stretch.iter().rposition(|p| p.v <= level).unwrap_or(0);
    let above = (below + 1).min(stretch.len() - 1);
    (stretch[below].t, stretch[above].t)
}

/// For how long an even growth has gone on that passed a quarter of it where the samples say so:
/// half way between the last sample below and the first one above. A stretch may begin in the quiet
/// before, and less is enough of growth that has gone on for long.
fn age(stretch: &[Point], line: &Line) -> f64 {
    let (below, above) = begun(stretch, line);
    let now = stretch.last().map_or(0.0, |p| p.t);
    ((now - (below + above) / 2.0) / (1.0 - BEGUN)).min(line.span)
}

/// Bytes that it has grown by, as far as samples show them.
fn grown(line: &Line) -> f64 {
    line.growth.min(MOST_RISE * line.range)
}

/// Growth that is too little for its own age confirms nothing, however long the quiet before it
/// that the stretch begins with. It may be suspected, so that it is measured more often.
fn held_back(
    found: Evidence,
    stretch: &[Point],
    kind: Kind,
    limit: f64,
    settings: &TrendSettings,
) -> Evidence {
    let line = found.line;
    let calm = Pace {
        mid: 0.0,
        speed: 0.0,
    };
    let least = settings.enough(kind, calm, age(stretch, &line), line.base.max(0.0), limit);
    if grown(&line) >= least {
        return found;
    }
    Evidence {
        confidence: found.confidence.min(NOT_CONFIRMED * settings.confirm_at),
        ..found
    }
}

/// What a line that ends at this level is worth.
fn weigh(
    line: Line,
    level: f64,
    kind: Kind,
    limit: f64,
    load: &Load,
    known: &Known,
    settings: &TrendSettings,
) -> Evidence {
    let base = line.base.max(0.0);
    let in_steps = settings.in_steps(kind, line.unevenness, line.samples);
    let pace = settings.pace(line.top_rate, in_steps);
    let enough = settings.enough(kind, pace, line.span, base, limit)
        * settings.doubt(kind, pace.speed, line.second_half);
    // What was given back meanwhile is no longer loaded.
    let loaded = load.before(line.from, line.span, settings).min(base);
    let enough = enough.max(settings.enough_behind(loaded, base, limit));
    let growth = known.news(&line, level, grown(&line));
    let [second_half, last_quarter] = settings.persistence(kind, line.top_rate);
    let shape = ramp(line.steadiness, settings.steadiness)
        * ramp(line.growth / line.spread.max(1.0), settings.clarity)
        * ramp(line.jump, settings.jump(line.rate))
        * ramp(line.second_half, second_half)
        * ramp(line.last_quarter, last_quarter)
        * ramp(
            line.samples as f64,
            settings.samples_of(kind, line.top_rate),
        )
        * (line.span / settings.least_age_s).min(1.0);
    Evidence {
        line,
        enough,
        confidence: (growth / enough).min(1.0) * shape,
        level,
    }
}
