//! The program that the addon is loaded into. Its functions have to be found by name on Windows, where the addon is
//! linked without an import library (`microsoft/host.h`); elsewhere the system's loader has bound them. And Node unloads
//! an addon when the last worker that loaded it ends, while threads of ours may run.

#[cfg(all(windows, target_env = "gnu"))]
unsafe extern "C" {
    fn mw_host_bind() -> *const std::ffi::c_char;
}

/// The first function that the program does not export. To be asked before any other call of this room.
#[cfg(all(windows, target_env = "gnu"))]
pub fn missing_function() -> Option<String> {
    // SAFETY: any thread may call it; the name that it gives is a constant.
    let name = unsafe {
        let name = mw_host_bind();
        (!name.is_null()).then(|| std::ffi::CStr::from_ptr(name))
    };
    name.map(|name| name.to_string_lossy().into_owned())
}

/// None is: the addon would not have been loaded.
#[cfg(not(all(windows, target_env = "gnu")))]
pub(crate) fn missing_function() -> Option<String> {
    None
}

/// From here on the addon stays in memory to the end of the process. Elsewhere it is linked so, or has thread-local
/// variables, which keep it.
#[cfg(windows)]
pub fn stay_loaded() {
    use std::ffi::c_void;

    /// `GET_MODULE_HANDLE_EX_FLAG_PIN`, `GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS`.
    const FLAGS: u32 = 0x1 | 0x4;
    unsafe extern "system" {
        fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
    }
    static HERE: u8 = 0;
    let mut module = std::ptr::null_mut();
    // SAFETY: an address inside of this module, and room for its handle, which is not closed.
    unsafe { GetModuleHandleExW(FLAGS, (&raw const HERE).cast(), &raw mut module) };
}

/// As said above.
#[cfg(not(windows))]
pub(crate) fn stay_loaded() {}
