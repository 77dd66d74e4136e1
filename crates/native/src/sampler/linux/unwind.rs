//! The stack of the allocating thread. Takes no lock of the loader and allocates nothing while it reads: DWARF where a
//! module has it, frame pointers through V8's code. Where another thread has the last free cache, the stack is not
//! read; nobody waits.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr};

use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{
    ExplicitModuleSectionInfo, FrameAddress, Module, MustNotAllocateDuringUnwind, Unwinder as _,
};

use super::maps;
use super::modules::Loaded;
use super::thread::{Thread, thread};
use crate::sampler::{MOST_WALKED, WalkedFrame};

type Unwinder = UnwinderX86_64<&'static [u8], MustNotAllocateDuringUnwind>;

/// What is read while unwinding: the modules, and the addresses of our own, whose frames are left out.
struct State {
    unwinder: Unwinder,
    own: Range<u64>,
}

struct Cache {
    taken: AtomicBool,
    inner: UnsafeCell<Option<CacheX86_64<MustNotAllocateDuringUnwind>>>,
}

// SAFETY: `inner` is used by the thread that has set `taken`, and by no other.
unsafe impl Sync for Cache {}

const CACHES: usize = 8;
static CACHE: [Cache; CACHES] = [const {
    Cache {
        taken: AtomicBool::new(false),
        inner: UnsafeCell::new(None),
    }
}; CACHES];
/// Read by a thread that has a cache; freed after each cache was free once since it was replaced.
static STATE: AtomicPtr<State> = AtomicPtr::new(null_mut());

/// Below this much of a stack nothing is read: the reading needs some of it.
const STACK_NEEDED: usize = 24 * 1024;
/// The kernel keeps this much below the first thread's stack free of mappings.
const FIRST_STACK: usize = 128 << 20;

struct Turn(&'static Cache);

impl Turn {
    fn begin() -> Option<Self> {
        let free = |cache: &&Cache| {
            cache
                .taken
                .compare_exchange(false, true, AcqRel, Relaxed)
                .is_ok()
        };
        CACHE.iter().find(free).map(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.taken.store(false, Release);
    }
}

/// The frames from the caller of the hook outwards.
pub(super) struct Walk {
    frames: [WalkedFrame; MOST_WALKED],
    count: usize,
    /// What of the stack may be read.
    readable: Range<u64>,
}

impl Walk {
    /// The frames, the innermost first.
    pub(super) fn frames(&self) -> &[WalkedFrame] {
        &self.frames[..self.count]
    }

    /// A word of the stack, while the thread that was walked is still in the hook.
    pub(super) fn word(&self, address: u64) -> Option<u64> {
        word(&self.readable, address)
    }
}

fn word(readable: &Range<u64>, address: u64) -> Option<u64> {
    if !readable.contains(&address) || !address.is_multiple_of(8) {
        return None;
    }
    // SAFETY: between the stack pointer and the end of this thread's stack, which is aligned.
    Some(unsafe { *(address as *const u64) })
}

/// Walks the stack, so many frames at most. `None` where it cannot be read.
#[inline(never)]
pub(super) fn walk(most: usize) -> Option<Walk> {
    let (pc, sp, fp): (u64, u64, u64);
    // SAFETY: reads registers.
    unsafe {
        std::arch::asm!(
            "lea {0}, [rip]", "mov {1}, rsp", "mov {2}, rbp",
            out(reg) pc, out(reg) sp, out(reg) fp,
            options(nomem, nostack, preserves_flags)
        );
    }
    let end = stack_end(sp as usize)? as u64;
    let turn = Turn::begin()?;
    // SAFETY: what STATE holds is freed only after the cache was free, and this thread has the cache.
    let state = unsafe { STATE.load(Acquire).as_ref() }?;
    // SAFETY: as above: nobody else refers to it.
    let cache = unsafe { &mut *turn.0.inner.get() }.as_mut()?;
    let mut walk = Walk {
        frames: [WalkedFrame::default(); MOST_WALKED],
        count: 0,
        readable: sp..end,
    };
    let mut read = |address: u64| word(&(sp..end), address).ok_or(());
    let mut registers = UnwindRegsX86_64::new(pc, sp, fp);
    let mut at = FrameAddress::from_instruction_pointer(pc);
    while walk.count < most.min(MOST_WALKED) {
        let next = state
            .unwinder
            .unwind_frame(at, &mut registers, cache, &mut read);
        let Ok(Some(address)) = next else { break };
        let Some(caller) = FrameAddress::from_return_address(address) else {
            break;
        };
        at = caller;
        if walk.count == 0 && state.own.contains(&address) {
            continue;
        }
        walk.frames[walk.count] = WalkedFrame {
            address,
            frame_pointer: registers.bp(),
        };
        walk.count += 1;
    }
    Some(walk)
}

/// Where this thread's stack ends, if the pointer is in it and has room below.
fn stack_end(sp: usize) -> Option<usize> {
    // SAFETY: the thread's own variable.
    let own = unsafe { &mut *thread() };
    if own.stack == (0, 0) {
        own.stack = bounds(own, sp).unwrap_or((1, 1));
    }
    let (start, end) = own.stack;
    (start.saturating_add(STACK_NEEDED) < sp && sp < end).then_some(end)
}

/// The bounds of the stack that this thread runs on. glibc puts a thread's own data at the upper end of its stack, the
/// first thread's stack the kernel names. Another stack (a coroutine's, a signal's) is not read.
fn bounds(own: &Thread, sp: usize) -> Option<(usize, usize)> {
    let mapping = maps::find(|one| one.start <= sp && sp < one.end)?;
    if mapping.is_first_stack {
        return Some((mapping.end.saturating_sub(FIRST_STACK), mapping.end));
    }
    let data = std::ptr::from_ref(own) as usize;
    (sp < data && data < mapping.end).then_some((mapping.start, data & !7))
}

/// Reads the modules' unwind information. They stay loaded for as long as they are in use here. Not for a hook.
pub(super) fn use_modules(modules: &[Loaded], own: Range<u64>) {
    let mut unwinder = Unwinder::new();
    for module in modules {
        if let Some(module) = described(module) {
            unwinder.add_module(module);
        }
    }
    for cache in &CACHE {
        if cache
            .taken
            .compare_exchange(false, true, AcqRel, Relaxed)
            .is_ok()
        {
            let turn = Turn(cache);
            // SAFETY: taken by this thread.
            unsafe { (*turn.0.inner.get()).get_or_insert_with(CacheX86_64::new_in) };
        }
    }
    replace(Box::into_raw(Box::new(State { unwinder, own })));
}

/// Forgets the modules.
pub(super) fn forget() {
    replace(null_mut());
}

fn replace(next: *mut State) {
    let before = STATE.swap(next, AcqRel);
    if before.is_null() {
        return;
    }
    // Whoever still reads the one before has a cache. Each is waited for once, and not for ever: the
    // one before is then left.
    for cache in &CACHE {
        let mut tries = 0;
        while cache.taken.load(Acquire) {
            tries += 1;
            if tries > 10_000 {
                return;
            }
            // SAFETY: no conditions.
            unsafe { libc::sched_yield() };
        }
    }
    // SAFETY: made by `use_modules`, no longer in STATE, and nobody reads it.
    drop(unsafe { Box::from_raw(before) });
}

/// In a forked child: the threads that had caches are not there. Their contents may be half written.
pub(super) fn unlock() {
    for cache in &CACHE {
        cache.taken.store(false, Release);
    }
}

fn described(module: &Loaded) -> Option<Module<&'static [u8]>> {
    let header = module.unwind_header.clone()?;
    let text = module.text.clone()?;
    let at = |range: &Range<u64>| {
        let first = (module.base + range.start) as *const u8;
        // SAFETY: inside of a readable segment of a module that stays loaded while it is in use.
        unsafe { std::slice::from_raw_parts(first, (range.end - range.start) as usize) }
    };
    let bytes: &'static [u8] = at(&header);
    // Version 1, and the address of .eh_frame as 4 bytes relative to itself: what ld and lld write.
    let (&[1, 0x1b, _, _], rest) = bytes.split_first_chunk::<4>()? else {
        return None;
    };
    let distance = i32::from_le_bytes(*rest.first_chunk::<4>()?);
    let start = (header.start + 4).checked_add_signed(i64::from(distance))?;
    let segment = module.segments.iter().find(|one| one.contains(&start))?;
    let end = if start < header.start && segment.contains(&header.start) {
        header.start
    } else {
        segment.end
    };
    let frames = start..end;
    Some(Module::new(
        String::new(),
        module.base + module.range.start..module.base + module.range.end,
        module.base + module.range.start,
        ExplicitModuleSectionInfo {
            base_svma: module.range.start,
            text_svma: Some(text),
            eh_frame: Some(at(&frames)),
            eh_frame_svma: Some(frames),
            eh_frame_hdr: Some(bytes),
            eh_frame_hdr_svma: Some(header),
            ..Default::default()
        },
    ))
}
