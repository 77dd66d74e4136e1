//! The ranking: step 5 of the rule in the module's documentation.

use rustc_hash::FxHashMap;

use super::ages::{Ages, ages};
use super::blame::{Functions, Part};
use super::inlined::{CallTree, Chains};
use super::labels::{LabelBook, Labelled};
use super::owner::Owner;
use super::profile::{NodeIndex, Profile};
use super::series::Growth;
use super::shares::Shares;
use super::site::Site;

/// What is left of a call's growth for further functions of the package that already
/// answers for it.
const LEFT_IN_PACKAGE: f64 = 0.25;

/// What is left of it for the others on the stack.
const LEFT_FOR_OTHERS: f64 = 0.6;

/// A suspect with a lower score than this part of the first one's is noise: a handful
/// of samples.
const LEAST_SCORE: f64 = 0.01;

/// Calls that are ranked, those that grew most. They bound the time a ranking takes;
/// beyond them each has less than a thousandth.
const MOST_CALLS: usize = 2_000;

/// A call that grew.
struct Grown {
    node: NodeIndex,
    bytes: f64,
    /// The innermost frame that answers.
    inner: Option<usize>,
    parts: Vec<Part>,
}

/// The functions to look at, the likeliest first, `top` at most. `timed` tells what runs
/// inside of what, and has completed the profile; `book` has the labels.
pub fn suspects(
    profile: &Profile,
    growth: &Growth,
    timed: &CallTree,
    book: &LabelBook,
    ours: &[String],
    top: usize,
) -> Vec<Site> {
    let functions = Functions::of(profile, ours);
    let ages = ages(profile, growth.since_sample);
    let (calls, chains) = grown_calls(profile, growth, timed, &functions);
    let spreads = spreads(&calls, ages.as_deref());
    let mut chosen: Vec<usize> = Vec::new();
    let mut first_score = 0.0;
    while chosen.len() < top {
        let scores = scores(&calls, &functions, &chosen);
        let best = scores
            .iter()
            .filter(|(function, _)| !chosen.contains(function))
            .map(|(&function, &sum)| {
                (
                    function,
                    sum * spreads.get(&function).copied().unwrap_or(1.0),
                )
            })
            // By number where two are equal, so that the order is always the same.
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let Some((function, score)) = best else { break };
        if chosen.is_empty() {
            first_score = score;
        }
        if score <= 0.0 || score < first_score * LEAST_SCORE {
            break;
        }
        chosen.push(function);
    }
    let all = All {
        functions: &functions,
        labels: Labelled::of(profile, &functions, timed, book),
        profile,
        growth,
        total: growth.total(),
        calls: &calls,
        chains: &chains,
    };
    chosen
        .into_iter()
        .map(|function| Site {
            age_spread: spreads.get(&function).copied().unwrap_or(1.0),
            ..all.site(function)
        })
        .collect()
}

fn grown_calls(
    profile: &Profile,
    growth: &Growth,
    timed: &CallTree,
    functions: &Functions<'_>,
) -> (Vec<Grown>, Chains) {
    let mut nodes: Vec<NodeIndex> = (0..profile.nodes.len())
        .filter(|&node| growth.of(node) > 0)
        .collect();
    memwatch_order::sort_by_key(&mut nodes, |&node| std::cmp::Reverse(growth.of(node)));
    nodes.truncate(MOST_CALLS);
    let grown: Vec<(Vec<usize>, u64)> = nodes
        .iter()
        .map(|&node| {
            (
                functions.answerable(profile, node),
                growth.of(node).unsigned_abs(),
            )
        })
        .collect();
    let chains = timed.chains(profile, functions, &grown);
    let calls = nodes
        .into_iter()
        .zip(grown)
        .map(|(node, (frames, bytes))| {
            let inside = frames.first().and_then(|inner| chains.get(inner));
            Grown {
                node,
                bytes: bytes as f64,
                inner: frames.first().copied(),
                parts: functions.parts(&frames, inside.map_or(&[], Vec::as_slice)),
            }
        })
        .collect();
    (calls, chains)
}

/// For each function that answers for something, the spread of the ages of all of it.
fn spreads(calls: &[Grown], ages: Option<&[Ages]>) -> FxHashMap<usize, f64> {
    let Some(ages) = ages else {
        return FxHashMap::default();
    };
    let mut of_functions: FxHashMap<usize, Ages> = FxHashMap::default();
    for call in calls {
        let own = ages.get(call.node).copied().unwrap_or_default();
        for part in &call.parts {
            let all = of_functions.entry(part.function).or_default();
            *all = all.with(own);
        }
    }
    of_functions
        .into_iter()
        .map(|(function, ages)| (function, ages.spread()))
        .collect()
}

/// What each function answers for, less what those chosen already do.
fn scores(calls: &[Grown], functions: &Functions<'_>, chosen: &[usize]) -> FxHashMap<usize, f64> {
    let mut scores: FxHashMap<usize, f64> = FxHashMap::default();
    for call in calls {
        let explained: Vec<(Owner<'_>, f64)> = call
            .parts
            .iter()
            .filter(|part| chosen.contains(&part.function))
            .map(|part| (functions.owner(part.function), part.share))
            .collect();
        for part in &call.parts {
            let owner = functions.owner(part.function);
            let left = explained.iter().fold(1.0, |left, &(other, share)| {
                let least = if other == owner {
                    LEFT_IN_PACKAGE
                } else {
                    LEFT_FOR_OTHERS
                };
                left * (1.0 - (1.0 - least) * share)
            });
            *scores.entry(part.function).or_insert(0.0) += call.bytes * part.share * left;
        }
    }
    scores
}

/// The data of a site.
struct All<'a> {
    functions: &'a Functions<'a>,
    labels: Labelled<'a>,
    profile: &'a Profile,
    growth: &'a Growth,
    total: u64,
    calls: &'a [Grown],
    chains: &'a Chains,
}

impl All<'_> {
    /// All that was allocated in a function or below it.
    fn site(&self, function: usize) -> Site {
        let mut site = Site::of(function);
        let mut shares = Shares::default();
        // The call that grew most: its bytes, and whether its stack was recorded.
        let mut most = (i64::MIN, 0, true);
        // Callers stand before callees, so each call knows whether its caller is inside.
        let mut inside = vec![false; self.profile.nodes.len()];
        for (index, node) in self.profile.nodes.iter().enumerate() {
            let below = node.caller.is_some_and(|caller| inside[caller]);
            if !below && node.function != function {
                continue;
            }
            inside[index] = true;
            let grown = self.growth.of(index);
            site.add(node.self_bytes, node.self_count, grown);
            shares.add(self.labels.known(index), grown);
            if node.self_bytes > 0 && grown > most.0 {
                most = (grown, index, true);
            }
        }
        // Where it has no frame, its part in what it is likely to have allocated.
        for (index, call) in self
            .calls
            .iter()
            .enumerate()
            .filter(|(_, call)| !inside[call.node])
        {
            let Some(part) = call.parts.iter().find(|part| part.function == function) else {
                continue;
            };
            let node = &self.profile.nodes[call.node];
            let of = |all: f64| (all * part.amount).round();
            let grown = of(call.bytes) as i64;
            site.add(
                of(node.self_bytes as f64) as u64,
                of(node.self_count as f64) as u64,
                grown,
            );
            shares.add(self.labels.known(call.node), grown);
            if grown > most.0 {
                most = (grown, index, false);
            }
        }
        site.stack = match most {
            (_, node, true) => self.functions.shown_stack(self.profile, node),
            (_, call, false) => self.likely_stack(&self.calls[call], function),
        };
        site.set_share(self.total);
        site.labels = shares.told();
        site
    }

    /// The frames of a call, with those of the likeliest chain that a function is in.
    fn likely_stack(&self, call: &Grown, function: usize) -> Vec<usize> {
        let mut stack = self.functions.shown_stack(self.profile, call.node);
        let chains = call.inner.and_then(|inner| self.chains.get(&inner));
        let chain = chains
            .into_iter()
            .flatten()
            .find(|chain| chain.functions.contains(&function));
        let at = stack.iter().position(|&frame| Some(frame) == call.inner);
        if let (Some(chain), Some(at)) = (chain, at) {
            stack.splice(at..at, chain.functions.iter().copied());
        }
        stack
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Series;
    use crate::sites::testing::ProfileBuilder;

    /// The suspects from a sampler's start, as `name percent-of-growth age-spread`.
    fn ranked(builder: ProfileBuilder) -> Vec<String> {
        let profile = builder.build();
        let growth = Series::default().growth(&profile);
        suspects(
            &profile,
            &growth,
            &CallTree::default(),
            &LabelBook::default(),
            &[],
            3,
        )
        .iter()
        .map(|site| {
            let name = &profile.functions[site.function].name;
            format!("{name} {:.0} {:.1}", site.share * 100.0, site.age_spread)
        })
        .collect()
    }

    #[test]
    fn the_chain_of_closures_is_told_by_the_function_that_makes_its_links() {
        let tick = ["listOnTimeout node:timers", "refresh app.js"];
        let template = [tick[0], tick[1], "Template app.js"];
        let text = [
            tick[0],
            tick[1],
            template[2],
            "toString node:buffer",
            "utf8Slice",
        ];
        let part = [tick[0], tick[1], template[2], "from", "Part app.js"];
        let found = ranked(
            ProfileBuilder::new()
                .samples(&text, 200_000, (1..=100).step_by(2))
                .samples(&part, 18_000, (2..=100).step_by(2))
                .samples(&tick, 200, [7]),
        );
        assert_eq!(found, ["refresh 100 1.0", "Template 100 1.0"]);
    }

    #[test]
    fn what_came_at_one_time_is_behind_what_comes_all_the_time() {
        let found = ranked(
            ProfileBuilder::new()
                .samples(&["warmUp app.js"], 5000, 1..=10)
                .samples(&["leak app.js"], 1000, (1..=10).map(|part| part * 10)),
        );
        assert_eq!(found, ["leak 17 1.0", "warmUp 83 0.1"]);
    }

    #[test]
    fn a_caller_of_many_small_callees_comes_before_them() {
        let mut builder = ProfileBuilder::new();
        for callee in ["a", "b", "c", "d"] {
            let name = format!("{callee} app.js");
            builder = builder.samples(&["main app.js", "render app.js", &name], 100, 1..=20);
        }
        assert_eq!(ranked(builder)[0], "render 100 1.0");
    }

    #[test]
    fn the_package_and_the_code_that_uses_it_come_before_a_second_function_of_the_package() {
        let (inner, outer) = (
            "put /x/node_modules/cache/i.js",
            "set /x/node_modules/cache/i.js",
        );
        let found = ranked(ProfileBuilder::new().samples(
            &[
                "next /x/node_modules/router/i.js",
                "handle app.js",
                outer,
                inner,
            ],
            100,
            1..=20,
        ));
        assert_eq!(found, ["put 100 1.0", "handle 100 1.0", "set 100 1.0"]);
    }

    #[test]
    fn a_second_leak_comes_before_the_callers_of_the_first() {
        let found = ranked(
            ProfileBuilder::new()
                .samples(
                    &["main app.js", "handle app.js", "leak app.js"],
                    100,
                    1..=20,
                )
                .samples(&["other app.js"], 50, 1..=20),
        );
        assert_eq!(found, ["leak 67 1.0", "other 33 1.0", "handle 67 1.0"]);
    }

    #[test]
    fn what_does_not_grow_is_no_suspect() {
        let profile = ProfileBuilder::new()
            .samples(&["a app.js"], 5, 1..=9)
            .build();
        let growth = Series::since(&profile).growth(&profile);
        assert_eq!(
            suspects(
                &profile,
                &growth,
                &CallTree::default(),
                &LabelBook::default(),
                &[],
                3
            ),
            []
        );
        assert_eq!(ranked(ProfileBuilder::new()), Vec::<String>::new());
    }

    #[test]
    fn a_recursive_functions_bytes_are_counted_once() {
        let found = {
            let profile = ProfileBuilder::new()
                .samples(&["walk app.js", "walk app.js", "walk app.js"], 10, 1..=10)
                .samples(&["walk app.js"], 10, 11..=20)
                .build();
            let growth = Series::default().growth(&profile);
            suspects(
                &profile,
                &growth,
                &CallTree::default(),
                &LabelBook::default(),
                &[],
                3,
            )
        };
        assert_eq!((found.len(), found[0].bytes, found[0].count), (1, 200, 20));
    }

    #[test]
    fn without_samples_the_growth_alone_ranks() {
        let mut profile = ProfileBuilder::new()
            .stack(&["small app.js"], 10)
            .stack(&["large app.js"], 90)
            .build();
        profile.samples.clear();
        let growth = Series::default().growth(&profile);
        let found = suspects(
            &profile,
            &growth,
            &CallTree::default(),
            &LabelBook::default(),
            &[],
            3,
        );
        let names = found
            .iter()
            .map(|site| profile.functions[site.function].name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["large", "small"]);
    }
}
