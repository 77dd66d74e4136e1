//! The objects of a snapshot by address: which node stands at a word. The same cells as those of the walk, for the
//! living alone, so that a reference becomes a node in one look.

use super::Objects;
use super::reach::Marks;
use crate::space::{CELLS_PER_PAGE, Cell, PAGE_BYTES};

/// An object of the snapshot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Living {
    /// Its number among all objects of the walk.
    pub ordinal: u32,
    /// The tagged pointer.
    pub object: u64,
}

/// The living objects, numbered in the order of their addresses.
pub(super) struct Alive {
    /// As [`crate::space::Walk::cells`].
    cells: Vec<Cell>,
    end: u32,
}

impl Alive {
    /// What is marked, the first object being node `first`.
    pub(super) fn new(objects: &Objects<'_, '_>, marks: &Marks, first: u32) -> Self {
        let mut rank = first;
        let cells = objects.walk.cells.iter().map(|all| {
            let mut starts = 0;
            for (number, bit) in all.bits().enumerate() {
                starts |= u64::from(marks.has(all.rank + number as u32)) << bit;
            }
            let cell = Cell { starts, rank };
            rank += starts.count_ones();
            cell
        });
        let cells = cells.collect();
        Self { cells, end: rank }
    }

    /// The number after that of the last object.
    pub(super) fn end(&self) -> u32 {
        self.end
    }

    /// The node of what a word refers to, if it is in the snapshot.
    #[inline]
    pub(super) fn node(&self, objects: &Objects<'_, '_>, word: u64) -> Option<u32> {
        if word & 1 == 0 || word & 4 != 0 {
            return None;
        }
        let page = objects.heap.table.get(word / PAGE_BYTES)? as usize;
        if let Some(node) = self.at(page, word) {
            return Some(node);
        }
        // Nothing moves in read-only space, which has what the snapshot leaves out.
        match objects.heap.pages[page].read_only {
            true => None,
            false => self.moved(objects, word),
        }
    }

    #[inline]
    fn at(&self, page: usize, word: u64) -> Option<u32> {
        let (group, bit) = Cell::place(word % PAGE_BYTES);
        self.cells[page * CELLS_PER_PAGE + group].ordinal(bit)
    }

    /// The node of an object that a collection under way has moved, by the place that it had.
    #[cold]
    fn moved(&self, objects: &Objects<'_, '_>, word: u64) -> Option<u32> {
        let (_, object) = objects.place(word)?;
        let page = objects.heap.table.get(object / PAGE_BYTES)?;
        self.at(page as usize, object)
    }

    /// Every living object of a page, in order.
    pub(super) fn of_page<'s>(
        &'s self,
        objects: &'s Objects<'_, '_>,
        page: usize,
    ) -> impl Iterator<Item = Living> + 's {
        let base = objects.heap.pages[page].base;
        let range = page * CELLS_PER_PAGE..(page + 1) * CELLS_PER_PAGE;
        let cells = self.cells[range.clone()]
            .iter()
            .zip(&objects.walk.cells[range]);
        cells.enumerate().flat_map(move |(group, (living, all))| {
            let first = base + group as u64 * 512 + 1;
            living.bits().map(move |bit| Living {
                ordinal: all.rank + (all.starts & ((1 << bit) - 1)).count_ones(),
                object: first + 8 * u64::from(bit),
            })
        })
    }
}
