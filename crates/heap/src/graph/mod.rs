//! From objects to a graph: which roots there are, what they reach, and the engine's columns filled
//! with it.

mod alive;
mod essential;
mod fill;
mod groups;
mod locations;
mod names;
mod pairs;
mod reach;
mod roots;
mod stores;
mod templates;
mod visit;

pub(crate) use fill::fill;
pub(crate) use reach::{Marks, mark};
pub use roots::StackRange;
pub(crate) use roots::{Roots, roots_start};

use crate::objects::{Classes, Shape};
use crate::space::{Heap, Walk};

/// A heap that was walked, with the shape of each of its maps.
pub(crate) struct Objects<'h, 'a> {
    pub heap: &'h Heap<'a>,
    pub walk: &'h Walk,
    pub shapes: Vec<Shape>,
}

impl<'h, 'a> Objects<'h, 'a> {
    /// Finds the shapes.
    pub(crate) fn new(heap: &'h Heap<'a>, walk: &'h Walk) -> Self {
        let classes = Classes::find(heap, walk);
        let shape = |(&map, &sample): (&u64, &u64)| Shape::new(heap, &classes, map, sample);
        let shapes = walk.maps.iter().zip(&walk.samples).map(shape).collect();
        Self { heap, walk, shapes }
    }

    /// The object that a word refers to. Of one that a collection under way has moved, its new
    /// place: the first word of the old one is the address.
    #[inline]
    pub(crate) fn ordinal(&self, word: u64) -> Option<u32> {
        self.place(word).map(|(ordinal, _)| ordinal)
    }

    /// The same with the tagged address at which it is to be read: what a moved object has left behind has its old
    /// references, which lead nowhere or to what is there now.
    #[inline]
    pub(crate) fn place(&self, word: u64) -> Option<(u32, u64)> {
        if let Some(found) = self.walk.ordinal(self.heap, word) {
            return Some((found, word & !3 | 1));
        }
        self.moved(word)
    }

    #[cold]
    fn moved(&self, word: u64) -> Option<(u32, u64)> {
        if word & 1 == 0 || !self.heap.is_on_page(word) {
            return None;
        }
        let address = self.heap.word(word & !3);
        let place = address | 1;
        (address & 7 == 0)
            .then(|| self.walk.ordinal(self.heap, place))
            .flatten()
            .map(|ordinal| (ordinal, place))
    }

    /// The shape of an object.
    #[inline]
    pub(crate) fn shape(&self, ordinal: u32) -> &Shape {
        &self.shapes[self.walk.map_of[ordinal as usize] as usize]
    }
}
