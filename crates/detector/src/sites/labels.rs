//! What the program was at while it allocated: a route, a queue. `lib/labels` calls what has a label from a
//! function that is made for it alone, in a script named `memwatch:label/N`. So a stack that has a frame of that
//! function is that label's, the innermost where several are; each call has one label at most.
//!
//! What runs later, after an `await`, has no such frame. It is the label's where one of these holds:
//!
//! - a function is on the stack that was handed over as the work of this label alone ([`LabelBook::note_work`]);
//! - V8 has started the function as a microtask, with nothing of the program around it, and the function was seen
//!   under this label and hardly anywhere else ([`LEAST_SIGHTINGS`], [`LEAST_SOLE`]).
//!
//! All else is not known, and said to be: a function that several labels share, timers, events of sockets, and stacks
//! of which the sampler kept only the inner part. Nothing is divided among labels by guess.
//!
//! Of many requests a second some are drawn by chance ([`Draw`]): the others run under [`NOT_DRAWN`]. How these are
//! counted is in [`super::shares`].

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::blame::Functions;
use super::inlined::CallTree;
use super::owner::{LABEL_SCRIPTS, Owner};
use super::profile::{Function, NodeIndex, Profile};

/// V8's numbers of labels begin behind it: under this one runs what has no label yet.
pub const NO_LABEL: u32 = 0;

/// Under this one runs a request that was not drawn, at a rate at which not every one has a label. Also in `lib/labels`.
const NOT_DRAWN: u32 = u32::MAX - 1;

/// Sightings of a function under a label that make it the label's: fewer are chance.
const LEAST_SIGHTINGS: u64 = 3;

/// The part of all sightings of a function that its label has. Requests that had begun before there were labels are
/// seen without one.
const LEAST_SOLE: f64 = 0.98;

/// Where V8 runs microtasks from.
const MICROTASKS: &str = "node:internal/process/task_queues";

/// The work of no single label: functions of one place in the code that are made anew for each.
const OF_SEVERAL: u32 = u32::MAX;

/// What a label is of: its words depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LabelKind {
    /// Requests of one route.
    Route,
    /// What the program calls `memwatch.label()` for.
    Task,
}

/// A label as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    /// `POST /users/subscribe`, or what the program calls it.
    pub name: String,
    /// What it is of.
    pub kind: LabelKind,
}

/// Whether what allocated stands for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Draw {
    /// For itself: a task, or no request.
    #[default]
    Itself,
    /// A request that was drawn, whether its label is known or not.
    Drawn,
    /// A request that was not drawn.
    NotDrawn,
}

/// What is known of a call's own allocations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// `None` where no label is known.
    pub label: Option<&'a Label>,
    /// What it stands for.
    pub draw: Draw,
    /// Samples alive.
    pub samples: u64,
}

/// The labels there are, and what is known of them from elsewhere than stacks.
#[derive(Clone, Debug, Default)]
pub struct LabelBook {
    names: FxHashMap<u32, Label>,
    /// Labels by the place of a function: script, line and column.
    work: FxHashMap<(i32, u32, u32), u32>,
    /// Frames that the sampler keeps of a stack; 0 where that is not known.
    depth: usize,
}

impl LabelBook {
    /// Names a label, or names it anew: a route is known at the end of its first request.
    pub fn name(&mut self, id: u32, label: Label) {
        self.names.insert(id, label);
    }

    /// A function that begins there is run as the work of a label. Of a second label, it is of none.
    pub fn note_work(&mut self, script_id: i32, line: u32, column: u32, id: u32) {
        let of = self.work.entry((script_id, line, column)).or_insert(id);
        if *of != id && self.names.get(of) != self.names.get(&id) {
            *of = OF_SEVERAL;
        }
    }

    /// The frames that the sampler keeps of a stack.
    pub fn set_depth(&mut self, depth: usize) {
        self.depth = depth;
    }

    /// The profile with the names of labels as those of their frames, for who shows all frames.
    pub fn named<'a>(&self, profile: &'a Profile) -> Cow<'a, Profile> {
        let numbers = profile.functions.iter().map(label_number);
        let names: Vec<Option<&Label>> = numbers
            .map(|number| number.and_then(|number| self.names.get(&number)))
            .collect();
        if names.iter().all(Option::is_none) {
            return Cow::Borrowed(profile);
        }
        let mut named = profile.clone();
        for (function, label) in named.functions.iter_mut().zip(names) {
            if let Some(label) = label {
                function.name.clone_from(&label.name);
            }
        }
        Cow::Owned(named)
    }

    /// For each label the first of the same name: two paths whose route turned out to be the same.
    fn firsts(&self) -> FxHashMap<u32, u32> {
        let mut by_name: FxHashMap<&Label, u32> = FxHashMap::default();
        for (&id, label) in &self.names {
            let first = by_name.entry(label).or_insert(id);
            *first = id.min(*first);
        }
        let named = self.names.iter();
        named.map(|(&id, label)| (id, by_name[label])).collect()
    }

    /// Of a call below the frame of a label.
    fn draw(&self, label: Option<u32>) -> Draw {
        match label {
            Some(NOT_DRAWN) => Draw::NotDrawn,
            Some(id) => match self.names.get(&id) {
                Some(label) if label.kind == LabelKind::Task => Draw::Itself,
                _ => Draw::Drawn,
            },
            None => Draw::Itself,
        }
    }

    fn work_of(&self, function: &Function) -> Option<u32> {
        let place = (function.script_id, function.line, function.column);
        self.work
            .get(&place)
            .copied()
            .filter(|&id| id != OF_SEVERAL)
    }
}

/// Which label each call of a profile allocated under.
pub struct Labelled<'a> {
    book: &'a LabelBook,
    of_nodes: Vec<Option<u32>>,
    draws: Vec<Draw>,
    samples: Vec<u64>,
}

impl<'a> Labelled<'a> {
    /// Of the calls of a profile; `timed` has seen further functions under labels.
    pub fn of(
        profile: &Profile,
        functions: &Functions<'_>,
        timed: &CallTree,
        book: &'a LabelBook,
    ) -> Self {
        if book.names.is_empty() {
            return Self {
                book,
                of_nodes: Vec::new(),
                draws: Vec::new(),
                samples: Vec::new(),
            };
        }
        let numbers = Numbers(book.firsts());
        let frames = Frames::of(profile, functions, &numbers);
        let sightings = Sightings::of(profile, functions, timed, &frames, &numbers);
        let most = profile.nodes.iter().zip(&frames.places);
        let deepest = most.map(|(_, place)| place.depth).max().unwrap_or(0);
        // Where the sampler's depth is not known, the deepest stacks may be cut.
        let cut = if book.depth == 0 { deepest } else { book.depth };
        let mut later: Vec<(Option<u32>, Option<u32>)> = Vec::with_capacity(profile.nodes.len());
        let mut of_nodes = Vec::with_capacity(profile.nodes.len());
        for (node, place) in profile.nodes.iter().zip(&frames.places) {
            let (mut work, mut continued) = node
                .caller
                .and_then(|caller| later.get(caller).copied())
                .unwrap_or((None, None));
            if let Some(function) = profile.functions.get(node.function) {
                work = book.work_of(function).or(work);
            }
            if place.begins_microtask {
                continued = sightings.sole(node.function);
            }
            later.push((work, continued));
            of_nodes.push(match place.label {
                Some(NO_LABEL | NOT_DRAWN) => None,
                Some(label) => Some(label),
                None => work.or(continued.filter(|_| place.depth < cut)),
            });
        }
        let places = frames.places.iter();
        Self {
            book,
            of_nodes,
            draws: places.map(|place| book.draw(place.label)).collect(),
            samples: samples_of_nodes(profile),
        }
    }

    /// What is known of a call's own allocations.
    pub fn known(&self, node: NodeIndex) -> Known<'a> {
        let id = self.of_nodes.get(node).copied().flatten();
        Known {
            label: id.and_then(|id| self.book.names.get(&id)),
            draw: self.draws.get(node).copied().unwrap_or_default(),
            samples: self.samples.get(node).copied().unwrap_or(0),
        }
    }
}

/// How a call stands on its stack.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// The innermost label around it.
    label: Option<u32>,
    /// Frames from the outermost to it.
    depth: usize,
    /// Nothing of the program, no label, and nothing of Node but its queue of microtasks is around it or is it.
    is_bare: bool,
    /// The outermost frame of the program's in a microtask, without a label.
    begins_microtask: bool,
    /// A frame of the program's own.
    is_program: bool,
}

struct Frames {
    /// By call.
    places: Vec<Place>,
}

impl Frames {
    fn of(profile: &Profile, functions: &Functions<'_>, numbers: &Numbers) -> Self {
        let all = profile.functions.iter();
        let label_of: Vec<Option<u32>> = all.map(|function| numbers.of(function)).collect();
        let mut places: Vec<Place> = Vec::with_capacity(profile.nodes.len());
        for node in &profile.nodes {
            let around = node.caller.and_then(|caller| places.get(caller).copied());
            let Some(around) = around else {
                places.push(Place {
                    is_bare: true,
                    ..Place::default()
                });
                continue;
            };
            let label = label_of
                .get(node.function)
                .copied()
                .flatten()
                .or(around.label);
            let is_program = functions.owner(node.function) == Owner::Program;
            let is_bare = around.is_bare
                && label.is_none()
                && match functions.owner(node.function) {
                    Owner::V8 | Owner::Package(_) => true,
                    Owner::Node => profile
                        .functions
                        .get(node.function)
                        .is_some_and(|function| function.script == MICROTASKS),
                    Owner::Program | Owner::Tool | Owner::Label => false,
                };
            places.push(Place {
                label,
                depth: around.depth + 1,
                is_bare,
                begins_microtask: is_program && around.is_bare && label.is_none(),
                is_program,
            });
        }
        Self { places }
    }
}

/// Samples alive of each call, without those made in it.
fn samples_of_nodes(profile: &Profile) -> Vec<u64> {
    let mut samples = vec![0_u64; profile.nodes.len()];
    for sample in &profile.samples {
        if let Some(of_node) = samples.get_mut(sample.node) {
            *of_node += 1;
        }
    }
    samples
}

/// The number in the name of a label's script.
fn label_number(function: &Function) -> Option<u32> {
    function.script.strip_prefix(LABEL_SCRIPTS)?.parse().ok()
}

/// Labels by their numbers, one number for each name.
struct Numbers(FxHashMap<u32, u32>);

impl Numbers {
    /// The label that a function's frame stands for, by the name of its script.
    fn of(&self, function: &Function) -> Option<u32> {
        let number = label_number(function)?;
        Some(self.0.get(&number).copied().unwrap_or(number))
    }
}

/// Where a function was seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// How often under each label. Few: most functions are of one route, or of all.
    under: Vec<(u32, u64)>,
    /// How often in all, but where it began a microtask without a label.
    times: u64,
}

/// By function.
struct Sightings(Vec<Seen>);

impl Sightings {
    fn of(
        profile: &Profile,
        functions: &Functions<'_>,
        timed: &CallTree,
        frames: &Frames,
        numbers: &Numbers,
    ) -> Self {
        let mut seen = Self(vec![Seen::default(); profile.functions.len()]);
        // Callers stand before callees, so from the last on each call has what is below it.
        let mut samples = samples_of_nodes(profile);
        for (index, node) in profile.nodes.iter().enumerate().rev() {
            // One that is there has been sampled at some time.
            let times = samples[index].max(1);
            let place = frames.places[index];
            if let Some(caller) = node.caller {
                samples[caller] += times;
            }
            if place.is_program && !place.begins_microtask {
                seen.add(node.function, place.label, times);
            }
        }
        seen.add_timed(profile, functions, timed, numbers);
        seen
    }

    /// A CPU profile sees what was compiled into its caller as well. It may have begun before there were labels, so it
    /// is no witness against one.
    fn add_timed(
        &mut self,
        profile: &Profile,
        functions: &Functions<'_>,
        timed: &CallTree,
        numbers: &Numbers,
    ) {
        let indices = timed.indices(profile);
        let callees = timed.calls.iter().flat_map(|call| &call.callees);
        let has_caller: FxHashSet<NodeIndex> = callees.copied().collect();
        let mut waiting: Vec<(NodeIndex, Option<u32>)> = (0..timed.calls.len())
            .filter(|call| !has_caller.contains(call))
            .map(|call| (call, None))
            .collect();
        // Each call is made in one, so no more than these are met, whatever the tree says.
        for _ in 0..timed.calls.len() {
            let Some((index, around)) = waiting.pop() else {
                break;
            };
            let Some(call) = timed.calls.get(index) else {
                continue;
            };
            let label = numbers.of(&call.function).or(around);
            if let (Some(_), Some(&function)) = (label, indices.get(&index))
                && functions.owner(function) == Owner::Program
            {
                self.add(function, label, call.hits);
            }
            waiting.extend(call.callees.iter().map(|&callee| (callee, label)));
        }
    }

    fn add(&mut self, function: usize, label: Option<u32>, times: u64) {
        let Some(seen) = self.0.get_mut(function) else {
            return;
        };
        // It says nothing of the work: another request of the same route has its label.
        if matches!(label, Some(NO_LABEL | NOT_DRAWN)) {
            return;
        }
        seen.times += times;
        let Some(label) = label else { return };
        match seen.under.iter_mut().find(|(known, _)| *known == label) {
            Some((_, sum)) => *sum += times,
            None => seen.under.push((label, times)),
        }
    }

    /// The label that a function was seen under, where there is hardly another.
    fn sole(&self, function: usize) -> Option<u32> {
        let seen = self.0.get(function)?;
        let &(label, times) = seen.under.iter().max_by_key(|(_, times)| *times)?;
        let is_sole = times >= LEAST_SIGHTINGS && times as f64 >= seen.times as f64 * LEAST_SOLE;
        is_sole.then_some(label)
    }
}
