//! The sampler in a real process: a library that allocates is compiled, loaded while the sampler runs, and its
//! allocations are compared with what was asked for.
#![cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
#![allow(unsafe_code, reason = "a C library is called")]

use std::collections::BTreeMap;
use std::ffi::{CString, c_void};
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use memwatch_native::sampler::{
    self, FoundJavaScript, JAVASCRIPT_CODE, Options, Reading, Refused, Stack, WalkedFrame,
};
use memwatch_native::{names, symbols};

/// The sampler is the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The functions of `leaky.c`.
struct Leaky {
    handle: usize,
}

type Allocate = unsafe extern "C" fn(usize) -> *mut c_void;
type Reallocate = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void);
type FreeWithErrno = unsafe extern "C" fn(*mut c_void) -> i32;

impl Leaky {
    /// Compiles the library under a name of its own, and loads it.
    fn load(name: &str) -> Self {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/leaky.c");
        let library = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-shared", "-fPIC", "-fno-optimize-sibling-calls"]);
        let status = compiler.arg("-o").arg(&library).arg(source).status();
        assert!(status.expect("a C compiler").success());
        let path = CString::new(library.to_string_lossy().into_owned()).expect("a path");
        // SAFETY: a library of ours without constructors.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY) } as usize;
        assert_ne!(handle, 0);
        Self { handle }
    }

    fn shared() -> &'static Self {
        static SHARED: OnceLock<Leaky> = OnceLock::new();
        SHARED.get_or_init(|| Self::load("libshared.so"))
    }

    fn address(&self, name: &str) -> usize {
        let name = CString::new(name).expect("a name");
        // SAFETY: the handle of a loaded library.
        let address = unsafe { libc::dlsym(self.handle as *mut c_void, name.as_ptr()) } as usize;
        assert_ne!(address, 0);
        address
    }

    /// What allocates and what frees, to be called again and again.
    fn allocator(&self) -> (Allocate, Free) {
        let [malloc, free] = ["leaky_malloc", "leaky_free"].map(|name| self.address(name));
        // SAFETY: `leaky.c` has a function of this type under this name.
        let allocate = unsafe { std::mem::transmute::<usize, Allocate>(malloc) };
        // SAFETY: as above.
        let free = unsafe { std::mem::transmute::<usize, Free>(free) };
        (allocate, free)
    }

    fn allocate(&self, name: &str, size: usize) -> usize {
        // SAFETY: `leaky.c` has a function of this type under each name that is used here.
        let function = unsafe { std::mem::transmute::<usize, Allocate>(self.address(name)) };
        // SAFETY: as above.
        unsafe { function(size) as usize }
    }

    fn reallocate(&self, block: usize, size: usize) -> usize {
        let address = self.address("leaky_realloc");
        // SAFETY: as above.
        let function = unsafe { std::mem::transmute::<usize, Reallocate>(address) };
        // SAFETY: the block is of this allocator.
        unsafe { function(block as *mut c_void, size) as usize }
    }

    fn free(&self, block: usize) {
        let address = self.address("leaky_free");
        // SAFETY: as above.
        let function = unsafe { std::mem::transmute::<usize, Free>(address) };
        // SAFETY: a block that is freed once.
        unsafe { function(block as *mut c_void) };
    }
}

fn options(mean_bytes: u64) -> Options {
    Options {
        mean_bytes,
        adapts: false,
        javascript: None,
    }
}

/// The functions of a stack in a file, the innermost first.
fn functions(reading: &Reading, stack: &Stack, file: &str) -> Vec<String> {
    let module = reading.modules.iter().find(|one| one.path.ends_with(file));
    let module = module.expect("the module is known");
    let here = stack
        .frames
        .iter()
        .filter(|&frame| module.range.contains(frame));
    let wanted: Vec<u64> = here.map(|frame| frame - 1 - module.base).collect();
    let mut elf = File::open(&module.path).expect("its file");
    let found = symbols::find(&mut elf, &wanted).expect("its symbols");
    let found = found.names.into_iter().flatten();
    found
        .map(|name| names::short(&sampler::demangled(&name)))
        .collect()
}

/// Live bytes, ± their standard deviation, by the innermost function of the file.
fn by_function(reading: &Reading, file: &str) -> BTreeMap<String, (f64, f64)> {
    let mut all = BTreeMap::new();
    for stack in &reading.stacks {
        if let Some(name) = functions(reading, stack, file).into_iter().next() {
            let row: &mut (f64, f64) = all.entry(name).or_default();
            row.0 += stack.live_bytes;
            row.1 = (row.1.powi(2) + stack.variance).sqrt();
        }
    }
    all
}

#[test]
fn what_stays_is_found_under_its_function_and_what_is_freed_is_not() {
    let _one = alone();
    sampler::start(options(32 * 1024)).expect("starts");
    // Loaded after the start: the next reading puts the hooks in.
    let leaky = Leaky::load("liblater.so");
    sampler::refresh();
    let ways = ["leaky_malloc", "leaky_calloc", "leaky_aligned"];
    let mut kept: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for round in 0..4000 {
        for way in ways {
            kept.entry(way).or_default().push(leaky.allocate(way, 3000));
        }
        let grown = leaky.reallocate(leaky.allocate("leaky_malloc", 100), 3000);
        kept.entry("leaky_realloc").or_default().push(grown);
        // Garbage between what stays.
        leaky.free(leaky.allocate("leaky_malloc", 500 + round));
    }
    let reading = sampler::read().expect("runs");
    let found = by_function(&reading, "liblater.so");
    for (way, blocks) in &kept {
        // glibc: 8 bytes in front, and the size is a multiple of 16.
        let truth = blocks.len() as f64 * 3016.0;
        let (bytes, deviation) = found[*way];
        assert!(
            (bytes - truth).abs() < 5.0 * deviation,
            "{way}: {bytes} ± {deviation}, {truth}"
        );
        assert!(deviation < truth / 8.0, "{way}: {deviation} of {truth}");
    }
    for block in kept.into_values().flatten() {
        leaky.free(block);
    }
    let after = by_function(&sampler::read().expect("runs"), "liblater.so");
    assert!(after.is_empty(), "{after:?}");
    assert!(
        reading.samples > 500 && reading.dropped * 50 < reading.samples,
        "{reading:?}"
    );
    assert_eq!(reading.without_stack, 0);
    assert!(
        reading.allocator.starts_with("libc.so"),
        "{}",
        reading.allocator
    );
    sampler::stop();
}

#[test]
fn after_the_end_every_table_holds_what_it_held_before() {
    let _one = alone();
    Leaky::shared();
    let before = sampler::table();
    for _ in 0..3 {
        let changed = sampler::start(options(1 << 20)).expect("starts");
        let during = sampler::table();
        let different = before
            .iter()
            .zip(&during)
            .filter(|(one, other)| one != other);
        assert_eq!(different.count(), changed);
        assert!(changed >= 8, "{changed}");
        assert_eq!(sampler::start(options(1)), Err(Refused::Running));
        assert_eq!(sampler::stop(), changed);
        assert_eq!(sampler::table(), before);
    }
    assert_eq!(sampler::stop(), 0);
    assert!(sampler::read().is_none());
}

#[test]
fn it_may_start_and_end_while_threads_allocate() {
    let _one = alone();
    let leaky = Leaky::shared();
    // The loader writes a word at its first call: those are over before the words are compared.
    for way in ["leaky_malloc", "leaky_calloc", "leaky_aligned"] {
        leaky.free(leaky.reallocate(leaky.allocate(way, 10), 20));
    }
    let before = sampler::table();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for seed in 1..5_usize {
            let is_over = &is_over;
            scope.spawn(move || {
                let (mut blocks, mut state) = (Vec::new(), seed);
                while !is_over.load(Relaxed) {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    let size = (state >> 33) % 9000;
                    match (state >> 20) % 4 {
                        0 => blocks.push(leaky.allocate("leaky_calloc", size)),
                        1 => blocks.push(leaky.allocate("leaky_malloc", size)),
                        2 => {
                            let moved = blocks.pop().unwrap_or_default();
                            blocks.push(leaky.reallocate(moved, size + 1));
                        }
                        _ => blocks
                            .drain(blocks.len() / 2..)
                            .for_each(|block| leaky.free(block)),
                    }
                }
                blocks.into_iter().for_each(|block| leaky.free(block));
            });
        }
        for _ in 0..40 {
            sampler::start(options(4096)).expect("starts");
            while sampler::read().expect("runs").samples < 50 {
                std::thread::yield_now();
            }
            sampler::stop();
        }
        is_over.store(true, Relaxed);
    });
    assert_eq!(sampler::table(), before);
}

#[test]
fn the_child_of_a_fork_does_not_sample_and_the_parent_goes_on() {
    let _one = alone();
    let leaky = Leaky::shared();
    let (malloc, free) = leaky.allocator();
    sampler::start(options(4096)).expect("starts");
    for _ in 0..20 {
        // SAFETY: the child calls the allocator alone, which glibc keeps usable, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            for size in 0..20_000 {
                // SAFETY: as above.
                let block = unsafe { malloc(size) };
                // SAFETY: as above; each block is freed once.
                unsafe { free(block) };
            }
            // SAFETY: ends the process without its destructors.
            unsafe { libc::_exit(0) };
        }
        let mut status = -1;
        // SAFETY: waits for our own child.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
    }
    let before = sampler::read().expect("runs").samples;
    let kept: Vec<usize> = (0..1000)
        .map(|_| leaky.allocate("leaky_malloc", 4096))
        .collect();
    assert!(sampler::read().expect("runs").samples > before + 100);
    kept.into_iter().for_each(|block| leaky.free(block));
    sampler::stop();
}

#[test]
fn a_hook_of_free_keeps_the_reason_of_the_last_failure() {
    let _one = alone();
    let leaky = Leaky::shared();
    let address = leaky.address("leaky_errno");
    // SAFETY: as in `Leaky`.
    let free = unsafe { std::mem::transmute::<usize, FreeWithErrno>(address) };
    sampler::start(options(1)).expect("starts");
    for _ in 0..100 {
        let block = leaky.allocate("leaky_malloc", 4000);
        // SAFETY: a block that is freed once.
        assert_eq!(unsafe { free(block as *mut c_void) }, 123);
    }
    assert!(sampler::read().expect("runs").samples >= 99);
    sampler::stop();
}

#[test]
fn the_mean_rises_when_there_are_too_many_samples() {
    let _one = alone();
    let leaky = Leaky::shared();
    let adapting = Options {
        adapts: true,
        ..options(64 * 1024)
    };
    sampler::start(adapting).expect("starts");
    for _ in 0..2_000_000 {
        leaky.free(leaky.allocate("leaky_malloc", 64 * 1024));
        if sampler::read().expect("runs").mean_bytes > 64 * 1024 {
            break;
        }
    }
    assert!(sampler::read().expect("runs").mean_bytes > 64 * 1024);
    sampler::stop();
}

/// What the function for JavaScript was asked with last, and how often.
static ASKED_WITH: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Says that the second frame is JavaScript, and allocates, which a real one does not.
fn javascript(
    announced: usize,
    frames: &[WalkedFrame],
    read: &dyn Fn(u64) -> Option<u64>,
    words: &mut [u64],
) -> FoundJavaScript {
    ASKED.fetch_add(1, Relaxed);
    ASKED_WITH.store(announced, Relaxed);
    let leaky = Leaky::shared();
    leaky.free(leaky.allocate("leaky_malloc", 1 << 20));
    // The stack is read within its bounds alone.
    let local = 0_u64;
    assert!(frames.len() > 2 && read(((&raw const local).addr() as u64 + 512) & !7).is_some());
    assert_eq!([0, 1, u64::MAX - 7].map(read), [None; 3]);
    words[..2].copy_from_slice(&[70, 71]);
    FoundJavaScript {
        words: 2,
        first_frame: Some(1),
    }
}

#[test]
fn only_a_thread_that_has_announced_itself_is_asked_for_javascript() {
    let _one = alone();
    let leaky = Leaky::shared();
    let (malloc, free) = leaky.allocator();
    let allocate = || {
        for _ in 0..50 {
            // SAFETY: as above.
            let block = unsafe { malloc(4000) };
            // SAFETY: as above; each block is freed once.
            unsafe { free(block) };
        }
    };
    let asked = || ASKED.swap(0, Relaxed);
    sampler::start(Options {
        javascript: Some(javascript),
        ..options(1)
    })
    .expect("starts");
    asked();
    allocate();
    assert_eq!(asked(), 0, "nobody has announced itself");
    sampler::announce(5);
    allocate();
    assert!(
        (49..=60).contains(&asked()),
        "once for each, and not for its own"
    );
    assert_eq!(ASKED_WITH.load(Relaxed), 5);
    // V8's own threads have a current isolate too: theirs is another thread's stack.
    std::thread::scope(|scope| {
        scope.spawn(allocate).join().expect("ends");
    });
    // The thread that started that one allocates for it, and is asked.
    let own = asked();
    assert!(own < 40, "{own} for the other thread");
    sampler::collects(true);
    sampler::collects(true);
    allocate();
    sampler::collects(false);
    allocate();
    assert_eq!(asked(), 0, "not while garbage is collected");
    sampler::collects(false);
    // One that had begun before anybody said so.
    sampler::collects(false);
    allocate();
    assert!(asked() >= 49);
    let kept = leaky.allocate("leaky_malloc", 5000);
    let reading = sampler::read().expect("runs");
    let of_it = reading
        .stacks
        .iter()
        .find(|one| one.live_bytes > 4900.0 && one.javascript == [70, 71]);
    let frames = &of_it.expect("its stack").frames;
    assert_eq!((frames.len(), frames[1]), (2, JAVASCRIPT_CODE));
    leaky.free(kept);
    sampler::announce(0);
    asked();
    allocate();
    assert_eq!(asked(), 0, "it has ended");
    sampler::stop();
}
