//! The allocation sites of one environment: whether a sampler runs and whose, the
//! profiles over time, and the answers as JSON. When to sample is `lib/sites.js`'.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use memwatch_detector::sites::owner::package_of;
use memwatch_detector::sites::{
    CallTree, Evidence, LabelBook, Moment, Profile, Series, suspects, table,
};
use memwatch_report::{SamplerOwner, SiteEntry, SitesReport, SuspectsReport, heap_profile_json};
use napi::Env;
use serde::Serialize;

use crate::clock::since_epoch;
use crate::environment;
use crate::error::{Code, Result, error};
use crate::v8::{AtEnd, Isolate, Sampler, read_profile};

mod allocations;
mod cpu_profile;
mod exports;
pub(crate) mod labels;

use cpu_profile::CpuProfile;
pub(crate) use exports::EXPORTS;

/// What JavaScript and the environment's clean-up share, on one thread.
struct State {
    isolate: Isolate,
    /// Ours, while it runs.
    sampler: RefCell<Option<Sampler>>,
    series: RefCell<Series>,
    /// When the series was added to last.
    observed_at_unix_ms: Cell<f64>,
    /// What the last suspicion found.
    evidence: RefCell<Evidence>,
    /// Our sampler began with the suspicion that is going on: at first it knows less than the
    /// evidence of the one before.
    is_fresh: Cell<bool>,
    /// Growth has paused: the evidence says more than what is alive now.
    is_held: Cell<bool>,
    /// What runs inside of what, as far as it was learned.
    timed: RefCell<CallTree>,
    /// What the program is at, by the number of its label.
    labels: RefCell<LabelBook>,
    /// Beginnings of the paths of our own code.
    ours: Vec<String>,
    /// The environment ends: no sampler may be started any more.
    ended: Cell<bool>,
}

/// The native side of `lib/sites.js`.
pub(crate) struct Sites {
    state: Rc<State>,
    _at_end: AtEnd,
}

impl Sites {
    /// `ours` are the beginnings of the paths of memwatch's own code, which never is a
    /// suspect.
    pub(crate) fn new(env: Env, ours: Vec<String>) -> Result<Self> {
        let isolate = Isolate::current()?;
        let state = Rc::new(State {
            isolate,
            sampler: RefCell::new(None),
            series: RefCell::new(Series::default()),
            observed_at_unix_ms: Cell::new(0.0),
            evidence: RefCell::default(),
            is_fresh: Cell::new(false),
            is_held: Cell::new(false),
            timed: RefCell::default(),
            labels: RefCell::default(),
            ours,
            ended: Cell::new(false),
        });
        let at_end = Rc::clone(&state);
        let at_end = AtEnd::new(&env, move || {
            at_end.ended.set(true);
            at_end.sampler.take();
            allocations::end();
        })?;
        Ok(Self {
            state,
            _at_end: at_end,
        })
    }

    /// Sees to it that a sampler runs, and begins to measure growth from now on. Whose
    /// sampler it is: `own` or `other`; none while the environment ends. `suspicion` is what
    /// it begins for: `new`, `same` where the evidence is of that already, or none.
    pub(crate) fn start(
        &self,
        env: Env,
        interval: u32,
        depth: u32,
        suspicion: Option<String>,
    ) -> Option<&'static str> {
        allocations::end();
        let running = self.state.read(env);
        *self.state.series.borrow_mut() = match &running {
            Some(profile) => Series::since(profile),
            None => Series::default(),
        };
        self.state.is_held.set(false);
        self.state.is_fresh.set(false);
        if let Some(suspicion) = suspicion {
            self.state.is_fresh.set(running.is_none());
            let goes_on = suspicion == "same";
            self.state.evidence.borrow_mut().begin(goes_on);
        }
        if running.is_none() && !self.state.ended.get() {
            let sampler = Sampler::start(self.state.isolate, interval, depth);
            *self.state.sampler.borrow_mut() = sampler;
        }
        let ours = self.state.sampler.borrow().is_some();
        // One of ours that runs on keeps as many frames as it was started with.
        if running.is_none() || !ours {
            let depth = if ours { depth as usize } else { 0 };
            self.state.labels.borrow_mut().set_depth(depth);
        }
        self.state
            .whose(running.is_some() || self.state.sampler.borrow().is_some())
            .name()
    }

    /// Whether the evidence is shown and not what is alive now: while growth has paused.
    pub(crate) fn hold(&self, is_held: bool) {
        self.state.is_held.set(is_held);
    }

    /// Whether the suspicion that is going on, or the last one, has found something.
    pub(crate) fn has_found(&self) -> bool {
        self.state.evidence.borrow().is_current()
    }

    /// Whether any sampler still runs. Checked often, so that one of ours that other
    /// code has stopped is released before they start their own.
    pub(crate) fn still_runs(&self) -> bool {
        let runs = self.state.runs();
        if !runs {
            self.state.let_go();
        }
        runs
    }

    /// Begins to sample all that is allocated; `false` where a sampler runs already.
    pub(crate) fn start_allocations(&self, interval: u32, depth: u32) -> bool {
        !self.state.ended.get() && allocations::start(self.state.isolate, interval, depth)
    }

    /// Ends that, with the text of a `.heapprofile`; `null` where it was ended before, as a suspicion does.
    pub(crate) fn take_allocations(&self, env: Env) -> Option<String> {
        allocations::take(env, self.state.isolate)
    }

    /// Stops our own sampler, if it runs, and forgets what was observed.
    pub(crate) fn stop(&self) {
        self.state.sampler.take();
        self.state.forget();
    }

    /// Drops the observations; the sampler continues.
    pub(crate) fn forget(&self) {
        self.state.forget();
    }

    /// Remembers what is alive now: after a full collection. `false` when no sampler
    /// runs.
    pub(crate) fn observe(&self, env: Env) -> bool {
        let Some(profile) = self.state.read(env) else {
            return false;
        };
        let state = &self.state;
        state.observed_at_unix_ms.set(now_unix_ms());
        state.series.borrow_mut().observe(Rc::new(profile));
        if let Some(moment) = state.observed() {
            let has_suspects = |moment: &Moment| !state.suspects_of(moment, 1).is_empty();
            state.evidence.borrow_mut().offer(moment, has_suspects);
        }
        true
    }

    /// The suspects as JSON, from the last observation; where there is none, from what is
    /// alive now; where that has none, from the evidence. Empty when there is none of them.
    pub(crate) fn suspects(&self, env: Env, top: u32) -> Result<String> {
        let runs = self.still_runs();
        let state = &self.state;
        let moment = if state.shows_evidence(runs) {
            None
        } else {
            state.observed().or_else(|| state.live(env))
        };
        let found = moment.map(|moment| (state.suspects_of(&moment, top), moment.at_unix_ms));
        json(&match found {
            Some((suspects, at)) if !suspects.is_empty() => SuspectsReport {
                at: Some(at),
                suspects,
            },
            _ => state.suspects_kept(top),
        })
    }

    /// The suspects of the evidence as JSON: of the last suspicion that found something.
    pub(crate) fn evidence(&self, top: u32) -> Result<String> {
        json(&self.state.suspects_kept(top))
    }

    /// When the evidence is of, in milliseconds since the Unix epoch; `null` without any.
    pub(crate) fn evidence_at(&self) -> Option<f64> {
        let evidence = self.state.evidence.borrow();
        evidence.kept().map(|moment| moment.at_unix_ms)
    }

    /// Learns what runs inside of what, from the JSON of an inspector's CPU profile.
    pub(crate) fn learn(&self, cpu_profile: String) -> Result<()> {
        let read: CpuProfile = serde_json::from_str(&cpu_profile)
            .map_err(|wrong| error(Code::Internal, wrong.to_string()))?;
        *self.state.timed.borrow_mut() = read.into_tree();
        Ok(())
    }

    /// The table as JSON: of what is alive now, or of the evidence.
    pub(crate) fn table(&self, env: Env, top: u32) -> Result<String> {
        let (moment, is_live) = self.shown(|state| state.live(env));
        json(&self.state.table_of(moment.as_ref(), is_live, top))
    }

    /// The same as the text of a `.heapprofile`; `null` when no sampler has run.
    pub(crate) fn heap_profile(&self, env: Env) -> Option<String> {
        let (moment, _) = self.shown(|state| state.live(env));
        moment.map(|moment| self.state.heap_profile_of(&moment))
    }

    /// Table, suspects and `.heapprofile` of one moment: of the last observation where there
    /// is one, else of now, or of the evidence. The profile where it is wanted.
    pub(crate) fn moment(
        &self,
        env: Env,
        top_sites: u32,
        top_suspects: u32,
        wants_profile: bool,
    ) -> Result<Vec<Option<String>>> {
        let (moment, is_live) = self.shown(|state| state.observed().or_else(|| state.live(env)));
        let table = self.state.table_of(moment.as_ref(), is_live, top_sites);
        let suspects = match &moment {
            Some(moment) => self.state.suspects_of(moment, top_suspects),
            None => Vec::new(),
        };
        let profile = moment.filter(|_| wants_profile);
        Ok(vec![
            Some(json(&table)?),
            Some(json(&suspects)?),
            profile.map(|moment| self.state.heap_profile_of(&moment)),
        ])
    }

    /// What is shown, and whether it is what is alive and not the evidence.
    fn shown(&self, alive: impl FnOnce(&State) -> Option<Moment>) -> (Option<Moment>, bool) {
        let runs = self.still_runs();
        if self.state.shows_evidence(runs) {
            let evidence = self.state.evidence.borrow();
            return (evidence.kept().cloned(), false);
        }
        (alive(&self.state), true)
    }
}

/// The package that a file is of; `null` outside of any.
pub(crate) fn package_of_file(file: String) -> Option<String> {
    package_of(&file).map(str::to_owned)
}

impl State {
    /// An inspector's sampler collects the heap before it tells; that is not the
    /// program's collection.
    fn read(&self, env: Env) -> Option<Profile> {
        // What is collected would be shown as alive.
        let is_of_what_lives = !allocations::run();
        let profile = is_of_what_lives
            .then(|| environment::without_counting(|| read_profile(env, self.isolate)))
            .flatten();
        if profile.is_none() {
            self.let_go();
        }
        profile
    }

    /// Whether any sampler of live objects runs.
    fn runs(&self) -> bool {
        let some_run = Sampler::runs(self.isolate);
        if !some_run {
            // Somebody else has stopped ours.
            allocations::end();
        }
        some_run && !allocations::run()
    }

    /// The last observation, and what had grown then.
    fn observed(&self) -> Option<Moment> {
        let series = self.series.borrow();
        let profile = series.last()?;
        Some(Moment {
            at_unix_ms: self.observed_at_unix_ms.get(),
            growth: Rc::new(series.growth(profile)),
            profile: Rc::clone(profile),
        })
    }

    /// What is alive now, garbage that was not collected yet among it.
    fn live(&self, env: Env) -> Option<Moment> {
        let profile = self.read(env)?;
        let growth = Rc::new(self.series.borrow().growth(&profile));
        Some(Moment {
            at_unix_ms: now_unix_ms(),
            profile: Rc::new(profile),
            growth,
        })
    }

    /// Whether the evidence says more than what is alive: no sampler runs, or it has only begun.
    fn shows_evidence(&self, runs: bool) -> bool {
        let evidence = self.evidence.borrow();
        let knows_less = self.is_fresh.get() && !evidence.is_current();
        evidence.kept().is_some() && (!runs || self.is_held.get() || knows_less)
    }

    fn suspects_of(&self, moment: &Moment, top: u32) -> Vec<SiteEntry> {
        let timed = self.timed.borrow();
        let profile = timed.complete(&moment.profile);
        let labels = self.labels.borrow();
        let (growth, top) = (&moment.growth, top as usize);
        let found = suspects(&profile, growth, &timed, &labels, &self.ours, top);
        SiteEntry::all(&profile, &found)
    }

    fn suspects_kept(&self, top: u32) -> SuspectsReport {
        let evidence = self.evidence.borrow();
        match evidence.kept() {
            Some(moment) => SuspectsReport {
                at: Some(moment.at_unix_ms),
                suspects: self.suspects_of(moment, top),
            },
            None => SuspectsReport {
                at: None,
                suspects: Vec::new(),
            },
        }
    }

    fn table_of(&self, moment: Option<&Moment>, is_live: bool, top: u32) -> SitesReport {
        let sampling = self.whose(self.runs());
        let Some(moment) = moment else {
            return SitesReport {
                sampling,
                at: None,
                is_live,
                bytes: 0,
                sites: Vec::new(),
            };
        };
        let profile = &moment.profile;
        let (timed, labels) = (self.timed.borrow(), self.labels.borrow());
        let (growth, top) = (&moment.growth, top as usize);
        let sites = table(profile, growth, &timed, &labels, &self.ours, top);
        SitesReport {
            sampling,
            at: Some(moment.at_unix_ms),
            is_live,
            bytes: profile.total_bytes(),
            sites: SiteEntry::all(profile, &sites),
        }
    }

    /// With the names of labels in place of their frames.
    fn heap_profile_of(&self, moment: &Moment) -> String {
        heap_profile_json(&self.labels.borrow().named(&moment.profile))
    }

    /// None runs: what we once started, somebody else has stopped. Held any longer, its
    /// end would be the end of theirs.
    fn let_go(&self) {
        self.sampler.take();
    }

    fn whose(&self, some_run: bool) -> SamplerOwner {
        match (some_run, self.sampler.borrow().is_some()) {
            (false, _) => SamplerOwner::Off,
            (true, true) => SamplerOwner::Own,
            (true, false) => SamplerOwner::Other,
        }
    }

    fn forget(&self) {
        *self.series.borrow_mut() = Series::default();
    }
}

fn now_unix_ms() -> f64 {
    since_epoch().as_millis() as f64
}

fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value).map_err(|refused| error(Code::Internal, refused.to_string()))
}
