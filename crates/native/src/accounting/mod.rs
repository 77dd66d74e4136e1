//! Which part of a process' resident set is what: each mapping that the kernel lists goes into one
//! row, and what the allocator says of its own divides the rows that are its. Pure: texts and
//! numbers go in. The rows add up to the total, whatever goes in.
//!
//! What is not known stays unknown: `None`, never 0.

mod smaps;

pub use smaps::{Mapping, Name, stack_limit, total, whole};

/// A reserve of address space that glibc takes for an arena, and that it begins at a multiple of.
const ARENA_BYTES: u64 = 64 << 20;
/// The guard below a stack: one page, and with large pages 64 KiB.
const MOST_GUARD_BYTES: u64 = 64 << 10;
/// Stacks of threads are as large as the limit says, where it does, and this at most otherwise.
const STACK_BYTES: u64 = 8 << 20;
/// The least stack: what is smaller behind a guard is something else.
const LEAST_STACK_BYTES: u64 = 128 << 10;
/// The kernel places libraries, stacks and other mappings close together; V8 asks for random places
/// elsewhere.
const FAR_BYTES: u64 = 1 << 39;

/// What the allocator says of its own, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malloc {
    /// It has arenas, and maps large blocks by themselves (glibc).
    Arenas {
        /// In use, in its arenas.
        in_use: u64,
        /// In blocks that are mapped by themselves, all in use.
        mapped: u64,
    },
    /// It maps everything anywhere (jemalloc).
    Anywhere {
        /// In use.
        in_use: u64,
        /// What it holds and is resident, by its own reckoning.
        resident: u64,
    },
}

impl Malloc {
    /// All that is in use.
    #[must_use]
    pub const fn in_use(&self) -> u64 {
        match *self {
            Self::Arenas { in_use, mapped } => in_use.saturating_add(mapped),
            Self::Anywhere { in_use, .. } => in_use,
        }
    }
}

/// Resident bytes by what they are. They add up to [`Rows::total`], with 0 for what is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The whole resident set.
    pub total: u64,
    /// Heaps of all isolates.
    pub v8_heap: u64,
    /// Code that was made at run time.
    pub v8_code: u64,
    /// Blocks of `malloc` that are in use.
    pub malloc_in_use: Option<u64>,
    /// What `malloc` holds and nobody uses: fragmentation.
    pub malloc_free: Option<u64>,
    /// Stacks of threads.
    pub stacks: u64,
    /// How many stacks there are.
    pub stack_count: u64,
    /// Files: the program, libraries, addons, what was mapped.
    pub files: u64,
    /// Data of the program and its libraries that no file holds.
    pub data: u64,
    /// All else.
    pub other: u64,
    /// Of all else, what is `malloc`'s, where it is not known what of it is in use.
    pub undivided: Option<u64>,
}

/// What a mapping is, before the allocator is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    V8Heap,
    V8Code,
    Arena,
    Stack,
    File,
    Data,
    /// Anonymous, of somebody.
    Anonymous,
    Kernel,
}

/// Divides the resident set. `mappings` are sorted by address, as the kernel lists them; `total` is the whole, as the
/// kernel says, and `most_stack` the limit on a stack, in bytes.
#[must_use]
pub fn account(
    mappings: &[Mapping],
    total: u64,
    most_stack: Option<u64>,
    malloc: Option<Malloc>,
) -> Rows {
    let mut rows = Rows::default();
    let (mut arenas, mut anonymous) = (0, 0);
    let libraries = mappings.iter().filter(|one| one.name == Name::Library);
    let floor = libraries.map(|one| one.start).min().unwrap_or(0);
    let floor = floor.saturating_sub(FAR_BYTES);
    let most_stack = most_stack.unwrap_or(STACK_BYTES).max(STACK_BYTES);
    for (at, mapping) in mappings.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| mappings.get(before));
        let class = classify(mapping, before, mappings.get(at + 1), floor, most_stack);
        let row = match class {
            Class::V8Heap => &mut rows.v8_heap,
            Class::V8Code => &mut rows.v8_code,
            Class::Arena => &mut arenas,
            Class::Stack => {
                rows.stack_count += 1;
                &mut rows.stacks
            }
            Class::File => &mut rows.files,
            Class::Data => &mut rows.data,
            Class::Anonymous => &mut anonymous,
            Class::Kernel => &mut rows.other,
        };
        *row = row.saturating_add(mapping.resident);
    }
    match malloc {
        Some(Malloc::Arenas { in_use, mapped }) => {
            // Pages of a block that were never touched are not resident.
            let in_arenas = in_use.min(arenas);
            let in_blocks = mapped.min(anonymous);
            rows.malloc_in_use = Some(in_arenas.saturating_add(in_blocks));
            rows.malloc_free = Some(arenas - in_arenas);
            rows.other = rows.other.saturating_add(anonymous - in_blocks);
        }
        Some(Malloc::Anywhere { in_use, resident }) => {
            let held = resident.min(arenas.saturating_add(anonymous));
            rows.malloc_in_use = Some(in_use.min(held));
            rows.malloc_free = Some(held - in_use.min(held));
            let rest = arenas.saturating_add(anonymous) - held;
            rows.other = rows.other.saturating_add(rest);
        }
        None => {
            rows.undivided = Some(arenas);
            rows.other = rows.other.saturating_add(arenas).saturating_add(anonymous);
        }
    }
    rows.settle(total);
    rows
}

fn classify(
    mapping: &Mapping,
    before: Option<&Mapping>,
    after: Option<&Mapping>,
    floor: u64,
    most_stack: u64,
) -> Class {
    let next_to = before.filter(|before| before.end == mapping.start);
    match mapping.name {
        Name::File | Name::Library => return Class::File,
        Name::Heap => return Class::Arena,
        Name::Stack => return Class::Stack,
        Name::Kernel => return Class::Kernel,
        Name::None | Name::Other => {}
    }
    let bytes = mapping.end.saturating_sub(mapping.start);
    if mapping.executable {
        Class::V8Code
    } else if mapping.dont_copy {
        Class::V8Heap
    } else if next_to.is_some_and(|file| file.is_file() && file.writable) {
        Class::Data
    } else if is_arena(mapping, after) {
        Class::Arena
    } else if mapping.start < floor {
        // Without its mark: an old kernel, or a moment at which the process is being copied.
        Class::V8Heap
    } else if next_to.is_some_and(Mapping::is_guard)
        && (LEAST_STACK_BYTES..=most_stack).contains(&bytes)
    {
        Class::Stack
    } else {
        Class::Anonymous
    }
}

/// An arena begins at a multiple of its reserve, and what it has not taken of it lies behind.
fn is_arena(mapping: &Mapping, after: Option<&Mapping>) -> bool {
    if !mapping.start.is_multiple_of(ARENA_BYTES) || !mapping.writable {
        return false;
    }
    // Arenas next to each other are one mapping where the first is full.
    let is_full = mapping.end.is_multiple_of(ARENA_BYTES);
    is_full
        || after.is_some_and(|after| {
            // The reserve of this one, and perhaps that of the next.
            let reserve_ends = mapping.end.next_multiple_of(ARENA_BYTES);
            !after.readable && after.start == mapping.end && after.end >= reserve_ends
        })
}

impl Rows {
    /// Each row, but for the unknown ones.
    fn parts(&mut self) -> [&mut u64; 8] {
        [
            &mut self.other,
            &mut self.v8_heap,
            self.malloc_in_use.get_or_insert(0),
            self.malloc_free.get_or_insert(0),
            &mut self.files,
            &mut self.v8_code,
            &mut self.data,
            &mut self.stacks,
        ]
    }

    /// The total was read a moment after the mappings. What came meanwhile is `other`; what went is
    /// taken where there is something.
    fn settle(&mut self, total: u64) {
        self.total = total;
        let unknown = (self.malloc_in_use.is_none(), self.malloc_free.is_none());
        let sum = self
            .parts()
            .iter()
            .fold(0_u64, |sum, part| sum.saturating_add(**part));
        self.other = self.other.saturating_add(total.saturating_sub(sum));
        let mut less = sum.saturating_sub(total);
        for part in self.parts() {
            let taken = less.min(*part);
            *part -= taken;
            less -= taken;
        }
        if unknown.0 {
            self.malloc_in_use = None;
        }
        if unknown.1 {
            self.malloc_free = None;
        }
        self.undivided = self.undivided.map(|bytes| bytes.min(self.other));
    }
}

#[cfg(test)]
mod tests;
