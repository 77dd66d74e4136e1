//! Where the system has files for it, or no call that is known here.

use super::ProcessLimit;

/// Not known here.
pub(crate) fn resident_bytes() -> Option<u64> {
    None
}

/// Not known here.
pub(crate) fn free_bytes() -> Option<u64> {
    None
}

/// Not known here.
pub(crate) fn process_limit() -> Option<ProcessLimit> {
    None
}
