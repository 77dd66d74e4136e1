//! The allocation sites of one environment: whether a sampler runs and whose, the
//! profiles over time, and the answers as JSON. When to sample is `lib/sites.js`'.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use memwatch_core::report::{SiteEntry, SitesReport, heap_profile_json};
use memwatch_core::sites::owner::package_of;
use memwatch_core::sites::{Profile, Series, suspects, table};
use napi::Env;
use napi_derive::napi;
use serde::Serialize;

use crate::error::{Code, Result, error, internal};
use crate::monitor;
use crate::v8::{Isolate, Sampler, read_profile};

/// What JavaScript and the environment's clean-up share, on one thread.
struct State {
    isolate: Isolate,
    /// Ours, while it runs.
    sampler: RefCell<Option<Sampler>>,
    series: RefCell<Series>,
    /// Beginnings of the paths of our own code.
    ours: Vec<String>,
    /// The environment ends: no sampler may be started any more.
    ended: Cell<bool>,
}

/// The native side of `lib/sites.js`.
#[napi]
pub struct Sites {
    state: Rc<State>,
}

#[napi]
impl Sites {
    /// `ours` are the beginnings of the paths of memwatch's own code, which never is a
    /// suspect.
    #[napi(constructor)]
    pub fn new(env: Env, ours: Vec<String>) -> Result<Self> {
        let isolate = Isolate::current().map_err(|none| error(Code::Internal, none.to_string()))?;
        let state = Rc::new(State {
            isolate,
            sampler: RefCell::new(None),
            series: RefCell::new(Series::default()),
            ours,
            ended: Cell::new(false),
        });
        let at_end = Rc::clone(&state);
        env.add_env_cleanup_hook((), move |()| {
            at_end.ended.set(true);
            at_end.sampler.take();
        })
        .map_err(internal)?;
        Ok(Self { state })
    }

    /// Sees to it that a sampler runs, and begins to measure growth from now on. Whose
    /// sampler it is: `own` or `other`; `off` while the environment ends.
    #[napi]
    pub fn start(&self, env: Env, interval: u32, depth: u32) -> &'static str {
        let running = self.state.read(env);
        *self.state.series.borrow_mut() = match &running {
            Some(profile) => Series::since(profile),
            None => Series::default(),
        };
        if running.is_none() && !self.state.ended.get() {
            // What we once started and somebody else has stopped is let go first: its
            // end would be the end of the new one.
            self.state.sampler.take();
            let sampler = Sampler::start(self.state.isolate, interval, depth);
            *self.state.sampler.borrow_mut() = sampler;
        }
        self.state
            .whose(running.is_some() || self.state.sampler.borrow().is_some())
    }

    /// Stops our own sampler, if it runs, and forgets what was observed.
    #[napi]
    pub fn stop(&self) {
        self.state.sampler.take();
        self.state.forget();
    }

    /// Forgets what was observed; the sampler goes on.
    #[napi]
    pub fn forget(&self) {
        self.state.forget();
    }

    /// Remembers what is alive now: after a full collection. `false` when no sampler
    /// runs.
    #[napi]
    pub fn observe(&self, env: Env) -> bool {
        let Some(profile) = self.state.read(env) else {
            return false;
        };
        self.state.series.borrow_mut().observe(profile);
        true
    }

    /// The suspects as a JSON list, from the last observation; where there is none,
    /// from what is alive now. Empty when no sampler runs.
    #[napi]
    pub fn suspects(&self, env: Env, top: u32) -> Result<String> {
        let series = self.state.series.borrow();
        let fresh = match series.last() {
            Some(_) => None,
            None => self.state.read(env),
        };
        let Some(profile) = series.last().or(fresh.as_ref()) else {
            return json(&[(); 0]);
        };
        let growth = series.growth(profile);
        let found = suspects(profile, &growth, &self.state.ours, top as usize);
        json(&SiteEntry::all(profile, &found))
    }

    /// The table of what is alive now, as JSON.
    #[napi]
    pub fn table(&self, env: Env, top: u32) -> Result<String> {
        let profile = self.state.read(env);
        let sampling = self.state.whose(profile.is_some());
        let profile = profile.unwrap_or_default();
        let growth = self.state.series.borrow().growth(&profile);
        let sites = table(&profile, &growth, &self.state.ours, top as usize);
        json(&SitesReport {
            sampling,
            bytes: profile.total_bytes(),
            sites: SiteEntry::all(&profile, &sites),
        })
    }

    /// What is alive now as the text of a `.heapprofile`; `null` when no sampler runs.
    #[napi]
    pub fn heap_profile(&self, env: Env) -> Option<String> {
        self.state
            .read(env)
            .map(|profile| heap_profile_json(&profile))
    }
}

/// The package that a file is of; `null` outside of any.
#[napi]
pub fn package_of_file(file: String) -> Option<String> {
    package_of(&file).map(str::to_owned)
}

impl State {
    /// An inspector's sampler collects the heap before it tells; that is not the
    /// program's collection.
    fn read(&self, env: Env) -> Option<Profile> {
        monitor::without_counting(|| read_profile(env, self.isolate))
    }

    fn whose(&self, some_run: bool) -> &'static str {
        match (some_run, self.sampler.borrow().is_some()) {
            (false, _) => "off",
            (true, true) => "own",
            (true, false) => "other",
        }
    }

    fn forget(&self) {
        *self.series.borrow_mut() = Series::default();
    }
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|refused| error(Code::Internal, refused.to_string()))
}
