//! The modules of this process. Each is kept loaded while it is in use here: its slots and its unwind information
//! cannot go away then. Asking the loader for that also waits for its lock, so that no module is seen half relocated.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ops::Range;

use crate::sampler::Module;

/// A module, with its program headers read. Addresses are those of the file; `base` is what they are moved by.
pub(super) struct Loaded {
    pub name: CString,
    pub base: u64,
    pub range: Range<u64>,
    /// What is mapped from the file.
    pub segments: Vec<Range<u64>>,
    pub text: Option<Range<u64>>,
    pub unwind_header: Option<Range<u64>>,
    pub dynamic: Option<Range<u64>>,
    /// The program itself.
    pub is_main: bool,
    /// What keeps it loaded; null for the program.
    handle: *mut c_void,
}

// SAFETY: the handle belongs to the process, and the loader has a lock of its own.
unsafe impl Send for Loaded {}

impl Loaded {
    /// Whether an address of the process is in the module.
    pub(super) fn contains(&self, address: usize) -> bool {
        self.range
            .contains(&(address as u64).wrapping_sub(self.base))
    }

    /// The last part of its name.
    pub(super) fn file_name(&self) -> String {
        let name = self.name.to_string_lossy();
        name.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// The function of this name in the module or what it depends on.
    pub(super) fn function(&self, name: &CStr) -> usize {
        if self.handle.is_null() {
            return 0;
        }
        // SAFETY: a handle of the loader, held by this value.
        unsafe { libc::dlsym(self.handle, name.as_ptr()) as usize }
    }

    /// What others may know of it.
    pub(super) fn described(&self) -> Module {
        let path = if self.is_main {
            "/proc/self/exe".into()
        } else {
            self.name.to_string_lossy()
        };
        Module {
            path: path.into_owned(),
            base: self.base,
            range: self.base + self.range.start..self.base + self.range.end,
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.base == other.base && self.name == other.name
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // SAFETY: the handle was opened by `keep` for this value alone.
            unsafe { libc::dlclose(self.handle) };
        }
    }
}

/// Adds the modules that have come since, each kept loaded. Not for a hook, but for that of `dlopen`.
pub(super) fn add_new(known: &mut Vec<Loaded>) {
    let mut found: Vec<Loaded> = Vec::new();
    // SAFETY: the function below gets the address of `found`, and is not called after this returns.
    unsafe { libc::dl_iterate_phdr(Some(each), (&raw mut found).cast()) };
    for mut module in found {
        let is_known = known.iter().any(|one| one.is(&module));
        if !is_known && (module.is_main || keep(&mut module)) {
            known.push(module);
        }
    }
}

/// Has the loader count one user more. False where it has gone, or another has its name.
fn keep(module: &mut Loaded) -> bool {
    // SAFETY: a name of the loader's own list; nothing is loaded and no constructor runs.
    let handle = unsafe { libc::dlopen(module.name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    if handle.is_null() {
        return false;
    }
    module.handle = handle;
    // SAFETY: glibc's handle is a `struct link_map`, which begins with the module's base.
    let base = unsafe { *handle.cast::<u64>() };
    base == module.base
}

/// Keeps the module that holds `address` loaded for good: a thread may be inside of its code after the end.
pub(super) fn keep_for_good(modules: &[Loaded], address: usize) -> bool {
    let Some(own) = modules.iter().find(|one| one.contains(address)) else {
        return false;
    };
    let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // SAFETY: as in `keep`; this user is never taken back.
    own.is_main || unsafe { !libc::dlopen(own.name.as_ptr(), flags).is_null() }
}

/// One module of the loader's list, which nobody changes meanwhile.
unsafe extern "C" fn each(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    found: *mut c_void,
) -> c_int {
    // SAFETY: `add_new` passes its vector, and does not touch it meanwhile.
    let found = unsafe { &mut *found.cast::<Vec<Loaded>>() };
    // SAFETY: the loader passes a description that is valid for this call.
    let info = unsafe { &*info };
    let name = if info.dlpi_name.is_null() {
        c""
    } else {
        // SAFETY: a string of the loader.
        unsafe { CStr::from_ptr(info.dlpi_name) }
    };
    let file = name.to_bytes().rsplit(|&byte| byte == b'/').next();
    // The loader and the kernel's page call no allocator through a table.
    let is_foreign = |name: &[u8]| name.starts_with(b"ld-linux") || name.starts_with(b"linux-");
    if info.dlpi_phdr.is_null() || file.is_some_and(is_foreign) {
        return 0;
    }
    // SAFETY: the module's program headers, as many as is said.
    let headers =
        unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let mut module = Loaded {
        name: name.to_owned(),
        base: info.dlpi_addr,
        range: Range {
            start: u64::MAX,
            end: 0,
        },
        segments: Vec::new(),
        text: None,
        unwind_header: None,
        dynamic: None,
        is_main: found.is_empty(),
        handle: std::ptr::null_mut(),
    };
    for header in headers {
        let range = header.p_vaddr..header.p_vaddr + header.p_memsz;
        match header.p_type {
            libc::PT_LOAD => {
                module.range.start = module.range.start.min(range.start);
                module.range.end = module.range.end.max(range.end);
                if header.p_flags & libc::PF_R != 0 {
                    module
                        .segments
                        .push(range.start..range.start + header.p_filesz);
                }
                if header.p_flags & libc::PF_X != 0 {
                    // Node's code has two or three such segments.
                    let text = module.text.get_or_insert_with(|| range.clone());
                    *text = text.start.min(range.start)..text.end.max(range.end);
                }
            }
            libc::PT_GNU_EH_FRAME => module.unwind_header = Some(range),
            libc::PT_DYNAMIC => module.dynamic = Some(range),
            _ => {}
        }
    }
    let is_inside = |part: &Range<u64>| {
        let segment = module.segments.iter().find(|one| one.contains(&part.start));
        segment.is_some_and(|one| part.end <= one.end)
    };
    module.unwind_header = module.unwind_header.take().filter(is_inside);
    found.push(module);
    0
}
