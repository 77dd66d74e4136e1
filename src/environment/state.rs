//! The state that the hook and JavaScript share, for one loaded copy of memwatch: GC cycles go in
//! inside the callback; their meaning comes out on the event loop.
//!
//! The hook computes plain numbers, wakes the loop and returns. It creates no JavaScript object
//! and requests no GC. Forced GCs are in `forced`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

use memwatch_detector::gc::trend::{
    self, Assessment, ProbeSettings, Reading, Transition, Transitions, Trend,
};
use memwatch_detector::gc::{
    FullCollection, GcKind, HeapNumbers, Leak, Once, Settings, Stats, Step, Tracker, Waiting,
};
use memwatch_detector::meters::{Collection, LeakKind, LeakStates};
use napi::Env;

use super::forced::Forced;
use super::outbox::Outbox;
use super::shared::Shared;
use crate::clock::since_epoch;
use crate::malloc_free::MallocFree;
use crate::memory::container;
use crate::v8::{GcEvent, Isolate};
use crate::wake::Wake;

/// Between two readings that no full collection made, in microseconds: a reading takes
/// one or two, so this is far below a thousandth.
const BETWEEN_READINGS_US: i64 = 250_000;

/// An event that waits to be emitted.
pub(super) enum Event {
    /// The original rule found growth that is news, and the heap then.
    Leak(Leak, HeapNumbers),
    /// The trend detector changed its state; whether it confirms a leak that is news.
    Transition(Transition, bool),
    /// The same confirmation, as the leak that it is.
    Confirmed(Transition),
    /// A full collection.
    Stats(Box<Stats>),
}

/// What is to be done in JavaScript, besides what waits.
pub(super) struct Due {
    /// The next `tick` should come soon.
    pub tick_soon: bool,
    /// The heap grew fast and is still small: see `Trend::take_early_sign`.
    pub early_sign: bool,
    /// A full collection has ended since this was asked last: what is alive on the heap is all
    /// there is, but for what came since.
    pub swept: bool,
}

/// It is borrowed for a few plain statements at a time, never while JavaScript or V8
/// runs: a collection may start in any of their calls.
pub(super) struct State {
    /// What all loadings in this isolate have together.
    pub(super) shared: Rc<Shared>,
    /// The beginning of the monotonic clock.
    origin: Instant,
    tracker: RefCell<Tracker>,
    /// `None` where only the original rule is wanted.
    trend: RefCell<Option<Box<Trend>>>,
    /// Whether the original rule's leaks are reported.
    reports_consecutive: Cell<bool>,
    /// Which leaks are news where the trend is followed.
    once: Cell<Once>,
    outbox: Outbox<Event, Collection>,
    /// Whether collections are reported one by one.
    follows: Cell<bool>,
    /// A full GC has ended whose result was not fetched yet.
    has_swept: Cell<bool>,
    pub(super) forced: Forced,
    /// V8 marks the heap, so a full collection is on its way.
    pub(super) is_marking: Cell<bool>,
    read_at_us: Cell<i64>,
    malloc_free: MallocFree,
}

impl State {
    /// Made on the thread of the environment. `wake` does not hold its loop.
    pub(super) fn new(env: Env, isolate: Isolate, wake: Wake, shared: Rc<Shared>) -> Rc<Self> {
        let state = Rc::new(Self {
            shared,
            origin: Instant::now(),
            tracker: RefCell::new(Tracker::new(Settings::default())),
            trend: RefCell::new(None),
            reports_consecutive: Cell::new(true),
            once: Cell::new(Once::default()),
            outbox: Outbox::new(env, wake),
            follows: Cell::new(false),
            has_swept: Cell::new(false),
            forced: Forced::new(env, isolate),
            is_marking: Cell::new(false),
            read_at_us: Cell::new(0),
            malloc_free: MallocFree::default(),
        });
        state.shared.join(&state);
        state.follow_trend(true);
        state
    }

    /// Which detectors there are from now on: the original rule, the trend. What one of them
    /// found that is not wanted any more, and was not reported yet, never is.
    pub(super) fn set_detectors(&self, consecutive: bool, trend: bool) {
        self.reports_consecutive.set(consecutive);
        self.follow_trend(trend);
        self.outbox.retain_events(|event| match event {
            Event::Leak(..) => consecutive,
            Event::Transition(..) | Event::Confirmed(_) => trend,
            Event::Stats(_) => true,
        });
    }

    /// Begins or ends to follow the trend. What it knew is forgotten when it ends.
    fn follow_trend(&self, is_wanted: bool) {
        if !is_wanted {
            self.once.take();
            if self.trend.take().is_some() {
                // Threads and handles are judged with it.
                for kind in [LeakKind::Threads, LeakKind::Handles] {
                    self.shared.set_judged(self, kind, trend::State::Ok);
                }
                self.shared.set_leak_states(self, LeakStates::default());
            }
        } else if self.trend.borrow().is_none() {
            let reading = self.reading(self.now_us(), true);
            let trend = Trend::new(&reading);
            self.trend.replace(Some(Box::new(trend)));
            self.note_leak_states();
        }
    }

    /// For the bench of the detector: what went into it, and what it said, since this was last asked. The first time
    /// the detector begins anew, so that all is known of it; `None` where the trend is not followed.
    pub(super) fn record(&self) -> Option<String> {
        let recorded = self.with_trend(Trend::take_recording)?;
        recorded.or_else(|| {
            let reading = self.reading(self.now_us(), true);
            let mut trend = Trend::recorded(&reading);
            let first = trend.take_recording();
            self.trend.replace(Some(Box::new(trend)));
            self.note_leak_states();
            first
        })
    }

    /// Of forced collections, where the trend is followed.
    pub(super) fn set_probes(&self, settings: ProbeSettings) {
        self.with_trend(|trend| trend.set_probe_settings(settings));
    }

    /// The settings of the original rule, to be read.
    pub(super) fn settings(&self) -> Settings {
        *self.tracker.borrow().settings()
    }

    /// The same, to be changed; and its groups and suspensions.
    pub(super) fn with_tracker<T>(&self, act: impl FnOnce(&mut Tracker) -> T) -> T {
        act(&mut self.tracker.borrow_mut())
    }

    /// Collections of the young generation so far, but for those of memwatch's own work.
    pub(super) fn young_collections(&self) -> u64 {
        let tracker = self.tracker.borrow();
        let counters = tracker.counters();
        counters.scavenge.count + counters.minor_mark_sweep.count
    }

    /// Where the detector stands; `None` where the trend is not followed.
    pub(super) fn assessment(&self) -> Option<Assessment> {
        let trend = self.trend.borrow();
        trend.as_ref().map(|trend| trend.assessment())
    }

    /// Whether collections are reported one by one from now on.
    pub(super) fn follow(&self, is_wanted: bool) {
        self.follows.set(is_wanted);
        if !is_wanted {
            self.outbox.clear_collections();
        }
    }

    /// Inside a collection that ends.
    pub(super) fn on_collection(&self, event: &GcEvent) {
        if self.follows.get() {
            self.outbox.push_collection(Collection {
                kind: event.kind.into(),
                pause_ns: event.pause_ns,
                ended_unix_ms: since_epoch().as_secs_f64() * 1e3,
            });
        }
        let at_us = self.at_us(event.ended);
        match (event.kind, event.heap) {
            (GcKind::MarkSweep, Some(heap)) => {
                self.is_marking.set(false);
                self.has_swept.set(true);
                let collection = FullCollection {
                    at_us,
                    at_unix_us: unix_us(),
                    pause_ns: event.pause_ns,
                    heap,
                    rss: self.shared.rss(),
                    ..FullCollection::default()
                };
                self.on_full(collection, event.cpu_ns);
            }
            (GcKind::IncrementalMarking, _) if self.forced.is_starting() => {
                self.is_marking.set(true);
            }
            (kind, _) => {
                self.with_tracker(|tracker| tracker.minor(kind, event.pause_ns));
                match kind {
                    GcKind::IncrementalMarking => self.is_marking.set(true),
                    GcKind::Scavenge | GcKind::MinorMarkSweep => self.read_between(at_us, || None),
                    GcKind::MarkSweep | GcKind::WeakCallbacks => {}
                }
            }
        }
        if self.has_to_tend(at_us) {
            self.outbox.wake_up();
        }
    }

    fn on_full(&self, collection: FullCollection, cpu_ns: u64) {
        let counts_each = self.tracker.borrow().counts_each();
        if self.forced.is_under_way() && counts_each {
            self.forced_ended(&collection, cpu_ns);
            let reading = self.reading_of(&collection);
            let transitions = self.with_trend(|trend| trend.full(&reading, true));
            self.queue_transitions(transitions);
        } else {
            self.give_forced_up();
            let step = self.with_tracker(|tracker| tracker.full(collection));
            self.queue_step(step);
        }
    }

    /// On the loop, now and then: a program may take memory and hardly collect. Whether
    /// it should come again soon.
    pub(super) fn tick(&self) -> bool {
        let room = container::observe();
        self.with_trend(|trend| trend.set_room(room));
        self.read_between(self.now_us(), || self.malloc_free.read());
        self.tend();
        self.asks_trend(Trend::wants_reading_soon)
    }

    /// On the loop: what is due, before what waits is taken.
    pub(super) fn due(&self) -> Due {
        self.tend();
        Due {
            tick_soon: self.asks_trend(Trend::wants_reading_soon),
            early_sign: self.with_trend(Trend::take_early_sign).unwrap_or(false),
            swept: self.has_swept.take(),
        }
    }

    /// The next that waits, oldest first. Where `stats` are not wanted they are dropped.
    pub(super) fn take(&self, stats_are_wanted: bool) -> Option<Waiting<Event, Collection>> {
        let is_wanted = |waiting: &Waiting<Event, Collection>| {
            stats_are_wanted || !matches!(waiting, Waiting::Event(Event::Stats(_)))
        };
        let next = std::iter::from_fn(|| self.outbox.pop()).find(is_wanted);
        if let Some(Waiting::Event(event)) = &next {
            self.count(event);
        }
        next
    }

    /// See [`Outbox::more_wait`].
    pub(super) fn more_wait(&self) -> bool {
        self.outbox.more_wait()
    }

    /// A leak is counted when it is reported: the meter has its state by then.
    fn count(&self, event: &Event) {
        match event {
            Event::Leak(leak, heap) => {
                if self.trend.borrow().is_none() {
                    self.shared
                        .set_leak_states(self, LeakStates::of_leak(leak, heap));
                }
                self.shared.count_leak(self, LeakKind::Heap);
            }
            Event::Confirmed(transition) => {
                self.shared
                    .count_leak(self, transition.assessment.kind.into());
            }
            Event::Transition(..) | Event::Stats(_) => {}
        }
    }

    /// The trend, where it is followed.
    pub(super) fn with_trend<T>(&self, act: impl FnOnce(&mut Trend) -> T) -> Option<T> {
        self.trend.borrow_mut().as_deref_mut().map(act)
    }

    pub(super) fn asks_trend(&self, ask: impl Fn(&Trend) -> bool) -> bool {
        self.trend.borrow().as_deref().is_some_and(ask)
    }

    /// After a collection of the young generation, now and then, and on the loop.
    fn read_between(&self, at_us: i64, malloc_free: impl FnOnce() -> Option<u64>) {
        if at_us - self.read_at_us.get() < BETWEEN_READINGS_US
            || !self.tracker.borrow().counts_each()
        {
            return;
        }
        self.read_at_us.set(at_us);
        let wants_rss = self.asks_trend(|trend| trend.wants_rss(at_us));
        let mut reading = self.reading(at_us, wants_rss);
        reading.malloc_free = reading.rss.and_then(|_| malloc_free());
        let transitions = self.with_trend(|trend| trend.young(&reading));
        self.queue_transitions(transitions);
    }

    fn reading(&self, at_us: i64, wants_rss: bool) -> Reading {
        let (heap, allocated) = self.shared.read();
        Reading {
            at_us,
            at_unix_us: unix_us(),
            heap,
            rss: wants_rss.then(|| self.shared.rss()).flatten(),
            malloc_free: None,
            allocated,
        }
    }

    fn reading_of(&self, collection: &FullCollection) -> Reading {
        Reading {
            at_us: collection.at_us,
            at_unix_us: collection.at_unix_us,
            heap: collection.heap,
            rss: collection.rss,
            malloc_free: None,
            allocated: self.shared.allocated(),
        }
    }

    /// Where the program's collection was a step: what is to be reported of it.
    pub(super) fn queue_step(&self, step: Option<Step>) {
        let Some(step) = step else { return };
        let reading = self.reading_of(&step.stats.collection);
        // The original rule knows no other memory.
        let seen = self.with_trend(|trend| (trend.full(&reading, false), trend.heap_state()));
        let (transitions, state_of_heap) = seen.unzip();
        let leak = step.leak.filter(|_| self.reports_consecutive.get());
        let heap = step.stats.collection.heap;
        // Alone it is the contract of old: each time.
        let is_news = state_of_heap.is_none_or(|state| {
            let mut once = self.once.get();
            let is_news = once.full(reading.at_us, heap.used_heap_size, leak.as_ref(), state);
            self.once.set(once);
            is_news
        });
        if let Some(leak) = leak.filter(|_| is_news) {
            self.outbox.push_event(Event::Leak(leak, heap));
        }
        self.queue_transitions(transitions);
        self.outbox.push_event(Event::Stats(Box::new(step.stats)));
    }

    /// After each sample of the trend.
    fn queue_transitions(&self, transitions: Option<Transitions>) {
        self.note_leak_states();
        for transition in transitions.into_iter().flatten().flatten() {
            let states = self.trend.borrow().as_ref().map(|trend| trend.by_kind());
            let mut once = self.once.get();
            let is_news = states.is_some_and(|now| once.changed(&transition, &now));
            self.once.set(once);
            self.outbox
                .push_event(Event::Transition(transition, is_news));
            if is_news {
                self.outbox.push_event(Event::Confirmed(transition));
            }
        }
    }

    /// What other threads read of the detector.
    fn note_leak_states(&self) {
        if let Some(states) = self.with_trend(|trend| trend.by_kind()) {
            self.shared
                .set_leak_states(self, LeakStates::of_memory(&states));
        }
    }

    /// The environment ends: nothing is reported any more, and V8 gets no more requests.
    pub(super) fn close(&self) {
        self.shared.leave(self);
        self.outbox.close();
        self.forced.close();
    }

    pub(super) fn now_us(&self) -> i64 {
        self.at_us(Instant::now())
    }

    fn at_us(&self, instant: Instant) -> i64 {
        let since = instant.saturating_duration_since(self.origin);
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

fn unix_us() -> i64 {
    i64::try_from(since_epoch().as_micros()).unwrap_or(i64::MAX)
}
