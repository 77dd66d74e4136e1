//! All that is alive, by the function that answers for it: the table, not a judgement.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::ages::{Ages, ages};
use super::blame::Functions;
use super::inlined::CallTree;
use super::labels::{LabelBook, Labelled};
use super::profile::Profile;
use super::series::Growth;
use super::shares::Shares;
use super::site::Site;

/// A site on its way.
struct Row<'a> {
    site: Site,
    ages: Ages,
    shares: Shares<'a>,
    /// Bytes of the call whose stack is shown.
    most: u64,
}

impl Row<'_> {
    fn of(function: usize) -> Self {
        Self {
            site: Site::of(function),
            ages: Ages::default(),
            shares: Shares::default(),
            most: 0,
        }
    }
}

/// Bytes alive by the innermost function of the program or a package, the most first,
/// `top` at most. Each byte is counted once: the sites add up to the profile. `timed` and `book` as for the suspects.
pub fn table(
    profile: &Profile,
    growth: &Growth,
    timed: &CallTree,
    book: &LabelBook,
    ours: &[String],
    top: usize,
) -> Vec<Site> {
    let functions = Functions::of(profile, ours);
    let ages = ages(profile, growth.since_sample);
    let labels = Labelled::of(profile, &functions, timed, book);
    let total = growth.total();
    let mut places: FxHashMap<usize, Row<'_>> = FxHashMap::default();
    for (index, node) in profile.nodes.iter().enumerate() {
        if node.self_bytes == 0 {
            continue;
        }
        let inner = functions.answerable(profile, index).first().copied();
        // What V8 did by itself stands for itself.
        let function = inner.unwrap_or(node.function);
        let row = places.entry(function).or_insert_with(|| Row::of(function));
        let grown = growth.of(index);
        row.site.add(node.self_bytes, node.self_count, grown);
        row.shares.add(labels.known(index), grown);
        if let Some(ages) = &ages {
            row.ages = row.ages.with(ages[index]);
        }
        if node.self_bytes > row.most {
            row.most = node.self_bytes;
            row.site.stack = functions.shown_stack(profile, index);
        }
    }
    let mut sites: Vec<Site> = places
        .into_values()
        .map(|mut row| {
            row.site.set_share(total);
            if ages.is_some() {
                row.site.age_spread = row.ages.spread();
            }
            row.site.labels = row.shares.told();
            row.site
        })
        .collect();
    memwatch_order::sort_by_key(&mut sites, |site| (Reverse(site.bytes), site.function));
    sites.truncate(top);
    sites
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::Series;
    use crate::sites::testing::ProfileBuilder;

    #[test]
    fn each_byte_is_in_the_table_once_at_the_function_that_answers_for_it() {
        let profile = ProfileBuilder::new()
            .samples(
                &["main app.js", "read app.js", "toString node:buffer"],
                30,
                1..=2,
            )
            .samples(&["main app.js", "read app.js"], 5, [3])
            .samples(&["main app.js"], 7, [4])
            .samples(&["onconnection node:net", "set"], 11, [5])
            .samples(&["(GC)"], 13, [6])
            .build();
        let growth = Series::default().growth(&profile);
        let rows = table(
            &profile,
            &growth,
            &CallTree::default(),
            &LabelBook::default(),
            &[],
            10,
        );
        let name = |function: usize| profile.functions[function].name.as_str();
        let told: Vec<(&str, u64, u64)> = rows
            .iter()
            .map(|site| (name(site.function), site.bytes, site.count))
            .collect();
        assert_eq!(
            told,
            [
                ("read", 65, 3),
                ("(GC)", 13, 1),
                ("onconnection", 11, 1),
                ("main", 7, 1)
            ]
        );
        assert_eq!(
            rows.iter().map(|site| site.bytes).sum::<u64>(),
            profile.total_bytes()
        );
        let stack: Vec<&str> = rows[0].stack.iter().map(|&f| name(f)).collect();
        assert_eq!(stack, ["toString", "read", "main"]);
        assert_eq!(
            table(
                &profile,
                &growth,
                &CallTree::default(),
                &LabelBook::default(),
                &[],
                2
            )
            .len(),
            2
        );
    }
}
