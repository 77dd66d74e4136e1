//! Writes the inputs a fuzzing run starts from, `seeds DIRECTORY`, and a
//! dictionary, `DIRECTORY.dict`: small snapshots in every style, and the words
//! of the format. The same every time.
#![forbid(unsafe_code)]

use std::fs;
use std::io;
use std::path::PathBuf;

use memwatch_snapshot::testing::{Style, random_graph};

/// Graphs of each style; their sizes vary with the seed.
const GRAPHS: u64 = 24;
/// Small: most of an input is then what can go wrong, and a run is short.
const MAX_NODES: usize = 12;
/// One beyond what a window of the fast reader holds.
const MANY_NODES: usize = 3000;

const WORDS: &[&str] = &[
    "\\\"snapshot\\\":",
    "\\\"meta\\\":",
    "\\\"nodes\\\":[",
    "\\\"edges\\\":[",
    "\\\"strings\\\":[",
    "\\\"locations\\\":[",
    "\\\"trace_tree\\\":[",
    "\\\"samples\\\":[",
    "\\\"root_index\\\":",
    "\\\"node_count\\\":",
    "\\\"edge_count\\\":",
    "\\\"extra_native_bytes\\\":",
    "\\\"node_fields\\\":[",
    "\\\"node_types\\\":[",
    "\\\"edge_fields\\\":[",
    "\\\"edge_types\\\":[",
    "\\\"location_fields\\\":[",
    "\\\"detachedness\\\"",
    "\\\"trace_node_id\\\"",
    "\\\"object_index\\\"",
    "\\\\uD83D",
    "\\\\uDE00",
    "\\\\\\\\",
    "\\\\\\\"",
    "4294967296",
    "18446744073709551615",
    "},",
    "],",
    "[]",
    "{}",
    "\\x0a",
    "\\xff",
    "null",
    "true",
    "-1",
    "1.5",
    "1e3",
    "\\xef\\xbb\\xbf",
];

fn main() -> io::Result<()> {
    let usage = || io::Error::other("usage: seeds DIRECTORY");
    let directory = PathBuf::from(std::env::args().nth(1).ok_or_else(usage)?);
    fs::create_dir_all(&directory)?;
    for (place, style) in Style::ALL.into_iter().enumerate() {
        let sizes = (0..GRAPHS)
            .map(|seed| (seed, MAX_NODES))
            .chain([(GRAPHS, MANY_NODES)]);
        for (seed, max_nodes) in sizes {
            let mut graph = random_graph(seed, max_nodes);
            graph.extra_native_bytes = seed;
            fs::write(
                directory.join(format!("{place}-{seed}")),
                graph.to_json(style),
            )?;
        }
    }
    let words: Vec<String> = WORDS.iter().map(|word| format!("\"{word}\"\n")).collect();
    fs::write(directory.with_extension("dict"), words.concat())
}
