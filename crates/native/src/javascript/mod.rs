//! Which functions of JavaScript are on a stack, without a call of the engine: threads that run JavaScript announce
//! themselves, the engine says where the code of each function is (`codes`), and the stack is read (`frames`). No engine is
//! named here: who announces a thread hands on what its engine says. Threads that have not announced themselves are never
//! asked.

mod codes;
mod frames;
mod functions;

use std::collections::HashMap;
use std::marker::PhantomData;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use self::functions::JavaScriptFunction;

use self::codes::Codes;
use self::functions::Functions;
use crate::sampler::{self, FoundJavaScript, WalkedFrame};

/// Threads that run JavaScript and are known at once; what further ones call has no names.
const MOST_THREADS: usize = 64;

/// The code of one isolate, for good: a thread of the engine may still report to it while another one takes it over.
struct Slot {
    /// Who has it; 0 while nobody has.
    owner: AtomicUsize,
    codes: Mutex<Codes>,
}

static SLOTS: [Slot; MOST_THREADS] = [const {
    Slot {
        owner: AtomicUsize::new(0),
        codes: Mutex::new(Codes::new()),
    }
}; MOST_THREADS];
/// Of all isolates. Never taken inside `malloc`.
static FUNCTIONS: Mutex<Functions> = Mutex::new(Functions::new());

fn locked<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of an isolate's code, and from `begin` on this thread's JavaScript is asked for; until it is dropped. It stays
/// on its thread.
pub struct Announced {
    slot: &'static Slot,
    word: usize,
    _stays: PhantomData<*mut ()>,
}

/// This thread runs the JavaScript of `owner`, whose code is told from now on: all that there is comes first. `None` where
/// it is announced already, or too many are.
#[must_use]
pub fn announce(owner: NonZeroUsize) -> Option<Announced> {
    if slot_of(owner.get()).is_some() {
        return None;
    }
    let index = SLOTS.iter().position(|slot| {
        let taken = slot.owner.compare_exchange(0, owner.get(), AcqRel, Relaxed);
        taken.is_ok()
    })?;
    Some(Announced {
        slot: &SLOTS[index],
        word: index + 1,
        _stays: PhantomData,
    })
}

impl Announced {
    /// All code that there is has been told: from here on this thread is asked.
    pub fn begin(&self) {
        sampler::announce(self.word);
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        sampler::announce(0);
        sampler::allocated_without_samples(|| locked(&self.slot.codes).forget());
        self.slot.owner.store(0, Release);
    }
}

fn slot_of(owner: usize) -> Option<&'static Slot> {
    SLOTS
        .iter()
        .find(|slot| slot.owner.load(Acquire) == owner && owner != 0)
}

fn change(owner: usize, change: impl FnOnce(&mut Codes)) {
    if let Some(slot) = slot_of(owner) {
        sampler::allocated_without_samples(|| change(&mut locked(&slot.codes)));
    }
}

/// Code of this name is there. From any thread of the engine.
pub fn added(owner: usize, start: u64, length: u64, name: &[u8]) {
    change(owner, |codes| {
        let word = locked(&FUNCTIONS).word(name);
        codes.add(start, length, word);
    });
}

/// Code has moved. From any thread of the engine, and while garbage is collected.
pub fn moved(owner: usize, from: u64, to: u64) {
    change(owner, |codes| codes.move_to(from, to));
}

/// Code is gone.
pub fn removed(owner: usize, start: u64) {
    change(owner, |codes| codes.remove(start));
}

/// What the sampler asks. A thread of the engine that says something about code at the same time has its turn: the
/// sample then has no JavaScript.
pub fn frames(
    announced: usize,
    frames: &[WalkedFrame],
    read: &dyn Fn(u64) -> Option<u64>,
    words: &mut [u64],
) -> FoundJavaScript {
    let slot = announced.checked_sub(1).and_then(|index| SLOTS.get(index));
    match slot.map(|slot| slot.codes.try_lock()) {
        Some(Ok(codes)) => frames::found(&codes, frames, read, words),
        _ => FoundJavaScript::default(),
    }
}

/// The functions of a reading by their words, those that are known.
#[must_use]
pub fn functions(reading: &sampler::Reading) -> HashMap<u64, JavaScriptFunction> {
    let known = locked(&FUNCTIONS);
    let words = reading.stacks.iter().flat_map(|stack| &stack.javascript);
    words
        .filter_map(|&word| Some((word, known.get(word)?)))
        .collect()
}

/// Forgets all functions: nobody samples any more.
pub fn forget_functions() {
    sampler::allocated_without_samples(|| locked(&FUNCTIONS).forget());
}
