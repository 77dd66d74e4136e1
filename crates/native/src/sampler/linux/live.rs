//! The sampled blocks that are alive, by address. `free` asks one byte whether a block may be among them: a counter for
//! each 16 bytes modulo 2 MiB. Neighbours of the heap are neighbours there, so that little of it is hot. Sampled blocks
//! are ordinary blocks: one that is freed without our knowledge leaves an entry behind and does no harm. The entry is
//! replaced when its address is sampled again.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicUsize};

use super::memory::Room;

const COUNTERS: usize = 1 << 17;
static FILTER: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

fn counter(block: usize) -> &'static AtomicU8 {
    &FILTER[(block >> 4) % COUNTERS]
}

/// Whether the block may have an entry. Most have not, and this is all that they cost.
#[inline(always)]
pub(super) fn may_be_sampled(block: usize) -> bool {
    counter(block).load(Relaxed) != 0
}

/// A counter that is full stays full: its blocks are looked up, which is right and slow.
fn count(block: usize, change: i16) {
    let _ = counter(block).fetch_update(Relaxed, Relaxed, |now| match now {
        u8::MAX => None,
        _ => now.checked_add_signed(change as i8),
    });
}

/// What is known of a live block.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Value {
    /// Bytes that it stands for.
    pub bytes: i64,
    /// Thousandths of blocks that it stands for.
    pub milli_blocks: i64,
    /// Its part of the variance, in KiB².
    pub variance: i64,
    pub stack: u32,
}

const BUCKETS: usize = 1 << 15;
const WAYS: usize = 8;
/// Of a slot that a thread is writing or reading: no block has this address.
const TAKEN: usize = 1;

/// One cache line of keys.
#[repr(C, align(64))]
struct Bucket([AtomicUsize; WAYS]);

/// The table. A value belongs to the thread that set its key to `TAKEN`.
pub(super) struct Live {
    keys: Room<Bucket>,
    values: Room<Value>,
}

impl Live {
    /// `None` where the system gives no memory.
    pub(super) fn take() -> Option<Self> {
        Some(Self {
            keys: Room::take(BUCKETS)?,
            values: Room::take(BUCKETS * WAYS)?,
        })
    }

    fn bucket(&self, block: usize) -> (usize, &[AtomicUsize; WAYS]) {
        let mixed = ((block >> 4) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let index = (mixed >> (64 - BUCKETS.trailing_zeros())) as usize;
        // SAFETY: keys are atomics and never borrowed exclusively.
        (index * WAYS, unsafe { &self.keys.get(index).0 })
    }

    /// False where its bucket is full. The block is the caller's: nobody can free it yet.
    pub(super) fn insert(&self, block: usize, value: Value) -> bool {
        let (first, keys) = self.bucket(block);
        let free = keys
            .iter()
            .position(|key| key.compare_exchange(0, TAKEN, AcqRel, Relaxed).is_ok());
        let Some(way) = free else { return false };
        // SAFETY: the slot is this thread's, until the key is published.
        unsafe { self.values.at(first + way).write(value) };
        keys[way].store(block, Release);
        count(block, 1);
        true
    }

    /// Takes the entry of a block that its owner frees, or whose address is sampled anew.
    pub(super) fn remove(&self, block: usize) -> Option<Value> {
        let (first, keys) = self.bucket(block);
        let way = keys.iter().position(|key| {
            key.load(Acquire) == block
                && key.compare_exchange(block, TAKEN, AcqRel, Relaxed).is_ok()
        })?;
        // SAFETY: the slot is this thread's, which has set the key to `TAKEN`.
        let value = unsafe { self.values.at(first + way).read() };
        keys[way].store(0, Release);
        count(block, -1);
        Some(value)
    }

    /// Forgets all. Nobody is inside of the sampler.
    pub(super) fn forget(&self) {
        self.keys.forget();
        for counter in &FILTER {
            // Read first: a page that was never written stays the system's.
            if counter.load(Relaxed) != 0 {
                counter.store(0, Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(stack: u32) -> Value {
        Value {
            bytes: 8,
            milli_blocks: 1000,
            variance: 0,
            stack,
        }
    }

    #[test]
    fn blocks_come_and_go_and_the_filter_knows() {
        let live = Live::take().expect("memory");
        let blocks: Vec<usize> = (1..5000).map(|index| index * 48 + (1 << 30)).collect();
        let kept: Vec<usize> = blocks
            .iter()
            .copied()
            .filter(|&block| live.insert(block, value(block as u32)))
            .collect();
        assert!(kept.len() * 100 > blocks.len() * 99, "{}", kept.len());
        for &block in &kept {
            assert!(may_be_sampled(block));
            assert_eq!(live.remove(block).map(|one| one.stack), Some(block as u32));
            assert!(live.remove(block).is_none());
        }
        // Another test may use the counters of other addresses; these were ours alone.
        assert!(kept.iter().all(|&block| !may_be_sampled(block)));
    }

    #[test]
    fn a_full_bucket_refuses_and_a_full_counter_stays() {
        let live = Live::take().expect("memory");
        let (first, _) = live.bucket(16);
        let same: Vec<usize> = (1..10_000_000)
            .map(|index| index * 16)
            .filter(|&block| live.bucket(block).0 == first)
            .take(WAYS + 1)
            .collect();
        let taken = same.iter().filter(|&&block| live.insert(block, value(1)));
        assert_eq!(taken.count(), WAYS);
        let far = 7 << 40;
        for _ in 0..300 {
            count(far, 1);
        }
        for _ in 0..300 {
            count(far, -1);
        }
        assert!(may_be_sampled(far));
    }
}
