//! Which entries of the string table name something, by what the nodes and edges use them
//! for. Sees no string.

use rustc_hash::FxHashSet;

use super::super::error::SnapshotError;
use super::super::header::{FunctionInfoLayout, MAX_FIELDS, NodeLayout};
use super::super::reader::sections::{TakesEdges, TakesNodes};
use super::super::reader::syntax::TakesNumbers;
use super::super::reader::twins::Twins;
use super::super::types::{EdgeType, NodeType};

/// A set of entries: a bit for each. V8 numbers strings in the order in which they are used,
/// so that entries are not much beyond the number of uses. Where they are, as a file may say
/// that means harm, they are kept one by one: memory is never more than the input has paid
/// for.
#[derive(Clone, Debug, Default)]
struct Entries {
    words: Vec<u64>,
    far: FxHashSet<u32>,
    uses: usize,
}

impl Entries {
    /// Words that are had for nothing.
    const FREE_WORDS: usize = 64;

    fn insert(&mut self, index: u32) {
        self.uses += 1;
        let word = index as usize / 64;
        if word >= self.words.len() {
            if word > Self::FREE_WORDS + self.uses {
                self.far.insert(index);
                return;
            }
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (index % 64);
    }

    fn contains(&self, index: u32) -> bool {
        let word = self.words.get(index as usize / 64);
        word.is_some_and(|word| word >> (index % 64) & 1 == 1) || self.far.contains(&index)
    }

    fn add(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, others) in self.words.iter_mut().zip(&other.words) {
            *word |= others;
        }
        self.far.extend(&other.far);
    }

    #[cfg(test)]
    fn reserved_bytes(&self) -> usize {
        8 * self.words.capacity() + 16 * self.far.capacity()
    }
}

/// What an entry is, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// No name, and so a value.
    Value,
    /// The name of properties, and nothing else.
    Property,
    /// The name of something else, whatever it may be besides.
    Name,
}

/// The entries that name something.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    properties: Entries,
    others: Entries,
}

impl Names {
    pub(super) fn use_of(&self, index: u32) -> Use {
        if self.others.contains(index) {
            return Use::Name;
        }
        match self.properties.contains(index) {
            true => Use::Property,
            false => Use::Value,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.properties.add(&other.properties);
        self.others.add(&other.others);
    }

    #[cfg(test)]
    pub(super) fn reserved_bytes(&self) -> usize {
        self.properties.reserved_bytes() + self.others.reserved_bytes()
    }
}

/// What nodes use as names.
#[derive(Debug)]
pub(super) struct NodeNames {
    /// By the file's own numbers of types.
    is_named: Vec<bool>,
    pub names: Names,
    pub twins: Twins,
}

impl NodeNames {
    pub(super) fn new(types: &[NodeType], node_count: u64) -> Self {
        Self {
            is_named: types.iter().copied().map(is_named).collect(),
            names: Names::default(),
            twins: Twins::new(node_count),
        }
    }

    #[cfg(test)]
    pub(super) fn reserved_bytes(&self) -> usize {
        self.names.reserved_bytes() + self.twins.reserved_bytes()
    }
}

/// Whether what stands for the name of such a node is one. Of the others it is what they
/// hold; of unknown ones nobody knows.
fn is_named(node_type: NodeType) -> bool {
    match node_type {
        NodeType::Hidden
        | NodeType::Array
        | NodeType::Object
        | NodeType::Code
        | NodeType::Closure
        | NodeType::Native
        | NodeType::Synthetic
        | NodeType::ObjectShape
        | NodeType::WasmObject => true,
        NodeType::String
        | NodeType::ConsString
        | NodeType::SlicedString
        | NodeType::RegExp
        | NodeType::Number
        | NodeType::Symbol
        | NodeType::BigInt
        | NodeType::Other => false,
    }
}

impl TakesNodes for NodeNames {
    fn node(&mut self, values: &[u64; MAX_FIELDS], layout: NodeLayout) {
        self.twins.add(values[layout.id]);
        // Both were checked, or will be before the end.
        if self.is_named[values[layout.kind] as usize] {
            self.names.others.insert(values[layout.name] as u32);
        }
    }
}

/// What edges use as names.
#[derive(Debug, Default)]
pub(super) struct EdgeNames {
    pub names: Names,
}

impl TakesEdges for EdgeNames {
    fn edge(&mut self, edge_type: EdgeType, name: u32, _to: u32) {
        match edge_type {
            EdgeType::Element | EdgeType::Hidden => {}
            EdgeType::Property => self.names.properties.insert(name),
            EdgeType::Context
            | EdgeType::Internal
            | EdgeType::Shortcut
            | EdgeType::Weak
            | EdgeType::Other => self.names.others.insert(name),
        }
    }
}

/// The functions that allocated, where that was recorded.
#[derive(Debug)]
pub(super) struct FunctionNames {
    layout: FunctionInfoLayout,
    field: usize,
    pub names: Names,
}

impl FunctionNames {
    pub(super) fn new(layout: FunctionInfoLayout) -> Self {
        Self {
            layout,
            field: 0,
            names: Names::default(),
        }
    }
}

impl TakesNumbers for FunctionNames {
    fn number(&mut self, value: u64, _offset: u64) -> Result<(), SnapshotError> {
        let is_name = [self.layout.name, self.layout.script_name].contains(&self.field);
        if is_name && let Ok(index) = u32::try_from(value) {
            self.names.others.insert(index);
        }
        self.field = (self.field + 1) % self.layout.fields;
        Ok(())
    }

    fn end(&mut self, _offset: u64) -> Result<(), SnapshotError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Random;
    use super::*;

    #[test]
    fn entries_are_a_set_however_far_apart() {
        let mut random = Random::new(7);
        for largest in [10, 5_000, u32::MAX as usize] {
            let (mut entries, mut known) = (Entries::default(), FxHashSet::default());
            for _ in 0..1_000 {
                let index = random.below(largest) as u32;
                entries.insert(index);
                known.insert(index);
                let other = random.below(largest) as u32;
                assert_eq!(entries.contains(other), known.contains(&other));
            }
            let mut more = Entries::default();
            more.add(&entries);
            assert!(
                known
                    .iter()
                    .all(|&index| entries.contains(index) && more.contains(index))
            );
            assert!(entries.reserved_bytes() < 100_000);
        }
    }
}
