//! How much memory this process may still take: the limits of the process, of the control
//! groups it is in, and of the machine. Reads what Linux tells; elsewhere there is no limit
//! known here. Decides nothing.

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

/// A control group with a limit on its memory.
struct Group {
    directory: PathBuf,
    files: &'static Files,
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
            let limited = around.filter(|one| number(&one.join(files.limit)).is_some());
            Some(
                limited
                    .map(|one| Self {
                        directory: one.to_owned(),
                        files,
                    })
                    .collect(),
            )
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
