//! Windows: the working set, the memory that the machine and its paging files have left, and job objects, by which
//! containers and servers limit a process. The types are those of `psapi.h`, `sysinfoapi.h` and `jobapi2.h`.

use std::ffi::c_void;
use std::ptr;

use super::ProcessLimit;

type Handle = *mut c_void;

/// `PROCESS_MEMORY_COUNTERS_EX`.
#[repr(C)]
#[derive(Default)]
struct ProcessMemory {
    size: u32,
    page_faults: u32,
    peak_working_set: usize,
    working_set: usize,
    quotas: [usize; 4],
    pagefile: usize,
    peak_pagefile: usize,
    private: usize,
}

/// `MEMORYSTATUSEX`.
#[repr(C)]
#[derive(Default)]
struct MachineMemory {
    size: u32,
    load: u32,
    physical: u64,
    physical_free: u64,
    commit_limit: u64,
    commit_free: u64,
    addresses: u64,
    addresses_free: u64,
    extended: u64,
}

/// `JOBOBJECT_EXTENDED_LIMIT_INFORMATION`.
#[repr(C)]
#[derive(Default)]
struct JobLimits {
    times: [i64; 2],
    flags: u32,
    working_sets: [usize; 2],
    processes: u32,
    affinity: usize,
    priorities: [u32; 2],
    transfers: [u64; 6],
    of_process: usize,
    of_job: usize,
    peaks: [usize; 2],
}

/// `JOBOBJECT_MEMORY_USAGE_INFORMATION`.
#[repr(C)]
#[derive(Default)]
struct JobUse {
    now: u64,
    peak: u64,
}

const _: () = assert!(size_of::<ProcessMemory>() == 80);
const _: () = assert!(size_of::<MachineMemory>() == 64);
const _: () = assert!(size_of::<JobLimits>() == 144);
const _: () = assert!(size_of::<JobUse>() == 16);

/// `JobObjectExtendedLimitInformation`, `JobObjectMemoryUsageInformation` (Windows 10 and later).
const JOB_LIMITS: i32 = 9;
const JOB_USE: i32 = 28;
/// `JOB_OBJECT_LIMIT_PROCESS_MEMORY`, `JOB_OBJECT_LIMIT_JOB_MEMORY`.
const LIMITS_PROCESS: u32 = 0x100;
const LIMITS_JOB: u32 = 0x200;

unsafe extern "system" {
    fn GetCurrentProcess() -> Handle;
    fn K32GetProcessMemoryInfo(process: Handle, into: *mut ProcessMemory, size: u32) -> i32;
    fn GlobalMemoryStatusEx(into: *mut MachineMemory) -> i32;
    fn QueryInformationJobObject(
        job: Handle,
        class: i32,
        into: *mut c_void,
        size: u32,
        written: *mut u32,
    ) -> i32;
}

fn own() -> Option<ProcessMemory> {
    let mut memory = ProcessMemory {
        size: size_of::<ProcessMemory>() as u32,
        ..ProcessMemory::default()
    };
    // SAFETY: the handle means this process and needs no closing; there is room for as many bytes as are named.
    let is_read =
        unsafe { K32GetProcessMemoryInfo(GetCurrentProcess(), &raw mut memory, memory.size) };
    (is_read != 0).then_some(memory)
}

/// The working set, as Node's own `rss` is.
pub fn resident_bytes() -> Option<u64> {
    own().map(|memory| memory.working_set as u64)
}

/// What the machine has left for this process: the less of physical memory and of what can still be committed.
pub fn free_bytes() -> Option<u64> {
    let mut memory = MachineMemory {
        size: size_of::<MachineMemory>() as u32,
        ..MachineMemory::default()
    };
    // SAFETY: there is room for as many bytes as the first field says.
    let is_read = unsafe { GlobalMemoryStatusEx(&raw mut memory) };
    (is_read != 0).then(|| memory.physical_free.min(memory.commit_free))
}

/// The limits of the job object that this process is in.
fn of_job<T: Default>(class: i32) -> Option<T> {
    let mut found = T::default();
    // SAFETY: no handle means the job of this process; the class has this type, and there is room for it.
    let is_read = unsafe {
        let into = (&raw mut found).cast();
        QueryInformationJobObject(
            ptr::null_mut(),
            class,
            into,
            size_of::<T>() as u32,
            ptr::null_mut(),
        )
    };
    (is_read != 0).then_some(found)
}

/// The tightest limit of its job object on committed memory, of this process or of all in the job; `None` where there
/// is none.
pub fn process_limit() -> Option<ProcessLimit> {
    let limits: JobLimits = of_job(JOB_LIMITS)?;
    let private = own()?.private as u64;
    let of_process = (limits.flags & LIMITS_PROCESS != 0).then_some(ProcessLimit {
        bytes: limits.of_process as u64,
        used: private,
    });
    // Before Windows 10 the job does not say what it uses: what this process does is the least.
    let of_job = (limits.flags & LIMITS_JOB != 0).then(|| ProcessLimit {
        bytes: limits.of_job as u64,
        used: of_job::<JobUse>(JOB_USE).map_or(private, |job| job.now),
    });
    let found = [of_process, of_job].into_iter().flatten();
    found.min_by_key(|limit| limit.bytes.saturating_sub(limit.used))
}
