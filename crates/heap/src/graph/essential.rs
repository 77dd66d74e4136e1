//! Objects and edges that V8's generator leaves out because everything refers to them: empty
//! arrays, and undefined and its like but for where they are the value of a property, a variable or
//! an element. With all of them a graph has twice the edges and says no more.

use memwatch_snapshot::EdgeType;

use super::Objects;
use super::reach::Marks;
use crate::layout::Kind;

/// undefined, null, true, false, and what stands for no value at all.
#[derive(Debug, Default)]
pub(super) struct Oddballs {
    /// Tagged, in order. V8 has some ten.
    words: Vec<u64>,
    /// The hole: no element.
    holes: Vec<u64>,
}

impl Oddballs {
    /// Those that are alive.
    pub(super) fn find(objects: &Objects<'_, '_>, marks: &Marks) -> Self {
        /// Of an oddball: which one it is. In bytes from the start.
        const WHICH: u64 = 40;
        /// false, true, null and undefined.
        const VALUES: [u64; 4] = [0, 1, 3, 5];
        let mut found = Self::default();
        for page in (0..objects.heap.pages.len()).filter(|&page| objects.heap.pages[page].read_only)
        {
            for (ordinal, object) in objects.walk.objects(objects.heap, page) {
                if !marks.has(ordinal) {
                    continue;
                }
                match objects.shape(ordinal).kind {
                    // From V8 12 on holes have a type of their own, and edges from where they are.
                    Kind::Hole => found.holes.push(object),
                    // Unused slots of an object have the map of a filler.
                    Kind::Map
                        if objects.heap.layout.kind(objects.heap.type_of_map(object))
                            == Kind::Filler =>
                    {
                        found.words.push(object);
                    }
                    _ => {}
                }
                if objects.shape(ordinal).kind != Kind::Oddball {
                    continue;
                }
                found.words.push(object);
                if !VALUES.contains(&(objects.heap.field(object, WHICH) >> 32)) {
                    found.holes.push(object);
                }
            }
        }
        found.words.sort_unstable();
        found.holes.sort_unstable();
        found
    }

    /// Whether V8's generator leaves out an edge to this object.
    #[inline]
    pub(super) fn are_left_out(&self, kind: EdgeType, to: u64) -> bool {
        match kind {
            EdgeType::Property | EdgeType::Context => false,
            EdgeType::Element => has(&self.holes, to),
            _ => has(&self.words, to),
        }
    }
}

/// Whether a short list in order has the word. Nearly all words are beyond its ends.
#[inline]
fn has(list: &[u64], word: u64) -> bool {
    let (Some(&first), Some(&last)) = (list.first(), list.last()) else {
        return false;
    };
    (first..=last).contains(&word) && list.contains(&word)
}

impl Objects<'_, '_> {
    /// Whether V8's generator leaves the object out.
    pub(crate) fn is_left_out(&self, object: u64, kind: Kind) -> bool {
        let is_empty = || self.heap.field(object, 8) == 0;
        match kind {
            Kind::FixedArray
            | Kind::WeakFixedArray
            | Kind::ByteArray
            | Kind::PropertyArray
            | Kind::DoubleArray => {
                is_empty() && self.heap.page_at(object).is_some_and(|page| page.read_only)
            }
            _ => false,
        }
    }
}
