//! What goes into the trend detector and what it says, as plain numbers. How it is said to
//! people is decided in the crate `report`.

use crate::gc::sample::HeapNumbers;
use crate::limits::Limit;

/// Which memory grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The base: objects on V8's heap.
    Heap,
    /// Memory outside of the heap that objects on it keep alive, such as Buffers.
    External,
    /// Memory of the process that is neither: taken by native code, or kept by the
    /// allocator in pieces that nobody can use (fragmentation).
    Native,
}

/// The state of one kind of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing grows for long.
    #[default]
    Ok,
    /// Something grows as a leak does, and as a warm-up or a filling cache does.
    Suspected,
    /// It grew for longer and by more than those may.
    Confirmed,
    /// The growth stopped together with the work of the program, and its memory is still
    /// in use. A leak that grows with each request pauses when the requests do, so this
    /// is no end of it.
    Paused,
}

/// Why a suspicion or a leak is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// The program went on allocating as it did while the memory grew, and it grows no
    /// longer.
    StoppedGrowing,
    /// Half of what it grew by, or more, is free again.
    GivenBack,
}

/// What a sample changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// From ok to suspected.
    Suspected,
    /// From suspected to confirmed.
    Confirmed,
    /// From suspected or confirmed to paused.
    Paused,
    /// From paused back to what it was before: suspected or confirmed.
    Resumed,
    /// Back to ok.
    Cleared(Cleared),
}

/// The numbers that one sample is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Monotonic clock, in microseconds from any beginning.
    pub at_us: i64,
    /// Wall clock, in microseconds since the Unix epoch.
    pub at_unix_us: i64,
    /// V8's numbers.
    pub heap: HeapNumbers,
    /// Resident set size of the process in bytes, where it is to be judged.
    pub rss: Option<u64>,
    /// Bytes that `malloc` holds free, read with the resident set size; `None` where it says no number, and inside a
    /// collection, where its locks are not waited for.
    pub malloc_free: Option<u64>,
    /// Bytes that the program has allocated so far, on the heap and outside of it: the
    /// measure of its work. It never falls.
    pub allocated: u64,
}

/// The assessment of one kind of memory, with its evidence. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KindAssessment {
    /// Which memory.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// Whether this growth was confirmed to be a leak at any time since it was suspected.
    /// It tells a paused leak from a paused suspicion.
    pub was_confirmed: bool,
    /// How much of the evidence that a confirmation takes is there: the share of the
    /// growth, times how much it looks like a leak. From 0 to 1; no probability. From
    /// 0.2 on a leak is suspected, from 0.9 on it is confirmed.
    pub confidence: f64,
    /// Wall clock where the growth began, microseconds since the Unix epoch.
    pub start_unix_us: i64,
    /// Wall clock at the last sample, likewise. Of paused growth: where it stopped.
    pub end_unix_us: i64,
    /// Microseconds between the two by the monotonic clock.
    pub elapsed_us: i64,
    /// By how much it grew in that time.
    pub growth: i64,
    /// Growth required for confirmation at this speed and age.
    pub enough: i64,
    /// Where it began.
    pub base: i64,
    /// Where it is now.
    pub current: i64,
    /// How much of the growth is still in use; 0 where nothing grows.
    pub kept: i64,
    /// Bytes a second.
    pub rate: f64,
    /// Samples in the stretch, those close to each other as one.
    pub samples: usize,
    /// Kendall's τ: 1 where each sample is higher than all before it.
    pub steadiness: f64,
    /// How fast its second half grew in comparison with the whole: 1 is a straight line.
    pub persistence: f64,
    /// The limit of this kind of memory that comes first; `None` where it has no limit.
    pub limit: Option<Limit>,
    /// Wall clock at which that limit is reached at this rate, microseconds since the Unix
    /// epoch; `None` where there is no limit, and where it takes over a year.
    pub limit_unix_us: Option<i64>,
}

impl KindAssessment {
    /// Bytes an hour at this rate, cut to a whole number.
    #[must_use]
    pub fn bytes_per_hour(&self) -> i64 {
        (self.rate * 3600.0) as i64
    }
}

/// A change, and the assessment after it. `lasted_us` is the time since it was suspected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// What changed.
    pub change: Change,
    /// The assessment with it. Of a cleared one: the evidence when it was strongest.
    pub assessment: KindAssessment,
    /// Microseconds since it was first suspected.
    pub lasted_us: i64,
}

/// A number that is not part of an assessment but helps to read one: where the growth of
/// the worst kind began, and now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BeforeAndAfter {
    /// Where the growth began; as `after`, where nothing grows.
    pub before: f64,
    /// At the last full collection.
    pub after: f64,
}

/// Numbers beside the memory that is judged: what only grows among them tells where to
/// look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beside {
    /// Bytes that V8 took with `malloc` for itself.
    pub malloced: BeforeAndAfter,
    /// Bytes of global handles in use.
    pub global_handles: BeforeAndAfter,
    /// Contexts alive.
    pub native_contexts: BeforeAndAfter,
    /// Contexts that were detached and are still alive.
    pub detached_contexts: BeforeAndAfter,
}

/// Forced collections of the detector: how many have ended, what all have cost, and whether one
/// is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProbeTotals {
    /// Those that have ended.
    pub count: u64,
    /// How long they have held up the main thread, in nanoseconds.
    pub cost_ns: u64,
    /// Whether one is under way.
    pub is_running: bool,
}

/// All that the detector reports when it is asked: plain numbers without its series, so that
/// a reader copies hundreds of bytes and never the detector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assessment {
    /// The assessment of the kind of memory that is worst.
    pub worst: KindAssessment,
    /// The assessments on all kinds, in the order of [`Kind`].
    pub kinds: [KindAssessment; 3],
    /// Numbers that help to read them.
    pub beside: Beside,
    /// Its forced collections.
    pub probes: ProbeTotals,
}

/// What one sample changed: at most one transition of each kind.
pub type Transitions = [Option<Transition>; 3];
