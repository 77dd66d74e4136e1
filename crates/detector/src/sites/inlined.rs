//! Functions that V8 has inlined into their caller. The sampler sees no frame of them and
//! attributes their allocations to the caller. A CPU profile does see them, so a short one
//! shows what runs inside of a function, and so what may have allocated there.
//!
//! That is likely, not known: time spent is no proof of memory allocated. So what is
//! recorded always outweighs what is likely (`LIKELY` in [`super::blame`]).

use rustc_hash::{FxHashMap, FxHashSet};

use super::blame::Functions;
use super::profile::{Function, NodeIndex, Profile};

/// A chain with less than this part of a function's time is left out: of a short
/// profile, one sample or two.
const LEAST_SHARE: f64 = 0.03;

/// A function that has frames of its own below another, with at least this part of what
/// the other allocated itself, is not compiled into it. Less may be from before it was.
const OWN_FRAMES_SHARE: f64 = 0.1;

/// Calls inside of one function that are looked at.
const MOST_CALLS: usize = 10_000;

/// One call of a CPU profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedCall {
    /// As in an allocation profile: script, line and column tell functions apart.
    pub function: Function,
    /// Samples in which it was the innermost.
    pub hits: u64,
    /// Indices of the calls made in it; each call is made in one.
    pub callees: Vec<NodeIndex>,
}

/// A CPU profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallTree {
    /// In any order.
    pub calls: Vec<TimedCall>,
}

/// What runs inside of a function: functions from the innermost outwards, without the
/// function itself, and the part of its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// Indices into [`Profile::functions`].
    pub functions: Vec<usize>,
    /// Of all chains inside of the function, and of itself: from 0 to 1.
    pub share: f64,
}

/// The chains inside of each function, by its index.
pub type Chains = FxHashMap<usize, Vec<Chain>>;

type Key<'a> = (i32, u32, u32, &'a str);

fn key(function: &Function) -> Key<'_> {
    (
        function.script_id,
        function.line,
        function.column,
        &function.name,
    )
}

impl CallTree {
    /// The profile with the functions of this tree that it does not have.
    pub fn complete(&self, profile: &Profile) -> Profile {
        let known: FxHashSet<Key<'_>> = profile.functions.iter().map(key).collect();
        let mut seen = FxHashSet::default();
        let added = self
            .calls
            .iter()
            .map(|call| &call.function)
            .filter(|function| !known.contains(&key(function)) && seen.insert(key(function)));
        let functions = profile.functions.iter().chain(added).cloned().collect();
        Profile {
            functions,
            nodes: profile.nodes.clone(),
            samples: profile.samples.clone(),
        }
    }

    /// For each call the function in a profile made by [`Self::complete`].
    pub(super) fn indices(&self, profile: &Profile) -> FxHashMap<NodeIndex, usize> {
        let functions = profile.functions.iter().enumerate();
        let places: FxHashMap<Key<'_>, usize> = functions.map(|(at, f)| (key(f), at)).collect();
        let calls = self.calls.iter().enumerate();
        calls
            .filter_map(|(call, timed)| Some((call, *places.get(&key(&timed.function))?)))
            .collect()
    }

    /// What runs inside of the innermost functions of calls that grew: `grown` has their
    /// frames and bytes, by a profile made by [`Self::complete`]. What has frames of its
    /// own below the function is left out.
    pub fn chains(
        &self,
        profile: &Profile,
        functions: &Functions<'_>,
        grown: &[(Vec<usize>, u64)],
    ) -> Chains {
        if self.calls.is_empty() {
            return Chains::default();
        }
        let indices: FxHashMap<Key<'_>, usize> = profile
            .functions
            .iter()
            .enumerate()
            .map(|(index, f)| (key(f), index))
            .collect();
        let index_of = |call: &TimedCall| indices.get(&key(&call.function)).copied();
        let frames = OwnFrames::of(grown);
        let mut chains = Chains::default();
        for function in grown
            .iter()
            .filter_map(|(frames, _)| frames.first().copied())
        {
            if chains.contains_key(&function) {
                continue;
            }
            let mut times: FxHashMap<Vec<usize>, u64> = FxHashMap::default();
            let outermost =
                (0..self.calls.len()).filter(|&call| index_of(&self.calls[call]) == Some(function));
            let mut waiting: Vec<(NodeIndex, Vec<usize>)> =
                outermost.map(|call| (call, Vec::new())).collect();
            let mut looked_at = 0;
            while let Some((index, chain)) = waiting.pop() {
                let Some(call) = self.calls.get(index) else {
                    continue;
                };
                looked_at += 1;
                if looked_at > MOST_CALLS {
                    break;
                }
                let has_frames = chain
                    .first()
                    .is_some_and(|&inner| frames.has(function, inner));
                if call.hits > 0 && !has_frames {
                    *times.entry(chain.clone()).or_insert(0) += call.hits;
                }
                for &callee in &call.callees {
                    let Some(inner) = self.calls.get(callee).and_then(index_of) else {
                        continue;
                    };
                    if !functions.owner(inner).is_answerable() {
                        // Node's and V8's time is that of who called them.
                        waiting.push((callee, chain.clone()));
                    } else if inner != function && !chain.contains(&inner) {
                        let mut longer = Vec::with_capacity(chain.len() + 1);
                        longer.push(inner);
                        longer.extend(&chain);
                        waiting.push((callee, longer));
                    }
                }
            }
            let total: u64 = times.values().sum();
            let mut found: Vec<Chain> = times
                .into_iter()
                .filter(|(chain, _)| !chain.is_empty())
                .map(|(functions, hits)| Chain {
                    functions,
                    share: hits as f64 / total as f64,
                })
                .filter(|chain| chain.share >= LEAST_SHARE)
                .collect();
            memwatch_order::sort_by(&mut found, |a, b| {
                b.share
                    .total_cmp(&a.share)
                    .then_with(|| a.functions.cmp(&b.functions))
            });
            chains.insert(function, found);
        }
        chains
    }
}

/// What grew in frames that were recorded.
#[derive(Default)]
struct OwnFrames {
    /// By function, as the innermost frame.
    own: FxHashMap<usize, u64>,
    /// By a function and the one of the frame right below it.
    below: FxHashMap<(usize, usize), u64>,
}

impl OwnFrames {
    fn of(grown: &[(Vec<usize>, u64)]) -> Self {
        let mut all = Self::default();
        for (frames, bytes) in grown {
            if let Some(&inner) = frames.first() {
                *all.own.entry(inner).or_insert(0) += bytes;
            }
            for pair in frames.windows(2) {
                *all.below.entry((pair[1], pair[0])).or_insert(0) += bytes;
            }
        }
        all
    }

    fn has(&self, function: usize, inner: usize) -> bool {
        let own = self.own.get(&function).copied().unwrap_or(0);
        let below = self.below.get(&(function, inner)).copied().unwrap_or(0);
        below as f64 > own as f64 * OWN_FRAMES_SHARE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Series;
    use crate::sites::labels::LabelBook;
    use crate::sites::suspects::suspects;
    use crate::sites::testing::ProfileBuilder;

    /// Calls by `name file` with their hits and callees.
    fn tree(calls: &[(&str, u64, &[usize])]) -> CallTree {
        let calls = calls.iter().map(|&(name, hits, callees)| {
            let profile = ProfileBuilder::new().stack(&[name], 1).build();
            TimedCall {
                function: profile.functions[1].clone(),
                hits,
                callees: callees.to_vec(),
            }
        });
        CallTree {
            calls: calls.collect(),
        }
    }

    /// The chains inside of `function`, as `innermost<…<outermost percent`.
    fn inside(function: &str, tree: &CallTree, profile: &Profile) -> Vec<String> {
        let profile = tree.complete(profile);
        let functions = Functions::of(&profile, &[]);
        let of = profile
            .functions
            .iter()
            .position(|f| f.name == function)
            .unwrap();
        let grown: Vec<(Vec<usize>, u64)> = profile
            .nodes
            .iter()
            .enumerate()
            .map(|(node, own)| (functions.answerable(&profile, node), own.self_bytes))
            .collect();
        let chains = tree.chains(&profile, &functions, &grown);
        chains
            .get(&of)
            .into_iter()
            .flatten()
            .map(|chain| {
                let names = chain
                    .functions
                    .iter()
                    .map(|&f| profile.functions[f].name.as_str());
                format!(
                    "{} {:.0}",
                    names.collect::<Vec<_>>().join("<"),
                    chain.share * 100.0
                )
            })
            .collect()
    }

    const REMEMBER: &str = "remember /x/node_modules/leaky/i.js";

    fn timed() -> CallTree {
        tree(&[
            ("loop app.js", 10, &[1, 4]),
            ("handle app.js", 5, &[2]),
            (REMEMBER, 20, &[3]),
            ("emit node:events", 60, &[]),
            ("idle app.js", 5, &[]),
        ])
    }

    #[test]
    fn what_runs_inside_of_a_function_is_told_by_its_time() {
        let profile = ProfileBuilder::new().stack(&["loop app.js"], 100).build();
        assert_eq!(
            inside("loop", &timed(), &profile),
            ["remember<handle 80", "handle 5", "idle 5"],
        );
    }

    #[test]
    fn what_has_a_frame_of_its_own_is_not_inside() {
        let profile = ProfileBuilder::new()
            .stack(&["loop app.js"], 100)
            .stack(&["loop app.js", "call", REMEMBER], 11)
            .build();
        let directly = tree(&[("loop app.js", 1, &[1]), (REMEMBER, 3, &[])]);
        assert_eq!(inside("loop", &directly, &profile), Vec::<String>::new());
    }

    #[test]
    fn frames_from_before_it_was_compiled_into_its_caller_do_not_count() {
        let profile = ProfileBuilder::new()
            .stack(&["loop app.js"], 100)
            .stack(&["loop app.js", "call", REMEMBER], 9)
            .build();
        let directly = tree(&[("loop app.js", 1, &[1]), (REMEMBER, 3, &[])]);
        assert_eq!(inside("loop", &directly, &profile), ["remember 75"]);
    }

    #[test]
    fn the_package_inlined_into_the_program_is_the_second_suspect() {
        let profile = ProfileBuilder::new()
            .samples(&["loop app.js"], 100, 1..=20)
            .build();
        let tree = timed();
        let profile = tree.complete(&profile);
        let growth = Series::default().growth(&profile);
        let found = suspects(&profile, &growth, &tree, &LabelBook::default(), &[], 3);
        let name = |function: usize| profile.functions[function].name.as_str();
        let names: Vec<&str> = found.iter().map(|site| name(site.function)).collect();
        assert_eq!(names, ["loop", "remember", "handle"]);
        assert_eq!(
            (found[1].bytes, found[1].growth, found[1].count),
            (1600, 1600, 16)
        );
        let stack: Vec<&str> = found[1].stack.iter().map(|&f| name(f)).collect();
        assert_eq!(stack, ["remember", "handle", "loop"]);
    }

    #[test]
    fn a_tree_that_refers_to_itself_or_beyond_its_end_comes_to_an_end() {
        let tree = tree(&[("a app.js", 1, &[1, 7]), ("b app.js", 1, &[0, 1])]);
        let profile = ProfileBuilder::new().stack(&["a app.js"], 1).build();
        assert_eq!(inside("a", &tree, &profile), ["b 50"]);
    }

    #[test]
    fn without_a_cpu_profile_nothing_is_inside() {
        let profile = ProfileBuilder::new().stack(&["loop app.js"], 100).build();
        assert_eq!(
            inside("loop", &CallTree::default(), &profile),
            Vec::<String>::new()
        );
    }
}
