//! The part of a site's growth that each label has. Which label a call has is found in [`super::labels`].
//!
//! Where requests were drawn by chance, what the others allocated is divided as that of the drawn ones is. Of too few
//! samples ([`LEAST_DRAWN`]) it is not known.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::labels::{Draw, Known, Label};

/// The number of labels reported: others have less than a quarter each.
const MOST_LABELS: usize = 3;

/// A smaller part is not reported: of a hundred samples it is one.
const LEAST_SHARE: f64 = 0.01;

/// Samples of drawn requests that the others are divided by: of fewer a share would be off by a fifth and more.
const LEAST_DRAWN: u64 = 6;

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
    /// Of requests that were drawn, and how many samples these are.
    drawn: FxHashMap<Option<&'a Label>, f64>,
    drawn_samples: u64,
    /// Of requests that were not.
    not_drawn: f64,
}

impl<'a> Shares<'a> {
    /// Adds what a call has grown by; what has shrunk is no growth.
    pub fn add(&mut self, known: Known<'a>, grown: i64) {
        if grown <= 0 {
            return;
        }
        let bytes = match known.draw {
            Draw::NotDrawn => {
                self.not_drawn += grown as f64;
                return;
            }
            Draw::Drawn => {
                self.drawn_samples += known.samples;
                &mut self.drawn
            }
            Draw::Itself => &mut self.bytes,
        };
        *bytes.entry(known.label).or_insert(0.0) += grown as f64;
    }

    /// Growth by label, of all requests.
    fn estimated(&self) -> FxHashMap<Option<&'a Label>, f64> {
        let drawn: f64 = self.drawn.values().sum();
        let knows_enough = self.drawn_samples >= LEAST_DRAWN && drawn > 0.0;
        let (weight, unknown) = if knows_enough {
            (1.0 + self.not_drawn / drawn, 0.0)
        } else {
            (1.0, self.not_drawn)
        };
        let mut all = self.bytes.clone();
        for (label, bytes) in &self.drawn {
            *all.entry(*label).or_insert(0.0) += bytes * weight;
        }
        *all.entry(None).or_insert(0.0) += unknown;
        all
    }

    /// The labels with most of the growth, the most first, and then what is not known. Empty where no label is known.
    pub fn told(&self) -> Vec<LabelShare> {
        let all = self.estimated();
        let total: f64 = all.values().sum();
        let mut known: Vec<(&Label, f64)> = all
            .iter()
            .filter_map(|(label, bytes)| Some(((*label)?, bytes / total)))
            .filter(|&(_, share)| share >= LEAST_SHARE)
            .collect();
        // By name where two are equal, so that the order is always the same.
        memwatch_order::sort_by(&mut known, |a, b| match b.1.total_cmp(&a.1) {
            Ordering::Equal => a.0.cmp(b.0),
            order => order,
        });
        known.truncate(MOST_LABELS);
        if known.is_empty() {
            return Vec::new();
        }
        let unknown = all.get(&None).map_or(0.0, |bytes| bytes / total);
        known
            .into_iter()
            .map(|(label, share)| (Some(label.clone()), share))
            .chain((unknown >= LEAST_SHARE).then_some((None, unknown)))
            .map(|(label, share)| LabelShare { label, share })
            .collect()
    }
}
