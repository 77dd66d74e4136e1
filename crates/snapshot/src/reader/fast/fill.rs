//! Rows of a table filled from an array: all of them by one thread, or the first
//! ones by one and the last ones by another, which reads from the end. How many
//! rows there are is known beforehand; where the two meet is checked.

use super::numbers::{NumberArray, Wants};
use super::windows::Window;

/// Some rows of a table.
pub(super) trait Rows<const FIELDS: usize> {
    /// How many there are.
    fn len(&self) -> usize;

    /// Fills as many rows as the window has records, from `first` on. Says no
    /// when a record cannot be right.
    fn fill(&mut self, first: usize, window: &Window<'_, FIELDS>) -> Option<()>;
}

/// Fills all rows with all records of the array that starts at `at`. Gives the
/// place of its closing bracket.
pub(super) fn fill_all<const FIELDS: usize>(
    bytes: &[u8],
    at: usize,
    rows: &mut impl Rows<FIELDS>,
) -> Option<usize> {
    let mut done = 0;
    let close = NumberArray::new(bytes, at).read(|window| {
        rows.fill(done, window)?;
        done += window.len();
        Some(Wants::More)
    })??;
    (done == rows.len()).then_some(close)
}

/// Fills the rows with the first records of the array. Gives the place after
/// the last digit of the last of them.
pub(super) fn fill_first<const FIELDS: usize>(
    bytes: &[u8],
    at: usize,
    rows: &mut impl Rows<FIELDS>,
) -> Option<usize> {
    let (mut done, mut end) = (0, None);
    NumberArray::new(bytes, at).read(|window| {
        let wanted = window.len().min(rows.len() - done);
        let (window, _) = window.split_at(wanted)?;
        rows.fill(done, &window)?;
        done += wanted;
        end = window.end();
        Some(wants(done, rows.len()))
    })?;
    (done == rows.len()).then_some(end).flatten()
}

/// Fills the rows with the last records of the array, which closes at `close`.
/// Gives the place after the last digit of the record before the first of them.
pub(super) fn fill_last<const FIELDS: usize>(
    bytes: &[u8],
    at: usize,
    close: usize,
    rows: &mut impl Rows<FIELDS>,
) -> Option<usize> {
    let (mut left, mut start) = (rows.len(), None);
    NumberArray::new(bytes, at).read_back(close, |window| {
        let spare = window.len().saturating_sub(left);
        let (_, window) = window.split_at(spare)?;
        left -= window.len();
        rows.fill(left, &window)?;
        start = window.previous_end();
        Some(wants(rows.len() - left, rows.len()))
    })?;
    (left == 0).then_some(start).flatten()
}

fn wants(done: usize, all: usize) -> Wants {
    if done < all {
        Wants::More
    } else {
        Wants::NoMore
    }
}
