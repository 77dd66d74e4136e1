//! The trace of a leak candidate: from a root to the objects, one reference a step, and
//! the one reference that a repaired program would not have. Says of the steps before it
//! whether the program surely wants them, which is more than a path says. Judges the
//! shape of the references alone: whether the candidate is a leak is not decided here.
//!
//! There are a few candidates in a heap of millions of objects: what is `cold` here is
//! compiled to be small.

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeId, NodeOrdinal, NodeType, StringIndex};
use super::access::{Access, Hop, Writer, is_timer_callback};
use super::cut::LeakKind;
use super::fold::{Folded, fold};
use super::kinds::Kind;
use super::names::{class, cut, member, token};
use super::sources::{Place, internal, place_of};
use super::suspects::Found;
use super::tags::is_realm;
use super::tree::PathTree;

/// Steps of a long trace, and how many of these are the last ones.
const MAX_STEPS: usize = 40;
const MAX_LAST_STEPS: usize = 12;

/// Whether a program wants what a step leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// There is one for each name in the program: what lives as long as it runs.
    Expected,
    /// It may be one of many.
    Unknown,
    /// It is what the candidate is about, or kept by that.
    Unexpected,
}

/// A trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The sort of mistake.
    pub kind: LeakKind,
    /// From the root on.
    pub steps: Vec<TraceStep>,
    /// Place in `steps` of the reference to cut.
    pub cut: usize,
}

/// One reference and the object it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStep {
    /// As written: `.name`, `[x]`, `context.name`, or in words in brackets.
    pub reference: String,
    /// The class of the object.
    pub class: String,
    /// The object; of a folded step, in its first turn.
    pub node: NodeOrdinal,
    /// Its id.
    pub id: NodeId,
    /// Where its function or constructor stands.
    pub place: Option<Place>,
    /// How many times the turn it belongs to is taken; 1 outside of any.
    pub times: usize,
    /// Whether a program wants it.
    pub expectation: Expectation,
}

/// What makes two hops the same step of a turn.
type Same = (Access, StringIndex, NodeType);

impl Writer<'_, '_> {
    /// The trace of what was found.
    #[cold]
    pub(super) fn trace(&mut self, tree: &PathTree, found: &Found) -> Trace {
        let suspect = &found.suspect;
        let way = tree.way(self.snapshot, suspect.example);
        let mut hops = self.hops(&way);
        if suspect.kind == Kind::Timers {
            return self.trace_of_timer(&hops, suspect.example);
        }
        if hops.is_empty() {
            // Nothing leads to it, or only what keeps nothing alive.
            let text = "(unknown)".to_owned();
            let step = self.step(text, suspect.example, 1, Expectation::Unknown);
            return Trace {
                kind: LeakKind::LargeObject,
                steps: vec![step],
                cut: 0,
            };
        }
        let is_slot = !found.is_chain && suspect.kind != Kind::Single;
        // What is told of is not where the telling starts.
        let may_start = hops.len().saturating_sub(usize::from(is_slot));
        let start = self.start(&hops[..may_start]);
        hops.drain(..start);
        let same = |hop: &Hop| -> Same {
            let snapshot = self.snapshot;
            let name = snapshot.name_index(hop.node);
            (hop.access, name, snapshot.node_type(hop.node))
        };
        let sequence: Vec<Same> = hops.iter().map(same).collect();
        let runs = fold(&sequence);
        let (kind, mut cut) = self.cut(found, &hops, &runs);
        let sliced = (kind == LeakKind::Slice).then(|| self.sliced(suspect.example));
        if let Some(whole) = sliced.flatten() {
            cut = hops.len();
            hops.push(whole);
        }
        let in_turn = runs.iter().find(|run| run.times > 1);
        let one_of_many = in_turn.map_or(cut, |turn| turn.start.min(cut));
        let expectations = self.expectations(&hops, one_of_many, cut);
        let mut steps = Vec::new();
        let mut cut_step = 0;
        let mut told = runs;
        if hops.len() > sequence.len() {
            told.push(Folded {
                start: sequence.len(),
                length: 1,
                times: 1,
            });
        }
        for run in told {
            for at in run.places() {
                if at == cut {
                    cut_step = steps.len();
                }
                let is_end = is_slot && at + 1 == sequence.len();
                let reference = match at.checked_sub(1) {
                    None => self.start_text(hops[at].node),
                    Some(before) => self.reference(hops[before], hops[at], is_end),
                };
                steps.push(self.step(reference, hops[at].node, run.times, expectations[at]));
            }
        }
        shorten(&mut steps, &mut cut_step);
        Trace {
            kind,
            steps,
            cut: cut_step,
        }
    }

    /// Node's list of timers, the timer, what it calls. How the timers hang on each other
    /// says nothing.
    #[cold]
    fn trace_of_timer(&mut self, hops: &[Hop], timer: NodeOrdinal) -> Trace {
        let list = hops.iter().rev().find(|hop| self.is_timer_list(hop.node));
        let mut steps = Vec::new();
        if let Some(list) = list {
            let text = "(Node.js's timers)".to_owned();
            steps.push(self.step(text, list.node, 1, Expectation::Expected));
        }
        let cut = steps.len();
        let text = "[x]".to_owned();
        steps.push(self.step(text, timer, 1, Expectation::Unexpected));
        let callback = self.snapshot.edges(timer).find_map(|edge| {
            let name = self.snapshot.strings().get(StringIndex(edge.name_or_index));
            let is_it = edge.edge_type == EdgeType::Property && is_timer_callback(&name);
            is_it.then(|| (member(&name), edge.to))
        });
        if let Some((reference, to)) = callback {
            steps.push(self.step(reference, to, 1, Expectation::Unexpected));
        }
        Trace {
            kind: LeakKind::Timer,
            steps,
            cut,
        }
    }

    #[cold]
    fn step(
        &mut self,
        reference: String,
        node: NodeOrdinal,
        times: usize,
        expectation: Expectation,
    ) -> TraceStep {
        let class = match self.words.modules().short_name(node) {
            Some(_) => "module".to_owned(),
            None => class(self.snapshot, node),
        };
        TraceStep {
            reference,
            class,
            node,
            id: self.snapshot.id(node),
            place: place_of(self.snapshot, node),
            times,
            expectation,
        }
    }

    /// The string that a slice was cut from.
    fn sliced(&self, slice: NodeOrdinal) -> Option<Hop> {
        internal(self.snapshot, slice, &["parent"]).map(|node| Hop {
            access: Access::Whole,
            node,
            from: slice,
        })
    }

    #[cold]
    fn reference(&mut self, before: Hop, hop: Hop, is_end: bool) -> String {
        match hop.access {
            Access::Property(_) if is_end => "[x]".to_owned(),
            Access::Property(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                member(&name)
            }
            Access::Variable(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                // Of a module, its variables are what it is known by.
                let is_own = self.words.is_module(before.node);
                let scope = if is_own { "" } else { "context." };
                format!("{scope}{}", cut(&name))
            }
            Access::Element => "[x]".to_owned(),
            Access::Entry => "(entry)".to_owned(),
            Access::WeakEntry => "(entry by its key)".to_owned(),
            Access::Reaction => "(reaction)".to_owned(),
            Access::Local => "(local variable)".to_owned(),
            Access::BoundArgument => "(bound argument)".to_owned(),
            Access::Task => "(task)".to_owned(),
            Access::Whole => "(cut from)".to_owned(),
            Access::Internal => "(internal)".to_owned(),
        }
    }

    /// Expected is what has a name of its own in the program, from a root on: there is one
    /// of it. What a turn, an entry, an element or a call leads to may be
    /// one of many.
    #[cold]
    fn expectations(&mut self, hops: &[Hop], turn: usize, cut: usize) -> Vec<Expectation> {
        let mut expectations = Vec::with_capacity(hops.len());
        let mut is_expected = hops.first().is_some_and(|hop| self.is_lasting(hop.node));
        for (at, hop) in hops.iter().enumerate() {
            is_expected &= at == 0 || at < turn && self.is_named_once(hops[at - 1], *hop);
            expectations.push(match is_expected {
                _ if at >= cut && at > 0 => Expectation::Unexpected,
                true => Expectation::Expected,
                false => Expectation::Unknown,
            });
        }
        expectations
    }

    /// Whether a start lives as long as the program.
    fn is_lasting(&mut self, node: NodeOrdinal) -> bool {
        let name = token(self.snapshot, node);
        self.words.is_module(node)
            || matches!(name.as_str(), "Module" | "process" | "Server")
            || self.is_global(&name)
    }

    fn is_named_once(&mut self, before: Hop, hop: Hop) -> bool {
        match hop.access {
            Access::Property(_) => true,
            Access::Variable(_) => {
                self.words.is_module(before.node) || is_top_level(self.snapshot, hop.from)
            }
            _ => false,
        }
    }
}

/// Whether the scope is that of a whole file: none is around it but the realm's own.
fn is_top_level(snapshot: &Snapshot, context: NodeOrdinal) -> bool {
    internal(snapshot, context, &["previous"]).is_some_and(|outer| is_realm(snapshot, outer))
}

/// Leaves out what is between the first and the last steps of a very long trace; the
/// reference to cut is told.
#[cold]
fn shorten(steps: &mut Vec<TraceStep>, cut: &mut usize) {
    if steps.len() <= MAX_STEPS {
        return;
    }
    let mut to = steps.len() - MAX_LAST_STEPS;
    let mut from = MAX_STEPS - MAX_LAST_STEPS;
    if (from..to).contains(cut) {
        // As many steps, around the one that counts.
        if *cut - from > to - *cut {
            to = *cut;
        } else {
            from = *cut + 1;
        }
    }
    let gap = TraceStep {
        reference: format!("… ({} more) …", to - from),
        place: None,
        times: 1,
        ..steps[from].clone()
    };
    steps.splice(from..to, [gap]);
    if *cut >= to {
        *cut = *cut + 1 - (to - from);
    }
}
