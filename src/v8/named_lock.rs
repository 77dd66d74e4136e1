//! A lock on a file or a directory on Windows that does not prevent reading, writing, renaming or removing it: a
//! named kernel object, named by the volume and the number of the file. The system releases it when the
//! process ends, however it ends. It has nothing to do with V8; it is here because to call the system is unsafe.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::ptr;

type Handle = *mut c_void;

/// `BY_HANDLE_FILE_INFORMATION`.
#[repr(C)]
#[derive(Default)]
struct FileInformation {
    attributes: u32,
    times: [u32; 6],
    volume: u32,
    size: [u32; 2],
    links: u32,
    number: [u32; 2],
}

const _: () = assert!(size_of::<FileInformation>() == 52);

/// `FILE_FLAG_BACKUP_SEMANTICS`, without which a directory cannot be opened, and `FILE_FLAG_OPEN_REPARSE_POINT`: a link
/// is not followed.
const OPEN_FLAGS: u32 = 0x0200_0000 | 0x0020_0000;
/// `FILE_ATTRIBUTE_REPARSE_POINT`.
const IS_LINK: u32 = 0x400;
/// `ERROR_ACCESS_DENIED`: another user has it. `ERROR_ALREADY_EXISTS`.
const DENIED: u32 = 5;
const EXISTS: u32 = 183;

unsafe extern "system" {
    fn GetFileInformationByHandle(file: Handle, into: *mut FileInformation) -> i32;
    fn CreateMutexW(security: *const c_void, owned: i32, name: *const u16) -> Handle;
    fn GetLastError() -> u32;
    fn CloseHandle(handle: Handle) -> i32;
}

/// Held until it is dropped.
#[derive(Debug)]
pub struct NamedLock(Handle);

/// What came of an attempt.
#[derive(Debug)]
pub enum Attempt {
    Taken(NamedLock),
    Held,
    Unknown,
}

impl NamedLock {
    /// Takes the lock of what has this name, which is no link and is not made.
    pub fn try_take(path: &str) -> Attempt {
        let opened = OpenOptions::new()
            .read(true)
            .custom_flags(OPEN_FLAGS)
            .open(path);
        let Some(name) = opened.ok().as_ref().and_then(name_of) else {
            return Attempt::Unknown;
        };
        let name: Vec<u16> = name.encode_utf16().chain([0]).collect();
        // SAFETY: the name is terminated, and the system copies it.
        let (handle, error) = unsafe {
            let handle = CreateMutexW(ptr::null(), 0, name.as_ptr());
            (handle, GetLastError())
        };
        if handle.is_null() {
            return match error {
                DENIED => Attempt::Held,
                _ => Attempt::Unknown,
            };
        }
        // The object itself is the lock, not its ownership: a process that did not create it closes it again.
        let lock = Self(handle);
        match error {
            EXISTS => Attempt::Held,
            _ => Attempt::Taken(lock),
        }
    }
}

impl Drop for NamedLock {
    fn drop(&mut self) {
        // SAFETY: made by `try_take`, and closed once.
        unsafe { CloseHandle(self.0) };
    }
}

/// What all processes of the machine call the lock of a file.
fn name_of(file: &File) -> Option<String> {
    let mut found = FileInformation::default();
    // SAFETY: the file is open, and there is room for what is read.
    let is_read =
        unsafe { GetFileInformationByHandle(file.as_raw_handle().cast(), &raw mut found) };
    let [high, low] = found.number;
    (is_read != 0 && found.attributes & IS_LINK == 0)
        .then(|| format!("Global\\memwatch-{:x}-{high:x}-{low:x}", found.volume))
}
