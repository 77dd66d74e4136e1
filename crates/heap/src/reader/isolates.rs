//! The isolates of a heap in memory: how many objects and bytes each has, by space. Judges none of them.

use memwatch_order::sort_by_key;
use rustc_hash::FxHashMap;

use super::soundness::LEAST_OBJECTS;
use crate::space::{Heap, Page, Walk};

/// A part of a heap, by how V8 manages it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Young objects.
    New,
    /// Objects that survived two minor collections.
    Old,
    /// Machine code.
    Code,
    /// Objects with a page of their own.
    Large,
}

/// How much a space has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceSize {
    /// Which space.
    pub space: Space,
    /// Its pages.
    pub pages: u64,
    /// Bytes of them that objects can stand on.
    pub bytes: u64,
    /// Bytes that objects take, garbage too.
    pub used_bytes: u64,
    /// Objects, garbage too.
    pub objects: u64,
}

/// A heap of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolate {
    /// The address of V8's `Heap`, which tells isolates apart.
    pub heap: u64,
    /// Objects on its pages, garbage too.
    pub objects: u64,
    /// Bytes of its pages that objects can stand on.
    pub bytes: u64,
    /// The same by space; spaces without a page are left out.
    pub spaces: Vec<SpaceSize>,
}

fn space_of(page: &Page<'_>) -> Space {
    if page.large {
        Space::Large
    } else if page.executable {
        Space::Code
    } else if page.young {
        Space::New
    } else {
        Space::Old
    }
}

/// All isolates with objects, the one with the most first.
pub(super) fn of(heap: &Heap<'_>, walk: &Walk) -> Vec<Isolate> {
    let mut found: FxHashMap<u64, Isolate> = FxHashMap::default();
    let objects_of_pages = walk.first_of_page.windows(2);
    for ((page, bounds), &used) in heap
        .pages
        .iter()
        .zip(objects_of_pages)
        .zip(&walk.used_of_page)
    {
        let isolate = found.entry(page.heap).or_insert(Isolate {
            heap: page.heap,
            objects: 0,
            bytes: 0,
            spaces: Vec::new(),
        });
        isolate.add(page, u64::from(bounds[1] - bounds[0]), used);
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
    for isolate in &mut isolates {
        sort_by_key(&mut isolate.spaces, |size| size.space);
    }
    sort_by_key(&mut isolates, |isolate| {
        (std::cmp::Reverse(isolate.objects), isolate.heap)
    });
    isolates
}

impl Isolate {
    fn add(&mut self, page: &Page<'_>, objects: u64, used: u64) {
        self.objects += objects;
        self.bytes += page.area_bytes();
        let space = space_of(page);
        let known = self.spaces.iter().position(|size| size.space == space);
        let index = known.unwrap_or(self.spaces.len());
        if known.is_none() {
            self.spaces.push(SpaceSize {
                space,
                pages: 0,
                bytes: 0,
                used_bytes: 0,
                objects: 0,
            });
        }
        let size = &mut self.spaces[index];
        size.pages += 1;
        size.bytes += page.area_bytes();
        size.used_bytes += used;
        size.objects += objects;
    }
}
