//! From ids to ordinals, for all nodes of one side of a comparison. Decides nothing about what an id means.

use super::diff::Side;

/// Ordinals by id. Nodes that take no memory of their own are in it as well: what only one object
/// refers to counts to that object, and has an id all the same. V8 numbers JavaScript objects
/// with odd numbers nearly without gaps, so those are looked up in a column;
/// native ids may be hashes and are searched.
pub(super) struct IdIndex {
    odd: Vec<u32>,
    others: Vec<(u64, u32)>,
}

/// No node has the id.
const NO_NODE: u32 = u32::MAX;

/// Slots of the column for each node there is: an isolate that has seen many
/// more objects than it holds has larger ids, which are then searched.
const MAX_SLOTS_PER_NODE: usize = 8;

impl IdIndex {
    pub(super) fn of(side: &Side<'_>) -> Self {
        let mut index = Self {
            odd: Vec::new(),
            others: Vec::new(),
        };
        let count = side.ids.low.len();
        let limit = count.saturating_mul(MAX_SLOTS_PER_NODE) as u64;
        let dense = |id: &u64| !id.is_multiple_of(2) && id / 2 < limit;
        let ids = (0..count).map(|node| side.ids.get(node));
        if let Some(largest) = ids.filter(dense).max() {
            index.odd = vec![NO_NODE; (largest / 2) as usize + 1];
        }
        // Of two nodes that a foreign file gives one id, the one that takes memory is the one that counts.
        let is_unsized = |node: usize| side.sizes.get(node) == 0;
        for node in 0..count {
            let id = side.ids.get(node);
            if !dense(&id) {
                index.others.push((id, node as u32));
                continue;
            }
            let slot = &mut index.odd[(id / 2) as usize];
            if *slot == NO_NODE || !is_unsized(node) {
                *slot = node as u32;
            }
        }
        let order = |&(id, node): &(u64, u32)| (id, is_unsized(node as usize), node);
        index.others.sort_unstable_by_key(order);
        index.others.dedup_by_key(|&mut (id, _)| id);
        index
    }

    pub(super) fn find(&self, id: u64) -> Option<u32> {
        if id % 2 == 1
            && let Some(&node) = self.odd.get(usize::try_from(id / 2).ok()?)
            && node != NO_NODE
        {
            return Some(node);
        }
        let found = self.others.binary_search_by_key(&id, |&(id, _)| id).ok()?;
        Some(self.others[found].1)
    }
}
