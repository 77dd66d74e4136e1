//! What the roots reach: marking, with WeakMaps to a fixed point. Works on the heap itself; a bit
//! for each object is all that it keeps.

use memwatch_snapshot::EdgeType;

use super::Objects;
use super::roots::Roots;
use crate::layout::{Generation, Kind};

/// The objects that are alive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
    /// Tables of WeakMaps among them, tagged.
    pub tables: Vec<u64>,
    /// References from living objects to a page, but to no object there.
    pub dangling: u64,
    /// References from living objects to memory that is missing. Other words that lead to no page are
    /// no evidence: some are numbers that look like pointers.
    pub outside: u64,
}

impl Marks {
    /// Every object, alive or not.
    pub fn all(objects: &Objects<'_, '_>, mut marks: Self, wanted: impl Fn(usize) -> bool) -> Self {
        for page in (0..objects.heap.pages.len()).filter(|&page| wanted(page)) {
            for (ordinal, object) in objects.walk.objects(objects.heap, page) {
                if marks.set(ordinal) && objects.shape(ordinal).kind == Kind::EphemeronTable {
                    marks.tables.push(object);
                }
            }
        }
        marks
    }

    /// Whether an object is alive.
    #[inline]
    pub fn has(&self, ordinal: u32) -> bool {
        self.bits[ordinal as usize / 64] >> (ordinal % 64) & 1 == 1
    }

    /// Marks an object; whether it was not marked before.
    #[inline]
    fn set(&mut self, ordinal: u32) -> bool {
        let (word, bit) = (&mut self.bits[ordinal as usize / 64], 1 << (ordinal % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    /// Takes an object out again.
    pub fn clear(&mut self, ordinal: u32) {
        self.bits[ordinal as usize / 64] &= !(1 << (ordinal % 64));
    }

    /// How many objects are alive.
    pub fn count(&self) -> u64 {
        self.bits
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// The words of the set, 64 objects each.
    pub fn words(&self) -> &[u64] {
        &self.bits
    }
}

/// Marks everything that the roots reach.
pub(crate) fn mark(objects: &Objects<'_, '_>, roots: &Roots) -> Marks {
    let mut marks = Marks {
        bits: vec![0; objects.walk.len() / 64 + 1],
        ..Marks::default()
    };
    let mut queue: Vec<u64> = Vec::new();
    for &root in roots.strong.iter().chain(&roots.stack).chain(&roots.global) {
        reach(objects, &mut marks, &mut queue, root);
    }
    loop {
        while let Some(object) = queue.pop() {
            visit(objects, &mut marks, &mut queue, object);
        }
        // By index: the list grows while values are reached.
        for index in 0..marks.tables.len() {
            let table = marks.tables[index];
            for (_, key, value) in objects.heap.ephemerons(table) {
                if objects.ordinal(key).is_some_and(|key| marks.has(key)) {
                    reach(objects, &mut marks, &mut queue, value);
                }
            }
        }
        if queue.is_empty() {
            return marks;
        }
    }
}

#[inline]
fn reach(objects: &Objects<'_, '_>, marks: &mut Marks, queue: &mut Vec<u64>, word: u64) {
    match objects.ordinal(word) {
        Some(ordinal) if marks.set(ordinal) => queue.push(word & !3 | 1),
        Some(_) => {}
        None if word & 1 == 1 && objects.heap.is_on_page(word) => {
            // A sound heap of V8 10 has thousands of these, so that they are no evidence there.
            let is_evidence = objects.heap.layout.generation > Generation::Node18;
            marks.dangling += u64::from(is_evidence);
        }
        None if word & 7 == 1 && objects.heap.memory.is_missing(word) => marks.outside += 1,
        None => {}
    }
}

fn visit(objects: &Objects<'_, '_>, marks: &mut Marks, queue: &mut Vec<u64>, object: u64) {
    let Some(ordinal) = objects.ordinal(object) else {
        return;
    };
    let shape = objects.shape(ordinal);
    if shape.kind == Kind::EphemeronTable {
        marks.tables.push(object);
    }
    objects.references(object, shape, &mut |reference| {
        // Small integers, and references whose low bits say weak, keep nothing.
        if reference.to & 3 == 1 && reference.kind != EdgeType::Weak {
            reach(objects, marks, queue, reference.to);
        }
    });
}
