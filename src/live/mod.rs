//! Snapshots of the running program: written to a file or analysed, in a forked child
//! while the program continues, or inline while it is stopped. JavaScript chooses which
//! of the two (`lib/live-snapshot.js`).
//!
//! | file | what it does |
//! | --- | --- |
//! | `request` | the request from JavaScript |
//! | `turn` | one at a time |
//! | `take` | V8's snapshot, abandoned before memory runs out |
//! | `job` | snapshot → file or report |
//! | `own_heap` | memwatch's reader in place of V8's snapshot, in a forked child |
//! | `at_limit` | the job in a child forked when the heap is nearly full |
//! | `forked` | the job in a forked child |
//! | `watch` | how the parent handles the messages and the end of the child |
//! | `pulse` | whether the child makes progress |
//! | `message` | the messages of the child |
//! | `outcome` | the result for JavaScript |

mod at_limit;
mod forked;
mod job;
mod message;
mod outcome;
// The reader was tried on x86-64 alone.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod own_heap;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[path = "own_heap_elsewhere.rs"]
mod own_heap;
mod pulse;
mod request;
mod take;
mod turn;
mod watch;

use napi::Env;

use crate::error::Result;
use crate::give_back::GiveBack;
use crate::object_numbers::ObjectNumbers;
use crate::v8::{AtEnd, Export, Isolate};
use job::Job;
use outcome::{Failure, Outcome};
use request::{Product, Request};
use turn::Turn;

pub(crate) use at_limit::EXPORTS as LIMIT_EXPORTS;
pub(crate) use take::take;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("takeInline", |call| {
        call.answer(take_inline(*call.env(), call.argument(0)?)?)
    }),
    Export::new("SnapshotForks.new", |call| {
        call.hang(SnapshotForks::new(*call.env())?)
    }),
    Export::new("SnapshotForks.end", |call| {
        call.answer(call.native::<SnapshotForks>(0)?.end())
    }),
    Export::new("SnapshotForks.begin", |call| {
        let forks = call.native::<SnapshotForks>(0)?;
        let (request, progress) = (call.argument(1)?, call.argument(2)?);
        call.answer(forks.begin(call.env(), request, progress)?)
    }),
    Export::new("templateMistake", |call| {
        call.answer(request::template_mistake(call.argument(0)?))
    }),
];

/// Runs the job on this thread, which is stopped until it is done.
pub(crate) fn take_inline(env: Env, request: String) -> Result<Outcome> {
    let request = Request::parse(&request)?;
    let isolate = Isolate::current()?;
    Ok(Outcome::of(inline(env, isolate, &request)))
}

fn inline(
    env: Env,
    isolate: Isolate,
    request: &Request,
) -> std::result::Result<message::Done, Failure> {
    let _turn = Turn::take().ok_or_else(Failure::busy)?;
    let _room = GiveBack::afterwards();
    let job = Job::plan(request)?;
    let run = || job.run(isolate, &mut |_| ());
    // A file may be compared with a later one by V8's numbers; a report is compared with nothing.
    if !matches!(request.product, Product::Analysis { .. }) {
        return run();
    }
    let numbers = ObjectNumbers::of(env);
    let done = numbers.around(env, isolate, run);
    numbers.release(isolate);
    done
}

/// The snapshots of one environment.
pub(crate) struct SnapshotForks {
    running: forked::Running,
    _at_end: AtEnd,
}

impl SnapshotForks {
    /// From here on, what runs when this environment ends is ended first.
    pub(crate) fn new(env: Env) -> Result<Self> {
        let running = forked::Running::default();
        let at_end = running.clone();
        let at_end = AtEnd::new(&env, move || at_end.end())?;
        Ok(Self {
            running,
            _at_end: at_end,
        })
    }

    /// Ends what runs, and leaves nothing of it behind. For the end of a program: on the main
    /// thread, Node calls no hook of the constructor's when `process.exit()` or an error ends it.
    pub(crate) fn end(&self) {
        self.running.end();
    }

    /// Does what is asked for in a copy of this process. `progress` is called now and
    /// then. Returns what was possible immediately; see [`forked::Begun`].
    pub(crate) fn begin<'env>(
        &self,
        env: &'env Env,
        request: String,
        progress: Option<forked::OnProgress<'env>>,
    ) -> Result<forked::Begun<'env>> {
        let request = Request::parse(&request)?;
        forked::begin(env, Isolate::current()?, request, progress, &self.running)
    }
}
