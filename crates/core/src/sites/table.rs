//! All that is alive, by the function that answers for it: the table, not a verdict.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::ages::{Ages, ages};
use super::blame::Functions;
use super::owner::Owner;
use super::profile::{NodeIndex, Profile};
use super::series::Growth;
use super::suspects::{Site, share};

/// Bytes alive by the innermost function of the program or a package, the most first,
/// `top` at most. Each byte is counted once: the sites add up to the profile.
pub fn table(profile: &Profile, growth: &Growth, ours: &[String], top: usize) -> Vec<Site> {
    let functions = Functions::of(profile, ours);
    let ages = ages(profile, growth.since_sample);
    let total = growth.total();
    let mut places: FxHashMap<usize, (Site, Ages, u64)> = FxHashMap::default();
    for (index, node) in profile.nodes.iter().enumerate() {
        if node.self_bytes == 0 {
            continue;
        }
        let function = responsible(profile, &functions, index);
        let (site, all, most) = places.entry(function).or_insert_with(|| {
            let site = Site {
                function,
                bytes: 0,
                count: 0,
                growth: 0,
                share: 0.0,
                age_spread: 1.0,
                node: index,
            };
            (site, Ages::default(), 0)
        });
        site.bytes = site.bytes.saturating_add(node.self_bytes);
        site.count = site.count.saturating_add(node.self_count);
        site.growth = site.growth.saturating_add(growth.of(index));
        if let Some(ages) = &ages {
            *all = all.with(ages[index]);
        }
        if node.self_bytes > *most {
            *most = node.self_bytes;
            site.node = index;
        }
    }
    let mut sites: Vec<Site> = places
        .into_values()
        .map(|(site, all, _)| Site {
            share: share(site.growth, total),
            age_spread: if ages.is_some() { all.spread() } else { 1.0 },
            ..site
        })
        .collect();
    sites.sort_by_key(|site| (Reverse(site.bytes), site.function));
    sites.truncate(top);
    sites
}

/// The innermost function that is the program's or a package's; else Node's, else V8's.
fn responsible(profile: &Profile, functions: &Functions<'_>, node: NodeIndex) -> usize {
    let mut of_node_js = None;
    for frame in profile.stack(node) {
        let owner = functions.owner(frame.function);
        if owner.is_answerable() {
            return frame.function;
        }
        if owner == Owner::Node && of_node_js.is_none() {
            of_node_js = Some(frame.function);
        }
    }
    of_node_js.unwrap_or(profile.nodes[node].function)
}
