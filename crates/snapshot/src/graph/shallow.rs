//! Shallow sizes as people mean them. Much of an object is kept in parts of its
//! own that JavaScript cannot see: backing stores, hidden cells. As in Chrome
//! DevTools, such a part's size is counted to the one node that owns it, when
//! there is only one.

use super::super::columns::{PackedEdge, Snapshot, WideColumn};
use super::super::types::{EdgeType, NodeOrdinal, NodeType};
use super::{Bits, Detachedness, KnownNames, is_user_root};

/// Nobody was found yet who owns the part.
const NOT_OWNED: u32 = u32::MAX;
/// More than one does.
const SHARED: u32 = u32::MAX - 1;

/// Shallow sizes by ordinal, in bytes.
#[derive(Clone, Debug)]
pub struct ShallowSizes {
    sizes: WideColumn,
}

impl ShallowSizes {
    /// Bytes of the node itself and of parts only it owns.
    #[inline]
    pub fn of(&self, node: NodeOrdinal) -> u64 {
        self.sizes.get(node.index())
    }

    #[inline]
    pub(crate) fn by_index(&self, index: usize) -> u64 {
        self.sizes.get(index)
    }

    pub(crate) fn column(&self) -> &WideColumn {
        &self.sizes
    }

    pub(crate) fn compute(
        snapshot: &Snapshot,
        names: &KnownNames,
        detachedness: &Detachedness,
    ) -> Self {
        // Without the user's roots the snapshot was made to show internals.
        let mut from_root = snapshot.heads(snapshot.root as usize).iter();
        if !from_root.any(|&head| is_user_root(snapshot, names, PackedEdge(head).to())) {
            return Self {
                sizes: snapshot.nodes.self_sizes.clone(),
            };
        }
        let parts = Parts::of(snapshot, names, detachedness);
        let owners = parts.owners(snapshot);
        let mut sizes = snapshot.nodes.self_sizes.to_vec_if_wide();
        let mut low = snapshot.nodes.self_sizes.low.clone();
        for (part, &owner) in owners.iter().enumerate() {
            if owner >= SHARED
                || owner == snapshot.root
                || snapshot.kind(owner as usize) == NodeType::Synthetic
            {
                continue;
            }
            match &mut sizes {
                Some(sizes) => {
                    let size = std::mem::take(&mut sizes[part]);
                    let sum = &mut sizes[owner as usize];
                    *sum = sum.saturating_add(size);
                }
                None => {
                    let size = low[part];
                    if let Some(sum) = low[owner as usize].checked_add(size) {
                        low[owner as usize] = sum;
                        low[part] = 0;
                        continue;
                    }
                    let mut wide: Vec<u64> = low.iter().map(|&size| u64::from(size)).collect();
                    wide[part] = 0;
                    wide[owner as usize] += u64::from(size);
                    sizes = Some(wide);
                }
            }
        }
        let sizes = match sizes {
            Some(wide) => WideColumn::from_values(&wide),
            None => WideColumn {
                low,
                high: Vec::new(),
            },
        };
        Self { sizes }
    }
}

/// The nodes that can be owned.
struct Parts {
    all: Bits,
}

impl Parts {
    fn of(snapshot: &Snapshot, names: &KnownNames, detachedness: &Detachedness) -> Self {
        let mut all = Bits::new(snapshot.node_count());
        for node in 0..snapshot.node_count() {
            let is_part = match snapshot.kind(node) {
                NodeType::Hidden | NodeType::Array => true,
                NodeType::Native => {
                    names.is_external_string_data(snapshot.nodes.names[node])
                        && !detachedness.is_renamed(NodeOrdinal(node as u32))
                }
                _ => false,
            };
            if is_part {
                all.add(node as u32);
            }
        }
        Self { all }
    }

    /// Who owns each part: an ordinal, [`NOT_OWNED`] or [`SHARED`]. What is no
    /// part counts as not owned. The outcome does not depend on the order: a
    /// part has the one owner from which it is reached through parts alone.
    fn owners(&self, snapshot: &Snapshot) -> Vec<u32> {
        let mut owners = vec![NOT_OWNED; snapshot.node_count()];
        let mut queue = Vec::new();
        for node in 0..snapshot.node_count() as u32 {
            if !self.all.has(node) {
                self.give(node, node, snapshot, &mut owners, &mut queue);
            }
            while let Some(part) = queue.pop() {
                let owner = owners[part as usize];
                self.give(part, owner, snapshot, &mut owners, &mut queue);
            }
        }
        owners
    }

    /// Gives what `from` refers to to `owner`; notes what changed hands.
    #[inline]
    fn give(
        &self,
        from: u32,
        owner: u32,
        snapshot: &Snapshot,
        owners: &mut [u32],
        queue: &mut Vec<u32>,
    ) {
        for &head in snapshot.heads(from as usize) {
            let edge = PackedEdge(head);
            let to = edge.to();
            if edge.is(EdgeType::Weak) || !self.all.has(to) {
                continue;
            }
            let known = &mut owners[to as usize];
            if *known == owner || *known == SHARED {
                continue;
            }
            *known = if *known == NOT_OWNED { owner } else { SHARED };
            queue.push(to);
        }
    }
}
