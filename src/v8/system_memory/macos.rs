//! macOS: the task's resident memory, the pages that the machine has left, and the limit on addresses.

use std::sync::OnceLock;

use super::ProcessLimit;

unsafe extern "C" {
    /// The port of this task, which the system sets before any code runs.
    static mach_task_self_: libc::mach_port_t;
    fn mach_host_self() -> libc::mach_port_t;
}

fn task() -> Option<libc::mach_task_basic_info> {
    // SAFETY: numbers alone, for which zero is a value.
    let mut info: libc::mach_task_basic_info = unsafe { std::mem::zeroed() };
    // In words of four bytes, as the call counts them.
    let mut count = (size_of::<libc::mach_task_basic_info>() / 4) as libc::mach_msg_type_number_t;
    // SAFETY: the flavour has this type, and there is room for as many words as are named.
    let status = unsafe {
        let into = (&raw mut info).cast();
        libc::task_info(
            mach_task_self_,
            libc::MACH_TASK_BASIC_INFO,
            into,
            &raw mut count,
        )
    };
    (status == libc::KERN_SUCCESS).then_some(info)
}

/// As Node's own `rss` is.
pub fn resident_bytes() -> Option<u64> {
    task().map(|info| info.resident_size)
}

/// What the machine has left: free pages, and those that nobody used for a while, as Node's own `os.freemem()` counts.
pub fn free_bytes() -> Option<u64> {
    // Each call would take another reference to the port.
    static HOST: OnceLock<libc::mach_port_t> = OnceLock::new();
    // SAFETY: a plain question.
    let host = *HOST.get_or_init(|| unsafe { mach_host_self() });
    // SAFETY: numbers alone, for which zero is a value.
    let mut pages: libc::vm_statistics64 = unsafe { std::mem::zeroed() };
    let mut count = (size_of::<libc::vm_statistics64>() / 4) as libc::mach_msg_type_number_t;
    // SAFETY: the flavour has this type, and there is room for as many words as are named.
    let status = unsafe {
        let into = (&raw mut pages).cast();
        libc::host_statistics64(host, libc::HOST_VM_INFO64, into, &raw mut count)
    };
    // SAFETY: a plain question.
    let page_bytes = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let free = u64::from(pages.free_count) + u64::from(pages.inactive_count);
    (status == libc::KERN_SUCCESS).then(|| free * page_bytes)
}

/// The limit on addresses (`ulimit -v`); `None` where there is none.
pub fn process_limit() -> Option<ProcessLimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: there is room for the two numbers.
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    if failed != 0 || limit.rlim_cur == libc::RLIM_INFINITY {
        return None;
    }
    Some(ProcessLimit {
        bytes: limit.rlim_cur,
        used: task()?.virtual_size,
    })
}
