//! The part of a site's growth that each label has. Which label a call has is found in [`super::labels`].

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::labels::Label;

/// Labels that are told: the others have less than a quarter each.
const MOST_LABELS: usize = 3;

/// A smaller part is not told: of a hundred samples it is one.
const LEAST_SHARE: f64 = 0.01;

/// A label's part in the growth of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelShare {
    /// `None` for the part of which no label is known.
    pub label: Option<Label>,
    /// From 0 to 1, of what has grown.
    pub share: f64,
}

/// Growth by label.
#[derive(Debug, Default)]
pub struct Shares<'a> {
    bytes: FxHashMap<Option<&'a Label>, f64>,
}

impl<'a> Shares<'a> {
    /// Adds what a call has grown by; what has shrunk is no growth.
    pub fn add(&mut self, label: Option<&'a Label>, grown: i64) {
        if grown > 0 {
            *self.bytes.entry(label).or_insert(0.0) += grown as f64;
        }
    }

    /// The labels with most of the growth, the most first, and then what is not known. Empty where no label is known.
    pub fn told(&self) -> Vec<LabelShare> {
        let total: f64 = self.bytes.values().sum();
        let mut known: Vec<(&Label, f64)> = self
            .bytes
            .iter()
            .filter_map(|(label, bytes)| Some(((*label)?, bytes / total)))
            .filter(|&(_, share)| share >= LEAST_SHARE)
            .collect();
        // By name where two are equal, so that the order is always the same.
        known.sort_by(|a, b| match b.1.total_cmp(&a.1) {
            Ordering::Equal => a.0.cmp(b.0),
            order => order,
        });
        known.truncate(MOST_LABELS);
        if known.is_empty() {
            return Vec::new();
        }
        let unknown = self.bytes.get(&None).map_or(0.0, |bytes| bytes / total);
        known
            .into_iter()
            .map(|(label, share)| (Some(label.clone()), share))
            .chain((unknown >= LEAST_SHARE).then_some((None, unknown)))
            .map(|(label, share)| LabelShare { label, share })
            .collect()
    }
}
