//! How the parent handles the messages and the end of a forked child, on a thread of its own.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use super::message::{Done, Message, Progress, Stage};
use super::outcome::Failure;
use super::pulse::{Pulse, Still};
use crate::error::Code;
use crate::memory::Brink;
use crate::v8::{Child, Ending, Ready, STUCK, signals};

/// How often to look whether the copy is alive, when it says nothing.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Hears a copy to its end, and waits for that.
pub(super) fn watch(
    child: Child,
    deadline: Duration,
    on_progress: impl FnMut(Progress),
) -> Result<Done, Failure> {
    let mut heard = Heard {
        line: Vec::new(),
        stage: None,
        result: None,
        on_progress,
    };
    let cut = hear(&child, Instant::now() + deadline, &mut heard);
    let killer = child.killer();
    let ending = child.reap();
    match heard.result {
        Some(result) => result,
        None if killer.has_killed() && cut.is_none() => Err(ended_with_thread()),
        None => Err(explain(cut, ending, deadline)),
    }
}

/// Why the original has ended the copy.
#[derive(Clone, Copy)]
enum Cut {
    Late,
    /// It waited for what will not come.
    Stuck,
    /// Somebody had stopped it, and had not let it go on.
    Stopped,
    /// Memory was about to run out, and this process would have been ended with it.
    Memory,
}

struct Heard<P> {
    /// What has come of the present line.
    line: Vec<u8>,
    /// What it was doing, by its own last word.
    stage: Option<Stage>,
    result: Option<Result<Done, Failure>>,
    on_progress: P,
}

/// Until the copy has closed its end, by its own end at the latest.
fn hear(child: &Child, until: Instant, heard: &mut Heard<impl FnMut(Progress)>) -> Option<Cut> {
    let mut pulse = Pulse::of(child.pid());
    let mut felt_at = Instant::now();
    let brink = Brink::find();
    let look_every = brink.as_ref().map_or(LOOK_EVERY, |_| Brink::PERIOD);
    let mut cut = None;
    let mut chunk = [0; 1 << 12];
    loop {
        // Before all else, however much it has to say.
        if cut.is_none() && brink.as_ref().is_some_and(Brink::is_near) {
            cut = Some(Cut::Memory);
            child.killer().kill();
        }
        let left = until.saturating_duration_since(Instant::now());
        let wait = if cut.is_some() {
            LOOK_EVERY
        } else {
            left.min(look_every)
        };
        if child.wait_for_message(wait) == Ready::NotYet {
            if cut.is_none() {
                if Instant::now() >= until {
                    cut = Some(Cut::Late);
                } else if felt_at.elapsed() >= LOOK_EVERY {
                    felt_at = Instant::now();
                    cut = match pulse.stands_still() {
                        Some(Still::Stopped) => Some(Cut::Stopped),
                        Some(Still::Asleep) if heard.may_wait_for_thread() => Some(Cut::Stuck),
                        _ => None,
                    };
                }
                if cut.is_some() {
                    child.killer().kill();
                }
            }
            continue;
        }
        match child.messages().read(&mut chunk) {
            Ok(0) => return cut,
            Ok(count) => heard.take(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A pipe of our own has no other errors; were there one, nothing more comes.
            Err(_) => {
                child.killer().kill();
                return cut;
            }
        }
    }
}

impl<P: FnMut(Progress)> Heard<P> {
    /// Once V8's part is done it sleeps for the system alone, as long as a file system takes
    /// to take what it writes.
    fn may_wait_for_thread(&self) -> bool {
        matches!(self.stage, None | Some(Stage::Taking))
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.last() != Some(&b'\n') {
                continue;
            }
            // An invalid line is ignored; the end of the child is reported anyway.
            match serde_json::from_slice(&self.line) {
                Ok(Message::Progress(progress)) => {
                    self.stage = Some(progress.stage);
                    (self.on_progress)(progress);
                }
                Ok(Message::Done(done)) => self.result = Some(Ok(done)),
                Ok(Message::Failed(failure)) => self.result = Some(Err(failure)),
                Err(_) => {}
            }
            self.line.clear();
        }
    }
}

/// Why a forked child ended before it reported that itself.
fn explain(cut: Option<Cut>, ending: Ending, deadline: Duration) -> Failure {
    let late = || {
        Failure::new(
            Code::SnapshotTimeout,
            format!(
                "the heap snapshot did not finish within {} s and was stopped",
                deadline.as_secs_f64()
            ),
        )
    };
    let stuck = || Failure {
        is_transient: true,
        is_stuck: true,
        ..Failure::new(
            Code::SnapshotChild,
            "the forked child waited for a thread that was not copied, and was stopped",
        )
    };
    match (cut, ending) {
        (Some(Cut::Memory), _) => Failure::new(
            Code::SnapshotMemory,
            "the forked child that took the heap snapshot was stopped before memory ran out: the \
             system would have killed this program with it, and everything else in its control \
             group (memory.oom.group)",
        ),
        (Some(Cut::Late), _) | (_, Ending::Killed(signals::ALARM)) => late(),
        (Some(Cut::Stuck), _) | (_, Ending::Exited(STUCK)) => stuck(),
        (Some(Cut::Stopped), _) => Failure::new(
            Code::SnapshotChild,
            "the forked child that took the heap snapshot was paused from outside, by a signal \
             (SIGSTOP) or a debugger, did not continue, and was killed",
        ),
        (None, Ending::Killed(signal)) => Failure {
            signal: Some(signal),
            is_transient: signals::FAULTS.contains(&signal),
            ..Failure::new(
                Code::SnapshotChild,
                match signal {
                    signals::KILL => "the forked child that took the heap snapshot was killed, \
                                      perhaps by the system for lack of memory"
                        .to_owned(),
                    signal => format!(
                        "the forked child that took the heap snapshot was ended by signal \
                         {signal}"
                    ),
                },
            )
        },
        (None, Ending::Exited(status)) => Failure {
            status: Some(status),
            ..Failure::new(
                Code::SnapshotChild,
                format!("the forked child that took the heap snapshot ended with status {status}"),
            )
        },
        (None, Ending::Unknown) => Failure::new(
            Code::SnapshotChild,
            "the forked child that took the heap snapshot ended before it was done; the reason \
             is unknown, because its exit status was already collected",
        ),
    }
}

fn ended_with_thread() -> Failure {
    Failure::new(
        Code::SnapshotExiting,
        "the thread of the heap snapshot has ended, and the snapshot with it",
    )
}
