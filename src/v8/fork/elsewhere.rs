//! In place of `fork` on other systems than Linux: a request for a forked child is
//! refused.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

/// As in `fork`.
pub const CAN_FORK: bool = false;

/// As in `fork`.
pub const STUCK: i32 = 75;

/// As in `fork`.
pub mod signals {
    pub const ALARM: i32 = 14;
    pub const KILL: i32 = 9;
    pub const FAULTS: [i32; 0] = [];
}

/// As in `fork`.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "other platforms do not use them")]
pub struct Terms<'a> {
    pub writes_to: Option<&'a Path>,
    pub deadline: Duration,
    pub outlives_parent: bool,
}

/// As in `fork`.
#[derive(Debug)]
#[allow(dead_code, reason = "made on Linux")]
pub enum Refused {
    Mappings(io::Error),
    System(io::Error),
    Platform,
}

/// There is none.
#[derive(Debug)]
pub struct Child(Infallible);

/// There is nothing to kill.
#[derive(Clone, Debug)]
pub struct Killer(Infallible);

/// As in `fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "made on Linux")]
pub enum Ending {
    Exited(i32),
    Killed(i32),
    Unknown,
}

/// As in `fork`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "made on Linux")]
pub enum Ready {
    Yes,
    NotYet,
}

/// No process is one.
pub fn is_copy() -> bool {
    false
}

/// There is no forked child on this system.
pub fn fork(_terms: Terms<'_>, _work: impl FnOnce(File)) -> Result<Child, Refused> {
    Err(Refused::Platform)
}

impl Child {
    pub fn pid(&self) -> i32 {
        match self.0 {}
    }

    pub fn messages(&self) -> &File {
        match self.0 {}
    }

    pub fn wait_for_message(&self, _at_most: Duration) -> Ready {
        match self.0 {}
    }

    pub fn killer(&self) -> Killer {
        match self.0 {}
    }

    pub fn reap(self) -> Ending {
        match self.0 {}
    }
}

impl Killer {
    pub fn kill(&self) {
        match self.0 {}
    }

    pub fn has_killed(&self) -> bool {
        match self.0 {}
    }
}
