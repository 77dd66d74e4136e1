//! How far a command is: written by the thread that works, looked at by JavaScript
//! whenever it draws. Draws nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What the working thread is doing.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Stage {
    /// Bytes become columns.
    Reading,
    /// Dominators, sizes, distances.
    Analysing,
    /// The question of the command.
    Answering,
}

impl Stage {
    const NAMES: [&'static str; 3] = ["reading", "analysing", "answering"];
}

/// Shared between the two threads. Loose ordering: it is only looked at.
#[derive(Default)]
pub struct Progress {
    stage: AtomicU8,
    bytes: AtomicU64,
    total_bytes: AtomicU64,
}

impl Progress {
    /// The next file is read, of this many bytes; 0 where that is not known.
    pub fn reading(&self, total_bytes: u64) {
        self.bytes.store(0, Ordering::Relaxed);
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        self.enter(Stage::Reading);
    }

    /// The bytes that were read, for who counts them itself.
    pub fn bytes(&self) -> &AtomicU64 {
        &self.bytes
    }

    /// More bytes were read.
    pub fn read(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Another stage begins.
    pub fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }
}

/// What JavaScript sees of it.
#[derive(Default)]
pub struct CommandProgress {
    pub(super) shared: Arc<Progress>,
}

impl CommandProgress {
    /// The name of the stage.
    pub fn stage(&self) -> &'static str {
        let stage = self.shared.stage.load(Ordering::Relaxed);
        Stage::NAMES[usize::from(stage).min(Stage::NAMES.len() - 1)]
    }

    /// Bytes of the present file that were read.
    pub fn bytes(&self) -> f64 {
        self.shared.bytes.load(Ordering::Relaxed) as f64
    }

    /// Bytes of the present file; 0 where that is not known.
    pub fn total_bytes(&self) -> f64 {
        self.shared.total_bytes.load(Ordering::Relaxed) as f64
    }
}
