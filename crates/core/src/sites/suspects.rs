//! The ranking: step 4 of the rule in the module's documentation.

use rustc_hash::FxHashMap;

use super::ages::{Ages, ages};
use super::blame::{Functions, Part};
use super::owner::Owner;
use super::profile::{NodeIndex, Profile};
use super::series::Growth;

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

/// A function as a place of allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Index into [`Profile::functions`].
    pub function: usize,
    /// Bytes alive that were allocated in it or below.
    pub bytes: u64,
    /// The same in objects.
    pub count: u64,
    /// How many bytes more than before.
    pub growth: i64,
    /// Its part of all growth, from 0 to 1.
    pub share: f64,
    /// The part of the time that its live samples come from, from 0 to 1; 1 where
    /// V8 does not tell.
    pub age_spread: f64,
    /// The call below it that grew most, for its stack.
    pub node: NodeIndex,
}

/// A call that grew.
struct Grown {
    node: NodeIndex,
    bytes: f64,
    parts: Vec<Part>,
}

/// The functions to look at, the likeliest first, `top` at most.
pub fn suspects(profile: &Profile, growth: &Growth, ours: &[String], top: usize) -> Vec<Site> {
    let functions = Functions::of(profile, ours);
    let ages = ages(profile, growth.since_sample);
    let calls = grown_calls(profile, growth, &functions);
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
    let total = growth.total();
    chosen
        .into_iter()
        .map(|function| {
            site(
                profile,
                growth,
                function,
                total,
                spreads.get(&function).copied(),
            )
        })
        .collect()
}

fn grown_calls(profile: &Profile, growth: &Growth, functions: &Functions<'_>) -> Vec<Grown> {
    let mut nodes: Vec<NodeIndex> = (0..profile.nodes.len())
        .filter(|&node| growth.of(node) > 0)
        .collect();
    nodes.sort_by_key(|&node| std::cmp::Reverse(growth.of(node)));
    nodes.truncate(MOST_CALLS);
    nodes
        .into_iter()
        .map(|node| Grown {
            node,
            bytes: growth.of(node) as f64,
            parts: functions.parts(profile, node),
        })
        .collect()
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

/// All that was allocated in a function or below it.
fn site(
    profile: &Profile,
    growth: &Growth,
    function: usize,
    total: u64,
    spread: Option<f64>,
) -> Site {
    let mut site = Site {
        function,
        bytes: 0,
        count: 0,
        growth: 0,
        share: 0.0,
        age_spread: spread.unwrap_or(1.0),
        node: 0,
    };
    let mut most = i64::MIN;
    // Callers stand before callees, so each call knows whether its caller is inside.
    let mut inside = vec![false; profile.nodes.len()];
    for (index, node) in profile.nodes.iter().enumerate() {
        let below = node.caller.is_some_and(|caller| inside[caller]);
        if !below && node.function != function {
            continue;
        }
        inside[index] = true;
        site.bytes = site.bytes.saturating_add(node.self_bytes);
        site.count = site.count.saturating_add(node.self_count);
        site.growth = site.growth.saturating_add(growth.of(index));
        if node.self_bytes > 0 && growth.of(index) > most {
            most = growth.of(index);
            site.node = index;
        }
    }
    site.share = share(site.growth, total);
    site
}

pub(super) fn share(growth: i64, total: u64) -> f64 {
    match (u64::try_from(growth), total) {
        (Ok(growth), 1..) => (growth as f64 / total as f64).min(1.0),
        _ => 0.0,
    }
}
