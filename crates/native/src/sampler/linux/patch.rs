//! Which words are changed, and what they held before. The real functions are what the tables hold: an allocator that
//! was preloaded stays in place.

use std::ffi::CStr;
use std::ops::Range;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::modules::{self, Loaded};
use super::slots::{self, Kind, Write};
use super::{hooks, real, unwind};
use crate::sampler::Refused;

struct Hook {
    name: &'static CStr,
    function: usize,
    real: &'static AtomicUsize,
}

fn hooks() -> [Hook; 8] {
    let hook = |name, function, real| Hook {
        name,
        function,
        real,
    };
    [
        hook(
            c"malloc",
            hooks::malloc as *const () as usize,
            &real::MALLOC,
        ),
        hook(c"free", hooks::free as *const () as usize, &real::FREE),
        hook(
            c"calloc",
            hooks::calloc as *const () as usize,
            &real::CALLOC,
        ),
        hook(
            c"realloc",
            hooks::realloc as *const () as usize,
            &real::REALLOC,
        ),
        hook(
            c"memalign",
            hooks::memalign as *const () as usize,
            &real::MEMALIGN,
        ),
        hook(
            c"aligned_alloc",
            hooks::aligned_alloc as *const () as usize,
            &real::ALIGNED_ALLOC,
        ),
        hook(
            c"posix_memalign",
            hooks::posix_memalign as *const () as usize,
            &real::POSIX_MEMALIGN,
        ),
        hook(
            c"dlopen",
            hooks::dlopen as *const () as usize,
            &real::DLOPEN,
        ),
    ]
}

/// How many of them an allocator must have: those without which a block could be lost sight of.
const NEEDED: usize = 4;
/// That of `dlopen`, which is the program's and no allocator's.
const DLOPEN: usize = 7;

/// What is changed in this process, and what keeps it valid.
pub(super) struct Installed {
    pub modules: Vec<Loaded>,
    /// The file that `malloc` belongs to.
    pub allocator: String,
    changed: Vec<Write>,
}

impl Installed {
    /// Finds the allocator. Nothing is changed yet.
    pub(super) fn prepare() -> Result<Self, Refused> {
        let mut modules = Vec::new();
        modules::add_new(&mut modules);
        let address = hooks::malloc as *const () as usize;
        if !modules::keep_for_good(&modules, address) {
            return Err(Refused::Unsupported(
                "the addon cannot be kept loaded, which its hooks need",
            ));
        }
        let allocator = resolve(&modules)?;
        Ok(Self {
            modules,
            allocator,
            changed: Vec::new(),
        })
    }

    /// The addresses of our own code.
    pub(super) fn own(&self) -> Range<u64> {
        let address = hooks::malloc as *const () as usize;
        let own = self.modules.iter().find(|one| one.contains(address));
        // The code of a test is in the program itself, as are the hooks: its frames are no one's own.
        match own.filter(|one| !one.is_main) {
            Some(own) => own.described().range,
            None => 0..0,
        }
    }

    /// Puts hooks into all words that have none: of modules that came later, and those that the loader has written since.
    pub(super) fn update(&mut self) -> Result<(), Refused> {
        let before = self.modules.len();
        modules::add_new(&mut self.modules);
        let writes = wanted(&self.modules);
        if !writes.is_empty() {
            // SAFETY: slots of modules that this value keeps loaded.
            let written = unsafe { slots::write(writes) }.ok_or(Refused::Protected)?;
            // What the loader has written in the meantime is what comes back.
            let again = |one: &Write| written.iter().any(|new| new.address == one.address);
            self.changed.retain(|one| !again(one));
            self.changed.extend(written);
        }
        if before != self.modules.len() {
            unwind::use_modules(&self.modules, self.own());
        }
        Ok(())
    }

    /// How many words are changed.
    pub(super) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Words that hold a hook of ours get back what they held. How many did.
    pub(super) fn take_out(&mut self) -> usize {
        let back = self.changed.drain(..).map(|one| Write {
            address: one.address,
            from: one.to,
            to: one.from,
        });
        // SAFETY: as in `update`.
        let written = unsafe { slots::write(back.collect()) };
        written.map_or(0, |written| written.len())
    }
}

/// The words to change now.
fn wanted(modules: &[Loaded]) -> Vec<Write> {
    let hooks = hooks();
    let own = hooks[0].function;
    let mut writes = Vec::new();
    for module in modules.iter().filter(|one| !one.contains(own)) {
        let with_dlopen = module.is_main && !slots::has_search_path(module);
        slots::each(module, |slot| {
            let Some(at) = hooks.iter().position(|hook| hook.name == slot.name) else {
                return;
            };
            let hook = &hooks[at];
            let real = hook.real.load(Relaxed);
            if real == 0 || (at == DLOPEN && (!with_dlopen || slot.kind != Kind::Call)) {
                return;
            }
            // SAFETY: the module is kept loaded.
            let value = unsafe { slots::value(slot.address) };
            // A stub of the module itself is a call that was not made yet. One of the program leads through its table.
            let is_stub = slot.kind == Kind::Call && value != 0 && module.contains(value);
            if value == real || is_stub {
                writes.push(Write {
                    address: slot.address,
                    from: value,
                    to: hook.function,
                });
            }
        });
    }
    writes
}

/// Finds the functions behind the tables. The name of the library that has them.
fn resolve(modules: &[Loaded]) -> Result<String, Refused> {
    let hooks = hooks();
    let mut malloc = 0;
    let mut dlopen = 0;
    for module in modules {
        slots::each(module, |slot| {
            // SAFETY: the module is kept loaded.
            let value = unsafe { slots::value(slot.address) };
            let is_call = slot.kind != Kind::Data && !module.contains(value);
            if is_call && malloc == 0 && slot.name == hooks[0].name {
                malloc = value;
            }
            if is_call && module.is_main && slot.name == hooks[DLOPEN].name {
                dlopen = value;
            }
        });
    }
    let owner = modules
        .iter()
        .find(|one| malloc != 0 && one.contains(malloc));
    let owner = owner.filter(|one| !one.is_main).ok_or(Refused::NoTable)?;
    let name = owner.file_name();
    let is_known = is_glibc(&name) || is_allocator(&name);
    if !is_known || owner.function(c"malloc") != malloc {
        return Err(Refused::Allocator(name));
    }
    let functions = hooks.each_ref().map(|hook| owner.function(hook.name));
    if functions[..NEEDED].contains(&0) {
        return Err(Refused::Allocator(name));
    }
    for (hook, function) in hooks.iter().zip(functions) {
        hook.real.store(function, Relaxed);
    }
    real::DLOPEN.store(dlopen, Relaxed);
    real::USABLE.store(owner.function(c"malloc_usable_size"), Relaxed);
    real::HEADER.store(if is_glibc(&name) { 8 } else { 0 }, Relaxed);
    Ok(name)
}

fn is_glibc(name: &str) -> bool {
    name.starts_with("libc.so") || name.starts_with("libc-2")
}

/// Allocators whose blocks may be sampled. A sanitizer or another profiler is none of them.
fn is_allocator(name: &str) -> bool {
    let is_named = |part: &&str| name.contains(*part);
    ["jemalloc", "mimalloc", "tcmalloc"].iter().any(is_named)
        && !["profiler", "debug"].iter().any(is_named)
}

/// The words of all modules that belong to the allocator, and what they hold: for tests.
pub(super) fn table() -> Vec<(usize, usize)> {
    let mut modules = Vec::new();
    modules::add_new(&mut modules);
    let hooks = hooks();
    let mut all = Vec::new();
    for module in &modules {
        slots::each(module, |slot| {
            if hooks.iter().any(|hook| hook.name == slot.name) {
                // SAFETY: the module is kept loaded.
                all.push((slot.address, unsafe { slots::value(slot.address) }));
            }
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_allocators_are_known() {
        for name in ["libc.so.6", "libc-2.31.so"] {
            assert!(is_glibc(name), "{name}");
        }
        for name in [
            "libjemalloc.so.2",
            "libmimalloc.so.2.1",
            "libtcmalloc_minimal.so.4",
        ] {
            assert!(is_allocator(name) && !is_glibc(name), "{name}");
        }
        for name in [
            "libasan.so.8",
            "libtcmalloc_and_profiler.so.4",
            "libheaptrack_preload.so",
        ] {
            assert!(!is_allocator(name) && !is_glibc(name), "{name}");
        }
    }
}
