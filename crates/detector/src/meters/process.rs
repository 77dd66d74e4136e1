//! The meters of all threads of a process, and what those that ended have left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::thread::{Reading, ThreadMeter};

/// How monitoring distinguishes threads. Not by number: a program that starts a
/// worker for each request would make time series without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRole {
    /// The one that the program began with.
    Main,
    /// Any other.
    Worker,
}

const ROLES: [ThreadRole; 2] = [ThreadRole::Main, ThreadRole::Worker];

/// The threads that are watched.
#[derive(Debug)]
pub struct Meters {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    alive: Vec<(ThreadRole, Arc<ThreadMeter>)>,
    /// By role: counters of the threads that ended; `None` before there was any
    /// thread.
    left: [Option<Reading>; ROLES.len()],
}

impl Meters {
    /// Of no thread yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(State {
                alive: Vec::new(),
                left: [None; ROLES.len()],
            }),
        }
    }

    /// A meter for one more thread.
    #[must_use]
    pub fn join(&self, role: ThreadRole) -> Arc<ThreadMeter> {
        let meter = Arc::new(ThreadMeter::default());
        let mut state = self.lock();
        state.left[role as usize].get_or_insert_default();
        state.alive.push((role, Arc::clone(&meter)));
        meter
    }

    /// Keeps the counters of a thread that ends and forgets the rest. A meter that
    /// is not one of these changes nothing.
    pub fn leave(&self, meter: &Arc<ThreadMeter>) {
        let mut state = self.lock();
        let Some(place) = state
            .alive
            .iter()
            .position(|(_, alive)| Arc::ptr_eq(alive, meter))
        else {
            return;
        };
        let (role, meter) = state.alive.swap_remove(place);
        state.left[role as usize]
            .get_or_insert_default()
            .add_counters(&meter.read());
    }

    /// All that is known, one reading for each role that a thread ever had.
    #[must_use]
    pub fn read(&self) -> Vec<(ThreadRole, Reading)> {
        let state = self.lock();
        ROLES
            .into_iter()
            .filter_map(|role| {
                let mut sum = state.left[role as usize]?;
                for (_, meter) in state.alive.iter().filter(|(of, _)| *of == role) {
                    sum.add(&meter.read());
                }
                Some((role, sum))
            })
            .collect()
    }

    /// Nothing that holds the lock can leave a half-made state behind.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new()
    }
}
