//! Source positions of nodes, as a column with room only for the nodes that
//! have one: a bit for each node, and how many bits are set before each word,
//! give a node's place in it. Each position is kept once: many objects share
//! few constructors.

use rustc_hash::FxHashMap;

use super::types::{Location, NodeOrdinal};

/// Positions by ordinal, as they are found.
#[derive(Debug, Default)]
pub(crate) struct FoundLocations {
    /// Ordinal, and place in `distinct`.
    found: Vec<(u32, u32)>,
    distinct: Vec<Location>,
    known: FxHashMap<Location, u32>,
}

impl FoundLocations {
    pub(crate) fn place(&mut self, location: Location) -> u32 {
        let next = self.distinct.len() as u32;
        let place = *self.known.entry(location).or_insert(next);
        if place == next {
            self.distinct.push(location);
        }
        place
    }

    pub(crate) fn push(&mut self, node: u32, location: Location) {
        let place = self.place(location);
        self.push_place(node, place);
    }

    /// The same with a place of [`Self::place`].
    #[inline]
    pub(crate) fn push_place(&mut self, node: u32, place: u32) {
        self.found.push((node, place));
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = u32> + '_ {
        self.found.iter().map(|&(node, _)| node)
    }
}

/// Where constructors and functions stand, by ordinal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Locations {
    /// One bit for each node that has one.
    words: Vec<u64>,
    /// Bits set in all words before.
    ranks: Vec<u32>,
    /// Of each node that has one, its place in `distinct`.
    places: Vec<u32>,
    distinct: Vec<Location>,
}

impl Locations {
    /// Of two positions of one node the later stands, as in a map filled in the
    /// order of the file. Every ordinal must be below `node_count`.
    pub(crate) fn new(node_count: usize, found: FoundLocations) -> Self {
        if found.found.is_empty() {
            return Self::default();
        }
        let mut words = vec![0u64; node_count.div_ceil(64)];
        for node in found.nodes() {
            words[node as usize / 64] |= 1 << (node % 64);
        }
        let mut sum = 0;
        let ranks = words.iter().map(|word| {
            let rank = sum;
            sum += word.count_ones();
            rank
        });
        let ranks = ranks.collect();
        let mut column = Self {
            words,
            ranks,
            places: vec![0; sum as usize],
            distinct: found.distinct,
        };
        for (node, place) in found.found {
            if let Some(rank) = column.rank(node) {
                column.places[rank] = place;
            }
        }
        column
    }

    #[inline]
    fn rank(&self, node: u32) -> Option<usize> {
        let word = *self.words.get(node as usize / 64)?;
        let bit = 1u64 << (node % 64);
        let before = (word & (bit - 1)).count_ones();
        (word & bit != 0).then(|| (self.ranks[node as usize / 64] + before) as usize)
    }

    /// The place of the node's position among all, if it has one.
    #[inline]
    pub(crate) fn place(&self, node: u32) -> Option<u32> {
        self.rank(node).map(|rank| self.places[rank])
    }

    /// The position at a place.
    pub(crate) fn at(&self, place: u32) -> Location {
        self.distinct[place as usize]
    }

    /// The node's position, if it has one.
    pub(crate) fn of(&self, node: NodeOrdinal) -> Option<Location> {
        self.place(node.0).map(|place| self.at(place))
    }
}
