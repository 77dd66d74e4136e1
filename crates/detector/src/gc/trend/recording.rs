//! Everything that goes into the detector, kept as lines of text with what it said, and fed to a detector again: so a
//! change of the policy is judged in seconds by programs that ran for minutes. For benches and tests; nothing else
//! records. Opens no files, and knows nothing of what the programs were.
//!
//! What a replay cannot tell: which forced collections another policy would have asked for. Those that were asked for
//! are in the recording.

use std::fmt;
use std::str::FromStr;

use super::{Kind, ProbeSettings, Reading, Transitions, Trend};
use crate::gc::sample::HeapNumbers;

/// One call that changes the detector. Times are microseconds of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// [`Trend::new`].
    First(Reading),
    /// [`Trend::full`], and whether the collection was forced.
    Full(Reading, bool),
    /// [`Trend::young`].
    Young(Reading),
    /// [`Trend::set_room`].
    Room(Option<u64>),
    /// [`Trend::set_probe_settings`].
    Settings(ProbeSettings),
    /// [`Trend::probe_begins`].
    ProbeBegins(i64),
    /// [`Trend::probe_gives_up`].
    ProbeGivesUp(i64),
    /// [`Trend::probe_costs`], with nanoseconds.
    ProbeCosts(i64, u64),
}

/// What a transition is in a recording: a line that is the same only where the whole assessment is.
const SAID: &str = "said";

/// Lines that wait to be taken.
#[derive(Debug, Default)]
pub(super) struct Recorder(String);

impl Recorder {
    pub(super) fn note(&mut self, input: &Input) {
        use fmt::Write;
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{input}");
    }

    pub(super) fn said(&mut self, transitions: &Transitions) {
        for line in said(transitions) {
            self.0.push_str(&line);
            self.0.push('\n');
        }
    }

    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

/// The lines of what one input changed.
#[must_use]
pub fn said(transitions: &Transitions) -> Vec<String> {
    let changes = transitions.iter().flatten();
    changes
        .map(|transition| format!("{SAID} {transition:?}"))
        .collect()
}

/// One line of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'text> {
    /// What went in.
    In(Input),
    /// What was said, as [`said`] has it.
    Said(&'text str),
    /// A comment of the recorder, after a `#`.
    Remark(&'text str),
}

/// The line, or `None` if it is invalid: a file may end in the middle of one.
#[must_use]
pub fn parse(line: &str) -> Option<Line<'_>> {
    if let Some(remark) = line.strip_prefix('#') {
        return Some(Line::Remark(remark.trim()));
    }
    if line.starts_with(SAID) {
        return Some(Line::Said(line));
    }
    line.parse().ok().map(Line::In)
}

impl Trend {
    /// As [`Trend::new`], and everything that goes into it from now on is kept for [`Trend::take_recording`].
    #[must_use]
    pub fn recorded(first: &Reading) -> Self {
        let mut trend = Self::new(first);
        trend.recorder = Some(Box::default());
        trend.note(Input::First(*first));
        trend
    }

    /// What went in and came out since this was last asked, as lines of text; `None` where nothing is recorded.
    pub fn take_recording(&mut self) -> Option<String> {
        Some(self.recorder.as_mut()?.take())
    }

    pub(super) fn note(&mut self, input: Input) {
        if let Some(recorder) = &mut self.recorder {
            recorder.note(&input);
        }
    }

    pub(super) fn said(&mut self, transitions: Transitions) -> Transitions {
        if let Some(recorder) = &mut self.recorder {
            recorder.said(&transitions);
        }
        transitions
    }

    /// Feeds one recorded input; one that begins anew is given to [`Trend::new`] by the caller, and changes nothing here.
    pub fn feed(&mut self, input: &Input) -> Transitions {
        match input {
            Input::First(_) => {}
            Input::Full(reading, is_probe) => return self.full(reading, *is_probe),
            Input::Young(reading) => return self.young(reading),
            Input::Room(left) => self.set_room(*left),
            Input::Settings(settings) => self.set_probe_settings(*settings),
            Input::ProbeBegins(at_us) => self.probe_begins(*at_us),
            Input::ProbeGivesUp(at_us) => self.probe_gives_up(*at_us),
            Input::ProbeCosts(at_us, cost_ns) => self.probe_costs(*at_us, *cost_ns),
        }
        [None; 3]
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(reading) => write_reading(f, "first", reading),
            Self::Full(reading, false) => write_reading(f, "full", reading),
            Self::Full(reading, true) => write_reading(f, "forced", reading),
            Self::Young(reading) => write_reading(f, "young", reading),
            Self::Room(None) => f.write_str("room -"),
            Self::Room(Some(left)) => write!(f, "room {left}"),
            Self::Settings(of) => {
                let enabled = u8::from(of.enabled);
                write!(f, "settings {enabled} {:?} {:?}", of.budget, of.spacing_s)
            }
            Self::ProbeBegins(at_us) => write!(f, "begins {at_us}"),
            Self::ProbeGivesUp(at_us) => write!(f, "gives-up {at_us}"),
            Self::ProbeCosts(at_us, cost_ns) => write!(f, "costs {at_us} {cost_ns}"),
        }
    }
}

impl FromStr for Input {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let mut words = line.split(' ');
        let name = words.next().ok_or(())?;
        let input = match name {
            "first" => Self::First(read_reading(&mut words)?),
            "full" => Self::Full(read_reading(&mut words)?, false),
            "forced" => Self::Full(read_reading(&mut words)?, true),
            "young" => Self::Young(read_reading(&mut words)?),
            "room" => Self::Room(read_optional(&mut words)?),
            "settings" => Self::Settings(ProbeSettings {
                enabled: read::<u8>(&mut words)? != 0,
                budget: read(&mut words)?,
                spacing_s: read(&mut words)?,
            }),
            "begins" => Self::ProbeBegins(read(&mut words)?),
            "gives-up" => Self::ProbeGivesUp(read(&mut words)?),
            "costs" => Self::ProbeCosts(read(&mut words)?, read(&mut words)?),
            _ => return Err(()),
        };
        words.next().is_none().then_some(input).ok_or(())
    }
}

/// The numbers of V8, in their order in a line.
fn heap_numbers(heap: &mut HeapNumbers) -> [&mut u64; 13] {
    [
        &mut heap.total_heap_size,
        &mut heap.total_heap_size_executable,
        &mut heap.total_physical_size,
        &mut heap.total_available_size,
        &mut heap.used_heap_size,
        &mut heap.heap_size_limit,
        &mut heap.malloced_memory,
        &mut heap.external_memory,
        &mut heap.peak_malloced_memory,
        &mut heap.number_of_native_contexts,
        &mut heap.number_of_detached_contexts,
        &mut heap.total_global_handles_size,
        &mut heap.used_global_handles_size,
    ]
}

fn write_reading(f: &mut fmt::Formatter<'_>, name: &str, reading: &Reading) -> fmt::Result {
    let mut reading = *reading;
    write!(f, "{name} {} {}", reading.at_us, reading.at_unix_us)?;
    write!(f, " {}", reading.allocated)?;
    for known in [reading.rss, reading.malloc_free] {
        match known {
            Some(bytes) => write!(f, " {bytes}")?,
            None => f.write_str(" -")?,
        }
    }
    for number in heap_numbers(&mut reading.heap) {
        write!(f, " {number}")?;
    }
    Ok(())
}

fn read_reading<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Reading, ()> {
    let mut reading = Reading {
        at_us: read(words)?,
        at_unix_us: read(words)?,
        allocated: read(words)?,
        rss: read_optional(words)?,
        malloc_free: read_optional(words)?,
        ..Reading::default()
    };
    for number in heap_numbers(&mut reading.heap) {
        *number = read(words)?;
    }
    Ok(reading)
}

fn read<'a, T: FromStr>(words: &mut impl Iterator<Item = &'a str>) -> Result<T, ()> {
    words.next().ok_or(())?.parse().map_err(|_| ())
}

fn read_optional<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Option<u64>, ()> {
    match words.next().ok_or(())? {
        "-" => Ok(None),
        word => word.parse().map(Some).map_err(|_| ()),
    }
}

/// What a recording comes to.
#[derive(Debug, Default)]
pub struct Replay {
    /// The reports of this detector, each with the time of its input.
    pub said: Vec<(i64, String)>,
    /// The first confirmation: when, and of which kind.
    pub confirmed: Option<(i64, Kind)>,
    /// What the detector said that recorded.
    pub recorded: Vec<String>,
    /// Forced collections that were begun, and those of them that this detector would have asked for then.
    pub begun: (u64, u64),
    /// The detector as it is in the end.
    pub trend: Option<Trend>,
}

/// Feeds a recording to a detector. `each` gets every line with the detector before it.
pub fn replay<'text>(
    text: &'text str,
    mut each: impl FnMut(&Line<'text>, Option<&Trend>),
) -> Replay {
    let mut replay = Replay::default();
    for line in text.lines().filter_map(parse) {
        each(&line, replay.trend.as_ref());
        let input = match line {
            Line::In(input) => input,
            Line::Said(said) => {
                replay.recorded.push(said.to_owned());
                continue;
            }
            Line::Remark(_) => continue,
        };
        let at_us = match &input {
            Input::First(reading) => {
                replay.trend = Some(Trend::new(reading));
                continue;
            }
            Input::Full(reading, _) | Input::Young(reading) => reading.at_us,
            _ => 0,
        };
        let Some(trend) = &mut replay.trend else {
            continue;
        };
        if let Input::ProbeBegins(at_us) = input {
            replay.begun.0 += 1;
            replay.begun.1 += u64::from(trend.wants_probe(at_us));
        }
        let transitions = trend.feed(&input);
        replay
            .said
            .extend(said(&transitions).into_iter().map(|line| (at_us, line)));
        for transition in transitions.iter().flatten() {
            if transition.change == super::Change::Confirmed && replay.confirmed.is_none() {
                replay.confirmed = Some((at_us, transition.assessment.kind));
            }
        }
    }
    replay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_input_is_read_as_it_was_written() {
        let mut reading = Reading {
            at_us: -3,
            at_unix_us: 1_700_000_000_000_000,
            rss: Some(77),
            allocated: u64::MAX,
            ..Reading::default()
        };
        for (i, number) in heap_numbers(&mut reading.heap).into_iter().enumerate() {
            *number = i as u64;
        }
        let settings = ProbeSettings {
            enabled: true,
            budget: 0.1 + 0.2,
            spacing_s: 2.0,
        };
        for input in [
            Input::First(reading),
            Input::Full(reading, true),
            Input::Full(reading, false),
            Input::Young(Reading {
                rss: None,
                malloc_free: Some(5),
                ..reading
            }),
            Input::Room(None),
            Input::Room(Some(9)),
            Input::Settings(settings),
            Input::ProbeBegins(4),
            Input::ProbeGivesUp(5),
            Input::ProbeCosts(6, 7),
        ] {
            assert_eq!(parse(&input.to_string()), Some(Line::In(input)), "{input}");
        }
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_no_input_and_a_remark_is_kept() {
        let whole = Input::Young(Reading::default()).to_string();
        for cut in 0..whole.len() {
            let part = &whole[..cut];
            assert!(parse(part).is_none(), "{part}");
        }
        assert_eq!(parse(&format!("{whole} 1")), None);
        assert_eq!(parse("# load"), Some(Line::Remark("load")));
    }
}
