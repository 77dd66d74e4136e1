//! What a forked child does before its work: it drops everything that could reach the
//! parent, or the peers of the parent. It exits without the parent's clean-up.

use std::fs::{self, File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::{Terms, locks, sandbox, signals};

/// The status of a copy that waits for a thread which was not copied.
pub(crate) const STUCK: i32 = 75;
/// The status of a copy whose work panicked.
const PANICKED: i32 = 70;

/// What it gives up of its share of the processor: with ten steps it gets about a tenth
/// of what the original gets where they compete.
const NICE: i32 = 10;

/// Seconds beyond the deadline after which it ends itself: the original comes first.
const GRACE_SECONDS: u64 = 2;

/// In the copy, right after the fork, with all signals blocked.
pub(super) fn run(parent: u32, terms: Terms<'_>, sender: OwnedFd, work: impl FnOnce(File)) -> ! {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        if !terms.outlives_parent {
            end_with(parent);
        }
        lose_descriptors(&sender);
        sandbox::unshare_memory();
        reset_signals();
        end_at(terms.deadline.as_secs() + GRACE_SECONDS);
        step_back();
        sandbox::close(terms.writes_to);
        // SAFETY: this process has one thread, which holds no lock here.
        unsafe { locks::disable() };
        work(File::from(sender));
    }));
    exit(if worked.is_ok() { 0 } else { PANICKED })
}

/// Ends this process as it stands: what the original would do at its end is not ours.
pub(super) fn exit(status: i32) -> ! {
    // SAFETY: does not return.
    unsafe { libc::_exit(status) }
}

/// When the thread that made the fork ends, this process is killed.
fn end_with(parent: u32) {
    // SAFETY: a plain call to the system.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: as above.
    let parent_now = unsafe { libc::getppid() };
    // It ended before it could be asked for.
    if u32::try_from(parent_now) != Ok(parent) {
        exit(0);
    }
}

/// All descriptors but the one that is ours lead to `/dev/null` from here on. Sockets
/// would else stay open while the original closes them; and they are not merely closed,
/// because libuv, which V8's garbage collector may reach through Node, aborts where it
/// cannot write to its own.
fn lose_descriptors(sender: &OwnedFd) {
    // The original may have had none left: the first or second number makes room for the list
    // and then for `/dev/null`. The list comes first: it needs a number only while it is read.
    // SAFETY: this process has its own table of descriptors, and nothing of what runs in it
    // from here on uses another than the sender's.
    unsafe { libc::close(i32::from(sender.as_raw_fd() == 0)) };
    let open = fs::read_dir("/proc/self/fd").into_iter().flatten();
    let open: Vec<i32> = open
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
    for fd in open {
        if fd == sender.as_raw_fd() {
            continue;
        }
        match &null {
            Ok(null) if null.as_raw_fd() == fd => {}
            // SAFETY: as above.
            Ok(null) => unsafe {
                libc::dup3(null.as_raw_fd(), fd, libc::O_CLOEXEC);
            },
            // SAFETY: as above.
            Err(_) => unsafe {
                libc::close(fd);
            },
        }
    }
    // Used up to the end, by the numbers above.
    std::mem::forget(null);
}

/// Handlers of the original would write to its event loop's pipe, or print.
fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: the handlers that are replaced are this process's alone.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: a set of signals is plain data, for which zeroes are valid.
    let mut blocked: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is on this stack.
    unsafe { libc::sigfillset(&raw mut blocked) };
    // These tell of a fault in the work itself, or of the deadline, or end it. All
    // others are meant for the original, whose terminal and group the copy shares.
    for signal in [signals::ALARM, libc::SIGTERM]
        .into_iter()
        .chain(signals::FAULTS)
    {
        // SAFETY: as above.
        unsafe { libc::sigdelset(&raw mut blocked, signal) };
    }
    // SAFETY: as above; the set before is not asked for.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const blocked, ptr::null_mut()) };
}

fn end_at(seconds: u64) {
    // SAFETY: a plain call. SIGALRM has its default action, which is the end.
    unsafe { libc::alarm(u32::try_from(seconds).unwrap_or(u32::MAX)) };
}

/// Whatever is scarce, the original comes first. Each of these may be refused, and the
/// work is done all the same.
fn step_back() {
    // SAFETY: a plain call.
    unsafe { libc::nice(NICE) };
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // A crash of the child is reported, not dumped.
    // SAFETY: the limit lives on this stack.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    // SAFETY: the name is a constant.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"memwatch-fork".as_ptr()) };
    // The first to go where memory runs out.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}
