//! From a position in a source to line and column. Each source is read once.

use rustc_hash::FxHashMap;

use crate::space::Heap;

/// Units of a source that are read: the longest string that V8 has.
const LONGEST_SOURCE: usize = 1 << 29;
const LINE_FEED: u16 = 10;

/// Line and column, from 0, the column in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineColumn {
    pub line: u32,
    pub column: u32,
}

/// Where the lines of each script's source begin.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    starts: FxHashMap<u64, Vec<u32>>,
}

impl Lines {
    /// `None` where the memory lacks the source, or the position is beyond it.
    pub(crate) fn of(&mut self, heap: &Heap<'_>, script: u64, position: i64) -> Option<LineColumn> {
        let position = u32::try_from(position).ok()?;
        let source = heap.script_source(script)?;
        if position as usize > heap.string_length(source) {
            return None;
        }
        let starts = self
            .starts
            .entry(script)
            .or_insert_with(|| line_starts(heap, source));
        let line = starts
            .partition_point(|&start| start <= position)
            .checked_sub(1)?;
        Some(LineColumn {
            line: line as u32,
            column: position - starts[line],
        })
    }
}

/// Empty where the text is not in the memory, or not all of it.
fn line_starts(heap: &Heap<'_>, source: u64) -> Vec<u32> {
    let units = heap.units(source, LONGEST_SOURCE);
    if units.len() != heap.string_length(source) {
        return Vec::new();
    }
    let after = units
        .iter()
        .enumerate()
        .filter(|&(_, &unit)| unit == LINE_FEED);
    std::iter::once(0)
        .chain(after.map(|(index, _)| index as u32 + 1))
        .collect()
}
