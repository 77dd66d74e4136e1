//! Functions that V8 has compiled into their caller. The sampler sees no frame of them:
//! what they allocate is the caller's. A CPU profile does see them, so a short one tells
//! what runs inside of a function, and with it what may have allocated there.
//!
//! That is likely, not known: time spent is no proof of memory allocated. So what is
//! recorded always outweighs what is likely (`LIKELY` in [`super::blame`]).

use rustc_hash::{FxHashMap, FxHashSet};

use super::blame::Functions;
use super::profile::{Function, NodeIndex, Profile};

/// A chain with less than this part of a function's time is left out: of a short
/// profile, one sample or two.
const LEAST_SHARE: f64 = 0.03;

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

    /// What runs inside of the functions `of`, by a profile made by [`Self::complete`].
    /// What the sampler has seen as a frame right below the function is not inlined into
    /// it, and left out.
    pub fn chains(
        &self,
        profile: &Profile,
        functions: &Functions<'_>,
        of: impl Iterator<Item = usize>,
    ) -> Chains {
        let indices: FxHashMap<Key<'_>, usize> = profile
            .functions
            .iter()
            .enumerate()
            .map(|(index, f)| (key(f), index))
            .collect();
        let index_of = |call: &TimedCall| indices.get(&key(&call.function)).copied();
        let recorded = recorded_below(profile, functions);
        let mut chains = Chains::default();
        for function in of {
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
                let is_recorded = chain
                    .first()
                    .is_some_and(|&inner| recorded.contains(&(function, inner)));
                if call.hits > 0 && !is_recorded {
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
            found.sort_by(|a, b| {
                b.share
                    .total_cmp(&a.share)
                    .then_with(|| a.functions.cmp(&b.functions))
            });
            chains.insert(function, found);
        }
        chains
    }
}

/// Pairs of a function and one that has a frame right below it, Node's and V8's frames
/// in between left aside.
fn recorded_below(profile: &Profile, functions: &Functions<'_>) -> FxHashSet<(usize, usize)> {
    // The innermost function that answers, of each call and those around it.
    let mut answers: Vec<Option<usize>> = Vec::with_capacity(profile.nodes.len());
    let mut pairs = FxHashSet::default();
    for node in &profile.nodes {
        let above = node
            .caller
            .and_then(|caller| answers.get(caller).copied().flatten());
        if !functions.owner(node.function).is_answerable() {
            answers.push(above);
            continue;
        }
        if let Some(above) = above {
            pairs.insert((above, node.function));
        }
        answers.push(Some(node.function));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Series;
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
        let chains = tree.chains(&profile, &functions, [of].into_iter());
        chains[&of]
            .iter()
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
            .stack(&["loop app.js", "call", REMEMBER], 1)
            .build();
        assert_eq!(inside("loop", &timed(), &profile), ["handle 25", "idle 25"]);
    }

    #[test]
    fn the_package_inlined_into_the_program_is_the_second_suspect() {
        let profile = ProfileBuilder::new()
            .samples(&["loop app.js"], 100, 1..=20)
            .build();
        let tree = timed();
        let profile = tree.complete(&profile);
        let growth = Series::default().growth(&profile);
        let found = suspects(&profile, &growth, &tree, &[], 3);
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
