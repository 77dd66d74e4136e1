//! A snapshot in a forked child: started here, watched by a thread, reported on the
//! event loop.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use napi::bindgen_prelude::{Function, JsObjectValue, Object};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, JsDeferred};
use napi_derive::napi;

use super::Turn;
use super::job::Job;
use super::message::{Done, Message, Progress};
use super::outcome::{Failure, Outcome};
use super::request::{Engine, Request};
use super::watch::watch;
use crate::error::{Code, Result, internal};
use crate::memory::Headroom;
use crate::v8::{Child, Isolate, Killer, Refused, Terms, fork};

/// Enough for reading lines.
const STACK_BYTES: usize = 256 << 10;

/// Nanoseconds in a millisecond.
const NS_PER_MS: f64 = 1_000_000.0;

/// How far a snapshot is, for JavaScript.
#[napi(object)]
pub(crate) struct SnapshotProgress {
    /// `taking`, `writing`, `analyzing`.
    pub stage: String,
    /// Bytes of the snapshot's JSON so far.
    pub bytes: f64,
}

/// Is called now and then.
pub(super) type OnProgress<'env> = Function<'env, SnapshotProgress, ()>;

/// An object with `pauseMs`, how long the thread stood still, and either `failure` or
/// `outcome`, a promise that always resolves.
pub(super) type Begun<'env> = Object<'env>;

/// What runs for an environment.
#[derive(Clone, Default)]
pub(super) struct Running(Rc<RefCell<Option<Current>>>);

pub(super) struct Current {
    killer: Killer,
    watcher: JoinHandle<()>,
}

impl Running {
    /// The environment ends: so does what it waits for, and leaves nothing behind.
    pub(super) fn end(&self) {
        if let Some(Current { killer, watcher }) = self.0.take() {
            killer.kill();
            // It has nothing else to wait for then. A panic of it was reported already.
            let _ = watcher.join();
        }
    }
}

/// What settles the promise, from any thread.
type Deferred = JsDeferred<Outcome, Box<dyn FnOnce(Env) -> napi::Result<Outcome> + Send>>;

fn settle(deferred: Deferred, outcome: Outcome) {
    deferred.resolve(Box::new(move |_| Ok(outcome)));
}

/// Makes the copy and lets it work.
pub(super) fn begin<'env>(
    env: &'env Env,
    isolate: Isolate,
    request: Request,
    progress: Option<OnProgress<'env>>,
    running: &Running,
) -> Result<Begun<'env>> {
    let begun_at = Instant::now();
    let mut begun = Object::new(env).map_err(internal)?;
    match start(env, isolate, request, progress, running)? {
        Ok(outcome) => begun.set_named_property("outcome", outcome),
        Err(failure) => begun.set_named_property("failure", failure),
    }
    .map_err(internal)?;
    let pause_ms = begun_at.elapsed().as_nanos() as f64 / NS_PER_MS;
    begun
        .set_named_property("pauseMs", pause_ms)
        .map_err(internal)?;
    Ok(begun)
}

fn start<'env>(
    env: &'env Env,
    isolate: Isolate,
    request: Request,
    progress: Option<OnProgress<'env>>,
    running: &Running,
) -> Result<std::result::Result<Object<'env>, Failure>> {
    let Some(turn) = Turn::take() else {
        return Ok(Err(Failure::busy()));
    };
    let mut job = match Job::plan(&request) {
        Ok(job) => job,
        Err(failure) => return Ok(Err(failure)),
    };
    if let Err(failure) = check_room(isolate, &request, &mut job) {
        return Ok(Err(failure));
    }
    let progress = progress
        .map(|progress| {
            progress
                .build_threadsafe_function()
                .callee_handled::<false>()
                .weak::<true>()
                .build()
        })
        .transpose()
        .map_err(internal)?;
    let on_progress = move |told: Progress| {
        if let Some(progress) = &progress {
            let told = SnapshotProgress {
                stage: told.stage.name().to_owned(),
                bytes: told.bytes as f64,
            };
            progress.call(told, ThreadsafeFunctionCallMode::NonBlocking);
        }
    };
    let (deferred, outcome): (Deferred, _) = env.create_deferred().map_err(internal)?;
    let on_end = move |result: Ended| settle(deferred, Outcome::of(result));
    match launch(isolate, job, turn, &request, on_progress, on_end) {
        Ok(current) => {
            if !request.outlives_parent {
                *running.0.borrow_mut() = Some(current);
            }
            Ok(Ok(outcome))
        }
        Err((failure, on_end)) => {
            // Otherwise the promise, which is never returned, would keep the program alive.
            on_end(Err(failure.clone()));
            Ok(Err(failure))
        }
    }
}

/// What came of a copy.
pub(super) type Ended = std::result::Result<Done, Failure>;

/// Makes a copy that does the job, and a thread that hears of it: `on_end` is called there,
/// once. Without a forked child it is returned uncalled. Touches no JavaScript.
pub(super) fn launch<E: FnOnce(Ended) + Send + 'static>(
    isolate: Isolate,
    job: Job,
    turn: Turn,
    request: &Request,
    on_progress: impl FnMut(Progress) + Send + 'static,
    on_end: E,
) -> std::result::Result<Current, (Failure, E)> {
    let deadline = request.deadline();
    let job = Arc::new(job);
    let (sender, receiver) = mpsc::channel::<(Child, Turn, E)>();
    // The thread starts before the fork, so that no child is left without a waiter.
    let watcher = thread::Builder::new()
        .name("memwatch".to_owned())
        .stack_size(STACK_BYTES)
        .spawn({
            let job = Arc::clone(&job);
            move || {
                // There is none: the caller got the reason.
                let Ok((child, turn, on_end)) = receiver.recv() else {
                    return;
                };
                let result = job.outcome(watch(child, deadline, on_progress));
                job.clear_up();
                drop(turn);
                on_end(result);
            }
        });
    let watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => return Err((unwatched(&error), on_end)),
    };
    let directory = job.writes_to();
    let terms = Terms {
        writes_to: directory.as_deref(),
        deadline,
        outlives_parent: request.outlives_parent,
    };
    let child = match fork(terms, |messages| work(&job, isolate, messages)) {
        Ok(child) => child,
        Err(refused) => return Err((refusal(&refused), on_end)),
    };
    let killer = child.killer();
    // The thread does nothing but wait for it.
    let _ = sender.send((child, turn.of_copy(), on_end));
    Ok(Current { killer, watcher })
}

/// In the copy.
fn work(job: &Job, isolate: Isolate, mut messages: File) {
    let mut tell = |message: &Message| {
        // If the parent is gone the message is lost.
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            let _ = messages.write_all(&line);
        }
    };
    let result = job.run(isolate, &mut |progress: Progress| {
        tell(&Message::Progress(progress));
    });
    tell(&match result {
        Ok(done) => Message::Done(done),
        Err(failure) => Message::Failed(failure),
    });
}

/// Whether there is memory for a copy at all, and for which engine in it. How much a snapshot takes
/// is known when the objects are counted; the copy itself sees to that.
pub(super) fn check_room(
    isolate: Isolate,
    request: &Request,
    job: &mut Job,
) -> std::result::Result<(), Failure> {
    let heap = isolate.statistics();
    let headroom = Headroom::watch();
    let engine = request.engine();
    if engine != Engine::Reader
        && headroom.is_enough_for_copy(heap.total_physical_size, heap.used_heap_size)
    {
        return Ok(());
    }
    if engine != Engine::V8 && headroom.is_enough_for_reader(heap.used_heap_size) {
        if engine == Engine::Auto {
            job.must_read();
        }
        return Ok(());
    }
    Err(Failure::new(
        Code::SnapshotMemory,
        "not enough memory to fork the process",
    ))
}

/// As good as a system that makes no copy, and mostly for the same reason: a limit on tasks.
fn unwatched(error: &io::Error) -> Failure {
    Failure::new(
        Code::SnapshotFork,
        format!("the system cannot create the thread that waits for the forked child: {error}"),
    )
}

fn refusal(refused: &Refused) -> Failure {
    let why = match refused {
        Refused::Mappings(error) => format!("/proc/self/smaps cannot be read: {error}"),
        Refused::System(error) => format!("the system cannot fork the process: {error}"),
        Refused::Platform => "snapshots in a forked child need Linux".to_owned(),
    };
    Failure::new(Code::SnapshotFork, why)
}
