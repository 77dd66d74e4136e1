//! Tries.
use std::sync::Arc;
use memwatch_core::snapshot::{Analysis, ReadOptions, Columns, read};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in std::env::args().skip(1) {
        let t = std::time::Instant::now();
        let snapshot = read(Arc::new(std::fs::read(&file)?), ReadOptions { columns: Columns::ALL, threads: 2 })?;
        println!("{file} read {:?}", t.elapsed());
        let analysis = Analysis::of(&snapshot, 2);
        println!("analysis {:?}", t.elapsed());
        memwatch_core::snapshot::leaks::dump(&snapshot, &analysis);
    }
    Ok(())
}
