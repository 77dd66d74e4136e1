//! Profiles over time: how many bytes more are alive at each call than before. Keeps
//! the last profile whole and of the ones before it only bytes, a bounded number.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHasher};

use super::profile::{NodeIndex, Profile};

/// Earlier looks that are kept. When there are more, every second is dropped, so they
/// stay spread over the whole time however long it is.
const LOOKS: usize = 8;

/// Calls kept of an earlier look, those with the most bytes: about 0.3 MB a look.
const CALLS_A_LOOK: usize = 10_000;

/// What was alive at one moment: bytes by call.
#[derive(Clone, Debug, Default)]
struct Look {
    /// The newest sample then.
    last_sample: u64,
    /// By the hash of the stack: V8's own numbers of calls change.
    bytes: FxHashMap<u64, u64>,
}

impl Look {
    fn of(profile: &Profile) -> Self {
        let hashes = stack_hashes(profile);
        let mut alive: Vec<(u64, u64)> = profile
            .nodes
            .iter()
            .zip(hashes)
            .filter(|(node, _)| node.self_bytes > 0)
            .map(|(node, hash)| (node.self_bytes, hash))
            .collect();
        if alive.len() > CALLS_A_LOOK {
            alive.select_nth_unstable_by(CALLS_A_LOOK, |a, b| b.cmp(a));
            alive.truncate(CALLS_A_LOOK);
        }
        let mut bytes = FxHashMap::default();
        for (own, hash) in alive {
            *bytes.entry(hash).or_insert(0) += own;
        }
        Self {
            last_sample: profile.last_sample(),
            bytes,
        }
    }
}

/// The observations of one sampler since its first.
#[derive(Clone, Debug)]
pub struct Series {
    /// Oldest first. The first is the beginning: empty where the sampler began then.
    looks: Vec<Look>,
    last: Option<Rc<Profile>>,
}

impl Default for Series {
    /// Begins together with the sampler.
    fn default() -> Self {
        Self::since(&Profile::default())
    }
}

/// Bytes that each call has more than before; negative where it has fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// By [`NodeIndex`].
    pub of_nodes: Vec<i64>,
    /// The newest sample at the beginning of the whole time.
    pub since_sample: u64,
}

impl Growth {
    /// Of one call, without those made in it.
    pub fn of(&self, node: NodeIndex) -> i64 {
        self.of_nodes.get(node).copied().unwrap_or(0)
    }

    /// Of all calls that grew.
    pub fn total(&self) -> u64 {
        self.of_nodes
            .iter()
            .filter_map(|&growth| u64::try_from(growth).ok())
            .fold(0, u64::saturating_add)
    }
}

impl Series {
    /// Begins with a sampler that has run for some time.
    pub fn since(profile: &Profile) -> Self {
        Self {
            looks: vec![Look::of(profile)],
            last: None,
        }
    }

    /// The last profile that was observed.
    pub fn last(&self) -> Option<&Rc<Profile>> {
        self.last.as_ref()
    }

    /// Takes a profile, best right after a full collection: then what it holds is alive.
    pub fn observe(&mut self, profile: Rc<Profile>) {
        if let Some(before) = self.last.replace(profile) {
            self.looks.push(Look::of(&before));
        }
        if self.looks.len() > LOOKS {
            let mut place = 0;
            self.looks.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
    }

    /// How much more there is in `profile` than in the later half of the time: against
    /// the newest look that has at least half of the time behind it. What grew only
    /// before it, as a warm-up or a cache until it was full, has not grown.
    pub fn growth(&self, profile: &Profile) -> Growth {
        let begin = self.begin();
        let end = profile.last_sample();
        let middle = begin + end.saturating_sub(begin) / 2;
        let before = self
            .looks
            .iter()
            .rev()
            .find(|look| look.last_sample <= middle)
            .or(self.looks.first());
        let mut of_nodes: Vec<i64> = profile.nodes.iter().map(|n| signed(n.self_bytes)).collect();
        if let Some(before) = before.filter(|look| !look.bytes.is_empty()) {
            let hashes = stack_hashes(profile);
            let mut left = before.bytes.clone();
            for (growth, hash) in of_nodes.iter_mut().zip(hashes) {
                let was = left.remove(&hash).unwrap_or(0);
                *growth = growth.saturating_sub(signed(was));
            }
        }
        Growth {
            of_nodes,
            since_sample: begin,
        }
    }

    /// The newest sample at the beginning.
    pub fn begin(&self) -> u64 {
        self.looks.first().map_or(0, |look| look.last_sample)
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A number for each call that is the same for the same stack in every profile.
fn stack_hashes(profile: &Profile) -> Vec<u64> {
    let of_functions: Vec<u64> = profile
        .functions
        .iter()
        .map(|function| {
            let mut hasher = FxHasher::default();
            (function.script_id, function.line, function.column).hash(&mut hasher);
            function.name.hash(&mut hasher);
            hasher.finish()
        })
        .collect();
    let mut hashes: Vec<u64> = Vec::with_capacity(profile.nodes.len());
    for node in &profile.nodes {
        let mut hasher = FxHasher::default();
        node.caller
            .and_then(|caller| hashes.get(caller))
            .hash(&mut hasher);
        of_functions.get(node.function).hash(&mut hasher);
        hashes.push(hasher.finish());
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::testing::ProfileBuilder;

    fn profile(leak: u64, cache: u64, last_sample: u64) -> Profile {
        let mut profile = ProfileBuilder::new()
            .stack(&["main app.js", "leak app.js"], leak)
            .stack(&["main app.js", "cache app.js"], cache)
            .build();
        profile.samples[0].id = last_sample;
        profile.samples.truncate(1);
        profile
    }

    #[test]
    fn from_the_samplers_start_all_that_lives_has_grown() {
        let series = Series::default();
        let growth = series.growth(&profile(10, 20, 5));
        assert_eq!(growth.total(), 30);
        assert_eq!(growth.since_sample, 0);
    }

    #[test]
    fn a_sampler_that_ran_before_is_measured_from_where_it_was() {
        let series = Series::since(&profile(10, 20, 5));
        let growth = series.growth(&profile(15, 18, 9));
        assert_eq!(growth.of_nodes, [0, 0, 5, -2]);
        assert_eq!(growth.total(), 5);
        assert_eq!(growth.since_sample, 5);
    }

    #[test]
    fn what_grew_only_in_the_first_half_of_the_time_has_not_grown() {
        let mut series = Series::default();
        for at in 1..=10 {
            series.observe(Rc::new(profile(at * 100, at.min(4) * 1000, at * 10)));
        }
        let last = series.last().unwrap();
        let growth = series.growth(last);
        assert!(growth.of_nodes[2] >= 500, "{growth:?}");
        assert_eq!(growth.of_nodes[3], 0);
    }

    #[test]
    fn however_many_looks_there_are_few_are_kept() {
        let mut series = Series::default();
        for at in 1..10_000 {
            series.observe(Rc::new(profile(at, 1, at)));
            assert!(series.looks.len() <= LOOKS);
        }
        let growth = series.growth(series.last().unwrap());
        assert!(growth.of_nodes[2] >= 4_999, "{growth:?}");
    }

    #[test]
    fn calls_are_known_again_by_their_stack() {
        let before = ProfileBuilder::new()
            .stack(&["b app.js"], 7)
            .stack(&["a app.js", "b app.js"], 5)
            .build();
        let after = ProfileBuilder::new()
            .stack(&["a app.js", "b app.js"], 6)
            .stack(&["b app.js"], 7)
            .stack(&["c app.js"], 1)
            .build();
        let growth = Series::since(&before).growth(&after);
        assert_eq!(growth.of_nodes, [0, 0, 1, 0, 1]);
    }

    #[test]
    fn a_look_keeps_the_calls_with_the_most_bytes() {
        let stacks: Vec<String> = (0..CALLS_A_LOOK + 50)
            .map(|i| format!("f{i} app.js"))
            .collect();
        let mut builder = ProfileBuilder::new();
        for (i, stack) in stacks.iter().enumerate() {
            builder = builder.stack(&[stack], i as u64 + 1);
        }
        let look = Look::of(&builder.build());
        assert_eq!(look.bytes.len(), CALLS_A_LOOK);
        assert_eq!(look.bytes.values().min(), Some(&51));
    }
}
