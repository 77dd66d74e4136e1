//! C++ names as people write them, by the C++ library that the program has loaded: a demangler of our own would be a
//! third of the addon's new code. Where there is none, names stay as the compiler wrote them.

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::transmute;
use std::ptr::null_mut;

type Demangle =
    unsafe extern "C" fn(*const c_char, *mut c_char, *mut usize, *mut c_int) -> *mut c_char;

/// The name with parameters, or the same.
#[must_use]
pub fn demangled(name: &str) -> String {
    let Ok(mangled) = CString::new(name) else {
        return name.to_owned();
    };
    // SAFETY: asks the loader for a name that the C++ ABI reserves.
    let function = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"__cxa_demangle".as_ptr()) };
    // Types and variables have short forms too ("f" is float): only what is a function's name is.
    if function.is_null() || !name.starts_with("_Z") {
        return name.to_owned();
    }
    // SAFETY: the C++ ABI gives the type.
    let demangle = unsafe { transmute::<*mut libc::c_void, Demangle>(function) };
    // SAFETY: a string that ends with a zero; the result is ours, or null.
    let text = unsafe { demangle(mangled.as_ptr(), null_mut(), null_mut(), null_mut()) };
    if text.is_null() {
        return name.to_owned();
    }
    // SAFETY: not null, a string; it is copied before it is freed.
    let owned = unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: freed once, by the allocator that the library uses too.
    unsafe { libc::free(text.cast()) };
    owned
}
