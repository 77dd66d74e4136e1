//! How far a command is: written by the thread that works, polled by the one that draws. Draws nothing.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What the working thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Bytes become columns.
    Reading,
    /// Dominators, sizes, distances.
    Analyzing,
    /// The question of the command.
    Answering,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Reading, Self::Analyzing, Self::Answering];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading",
            Self::Analyzing => "analyzing",
            Self::Answering => "answering",
        }
    }
}

/// Shared between the two threads. Relaxed ordering: nothing depends on it but a line on a terminal.
#[derive(Debug, Default)]
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

    /// The bytes that were read, for a reader that counts them itself.
    #[must_use]
    pub const fn counter(&self) -> &AtomicU64 {
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

    /// The present stage.
    #[must_use]
    pub fn stage(&self) -> Stage {
        let stage = usize::from(self.stage.load(Ordering::Relaxed));
        Stage::ALL.get(stage).copied().unwrap_or(Stage::Answering)
    }

    /// Bytes of the present file that were read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of the present file; 0 where that is not known.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes.load(Ordering::Relaxed)
    }
}
