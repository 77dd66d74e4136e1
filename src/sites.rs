//! The allocation sites of one environment: whether a sampler runs and whose, the
//! profiles over time, and the answers as JSON. When to sample is `lib/sites.js`'.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use memwatch_core::report::{SiteEntry, SitesReport, heap_profile_json};
use memwatch_core::sites::inlined::TimedCall;
use memwatch_core::sites::owner::package_of;
use memwatch_core::sites::{CallTree, Function, Profile, Series, suspects, table};
use napi::Env;
use napi_derive::napi;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Result, error, internal};
use crate::monitor;
use crate::v8::{Isolate, Sampler, read_profile};

/// What JavaScript and the environment's clean-up share, on one thread.
struct State {
    isolate: Isolate,
    /// Ours, while it runs.
    sampler: RefCell<Option<Sampler>>,
    series: RefCell<Series>,
    /// What runs inside of what, as far as it was learned.
    timed: RefCell<CallTree>,
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
        let isolate = Isolate::current()?;
        let state = Rc::new(State {
            isolate,
            sampler: RefCell::new(None),
            series: RefCell::new(Series::default()),
            timed: RefCell::default(),
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
            let sampler = Sampler::start(self.state.isolate, interval, depth);
            *self.state.sampler.borrow_mut() = sampler;
        }
        self.state
            .whose(running.is_some() || self.state.sampler.borrow().is_some())
    }

    /// Whether a sampler still runs, whoever's. Asked often, so that one of ours that
    /// somebody else has stopped is let go before they start their own.
    #[napi]
    pub fn still_runs(&self) -> bool {
        let runs = Sampler::runs(self.state.isolate);
        if !runs {
            self.state.let_go();
        }
        runs
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
        let timed = self.state.timed.borrow();
        let profile = timed.complete(profile);
        let found = suspects(&profile, &growth, &timed, &self.state.ours, top as usize);
        json(&SiteEntry::all(&profile, &found))
    }

    /// Learns what runs inside of what, from the JSON of an inspector's CPU profile.
    #[napi]
    pub fn learn(&self, cpu_profile: String) -> Result<()> {
        let read: CpuProfile = serde_json::from_str(&cpu_profile)
            .map_err(|wrong| error(Code::Internal, wrong.to_string()))?;
        *self.state.timed.borrow_mut() = read.into_tree();
        Ok(())
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
        let profile = monitor::without_counting(|| read_profile(env, self.isolate));
        if profile.is_none() {
            self.let_go();
        }
        profile
    }

    /// None runs: what we once started, somebody else has stopped. Held any longer, its
    /// end would be the end of theirs.
    fn let_go(&self) {
        self.sampler.take();
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

/// `Profiler.Profile` of the Chrome DevTools Protocol, as far as it is needed.
#[derive(Deserialize)]
struct CpuProfile {
    nodes: Vec<CpuNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuNode {
    id: u32,
    call_frame: CpuFrame,
    #[serde(default)]
    hit_count: u64,
    #[serde(default)]
    children: Vec<u32>,
}

/// Lines and columns count from 0, -1 where there is none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuFrame {
    function_name: String,
    script_id: String,
    url: String,
    line_number: i64,
    column_number: i64,
}

impl CpuProfile {
    fn into_tree(self) -> CallTree {
        let places: HashMap<u32, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place))
            .collect();
        let from_1 = |number: i64| u32::try_from(number + 1).unwrap_or(0);
        let calls = self.nodes.into_iter().map(|node| TimedCall {
            function: Function {
                name: node.call_frame.function_name,
                script: node.call_frame.url,
                script_id: node.call_frame.script_id.parse().unwrap_or(0),
                line: from_1(node.call_frame.line_number),
                column: from_1(node.call_frame.column_number),
            },
            hits: node.hit_count,
            callees: node
                .children
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect(),
        });
        CallTree {
            calls: calls.collect(),
        }
    }
}
