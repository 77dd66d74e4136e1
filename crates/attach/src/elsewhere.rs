//! In place of the rest on other systems and processors: processes cannot be read from outside there.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::time::Duration;

use crate::{AttachError, AttachErrorKind, Frozen, Mapping};

/// A process that runs; there is none here.
#[derive(Debug)]
pub struct Process(Infallible);

impl Process {
    /// Refuses.
    ///
    /// # Errors
    ///
    /// [`AttachErrorKind::Unsupported`], always.
    pub fn open(pid: u32) -> Result<Self, AttachError> {
        Err(AttachError::new(
            AttachErrorKind::Unsupported,
            format!(
                "process {pid} cannot be read from outside: that needs Linux on x64, and this is {} on {}",
                std::env::consts::OS,
                std::env::consts::ARCH
            ),
        ))
    }

    /// The file that the process runs.
    ///
    /// # Errors
    ///
    /// Never called.
    pub fn executable(&self) -> io::Result<File> {
        match self.0 {}
    }

    /// The name of that file.
    pub fn program(&self) -> String {
        match self.0 {}
    }

    /// A file that the process has mapped.
    ///
    /// # Errors
    ///
    /// Never called.
    pub fn file(&self, _mapping: &Mapping) -> io::Result<File> {
        match self.0 {}
    }

    /// Whether it still is the process that was opened.
    ///
    /// # Errors
    ///
    /// Never called.
    pub fn check_same(&self) -> Result<(), AttachError> {
        match self.0 {}
    }

    /// What it has mapped.
    ///
    /// # Errors
    ///
    /// Never called.
    pub fn mappings(&self) -> Result<Vec<Mapping>, AttachError> {
        match self.0 {}
    }

    /// Reads memory while the process runs.
    pub fn read(&self, _address: u64, _length: usize) -> Vec<u8> {
        match self.0 {}
    }

    /// Its memory at one moment.
    ///
    /// # Errors
    ///
    /// Never called.
    pub fn freeze(&self, _zeroes: &[u64], _patience: Duration) -> Result<Frozen, AttachError> {
        match self.0 {}
    }
}
