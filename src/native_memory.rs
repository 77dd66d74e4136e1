//! Where the resident set of a process is, of this one or another, and memory that goes back to the
//! system on request. Off the main thread: the kernel adds up each mapping of the process, and the
//! allocator locks its arenas. What the rows are is decided in `crates/native`, what JavaScript gets
//! in `crates/report`; it comes as JSON.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use memwatch_native::accounting::{Malloc, Rows, account, stack_limit, total, whole};
use memwatch_native::{allocator, handles};
use memwatch_report::{NativeMemoryReading, NativeMemoryReport, TrimReport};
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use serde::Serialize;

use crate::clock::since_epoch;
use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("nativeMemory", |call| {
        call.answer(AsyncTask::new(ReadMemory {
            pid: call.argument(0)?,
            isolate_bytes: call.argument(1)?,
            array_buffers_bytes: call.argument(2)?,
        }))
    }),
    Export::new("trimNativeMemory", |call| call.answer(AsyncTask::new(Trim))),
];

/// Of this process where no other is named. The numbers of the isolate are V8's, read on its thread.
pub(crate) struct ReadMemory {
    pid: Option<u32>,
    isolate_bytes: Option<f64>,
    array_buffers_bytes: Option<f64>,
}

impl Task for ReadMemory {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let process = self.pid.map_or_else(
            || PathBuf::from("/proc/self"),
            |pid| format!("/proc/{pid}").into(),
        );
        let (allocator, malloc) = match self.pid {
            None => allocator::own(),
            Some(_) => (of_mapped_libraries(&process), None),
        };
        let reading = NativeMemoryReading {
            rows: rows(&process, malloc),
            allocator,
            malloc,
            isolate_bytes: self.isolate_bytes.map(|bytes| bytes as u64),
            array_buffers_bytes: self.array_buffers_bytes.map(|bytes| bytes as u64),
            handles: handles::of(&process),
        };
        let at_us = since_epoch().as_micros() as i64;
        Ok(json(&NativeMemoryReport::of(&reading, at_us)))
    }

    fn resolve(&mut self, _: Env, report: String) -> napi::Result<String> {
        Ok(report)
    }
}

/// Has the allocator give back what it does not use, and says what came of it; `null` where it has no way to.
pub(crate) struct Trim;

impl Task for Trim {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let free = || {
            let (name, malloc) = allocator::own();
            let rows = rows(Path::new("/proc/self"), malloc);
            (name, rows.and_then(|rows| rows.malloc_free))
        };
        let (name, most_bytes) = free();
        let began = Instant::now();
        let has_trimmed = allocator::trim();
        let duration_ms = began.elapsed().as_secs_f64() * 1e3;
        let report = name.filter(|_| has_trimmed).map(|allocator| TrimReport {
            allocator: allocator.into(),
            most_bytes,
            returned_bytes: most_bytes
                .zip(free().1)
                .map(|(most, left)| most.saturating_sub(left)),
            duration_ms,
        });
        Ok(json(&report))
    }

    fn resolve(&mut self, _: Env, report: String) -> napi::Result<String> {
        Ok(report)
    }
}

/// The rows of a process; `None` where its mappings cannot be read.
fn rows(process: &Path, malloc: Option<Malloc>) -> Option<Rows> {
    let smaps = File::open(process.join("smaps")).ok()?;
    let mappings = whole(BufReader::new(smaps)).ok()?;
    // Directly after, for they are to be of one moment. Older kernels have the sum alone.
    let rollup = fs::read_to_string(process.join("smaps_rollup"));
    let sum = || mappings.iter().map(|one| one.resident).sum();
    let total = rollup.ok().as_deref().and_then(total).unwrap_or_else(sum);
    let limits = fs::read_to_string(process.join("limits"));
    let most_stack = limits.ok().as_deref().and_then(stack_limit);
    (total > 0).then(|| account(&mappings, total, most_stack, malloc))
}

fn of_mapped_libraries(process: &Path) -> Option<allocator::Allocator> {
    let maps = fs::read(process.join("maps")).ok()?;
    allocator::of_libraries(String::from_utf8_lossy(&maps).lines())
}

/// A report of numbers and names cannot fail to be written.
fn json(report: &impl Serialize) -> String {
    serde_json::to_string(report).unwrap_or_default()
}
