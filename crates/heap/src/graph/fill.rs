//! Fills the engine's columns with what is alive: the roots in groups, as V8 has them, then each
//! object with its edges, then the memory that objects have outside of the heap.

use memwatch_snapshot::{
    Addresses, EdgeType, NewNode, NodeId, NodeOrdinal, NodeType, Reading, Snapshot, SnapshotBuilder,
};
use rustc_hash::FxHashMap;

use super::Objects;
use super::essential::Oddballs;
use super::locations::Locations;
use super::names::Names;
use super::pairs::{Pair, pairs};
use super::reach::Marks;
use super::roots::Roots;
use crate::error::{HeapError, HeapErrorKind};
use crate::layout::{Generation, Kind};
use crate::objects::{NodeName, Numbers, Reference, Shape};
use crate::space::PAGE_BYTES;

/// The root, the group of groups, and the groups.
const GROUPS: [&str; 3] = ["(Strong roots)", "(Stack roots)", "(Global handles)"];
const FIRST_OBJECT: u32 = 2 + GROUPS.len() as u32;
/// Ids of objects are odd and begin after those of the groups.
const FIRST_OBJECT_ID: u64 = 2 * FIRST_OBJECT as u64 + 1;

struct Filler<'o, 'h, 'a> {
    objects: &'o Objects<'h, 'a>,
    marks: &'o Marks,
    /// For each 64 objects how many living ones there are before them.
    ranks: Vec<u32>,
    builder: SnapshotBuilder,
    names: Names,
    locations: Locations,
    /// Memory outside of the heap, by address: its node.
    stores: FxHashMap<u64, u32>,
    store_list: Vec<Store>,
    oddballs: Oddballs,
    /// References that may still be read.
    left: u64,
}

/// Objects may share arrays, as the elements of literals, and each has the elements as its own: so many references are read
/// for each word of the heap, a bound against hostile bytes …
const REFERENCES_A_WORD: u64 = 8;

/// … and so many in any heap: small ones may be full of objects that share much.
const LEAST_REFERENCES: u64 = 1 << 26;

/// What costs no memory, as the small integers of a shared array, is so much cheaper than a reference.
const NUMBERS_A_REFERENCE: u64 = 16;

/// Memory that an object has outside of the heap.
struct Store {
    address: u64,
    bytes: u64,
    name: &'static str,
}

/// The engine's snapshot of what is marked.
///
/// # Errors
///
/// [`HeapErrorKind::TooLarge`], and [`HeapErrorKind::Unsound`].
pub(crate) fn fill(
    objects: &Objects<'_, '_>,
    roots: &Roots,
    mut marks: Marks,
    reading: Reading,
) -> Result<Snapshot, HeapError> {
    let addresses = Addresses {
        first_id: FIRST_OBJECT_ID,
        page_bytes: PAGE_BYTES,
        pages: objects.heap.pages.iter().map(|page| page.base).collect(),
    };
    let found = pairs(objects, &marks);
    leave_out(objects, &mut marks);
    let mut ranks = Vec::with_capacity(marks.words().len());
    let mut rank = FIRST_OBJECT;
    for word in marks.words() {
        ranks.push(rank);
        rank += word.count_ones();
    }
    let mut filler = Filler {
        objects,
        marks: &marks,
        ranks,
        builder: SnapshotBuilder::with_capacity(rank as usize, 0),
        names: Names::default(),
        locations: Locations::default(),
        stores: FxHashMap::default(),
        store_list: Vec::new(),
        oddballs: Oddballs::find(objects, &marks),
        left: objects
            .heap
            .pages
            .iter()
            .map(|page| page.area_bytes() / 8)
            .sum::<u64>()
            .saturating_mul(REFERENCES_A_WORD)
            .max(LEAST_REFERENCES)
            .saturating_mul(NUMBERS_A_REFERENCE),
    };
    filler.find_stores(rank);
    filler.roots(roots);
    filler.objects(&found);
    if filler.left == 0 {
        let message = "the objects of this memory have more references than memwatch reads";
        return Err(HeapError::new(HeapErrorKind::Unsound, message));
    }
    filler.stores();
    let mut snapshot = filler
        .builder
        .finish()
        .map_err(|error| HeapError::new(HeapErrorKind::TooLarge, error.to_string()))?;
    snapshot.set_reading(Reading {
        addresses,
        ..reading
    });
    Ok(snapshot)
}

/// Takes out what V8's generator leaves out.
fn leave_out(objects: &Objects<'_, '_>, marks: &mut Marks) {
    for page in 0..objects.heap.pages.len() {
        for (ordinal, object) in objects.walk.objects(objects.heap, page) {
            if objects.is_left_out(object, objects.shape(ordinal).kind) {
                marks.clear(ordinal);
            }
        }
    }
}

impl Filler<'_, '_, '_> {
    /// The node of what a word refers to, if it is in the snapshot.
    #[inline]
    fn node_of(&self, word: u64) -> Option<NodeOrdinal> {
        let ordinal = self.objects.ordinal(word)?;
        self.marks.has(ordinal).then(|| {
            let (group, bit) = (ordinal as usize / 64, ordinal % 64);
            let below = self.marks.words()[group] & ((1 << bit) - 1);
            NodeOrdinal(self.ranks[group] + below.count_ones())
        })
    }

    /// The id of an object: its page and its place there, so that it names an address.
    fn id(&self, object: u64) -> NodeId {
        let page = self
            .objects
            .heap
            .table
            .get(object / PAGE_BYTES)
            .unwrap_or(0);
        let word = u64::from(page) * (PAGE_BYTES / 8) + (object % PAGE_BYTES) / 8;
        NodeId(FIRST_OBJECT_ID + 2 * word)
    }

    /// Every living object of every page.
    fn alive(&self, mut each: impl FnMut(u32, u64, &Shape)) {
        for page in 0..self.objects.heap.pages.len() {
            for (ordinal, object) in self.objects.walk.objects(self.objects.heap, page) {
                if self.marks.has(ordinal) {
                    each(ordinal, object, self.objects.shape(ordinal));
                }
            }
        }
    }

    /// Buffers' memory and texts outside of the heap, each once however many refer to it.
    fn find_stores(&mut self, first: u32) {
        let (mut stores, mut list) = (FxHashMap::default(), Vec::new());
        self.alive(|_, object, shape| {
            if let Some(store) = self.store_of(object, shape.kind) {
                let next = first + list.len() as u32;
                if *stores.entry(store.address).or_insert(next) == next {
                    list.push(store);
                }
            }
        });
        (self.stores, self.store_list) = (stores, list);
    }

    fn store_of(&self, object: u64, kind: Kind) -> Option<Store> {
        let (heap, offsets) = (self.objects.heap, &self.objects.heap.layout.offsets);
        let (address, bytes, name) = match kind {
            Kind::ArrayBuffer => (
                heap.field(object, offsets.buffer_store),
                heap.field(object, offsets.buffer_length),
                "system / JSArrayBufferData",
            ),
            Kind::ExternalOneByte | Kind::ExternalTwoByte
                if heap.layout.generation() < Generation::Node24 =>
            {
                let width = if kind == Kind::ExternalTwoByte { 2 } else { 1 };
                let bytes = heap.string_length(object) as u64 * width;
                (heap.field(object, 24), bytes, "system / ExternalStringData")
            }
            _ => return None,
        };
        // Node's own sources are texts in its executable, which nobody allocated.
        let is_allocated = heap
            .memory
            .range_of(address)
            .is_none_or(|range| range.writable);
        (address != 0 && bytes != 0 && is_allocated).then_some(Store {
            address,
            bytes,
            name,
        })
    }

    fn node(&mut self, node_type: NodeType, name: &str, id: NodeId, self_size: u64) {
        let name = self.names.text(&mut self.builder, name);
        self.builder.node(NewNode {
            node_type,
            name,
            id,
            self_size,
            detachedness: 0,
        });
    }

    fn roots(&mut self, roots: &Roots) {
        self.node(NodeType::Synthetic, "", NodeId(1), 0);
        // A realm that only the program keeps, such as a context of vm, is no place of its own to begin at.
        let heap = self.objects.heap;
        let realms = roots.global.iter().filter(|&&root| heap.is_realm(root));
        let mut globals: Vec<u64> = realms.map(|&realm| heap.realm_global(realm)).collect();
        if globals.is_empty() {
            self.alive(|_, object, shape| {
                if shape.kind == Kind::GlobalObject {
                    globals.push(object);
                }
            });
        }
        // Named as by V8, which counts them after "(GC roots)", so that places are the same in what it writes.
        for (number, global) in (2..).zip(globals) {
            if let Some(to) = self.node_of(global) {
                let name = self.names.text(&mut self.builder, &format!("{number}"));
                self.builder.named_edge(EdgeType::Shortcut, name, to);
            }
        }
        self.builder
            .indexed_edge(EdgeType::Element, 1, NodeOrdinal(1));
        self.node(NodeType::Synthetic, "(GC roots)", NodeId(3), 0);
        for group in 0..GROUPS.len() as u32 {
            self.builder
                .indexed_edge(EdgeType::Element, group, NodeOrdinal(2 + group));
        }
        for (group, words) in [&roots.strong, &roots.stack, &roots.global]
            .into_iter()
            .enumerate()
        {
            self.node(
                NodeType::Synthetic,
                GROUPS[group],
                NodeId(5 + 2 * group as u64),
                0,
            );
            for (index, &word) in words.iter().enumerate() {
                if let Some(to) = self.node_of(word) {
                    self.builder
                        .indexed_edge(EdgeType::Element, index as u32, to);
                }
            }
        }
    }

    fn objects(&mut self, pairs: &[Pair]) {
        let mut by_table: Vec<Pair> = pairs.to_vec();
        by_table.sort_unstable_by_key(|pair| pair.table);
        let (objects, marks) = (self.objects, self.marks);
        for page in 0..objects.heap.pages.len() {
            for (ordinal, object) in objects.walk.objects(objects.heap, page) {
                if !marks.has(ordinal) {
                    continue;
                }
                if self.left == 0 {
                    return;
                }
                let shape = objects.shape(ordinal);
                self.object(object, shape);
                self.edges(object, shape);
                let from = pairs.partition_point(|pair| pair.key < object);
                let to = pairs.partition_point(|pair| pair.key <= object);
                self.pair_edges(&pairs[from..to]);
                if shape.kind == Kind::EphemeronTable {
                    let from = by_table.partition_point(|pair| pair.table < object);
                    let to = by_table.partition_point(|pair| pair.table <= object);
                    self.pair_edges(&by_table[from..to]);
                }
            }
        }
    }

    fn object(&mut self, object: u64, shape: &Shape) {
        let heap = self.objects.heap;
        let name = match (&shape.name, shape.kind) {
            (NodeName::Fixed(name), _) => self.names.text(&mut self.builder, name),
            (NodeName::Own, Kind::Function) => {
                let shared = heap.field(object, heap.layout.offsets.function_shared);
                self.names.function(&mut self.builder, heap, shared)
            }
            (NodeName::Own, kind) => self
                .names
                .text(&mut self.builder, &heap.own_name(kind, object)),
        };
        let (id, self_size) = (self.id(object), self.self_size(object, shape));
        let node = self.builder.node(NewNode {
            node_type: shape.node_type,
            name,
            id,
            self_size,
            detachedness: 0,
        });
        if let Some(location) = self.locations.of(heap, object, shape) {
            self.builder.location(node, location);
        }
    }

    /// V8 13 and later count a text outside of the heap with its string, and say that what no program can free, in
    /// read-only space, takes nothing.
    fn self_size(&self, object: u64, shape: &Shape) -> u64 {
        let (heap, own) = (self.objects.heap, self.objects.end(object, shape));
        if heap.layout.generation() < Generation::Node24 {
            return own;
        }
        let units = heap.string_length(object) as u64;
        match shape.kind {
            _ if heap.page_at(object).is_some_and(|page| page.read_only) => 0,
            Kind::ExternalOneByte => own + units,
            Kind::ExternalTwoByte => own + 2 * units,
            _ => own,
        }
    }

    fn edges(&mut self, object: u64, shape: &Shape) {
        let objects = self.objects;
        let mut numbers = Numbers::default();
        objects.references(object, shape, &mut |reference| {
            let is_number = reference.to & 1 == 0;
            let cost = if is_number { 1 } else { NUMBERS_A_REFERENCE };
            self.left = self.left.saturating_sub(cost);
            self.edge(numbers.number(reference));
        });
        if let Some(store) = self.store_of(object, shape.kind)
            && let Some(&node) = self.stores.get(&store.address)
        {
            let name = self.names.text(&mut self.builder, "backing_store");
            self.builder
                .named_edge(EdgeType::Internal, name, NodeOrdinal(node));
        }
    }

    #[inline]
    fn edge(&mut self, reference: Reference) {
        let Reference { kind, name, to } = reference;
        if to & 1 == 0 {
            return;
        }
        if self.oddballs.are_left_out(kind, to) {
            return;
        }
        let Some(node) = self.node_of(to) else { return };
        let kind = if to & 2 != 0 { EdgeType::Weak } else { kind };
        match name {
            crate::objects::Name::Index(index) if kind.has_index() => {
                self.builder.indexed_edge(kind, index, node);
            }
            name => {
                let name = self.names.edge(&mut self.builder, self.objects.heap, name);
                self.builder.named_edge(kind, name, node);
            }
        }
    }

    /// V8's name of such an edge says which entry of which table it is.
    fn pair_edges(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            let Some(value) = self.node_of(pair.value) else {
                continue;
            };
            let [key_id, value_id, table_id] =
                [pair.key, pair.value, pair.table].map(|object| self.id(object).0);
            let name = format!(
                "1 / part of key (key @{key_id}) -> value (value @{value_id}) pair in WeakMap (table @{table_id})"
            );
            let name = self.names.text(&mut self.builder, &name);
            self.builder.named_edge(EdgeType::Internal, name, value);
        }
    }

    fn stores(&mut self) {
        let list = std::mem::take(&mut self.store_list);
        for (index, store) in list.iter().enumerate() {
            self.node(
                NodeType::Native,
                store.name,
                NodeId(2 * index as u64 + 2),
                store.bytes,
            );
        }
    }
}
