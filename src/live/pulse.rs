//! Whether a copy is alive. It has one thread: when that sleeps and uses no processor
//! time for long, it waits for a thread that was not copied, and will for ever. Not to be
//! asked of one that writes: a slow disk looks the same.

use std::fs;
use std::time::{Duration, Instant};

/// How long it may sleep, before it writes: what it then reads is in memory.
const ASLEEP_AT_MOST: Duration = Duration::from_secs(15);

/// What `/proc` says of a process.
pub struct Pulse {
    stat: String,
    /// Processor time used, in ticks, and since when it was asleep without using more.
    ticks: u64,
    asleep_since: Option<Instant>,
}

impl Pulse {
    /// That of the process of this number.
    pub fn of(pid: i32) -> Self {
        Self {
            stat: format!("/proc/{pid}/stat"),
            ticks: 0,
            asleep_since: None,
        }
    }

    /// Whether it has stopped for good. To be asked now and then.
    pub fn has_stopped(&mut self) -> bool {
        let stat = fs::read_to_string(&self.stat);
        let Some((state, ticks)) = stat.ok().and_then(|stat| parse(&stat)) else {
            return false;
        };
        if state != 'S' || ticks != self.ticks {
            self.ticks = ticks;
            self.asleep_since = None;
            return false;
        }
        let since = *self.asleep_since.get_or_insert_with(Instant::now);
        since.elapsed() > ASLEEP_AT_MOST
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
