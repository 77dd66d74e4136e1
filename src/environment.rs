//! One environment, one stream: a collection's numbers go from the one GC hook of the isolate
//! through tracker and trend into one queue, one wake runs a callback on the event loop, and
//! JavaScript takes the facts out, in order. Other threads read the detector's state from a meter that
//! is written here; JavaScript sends none of it back.
//!
//! This is the native interface of that. JavaScript emits the events.
//!
//! | module | what it is |
//! | --- | --- |
//! | `shared` | what all loadings in one isolate share: the hook, the meter |
//! | `state` | what happens inside a collection |
//! | `forced` | forced GCs: requested, and cancelled |
//! | `outbox` | facts that wait for the event loop, and the wake |

mod forced;
mod outbox;
mod shared;
mod state;

use std::rc::Rc;

use memwatch_detector::gc::trend::{self, Change, ProbeSettings};
use memwatch_detector::gc::{Settings, Waiting};
use memwatch_detector::meters::LeakKind;
use napi::Env;
use napi::bindgen_prelude::{Function, Unknown};

use crate::error::{Result, internal};
use crate::payload;
use crate::v8::{AtEnd, Export, Isolate};
use crate::wake::Wake;
use shared::{Shared, each_state};
use state::{Event, State};

/// The native side of one `require('memwatch')`.
pub(crate) struct Environment {
    state: Rc<State>,
    _at_end: AtEnd,
}

/// One fact: its name and its payload.
type Fact<'env> = (&'static str, Option<Unknown<'env>>);

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("Environment.new", |call| {
        let (deliver, is_main) = (call.argument(1)?, call.argument(2)?);
        call.hang(Environment::new(*call.env(), deliver, is_main)?)
    }),
    Export::new("Environment.take", |call| {
        let environment = call.native::<Environment>(0)?;
        call.answer(environment.take(call.env(), call.argument(1)?)?)
    }),
    Export::new("Environment.moreWait", |call| {
        call.answer(call.native::<Environment>(0)?.more_wait())
    }),
    Export::new("Environment.follow", |call| {
        let environment = call.native::<Environment>(0)?;
        call.answer(environment.follow(call.argument(1)?))
    }),
    Export::new("Environment.tick", |call| {
        call.answer(call.native::<Environment>(0)?.tick())
    }),
    Export::new("Environment.youngCollections", |call| {
        call.answer(call.native::<Environment>(0)?.young_collections())
    }),
    Export::new("Environment.detectorState", |call| {
        call.answer(call.native::<Environment>(0)?.detector_state(call.env())?)
    }),
    Export::new("Environment.record", |call| {
        call.answer(call.native::<Environment>(0)?.record())
    }),
    Export::new("Environment.setJudged", |call| {
        let environment = call.native::<Environment>(0)?;
        let (kind, state) = (call.argument(1)?, call.argument(2)?);
        call.answer(environment.set_judged(kind, state, call.argument(3)?))
    }),
    Export::new("Environment.setDetectors", |call| {
        let environment = call.native::<Environment>(0)?;
        call.answer(environment.set_detectors(call.argument(1)?, call.argument(2)?))
    }),
    Export::new("Environment.setForcedGc", |call| {
        let environment = call.native::<Environment>(0)?;
        let (enabled, budget) = (call.argument(1)?, call.argument(2)?);
        call.answer(environment.set_probes(enabled, budget, call.argument(3)?))
    }),
    Export::new("Environment.getConsecutiveGrowthLimit", |call| {
        let settings = call.native::<Environment>(0)?.state.settings();
        call.answer(settings.consecutive_growth_limit())
    }),
    Export::new("Environment.setConsecutiveGrowthLimit", |call| {
        let environment = call.native::<Environment>(0)?;
        let collections = call.argument(1)?;
        call.answer(
            environment.change(|settings| settings.set_consecutive_growth_limit(collections)),
        )
    }),
    Export::new("Environment.getRecentPeriod", |call| {
        let settings = call.native::<Environment>(0)?.state.settings();
        call.answer(settings.recent_period())
    }),
    Export::new("Environment.setRecentPeriod", |call| {
        let environment = call.native::<Environment>(0)?;
        let collections = call.argument(1)?;
        call.answer(environment.change(|settings| settings.set_recent_period(collections)))
    }),
    Export::new("Environment.getAncientPeriod", |call| {
        let settings = call.native::<Environment>(0)?.state.settings();
        call.answer(settings.ancient_period())
    }),
    Export::new("Environment.setAncientPeriod", |call| {
        let environment = call.native::<Environment>(0)?;
        let collections = call.argument(1)?;
        call.answer(environment.change(|settings| settings.set_ancient_period(collections)))
    }),
    Export::new("Environment.getExtremesPeriod", |call| {
        let settings = call.native::<Environment>(0)?.state.settings();
        call.answer(settings.extremes_period())
    }),
    Export::new("Environment.setExtremesPeriod", |call| {
        let environment = call.native::<Environment>(0)?;
        let collections = call.argument(1)?;
        call.answer(environment.change(|settings| settings.set_extremes_period(collections)))
    }),
    Export::new("collect", |call| call.answer(collect()?)),
    Export::new("collectUncounted", |call| {
        call.answer(collect_uncounted(call.argument(0)?)?)
    }),
];

impl Environment {
    /// Starts to watch the collections of this environment. `deliver` is called on its loop
    /// when there is something to do: it calls `take()`, and then asks `moreWait()`. Only the
    /// main thread judges the memory of the process.
    pub(crate) fn new(env: Env, deliver: Function<(), ()>, is_main: bool) -> Result<Self> {
        let isolate = Isolate::current()?;
        let wake = Wake::new(&env, &deliver)?;
        let state = State::new(env, isolate, wake, Shared::of_thread(isolate, is_main));
        // Clean-up hooks run in reverse order, so this one runs before Node closes
        // the function that wakes.
        let at_end = AtEnd::new(&env, {
            let state = Rc::clone(&state);
            move || state.close()
        });
        if at_end.is_err() {
            state.close();
        }
        Ok(Self {
            state,
            _at_end: at_end?,
        })
    }

    /// What happened since this was called last, oldest first, up to the first event that is
    /// emitted: a listener which causes events does not hold up the program. Before it comes
    /// what is due in JavaScript: `tick-soon`, `early-sign` and `full-gc`. Of collections that
    /// are followed, each is a `gc`. Events `stats` are made only where they are wanted.
    pub(crate) fn take<'env>(
        &self,
        env: &'env Env,
        stats_are_wanted: bool,
    ) -> Result<Vec<Fact<'env>>> {
        let due = self.state.due();
        let mut facts: Vec<Fact<'env>> = [
            (due.tick_soon, "tick-soon"),
            (due.early_sign, "early-sign"),
            (due.swept, "full-gc"),
        ]
        .into_iter()
        .filter(|(is_due, _)| *is_due)
        .map(|(_, name)| (name, None))
        .collect();
        while let Some(waiting) = self.state.take(stats_are_wanted) {
            match waiting {
                Waiting::Collection(collection) => {
                    let payload = payload::collection(env, &collection).map_err(internal)?;
                    facts.push(("gc", Some(payload)));
                }
                Waiting::Event(event) => {
                    let (name, payload) = event_payload(env, &event);
                    facts.push((name, Some(payload.map_err(internal)?)));
                    break;
                }
            }
        }
        Ok(facts)
    }

    /// Whether events are left after those that were taken. If so, `deliver` must come again
    /// on its own; if not, it is woken when there are, and until then the loop may end.
    pub(crate) fn more_wait(&self) -> bool {
        self.state.more_wait()
    }

    /// Whether `take` gives collections one by one, from now on.
    pub(crate) fn follow(&self, is_wanted: bool) {
        self.state.follow(is_wanted);
    }

    /// To be called every second or two: memory outside of the heap grows without
    /// collections. Whether the next one should come soon, in a quarter of a second.
    pub(crate) fn tick(&self) -> bool {
        self.state.tick()
    }

    /// Collections of the young generation so far, but for those of memwatch's own work.
    pub(crate) fn young_collections(&self) -> f64 {
        self.state.young_collections() as f64
    }

    /// The state of the detector; `null` where the trend is not followed.
    pub(crate) fn detector_state<'env>(&self, env: &'env Env) -> Result<Option<Unknown<'env>>> {
        let state = self.state.assessment();
        state
            .map(|state| payload::detector_state(env, &state).map_err(internal))
            .transpose()
    }

    /// What went into the detector since this was last called; the first time it begins anew. For
    /// `bench/detection`, and for nothing else.
    pub(crate) fn record(&self) -> Option<String> {
        self.state.record()
    }

    /// What JavaScript has found on the threads that this one has started, or on handles, for the meter: their
    /// state, and whether it reports a leak of them now.
    pub(crate) fn set_judged(&self, kind: String, state: String, is_leak: bool) {
        let shared = &self.state.shared;
        let kind = match kind.as_str() {
            "threads" => LeakKind::Threads,
            "handles" => LeakKind::Handles,
            _ => return,
        };
        let found = match state.as_str() {
            "suspected" => trend::State::Suspected,
            "confirmed" => trend::State::Confirmed,
            "paused" => trend::State::Paused,
            _ => trend::State::Ok,
        };
        shared.set_judged(&self.state, kind, found);
        if is_leak {
            shared.count_leak(&self.state, kind);
        }
    }

    /// Which detectors there are: the original rule, the trend.
    pub(crate) fn set_detectors(&self, consecutive: bool, trend: bool) {
        self.state.set_detectors(consecutive, trend);
    }

    /// Whether there are forced collections, which share of wall time they may cost, and the
    /// least time between one and any other full collection, in milliseconds.
    pub(crate) fn set_probes(&self, enabled: bool, budget: f64, spacing_ms: f64) {
        self.state.set_probes(ProbeSettings {
            enabled,
            budget,
            spacing_s: (spacing_ms / 1000.0).max(ProbeSettings::LEAST_SPACING_S),
        });
    }

    /// Settings of the original rule; a number below 1 counts as 1.
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        self.state
            .with_tracker(|tracker| change(tracker.settings_mut()));
    }
}

/// The name of an event, and what is emitted.
fn event_payload<'env>(
    env: &'env Env,
    event: &Event,
) -> (&'static str, napi::Result<Unknown<'env>>) {
    match event {
        Event::Leak(leak, heap) => ("leak", payload::consecutive_leak(env, leak, heap)),
        Event::Stats(stats) => ("stats", payload::stats(env, stats)),
        Event::Transition(transition, is_news) => (
            match transition.change {
                Change::Suspected => "leak-suspected",
                Change::Confirmed => "leak-confirmed",
                Change::Paused => "leak-paused",
                Change::Resumed => "leak-resumed",
                Change::Cleared(_) => "leak-cleared",
            },
            payload::transition(env, transition, Some(!is_news)),
        ),
        Event::Confirmed(transition) => ("leak", payload::transition(env, transition, None)),
    }
}

/// Collects everything that can be collected: one step for every loading, however
/// many rounds V8 makes of it.
pub(crate) fn collect() -> Result<()> {
    let isolate = Isolate::current()?;
    each_state(|state| state.with_tracker(|tracker| tracker.begin_group()));
    isolate.collect();
    each_state(|state| {
        let step = state.with_tracker(|tracker| tracker.end_group());
        state.queue_step(step);
    });
    Ok(())
}

/// As [`collect`], and nothing is reported. On a heap of more than `most_bytes`, if that is
/// given, nothing is done.
pub(crate) fn collect_uncounted(most_bytes: Option<f64>) -> Result<()> {
    let isolate = Isolate::current()?;
    let used = isolate.statistics().used_heap_size as f64;
    if most_bytes.is_none_or(|most| used <= most) {
        without_counting(|| isolate.collect());
    }
    Ok(())
}

/// Does work whose collections are not the program's.
pub(crate) fn without_counting<T>(work: impl FnOnce() -> T) -> T {
    each_state(|state| state.with_tracker(|tracker| tracker.suspend()));
    let result = work();
    each_state(|state| state.with_tracker(|tracker| tracker.resume()));
    result
}
