//! Which functions outside of JavaScript allocate what stays: one sampler for the process, which runs as long as a thread
//! that has started it. How samples are taken is `crates/native`'s, what JavaScript gets of them `crates/report`'s; names
//! are read off the main thread. Of a thread that has started it, V8 says where the code of each function is: JavaScript
//! is named in its allocations, and in no other thread's.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use memwatch_native::sampler::{self, Options, Refused};
use memwatch_native::{javascript, naming};
use memwatch_report::NativeSitesReading;
use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};

use crate::clock::since_epoch;
use crate::error::{Code, Result, error};
use crate::v8::{AtEnd, CodeEvents, Export, Isolate};

/// How many threads have started it: the last that stops takes the hooks out.
static THREADS: Mutex<usize> = Mutex::new(0);

fn threads() -> MutexGuard<'static, usize> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

struct State {
    /// This thread has started it.
    runs: Cell<bool>,
    /// V8 says where this thread's code is.
    code: RefCell<Option<Rc<CodeEvents>>>,
    ended: Cell<bool>,
}

/// The native side of `lib/native-memory/sites.js`.
pub(crate) struct NativeSites {
    state: Rc<State>,
    /// Where memwatch's own scripts begin.
    ours: Vec<String>,
    _at_end: AtEnd,
}

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("NativeSites.new", |call| {
        call.hang(NativeSites::new(*call.env(), call.argument(1)?)?)
    }),
    Export::new("NativeSites.start", |call| {
        let sites = call.native::<NativeSites>(0)?;
        let (mean_bytes, names_javascript) = (call.argument(1)?, call.argument(2)?);
        call.answer(sites.state.start(mean_bytes, names_javascript)?)
    }),
    Export::new("NativeSites.stop", |call| {
        call.answer(call.native::<NativeSites>(0)?.state.stop())
    }),
    Export::new("NativeSites.read", |call| {
        let sites = call.native::<NativeSites>(0)?;
        let top: Option<u32> = call.argument(1)?;
        call.answer(sites.state.runs.get().then(|| {
            AsyncTask::new(Read {
                top,
                names_javascript: sites.state.code.borrow().is_some(),
                ours: sites.ours.clone(),
            })
        }))
    }),
];

impl NativeSites {
    fn new(env: Env, ours: Vec<String>) -> Result<Self> {
        let state = Rc::new(State {
            runs: Cell::new(false),
            code: RefCell::new(None),
            ended: Cell::new(false),
        });
        let at_end = Rc::clone(&state);
        let at_end = AtEnd::new(&env, move || {
            at_end.ended.set(true);
            at_end.stop();
        })?;
        Ok(Self {
            state,
            ours,
            _at_end: at_end,
        })
    }
}

impl State {
    /// Starts sampling, or joins another thread that has: then with its mean. `false` while the environment ends.
    fn start(&self, mean_bytes: Option<f64>, names_javascript: bool) -> Result<bool> {
        if self.ended.get() {
            return Ok(false);
        }
        if self.runs.get() {
            return Err(refused(&Refused::Running));
        }
        let mut threads = threads();
        if *threads == 0 {
            let mut options = Options {
                javascript: Some(javascript::frames),
                ..Options::default()
            };
            if let Some(mean) = mean_bytes {
                (options.mean_bytes, options.adapts) = (mean as u64, false);
            }
            sampler::start(options).map_err(|why| refused(&why))?;
        }
        *threads += 1;
        self.runs.set(true);
        // Others may start and stop while V8 goes through this heap.
        drop(threads);
        if names_javascript && let Ok(isolate) = Isolate::current() {
            *self.code.borrow_mut() = CodeEvents::start(isolate);
        }
        Ok(true)
    }

    /// Ends it for this thread. Whether it had been started.
    fn stop(&self) -> bool {
        if !self.runs.take() {
            return false;
        }
        drop(self.code.take());
        let mut threads = threads();
        *threads -= 1;
        if *threads == 0 {
            sampler::stop();
            javascript::forget_functions();
        }
        true
    }
}

fn refused(why: &Refused) -> napi::Error<Code> {
    error(Code::NativeSites(why.code()), why.to_string())
}

/// The table with so many rows, or all stacks. `null` where it has ended meanwhile.
pub(crate) struct Read {
    top: Option<u32>,
    names_javascript: bool,
    ours: Vec<String>,
}

impl Task for Read {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let Some(reading) = sampler::read() else {
            return Ok("null".to_owned());
        };
        let at_unix_us = since_epoch().as_micros() as i64;
        let reading = NativeSitesReading {
            // First: they are forgotten when sampling ends.
            javascript: &javascript::functions(&reading),
            named: &naming::name(&reading),
            reading: &reading,
            names_javascript: self.names_javascript,
            ours: &self.ours,
            at_unix_us,
        };
        let json = match self.top {
            Some(top) => serde_json::to_string(&reading.report(top as usize)),
            None => serde_json::to_string(&reading.stacks()),
        };
        // Numbers and names cannot fail to be written.
        Ok(json.unwrap_or_default())
    }

    fn resolve(&mut self, _: Env, report: String) -> napi::Result<String> {
        Ok(report)
    }
}
