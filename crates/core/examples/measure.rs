//! Time and memory of the engine on real files, as one line of JSON:
//! `measure exact FILE`, `measure classes FILE`, `measure diff BEFORE AFTER`,
//! each with `--threads N` (2 unless said). Files are mapped; anonymous memory
//! is sampled from the kernel's own count while the work runs (Linux only),
//! since a mapped file counts as resident though it takes no memory away.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use memmap2::Mmap;
use memwatch_core::snapshot::{
    Analysis, ClassTable, Classes, Columns, ReadOptions, Snapshot, SnapshotBytes, SnapshotDiff,
    read,
};

/// Often enough to see a column of the largest file come and go.
const SAMPLE_EVERY: Duration = Duration::from_millis(2);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut threads = 2;
    if let Some(at) = arguments.iter().position(|word| word == "--threads") {
        threads = arguments
            .get(at + 1)
            .ok_or("--threads needs a number")?
            .parse()?;
        arguments.drain(at..at + 2);
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let peak = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(anonymous_kb().unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(SAMPLE_EVERY);
            }
        });
        let started = Instant::now();
        let outcome = run(&words, threads);
        let wall = started.elapsed();
        done.store(true, Ordering::Relaxed);
        let mut line = outcome?;
        line["wall_ms"] = (wall.as_secs_f64() * 1e3).round().into();
        line["anonymous_peak_mb"] = (peak.load(Ordering::Relaxed) / 1024).into();
        println!("{line}");
        Ok(())
    })
}

fn run(words: &[&str], threads: usize) -> Outcome<serde_json::Value> {
    let mut clock = Clock::start();
    match words {
        ["exact", file] => {
            let snapshot = open(file, Columns::ALL, threads)?;
            clock.lap("read");
            let analysis = Analysis::of(&snapshot, threads);
            clock.lap("analysis");
            let table = ClassTable::of(&analysis, threads);
            clock.lap("table");
            clock.report(table.rows.len(), analysis.total_size(&snapshot))
        }
        ["classes", file] => {
            let columns = Columns {
                ids: false,
                ..Columns::NODES
            };
            let snapshot = open(file, columns, threads)?;
            clock.lap("read");
            let classes = Classes::without_edges(&snapshot);
            let table = ClassTable::fast(&snapshot, &classes);
            clock.lap("table");
            clock.report(table.rows.len(), 0)
        }
        ["diff", before, after] => {
            let diff = SnapshotDiff::read_fast(map(before)?, map(after)?, threads);
            let diff = diff.map_err(|error| format!("{error:?}"))?;
            clock.lap("diff");
            clock.report(diff.rows.len(), 0)
        }
        _ => Err("usage: measure exact FILE | classes FILE | diff BEFORE AFTER".into()),
    }
}

fn open(file: &str, columns: Columns, threads: usize) -> Outcome<Snapshot> {
    Ok(read(map(file)?, ReadOptions { columns, threads })?)
}

fn map(file: &str) -> Outcome<SnapshotBytes> {
    let file = File::open(file)?;
    // SAFETY: measured on files nothing else writes to.
    Ok(Arc::new(unsafe { Mmap::map(&file)? }))
}

/// `RssAnon` of this process.
fn anonymous_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

struct Clock {
    last: Instant,
    laps: serde_json::Map<String, serde_json::Value>,
}

impl Clock {
    fn start() -> Self {
        Self {
            last: Instant::now(),
            laps: serde_json::Map::new(),
        }
    }

    fn lap(&mut self, name: &str) {
        let ms = (self.last.elapsed().as_secs_f64() * 1e3).round();
        self.laps.insert(format!("{name}_ms"), ms.into());
        self.last = Instant::now();
    }

    fn report(self, rows: usize, total: u64) -> Outcome<serde_json::Value> {
        let mut line = serde_json::Value::Object(self.laps);
        line["rows"] = rows.into();
        line["total_bytes"] = total.into();
        Ok(line)
    }
}
