//! Descriptors, by what is behind them, and threads of a process, as the kernel lists them. A number
//! that the system does not say is `None`.

use std::fs;
use std::path::Path;

/// Descriptors whose kind is read one by one. Of more only the number is known.
const MOST_READ: u64 = 20_000;

/// How many of each are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handles {
    /// All descriptors.
    pub descriptors: u64,
    /// Of them sockets.
    pub sockets: Option<u64>,
    /// Of them files, directories and devices.
    pub files: Option<u64>,
    /// Of them pipes.
    pub pipes: Option<u64>,
    /// Threads of the system, whoever has started them.
    pub threads: Option<u64>,
}

/// Those of a process, by its directory in `/proc`; `None` where there is no such list, or it is another user's.
#[must_use]
pub fn of(process: &Path) -> Option<Handles> {
    let mut kinds = [0; 3];
    let mut descriptors: u64 = 0;
    let mut all_read = true;
    let mut has_own = false;
    let directory = process.join("fd");
    let itself = fs::canonicalize(&directory).ok();
    for entry in fs::read_dir(&directory).ok()?.flatten() {
        descriptors += 1;
        if descriptors > MOST_READ {
            all_read = false;
            continue;
        }
        let Ok(to) = fs::read_link(entry.path()) else {
            continue;
        };
        // That of the directory that is being read.
        has_own |= itself.as_ref() == Some(&to);
        if let Some(kind) = to.to_str().and_then(kind) {
            kinds[kind] += 1;
        }
    }
    let [sockets, files, pipes] = kinds.map(|count| all_read.then_some(count));
    let tasks = fs::read_dir(process.join("task")).ok();
    Some(Handles {
        descriptors: descriptors - u64::from(has_own),
        sockets,
        files,
        pipes,
        threads: tasks.map(|tasks| tasks.count() as u64),
    })
}

/// Sockets, files, pipes: by where a descriptor leads to.
fn kind(to: &str) -> Option<usize> {
    match to {
        to if to.starts_with("socket:") => Some(0),
        to if to.starts_with('/') && !to.starts_with("/proc/") => Some(1),
        to if to.starts_with("pipe:") => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_told_apart_by_what_is_behind_them() {
        let kinds = [
            "socket:[1]",
            "/srv/a.log (deleted)",
            "pipe:[2]",
            "/proc/12/fd",
            "anon_inode:[eventpoll]",
        ]
        .map(kind);
        assert_eq!(kinds, [Some(0), Some(1), Some(2), None, None]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn open_files_are_counted() {
        let own = || of(Path::new("/proc/self")).expect("a list");
        let before = own();
        let files: Vec<_> = (0..50).map(|_| fs::File::open("/dev/null")).collect();
        let after = own();
        let more = after.files.expect("files") - before.files.expect("files");
        drop(files);
        // Other tests open files, too.
        assert!((40..=90).contains(&more), "{before:?} {after:?}");
        assert!(after.descriptors >= before.descriptors + 40);
        assert!(after.threads.is_some_and(|threads| threads > 0));
        assert_eq!(of(Path::new("/proc/none")), None);
    }
}
