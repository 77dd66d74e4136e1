//! Feeds recordings of `bench/detection.mjs --record` to the detector as it is now: a line for each, with the first leak it
//! confirms and how far that had grown; with `--trace` each change of state, with `--each` the evidence at each reading.
//!
//!   cargo run --release -p memwatch-detector --example replay -- FILE… [--trace] [--each] [--check] [--as FILE]
//!
//! `--check` ends with status 1 where any recording is judged differently from how it was judged live. `--as FILE` compares
//! with what an earlier replay printed instead: the state, and the time of a confirmation within a tenth.

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use memwatch_detector::gc::trend::recording::{Input, Line, Replay, replay};

const MIB: f64 = 1_048_576.0;

/// Two confirmations at times that differ by less are the same.
const SAME_TIME: f64 = 0.1;

/// What a remark of the bench says of the program.
#[derive(Default)]
struct About {
    /// When the load began.
    load_us: Option<i64>,
    /// Operations so far, and when.
    operations: Vec<(i64, f64)>,
    /// Bytes that one leaves behind.
    bytes: f64,
    now_us: i64,
}

impl About {
    fn remark(&mut self, remark: &str) {
        match remark.split_once(' ') {
            None if remark == "load" => self.load_us = Some(self.now_us),
            Some(("bytes", number)) => self.bytes = number.parse().unwrap_or(0.0),
            Some(("operations", number)) => {
                let done = number.parse().unwrap_or(0.0);
                self.operations.push((self.now_us, done));
            }
            _ => {}
        }
    }

    fn seconds(&self, at_us: i64) -> f64 {
        (at_us - self.load_us.unwrap_or(0)) as f64 / 1e6
    }

    /// Mebibytes that the operations up to then have left behind.
    fn grown(&self, at_us: i64) -> f64 {
        let next = self.operations.iter().find(|(t_us, _)| *t_us >= at_us);
        let done = next.or(self.operations.last()).map_or(0.0, |of| of.1);
        done * self.bytes / MIB
    }
}

/// One printed line, without the name.
fn verdict(replay: &Replay, about: &About) -> String {
    let worst = replay.trend.as_ref().map(|trend| trend.worst_kind());
    let (asked, wanted) = replay.begun;
    let forced = format!("{wanted} of {asked} forced");
    match (replay.confirmed, worst) {
        (Some((at_us, kind)), _) => format!(
            "CONFIRMED {kind:?} {:.1} s {:.1} MB, {forced}",
            about.seconds(at_us),
            about.grown(at_us),
        ),
        (None, Some(worst)) => format!(
            "{:?} {:?} {:.1} s {:.1} MB, {forced}, {:.2}",
            worst.state,
            worst.kind,
            about.seconds(about.now_us),
            about.grown(about.now_us),
            worst.confidence,
        ),
        (None, None) => "empty".to_owned(),
    }
}

/// Whether two verdicts are the same: state and kind, and the time of a confirmation nearly.
fn is_same(a: &str, b: &str) -> bool {
    let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let (a, b) = (words(a), words(b));
    let seconds = |words: &[String]| words.get(2).and_then(|word| word.parse::<f64>().ok());
    a.first() == b.first()
        && a.get(1) == b.get(1)
        && match (seconds(&a), seconds(&b)) {
            (Some(a), Some(b)) => (a - b).abs() <= SAME_TIME * a.max(b),
            (a, b) => a == b,
        }
}

fn main() -> ExitCode {
    let mut files = Vec::new();
    let (mut trace, mut each, mut check, mut earlier) = (false, false, false, None);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--trace" => trace = true,
            "--each" => each = true,
            "--check" => check = true,
            "--as" => earlier = arguments.next(),
            _ => files.push(argument),
        }
    }
    let earlier = earlier.and_then(|file| fs::read_to_string(file).ok());
    let earlier: Option<HashMap<&str, &str>> = earlier.as_ref().map(|text| {
        text.lines()
            .filter_map(|line| line.split_once(": "))
            .collect()
    });
    let mut differ = 0;
    for file in &files {
        let text = fs::read_to_string(file).unwrap_or_default();
        let name = Path::new(file).file_stem().unwrap_or_default();
        let name = name.to_string_lossy();
        let mut about = About::default();
        let mut evidence = Vec::new();
        let replay = replay(&text, |line, trend| match line {
            Line::Remark(remark) => about.remark(remark),
            Line::In(Input::First(reading) | Input::Full(reading, _) | Input::Young(reading)) => {
                // Of the reading before.
                if each && let Some(trend) = trend {
                    evidence.push((about.now_us, trend.worst_kind()));
                }
                about.now_us = reading.at_us;
            }
            _ => {}
        });
        let verdict = verdict(&replay, &about);
        let said = replay.said.iter().map(|(_, line)| line);
        let as_live = said.eq(&replay.recorded);
        let as_before = earlier
            .as_ref()
            .and_then(|of| of.get(name.as_ref()))
            .map(|before| is_same(before, &verdict));
        let is_other = as_before.map_or(check && !as_live, |same| !same);
        differ += usize::from(is_other);
        let mark = match (as_before, as_live) {
            (Some(false), _) => "  << was another",
            (None, false) if check => "  << was another live",
            _ => "",
        };
        println!("{name}: {verdict}{mark}");
        for (at_us, of) in evidence {
            println!(
                "    {:.1} s {:?} {:?} {:.3} of {:.1} MB in {:.1} s, enough {:.1}, {} samples, tau {:.2}, late {:.2}",
                about.seconds(at_us),
                of.kind,
                of.state,
                of.confidence,
                of.growth as f64 / MIB,
                of.elapsed_us as f64 / 1e6,
                of.enough as f64 / MIB,
                of.samples,
                of.steadiness,
                of.persistence,
            );
        }
        if trace {
            for (at_us, line) in &replay.said {
                let [t, grown] = [about.seconds(*at_us), about.grown(*at_us)];
                println!("    {t:.1} s {grown:.1} MB {line}");
            }
        }
    }
    if differ > 0 {
        println!("{differ} of {} differ", files.len());
    }
    ExitCode::from(u8::from((check || earlier.is_some()) && differ > 0))
}
