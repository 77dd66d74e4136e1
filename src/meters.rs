//! One per environment, beside the monitor: counts every collection as V8 ran it, for
//! Prometheus, OpenTelemetry and diagnostics_channel. It knows no rule and no event of
//! memwatch's; how metrics are named is JavaScript's.
//!
//! Collections that memwatch itself causes (`gc()`, snapshots) count here, unlike in
//! the statistics: they stop the program like any other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use memwatch_detector::meters::{
    LEAK_KINDS, LeakKind, Meters, PAUSE_BOUNDS_NS, PauseKind, ThreadMeter, ThreadRole, Verdict,
};
use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use crate::clock::since_epoch;
use crate::error::Result;
use crate::v8::{AtEnd, Export, GcEvent, GcHook, Isolate};
use crate::wake::Wake;

/// Nanoseconds in a second, and in a millisecond.
const NS_PER_S: f64 = 1e9;
const NS_PER_MS: f64 = 1e6;
const MS_PER_S: f64 = 1e3;

/// Collections that wait to be handed out one by one, at most: 320 KB, and ten seconds
/// of the fastest scavenges. Those beyond are in the counters nevertheless.
const QUEUE_LIMIT: usize = 10_000;

/// The meters of this process. The addon is loaded once, however many workers require it.
static METERS: Meters = Meters::new();

struct Counting {
    meter: Arc<ThreadMeter>,
    /// Whether anybody wants collections one by one.
    follows: Cell<bool>,
    collections: RefCell<VecDeque<Collection>>,
    /// Taken when the environment ends.
    wake: RefCell<Option<Wake>>,
}

/// One collection, as it ended.
#[napi(object, object_from_js = false)]
pub struct Collection {
    /// 0 minor, 1 major, 2 incremental, 3 weak callbacks.
    pub kind: u32,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_at_unix_ms: f64,
    /// How long it stopped the program, in milliseconds.
    pub pause_ms: f64,
}

/// The native side of one environment's metrics.
pub struct Meter {
    counting: Rc<Counting>,
    _at_end: AtEnd,
}

/// What JavaScript calls.
pub const EXPORTS: &[Export] = &[
    Export::new("Meter.new", |call| {
        let (is_main, deliver) = (call.argument(1)?, call.argument(2)?);
        call.hang(Meter::new(*call.env(), is_main, deliver)?)
    }),
    Export::new("Meter.follow", |call| {
        let meter = call.native::<Meter>(0)?;
        call.answer(meter.follow(call.argument(1)?))
    }),
    Export::new("Meter.take", |call| {
        call.answer(call.native::<Meter>(0)?.take())
    }),
    Export::new("Meter.setVerdict", |call| {
        let meter = call.native::<Meter>(0)?;
        let (suspicions, growth) = (call.argument(1)?, call.argument(2)?);
        call.answer(meter.set_verdict(suspicions, growth, call.argument(3)?))
    }),
    Export::new("Meter.addLeak", |call| {
        let meter = call.native::<Meter>(0)?;
        call.answer(meter.add_leak(call.argument(1)?))
    }),
    Export::new("readMeters", |call| call.answer(read_meters())),
    Export::new("pauseBoundsSeconds", |call| {
        call.answer(pause_bounds_seconds())
    }),
];

impl Meter {
    /// Starts to count this environment's collections. `deliver` is called on its loop
    /// when there are collections to take, once `follow(true)` was called; it does not
    /// keep the loop alive.
    pub fn new(env: Env, is_main: bool, deliver: Function<(), ()>) -> Result<Self> {
        let isolate = Isolate::current()?;
        let counting = Rc::new(Counting {
            meter: METERS.join(if is_main {
                ThreadRole::Main
            } else {
                ThreadRole::Worker
            }),
            follows: Cell::new(false),
            collections: RefCell::new(VecDeque::new()),
            wake: RefCell::new(Some(Wake::new(&env, &deliver)?)),
        });
        let hook = GcHook::install(isolate, |_| (), {
            let counting = Rc::clone(&counting);
            move |event| counting.on_collection(&event)
        });
        let counting_at_end = Rc::clone(&counting);
        let at_end = AtEnd::new(&env, move || {
            drop(hook);
            METERS.leave(&counting_at_end.meter);
            counting_at_end.wake.take();
        })?;
        Ok(Self {
            counting,
            _at_end: at_end,
        })
    }

    /// Whether collections are kept one by one, from now on.
    pub fn follow(&self, on: bool) {
        self.counting.follows.set(on);
        if !on {
            self.counting.collections.borrow_mut().clear();
        }
    }

    /// The collections that were kept since the last call, oldest first.
    pub fn take(&self) -> Vec<Collection> {
        let kept = self.counting.collections.take();
        kept.into()
    }

    /// What this thread's memory is thought of: a bit for each kind of leak that is
    /// suspected (1 heap, 2 external, 4 native, 8 threads) and, from 16 on, for each that has
    /// paused; the growth of the base in bytes a second, and when the limit is reached, in
    /// seconds since the Unix epoch.
    pub fn set_verdict(&self, suspicions: u32, growth_bytes_per_second: f64, limit_at_unix_s: f64) {
        let bits = |from: usize| std::array::from_fn(|kind| suspicions >> (from + kind) & 1 == 1);
        self.counting.meter.set_verdict(&Verdict {
            suspected: bits(0),
            paused: bits(LEAK_KINDS),
            growth_bytes_per_second,
            limit_at_unix_s,
        });
    }

    /// Counts a leak that was told: 0 heap, 1 external, 2 native, 3 threads.
    pub fn add_leak(&self, kind: u32) {
        self.counting.meter.add_leak(match kind {
            1 => LeakKind::External,
            2 => LeakKind::Native,
            3 => LeakKind::Threads,
            _ => LeakKind::Heap,
        });
    }
}

/// All threads of a role together. Arrays of pauses are in the order minor, major,
/// incremental, weak callbacks; those of leaks heap, external, native, threads.
#[napi(object, object_from_js = false)]
pub struct RoleReading {
    /// `main` or `worker`.
    pub thread: &'static str,
    /// Collections by kind.
    pub counts: Vec<f64>,
    /// Their pauses by kind, in seconds.
    pub pause_seconds: Vec<f64>,
    /// By kind and bucket, not cumulated.
    pub buckets: Vec<Vec<f64>>,
    /// The base in bytes; 0 before the first full collection.
    pub base_bytes: f64,
    /// The heap's limit in bytes; likewise.
    pub limit_bytes: f64,
    /// Bytes a second.
    pub growth_bytes_per_second: f64,
    /// When the limit is reached, in seconds since the Unix epoch; or infinite.
    pub limit_at_unix_s: f64,
    /// By kind of leak.
    pub suspected: Vec<bool>,
    /// By kind of leak: suspected, and paused in each thread where it is.
    pub paused: Vec<bool>,
    /// By kind of leak.
    pub leaks: Vec<f64>,
}

/// What all threads of this process have counted.
pub fn read_meters() -> Vec<RoleReading> {
    let readings = METERS.read().into_iter();
    readings
        .map(|(role, reading)| {
            let pauses = reading.pauses.iter();
            RoleReading {
                thread: match role {
                    ThreadRole::Main => "main",
                    ThreadRole::Worker => "worker",
                },
                counts: pauses.clone().map(|kind| kind.count() as f64).collect(),
                pause_seconds: pauses
                    .clone()
                    .map(|kind| kind.sum_ns as f64 / NS_PER_S)
                    .collect(),
                buckets: pauses
                    .map(|kind| kind.counts.iter().map(|count| *count as f64).collect())
                    .collect(),
                base_bytes: reading.base_bytes as f64,
                limit_bytes: reading.limit_bytes as f64,
                growth_bytes_per_second: reading.verdict.growth_bytes_per_second,
                limit_at_unix_s: reading.verdict.limit_at_unix_s,
                suspected: reading.verdict.suspected.to_vec(),
                paused: reading.verdict.paused.to_vec(),
                leaks: reading.leaks.iter().map(|count| *count as f64).collect(),
            }
        })
        .collect()
}

/// Upper bounds of the buckets in seconds, without the last, which has none.
pub fn pause_bounds_seconds() -> Vec<f64> {
    PAUSE_BOUNDS_NS
        .iter()
        .map(|bound| *bound as f64 / NS_PER_S)
        .collect()
}

impl Counting {
    /// Inside a collection.
    fn on_collection(&self, event: &GcEvent) {
        let kind = PauseKind::from(event.kind);
        self.meter.add_pause(kind, event.pause_ns);
        if let Some(heap) = event.heap {
            self.meter
                .set_base(heap.used_heap_size, heap.heap_size_limit);
        }
        if self.follows.get() {
            self.keep(Collection {
                kind: kind as u32,
                ended_at_unix_ms: since_epoch().as_secs_f64() * MS_PER_S,
                pause_ms: event.pause_ns as f64 / NS_PER_MS,
            });
        }
    }

    fn keep(&self, collection: Collection) {
        let mut collections = self.collections.borrow_mut();
        let is_first = collections.is_empty();
        if collections.len() == QUEUE_LIMIT {
            collections.pop_front();
        }
        collections.push_back(collection);
        // The loop was woken for the first and has not come yet.
        if let (true, Some(wake)) = (is_first, &*self.wake.borrow()) {
            wake.call();
        }
    }
}
