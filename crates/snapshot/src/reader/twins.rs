//! Whether two nodes of a snapshot have one id, whatever the order in which they come. Keeps
//! a bit for each id where ids lie close together, and never more than the nodes have paid
//! for. Says nothing of which two they are.

use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};

/// Even ids below so many times the number of nodes are counted up. Beyond, they are hashes
/// and addresses of native nodes in some versions of V8, of which two may be the same by
/// chance.
const DENSE: u64 = 16;

/// Words that are had for nothing.
const FREE_WORDS: usize = 64;

/// The ids so far.
#[derive(Debug, Default)]
pub(crate) struct Twins {
    dense: u64,
    /// A bit for each id.
    met: Vec<u64>,
    /// Those beyond.
    far: Vec<u64>,
    added: usize,
    found: bool,
}

impl Twins {
    /// None yet, of so many nodes.
    pub(crate) fn new(node_count: u64) -> Self {
        Self {
            dense: node_count.saturating_mul(DENSE),
            ..Self::default()
        }
    }

    /// Takes the id of the next node.
    #[inline]
    pub(crate) fn add(&mut self, id: u64) {
        if id.is_multiple_of(2) && id >= self.dense {
            return;
        }
        self.added += 1;
        let most = FREE_WORDS + self.added;
        match usize::try_from(id / 64) {
            Ok(word) if word < self.met.len().max(most) => {
                if word >= self.met.len() {
                    self.met.resize(word + 1, 0);
                }
                self.found |= self.met[word] >> (id % 64) & 1 == 1;
                self.met[word] |= 1 << (id % 64);
            }
            _ => self.far.push(id),
        }
    }

    fn has_met(&self, id: u64) -> bool {
        let word = usize::try_from(id / 64).ok();
        let word = word.and_then(|word| self.met.get(word));
        word.is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    /// Says no to a snapshot, which ends at `end`, that has two nodes of one id.
    pub(crate) fn check(mut self, end: u64) -> Result<(), SnapshotError> {
        self.far.sort_unstable();
        let is_twice = self.found
            || self.far.windows(2).any(|pair| pair[0] == pair[1])
            || self.far.iter().any(|&id| self.has_met(id));
        if !is_twice {
            return Ok(());
        }
        let message = "two nodes have the same id: the file is damaged, or assembled from several";
        Err(SnapshotError::new(Kind::Id, end, message))
    }

    /// Bytes set aside.
    #[cfg(test)]
    pub(crate) fn reserved_bytes(&self) -> usize {
        8 * (self.met.capacity() + self.far.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::Twins;

    fn has_twins(node_count: u64, ids: &[u64]) -> bool {
        let mut twins = Twins::new(node_count);
        for &id in ids {
            twins.add(id);
        }
        twins.check(0).is_err()
    }

    #[test]
    fn two_of_one_id_are_found_in_every_order() {
        let far = 9_000_001;
        assert!(has_twins(3, &[1, 3, 1]));
        assert!(has_twins(3, &[2, 4, 2]));
        assert!(has_twins(3, &[far, 3, far]));
        assert!(!has_twins(4, &[1, 2, 3, far]));
        // Far when it came first, and close when it came again.
        let mut ids: Vec<u64> = (0..2_000).map(|number| 2 * number + 1).collect();
        ids.push(64 * 1_500 + 1);
        ids.rotate_right(1);
        assert!(!has_twins(2_001, &ids));
        ids.push(64 * 1_500 + 1);
        assert!(has_twins(2_002, &ids));
        ids.reverse();
        assert!(has_twins(2_002, &ids));
    }

    #[test]
    fn hashes_of_native_nodes_may_be_the_same() {
        assert!(!has_twins(3, &[1, 4_000_000_000, 4_000_000_000]));
        assert!(!has_twins(3, &[1, 48, 48]));
        assert!(has_twins(4, &[1, 48, 48, 3]));
    }
}
