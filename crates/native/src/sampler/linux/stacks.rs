//! The stacks that have allocated, each once, with their totals. Reading needs no lock; a new stack is added by one
//! thread at a time, and one that does not get its turn after a few tries drops its sample: nobody waits for a lock inside
//! of `malloc`.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize};

use super::live::Value;
use super::memory::Room;

const MOST_STACKS: usize = 1 << 15;
const MOST_WORDS: usize = 1 << 21;
/// How often a thread asks for its turn.
const TRIES: usize = 32;

/// A stack: where its words are, and what it holds. `hash` and below are written before the stack is published.
#[repr(C)]
pub(super) struct Entry {
    hash: AtomicU64,
    first: AtomicU32,
    native: AtomicU32,
    javascript: AtomicU32,
    pub live_bytes: AtomicI64,
    pub live_milli_blocks: AtomicI64,
    pub variance: AtomicI64,
    pub samples: AtomicI64,
    pub allocated_bytes: AtomicI64,
}

impl Entry {
    /// A live block more.
    pub(super) fn add(&self, value: &Value) {
        self.change(value, 1);
    }

    /// One less.
    pub(super) fn subtract(&self, value: &Value) {
        self.change(value, -1);
    }

    fn change(&self, value: &Value, sign: i64) {
        self.live_bytes.fetch_add(sign * value.bytes, Relaxed);
        self.live_milli_blocks
            .fetch_add(sign * value.milli_blocks, Relaxed);
        self.variance.fetch_add(sign * value.variance, Relaxed);
        self.samples.fetch_add(sign, Relaxed);
    }
}

/// All stacks. The index has the number of an entry plus one, 0 where it is free.
pub(super) struct Stacks {
    index: Room<AtomicU32>,
    entries: Room<Entry>,
    words: Room<AtomicU64>,
    count: AtomicU32,
    used: AtomicUsize,
    adding: AtomicBool,
}

impl Stacks {
    /// `None` where the system gives no memory.
    pub(super) fn take() -> Option<Self> {
        Some(Self {
            index: Room::take(MOST_STACKS * 2)?,
            entries: Room::take(MOST_STACKS)?,
            words: Room::take(MOST_WORDS)?,
            count: AtomicU32::new(0),
            used: AtomicUsize::new(0),
            adding: AtomicBool::new(false),
        })
    }

    /// The stacks that there are.
    pub(super) fn count(&self) -> u32 {
        self.count.load(Acquire)
    }

    /// A published stack.
    pub(super) fn entry(&self, id: u32) -> &Entry {
        // SAFETY: entries are atomics.
        unsafe { self.entries.get(id as usize) }
    }

    /// The frames of native code, and those of JavaScript.
    pub(super) fn frames(&self, id: u32) -> (Vec<u64>, Vec<u64>) {
        let entry = self.entry(id);
        let first = entry.first.load(Relaxed) as usize;
        let native = entry.native.load(Relaxed) as usize;
        let javascript = entry.javascript.load(Relaxed) as usize;
        let words = |from: usize, length| {
            let all = from..from + length;
            all.map(|at| self.word(at).load(Relaxed)).collect()
        };
        (words(first, native), words(first + native, javascript))
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        // SAFETY: words are atomics.
        unsafe { self.words.get(at) }
    }

    fn slot(&self, at: usize) -> &AtomicU32 {
        // SAFETY: the index is of atomics.
        unsafe { self.index.get(at) }
    }

    /// The number of the stack. `None` where a table is full or another thread adds one.
    pub(super) fn intern(&self, native: &[u64], javascript: &[u64]) -> Option<u32> {
        let hash = hash(native, javascript);
        if let Ok(known) = self.look_up(hash, native, javascript) {
            return Some(known);
        }
        if !self.begin_adding() {
            return None;
        }
        // Another thread may have added it meanwhile.
        let id = match self.look_up(hash, native, javascript) {
            Ok(known) => Some(known),
            Err(None) => None,
            Err(Some(free)) => self.add(free, hash, native, javascript),
        };
        self.adding.store(false, Release);
        id
    }

    /// Whether this thread may add. One that adds needs a microsecond, unless the system has another thread run instead:
    /// then that one is let run, a few times and not for ever.
    fn begin_adding(&self) -> bool {
        for _ in 0..TRIES {
            if (self.adding)
                .compare_exchange(false, true, AcqRel, Relaxed)
                .is_ok()
            {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// The number of the stack, or where in the index it would go.
    fn look_up(&self, hash: u64, native: &[u64], javascript: &[u64]) -> Result<u32, Option<usize>> {
        for step in 0..64 {
            let at = (hash as usize).wrapping_add(step) % (MOST_STACKS * 2);
            let Some(id) = self.slot(at).load(Acquire).checked_sub(1) else {
                return Err(Some(at));
            };
            if self.is(id, hash, native, javascript) {
                return Ok(id);
            }
        }
        Err(None)
    }

    fn is(&self, id: u32, hash: u64, native: &[u64], javascript: &[u64]) -> bool {
        let entry = self.entry(id);
        let first = entry.first.load(Relaxed) as usize;
        entry.hash.load(Relaxed) == hash
            && entry.native.load(Relaxed) as usize == native.len()
            && entry.javascript.load(Relaxed) as usize == javascript.len()
            && (native.iter().chain(javascript).enumerate())
                .all(|(at, &word)| self.word(first + at).load(Relaxed) == word)
    }

    fn add(&self, at: usize, hash: u64, native: &[u64], javascript: &[u64]) -> Option<u32> {
        let id = self.count.load(Relaxed);
        let first = self.used.load(Relaxed);
        let end = first + native.len() + javascript.len();
        if id as usize == MOST_STACKS || end > MOST_WORDS {
            return None;
        }
        for (word, at) in native.iter().chain(javascript).zip(first..) {
            self.word(at).store(*word, Relaxed);
        }
        let entry = self.entry(id);
        entry.hash.store(hash, Relaxed);
        entry.first.store(first as u32, Relaxed);
        entry.native.store(native.len() as u32, Relaxed);
        entry.javascript.store(javascript.len() as u32, Relaxed);
        self.used.store(end, Relaxed);
        self.slot(at).store(id + 1, Release);
        self.count.store(id + 1, Release);
        Some(id)
    }

    /// In a forked child: the thread that was adding is not there.
    pub(super) fn unlock(&self) {
        self.adding.store(false, Release);
    }

    /// Forgets all. Nobody is inside of the sampler.
    pub(super) fn forget(&self) {
        self.index.forget();
        self.entries.forget();
        self.words.forget();
        self.count.store(0, Release);
        self.used.store(0, Release);
        self.unlock();
    }
}

fn hash(native: &[u64], javascript: &[u64]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ native.len() as u64;
    let mixed = native.iter().chain(javascript).fold(start, |hash, word| {
        (hash ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(23)
    });
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_has_one_number_and_keeps_its_words() {
        let stacks = Stacks::take().expect("memory");
        let first = stacks.intern(&[1, 2, 3], &[4]);
        assert_eq!(first, Some(0));
        assert_eq!(stacks.intern(&[1, 2], &[3, 4]), Some(1));
        assert_eq!(stacks.intern(&[1, 2, 3], &[4]), first);
        assert_eq!(stacks.intern(&[], &[]), Some(2));
        assert_eq!(stacks.frames(0), (vec![1, 2, 3], vec![4]));
        assert_eq!(stacks.frames(1), (vec![1, 2], vec![3, 4]));
        stacks.forget();
        assert_eq!(stacks.count(), 0);
        assert_eq!(stacks.intern(&[9], &[]), Some(0));
    }

    #[test]
    fn a_full_table_refuses_and_keeps_what_it_has() {
        let stacks = Stacks::take().expect("memory");
        let taken =
            (0..MOST_STACKS as u64 + 10).filter(|&word| stacks.intern(&[word], &[]).is_some());
        assert!(taken.count() <= MOST_STACKS);
        assert_eq!(stacks.intern(&[u64::MAX], &[]), None);
        assert_eq!(stacks.intern(&[5], &[]), Some(5));
    }

    #[test]
    fn a_thread_that_adds_is_not_waited_for_without_end() {
        let stacks = Stacks::take().expect("memory");
        assert_eq!(stacks.intern(&[1], &[]), Some(0));
        stacks.adding.store(true, Relaxed);
        assert_eq!(stacks.intern(&[2], &[]), None);
        assert_eq!(stacks.intern(&[1], &[]), Some(0));
        stacks.unlock();
        assert_eq!(stacks.intern(&[2], &[]), Some(1));
    }
}
