//! Where the system has files for it, or no call that is known here.

use super::ProcessLimit;

/// Not known here.
pub fn resident_bytes() -> Option<u64> {
    None
}

/// Not known here.
pub fn free_bytes() -> Option<u64> {
    None
}

/// Not known here.
pub fn process_limit() -> Option<ProcessLimit> {
    None
}
