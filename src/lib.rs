//! The addon: the only code of memwatch that knows Node or V8. This file is the
//! list of its rooms; each exports its part of the native surface to `lib/`, the
//! JavaScript face, which nobody else calls.
//!
//! | module | what it is |
//! | --- | --- |
//! | `monitor` | one per environment: collection → tracker, trend → queue → one wake → payload |
//! | `inbox` | what happens inside a collection, and what waits for the event loop |
//! | `rss` | the resident set of this process |
//! | `heap_diff` | snapshot in, snapshot out, what changed |
//! | `snapshots` | questions to snapshot files, off the main thread |
//! | `sites` | which line? the sampler, its profiles over time, suspects |
//! | `memory` | how much memory a snapshot may take |
//! | `probe` | what the loader needs to know of this runtime |
//! | `rounds` | does repeated work leave memory behind? |
//! | `error` | errors with a `code` |
//! | `v8` | the safe face of V8, and all unsafe code |

#![deny(unsafe_code)]

mod error;
mod heap_diff;
mod inbox;
mod memory;
mod monitor;
mod payload;
mod probe;
mod rounds;
mod rss;
mod sites;
mod snapshots;
#[expect(
    unsafe_code,
    reason = "the calls to V8 and Node-API that napi does not cover"
)]
mod v8;
