//! Snapshots of the running program: written to a file or analysed, in a copy of the
//! process while the program goes on, or here while it stands still. Which of the two
//! is JavaScript's to choose (`lib/live-snapshot.js`).
//!
//! | file | what it does |
//! | --- | --- |
//! | `request` | what JavaScript asks for |
//! | `take` | V8's snapshot, given up before memory runs out |
//! | `job` | snapshot → file or report |
//! | `at_limit` | the job in a copy that is made when the heap is nearly full |
//! | `forked` | the job in a copy of the process |
//! | `watch` | what the original makes of the copy's messages and end |
//! | `pulse` | whether the copy is alive |
//! | `message` | what the copy tells |
//! | `outcome` | what JavaScript is told |

mod at_limit;
mod forked;
mod job;
mod message;
mod outcome;
mod pulse;
mod request;
mod take;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};

use napi::Env;
use napi_derive::napi;

use crate::error::Result;
use crate::v8::Isolate;
use job::Job;
use outcome::{Failure, Outcome};
use request::Request;

pub use take::take;

/// One snapshot at a time in a process, from whichever thread: two would take twice the
/// memory, and each copy would copy the other's pages too.
static IS_TAKING: AtomicBool = AtomicBool::new(false);

/// The permission to take a snapshot; given back when dropped.
struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        let was_taken = IS_TAKING.swap(true, Ordering::AcqRel);
        // Not `then_some`: a turn that is made is given back.
        (!was_taken).then(|| Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        IS_TAKING.store(false, Ordering::Release);
    }
}

/// Does what is asked for on this thread, which stands still until it is done.
#[napi]
pub fn take_inline(request: String) -> Result<Outcome> {
    let request = Request::parse(&request)?;
    let isolate = Isolate::current()?;
    Ok(Outcome::of(inline(isolate, &request)))
}

fn inline(isolate: Isolate, request: &Request) -> std::result::Result<message::Done, Failure> {
    let _turn = Turn::take().ok_or_else(Failure::busy)?;
    let job = Job::plan(request)?;
    job.run(isolate, &mut |_| ())
}

/// The snapshots of one environment.
#[napi]
pub struct SnapshotForks {
    running: forked::Running,
}

#[napi]
impl SnapshotForks {
    /// From here on, what runs when this environment ends is ended first.
    #[napi(constructor)]
    pub fn new(env: Env) -> Result<Self> {
        let running = forked::Running::default();
        let at_end = running.clone();
        env.add_env_cleanup_hook((), move |()| at_end.end())
            .map_err(crate::error::internal)?;
        Ok(Self { running })
    }

    /// Does what is asked for in a copy of this process. `progress` is called now and
    /// then. Returns what was possible at once; see [`forked::Begun`].
    #[napi]
    pub fn begin<'env>(
        &self,
        env: &'env Env,
        request: String,
        progress: Option<forked::OnProgress<'env>>,
    ) -> Result<forked::Begun<'env>> {
        let request = Request::parse(&request)?;
        forked::begin(env, Isolate::current()?, request, progress, &self.running)
    }
}
