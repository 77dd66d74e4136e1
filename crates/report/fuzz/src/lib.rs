//! What must hold for the reader, whatever the bytes; and a mutation that keeps
//! a snapshot a snapshot. Runs nothing by itself: libFuzzer does.
#![forbid(unsafe_code)]

mod checks;
mod heap;
mod mutator;

pub use checks::check;
pub use heap::check_heap;
pub use mutator::mutate_number;

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;
