//! The control groups that limit the memory of this process, of both versions, from the
//! files in which Linux reports them. It reads them through a function, so that any tree
//! of files can be tried. It decides nothing.

use std::path::{Path, PathBuf};

/// Reads a whole file; `None` where there is no such file.
pub(super) type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The older version has no word for "no limit", but a number near 2^63, rounded down to
/// pages. No machine has so many bytes.
const UNLIMITED: u64 = 1 << 60;

/// The files of a control group that report its memory.
#[derive(Debug)]
struct Files {
    limit: &'static str,
    used: &'static str,
    /// Where libuv takes for a limit what ends no process: a wish of version 1 that nothing
    /// enforces, and the mark of version 2 at which processes are slowed down.
    wish: Option<&'static str>,
    /// Of memory and swap: in version 1 the limit and the use of both together, in version 2
    /// those of swap alone.
    swap_limit: &'static str,
    swap_used: &'static str,
    swap_is_apart: bool,
    /// In `memory.stat`, with what the groups inside have: contents of files that are given
    /// up first.
    inactive: &'static str,
    /// And what else the kernel gives up before it ends a process.
    reclaimable: &'static [&'static str],
}

static VERSION_2: Files = Files {
    limit: "memory.max",
    used: "memory.current",
    wish: Some("memory.high"),
    swap_limit: "memory.swap.max",
    swap_used: "memory.swap.current",
    swap_is_apart: true,
    inactive: "inactive_file",
    reclaimable: &["active_file", "slab_reclaimable"],
};

static VERSION_1: Files = Files {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    wish: Some("memory.soft_limit_in_bytes"),
    swap_limit: "memory.memsw.limit_in_bytes",
    swap_used: "memory.memsw.usage_in_bytes",
    swap_is_apart: false,
    inactive: "total_inactive_file",
    reclaimable: &["total_active_file"],
};

/// 1 where the system ends all processes of a group together when it ends one of them for
/// want of memory, as Kubernetes has it. Of the second version alone.
const TOGETHER: &str = "memory.oom.group";

/// A control group that accounts for the memory of this process.
#[derive(Clone, Debug)]
pub struct Group {
    directory: PathBuf,
    files: &'static Files,
    /// At its limit, and at any around it, all end: its own processes, or those of a group
    /// inside which this process is in.
    pub ends_all: bool,
}

/// What a limited control group has. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMemory {
    /// Its limit.
    pub limit: u64,
    /// What cannot be given up: what the kernel compares with the limit in the end.
    pub kept: u64,
    /// What may still be taken before the kernel ends a process, swap included.
    pub left: u64,
}

impl Group {
    /// Each group that accounts for the memory of this process: its own and those around it,
    /// from the inside out. In a container the group's own directory is often the root of
    /// what is mounted. A machine may have both versions.
    #[must_use]
    pub fn all(read: Read<'_>) -> Vec<Self> {
        let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
        let of = |root: &str, controller: &str, files: &'static Files| {
            let Some(path) = path_of(&groups, controller) else {
                return Vec::new();
            };
            let root = Path::new(root);
            let own = if path.is_empty() {
                root.to_owned()
            } else {
                root.join(path)
            };
            let mut ends_all = false;
            own.ancestors()
                .take_while(|one| one.starts_with(root))
                .filter_map(|one| {
                    // From the inside out, as the kernel looks from the process that it has
                    // chosen up to the group whose limit was reached.
                    ends_all |= number(read, &one.join(TOGETHER)) == Some(1);
                    let is_there = read(&one.join(files.limit)).is_some();
                    (is_there || ends_all).then(|| Self {
                        directory: one.to_owned(),
                        files,
                        ends_all,
                    })
                })
                .collect()
        };
        let mut found = of("/sys/fs/cgroup", "", &VERSION_2);
        found.extend(of("/sys/fs/cgroup/memory", "memory", &VERSION_1));
        found
    }

    /// Where its files are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its limit in bytes; `None` where it has none.
    #[must_use]
    pub fn limit(&self, read: Read<'_>) -> Option<u64> {
        number(read, &self.directory.join(self.files.limit)).filter(|&bytes| bytes < UNLIMITED)
    }

    /// Bytes below its limit; the contents of files that would be given up first count as
    /// free where `files_are_free`, which takes the kernel longer to report.
    #[must_use]
    pub fn free_bytes(&self, read: Read<'_>, files_are_free: bool) -> Option<u64> {
        let limit = self.limit(read)?;
        let used = number(read, &self.directory.join(self.files.used))?;
        let inactive = files_are_free
            .then(|| read(&self.directory.join("memory.stat")))
            .flatten()
            .and_then(|stat| counted(&stat, self.files.inactive))
            .unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(inactive)))
    }

    /// How near it is to its limit, where the machine has so many bytes of swap free.
    #[must_use]
    pub fn memory(&self, read: Read<'_>, swap_free: u64) -> Option<GroupMemory> {
        let limit = self.limit(read)?;
        let (kept, given_up) = self.kept(read)?;
        let swap_limit = number(read, &self.directory.join(self.files.swap_limit));
        let swap_used = number(read, &self.directory.join(self.files.swap_used));
        let room = limit.saturating_sub(kept);
        let left = match (swap_limit, swap_used) {
            // Version 2 limits swap by itself; "max" is no number, and no limit.
            (Some(most), Some(taken)) if self.files.swap_is_apart => {
                room.saturating_add(most.saturating_sub(taken).min(swap_free))
            }
            // Version 1 limits the two together.
            (Some(most), Some(taken)) => most
                .saturating_sub(taken.saturating_sub(given_up))
                .min(room.saturating_add(swap_free)),
            _ => room.saturating_add(swap_free),
        };
        Some(GroupMemory { limit, kept, left })
    }

    /// What of its use cannot be given up, and what can.
    fn kept(&self, read: Read<'_>) -> Option<(u64, u64)> {
        let used = number(read, &self.directory.join(self.files.used))?;
        let stat = read(&self.directory.join("memory.stat")).unwrap_or_default();
        let given_up: u64 = std::iter::once(&self.files.inactive)
            .chain(self.files.reclaimable)
            .filter_map(|name| counted(&stat, name))
            .sum();
        Some((used.saturating_sub(given_up), given_up))
    }

    /// Whether this number is only a wish of its own.
    fn only_wishes(&self, read: Read<'_>, bytes: u64) -> bool {
        let wish = |name| number(read, &self.directory.join(name));
        self.files.wish.and_then(wish) == Some(bytes)
    }
}

/// The group that is the first to be full if the use of all grows alike, and what it has; a
/// limit that is no smaller than the machine's memory is none. `constrained` is the limit that
/// Node.js knows, 0 where it knows none: it counts where it is smaller than all that the files
/// report. Its path is empty where no group is known.
#[must_use]
pub fn tightest(read: Read<'_>, constrained: u64) -> Option<(PathBuf, GroupMemory)> {
    let meminfo = read(Path::new("/proc/meminfo")).unwrap_or_default();
    let in_machine = kilobytes(&meminfo, "MemTotal:").unwrap_or(UNLIMITED);
    let swap_free = kilobytes(&meminfo, "SwapFree:").unwrap_or(0);
    let groups = Group::all(read);
    let limited: Vec<_> = groups
        .iter()
        .filter_map(|group| {
            let memory = group.memory(read, swap_free)?;
            (memory.limit < in_machine).then(|| (group.directory.clone(), memory))
        })
        .collect();
    let is_smallest = (1..in_machine.min(UNLIMITED)).contains(&constrained)
        && limited.iter().all(|(_, memory)| constrained < memory.limit)
        && !groups
            .iter()
            .any(|group| group.only_wishes(read, constrained))
        && !limits_address_space(read, constrained);
    is_smallest
        .then(|| known_to_node(read, constrained, &groups))
        .flatten()
        .into_iter()
        .chain(limited)
        .min_by_key(|(_, memory)| memory.left)
}

/// Whether this is a limit of this process on addresses or data, which newer releases of libuv
/// report as well. Neither is compared with resident memory.
fn limits_address_space(read: Read<'_>, bytes: u64) -> bool {
    let limits = read(Path::new("/proc/self/limits")).unwrap_or_default();
    ["Max address space", "Max data size"]
        .iter()
        .filter_map(|name| {
            let line = limits.lines().find(|line| line.starts_with(name))?;
            line[name.len()..].split_whitespace().next()?.parse().ok()
        })
        // libuv rounds to pages.
        .any(|limit: u64| limit.abs_diff(bytes) < 1 << 16)
}

/// A limit that no file reports, of the innermost group, or of this process where there is no
/// group. What swap there is for it is not known, and counts as none.
fn known_to_node(read: Read<'_>, limit: u64, groups: &[Group]) -> Option<(PathBuf, GroupMemory)> {
    let of_group = groups
        .iter()
        .find_map(|group| Some((group.directory.clone(), group.kept(read)?.0)));
    let (path, kept) = of_group.or_else(|| {
        let status = read(Path::new("/proc/self/status"))?;
        Some((PathBuf::new(), kilobytes(&status, "VmRSS:")?))
    })?;
    let left = limit.saturating_sub(kept);
    Some((path, GroupMemory { limit, kept, left }))
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

/// Bytes from a line `Name:  123 kB`.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// A number from a line `name 123`.
fn counted(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

fn number(read: Read<'_>, path: &Path) -> Option<u64> {
    read(path)?.trim().parse().ok()
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
