//! What a heap diff keeps of one snapshot: a few bytes a node, sorted by id. No
//! edges and no object names; two of these are compared in `heap_diff`.

use std::collections::HashMap;

use super::numbering::{Nature, is_numbered};
use super::types::NodeType;

/// A node that is in no bucket: it counts in sums but not in the details.
pub(super) const NO_CLASS: u32 = u32::MAX;

/// In place of a shallow size that needs more than 32 bits; the size itself is in
/// a table aside.
const LARGE: u32 = u32::MAX;

/// The nodes of one snapshot that can be reached, by id.
#[derive(Debug, Default)]
pub struct HeapColumns {
    pub(super) node_count: u64,
    /// Ascending.
    pub(super) ids: Vec<u32>,
    shallow_sizes: Vec<u32>,
    /// `(row, bytes)`, ascending, of the rows whose column says [`LARGE`].
    large: Vec<(u32, u64)>,
    /// Index into `class_names`, or [`NO_CLASS`].
    pub(super) classes: Vec<u32>,
    pub(super) class_names: Vec<String>,
    pub(super) total_bytes: u64,
}

impl HeapColumns {
    /// Nodes in the snapshot, reachable or not.
    #[must_use]
    pub fn node_count(&self) -> u64 {
        self.node_count
    }

    /// The sum of the shallow sizes of all nodes that can be reached, in bytes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// Whether the node with this id was there and could be reached.
    #[must_use]
    pub fn has_id(&self, id: u64) -> bool {
        u32::try_from(id).is_ok_and(|id| self.ids.binary_search(&id).is_ok())
    }

    /// The ids that V8 counts up, ascending, with what their class says of the object.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u32, Option<Nature>)> + '_ {
        let natures: Vec<_> = self.class_names.iter().map(|name| nature(name)).collect();
        let rows = self.ids.iter().zip(&self.classes);
        rows.filter(|&(&id, _)| is_numbered(id.into()))
            .map(move |(&id, &class)| (id, natures.get(class as usize).copied().flatten()))
    }

    pub(super) fn shallow_size(&self, row: usize) -> u64 {
        match self.shallow_sizes[row] {
            LARGE => {
                let at = self
                    .large
                    .binary_search_by_key(&row, |&(row, _)| row as usize);
                at.map_or(u64::from(LARGE), |at| self.large[at].1)
            }
            size => u64::from(size),
        }
    }
}

/// The bucket of the types that are one each. Objects are in that of their name; all
/// other types are in none.
pub(super) const fn bucket(node_type: NodeType) -> Option<&'static str> {
    match node_type {
        NodeType::Array => Some("Array"),
        NodeType::String => Some("String"),
        NodeType::Code => Some("Code"),
        NodeType::Closure => Some("Closure"),
        NodeType::RegExp => Some("RegExp"),
        NodeType::Number => Some("Number"),
        NodeType::Native => Some("Native"),
        _ => None,
    }
}

/// What the objects of a class are. `Array` is stores and objects alike, and `Native` is
/// numbered in another way.
fn nature(class: &str) -> Option<Nature> {
    let mut types = NodeType::KNOWN.iter();
    match types.find(|&&node_type| bucket(node_type) == Some(class)) {
        None => Some(Nature::Object),
        Some(NodeType::Array) => None,
        Some(&node_type) => Nature::of(node_type),
    }
}

/// Names as they are read, each kept once: most objects of a heap share a few.
#[derive(Debug)]
pub struct ClassNames {
    indexes: HashMap<String, u32>,
    names: Vec<String>,
    of_types: [Option<u32>; TYPES],
    /// The class of each name that was pushed.
    pushed: Vec<u32>,
}

/// As many as there are types; `Other` is the last.
const TYPES: usize = NodeType::Other as usize + 1;

impl Default for ClassNames {
    /// The buckets of whole types.
    fn default() -> Self {
        let mut names = Self {
            indexes: HashMap::new(),
            names: Vec::new(),
            of_types: [None; TYPES],
            pushed: Vec::new(),
        };
        for &node_type in NodeType::KNOWN {
            names.of_types[node_type as usize] = bucket(node_type).map(|name| names.class(name));
        }
        names
    }
}

impl ClassNames {
    /// The next name of those asked for. Objects share a bucket with whatever is called
    /// alike.
    pub fn push(&mut self, name: &str) {
        let class = self.class(name);
        self.pushed.push(class);
    }

    /// The class of the name that was pushed as number `place`, from 0.
    pub(super) fn class_of(&self, place: usize) -> Option<u32> {
        self.pushed.get(place).copied()
    }

    /// The class of the types that are one bucket each; `None` for those in none.
    pub(super) fn class_of_type(&self, node_type: NodeType) -> Option<u32> {
        self.of_types[node_type as usize]
    }

    fn class(&mut self, name: &str) -> u32 {
        if let Some(&class) = self.indexes.get(name) {
            return class;
        }
        let class = u32::try_from(self.names.len()).unwrap_or(NO_CLASS);
        self.names.push(name.to_owned());
        self.indexes.insert(name.to_owned(), class);
        class
    }
}

/// Fills columns in any order of ids.
pub(super) struct ColumnsWriter {
    node_count: u64,
    rows: Vec<Row>,
    total_bytes: u64,
}

#[derive(Clone, Copy)]
struct Row {
    id: u32,
    class: u32,
    shallow_size: u64,
}

impl ColumnsWriter {
    pub(super) fn new(node_count: usize) -> Self {
        Self {
            node_count: node_count as u64,
            rows: Vec::with_capacity(node_count),
            total_bytes: 0,
        }
    }

    pub(super) fn push(&mut self, id: u32, shallow_size: u64, class: Option<u32>) {
        self.total_bytes = self.total_bytes.saturating_add(shallow_size);
        self.rows.push(Row {
            id,
            class: class.unwrap_or(NO_CLASS),
            shallow_size,
        });
    }

    pub(super) fn finish(mut self, names: &ClassNames) -> HeapColumns {
        // V8 gives ids in the order in which it walks the heap, so there are few
        // runs, and a stable sort only merges them.
        self.rows.sort_by_key(|row| row.id);
        let mut large = Vec::new();
        let shallow_sizes = (0..)
            .zip(&self.rows)
            .map(|(row_number, row)| match u32::try_from(row.shallow_size) {
                Ok(size) if size != LARGE => size,
                _ => {
                    large.push((row_number, row.shallow_size));
                    LARGE
                }
            })
            .collect();
        HeapColumns {
            node_count: self.node_count,
            ids: self.rows.iter().map(|row| row.id).collect(),
            shallow_sizes,
            large,
            classes: self.rows.iter().map(|row| row.class).collect(),
            class_names: names.names.clone(),
            total_bytes: self.total_bytes,
        }
    }
}
