//! What the hook and JavaScript share, in one environment: collections go in on the one
//! side, inside of them; events come out on the other, on the event loop.
//!
//! The hook computes plain numbers, wakes the loop and leaves. It makes no event, and
//! asks for no collection: see `monitor`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::Instant;

use memwatch_detector::gc::trend::{Reading, Transition, Transitions, Trend, TrendSettings};
use memwatch_detector::gc::{
    FullCollection, GcKind, HeapNumbers, Leak, Once, Settings, Stats, Step, Tracker,
};
use napi::Env;

use crate::allocated::Allocated;
use crate::clock::since_epoch;
use crate::gentle::Gentle;
use crate::memory::container;
use crate::rss::{Rss, WorkerShare};
use crate::v8::{GcEvent, Isolate, thread_cpu_ns};
use crate::wake::Wake;

/// Events that wait to be told, at most: some MB. A program that blocks its loop for
/// more loses the oldest; the statistics miss none.
const QUEUE_LIMIT: usize = 10_000;

/// Between two readings that no full collection made, in microseconds: a reading takes
/// one or two, so this is far below a thousandth.
const BETWEEN_READINGS_US: i64 = 250_000;

/// What waits to be emitted.
pub enum Event {
    /// The original rule found growth that is news, and the heap then.
    Leak(Leak, HeapNumbers),
    /// The trend changed its verdict; whether it confirms a leak that is news.
    Verdict(Transition, bool),
    /// The same confirmation, as the leak that it is.
    Confirmed(Transition),
    /// A full collection.
    Stats(Box<Stats>),
}

/// A probe under way or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Probe {
    None,
    /// V8 is being asked; what it does in this call is the probe's.
    Starting,
    /// V8 marks, and the next full collection is the probe.
    Marking,
    /// It is over, and V8 is still to be told so.
    ToRelieve,
}

/// It is borrowed for a few plain statements at a time, never while JavaScript or V8
/// runs: a collection may start in any of their calls.
pub struct Inbox {
    env: Env,
    isolate: Isolate,
    gentle: Gentle,
    /// The beginning of the monotonic clock.
    origin: Instant,
    pub tracker: RefCell<Tracker>,
    /// `None` where only the original rule is wanted.
    pub trend: RefCell<Option<Box<Trend>>>,
    /// Whether the original rule's leaks are told.
    tells_consecutive: Cell<bool>,
    /// Which leaks are news where the trend is followed.
    once: Cell<Once>,
    /// What is not emitted yet, oldest first.
    events: RefCell<VecDeque<Event>>,
    /// Taken when the environment ends.
    wake: RefCell<Option<Wake>>,
    /// `deliver` is on its way, so it needs no other wake.
    awake: Cell<bool>,
    /// A full collection has ended that nobody has asked for yet.
    has_swept: Cell<bool>,
    probe: Cell<Probe>,
    /// V8 marks the heap, so a full collection is on its way.
    is_marking: Cell<bool>,
    read_at_us: Cell<i64>,
    allocated: Allocated,
    rss: Rss,
    worker_share: RefCell<Option<Rc<WorkerShare>>>,
}

thread_local! {
    /// The inboxes of this thread: more than one where the module is loaded twice.
    static INBOXES: RefCell<Vec<Weak<Inbox>>> = const { RefCell::new(Vec::new()) };
}

/// Calls with each inbox of this thread.
pub fn each_inbox(act: impl Fn(&Inbox)) {
    let inboxes: Vec<Rc<Inbox>> =
        INBOXES.with_borrow(|inboxes| inboxes.iter().filter_map(Weak::upgrade).collect());
    for inbox in inboxes {
        act(&inbox);
    }
}

impl Inbox {
    /// Made on the thread of the environment. `wake` does not hold its loop.
    pub fn new(env: Env, isolate: Isolate, wake: Wake, is_main: bool) -> Rc<Self> {
        let inbox = Rc::new(Self {
            env,
            isolate,
            gentle: Gentle::new(env, isolate),
            origin: Instant::now(),
            tracker: RefCell::new(Tracker::new(Settings::default())),
            trend: RefCell::new(None),
            tells_consecutive: Cell::new(true),
            once: Cell::new(Once::default()),
            events: RefCell::new(VecDeque::new()),
            wake: RefCell::new(Some(wake)),
            awake: Cell::new(false),
            has_swept: Cell::new(false),
            probe: Cell::new(Probe::None),
            is_marking: Cell::new(false),
            read_at_us: Cell::new(0),
            allocated: Allocated::default(),
            rss: if is_main { Rss::open() } else { Rss::unknown() },
            worker_share: RefCell::new((!is_main).then(WorkerShare::of_thread)),
        });
        inbox.follow_trend(true);
        INBOXES.with_borrow_mut(|inboxes| {
            inboxes.retain(|other| other.strong_count() > 0);
            inboxes.push(Rc::downgrade(&inbox));
        });
        inbox
    }

    /// Which detectors there are from now on: the original rule, the trend. What one of them
    /// found that is not wanted any more, and was not told yet, never is.
    pub fn set_detectors(&self, consecutive: bool, trend: bool) {
        self.tells_consecutive.set(consecutive);
        self.follow_trend(trend);
        self.events.borrow_mut().retain(|event| match event {
            Event::Leak(..) => consecutive,
            Event::Verdict(..) | Event::Confirmed(_) => trend,
            Event::Stats(_) => true,
        });
    }

    /// Begins or ends to follow the trend. What it knew is forgotten when it ends.
    fn follow_trend(&self, is_wanted: bool) {
        if !is_wanted {
            self.trend.take();
            self.once.take();
        } else if self.trend.borrow().is_none() {
            let reading = self.reading(self.now_us(), true);
            let trend = Trend::new(&reading, TrendSettings::default());
            self.trend.replace(Some(Box::new(trend)));
        }
    }

    /// Inside a collection that begins.
    pub fn before_collection(&self, kind: GcKind) {
        if self.allocated.wants_reading_before(kind) {
            self.allocated.before(&self.isolate.statistics());
        }
    }

    /// Inside a collection that ends.
    pub fn on_collection(&self, event: &GcEvent) {
        let at_us = self.at_us(event.ended);
        self.allocated.after(event.kind, event.heap.as_ref());
        match (event.kind, event.heap) {
            (GcKind::MarkSweep, Some(heap)) => {
                self.is_marking.set(false);
                self.has_swept.set(true);
                let collection = FullCollection {
                    at_us,
                    at_unix_us: unix_us(),
                    pause_ns: event.pause_ns,
                    heap,
                    rss: self.rss.without_workers(),
                    ..FullCollection::default()
                };
                let counts_each = self.tracker.borrow().counts_each();
                if self.probe.get() == Probe::Marking && counts_each {
                    self.probed(&collection, event.cpu_ns);
                } else {
                    self.give_probe_up();
                    let step = self.tracker.borrow_mut().full(collection);
                    self.queue_step(step);
                }
            }
            (GcKind::IncrementalMarking, _) if self.probe.get() == Probe::Starting => {
                self.is_marking.set(true);
            }
            (kind, _) => {
                self.tracker.borrow_mut().minor(kind, event.pause_ns);
                match kind {
                    GcKind::IncrementalMarking => self.is_marking.set(true),
                    GcKind::Scavenge | GcKind::MinorMarkSweep => self.read_between(at_us),
                    GcKind::MarkSweep | GcKind::WeakCallbacks => {}
                }
            }
        }
        if self.has_to_tend(at_us) {
            self.wake_up();
        }
    }

    /// Whether there was a full collection since this was asked last: what is alive on the
    /// heap is all there is, but for what came since.
    pub fn take_swept(&self) -> bool {
        self.has_swept.take()
    }

    /// On the loop, now and then: a program may take memory and hardly collect. Whether
    /// it should come again soon.
    pub fn tick(&self) -> bool {
        let room = container::observe();
        if let Some(trend) = &mut *self.trend.borrow_mut() {
            trend.set_room(room);
        }
        self.read_between(self.now_us());
        self.tend()
    }

    /// On the loop: asks V8 for a probe, or takes the request back. Whether a tick should
    /// come soon.
    pub fn tend(&self) -> bool {
        let at_us = self.now_us();
        let is_overdue = |trend: &Trend| trend.probe_is_overdue(at_us);
        if self.probe.get() == Probe::Marking && self.asks_trend(is_overdue) {
            self.give_probe_up();
        }
        if self.probe.get() == Probe::ToRelieve {
            self.gentle.take_back();
            self.probe.set(Probe::None);
        }
        if self.wants_probe(at_us) {
            self.start_probe(at_us);
        }
        self.asks_trend(Trend::wants_reading_soon)
    }

    fn start_probe(&self, at_us: i64) {
        let began_ns = thread_cpu_ns();
        self.probe.set(Probe::Starting);
        self.gentle.ask(
            || self.is_marking.get(),
            || self.probe.get() != Probe::Starting,
        );
        // A collection inside of that call was the program's, and ended it all.
        let is_marking = self.is_marking.get();
        self.probe.set(if is_marking {
            Probe::Marking
        } else {
            Probe::ToRelieve
        });
        if let Some(trend) = &mut *self.trend.borrow_mut() {
            trend.probe_begins(at_us);
            if !is_marking {
                trend.probe_gives_up(at_us);
            }
        }
        self.pay(at_us, thread_cpu_ns().saturating_sub(began_ns));
        if !is_marking {
            self.gentle.take_back();
            self.probe.set(Probe::None);
        }
    }

    /// The probe under way ended, inside its collection.
    fn probed(&self, collection: &FullCollection, cpu_ns: u64) {
        self.probe.set(Probe::ToRelieve);
        self.tracker.borrow_mut().probe();
        self.pay(collection.at_us, cpu_ns);
        let transitions = self
            .trend
            .borrow_mut()
            .as_mut()
            .map(|trend| trend.full(&self.reading_of(collection), true));
        self.queue_transitions(transitions);
    }

    fn give_probe_up(&self) {
        if self.probe.get() == Probe::Starting {
            self.probe.set(Probe::None);
        }
        if self.probe.get() == Probe::Marking {
            self.probe.set(Probe::ToRelieve);
            let at_us = self.now_us();
            if let Some(trend) = &mut *self.trend.borrow_mut() {
                trend.probe_gives_up(at_us);
            }
        }
    }

    fn pay(&self, at_us: i64, cost_ns: u64) {
        self.tracker.borrow_mut().probe_pause(cost_ns);
        if let Some(trend) = &mut *self.trend.borrow_mut() {
            trend.probe_costs(at_us, cost_ns);
        }
    }

    fn wants_probe(&self, at_us: i64) -> bool {
        // Where V8 marks already a sample is on its way.
        self.probe.get() == Probe::None
            && !self.is_marking.get()
            && self.asks_trend(|trend| trend.wants_probe(at_us))
    }

    fn has_to_tend(&self, at_us: i64) -> bool {
        self.probe.get() == Probe::ToRelieve
            || self.wants_probe(at_us)
            || self.asks_trend(|trend| trend.probe_is_overdue(at_us))
    }

    fn asks_trend(&self, ask: impl Fn(&Trend) -> bool) -> bool {
        self.trend.borrow().as_deref().is_some_and(ask)
    }

    /// After a collection of the young generation, now and then.
    fn read_between(&self, at_us: i64) {
        if at_us - self.read_at_us.get() < BETWEEN_READINGS_US
            || !self.tracker.borrow().counts_each()
        {
            return;
        }
        self.read_at_us.set(at_us);
        let wants_rss = self.asks_trend(|trend| trend.wants_rss(at_us));
        let reading = self.reading(at_us, wants_rss);
        let transitions = self
            .trend
            .borrow_mut()
            .as_mut()
            .map(|trend| trend.young(&reading));
        self.queue_transitions(transitions);
    }

    fn reading(&self, at_us: i64, wants_rss: bool) -> Reading {
        let heap = self.isolate.statistics();
        let allocated = self.allocated.between(&heap);
        if let Some(share) = &*self.worker_share.borrow() {
            let outside = heap.external_memory.saturating_add(heap.malloced_memory);
            share.set(heap.total_physical_size, outside);
        }
        Reading {
            at_us,
            at_unix_us: unix_us(),
            heap,
            rss: wants_rss.then(|| self.rss.without_workers()).flatten(),
            allocated,
        }
    }

    fn reading_of(&self, collection: &FullCollection) -> Reading {
        Reading {
            at_us: collection.at_us,
            at_unix_us: collection.at_unix_us,
            heap: collection.heap,
            rss: collection.rss,
            allocated: self.allocated.total(),
        }
    }

    /// Where the program's collection was a step: what is to be told of it.
    pub fn queue_step(&self, step: Option<Step>) {
        let Some(step) = step else { return };
        let mut trend = self.trend.borrow_mut();
        let reading = self.reading_of(&step.stats.collection);
        let transitions = trend.as_mut().map(|trend| trend.full(&reading, false));
        // The original rule knows no other memory.
        let state_of_heap = trend.as_ref().map(|trend| trend.heap_state());
        drop(trend);
        let leak = step.leak.filter(|_| self.tells_consecutive.get());
        let heap = step.stats.collection.heap;
        // Alone it is the contract of old: each time.
        let is_news = state_of_heap.is_none_or(|state| {
            let mut once = self.once.get();
            let is_news = once.full(reading.at_us, heap.used_heap_size, leak.as_ref(), state);
            self.once.set(once);
            is_news
        });
        if let Some(leak) = leak.filter(|_| is_news) {
            self.push(Event::Leak(leak, heap));
        }
        self.queue_transitions(transitions);
        self.push(Event::Stats(Box::new(step.stats)));
    }

    fn queue_transitions(&self, transitions: Option<Transitions>) {
        for transition in transitions.into_iter().flatten().flatten() {
            let verdicts = self.trend.borrow().as_ref().map(|trend| trend.verdicts());
            let mut once = self.once.get();
            let is_news = verdicts.is_some_and(|now| once.changed(&transition, &now));
            self.once.set(once);
            self.push(Event::Verdict(transition, is_news));
            if is_news {
                self.push(Event::Confirmed(transition));
            }
        }
    }

    fn push(&self, event: Event) {
        {
            let mut events = self.events.borrow_mut();
            if events.len() == QUEUE_LIMIT {
                events.pop_front();
            }
            events.push_back(event);
        }
        // A pending event keeps the process alive.
        if let Some(wake) = &mut *self.wake.borrow_mut() {
            wake.hold_loop(&self.env);
        }
        self.wake_up();
    }

    pub fn next_event(&self) -> Option<Event> {
        self.events.borrow_mut().pop_front()
    }

    /// Has the loop call `deliver`.
    fn wake_up(&self) {
        if self.awake.get() {
            return;
        }
        if let Some(wake) = &*self.wake.borrow() {
            self.awake.set(wake.call());
        }
    }

    /// Whether events are left; if none are, the loop may end.
    pub fn more_wait(&self) -> bool {
        let more = !self.events.borrow().is_empty();
        self.awake.set(more);
        if let (false, Some(wake)) = (more, &mut *self.wake.borrow_mut()) {
            wake.release_loop(&self.env);
        }
        more
    }

    /// The environment ends: nobody is told any more, and V8 is no longer asked.
    pub fn close(&self) {
        self.wake.take();
        if matches!(
            self.probe.replace(Probe::None),
            Probe::Marking | Probe::ToRelieve
        ) {
            self.gentle.take_back();
        }
        self.worker_share.take();
    }

    pub fn now_us(&self) -> i64 {
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
