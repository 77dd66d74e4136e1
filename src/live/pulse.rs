//! Whether a forked child makes progress. It has one thread: when that sleeps and uses no
//! processor time for long, it waits for a thread that was not copied, and will for ever; one
//! that writes may sleep for a slow disk. One that was stopped by a signal (SIGSTOP, or a
//! debugger) continues only when it is resumed, and blocks other snapshots until then. The
//! consequences are not decided here.

use std::fs;
use std::time::{Duration, Instant};

/// How long it may sleep, before it writes: what it then reads is in memory.
const ASLEEP_AT_MOST: Duration = Duration::from_secs(15);

/// How long it may be stopped: a terminal that stops a program stops its copy too, and lets
/// both go on together; a debugger that looks at all processes takes less.
const STOPPED_AT_MOST: Duration = Duration::from_secs(10);

/// Why a copy does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Still {
    /// It waits.
    Asleep,
    /// Somebody has stopped it.
    Stopped,
}

/// What `/proc` says of a process.
pub(super) struct Pulse {
    stat: String,
    /// Processor time used, in ticks, and since when it has done nothing, and why.
    ticks: u64,
    since: Option<(Still, Instant)>,
}

impl Pulse {
    /// That of the process of this number.
    pub(super) fn of(pid: i32) -> Self {
        Self {
            stat: format!("/proc/{pid}/stat"),
            ticks: 0,
            since: None,
        }
    }

    /// Why it has done nothing for too long; nothing where it works. To be asked now and then.
    pub(super) fn stands_still(&mut self) -> Option<Still> {
        let stat = fs::read_to_string(&self.stat);
        let (state, ticks) = stat.ok().and_then(|stat| parse(&stat))?;
        let still = match state {
            'S' => Some(Still::Asleep),
            'T' | 't' => Some(Still::Stopped),
            _ => None,
        };
        let same = self
            .since
            .filter(|&(why, _)| Some(why) == still && ticks == self.ticks);
        self.ticks = ticks;
        self.since = same.or_else(|| still.map(|why| (why, Instant::now())));
        let (why, since) = self.since?;
        let at_most = match why {
            Still::Asleep => ASLEEP_AT_MOST,
            Still::Stopped => STOPPED_AT_MOST,
        };
        (since.elapsed() > at_most).then_some(why)
    }
}

/// `PID (name) S …`: its state, and the 14th and 15th field, its time in user and in
/// system mode.
fn parse(stat: &str) -> Option<(char, u64)> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ');
    let state = fields.next()?.chars().next()?;
    let mut ticks = fields.skip(10).map_while(|field| field.parse::<u64>().ok());
    Some((state, ticks.next()? + ticks.next()?))
}
