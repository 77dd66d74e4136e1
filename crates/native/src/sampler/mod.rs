//! Which stacks allocated what is alive, in a process that already runs. While it is stopped, no slot of any table is
//! changed and no function of it is called. Symbols are not its business (`symbols`), nor is anything that V8 maps.

#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64"))]
use linux as platform;

#[cfg(not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")))]
mod elsewhere;
#[cfg(not(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")))]
use elsewhere as platform;

pub use platform::{
    allocated_without_samples, announce, available, collects, demangled, read, refresh, start,
    stop, table,
};

/// The most frames of native code that a stack keeps: those nearest to the allocation.
pub const MOST_FRAMES: usize = 64;
/// The most frames that are walked: JavaScript's are behind those of native code, and of a thread that has announced itself
/// they are looked for so far.
pub const MOST_WALKED: usize = 160;
/// The most words that the function for JavaScript's frames may write.
pub const MOST_JAVASCRIPT: usize = 16;
/// Stands in a stack of native frames for the code of JavaScript that called: no function has this address.
pub const JAVASCRIPT_CODE: u64 = 1;

/// A frame of a stack that is being read.
#[derive(Clone, Copy, Debug, Default)]
pub struct WalkedFrame {
    /// Where its callee returns to.
    pub address: u64,
    /// Its frame pointer, where its code keeps one.
    pub frame_pointer: u64,
}

/// What the function for JavaScript's frames has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoundJavaScript {
    /// The words that it has written.
    pub words: usize,
    /// The first frame that is code of JavaScript or its engine's own: what is further out is no native stack any more.
    pub first_frame: Option<usize>,
}

/// Writes a word for each frame of JavaScript, the innermost first. It is called inside `malloc`, and only on threads that
/// have announced themselves, with what they announced themselves with; never while their garbage is collected, and never
/// for what it allocates itself. It gets the stack as data, calls no function of the engine, and waits for no lock. `read`
/// gives a word of the stack.
pub type JavaScriptFrames = fn(
    announced: usize,
    frames: &[WalkedFrame],
    read: &dyn Fn(u64) -> Option<u64>,
    words: &mut [u64],
) -> FoundJavaScript;

/// How to sample.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes between two samples, on average: at the start, or always.
    pub mean_bytes: u64,
    /// Whether the mean follows the rate of samples: raised above 300 a second, halved below 50.
    pub adapts: bool,
    /// Who knows JavaScript.
    pub javascript: Option<JavaScriptFrames>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mean_bytes: 512 * 1024,
            adapts: true,
            javascript: None,
        }
    }
}

/// Why sampling did not start. Nothing has been changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not on this system or processor.
    Unsupported(&'static str),
    /// It runs already.
    Running,
    /// A thread is still inside of the run before.
    Leaving,
    /// No module calls `malloc` through a table: a program without shared libraries.
    NoTable,
    /// `malloc` belongs to a library that is no known allocator: a sanitizer, another sampler.
    Allocator(String),
    /// The system refused to make a page of a table writable.
    Protected,
    /// The system gave no memory for the tables.
    Memory,
}

impl Refused {
    /// The error code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsupported(_) => "ERR_MEMWATCH_NATIVE_SITES_UNSUPPORTED",
            Self::Running => "ERR_MEMWATCH_NATIVE_SITES_RUNNING",
            Self::Leaving => "ERR_MEMWATCH_NATIVE_SITES_BUSY",
            Self::NoTable => "ERR_MEMWATCH_NATIVE_SITES_NO_TABLE",
            Self::Allocator(_) => "ERR_MEMWATCH_NATIVE_SITES_ALLOCATOR",
            Self::Protected => "ERR_MEMWATCH_NATIVE_SITES_PROTECTED",
            Self::Memory => "ERR_MEMWATCH_NATIVE_SITES_MEMORY",
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsupported(reason) => f.write_str(reason),
            Self::Running => f.write_str("native allocations are sampled already"),
            Self::Leaving => f.write_str("a thread has not left the sampler yet; start it later"),
            Self::NoTable => f.write_str(
                "malloc is not called through a table of this program, so it cannot be sampled",
            ),
            Self::Allocator(library) => write!(
                f,
                "malloc belongs to {library}, which is no allocator that memwatch knows"
            ),
            Self::Protected => {
                f.write_str("the system refuses to make the tables of functions writable")
            }
            Self::Memory => f.write_str("the system gives no memory for the tables of samples"),
        }
    }
}

impl std::error::Error for Refused {}

/// What allocated through one stack and is alive. All but `samples` are estimates.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Return addresses, the innermost first.
    pub frames: Vec<u64>,
    /// What the function for JavaScript's frames wrote.
    pub javascript: Vec<u64>,
    /// Bytes that the live blocks take from the allocator.
    pub live_bytes: f64,
    /// Live blocks.
    pub live_blocks: f64,
    /// The variance of `live_bytes` by the chance of sampling.
    pub variance: f64,
    /// Live blocks that were sampled.
    pub samples: u64,
    /// Bytes that this stack has allocated since the start.
    pub allocated_bytes: f64,
}

/// A module of the process, for names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its file.
    pub path: String,
    /// What its addresses in the file are moved by.
    pub base: u64,
    /// Its addresses in memory.
    pub range: std::ops::Range<u64>,
}

/// All that is known since the start.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Stacks with live samples or with allocations since the start.
    pub stacks: Vec<Stack>,
    /// The modules that addresses belong to.
    pub modules: Vec<Module>,
    /// Samples taken since the start.
    pub samples: u64,
    /// Of them, those that the tables had no room for or whose turn another thread had.
    pub dropped: u64,
    /// Samples whose stack could not be read: they stand in one row without frames.
    pub without_stack: u64,
    /// The mean of the moment, in bytes.
    pub mean_bytes: u64,
    /// For how long it has been sampling.
    pub milliseconds: u64,
    /// The file that `malloc` belongs to.
    pub allocator: String,
}
