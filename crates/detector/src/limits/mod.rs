//! Which limit on memory comes first: V8's on its heap, or that of the control group (the
//! container) that this process is in.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `group` | which control groups limit this process, how much is used, how much is left? |
//! | `container` | how fast does the use of the tightest one grow, and when is it full? |
//!
//! Pure: files are read by the caller's function, and times are data. It does not know the
//! machine's own memory as a limit, and it ends nothing.

mod container;
mod group;

pub use container::{Approach, Container, first_of};
pub use group::{Group, GroupMemory, tightest};

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKind {
    /// The heap of one thread, at which V8 ends the process or the worker.
    V8Heap,
    /// A control group, at which the kernel ends a process in it.
    Container,
}

/// A limit on memory, and how near it is. Sizes are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Which.
    pub kind: LimitKind,
    /// Its size.
    pub bytes: u64,
    /// What counts against it by now.
    pub used: u64,
}
