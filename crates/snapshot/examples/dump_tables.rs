//! Writes what the engine computes about a snapshot, for comparison with other
//! tools: `dump_tables FILE OUT [BEFORE]`.
//!
//! `OUT.nodes` has 24 bytes for each node, in order, little-endian: shallow size
//! (u64), retained size (u64), ordinal of the immediate dominator (u32, the
//! root's being itself), distance (i32: 1 for a global object, from 100 000 000
//! up for what only the system keeps, -5 for none). `OUT.classes` has one line
//! of JSON for each class, in the order in which the classes are met. With an
//! earlier snapshot of the process, `OUT.diff` has one for each class that
//! changed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use memwatch_snapshot::{Analysis, ClassTable, Columns, ReadOptions, Snapshot, SnapshotDiff, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: dump_tables FILE OUT [BEFORE]".into());
    };
    let (snapshot, analysis) = open(&file)?;
    write_nodes(&snapshot, &analysis, &format!("{out}.nodes"))?;
    write_classes(&analysis, &format!("{out}.classes"))?;
    if let Some(before) = arguments.next() {
        let (before, before_analysis) = open(&before)?;
        let diff = SnapshotDiff::exact((&before, &before_analysis), (&snapshot, &analysis));
        write_diff(&diff, &format!("{out}.diff"))?;
    }
    Ok(())
}

fn open(file: &str) -> Result<(Snapshot, Analysis), Box<dyn std::error::Error>> {
    let options = ReadOptions {
        columns: Columns::ALL,
        threads: 2,
    };
    let snapshot = read(Arc::new(std::fs::read(file)?), options)?;
    let analysis = Analysis::of(&snapshot, 2);
    Ok((snapshot, analysis))
}

fn write_diff(diff: &SnapshotDiff, path: &str) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for row in &diff.rows {
        let line = serde_json::json!({
            "key": row.class.key(),
            "addedCount": row.allocated_count,
            "removedCount": row.freed_count,
            "addedSize": row.allocated_size,
            "removedSize": row.freed_size,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn write_nodes(snapshot: &Snapshot, analysis: &Analysis, path: &str) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for node in snapshot.ordinals() {
        out.write_all(&analysis.shallow.of(node).to_le_bytes())?;
        out.write_all(&analysis.dominators.retained_size(node).to_le_bytes())?;
        out.write_all(&analysis.dominators.immediate(node).0.to_le_bytes())?;
        out.write_all(&analysis.distances.number(node).to_le_bytes())?;
    }
    out.flush()
}

fn write_classes(analysis: &Analysis, path: &str) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for row in ClassTable::of(analysis, 2).rows {
        let class = analysis.classes.class(row.class);
        let line = serde_json::json!({
            "key": class.key(),
            "name": class.name,
            "count": row.count,
            "self": row.shallow_size,
            "maxRet": row.retained_size,
            "distance": row.distance,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()
}
