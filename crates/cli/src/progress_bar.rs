//! A line on standard error that says how far a command is. Nothing is drawn where that is no terminal, nor
//! in the first moments, so that quick answers come alone.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use memwatch_commands::{Progress, Stage};
use terminal_size::{Width, terminal_size_of};

/// A person sees up to ten changes a second; more would only cost time.
const PERIOD: Duration = Duration::from_millis(100);
const FIRST_AFTER: Duration = Duration::from_millis(400);
const BAR_CELLS: usize = 24;
const MEBIBYTE: f64 = 1_048_576.0;
/// Where the terminal does not say.
const DEFAULT_WIDTH: usize = 80;
/// Deep enough for a loop.
const STACK_BYTES: usize = 1 << 18;

/// One line for a moment of a command, so long after the present stage began.
fn line(stage: Stage, bytes: u64, total_bytes: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if stage != Stage::Reading || bytes == 0 {
        return format!("{}… {seconds:.0} s", stage.name());
    }
    let rate = bytes as f64 / seconds;
    let mebibytes = |bytes: f64| format!("{:.0} MiB", bytes / MEBIBYTE);
    let amount = format!("{}, {}/s", mebibytes(bytes as f64), mebibytes(rate));
    if total_bytes == 0 {
        return format!("reading {amount}");
    }
    let share = (bytes as f64 / total_bytes as f64).min(1.0);
    let full = (share * BAR_CELLS as f64).round() as usize;
    let bar = "#".repeat(full) + &".".repeat(BAR_CELLS - full);
    // What is counted may be less than the whole file, or be over before the stage is.
    let left = (total_bytes.saturating_sub(bytes) as f64 / rate).ceil();
    format!("reading [{bar}] {amount}, {left} s left")
}

/// Draws while `work` runs.
pub(crate) fn while_drawing<T>(progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let drawing = thread::Builder::new()
            .name("progress".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || draw(progress, &done));
        let result = work();
        done.store(true, Ordering::Relaxed);
        if let Ok(drawing) = drawing {
            drawing.thread().unpark();
        }
        result
    })
}

/// Draws until it is done, and leaves an empty line. A closed terminal does not end the command.
fn draw(progress: &Progress, done: &AtomicBool) {
    let start = Instant::now();
    let mut is_drawn = false;
    // A rate belongs to one file: the clock restarts with the next file and with the next stage.
    let mut began = (start, Stage::Reading, 0);
    while !done.load(Ordering::Relaxed) {
        thread::park_timeout(PERIOD);
        let now = Instant::now();
        let (stage, bytes) = (progress.stage(), progress.bytes());
        if stage != began.1 || bytes < began.2 {
            began = (now, stage, bytes);
        }
        began.2 = bytes;
        if now - start < FIRST_AFTER || now == began.0 || done.load(Ordering::Relaxed) {
            continue;
        }
        let width =
            terminal_size_of(io::stderr()).map_or(DEFAULT_WIDTH, |(Width(width), _)| width.into());
        let text = line(stage, bytes, progress.total_bytes(), now - began.0);
        let text: String = text.chars().take(width.saturating_sub(1)).collect();
        is_drawn = true;
        let _ = write!(io::stderr(), "\r\x1b[K{text}");
    }
    if is_drawn {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_how_fast_and_how_long_yet() {
        let mebibytes = |count: u64| count << 20;
        let half = Duration::from_millis(500);
        assert_eq!(
            line(Stage::Reading, mebibytes(50), mebibytes(200), half),
            "reading [######..................] 50 MiB, 100 MiB/s, 2 s left"
        );
        assert_eq!(
            line(Stage::Reading, mebibytes(50), 0, half),
            "reading 50 MiB, 100 MiB/s"
        );
        let later = Duration::from_millis(2100);
        assert_eq!(line(Stage::Analyzing, 0, 0, later), "analyzing… 2 s");
    }

    #[test]
    fn more_bytes_than_the_file_has_are_no_less_than_all() {
        let text = line(Stage::Reading, 300, 200, Duration::from_secs(1));
        assert!(text.contains(&"#".repeat(BAR_CELLS)), "{text}");
        assert!(text.ends_with("0 s left"), "{text}");
    }
}
