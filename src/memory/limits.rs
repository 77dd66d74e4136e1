//! How much memory this process may still take: the limits of the process, of the control
//! groups it is in, and of the machine; and which process the system kills at each. Reads
//! the files of Linux, and elsewhere uses `v8/system_memory`. Decides nothing.

use std::fs;
use std::path::Path;

use memwatch_detector::limits::Group;

use crate::v8::{self, ProcessLimit};

/// The limits that hold for this process, found once.
#[derive(Default)]
pub(super) struct Limits {
    /// From `/proc/self/limits`: on the address space, on the data segment.
    address_space: Option<u64>,
    data: Option<u64>,
    /// Its own control group, and those around it.
    groups: Vec<Group>,
}

/// What is thought of contents of files that a control group keeps in memory and would
/// give up first: where much is read and written, nearly all of its limit is taken by them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cached {
    /// Quickly told.
    IsTaken,
    /// As it is when memory is asked for. The kernel adds up many numbers to tell it.
    IsFree,
}

/// A file of Linux, as the pure part reads it. Elsewhere such a path may lead anywhere.
pub(super) fn read(path: &Path) -> Option<String> {
    cfg!(target_os = "linux")
        .then(|| fs::read_to_string(path).ok())
        .flatten()
}

impl Limits {
    pub(super) fn find() -> Self {
        let limits = read(Path::new("/proc/self/limits")).unwrap_or_default();
        Self {
            address_space: limit(&limits, "Max address space"),
            data: limit(&limits, "Max data size"),
            groups: Group::all(&read),
        }
    }

    /// Only those at which the system ends not one process but a whole control group, this
    /// process among it; `None` where it does so at none. The machine's memory is one where
    /// any group around is so.
    pub(super) fn where_all_end() -> Option<Self> {
        let mut limits = Self::find();
        limits.groups.retain(|group| group.ends_all);
        (!limits.groups.is_empty()).then_some(Self {
            address_space: None,
            data: None,
            ..limits
        })
    }

    /// Bytes; the least that any limit leaves.
    pub(super) fn free_bytes(&self, cached: Cached) -> u64 {
        let status = if self.address_space.is_some() || self.data.is_some() {
            read(Path::new("/proc/self/status")).unwrap_or_default()
        } else {
            String::new()
        };
        let below = |limit: Option<u64>, used: Option<u64>| Some(limit?.saturating_sub(used?));
        let in_system =
            read(Path::new("/proc/meminfo")).and_then(|text| kilobytes(&text, "MemAvailable:"));
        let by_call = |limit: ProcessLimit| limit.bytes.saturating_sub(limit.used);
        let of_process = [
            below(self.address_space, kilobytes(&status, "VmSize:")),
            below(self.data, kilobytes(&status, "VmData:")),
            in_system,
            v8::free_bytes(),
            v8::process_limit().map(by_call),
        ];
        let of_groups = self
            .groups
            .iter()
            .map(|group| group.free_bytes(&read, cached == Cached::IsFree));
        let free = of_process.into_iter().chain(of_groups).flatten().min();
        free.unwrap_or(u64::MAX)
    }
}

/// Bytes of its own that this process has in memory. One that replaces a page which it shared
/// with the process it is a copy of has no more than before.
pub(super) fn own_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "RssAnon:").unwrap_or(0)
}

/// The soft limit in bytes from a line of `/proc/self/limits`; `None` when there
/// is none.
fn limit(limits: &str, name: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with(name))?;
    line[name.len()..].split_whitespace().next()?.parse().ok()
}

/// Bytes from a line `Name:  123 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
