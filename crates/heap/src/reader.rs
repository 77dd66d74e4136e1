//! The way in: memory and a layout become isolates, and an isolate a snapshot. How much has to be readable is decided in
//! `soundness`.

use memwatch_snapshot::{Reading, Snapshot};

use crate::crash::{Crash, errors, out_of_memory};
use crate::error::{HeapError, HeapErrorKind};
use crate::graph::{Marks, Objects, Roots, StackRange, fill, mark, roots_start};
use crate::layout::Layout;
use crate::memory::Memory;
use crate::space::{Doubts, Heap, Walk};
use crate::stacks::{Places, ThreadStack, frames};

mod isolates;
mod soundness;

pub use isolates::{Isolate, Space, SpaceSize};
use soundness::{PER_OBJECTS, PER_OBJECTS_WITH_GARBAGE, check, few};

/// From V8's `Isolate` to the `Heap` in it, at most. In bytes.
const HEAP_IN_ISOLATE: u64 = 0x2_0000;
/// Walks that are made again for objects that the ones before did not see. One is enough for nearly all heaps.
const MOST_WALKS: u32 = 64;

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
    /// The memory stood still between two steps of the program, as it does for the forked child of one; a core may be of
    /// the middle of a collection.
    is_at_rest: bool,
}

impl<'a> HeapReader<'a> {
    /// Finds the pages and walks all objects.
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::NoHeap`], [`HeapErrorKind::TooLarge`], and [`HeapErrorKind::Unsound`]
    /// where objects have sizes that cannot be right.
    pub fn new(memory: &'a Memory<'a>, layout: &'a Layout) -> Result<Self, HeapError> {
        Self::walk(Heap::find(memory, layout)?, false)
    }

    /// The same of one isolate alone, whose V8 `Isolate` begins at an address: what other threads of the process have is
    /// neither read nor counted. For memory that stands still between two steps of the isolate's program.
    ///
    /// # Errors
    ///
    /// Those of [`Self::new`].
    pub fn of_isolate(
        memory: &'a Memory<'a>,
        layout: &'a Layout,
        address: u64,
    ) -> Result<Self, HeapError> {
        let mut heap = Heap::find(memory, layout)?;
        let distance = |heap: u64| heap.checked_sub(address);
        let heaps = heap.pages.iter().map(|page| page.heap);
        let near = heaps.filter(|&heap| distance(heap).is_some_and(|far| far < HEAP_IN_ISOLATE));
        // Its `Heap` is a part of it; the next Isolate's may begin within the same distance.
        let Some(own) = near.min() else {
            let message = "the heap of this thread was not found in memory";
            return Err(HeapError::new(HeapErrorKind::NoHeap, message));
        };
        heap.keep(|heap| heap == own);
        heap.leave_vacated();
        Self::walk(heap, true)
    }

    fn walk(mut heap: Heap<'a>, is_at_rest: bool) -> Result<Self, HeapError> {
        let walk = Walk::of(&heap)?;
        heap.calibrate(&walk);
        let isolates = isolates::of(&heap, &walk);
        let reader = Self {
            heap,
            walk,
            isolates,
            is_at_rest,
        };
        let sound = reader
            .isolates
            .iter()
            .map(|isolate| reader.sound(isolate.heap));
        // One sound heap is worth an answer, and says of the others what they are.
        match sound.reduce(Result::or) {
            Some(sound) => sound?,
            None => {
                let message =
                    "this memory contains pages of a V8 heap, and next to no objects on them";
                return Err(HeapError::new(HeapErrorKind::NoHeap, message));
            }
        }
        Ok(reader)
    }

    /// Whether a page has objects of an isolate, or of all.
    fn is_of(&self, page: usize, heap: u64) -> bool {
        let page = &self.heap.pages[page];
        page.heap == heap || page.read_only
    }

    /// Refuses an isolate whose objects have sizes that cannot be right, by all that is on its pages.
    fn sound(&self, heap: u64) -> Result<(), HeapError> {
        let objects = objects_on(&self.walk, |page| self.is_of(page, heap));
        let wrong = self
            .walk
            .doubts(|page| self.is_of(page, heap))
            .invalid_sizes;
        few(wrong, objects, PER_OBJECTS_WITH_GARBAGE)
    }

    /// The isolates, the one with the most objects first.
    pub fn isolates(&self) -> &[Isolate] {
        &self.isolates
    }

    /// The isolate at a place among [`Self::isolates`].
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::NoIsolate`].
    pub fn isolate(&self, place: usize) -> Result<&Isolate, HeapError> {
        self.isolates.get(place).ok_or_else(|| {
            let (number, count) = (place.saturating_add(1), self.isolates.len());
            let message = format!(
                "isolate {number} does not exist; the memory has {count}, the largest being isolate 1"
            );
            HeapError::new(HeapErrorKind::NoIsolate, message)
        })
    }

    /// What could not be read of an isolate by its place in [`Self::isolates`], or of all.
    pub fn doubts(&self, isolate: Option<usize>) -> Doubts {
        let heap = isolate.and_then(|place| self.isolates.get(place));
        let is_wanted = |page| heap.is_none_or(|isolate| self.is_of(page, isolate.heap));
        self.walk.doubts(is_wanted)
    }

    /// The JavaScript of each thread.
    pub fn stacks(&self, stacks: &[StackRange]) -> Vec<ThreadStack> {
        let mut places = Places::default();
        let mut left = self
            .heap
            .memory
            .ranges()
            .iter()
            .map(|range| range.bytes.len() as u64)
            .sum();
        let mut of = |stack: &StackRange| {
            // Threads have stacks of their own: together they are no more than the memory.
            let range = self.heap.memory.range_of(stack.pointer);
            let length = range.map_or(0, |range| range.end() - stack.pointer);
            match length <= left {
                true => {
                    left -= length;
                    frames(&self.heap, stack.pointer, &mut places)
                }
                false => ThreadStack::default(),
            }
        };
        stacks.iter().map(&mut of).collect()
    }

    /// What the memory says of the end: of an isolate by its place in [`Self::isolates`], and of the
    /// thread that stopped first.
    pub fn crash(&self, isolate: usize, stack: Option<StackRange>) -> Crash {
        let objects = Objects::new(&self.heap, &self.walk);
        let heap = self.isolates.get(isolate).map(|isolate| isolate.heap);
        let errors = heap.map(|heap| {
            let roots = roots_start(&objects, heap);
            errors(&self.heap, &self.walk, roots, stack, &mut Places::default())
        });
        Crash {
            out_of_memory: stack.and_then(|stack| out_of_memory(self.heap.memory, stack)),
            errors: errors.unwrap_or_default(),
        }
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
        let heap = self.isolate(isolate)?.heap;
        self.sound(heap)?;
        let (mut known_starts, mut again, mut walks) = (Vec::new(), None, 0);
        loop {
            let walk = again.take();
            let walk = walk.as_ref().unwrap_or(&self.walk);
            let objects = Objects::new(&self.heap, walk);
            let roots = Roots::find(&objects, heap, stacks);
            let mut marks = mark(&objects, &roots);
            let known = known_starts.len();
            known_starts.extend(marks.unseen(&objects));
            known_starts.sort_unstable();
            known_starts.dedup();
            // Each walk sees more, and finds what that refers to. Usually the first sees all.
            if known_starts.len() > known && walks < MOST_WALKS {
                walks += 1;
                again = Some(Walk::through(&self.heap, &known_starts)?);
                continue;
            }
            return self.fill(heap, &objects, &roots, marks, selection, may_go_on);
        }
    }

    fn fill(
        &self,
        heap: u64,
        objects: &Objects<'_, '_>,
        roots: &Roots,
        mut marks: Marks,
        selection: Selection,
        may_go_on: impl FnOnce(u64) -> bool,
    ) -> Result<Option<Snapshot>, HeapError> {
        let (walk, reached) = (objects.walk, marks.count());
        check(&marks, reached, self.is_at_rest)?;
        let alive = |&&object: &&u64| {
            walk.ordinal(&self.heap, object)
                .is_some_and(|ordinal| marks.has(ordinal))
        };
        let mut invalid_sizes = walk.invalid.iter().filter(alive).count() as u64;
        few(invalid_sizes, reached, PER_OBJECTS)?;
        let is_its = |page| self.is_of(page, heap);
        let doubts = walk.doubts(is_its);
        if selection == Selection::All {
            marks = Marks::all(objects, marks, is_its);
            invalid_sizes = doubts.invalid_sizes;
        }
        if !may_go_on(marks.count()) {
            return Ok(None);
        }
        let reading = Reading {
            objects: objects_on(walk, is_its),
            reached,
            has_garbage: selection == Selection::All,
            invalid_sizes,
            moved: doubts.moved,
            dangling: marks.dangling,
            outside: marks.outside,
            ..Reading::default()
        };
        fill(objects, roots, marks, reading).map(Some)
    }
}

fn objects_on(walk: &Walk, is_wanted: impl Fn(usize) -> bool) -> u64 {
    let pages = walk.first_of_page.windows(2).enumerate();
    pages
        .filter(|&(page, _)| is_wanted(page))
        .map(|(_, bounds)| u64::from(bounds[1] - bounds[0]))
        .sum()
}
