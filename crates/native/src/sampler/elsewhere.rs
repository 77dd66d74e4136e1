//! Where allocations cannot be sampled: each function says so.

use super::{Options, Reading, Refused};

const REASON: &str = "native allocations can be sampled on Linux x64 with glibc only";

/// Whether sampling can be started.
///
/// # Errors
///
/// Always here: why it cannot.
pub fn available() -> Result<(), Refused> {
    Err(Refused::Unsupported(REASON))
}

/// Starts sampling.
///
/// # Errors
///
/// Always here.
pub fn start(_: Options) -> Result<usize, Refused> {
    available().map(|()| 0)
}

/// Nothing runs here.
pub fn stop() -> usize {
    0
}

/// Nothing to look for here.
pub fn refresh() {}

/// Nothing is known here.
#[must_use]
pub fn read() -> Option<Reading> {
    None
}

/// Nobody asks for JavaScript here.
pub fn announce(_: usize) {}

/// As above.
pub fn collects(_: bool) {}

/// No table is read here.
#[doc(hidden)]
#[must_use]
pub fn table() -> Vec<(usize, usize)> {
    Vec::new()
}

/// Runs `work`.
pub fn allocated_without_samples<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// The name as it is.
#[must_use]
pub fn demangled(name: &str) -> String {
    name.to_owned()
}
