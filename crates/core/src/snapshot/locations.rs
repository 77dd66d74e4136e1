//! Source positions of nodes, as a column with room only for the nodes that
//! have one: a bit for each node, and how many bits are set before each word,
//! give a node's place in it.

use super::types::{Location, NodeOrdinal};

/// Where constructors and functions stand, by ordinal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Locations {
    /// One bit for each node that has one.
    words: Vec<u64>,
    /// Bits set in all words before.
    ranks: Vec<u32>,
    locations: Vec<Location>,
}

impl Locations {
    /// Of two locations of one node the later stands, as in a map filled in the
    /// order of the file. Every ordinal must be below `node_count`.
    pub fn new(node_count: usize, found: &[(u32, Location)]) -> Self {
        if found.is_empty() {
            return Self::default();
        }
        let mut words = vec![0u64; node_count.div_ceil(64)];
        for &(node, _) in found {
            words[node as usize / 64] |= 1 << (node % 64);
        }
        let mut sum = 0;
        let ranks = words.iter().map(|word| {
            let rank = sum;
            sum += word.count_ones();
            rank
        });
        let ranks = ranks.collect();
        let none = Location {
            script_id: 0,
            line: 0,
            column: 0,
        };
        let mut column = Self {
            words,
            ranks,
            locations: vec![none; sum as usize],
        };
        for &(node, location) in found {
            if let Some(place) = column.place(node) {
                column.locations[place] = location;
            }
        }
        column
    }

    #[inline]
    fn place(&self, node: u32) -> Option<usize> {
        let word = *self.words.get(node as usize / 64)?;
        let bit = 1u64 << (node % 64);
        let before = (word & (bit - 1)).count_ones();
        (word & bit != 0).then(|| (self.ranks[node as usize / 64] + before) as usize)
    }

    /// The node's location, if it has one.
    #[inline]
    pub fn of(&self, node: NodeOrdinal) -> Option<Location> {
        self.place(node.0).map(|place| self.locations[place])
    }
}
