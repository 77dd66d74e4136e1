//! The addon: the only code of memwatch that knows Node or V8. This file lists its
//! modules; each exports its part of the native interface to `lib/`, which is its only
//! caller. None of these functions throws: see
//! `v8/export.rs`.
//!
//! | module | what it is |
//! | --- | --- |
//! | `environment` | one per isolate: GC hook → tracker, trend → one queue → one wake → payload |
//! | `meters` | the counters of all threads |
//! | `allocated` | how much the program has allocated so far |
//! | `page` | where a dashboard of this process listens for its threads |
//! | `rss` | the resident set of this process |
//! | `heap_diff` | snapshot in, snapshot out, what changed |
//! | `live` | snapshots of the running program, in a forked child or inline |
//! | `object_numbers` | V8's numbers of objects, and when they may be forgotten |
//! | `give_back` | returns memory that a snapshot has left with the allocator to the system |
//! | `snapshots` | questions to snapshot files, off the main thread |
//! | `sites` | which line? the sampler, its profiles over time, suspects |
//! | `memory` | how much memory a snapshot may take |
//! | `native_memory` | where the resident set is, and memory that the allocator returns |
//! | `native_sites` | which functions outside of JavaScript allocate what stays |
//! | `signal` | a signal from outside that calls JavaScript |
//! | `probe` | facts about this runtime that the loader checks |
//! | `rounds` | does repeated work leave memory behind? |
//! | `wake` | runs a JavaScript callback on the event loop |
//! | `clock` | the wall clock |
//! | `file_lock` | which process has a file? |
//! | `error` | errors with a `code` |
//! | `v8` | the safe interface to V8, and all unsafe code |

#![expect(
    clippy::unit_arg,
    reason = "a native function without a result answers as any other, with undefined"
)]

mod allocated;
mod clock;
mod environment;
mod error;
mod file_lock;
mod gentle;
mod give_back;
mod heap_diff;
mod live;
mod malloc_free;
mod memory;
mod meters;
mod native_memory;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod native_sites;
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")))]
#[path = "native_sites_elsewhere.rs"]
mod native_sites;
mod object_numbers;
mod page;
mod payload;
mod probe;
mod quiet;
mod rounds;
mod rss;
mod signal;
mod sites;
mod snapshots;
mod threads;
#[expect(
    unsafe_code,
    reason = "the calls to V8 and Node-API that napi does not cover"
)]
mod v8;
mod wake;

use napi::bindgen_prelude::Object;
use napi_derive::napi;

/// All that JavaScript calls.
const EXPORTS: &[&[v8::Export]] = &[
    environment::EXPORTS,
    file_lock::EXPORTS,
    heap_diff::EXPORTS,
    live::EXPORTS,
    live::LIMIT_EXPORTS,
    meters::EXPORTS,
    native_memory::EXPORTS,
    native_sites::EXPORTS,
    page::EXPORTS,
    probe::EXPORTS,
    quiet::EXPORTS,
    rounds::EXPORTS,
    signal::EXPORTS,
    sites::EXPORTS,
    sites::labels::EXPORTS,
    snapshots::EXPORTS,
    threads::EXPORTS,
];

/// Node loads the addon.
#[napi(module_exports)]
fn register(mut exports: Object<'_>) -> napi::Result<()> {
    v8::stay_loaded();
    // In the words of a loader, as lib/addon.js reads them.
    if let Some(name) = v8::missing_function() {
        return Err(napi::Error::from_reason(format!(
            "undefined symbol: {name}"
        )));
    }
    for export in EXPORTS.iter().copied().flatten() {
        export.define(&mut exports)?;
    }
    Ok(())
}
