//! What the roots reach: marking, with the values of WeakMaps when both table and key are alive. Works on the heap
//! itself; keeps a bit for each object, and the entries whose keys are not alive yet.

use memwatch_snapshot::EdgeType;
use rustc_hash::FxHashMap;

use super::Objects;
use super::roots::Roots;
use crate::layout::{Generation, Kind};
use crate::objects::Plan;

/// The objects that are alive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    bits: Vec<u64>,
    /// Tables of WeakMaps among them, tagged.
    pub tables: Vec<u64>,
    /// References from living objects to a page, but to no object there.
    pub dangling: u64,
    /// References from living objects to memory that is missing. Of words that lead to no page only those in slots that
    /// nothing but a reference can be in are evidence: others are numbers that look like pointers.
    pub outside: u64,
    /// References, in slots that nothing but a reference can be in, to memory that V8 has freed: of objects that V8's own
    /// tables keep. A heap that stands still between two steps of its program has none. Words of a stack can be of calls
    /// that have ended, and what they lead to garbage.
    pub freed: u64,
    /// Where living objects refer to what has a map, and the walk saw no object: untagged. At most
    /// [`MOST_UNSEEN`].
    unseen: Vec<u64>,
}

/// More places that the walk has not seen are a heap that is no longer sound.
const MOST_UNSEEN: usize = 10_000;

impl Marks {
    /// Addresses of objects, in order, that the walk did not see and that are alive: none but objects that are not
    /// alive were seen in their place.
    pub(crate) fn unseen(&mut self, objects: &Objects<'_, '_>) -> Vec<u64> {
        let mut unseen = std::mem::take(&mut self.unseen);
        unseen.retain(|&address| {
            let before = objects.walk.object_before(objects.heap, address);
            let covers = |(ordinal, object)| {
                object - 1 + objects.end(object, objects.shape(ordinal)) > address
            };
            before.is_none_or(|before| !self.has(before.0) || !covers(before))
        });
        unseen.sort_unstable();
        unseen.dedup();
        unseen
    }

    /// Every object, alive or not.
    pub(crate) fn all(
        objects: &Objects<'_, '_>,
        mut marks: Self,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
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
    pub(crate) fn has(&self, ordinal: u32) -> bool {
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
    pub(crate) fn clear(&mut self, ordinal: u32) {
        self.bits[ordinal as usize / 64] &= !(1 << (ordinal % 64));
    }

    /// How many objects are alive.
    pub(crate) fn count(&self) -> u64 {
        self.bits
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }
}

/// Values of WeakMaps whose keys are not alive yet, by key: each entry is read once, when its table is found, and each
/// value looked at once, when its key is.
#[derive(Default)]
struct Waiting {
    /// For each object whether it is a key; empty as long as none is.
    is_key: Vec<u64>,
    /// The place in `values` of the last of each key.
    last: FxHashMap<u32, usize>,
    /// A value, and where the one before it is, from 1.
    values: Vec<(u64, usize)>,
}

impl Waiting {
    fn add(&mut self, key: u32, value: u64, objects: usize) {
        if self.is_key.is_empty() {
            self.is_key = vec![0; objects / 64 + 1];
        }
        self.is_key[key as usize / 64] |= 1 << (key % 64);
        let last = self.last.entry(key).or_insert(0);
        self.values.push((value, *last));
        *last = self.values.len();
    }

    /// The values of an object that proved alive.
    #[inline]
    fn values_of(&self, key: u32) -> impl Iterator<Item = u64> {
        let word = self.is_key.get(key as usize / 64);
        let is_key = word.is_some_and(|word| word >> (key % 64) & 1 == 1);
        let mut next = is_key.then(|| self.last.get(&key)).flatten().copied();
        std::iter::from_fn(move || {
            let (value, before) = *self.values.get(next?.checked_sub(1)?)?;
            next = Some(before);
            Some(value)
        })
    }
}

/// Marks everything that the roots reach.
pub(crate) fn mark(objects: &Objects<'_, '_>, roots: &Roots) -> Marks {
    let mut marks = Marks {
        bits: vec![0; objects.walk.len() / 64 + 1],
        ..Marks::default()
    };
    let mut visitor = Visitor {
        objects,
        queue: Vec::new(),
        waiting: Waiting::default(),
        has_map: vec![false; objects.shapes.len()],
    };
    let mut reach_all = |roots: &[u64], marks: &mut Marks| {
        for &root in roots {
            reach(objects, marks, &mut visitor.queue, root, false);
        }
        while let Some(object) = visitor.queue.pop() {
            visitor.visit(marks, object);
        }
    };
    reach_all(&roots.strong, &mut marks);
    reach_all(&roots.global, &mut marks);
    let freed = marks.freed;
    reach_all(&roots.stack, &mut marks);
    marks.freed = freed;
    marks
}

/// Marks what a word refers to. `is_reference`: the word can be nothing but a reference.
#[inline]
fn reach(
    objects: &Objects<'_, '_>,
    marks: &mut Marks,
    queue: &mut Vec<u64>,
    word: u64,
    is_reference: bool,
) {
    match objects.place(word) {
        Some((ordinal, place)) if marks.set(ordinal) => queue.push(place),
        Some(_) => {}
        None if word & 1 == 1 => marks.broken(objects, word, is_reference),
        None => {}
    }
}

impl Marks {
    /// Counts a reference that leads to no object.
    #[cold]
    fn broken(&mut self, objects: &Objects<'_, '_>, word: u64, is_reference: bool) {
        let heap = objects.heap;
        // A sound heap of V8 10 has thousands of these, so that they are no evidence there.
        let is_evidence = heap.layout.generation > Generation::Node18;
        if heap.is_vacated(word) {
            self.dangling += u64::from(is_evidence && is_reference);
            self.freed += u64::from(is_evidence && is_reference);
            return;
        }
        if heap.is_on_page(word) {
            self.dangling += u64::from(is_evidence);
            if !heap.is_object(word) {
                return;
            }
            if heap.kind(word).is_room() {
                self.freed += u64::from(is_evidence && is_reference);
            } else if self.unseen.len() < MOST_UNSEEN {
                self.unseen.push(word & !3);
            }
        } else if word & 7 == 1 && (is_evidence && is_reference || heap.memory.is_missing(word)) {
            self.outside += 1;
        }
    }
}

/// Reads the references of one living object after the other.
struct Visitor<'o, 'h, 'a> {
    objects: &'o Objects<'h, 'a>,
    /// What is alive and was not visited yet.
    queue: Vec<u64>,
    waiting: Waiting,
    /// Of each shape, whether its map is marked: millions of objects have few maps.
    has_map: Vec<bool>,
}

impl Visitor<'_, '_, '_> {
    fn visit(&mut self, marks: &mut Marks, object: u64) {
        let Self {
            objects,
            queue,
            waiting,
            has_map,
        } = self;
        let objects = *objects;
        let Some(ordinal) = objects.ordinal(object) else {
            return;
        };
        for value in waiting.values_of(ordinal) {
            reach(objects, marks, queue, value, true);
        }
        let number = objects.walk.map_of[ordinal as usize] as usize;
        let shape = &objects.shapes[number];
        if shape.kind == Kind::EphemeronTable {
            marks.tables.push(object);
            for (_, key, value) in objects.heap.ephemerons(object) {
                match objects.ordinal(key) {
                    Some(key) if marks.has(key) => reach(objects, marks, queue, value, true),
                    Some(key) => waiting.add(key, value, objects.walk.len()),
                    None => {}
                }
            }
        }
        let is_list = matches!(shape.plan, Plan::Array(_)) || shape.kind == Kind::PropertyArray;
        if !has_map[number] {
            reach(objects, marks, queue, shape.map, is_list);
            // One that the walk did not see counts against the heap with each of its objects.
            has_map[number] = objects.ordinal(shape.map).is_some();
        }
        let view = objects.heap.view(object);
        objects.own_references(object, &view, shape, &mut |reference| {
            // Small integers, and references whose low bits say weak, keep nothing.
            if reference.to & 3 == 1 && reference.kind != EdgeType::Weak {
                let is_reference = is_list
                    || matches!(
                        reference.kind,
                        EdgeType::Property | EdgeType::Element | EdgeType::Context
                    );
                reach(objects, marks, queue, reference.to, is_reference);
            }
        });
    }
}
