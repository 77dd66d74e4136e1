//! Memory over time in a fixed space: the last minutes in detail, the months before in
//! outline. Judges nothing.
//!
//! Samples less than half a second apart are one point, their mean. Each level holds a
//! fixed number of points; when it is full, its two oldest become one point of the next
//! level, at the mean of their times and values. So a level reaches back twice as far as
//! the one before, and no point is more than a small share of its own age wide.

/// Points of one level. With fewer, ten minutes ago would be too coarse to tell a
/// slope that decays; with more, an assessment costs more.
const LEVEL_POINTS: usize = 24;

/// Levels. The last one reaches back 24 × 2¹⁹ × 0.5 s, two months; what is older is
/// forgotten.
const LEVELS: usize = 20;

/// The most points there are.
pub(super) const MOST_POINTS: usize = LEVELS * LEVEL_POINTS + 1;

/// Samples closer than this are one point, in seconds: a program that collects many
/// times a second does not push its own past out.
const POINT_S: f64 = 0.5;

/// A time in seconds and a number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub t: f64,
    pub v: f64,
}

#[derive(Clone, Copy, Debug)]
struct Level {
    points: [Point; LEVEL_POINTS],
    first: usize,
    len: usize,
}

impl Level {
    const EMPTY: Self = Self {
        points: [Point { t: 0.0, v: 0.0 }; LEVEL_POINTS],
        first: 0,
        len: 0,
    };

    fn push(&mut self, point: Point) -> Option<Point> {
        let overflow = (self.len == LEVEL_POINTS).then(|| {
            let older = self.shift();
            let newer = self.shift();
            Point {
                t: f64::midpoint(older.t, newer.t),
                v: f64::midpoint(older.v, newer.v),
            }
        });
        self.points[(self.first + self.len) % LEVEL_POINTS] = point;
        self.len += 1;
        overflow
    }

    fn shift(&mut self) -> Point {
        let oldest = self.points[self.first];
        self.first = (self.first + 1) % LEVEL_POINTS;
        self.len -= 1;
        oldest
    }

    fn iter(&self) -> impl Iterator<Item = Point> {
        (0..self.len).map(|i| self.points[(self.first + i) % LEVEL_POINTS])
    }
}

/// The point that samples still go into.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    from: f64,
    t_sum: f64,
    v_sum: f64,
    count: f64,
}

impl Open {
    fn point(&self) -> Point {
        Point {
            t: self.t_sum / self.count,
            v: self.v_sum / self.count,
        }
    }
}

/// One kind of memory over the life of an environment.
#[derive(Debug)]
pub(super) struct Series {
    levels: [Level; LEVELS],
    open: Open,
    count: u64,
}

impl Series {
    pub(super) fn new() -> Self {
        Self {
            levels: [Level::EMPTY; LEVELS],
            open: Open::default(),
            count: 0,
        }
    }

    /// Samples taken in.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Adds a sample. Times must not fall.
    pub(super) fn push(&mut self, t: f64, v: f64) {
        self.count += 1;
        if self.open.count > 0.0 && t - self.open.from >= POINT_S {
            let mut carried = Some(self.open.point());
            for level in &mut self.levels {
                let Some(point) = carried else { break };
                carried = level.push(point);
            }
            self.open = Open::default();
        }
        if self.open.count == 0.0 {
            self.open.from = t;
        }
        self.open.t_sum += t;
        self.open.v_sum += v;
        self.open.count += 1.0;
    }

    /// The value at a time: that of the point nearest to it; 0 where there is none.
    pub(super) fn at(&self, t: f64) -> f64 {
        let mut points = [Point::default(); MOST_POINTS];
        let len = self.read(&mut points);
        let distance = |point: &Point| (point.t - t).abs();
        points[..len]
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .map_or(0.0, |point| point.v)
    }

    /// The lowest value from a time on; 0 where there is none.
    pub(super) fn lowest_since(&self, t: f64) -> f64 {
        let mut points = [Point::default(); MOST_POINTS];
        let len = self.read(&mut points);
        points[..len]
            .iter()
            .filter(|point| point.t >= t)
            .map(|point| point.v)
            .reduce(f64::min)
            .unwrap_or(0.0)
    }

    /// Writes all points into `points`, oldest first, and returns how many there are.
    pub(super) fn read(&self, points: &mut [Point; MOST_POINTS]) -> usize {
        let closed = self.levels.iter().rev().flat_map(Level::iter);
        let open = (self.open.count > 0.0).then(|| self.open.point());
        let mut len = 0;
        for (place, point) in points.iter_mut().zip(closed.chain(open)) {
            *place = point;
            len += 1;
        }
        len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(series: &Series) -> Vec<Point> {
        let mut points = [Point::default(); MOST_POINTS];
        let len = series.read(&mut points);
        points[..len].to_vec()
    }

    #[test]
    fn samples_within_half_a_second_are_one_point_their_mean() {
        let mut series = Series::new();
        for (t, v) in [(1.0, 10.0), (1.2, 20.0), (1.4, 60.0), (1.6, 7.0)] {
            series.push(t, v);
        }
        let points = read(&series);
        assert_eq!(points.len(), 2);
        assert!((points[0].t - 1.2).abs() < 1e-9 && (points[0].v - 30.0).abs() < 1e-9);
        assert_eq!(points[1], Point { t: 1.6, v: 7.0 });
    }

    #[test]
    fn a_line_stays_on_its_line_and_in_order_however_long_it_is() {
        for length in [1, 23, 24, 25, 48, 49, 1000, 200_000] {
            let mut series = Series::new();
            for i in 0..length {
                let t = f64::from(i);
                series.push(t, 3.0 * t + 5.0);
            }
            let points = read(&series);
            assert!(points.len() <= MOST_POINTS);
            assert_eq!(points.last().map(|p| p.t), Some(f64::from(length - 1)));
            assert!(points.windows(2).all(|pair| pair[0].t < pair[1].t));
            assert!(
                points
                    .iter()
                    .all(|p| (p.v - (3.0 * p.t + 5.0)).abs() < 1e-6)
            );
            // It reaches back: the oldest point is not far from the beginning.
            assert!(
                points[0].t <= f64::from(length) / 10.0,
                "{length}: {}",
                points[0].t
            );
        }
    }

    #[test]
    fn the_value_at_a_time_is_that_of_the_nearest_point() {
        let mut series = Series::new();
        assert_eq!(series.at(3.0), 0.0);
        for (t, v) in [(1.0, 10.0), (5.0, 50.0), (9.0, 90.0)] {
            series.push(t, v);
        }
        let at = [-7.0, 2.9, 3.1, 8.0, 1e9].map(|t| series.at(t));
        assert_eq!(at, [10.0, 10.0, 50.0, 90.0, 90.0]);
    }

    #[test]
    fn no_point_stands_for_more_than_a_quarter_of_its_age() {
        let mut series = Series::new();
        for i in 0..100_000 {
            series.push(f64::from(i), 0.0);
        }
        let points = read(&series);
        let now = 99_999.0;
        for pair in points.windows(2) {
            let [width, age] = [pair[1].t - pair[0].t, now - pair[0].t];
            assert!(width <= 1.0 + age / 4.0, "{width} s wide, {age} s old");
        }
    }
}
