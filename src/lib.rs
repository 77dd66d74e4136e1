//! The addon: the only code of memwatch that knows Node or V8. This file is the
//! list of its rooms; each exports its part of the native surface to `lib/`, the
//! JavaScript face, which nobody else calls.
//!
//! | module | what it is |
//! | --- | --- |
//! | `monitor` | one per environment: collection → tracker → queue → one wake → payload |
//! | `meters` | one per environment: every collection → counters that all threads share |
//! | `heap_diff` | snapshot in, snapshot out, what changed |
//! | `snapshots` | questions to snapshot files, off the main thread |
//! | `memory` | how much memory a snapshot may take |
//! | `probe` | what the loader needs to know of this runtime |
//! | `error` | errors with a `code` |
//! | `v8` | the safe face of V8, and all unsafe code |

#![deny(unsafe_code)]

mod error;
mod heap_diff;
mod memory;
mod meters;
mod monitor;
mod payload;
mod probe;
mod snapshots;
#[expect(
    unsafe_code,
    reason = "the calls to V8 and Node-API that napi does not cover"
)]
mod v8;
