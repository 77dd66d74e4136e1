//! Does growth slow down, for certain? What fills slows down, and a leak does not; but samples are
//! noisy, so that a part of it that looks slower proves nothing. Judges by all samples of it.

use super::series::{MOST_POINTS, Point, Series};

/// Fewer samples say nothing of a curve.
const LEAST_POINTS: usize = 6;

/// A parabola through the samples since a time, by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Decay {
    /// The rate of the second half over that of the whole: 1 is a straight line.
    pub second_half: f64,
    /// Its standard error.
    pub error: f64,
    /// Bytes a second over the whole.
    pub rate: f64,
}

impl Decay {
    /// None where the samples are too few, or do not rise.
    pub(super) fn since(series: &Series, from: f64) -> Option<Self> {
        let mut points = [Point::default(); MOST_POINTS];
        let len = series.read(&mut points);
        let first = points[..len].partition_point(|point| point.t < from);
        Self::fit(&points[first..len])
    }

    /// The basis is 1, x and x² − 1/3 with x from -1 to 1. The second half of a x + b (x² − c)
    /// rises by a + b, and the whole by 2 a.
    fn fit(points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let span = last.t - first.t;
        if points.len() < LEAST_POINTS || span <= 0.0 {
            return None;
        }
        let x = |point: &Point| 2.0 * (point.t - first.t) / span - 1.0;
        let row = |point: &Point| {
            let x = x(point);
            [1.0, x, x * x - 1.0 / 3.0]
        };
        let mut normal = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for point in points {
            let row = row(point);
            for (i, a) in row.iter().enumerate() {
                right[i] += a * (point.v - first.v);
                for (j, b) in row.iter().enumerate() {
                    normal[i][j] += a * b;
                }
            }
        }
        let inverse = inverse(&normal)?;
        let solved = inverse.map(|line| dot(&line, &right));
        let [_, slope, bend] = solved;
        if slope <= 0.0 {
            return None;
        }
        let residuals = points
            .iter()
            .map(|point| (point.v - first.v - dot(&row(point), &solved)).powi(2));
        let variance = residuals.sum::<f64>() / (points.len() - 3) as f64;
        Some(Self {
            second_half: 1.0 + bend / slope,
            error: (variance * inverse[2][2]).max(0.0).sqrt() / slope,
            rate: 2.0 * slope / span,
        })
    }
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// By cofactors; none where it has no inverse.
fn inverse(m: &[[f64; 3]; 3]) -> Option<[[f64; 3]; 3]> {
    let cofactor = |i: usize, j: usize| {
        let at = |di: usize, dj: usize| m[(i + di) % 3][(j + dj) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    if determinant.abs() < 1e-9 {
        return None;
    }
    let mut inverse = [[0.0; 3]; 3];
    for (i, line) in inverse.iter_mut().enumerate() {
        for (j, place) in line.iter_mut().enumerate() {
            *place = cofactor(j, i) / determinant;
        }
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(curve: impl Fn(f64) -> f64, times: &[f64]) -> Option<Decay> {
        let points: Vec<Point> = times.iter().map(|&t| Point { t, v: curve(t) }).collect();
        Decay::fit(&points)
    }

    #[test]
    fn a_parabola_is_found_again_whatever_the_times() {
        for (slope, bend) in [(3.0, 0.0), (3.0, -0.01), (0.5, 0.002)] {
            for times in [
                [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
                [0.0, 0.5, 0.7, 3.0, 11.0, 12.0, 13.5, 40.0],
            ] {
                let curve = |t: f64| 7.0 + slope * t + bend * t * t;
                let end = times[7];
                let rise = |from: f64, until: f64| curve(until) - curve(from);
                let expected = rise(end / 2.0, end) * 2.0 / rise(0.0, end);
                let found = of(curve, &times).expect("it rises");
                assert!((found.second_half - expected).abs() < 1e-6, "{found:?}");
                assert!(found.error < 1e-6, "{found:?}");
                assert!(
                    (found.rate - rise(0.0, end) / end).abs() < 1e-6,
                    "{found:?}"
                );
            }
        }
    }

    #[test]
    fn few_samples_and_what_falls_say_nothing() {
        assert_eq!(of(|t| t, &[0.0, 1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(of(|t| -t, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), None);
        assert_eq!(of(|t| t, &[2.0; 9]), None);
    }
}
