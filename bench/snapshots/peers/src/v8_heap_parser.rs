//! Opens one snapshot with the crate `v8-heap-parser` and asks for its class table with
//! retained sizes, for which it computes dominators and the retained size of every node.
//! It has no distances. Measures nothing: the parent does.

use std::error::Error;
use std::fs::File;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: v8-heap-parser FILE")?;
    // SAFETY: the bench writes its snapshots before and never while they are read.
    let map = unsafe { memmap2::Mmap::map(&File::open(path)?)? };
    let graph = v8_heap_parser::decode_slice(&map)?;
    drop(map);
    let groups = graph.get_class_groups(false);
    let retained = graph.retained_size(graph.root_index);
    println!("{{\"classes\":{},\"retained\":{retained}}}", groups.len());
    Ok(())
}
