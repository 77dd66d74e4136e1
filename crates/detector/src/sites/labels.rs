//! What the program was at while it allocated: a route, a queue. `lib/labels` calls what has a label from a
//! function that is made for it alone, in a script named `memwatch:label/N`. So a stack that has a frame of that
//! function is that label's, the innermost where several are; each call has one label at most.
//!
//! What runs later, after an `await`, has no such frame. It is the label's where one of these holds:
//!
//! - a function is on the stack that was handed over as the work of this label alone ([`LabelBook::note_work`]);
//! - V8 has started the function as a microtask, with nothing of the program around it, and the function was seen
//!   under this label and hardly anywhere else (`sightings`).
//!
//! All else is not known, and said to be: a function that several labels share, timers, events of sockets, and stacks
//! of which the sampler kept only the inner part. Nothing is divided among labels by guess.
//!
//! Of many requests a second some are drawn by chance ([`Draw`]): the others run under [`NOT_DRAWN`]. How these are
//! counted is in [`super::shares`].

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::blame::Functions;
use super::inlined::CallTree;
use super::profile::{Function, NodeIndex, Profile};

mod sightings;

use sightings::{Frames, Numbers, Sightings, label_number, samples_of_nodes};

/// V8's numbers of labels begin behind it: under this one runs what has no label yet.
pub const NO_LABEL: u32 = 0;

/// Under this one runs a request that was not drawn, at a rate at which not every one has a label. Also in `lib/labels`.
const NOT_DRAWN: u32 = u32::MAX - 1;

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
