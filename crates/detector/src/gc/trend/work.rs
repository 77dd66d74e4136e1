//! How much the program works: the bytes that it has allocated over time. Judges nothing.
//!
//! A leak grows with the work, so growth that stops while the work continues has ended, and
//! growth that stops together with the work is not.

use super::series::{MOST_POINTS, Point, Series};

/// The bytes allocated so far, over time.
#[derive(Debug)]
pub(super) struct Work {
    series: Series,
    /// The newest: the series has means of it.
    newest: Point,
}

impl Work {
    pub(super) fn new() -> Self {
        Self {
            series: Series::new(),
            newest: Point::default(),
        }
    }

    /// Adds a reading. A counter that fell was a mistake: it stays where it was.
    pub(super) fn push(&mut self, t: f64, allocated: f64) {
        let v = allocated.max(self.newest.v);
        self.newest = Point { t, v };
        self.series.push(t, v);
    }

    /// Bytes allocated so far.
    pub(super) fn total(&self) -> f64 {
        self.newest.v
    }

    /// Bytes that were allocated from one time to another.
    pub(super) fn between(&self, from: f64, until: f64) -> f64 {
        let mut points = [Point::default(); MOST_POINTS];
        let len = self.series.read(&mut points);
        let points = &points[..len];
        (self.at(points, until) - self.at(points, from)).max(0.0)
    }

    /// Between two readings the program is taken to have worked evenly.
    fn at(&self, points: &[Point], t: f64) -> f64 {
        if t >= self.newest.t {
            return self.newest.v;
        }
        let next = points.partition_point(|point| point.t < t);
        let after = points.get(next).copied().unwrap_or(self.newest);
        let Some(before) = next.checked_sub(1).and_then(|last| points.get(last)) else {
            return after.v;
        };
        let share = (t - before.t) / (after.t - before.t).max(f64::MIN_POSITIVE);
        before.v + (after.v - before.v) * share.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_allocated_between_two_times_is_the_difference_of_the_readings() {
        let mut work = Work::new();
        for i in 0..100 {
            work.push(f64::from(i), f64::from(i) * 10.0);
        }
        assert!((work.between(20.0, 60.0) - 400.0).abs() < 1e-6);
        // What is old is kept in outline, so the very beginning is.
        assert!((work.between(-5.0, 60.0) - 600.0).abs() < 60.0);
        assert!((work.between(90.0, 1e9) - 90.0).abs() < 1e-6);
        assert_eq!(work.between(60.0, 20.0), 0.0);
        assert_eq!(work.total(), 990.0);
    }

    #[test]
    fn a_counter_that_falls_stays_where_it_was_and_none_is_nothing() {
        let mut work = Work::new();
        assert_eq!(work.between(0.0, 9.0), 0.0);
        for (t, allocated) in [(1.0, 50.0), (2.0, 20.0), (3.0, 70.0)] {
            work.push(t, allocated);
        }
        assert_eq!(work.between(1.0, 2.0), 0.0);
        assert_eq!(work.between(1.0, 3.0), 20.0);
    }
}
