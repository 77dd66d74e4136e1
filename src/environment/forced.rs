//! Forced GCs: when V8 is requested to run a full GC that it marks concurrently, and when the
//! request is cancelled. `gentle` makes the request; the detector decides whether more samples
//! are needed.

use std::cell::Cell;

use memwatch_detector::gc::FullCollection;
use memwatch_detector::gc::trend::Trend;
use napi::Env;

use super::state::State;
use crate::gentle::Gentle;
use crate::v8::{Isolate, thread_cpu_ns};

/// A forced collection under way or not.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    None,
    /// V8 is being asked; what it does in this call is not the program's.
    Starting,
    /// V8 marks, and the next full collection is the forced one.
    Marking,
    /// It has ended, and V8 is not notified yet.
    ToRelieve,
}

/// That of one loading.
pub(super) struct Forced {
    gentle: Gentle,
    stage: Cell<Stage>,
}

impl Forced {
    pub(super) fn new(env: Env, isolate: Isolate) -> Self {
        Self {
            gentle: Gentle::new(env, isolate),
            stage: Cell::default(),
        }
    }

    pub(super) fn is_starting(&self) -> bool {
        self.stage.get() == Stage::Starting
    }

    /// The next full collection is the forced one.
    pub(super) fn is_under_way(&self) -> bool {
        self.stage.get() == Stage::Marking
    }

    fn relieve(&self) {
        self.gentle.take_back();
        self.stage.set(Stage::None);
    }

    /// The environment ends.
    pub(super) fn close(&self) {
        let stage = self.stage.replace(Stage::None);
        if matches!(stage, Stage::Marking | Stage::ToRelieve) {
            self.gentle.take_back();
        }
    }
}

impl State {
    /// On the loop: asks V8 for a collection where one is wanted, or takes the request back.
    pub(super) fn tend(&self) {
        let at_us = self.now_us();
        let is_overdue = |trend: &Trend| trend.probe_is_overdue(at_us);
        if self.forced.is_under_way() && self.asks_trend(is_overdue) {
            self.give_forced_up();
        }
        if self.forced.stage.get() == Stage::ToRelieve {
            self.forced.relieve();
        }
        if self.wants_forced(at_us) {
            self.start_forced(at_us);
        }
    }

    fn start_forced(&self, at_us: i64) {
        let began_ns = thread_cpu_ns();
        self.forced.stage.set(Stage::Starting);
        self.forced.gentle.ask(
            || self.is_marking.get(),
            || self.forced.stage.get() != Stage::Starting,
        );
        // A collection inside of that call was the program's, and ended it all.
        let is_marking = self.is_marking.get();
        self.forced.stage.set(if is_marking {
            Stage::Marking
        } else {
            Stage::ToRelieve
        });
        self.with_trend(|trend| {
            trend.probe_begins(at_us);
            if !is_marking {
                trend.probe_gives_up(at_us);
            }
        });
        self.pay(at_us, thread_cpu_ns().saturating_sub(began_ns));
        if !is_marking {
            self.forced.relieve();
        }
    }

    /// The one under way ended, inside its collection.
    pub(super) fn forced_ended(&self, collection: &FullCollection, cpu_ns: u64) {
        self.forced.stage.set(Stage::ToRelieve);
        self.with_tracker(|tracker| tracker.probe());
        self.pay(collection.at_us, cpu_ns);
    }

    /// A full collection came instead, or none for too long.
    pub(super) fn give_forced_up(&self) {
        if self.forced.is_starting() {
            self.forced.stage.set(Stage::None);
        }
        if self.forced.is_under_way() {
            self.forced.stage.set(Stage::ToRelieve);
            let at_us = self.now_us();
            self.with_trend(|trend| trend.probe_gives_up(at_us));
        }
    }

    fn pay(&self, at_us: i64, cost_ns: u64) {
        self.with_tracker(|tracker| tracker.probe_pause(cost_ns));
        self.with_trend(|trend| trend.probe_costs(at_us, cost_ns));
    }

    fn wants_forced(&self, at_us: i64) -> bool {
        // Where V8 marks already a sample is on its way.
        self.forced.stage.get() == Stage::None
            && !self.is_marking.get()
            && self.asks_trend(|trend| trend.wants_probe(at_us))
    }

    /// Whether `tend` has something to do.
    pub(super) fn has_to_tend(&self, at_us: i64) -> bool {
        self.forced.stage.get() == Stage::ToRelieve
            || self.wants_forced(at_us)
            || self.asks_trend(|trend| trend.probe_is_overdue(at_us))
    }
}
