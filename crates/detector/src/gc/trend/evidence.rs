//! How much of the evidence for a leak a series holds. Keeps no state: see `watch`.

use super::Kind;
use super::known::Known;
use super::line::Line;
use super::load::Load;
use super::policy::*;
use super::required::{self, Pace, ramp};
use super::series::{MOST_POINTS, Point, Series};

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
    /// From when on native growth that is too young to be suspected is not, in seconds; infinite where none is.
    pub ripe_at: f64,
}

/// Each stretch is longer than the one before by this factor, so that the true beginning of growth is missed by a fifth
/// of its age at most. Smaller steps cost a line each.
const LONGER: f64 = 1.4;

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
    along: impl Fn(&Line) -> f64,
) -> Option<Evidence> {
    let mut points = [Point::default(); MOST_POINTS];
    let len = series.read(&mut points);
    let points = &points[..len];
    let now = points.last()?.t;
    let lowest = points.iter().map(|p| p.v).fold(f64::INFINITY, f64::min);
    let highest = points.iter().rev().take(3).map(|p| p.v).fold(0.0, f64::max);
    if highest - lowest < NEGLIGIBLE * CALM_BYTES {
        return None;
    }
    let mut lines = [None; MOST_STRETCHES];
    let mut best: Option<Evidence> = None;
    let mut length = SHORTEST_S;
    let mut looked_at = 0;
    let mut ripe_at = f64::INFINITY;
    for place in &mut lines {
        let first = points.partition_point(|p| p.t < now - length);
        let stretch = &points[first..];
        if stretch.len() > looked_at {
            looked_at = stretch.len();
            *place = Line::fit(stretch);
            let found = place.map(|line| {
                // A line through the quiet before it may end above all samples.
                let level = (line.base + line.growth).min(highest);
                // Other kinds are read where there is growth enough for it to count.
                let is_worth_it = grown(&line) >= CONFIRM_AT * CALM_BYTES / 2.0;
                let along = if is_worth_it { along(&line) } else { 0.0 };
                let found = weigh(line, level, kind, limit, along, load, known);
                let found = held_back(found, stretch, kind, limit, along);
                if kind != Kind::Native || !is_young(stretch, &line) {
                    return found;
                }
                if found.confidence >= SUSPECT_AT {
                    ripe_at = ripe_at.min(young_until(stretch, &line));
                }
                Evidence {
                    confidence: 0.0,
                    ..found
                }
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
        .find(|line| line.growth >= CONFIRM_AT * best.line.growth);
    Some(Evidence {
        line: told.unwrap_or(best.line),
        ripe_at,
        ..best
    })
}

/// Whether native growth may still be what a program takes in its first minute of load. A
/// stretch may begin in the quiet before, so its age counts from a quarter of the growth on.
fn is_young(stretch: &[Point], line: &Line) -> bool {
    if line.growth.min(line.range) >= NATIVE_YOUNG_BYTES {
        return false;
    }
    stretch.last().map_or(0.0, |p| p.t) < young_until(stretch, line)
}

/// When such growth has gone on for a minute, in seconds.
fn young_until(stretch: &[Point], line: &Line) -> f64 {
    begun(stretch, line).0 + (1.0 - BEGUN) * NATIVE_YOUNG_S
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
fn held_back(found: Evidence, stretch: &[Point], kind: Kind, limit: f64, along: f64) -> Evidence {
    let line = found.line;
    let calm = Pace {
        mid: 0.0,
        speed: 0.0,
    };
    let least = required::enough(
        kind,
        calm,
        age(stretch, &line),
        line.base.max(0.0),
        limit,
        along,
    );
    if grown(&line) >= least {
        return found;
    }
    Evidence {
        confidence: found.confidence.min(CONFIRM_AT * CONFIRM_AT),
        ..found
    }
}

/// What a line that ends at this level is worth.
fn weigh(
    line: Line,
    level: f64,
    kind: Kind,
    limit: f64,
    along: f64,
    load: &Load,
    known: &Known,
) -> Evidence {
    let base = line.base.max(0.0);
    let in_steps = required::in_steps(kind, line.unevenness, line.samples);
    let pace = Pace::of(line.top_rate, in_steps);
    let enough = required::enough(kind, pace, line.span, base, limit, along)
        * required::doubt(kind, pace.speed, line.second_half);
    // What was given back meanwhile is no longer loaded.
    let loaded = load.before(line.from, line.span).min(base);
    let enough = enough.max(required::enough_behind(loaded, base, limit));
    let growth = known.news(&line, level, grown(&line));
    let [second_half, last_quarter] = required::persistence(kind, line.top_rate);
    let shape = ramp(line.steadiness, STEADINESS)
        * ramp(line.jump, required::jump(line.rate))
        * ramp(line.second_half, second_half)
        * ramp(line.last_quarter, last_quarter)
        * ramp(
            line.samples as f64,
            required::samples_of(kind, line.top_rate),
        )
        * (line.span / LEAST_AGE_S).min(1.0);
    Evidence {
        line,
        enough,
        confidence: (growth / enough).min(1.0) * shape,
        level,
        ripe_at: f64::INFINITY,
    }
}
