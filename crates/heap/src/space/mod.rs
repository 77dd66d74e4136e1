//! V8's heap as objects in memory: the pages, what stands on them, and access to the fields.
//! Gives addresses and words; what an object is called or whom it refers to is [`crate::objects`]'s.

mod access;
mod index;
mod pages;
mod walk;

pub(crate) use access::{Heap, LEAST_PAGES, View, smi};
pub(crate) use index::{CELLS_PER_PAGE, Cell};

pub use pages::page_starts;
pub(crate) use pages::{PAGE_BYTES, Page, heaps_of_headers};
pub use walk::Doubts;
pub(crate) use walk::Walk;
