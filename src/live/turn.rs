//! One snapshot at a time in a process, from whichever thread: two would take twice the
//! memory, and each child would copy the other's pages too. Knows which thread holds the turn,
//! so that no thread waits for itself; its use is not known here.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// Locked for a moment, and not while V8 works: it may ask on this very thread.
static HOLDER: Mutex<Option<Holder>> = Mutex::new(None);
static GIVEN_BACK: Condvar = Condvar::new();

#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// Until what this thread does now is done.
    Thread(ThreadId),
    /// Until the copy has ended, whatever the thread does that has made it.
    Copy,
}

/// The permission to take a snapshot; given back when dropped.
pub(super) struct Turn(());

impl Turn {
    /// For this thread, if no thread holds it.
    pub(super) fn take() -> Option<Self> {
        Self::out_of(&mut holder())
    }

    /// The same, as soon as nobody has it: within this time, and not where this thread has
    /// it itself. Needs no event loop.
    pub(super) fn wait(at_most: Duration) -> Option<Self> {
        let own = Holder::Thread(thread::current().id());
        let by_another = |holder: &mut Option<Holder>| holder.is_some_and(|holder| holder != own);
        let (mut holder, _) = GIVEN_BACK
            .wait_timeout_while(holder(), at_most, by_another)
            .unwrap_or_else(PoisonError::into_inner);
        Self::out_of(&mut holder)
    }

    fn out_of(holder: &mut Option<Holder>) -> Option<Self> {
        if holder.is_some() {
            return None;
        }
        *holder = Some(Holder::Thread(thread::current().id()));
        Some(Self(()))
    }

    /// From here on it is a copy's, and given back by the thread that waits for that.
    pub(super) fn of_copy(self) -> Self {
        *holder() = Some(Holder::Copy);
        self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *holder() = None;
        GIVEN_BACK.notify_all();
    }
}

fn holder() -> MutexGuard<'static, Option<Holder>> {
    HOLDER.lock().unwrap_or_else(PoisonError::into_inner)
}
