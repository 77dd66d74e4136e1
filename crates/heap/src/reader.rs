//! The way in: memory and a layout become isolates, and an isolate a snapshot. Says how much of
//! the heap could be read; refuses where that is too little.

use memwatch_snapshot::Snapshot;
use rustc_hash::FxHashMap;

use crate::error::{HeapError, HeapErrorKind};
use crate::graph::{Marks, Objects, Roots, StackRange, fill, mark};
use crate::layout::Layout;
use crate::memory::Memory;
use crate::objects::Lines;
use crate::space::{Doubts, Heap, Walk};
use crate::stacks::{Frame, frames};

/// An isolate has at least so many objects: V8's own are some tens of thousands.
const LEAST_OBJECTS: u64 = 100;
/// More wrong sizes in this many objects mean that the layout is not the heap's.
const WRONG_SIZES: u64 = 5;
const PER_OBJECTS: u64 = 100_000;
/// From V8's `Isolate` to the `Heap` in it, at most. In bytes.
const HEAP_IN_ISOLATE: u64 = 0x2_0000;

/// A heap of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolate {
    /// The address of V8's `Heap`, which tells isolates apart.
    pub heap: u64,
    /// Objects on its pages, garbage too.
    pub objects: u64,
    /// Bytes of its pages that objects can stand on.
    pub bytes: u64,
}

/// Which objects a snapshot has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// What the roots reach.
    #[default]
    Alive,
    /// Garbage that no collection has taken yet, too.
    All,
}

/// A heap in memory, walked.
pub struct HeapReader<'a> {
    heap: Heap<'a>,
    walk: Walk,
    isolates: Vec<Isolate>,
}

impl<'a> HeapReader<'a> {
    /// Finds the pages and walks all objects.
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::NoHeap`], [`HeapErrorKind::TooLarge`], and [`HeapErrorKind::Unsound`]
    /// where objects have sizes that cannot be right.
    pub fn new(memory: &'a Memory<'a>, layout: &'a Layout) -> Result<Self, HeapError> {
        let mut heap = Heap::find(memory, layout)?;
        let walk = Walk::of(&heap)?;
        heap.calibrate(&walk);
        let objects = walk.len() as u64;
        let wrong = walk.doubts.wrong_sizes;
        if wrong > WRONG_SIZES.max(objects / PER_OBJECTS * WRONG_SIZES) {
            let message = format!(
                "{wrong} of {objects} objects have sizes that cannot be right: this V8's layout is not known"
            );
            return Err(HeapError::new(HeapErrorKind::Unsound, message));
        }
        let isolates = isolates(&heap, &walk);
        Ok(Self {
            heap,
            walk,
            isolates,
        })
    }

    /// The isolates, the one with the most objects first.
    pub fn isolates(&self) -> &[Isolate] {
        &self.isolates
    }

    /// The isolate whose V8 `Isolate` begins at an address, by its place in [`Self::isolates`]: its
    /// `Heap` is a part of it.
    pub fn isolate_at(&self, address: u64) -> Option<usize> {
        let distance = |isolate: &Isolate| isolate.heap.checked_sub(address);
        let near = |isolate: &Isolate| distance(isolate).is_some_and(|far| far < HEAP_IN_ISOLATE);
        let places = (0..self.isolates.len()).filter(|&place| near(&self.isolates[place]));
        places
            .into_iter()
            .min_by_key(|&place| self.isolates[place].heap)
    }

    /// What could not be read.
    pub fn doubts(&self) -> Doubts {
        self.walk.doubts
    }

    /// The JavaScript frames of each thread, the innermost first.
    pub fn frames(&self, stacks: &[StackRange]) -> Vec<Vec<Frame>> {
        let mut lines = Lines::default();
        let of = |stack: &StackRange| frames(&self.heap, stack.pointer, &mut lines);
        stacks.iter().map(of).collect()
    }

    /// A snapshot of one isolate, by its place in [`Self::isolates`].
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::NoIsolate`], [`HeapErrorKind::Unsound`] where the roots reach next to
    /// nothing, and [`HeapErrorKind::TooLarge`].
    pub fn snapshot(
        &self,
        isolate: usize,
        stacks: &[StackRange],
        selection: Selection,
    ) -> Result<Snapshot, HeapError> {
        let snapshot = self.snapshot_if(isolate, stacks, selection, |_| true)?;
        Ok(snapshot.expect("it may always go on"))
    }

    /// The same, given up where `may_go_on` says no of the number of objects that the snapshot will
    /// have: most of its memory is taken from then on.
    ///
    /// # Errors
    ///
    /// Those of [`Self::snapshot`].
    pub fn snapshot_if(
        &self,
        isolate: usize,
        stacks: &[StackRange],
        selection: Selection,
        may_go_on: impl FnOnce(u64) -> bool,
    ) -> Result<Option<Snapshot>, HeapError> {
        let Some(found) = self.isolates.get(isolate) else {
            let count = self.isolates.len();
            let message =
                format!("isolate {isolate} does not exist; the memory has {count}, counted from 0");
            return Err(HeapError::new(HeapErrorKind::NoIsolate, message));
        };
        let objects = Objects::new(&self.heap, &self.walk);
        let roots = Roots::find(&objects, found.heap, stacks);
        let mut marks = mark(&objects, &roots);
        if marks.count() < LEAST_OBJECTS {
            let message =
                "the roots of this isolate reach next to nothing: its table of roots was not found";
            return Err(HeapError::new(HeapErrorKind::Unsound, message));
        }
        if selection == Selection::All {
            let is_its = |page: usize| {
                self.heap.pages[page].heap == found.heap || self.heap.pages[page].read_only
            };
            marks = Marks::all(&objects, marks, is_its);
        }
        if !may_go_on(marks.count()) {
            return Ok(None);
        }
        fill(&objects, &roots, marks).map(Some)
    }
}

fn isolates(heap: &Heap<'_>, walk: &Walk) -> Vec<Isolate> {
    let mut found: FxHashMap<u64, Isolate> = FxHashMap::default();
    for (page, bounds) in heap.pages.iter().zip(walk.first_of_page.windows(2)) {
        let isolate = found.entry(page.heap).or_insert(Isolate {
            heap: page.heap,
            objects: 0,
            bytes: 0,
        });
        isolate.objects += u64::from(bounds[1] - bounds[0]);
        isolate.bytes += page.area_bytes();
    }
    let read_only = heap
        .pages
        .iter()
        .find(|page| page.read_only)
        .map_or(0, |page| page.heap);
    let mut isolates: Vec<Isolate> = found
        .into_values()
        .filter(|isolate| {
            isolate.heap != 0 && isolate.heap != read_only && isolate.objects > LEAST_OBJECTS
        })
        .collect();
    isolates.sort_by_key(|isolate| (std::cmp::Reverse(isolate.objects), isolate.heap));
    isolates
}
