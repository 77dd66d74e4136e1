//! Under which labels the functions of a profile were seen, and which of them were seen under one alone. What a call's
//! label is, is decided in `labels`.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{NO_LABEL, NOT_DRAWN};
use crate::sites::blame::Functions;
use crate::sites::inlined::CallTree;
use crate::sites::owner::{LABEL_SCRIPTS, Owner};
use crate::sites::profile::{Function, NodeIndex, Profile};

/// Sightings of a function under a label that make it the label's: fewer are chance.
const LEAST_SIGHTINGS: u64 = 3;

/// The part of all sightings of a function that its label has. Requests that had begun before there were labels are
/// seen without one.
const LEAST_SOLE: f64 = 0.98;

/// Where V8 runs microtasks from.
const MICROTASKS: &str = "node:internal/process/task_queues";

/// How a call stands on its stack.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// The innermost label around it.
    pub label: Option<u32>,
    /// Frames from the outermost to it.
    pub depth: usize,
    /// Nothing of the program, no label, and nothing of Node but its queue of microtasks is around it or is it.
    is_bare: bool,
    /// The outermost frame of the program's in a microtask, without a label.
    pub begins_microtask: bool,
    /// A frame of the program's own.
    is_program: bool,
}

pub(super) struct Frames {
    /// By call.
    pub places: Vec<Place>,
}

impl Frames {
    pub(super) fn of(profile: &Profile, functions: &Functions<'_>, numbers: &Numbers) -> Self {
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
pub(super) fn samples_of_nodes(profile: &Profile) -> Vec<u64> {
    let mut samples = vec![0_u64; profile.nodes.len()];
    for sample in &profile.samples {
        if let Some(of_node) = samples.get_mut(sample.node) {
            *of_node += 1;
        }
    }
    samples
}

/// The number in the name of a label's script.
pub(super) fn label_number(function: &Function) -> Option<u32> {
    function.script.strip_prefix(LABEL_SCRIPTS)?.parse().ok()
}

/// Labels by their numbers, one number for each name.
pub(super) struct Numbers(pub FxHashMap<u32, u32>);

impl Numbers {
    /// The label that a function's frame stands for, by the name of its script.
    pub(super) fn of(&self, function: &Function) -> Option<u32> {
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
pub(super) struct Sightings(Vec<Seen>);

impl Sightings {
    pub(super) fn of(
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
    pub(super) fn sole(&self, function: usize) -> Option<u32> {
        let seen = self.0.get(function)?;
        let &(label, times) = seen.under.iter().max_by_key(|(_, times)| *times)?;
        let is_sole = times >= LEAST_SIGHTINGS && times as f64 >= seen.times as f64 * LEAST_SOLE;
        is_sole.then_some(label)
    }
}
