//! A program whose memory is a function of time, with a collector that behaves roughly as
//! V8's does: young collections all the time, full ones when the heap has grown by a factor.
//! What the trend detector says of it is the result.

use memwatch_detector::gc::HeapNumbers;
use memwatch_detector::gc::trend::{Change, Kind, ProbeSettings, Reading, Transition, Trend};

use super::random::Random;

pub(crate) const MB: f64 = 1_048_576.0;
pub(crate) const LIMIT: f64 = 4144.0 * MB;

/// Between two young collections, in seconds.
const STEP_S: f64 = 0.25;

/// How long a probe takes to mark, in steps, and what it costs the main thread.
const MARKING_STEPS: u32 = 2;
const COST_NS: u64 = 8_000_000;

/// A program. Sizes are bytes, times seconds.
pub(crate) struct Program {
    /// Bytes alive at a time.
    pub live: Box<dyn Fn(f64) -> f64>,
    /// Bytes outside of the heap at a time, kept by objects.
    pub external: Box<dyn Fn(f64) -> f64>,
    /// Bytes that native code took at a time.
    pub native: Box<dyn Fn(f64) -> f64>,
    /// Bytes that `malloc` holds free at a time, where that is known.
    pub malloc_free: Option<Box<dyn Fn(f64) -> f64>>,
    /// Bytes a second that become garbage after they grew old.
    pub garbage: f64,
    /// The share of its work that the program does at a time: 1 while it is busy.
    pub busy: Box<dyn Fn(f64) -> f64>,
    /// Bytes by which a sample may be too large, for what was alive just then.
    pub noise: f64,
    /// The heap limit at a time.
    pub limit: Box<dyn Fn(f64) -> f64>,
    /// The wall clock at a time, in seconds.
    pub wall: Box<dyn Fn(f64) -> f64>,
    /// The monotonic clock at a time, in seconds.
    pub clock: Box<dyn Fn(f64) -> f64>,
    pub probes: bool,
    pub seed: u64,
}

/// What the detector said, and when.
pub(crate) struct Said {
    pub at: f64,
    /// The base at that moment.
    pub live: f64,
    pub transition: Transition,
}

/// A run as it ended.
pub(crate) struct Run {
    pub said: Vec<Said>,
    pub probes: Vec<f64>,
    pub trend: Trend,
}

impl Program {
    /// A heap that is this large at each time, and nothing else.
    pub(crate) fn heap(live: impl Fn(f64) -> f64 + 'static) -> Self {
        Self {
            live: Box::new(live),
            external: Box::new(|_| 2.0 * MB),
            native: Box::new(|_| 30.0 * MB),
            malloc_free: None,
            garbage: 0.5 * MB,
            busy: Box::new(|_| 1.0),
            noise: 0.3 * MB,
            limit: Box::new(|_| LIMIT),
            wall: Box::new(|t| 1.7e9 + t),
            clock: Box::new(|t| t),
            probes: true,
            seed: 1,
        }
    }

    pub(crate) fn run(&self, seconds: f64) -> Run {
        let first = self.reading(0.0, (self.live)(0.0), 0.0);
        self.run_with(Trend::new(&first), seconds)
    }

    /// The same, with the recording of it.
    pub(crate) fn run_recorded(&self, seconds: f64) -> (Run, String) {
        let first = self.reading(0.0, (self.live)(0.0), 0.0);
        let mut run = self.run_with(Trend::recorded(&first), seconds);
        let text = run.trend.take_recording().expect("it is recorded");
        (run, text)
    }

    fn run_with(&self, mut trend: Trend, seconds: f64) -> Run {
        let mut random = Random(self.seed);
        trend.set_probe_settings(ProbeSettings {
            enabled: self.probes,
            ..ProbeSettings::default()
        });
        let (mut said, mut probes) = (Vec::new(), Vec::new());
        let (mut garbage, mut next_full, mut marking) = (0.0, 16.0 * MB, None);
        let (mut allocated, mut before) = (0.0, self.kept(0.0));
        for step in 1..=(seconds / STEP_S) as u32 {
            let t = f64::from(step) * STEP_S;
            let at_us = ((self.clock)(t) * 1e6) as i64;
            let work = self.garbage * STEP_S * (self.busy)(t);
            garbage += work;
            let live = (self.live)(t);
            let kept = self.kept(t);
            // Ten times what is promoted dies young.
            allocated += 10.0 * work + (kept - before).max(0.0);
            before = kept;
            let noise = self.noise * (random.below(1000) as f64 / 1000.0);
            let is_probe = marking.is_some_and(|since| step - since >= MARKING_STEPS);
            let is_natural = live + garbage + (self.external)(t) / 4.0 >= next_full;
            let changes = if is_natural || is_probe {
                garbage = 0.0;
                // V8 lets a small heap grow more than a large one.
                next_full = (live + 8.0 * MB) * if live < 200.0 * MB { 3.0 } else { 2.0 };
                let is_probe = is_probe && !is_natural;
                if is_probe {
                    probes.push(t);
                    trend.probe_costs(at_us, COST_NS);
                } else if marking.is_some() {
                    trend.probe_gives_up(at_us);
                }
                marking = None;
                trend.full(&self.reading(t, live + noise, allocated), is_probe)
            } else {
                trend.young(&self.reading(t, live + garbage + noise, allocated))
            };
            if marking.is_none() && trend.wants_probe(at_us) {
                trend.probe_begins(at_us);
                marking = Some(step);
            }
            said.extend(changes.into_iter().flatten().map(|transition| Said {
                at: t,
                live,
                transition,
            }));
        }
        Run {
            said,
            probes,
            trend,
        }
    }

    fn kept(&self, t: f64) -> f64 {
        (self.live)(t) + (self.external)(t)
    }

    fn reading(&self, t: f64, used: f64, allocated: f64) -> Reading {
        let physical = used * 1.1;
        let external = (self.external)(t);
        Reading {
            at_us: ((self.clock)(t) * 1e6) as i64,
            at_unix_us: ((self.wall)(t) * 1e6) as i64,
            heap: HeapNumbers {
                used_heap_size: used as u64,
                total_physical_size: physical as u64,
                external_memory: external as u64,
                heap_size_limit: (self.limit)(t) as u64,
                ..HeapNumbers::default()
            },
            rss: Some((physical + external + (self.native)(t)) as u64),
            malloc_free: self.malloc_free.as_ref().map(|free| free(t) as u64),
            allocated: allocated as u64,
        }
    }
}

impl Run {
    /// The first confirmed leak.
    pub(crate) fn leak(&self) -> Option<&Said> {
        self.said
            .iter()
            .find(|said| said.transition.change == Change::Confirmed)
    }

    /// What changed, in order.
    pub(crate) fn changes(&self) -> Vec<(Kind, Change)> {
        self.said
            .iter()
            .map(|said| (said.transition.assessment.kind, said.transition.change))
            .collect()
    }

    /// For messages of tests.
    pub(crate) fn story(&self) -> String {
        self.said
            .iter()
            .map(|said| {
                format!(
                    "{:.1} s, {:.1} MB: {:?} of {:?}\n",
                    said.at,
                    said.live / MB,
                    said.transition.change,
                    said.transition.assessment.kind
                )
            })
            .collect()
    }
}
