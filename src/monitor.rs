//! One per environment: a collection's numbers go through the tracker and the trend into
//! a queue, one wake tells the event loop, and JavaScript takes the events out.
//!
//! This is the native surface of that. What happens inside a collection is `inbox`'s;
//! emitting, and what a listener does, is JavaScript's.

use std::rc::Rc;

use memwatch_detector::gc::Settings;
use memwatch_detector::gc::trend::{Change, ProbeSettings};
use napi::Env;
use napi::bindgen_prelude::{Function, Unknown};

use crate::error::{Result, internal};
use crate::inbox::{Event, Inbox, each_inbox};
use crate::payload;
use crate::v8::{AtEnd, Export, GcHook, Isolate};
use crate::wake::Wake;

/// The native side of one `require('memwatch')`.
pub struct Monitor {
    inbox: Rc<Inbox>,
    _at_end: AtEnd,
}

/// What JavaScript calls.
pub const EXPORTS: &[Export] = &[
    Export::new("Monitor.new", |call| {
        let (deliver, is_main) = (call.argument(1)?, call.argument(2)?);
        call.hang(Monitor::new(*call.env(), deliver, is_main)?)
    }),
    Export::new("Monitor.tend", |call| {
        call.answer(call.native::<Monitor>(0)?.tend())
    }),
    Export::new("Monitor.tick", |call| {
        call.answer(call.native::<Monitor>(0)?.tick())
    }),
    Export::new("Monitor.takeSwept", |call| {
        call.answer(call.native::<Monitor>(0)?.take_swept())
    }),
    Export::new("Monitor.youngCollections", |call| {
        call.answer(call.native::<Monitor>(0)?.young_collections())
    }),
    Export::new("Monitor.takeEarlySign", |call| {
        call.answer(call.native::<Monitor>(0)?.take_early_sign())
    }),
    Export::new("Monitor.take", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.take(call.env(), call.argument(1)?)?)
    }),
    Export::new("Monitor.verdict", |call| {
        call.answer(call.native::<Monitor>(0)?.verdict(call.env())?)
    }),
    Export::new("Monitor.setDetectors", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.set_detectors(call.argument(1)?, call.argument(2)?))
    }),
    Export::new("Monitor.setProbes", |call| {
        let monitor = call.native::<Monitor>(0)?;
        let (enabled, budget) = (call.argument(1)?, call.argument(2)?);
        call.answer(monitor.set_probes(enabled, budget, call.argument(3)?))
    }),
    Export::new("Monitor.moreWait", |call| {
        call.answer(call.native::<Monitor>(0)?.more_wait())
    }),
    Export::new("Monitor.getConsecutiveGrowthLimit", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.get_consecutive_growth_limit())
    }),
    Export::new("Monitor.setConsecutiveGrowthLimit", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.set_consecutive_growth_limit(call.argument(1)?))
    }),
    Export::new("Monitor.getRecentPeriod", |call| {
        call.answer(call.native::<Monitor>(0)?.get_recent_period())
    }),
    Export::new("Monitor.setRecentPeriod", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.set_recent_period(call.argument(1)?))
    }),
    Export::new("Monitor.getAncientPeriod", |call| {
        call.answer(call.native::<Monitor>(0)?.get_ancient_period())
    }),
    Export::new("Monitor.setAncientPeriod", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.set_ancient_period(call.argument(1)?))
    }),
    Export::new("Monitor.getExtremesPeriod", |call| {
        call.answer(call.native::<Monitor>(0)?.get_extremes_period())
    }),
    Export::new("Monitor.setExtremesPeriod", |call| {
        let monitor = call.native::<Monitor>(0)?;
        call.answer(monitor.set_extremes_period(call.argument(1)?))
    }),
    Export::new("collect", |call| call.answer(collect()?)),
    Export::new("collectUncounted", |call| {
        call.answer(collect_uncounted(call.argument(0)?)?)
    }),
];

impl Monitor {
    /// Starts to watch the collections of this environment. `deliver` is called on
    /// its loop when there is something to do: it calls `tend()`, takes one event, and
    /// asks `moreWait()`. Only the main thread judges the memory of the process.
    pub fn new(env: Env, deliver: Function<(), ()>, is_main: bool) -> Result<Self> {
        let isolate = Isolate::current()?;
        let wake = Wake::new(&env, &deliver)?;
        let inbox = Inbox::new(env, isolate, wake, is_main);
        let before = {
            let inbox = Rc::clone(&inbox);
            move |kind| inbox.before_collection(kind)
        };
        let after = {
            let inbox = Rc::clone(&inbox);
            move |event| inbox.on_collection(&event)
        };
        let hook = GcHook::install(isolate, before, after);
        // Clean-up hooks run in reverse order, so this one runs before Node closes
        // the function that wakes.
        let inbox_at_end = Rc::clone(&inbox);
        let at_end = AtEnd::new(&env, move || {
            drop(hook);
            inbox_at_end.close();
        })?;
        Ok(Self {
            inbox,
            _at_end: at_end,
        })
    }

    /// Asks V8 for a probe where one is wanted, and takes it back where it is over.
    /// Whether the next `tick` should come soon.
    pub fn tend(&self) -> bool {
        self.inbox.tend()
    }

    /// To be called every second or two: memory outside of the heap grows without
    /// collections. Whether the next one should come soon, in a quarter of a second.
    pub fn tick(&self) -> bool {
        self.inbox.tick()
    }

    /// Whether there was a full collection since this was last asked.
    pub fn take_swept(&self) -> bool {
        self.inbox.take_swept()
    }

    /// Collections of the young generation so far, but for those of memwatch's own work.
    pub fn young_collections(&self) -> f64 {
        let tracker = self.inbox.tracker.borrow();
        let counters = tracker.counters();
        (counters.scavenge.count + counters.minor_mark_sweep.count) as f64
    }

    /// Whether there was an early sign of fast growth since this was last asked; see the
    /// core's `Trend::take_early_sign`.
    pub fn take_early_sign(&self) -> bool {
        let mut trend = self.inbox.trend.borrow_mut();
        trend.as_mut().is_some_and(|trend| trend.take_early_sign())
    }

    /// The next event, oldest first: its name and what is emitted. `null` when
    /// there is none. Events `stats` are passed over where they are not wanted.
    pub fn take<'env>(
        &self,
        env: &'env Env,
        stats_are_wanted: bool,
    ) -> Result<Option<(&'static str, Unknown<'env>)>> {
        let wanted = |event: &Event| stats_are_wanted || !matches!(event, Event::Stats(_));
        let Some(event) = std::iter::from_fn(|| self.inbox.next_event()).find(wanted) else {
            return Ok(None);
        };
        let (name, payload) = match event {
            Event::Leak(leak, heap) => ("leak", payload::consecutive_leak(env, &leak, &heap)),
            Event::Stats(stats) => ("stats", payload::stats(env, &stats)),
            Event::Verdict(transition, is_news) => (
                match transition.change {
                    Change::Suspected => "leak-suspected",
                    Change::Confirmed => "leak-confirmed",
                    Change::Paused => "leak-paused",
                    Change::Resumed => "leak-resumed",
                    Change::Cleared(_) => "leak-cleared",
                },
                payload::transition(env, &transition, Some(!is_news)),
            ),
            Event::Confirmed(transition) => ("leak", payload::transition(env, &transition, None)),
        };
        Ok(Some((name, payload.map_err(internal)?)))
    }

    /// Where the verdict stands; `null` where the trend is not followed.
    pub fn verdict<'env>(&self, env: &'env Env) -> Result<Option<Unknown<'env>>> {
        let trend = self.inbox.trend.borrow().clone();
        trend
            .map(|trend| payload::verdict(env, &trend).map_err(internal))
            .transpose()
    }

    /// Which detectors there are: the original rule, the trend.
    pub fn set_detectors(&self, consecutive: bool, trend: bool) {
        self.inbox.set_detectors(consecutive, trend);
    }

    /// Whether there are probes, which share of wall time they may cost, and the least
    /// time between one and any other full collection, in milliseconds.
    pub fn set_probes(&self, enabled: bool, budget: f64, spacing_ms: f64) {
        if let Some(trend) = &mut *self.inbox.trend.borrow_mut() {
            *trend.probe_settings_mut() = ProbeSettings {
                enabled,
                budget,
                spacing_s: (spacing_ms / 1000.0).max(ProbeSettings::LEAST_SPACING_S),
            };
        }
    }

    /// Whether events are left after the one that `deliver` is done with. If so, it
    /// must come again by itself; if not, it is woken when there are, and until then
    /// the loop may end.
    pub fn more_wait(&self) -> bool {
        self.inbox.more_wait()
    }

    /// Full collections in a row that must grow for a `leak`.
    pub fn get_consecutive_growth_limit(&self) -> u32 {
        self.inbox
            .tracker
            .borrow()
            .settings()
            .consecutive_growth_limit()
    }

    /// As above; below 1 counts as 1.
    pub fn set_consecutive_growth_limit(&self, collections: i32) {
        self.settings(|settings| settings.set_consecutive_growth_limit(collections));
    }

    /// Full collections that `estimated_base` averages over.
    pub fn get_recent_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().recent_period()
    }

    /// As above; below 1 counts as 1.
    pub fn set_recent_period(&self, collections: i32) {
        self.settings(|settings| settings.set_recent_period(collections));
    }

    /// Full collections that `usage_trend` compares `estimated_base` with.
    pub fn get_ancient_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().ancient_period()
    }

    /// As above; below 1 counts as 1.
    pub fn set_ancient_period(&self, collections: i32) {
        self.settings(|settings| settings.set_ancient_period(collections));
    }

    /// The full collection from which on `min` and `max` are told.
    pub fn get_extremes_period(&self) -> u32 {
        self.inbox.tracker.borrow().settings().extremes_period()
    }

    /// As above; below 1 counts as 1.
    pub fn set_extremes_period(&self, collections: i32) {
        self.settings(|settings| settings.set_extremes_period(collections));
    }

    fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(self.inbox.tracker.borrow_mut().settings_mut());
    }
}

/// Collects everything that can be collected: one step for every monitor, however
/// many rounds V8 makes of it.
pub fn collect() -> Result<()> {
    let isolate = Isolate::current()?;
    each_inbox(|inbox| inbox.tracker.borrow_mut().begin_group());
    isolate.collect();
    each_inbox(|inbox| {
        let step = inbox.tracker.borrow_mut().end_group();
        inbox.queue_step(step);
    });
    Ok(())
}

/// As [`collect`], and nobody is told. On a heap of more than `most_bytes`, if that is
/// given, nothing is done.
pub fn collect_uncounted(most_bytes: Option<f64>) -> Result<()> {
    let isolate = Isolate::current()?;
    let used = isolate.statistics().used_heap_size as f64;
    if most_bytes.is_none_or(|most| used <= most) {
        without_counting(|| isolate.collect());
    }
    Ok(())
}

/// Does work whose collections are not the program's.
pub fn without_counting<T>(work: impl FnOnce() -> T) -> T {
    each_inbox(|inbox| inbox.tracker.borrow_mut().suspend());
    let result = work();
    each_inbox(|inbox| inbox.tracker.borrow_mut().resume());
    result
}
