//! The detector's policy: every number that decides which growth is suspected, what is a leak and when it is over, as one
//! table of data with a unit and a reason each. Applies none of them (see `required`), and knows no series: what is
//! measured is in `line` and `evidence`. The tables of the documentation are generated from this one.
//!
//! What bounds a cost or the resolution of a measurement decides on no leak, and is a constant of its file: what forced
//! collections may take in `probes`, readings in `requests`, stretches in `evidence`, the early sign in `early`.
//!
//! The numbers follow from the time and the memory that a detection may take, not from example programs: a filling
//! cache and a leak are the same curve until the cache is full, so a detection waits as long as it may, and no longer.

/// One mebibyte, in bytes.
pub(super) const MIB: f64 = 1_048_576.0;

/// What a threshold is a number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Bytes times seconds.
    ByteSeconds,
    /// Seconds.
    Seconds,
    /// A part of something: 1 is all of it.
    Share,
    /// How many times something.
    Factor,
    /// How many of something.
    Count,
    /// Kendall's τ, from -1 to 1.
    Tau,
}

/// One row of the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// What it is part of.
    pub group: &'static str,
    /// The name of the constant.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its value. Two values are the ends of a test that passes gradually: none of the confidence is left at the
    /// first, all of it at the second.
    pub values: (f64, Option<f64>),
    /// What it decides, and why it is so large.
    pub reason: &'static str,
}

/// The values of a constant as a row has them.
const fn one(value: f64) -> (f64, Option<f64>) {
    (value, None)
}

/// The same of both ends of a test.
const fn ramp((none, all): (f64, f64)) -> (f64, Option<f64>) {
    (none, Some(all))
}

/// Declares the constants, and the table of all of them.
macro_rules! policy {
    ($($group:literal { $($(#[doc = $reason:literal])+ $name:ident: $type:ty, $unit:ident, $values:ident = $value:expr;)+ })+) => {
        $($($(#[doc = $reason])+ pub(super) const $name: $type = $value;)+)+

        /// All thresholds, in the order of their groups.
        pub const POLICY: &[Threshold] = &[$($(Threshold {
            group: $group,
            name: stringify!($name),
            unit: Unit::$unit,
            values: $values($name),
            reason: concat!($($reason),+),
        },)+)+];
    };
}

type Ramp = (f64, f64);

policy! {
    "Growth that confirms" {
        /// Growth up to this rate is calm and is judged by its bytes and its age. A program that grows faster loads,
        /// compiles or is about to run out of memory.
        CALM_RATE: f64, BytesPerSecond, one = 1.25 * MIB;
        /// Calm growth that confirms at any age: what is left of 64 MiB, the growth before which a leak is to be
        /// found, after warm-up, the spacing of samples and their noise. What other kinds of memory grew by along with the
        /// one that grows most is part of it.
        CALM_BYTES: f64, Bytes, one = 40.0 * MIB;
        /// Calm growth also confirms when bytes times age reach this: half an hour of a small leak is as much evidence
        /// as minutes of a large one.
        CALM_BYTE_SECONDS: f64, ByteSeconds, one = 40.0 * MIB * 165.0;
        /// Below this, growth of the heap or of external memory is no leak, whatever its age.
        LEAST_BYTES: f64, Bytes, one = 8.0 * MIB;
        /// The same of native memory: allocators keep what is freed, and a first fragmentation takes tens of
        /// megabytes.
        LEAST_NATIVE_BYTES: f64, Bytes, one = 32.0 * MIB;
        /// Growth below `CALM_BYTES` must also be this share of the size that it began at: healthy programs vary by a
        /// tenth. And memory in use after a minor collection that is above the last sample by this share of it, and by
        /// `LEAST_BYTES`, is a hint of growth, which a forced collection examines.
        SMALL_SHARE: f64, Share, one = 0.25;
        /// Any growth must be this share of the size that it began at; a step belongs to a load where it is this
        /// share of it; and while growth is paused, a sample is worth its cost when the program has allocated this
        /// share of what it allocated while memory grew.
        LEAST_SHARE: f64, Share, one = 0.05;
        /// From `OTHER_RATE` times `CALM_RATE` up to this rate, `MID_BYTES` are required; below, the requirement is
        /// interpolated. A leak of 1 to 3 MB a second is to be found before 150 MB, and rates of few samples come out a
        /// third too high. What rises faster from one sample to the next is being loaded.
        MID_RATE_MOST: f64, BytesPerSecond, one = 4.0 * MIB;
        /// Growth between calm and fast that confirms at any age: 150 MB less `DOUBT` and what grows between two
        /// samples.
        MID_BYTES: f64, Bytes, one = 95.0 * MIB;
        /// From this rate on growth is fast and is judged by its share of the heap limit; between `MID_RATE_MOST` and
        /// this one the requirement is interpolated.
        FAST_RATE: f64, BytesPerSecond, one = 6.0 * MIB;
        /// Fast growth must take this share of the heap limit: a leak is to be found before a quarter of it is gone.
        FAST_LIMIT_SHARE: f64, Share, one = 0.15;
        /// The same of native memory, which has fewer samples: each is a full collection that was forced.
        FAST_NATIVE_SHARE: f64, Share, one = 0.12;
        /// Fast growth must also exceed what programs load when they start, …
        FAST_BYTES: f64, Bytes, one = 350.0 * MIB;
        /// … but never more than this share of the limit.
        FAST_LIMIT_SHARE_MOST: f64, Share, one = 0.225;
        /// Where the heap is near its limit, this share of what is left is enough.
        FAST_HEADROOM_SHARE: f64, Share, one = 0.5;
        /// Younger growth is no leak.
        LEAST_AGE_S: f64, Seconds, one = 6.0;
        /// Calm growth whose second half grew at such a share of the rate of the whole may be slowing down; samples are
        /// few and noisy, …
        DOUBTFUL: Ramp, Share, ramp = (0.75, 0.92);
        /// … so up to this share more growth is required.
        DOUBT: f64, Share, one = 0.4;
    }
    "Loads" {
        /// Growth right behind a load must be this share of the load: V8 converts data when it is first used, strings
        /// above all, …
        LOADED_SHARE: f64, Share, one = 0.3;
        /// … until so long after the load.
        LOAD_SETTLES_S: f64, Seconds, one = 600.0;
    }
    "Shape of a leak" {
        /// Rate of the second half of calm growth over that of the whole. Leaks at a constant rate had 0.88 and more
        /// when their growth was enough; a cache of pages that are not equally popular fills at 0.7 to 0.8, and √t
        /// comes to 0.59. The same of native memory at any rate, of its second half and of its last quarter: what an
        /// allocator keeps after a peak becomes less with each peak.
        CALM_PERSISTENCE: Ramp, Share, ramp = (0.6, 0.85);
        /// The same of fast growth, which slows down as collections take more of the time; and of the last quarter at
        /// any rate: growth that has stopped is no leak.
        FAST_PERSISTENCE: Ramp, Share, ramp = (0.15, 0.35);
        /// Kendall's τ between time and memory. Leaks had 0.96 and more, measured without noise; healthy programs have
        /// 0.3 to 0.95, so it is not enough alone.
        STEADINESS: Ramp, Tau, ramp = (0.4, 0.75);
        /// Share of calm growth that came in one step. A leak grows with the work; what is loaded and kept comes in
        /// steps.
        CALM_JUMP: Ramp, Share, ramp = (0.45, 0.25);
        /// The same of fast growth, of which there are few samples.
        FAST_JUMP: Ramp, Share, ramp = (1.5, 1.0);
        /// Unevenness from which on calm growth came in few large steps, as what is opened and kept one after the other,
        /// and is judged as fast growth is: wholly up to four equal steps, no more from seven on. Leaks at a constant
        /// rate had 0.16 at most when their growth was enough, most of them 0.05.
        UNEVENNESS: Ramp, Share, ramp = (0.15, 0.22);
        /// Samples that a line is fitted to.
        SAMPLES: Ramp, Count, ramp = (1.0, 4.0);
        /// What is suspected and slows down for certain fills something that will be full: its second half grew at this
        /// share of the rate of the whole at most …
        SLOWING: f64, Share, one = 0.965;
        /// … and differs from an even rate by more than this many standard errors.
        SLOWING_ERRORS: f64, Count, one = 2.5;
        /// The largest cache that is expected to fill. Growth beyond it is a leak also where it slows down, as the
        /// square root of time does.
        LARGEST_CACHE: f64, Bytes, one = 256.0 * MIB;
    }
    "Stretches of time" {
        /// The shortest stretch up to now that is judged. Native memory is judged from this age of the detector on:
        /// before, the program's own code is read into memory.
        SHORTEST_S: f64, Seconds, one = 4.0;
        /// This share is noise: growth below this share of `CALM_BYTES` is not worth the cost of a line, and a new
        /// maximum is above the one before by this share of the growth.
        NEGLIGIBLE: f64, Share, one = 0.02;
        /// Growth is at most so many times what the samples differ by: a line through a quiet time and the few samples
        /// since is steeper than both.
        MOST_RISE: f64, Factor, one = 1.1;
        /// Where memory has grown by this share of what the samples differ by, growth has begun for certain; and for this
        /// share of its time it must have stopped. It is over where memory rose by less than this share of what it would
        /// have risen by with as many allocations before.
        BEGUN: f64, Share, one = 0.25;
    }
    "Native memory" {
        /// As `SAMPLES`. An allocator takes memory in steps and keeps what is freed. What fast growth requires is
        /// many times such a step, so it takes as many samples as other memory does.
        NATIVE_SAMPLES: Ramp, Count, ramp = (2.0, 7.0);
        /// Growth that is younger than this …
        NATIVE_YOUNG_S: f64, Seconds, one = 60.0;
        /// … and smaller than this is not suspected: in its first minute of load a program starts threads, maps
        /// libraries and fills the pools of its allocator.
        NATIVE_YOUNG_BYTES: f64, Bytes, one = 50.0 * MIB;
        /// What the heap and external memory take beside themselves, as a share of their growth: tables of V8, headers
        /// of blocks, pages that are not full.
        OVERHEAD_SHARE: f64, Share, one = 0.15;
        /// Share of the growth that this overhead does not explain; and that what `malloc` holds free does not. Growth that
        /// `malloc` holds free is suspected, for it is taken from the system, and no more: confidence is `SUSPECT_AT`.
        UNEXPLAINED: Ramp, Share, ramp = (0.25, 0.7);
    }
    "States" {
        /// From this confidence on it is confirmed. The growth that is reported is that of the shortest stretch with
        /// this share of all of it; and growth that is too little for its own age has at most this share of what
        /// confirms.
        CONFIRM_AT: f64, Share, one = 0.9;
        /// From this confidence on a leak is suspected. Below half of it growth may have ended, …
        SUSPECT_AT: f64, Share, one = 0.2;
        /// … once it has stayed there for this long, and for the share `BEGUN` of the time that it grew. A confirmed leak is
        /// sampled as rarely: only its end is news. Fast steps that are further apart are two loads.
        ENDED_S: f64, Seconds, one = 15.0;
        /// Meanwhile the program must have allocated at this share of its earlier rate, else the growth is paused with
        /// the work. A cache that is full saves some of the allocations.
        SAME_WORK_SHARE: f64, Share, one = 0.5;
        /// Below this share of that rate the program is idle: timers and health checks.
        IDLE_SHARE: f64, Share, one = 0.2;
        /// Growth that was a false alarm and repeats may be so many times faster or slower, for rates are of few
        /// samples where it begins; and so many times as large, for it may have begun lower. With 1.5, twice as many
        /// batches that differ by a quarter are reported again. For the same reason the requirement passes from calm to
        /// faster growth over this factor of the rate.
        OTHER_RATE: f64, Factor, one = 2.0;
    }
    "Forced collections" {
        /// Growth that is noticed, as a share of what was there before: of the live heap, of native memory between
        /// full collections, which no collection frees, and of growth that had paused, which continues then, or when it
        /// has grown by `CALM_BYTES`, …
        NOTICED_SHARE: f64, Share, one = 0.1;
        /// … and at least.
        NOTICED_BYTES: f64, Bytes, one = 4.0 * MIB;
        /// Samples on the way from suspected to confirmed.
        SAMPLES_TO_CONFIRM: f64, Count, one = 12.0;
        /// Memory that has risen by this share of what is required since the last sample is sampled; and a hint was
        /// right where the next sample has risen by this share of it.
        RISEN_SHARE: f64, Share, one = 0.4;
        /// The longest time between two samples of a suspicion. The budget of as long may be spent in advance by a
        /// collection that is likely to confirm: one of 300 MB in a single list was seen to take 245 ms, and at 60 MB
        /// a second a heap of 4 GB is full after a minute.
        LONGEST_S: f64, Seconds, one = 60.0;
    }
}
