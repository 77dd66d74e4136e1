//! How much memory this process may still take: the limits of the process, of the control
//! groups it is in, and of the machine; and whom the system ends where one is reached. Reads
//! what Linux tells; elsewhere there is no limit known here. Decides nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// The limits that hold for this process, found once.
#[derive(Default)]
pub struct Limits {
    /// From `/proc/self/limits`: on the address space, on the data segment.
    address_space: Option<u64>,
    data: Option<u64>,
    /// Its own control group, and those around it.
    groups: Vec<Group>,
}

/// What is thought of contents of files that a control group keeps in memory and would
/// give up first: where much is read and written, nearly all of its limit is taken by them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cached {
    /// Quickly told.
    IsTaken,
    /// As it is when memory is asked for. The kernel adds up many numbers to tell it.
    IsFree,
}

impl Limits {
    pub fn find() -> Self {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Self {
            address_space: limit(&limits, "Max address space"),
            data: limit(&limits, "Max data size"),
            groups: Group::all(&groups),
        }
    }

    /// Only those at which the system ends not one process but a whole control group, this
    /// process among it; `None` where it does so at none. The machine's memory is one where
    /// any group around is so.
    pub fn where_all_end() -> Option<Self> {
        let mut limits = Self::find();
        limits.groups.retain(|group| group.ends_all);
        (!limits.groups.is_empty()).then_some(Self {
            address_space: None,
            data: None,
            ..limits
        })
    }

    /// Bytes; the least that any limit leaves.
    pub fn free_bytes(&self, cached: Cached) -> u64 {
        let status = if self.address_space.is_some() || self.data.is_some() {
            fs::read_to_string("/proc/self/status").unwrap_or_default()
        } else {
            String::new()
        };
        let below = |limit: Option<u64>, used: Option<u64>| Some(limit?.saturating_sub(used?));
        let in_system = fs::read_to_string("/proc/meminfo")
            .ok()
            .and_then(|text| kilobytes(&text, "MemAvailable:"));
        let of_process = [
            below(self.address_space, kilobytes(&status, "VmSize:")),
            below(self.data, kilobytes(&status, "VmData:")),
            in_system,
        ];
        let of_groups = self.groups.iter().map(|group| group.free_bytes(cached));
        let free = of_process.into_iter().chain(of_groups).flatten().min();
        free.unwrap_or(u64::MAX)
    }
}

/// Bytes of its own that this process has in memory. One that replaces a page which it shared
/// with the process it is a copy of has no more than before.
pub fn own_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "RssAnon:").unwrap_or(0)
}

/// The files of a control group that tell of its memory.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// In `memory.stat`, with what the groups inside have.
    cached: &'static str,
}

const VERSION_2: Files = Files {
    limit: "memory.max",
    used: "memory.current",
    cached: "inactive_file",
};

const VERSION_1: Files = Files {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    cached: "total_inactive_file",
};

/// 1 where the system ends all processes of a group together when it ends one of them for
/// want of memory, as Kubernetes has it. Of the second version alone.
const TOGETHER: &str = "memory.oom.group";

/// A control group with a limit on its memory, or one that is ended as a whole.
struct Group {
    directory: PathBuf,
    files: &'static Files,
    /// At its limit, and at any around it, all end: its own processes, or those of a group
    /// inside which this process is in.
    ends_all: bool,
}

impl Group {
    /// Each group that limits the memory of this process, from `/proc/self/cgroup`: its
    /// own and those around it. In a container the group's own directory is often the
    /// root of what is mounted.
    fn all(groups: &str) -> Vec<Self> {
        let of = |root, controller, files: &'static Files| {
            let path = path_of(groups, controller)?;
            let own = Path::new(root).join(path);
            let around = own.ancestors().take_while(|one| one.starts_with(root));
            let mut ends_all = false;
            let those = around.filter_map(|one| {
                // From the inside out, as the kernel looks from the process that it has
                // chosen up to the group whose limit was reached.
                ends_all |= number(&one.join(TOGETHER)) == Some(1);
                let is_limited = number(&one.join(files.limit)).is_some();
                (is_limited || ends_all).then(|| Self {
                    directory: one.to_owned(),
                    files,
                    ends_all,
                })
            });
            Some(those.collect())
        };
        let found: [Option<Vec<Self>>; 2] = [
            of("/sys/fs/cgroup", "", &VERSION_2),
            of("/sys/fs/cgroup/memory", "memory", &VERSION_1),
        ];
        found.into_iter().flatten().flatten().collect()
    }

    fn free_bytes(&self, cached: Cached) -> Option<u64> {
        let limit = number(&self.directory.join(self.files.limit))?;
        let used = number(&self.directory.join(self.files.used))?;
        let cached = match cached {
            Cached::IsTaken => 0,
            Cached::IsFree => fs::read_to_string(self.directory.join("memory.stat"))
                .ok()
                .and_then(|text| counted(&text, self.files.cached))
                .unwrap_or(0),
        };
        Some(limit.saturating_sub(used.saturating_sub(cached)))
    }
}

/// The group of this process for a controller, below the root of its hierarchy.
fn path_of<'text>(groups: &'text str, controller: &str) -> Option<&'text str> {
    groups.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (_, names, path) = (fields.next()?, fields.next()?, fields.next()?);
        names
            .split(',')
            .any(|name| name == controller)
            .then(|| path.trim_start_matches('/'))
    })
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

/// A number from a line `name 123`.
fn counted(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

fn number(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
