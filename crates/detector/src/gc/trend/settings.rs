//! What the trend detector asks for: every threshold, with its unit and its reason.
//! Applies none of them.

use super::Kind;

/// One mebibyte, in bytes.
pub(super) const MIB: f64 = 1_048_576.0;

/// The thresholds. They follow from the time and memory that a verdict is allowed,
/// not from example programs: a filling cache and a leak are the same curve until the
/// cache is full, so a verdict waits as long as it may, and no longer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendSettings {
    /// Up to this rate growth is *calm*, in bytes per second. A service that grows
    /// faster is loading, compiling or about to die, and is judged by the share of
    /// the heap limit that it has taken.
    pub calm_rate: f64,
    /// From this rate on growth needs `mid_bytes`, in bytes per second, …
    pub mid_rate: f64,
    /// … and up to this one. A leak of 1 to 3 MB a second is to be found before 150 MB, and
    /// rates of few samples come out a third too high.
    pub mid_rate_most: f64,
    /// Bytes of growth that are enough between the two, at any age: 150 MB less what is asked
    /// for in doubt, and less what grows between two samples.
    pub mid_bytes: f64,
    /// From this rate on growth is *fast*, in bytes per second; below it the
    /// bars are interpolated.
    pub fast_rate: f64,
    /// Memory that rises at this rate from one sample to the next is being loaded, in bytes
    /// per second.
    pub load_rate: f64,
    /// Bytes of calm growth that are enough at any age: what is left of 64 MiB, the
    /// growth before which a verdict is wanted, when warming up, the spacing of samples
    /// and their noise have taken their part.
    pub calm_bytes: f64,
    /// Calm growth is also enough when growth times age reaches this many
    /// byte-seconds: half an hour of a small leak is as much evidence as minutes of a
    /// large one.
    pub calm_byte_seconds: f64,
    /// Below this many bytes no growth of the heap is a leak, whatever its age.
    pub least_bytes: f64,
    /// The same for memory outside of the heap, where allocators keep what is freed
    /// and a first fragmentation takes tens of megabytes.
    pub least_native_bytes: f64,
    /// Small growth must also be this share of the base, up to `calm_bytes`. Programs
    /// that are well vary by a tenth.
    pub small_share: f64,
    /// Any growth must be this share of the base.
    pub least_share: f64,
    /// And this share of what was loaded at once before it began: V8 puts data into shape when
    /// it is first used, strings above all …
    pub loaded_share: f64,
    /// … until so long after the load, in seconds: longer growth is judged as usual.
    pub load_settles_s: f64,
    /// Fast steps that are further apart are another load, in seconds.
    pub load_pause_s: f64,
    /// A step is the end of the load only where it is this share of it.
    pub load_step: f64,
    /// Of a stretch of growth, as much may be the end of the load.
    pub load_overlap: f64,
    /// Fast growth must take this share of the heap limit. A verdict is wanted before
    /// a quarter of it.
    pub fast_limit_share: f64,
    /// The same for native memory, of which there are fewer samples: each is a full
    /// collection that had nothing to collect on the heap, so it was asked for.
    pub fast_native_share: f64,
    /// And more than what programs load when they start, in bytes, …
    pub fast_bytes: f64,
    /// … unless that is more than this share of the limit.
    pub fast_limit_share_most: f64,
    /// Where the base is high already, this share of what is left up to the limit is
    /// enough.
    pub fast_headroom_share: f64,
    /// Growth that is younger than this is never a leak, in seconds.
    pub least_age_s: f64,
    /// The second half of calm growth must be this fast in comparison with the whole.
    /// Leaks at a constant rate had 0.88 and more when their growth was enough; a cache
    /// of pages that are not equally popular fills at 0.7 to 0.8, √t comes to 0.59.
    pub calm_persistence: (f64, f64),
    /// Between these two it is in doubt whether calm growth is straight: samples are few
    /// and noisy, and it may be what fills ever more slowly …
    pub doubtful: (f64, f64),
    /// … so that by this share more growth is asked for.
    pub doubt: f64,
    /// As `calm_persistence`, for fast growth: it slows down as collections take more of
    /// the time.
    pub fast_persistence: (f64, f64),
    /// And its last quarter: what stopped is no leak.
    pub last_persistence: (f64, f64),
    /// Kendall's τ between time and memory. Leaks had 0.96 and more, measured without
    /// noise; programs that are well 0.3 to 0.95, so it is not enough alone.
    pub steadiness: (f64, f64),
    /// Growth over the spread of the samples around the line.
    pub clarity: (f64, f64),
    /// Of calm growth, the share that came in one step. A leak grows with the work; what
    /// is loaded and kept comes at once, some of it now and some later.
    pub calm_jump: (f64, f64),
    /// The same of fast growth, where there are few samples.
    pub fast_jump: (f64, f64),
    /// From the first to the second calm growth came in few large steps, each of them fast: what
    /// is opened and kept one after the other does, and how much of that there is, nobody knows.
    /// It is judged by the share of the heap limit, as fast growth is, until the steps are many:
    /// wholly up to four equal ones, no more from seven on. Leaks at a constant rate had 0.16 at
    /// most when their growth was enough, most of them 0.05.
    pub unevenness: (f64, f64),
    /// Samples that a line is fitted to.
    pub samples: (f64, f64),
    /// The same for memory outside of the heap, which an allocator takes in steps and
    /// keeps when it is free.
    pub native_samples: (f64, f64),
    /// The same where native memory grows fast: its bar is many times what an allocator
    /// takes in a step, so it takes fewer to tell.
    pub fast_native_samples: (f64, f64),
    /// And for how fast its second half and its last quarter grow in comparison with the
    /// whole: what an allocator keeps after a peak becomes less with each peak.
    pub native_persistence: (f64, f64),
    /// Memory outside of the heap is judged from this age of the detector on, in seconds:
    /// before, a program's own code is read into memory.
    pub native_from_s: f64,
    /// Growth of native memory that is younger than this, in seconds, …
    pub native_young_s: f64,
    /// … and below this many bytes is no suspicion: in its first minute of load a program
    /// starts threads, maps libraries and fills the pools of its allocator.
    pub native_young_bytes: f64,
    /// What the heap and external memory take beside themselves, as a share of their growth:
    /// tables of V8, headers of blocks and pages that are not full.
    pub overhead_share: f64,
    /// Of the growth of native memory, the share that this overhead does not explain.
    pub unexplained: (f64, f64),
    /// What slows down for certain since it was suspected fills something that will be full:
    /// its second half grows at this share of the pace of the whole at most …
    pub slowing: f64,
    /// … and differs from an even pace by more than so many standard errors.
    pub slowing_errors: f64,
    /// The largest cache that is expected to fill while it is watched, in bytes. Growth beyond
    /// it is a leak also where it slows down, as the square root of time does.
    pub largest_cache: f64,
    /// From this confidence on a leak is suspected.
    pub suspect_at: f64,
    /// From this confidence on it is confirmed.
    pub confirm_at: f64,
    /// Below this confidence it is about to be cleared.
    pub clear_below: f64,
    /// For how long it must stay there, as a share of the time that it grew …
    pub clear_share: f64,
    /// … and at least, in seconds.
    pub clear_least_s: f64,
    /// Meanwhile the program must have allocated at this share of the pace that it had while
    /// memory grew: with less it is not known whether the growth has stopped or only the work,
    /// so the growth is paused. A cache that is full saves some of the allocations.
    pub same_work_share: f64,
    /// Below this share of that pace nothing counts as work: timers and health checks of an
    /// idle program. Where all of the time is so, growth is paused soon.
    pub idle_share: f64,
    /// For growth to be over, memory may have grown by less than this share of what it would
    /// have grown by with as many allocations before.
    pub level_share: f64,
    /// Paused growth goes on when memory has risen by this share of it, …
    pub resume_share: f64,
    /// … in bytes at least …
    pub resume_bytes: f64,
    /// … and at most.
    pub resume_most_bytes: f64,
    /// While growth is paused, a full collection is worth its cost when the program has
    /// allocated this share of what it allocated while memory grew.
    pub paused_sample_share: f64,
}

impl Default for TrendSettings {
    fn default() -> Self {
        Self {
            calm_rate: 1.25 * MIB,
            mid_rate: 2.25 * MIB,
            mid_rate_most: 4.0 * MIB,
            mid_bytes: 95.0 * MIB,
            fast_rate: 6.0 * MIB,
            load_rate: 3.0 * MIB,
            calm_bytes: 44.0 * MIB,
            calm_byte_seconds: 44.0 * MIB * 150.0,
            least_bytes: 8.0 * MIB,
            least_native_bytes: 32.0 * MIB,
            small_share: 0.25,
            least_share: 0.05,
            loaded_share: 0.3,
            load_settles_s: 600.0,
            load_pause_s: 10.0,
            load_step: 0.05,
            load_overlap: 0.1,
            fast_limit_share: 0.15,
            fast_native_share: 0.12,
            fast_bytes: 350.0 * MIB,
            fast_limit_share_most: 0.225,
            fast_headroom_share: 0.5,
            least_age_s: 6.0,
            calm_persistence: (0.6, 0.85),
            doubtful: (0.75, 0.92),
            doubt: 0.4,
            fast_persistence: (0.15, 0.35),
            last_persistence: (0.1, 0.35),
            steadiness: (0.4, 0.75),
            clarity: (1.5, 3.5),
            calm_jump: (0.45, 0.25),
            fast_jump: (1.5, 1.0),
            unevenness: (0.15, 0.22),
            samples: (1.0, 4.0),
            native_samples: (2.0, 7.0),
            fast_native_samples: (1.5, 5.0),
            native_persistence: (0.6, 0.85),
            native_from_s: 4.0,
            native_young_s: 60.0,
            native_young_bytes: 50.0 * MIB,
            overhead_share: 0.15,
            unexplained: (0.25, 0.7),
            slowing: 0.965,
            slowing_errors: 2.5,
            largest_cache: 256.0 * MIB,
            suspect_at: 0.2,
            confirm_at: 0.9,
            clear_below: 0.1,
            clear_share: 0.25,
            clear_least_s: 15.0,
            same_work_share: 0.5,
            idle_share: 0.2,
            level_share: 0.3,
            resume_share: 0.1,
            resume_bytes: 4.0 * MIB,
            resume_most_bytes: 16.0 * MIB,
            paused_sample_share: 0.05,
        }
    }
}

impl TrendSettings {
    /// Bytes of growth at this speed and age, from this base, that are full evidence.
    pub(super) fn enough(&self, kind: Kind, pace: Pace, age_s: f64, base: f64, limit: f64) -> f64 {
        let (least, fast_share) = match kind {
            Kind::Heap | Kind::External => (self.least_bytes, self.fast_limit_share),
            Kind::Native => (self.least_native_bytes, self.fast_native_share),
        };
        let by_age = (self.calm_byte_seconds / age_s.max(1.0)).max(least);
        let small = by_age.max((self.small_share * base).min(self.calm_bytes));
        let fast = (fast_share * limit)
            .max(self.fast_bytes.min(self.fast_limit_share_most * limit))
            .min(self.enough_left(base, limit))
            .max(self.least_bytes);
        let calm = small.min(self.calm_bytes);
        let calm = (calm * (self.mid_bytes / calm).max(1.0).powf(pace.mid)).min(fast);
        let enough = calm * (fast / calm).powf(pace.speed);
        enough.max(self.least_share * base)
    }

    /// Bytes of growth that are enough behind such a load; never more than what is left allows.
    pub(super) fn enough_behind(&self, loaded: f64, base: f64, limit: f64) -> f64 {
        (self.loaded_share * loaded).min(self.enough_left(base, limit))
    }

    /// Bytes of growth that are enough at any rate, as so little is left beyond it.
    fn enough_left(&self, base: f64, limit: f64) -> f64 {
        self.fast_headroom_share * (limit - base)
    }

    /// By which factor more growth is enough where its second half is so fast in comparison
    /// with the whole.
    pub(super) fn doubt(&self, kind: Kind, speed: f64, second_half: f64) -> f64 {
        if kind == Kind::Native {
            return 1.0;
        }
        let (most, none) = self.doubtful;
        let doubtful = ramp(second_half, (none, most));
        1.0 + self.doubt * doubtful * (1.0 - speed)
    }

    /// For how long growth of so many seconds must have stopped, in seconds.
    pub(super) fn waits_s(&self, grew_s: f64) -> f64 {
        self.clear_least_s.max(self.clear_share * grew_s)
    }

    /// 0 for growth that is not fast, 1 for fast growth, by the logarithm of the rate between.
    pub(super) fn speed(&self, rate: f64) -> f64 {
        by_logarithm(rate, self.mid_rate_most, self.fast_rate)
    }

    /// The pace of growth at this rate, where growth in few steps is judged as fast.
    pub(super) fn pace(&self, rate: f64, in_steps: f64) -> Pace {
        Pace {
            mid: by_logarithm(rate, self.calm_rate, self.mid_rate).max(in_steps),
            speed: self.speed(rate).max(in_steps),
        }
    }

    /// Growth that slows down is no leak below this many bytes.
    pub(super) fn largest_cache(&self, base: f64, limit: f64) -> f64 {
        self.largest_cache
            .min(self.fast_limit_share * limit)
            .min(self.enough_left(base, limit))
    }

    /// 0 for growth that is even, 1 for growth in few large steps. As many samples as a verdict
    /// takes at least do not tell: between them it may have been even. And native memory is taken
    /// in steps, by allocators.
    pub(super) fn in_steps(&self, kind: Kind, unevenness: f64, samples: usize) -> f64 {
        if kind == Kind::Native || samples as f64 <= self.samples.1 {
            return 0.0;
        }
        ramp(unevenness, self.unevenness)
    }

    /// The two ends of the test for enough samples.
    pub(super) fn samples_of(&self, kind: Kind, rate: f64) -> (f64, f64) {
        match kind {
            Kind::Heap | Kind::External => self.samples,
            Kind::Native => self.between(self.native_samples, self.fast_native_samples, rate),
        }
    }

    /// The two ends of the tests for decay: of the second half, and of the last quarter.
    pub(super) fn persistence(&self, kind: Kind, rate: f64) -> [(f64, f64); 2] {
        if kind == Kind::Native {
            return [self.native_persistence; 2];
        }
        let second_half = self.between(self.calm_persistence, self.fast_persistence, rate);
        [second_half, self.last_persistence]
    }

    /// The two ends of the test for growth in one step, the larger first.
    pub(super) fn jump(&self, rate: f64) -> (f64, f64) {
        self.between(self.calm_jump, self.fast_jump, rate)
    }

    /// The ends of a test at this rate, from those for calm and for fast growth.
    fn between(&self, calm: (f64, f64), fast: (f64, f64), rate: f64) -> (f64, f64) {
        let speed = self.speed(rate);
        let at = |calm: f64, fast: f64| calm + (fast - calm) * speed;
        (at(calm.0, fast.0), at(calm.1, fast.1))
    }
}

/// How fast growth is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    /// 0 for calm growth, 1 from `mid_rate` on.
    pub mid: f64,
    /// 0 up to `mid_rate_most`, 1 for fast growth.
    pub speed: f64,
}

/// 0 up to the lower rate, 1 from the upper one on, by the logarithm between.
fn by_logarithm(rate: f64, lower: f64, upper: f64) -> f64 {
    if rate <= lower {
        return 0.0;
    }
    ((rate / lower).ln() / (upper / lower).ln()).min(1.0)
}

/// 0 up to the first, 1 from the second on, straight between; the first may be the larger.
pub(super) fn ramp(value: f64, (none, full): (f64, f64)) -> f64 {
    ((value - none) / (full - none)).clamp(0.0, 1.0)
}
