//! Fills the engine's columns with what is alive: the roots in groups, as V8 has them, then each
//! object with its edges, then the memory that objects have outside of the heap.

use memwatch_snapshot::{
    Addresses, EdgeType, NewNode, NodeId, NodeOrdinal, NodeType, Reading, Snapshot, SnapshotBuilder,
};
use rustc_hash::FxHashMap;

use super::Objects;
use super::alive::{Alive, Living};
use super::essential::Oddballs;
use super::groups::FIRST_OBJECT;
use super::locations::Locations;
use super::names::Names;
use super::pairs::{Pair, pairs};
use super::reach::Marks;
use super::roots::Roots;
use super::stores::Store;
use super::templates::{Step, Template};
use crate::error::{HeapError, HeapErrorKind};
use crate::layout::{Generation, Kind};
use crate::objects::{Name, Numbers, Place, Plan, Reference, Shape};
use crate::space::{PAGE_BYTES, View};

/// Ids of objects are odd and begin after those of the groups.
const FIRST_OBJECT_ID: u64 = 2 * FIRST_OBJECT as u64 + 1;

/// The columns in the making. What belongs to the root is in `groups`, memory outside of the heap in `stores`.
pub(super) struct Filler<'o, 'h, 'a> {
    pub(super) objects: &'o Objects<'h, 'a>,
    pub(super) alive: &'o Alive,
    pub(super) builder: SnapshotBuilder,
    pub(super) names: Names,
    pub(super) locations: Locations,
    /// Memory outside of the heap, by address: its node. Nodes of stores come after those of objects.
    pub(super) stores: FxHashMap<u64, u32>,
    pub(super) store_list: Vec<Store>,
    oddballs: Oddballs,
    /// An array without elements that many objects have and the snapshot leaves out.
    nothing: u64,
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

/// What heaps of many small objects have; beyond, columns grow.
const EDGES_A_NODE: usize = 4;

/// With so many edges a column has 32 MB, from where on the C library's allocator maps memory of its own, which it can
/// make larger without a copy.
const LEAST_EDGES: usize = 1 << 23;

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
    let oddballs = Oddballs::find(objects, &marks);
    let alive = Alive::new(objects, &marks, FIRST_OBJECT);
    drop(marks);
    let mut filler = Filler {
        objects,
        alive: &alive,
        builder: SnapshotBuilder::with_capacity(alive.end() as usize, 0),
        names: Names::default(),
        locations: Locations::default(),
        stores: FxHashMap::default(),
        store_list: Vec::new(),
        oddballs,
        nothing: 0,
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
    let guess = alive.end() as usize * EDGES_A_NODE;
    filler.builder.expect_edges(guess.max(LEAST_EDGES));
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
    let pages = objects.heap.pages.iter().enumerate();
    for (page, _) in pages.filter(|(_, page)| page.read_only) {
        for (ordinal, object) in objects.walk.objects(objects.heap, page) {
            if objects.is_left_out(object, objects.shape(ordinal).kind) {
                marks.clear(ordinal);
            }
        }
    }
}

/// The id of an object on a page.
fn id_on(page: u32, object: u64) -> NodeId {
    let word = u64::from(page) * (PAGE_BYTES / 8) + (object % PAGE_BYTES) / 8;
    NodeId(FIRST_OBJECT_ID + 2 * word)
}

impl Filler<'_, '_, '_> {
    /// The node of what a word refers to, if it is in the snapshot.
    #[inline]
    pub(super) fn node_of(&self, word: u64) -> Option<NodeOrdinal> {
        self.alive.node(self.objects, word).map(NodeOrdinal)
    }

    /// The id of an object: its page and its place there, so that it names an address.
    fn id(&self, object: u64) -> NodeId {
        let page = self.objects.heap.table.get(object / PAGE_BYTES);
        id_on(page.unwrap_or(0), object)
    }

    pub(super) fn node(&mut self, node_type: NodeType, name: &str, id: NodeId, self_size: u64) {
        let name = self.names.text(&mut self.builder, name);
        self.builder.node(NewNode {
            node_type,
            name,
            id,
            self_size,
            detachedness: 0,
        });
    }

    fn objects(&mut self, pairs: &[Pair]) {
        let mut by_table: Vec<Pair> = pairs.to_vec();
        by_table.sort_unstable_by_key(|pair| pair.table);
        let (objects, alive) = (self.objects, self.alive);
        let mut templates: Vec<Option<Template>> = Vec::new();
        templates.resize_with(objects.shapes.len(), || None);
        // Objects come in the order of their addresses, and so do the keys.
        let mut by_key = pairs.iter().peekable();
        for page in 0..objects.heap.pages.len() {
            for Living { ordinal, object } in alive.of_page(objects, page) {
                if self.left == 0 {
                    return;
                }
                let number = objects.walk.map_of[ordinal as usize] as usize;
                let shape = &objects.shapes[number];
                let template = templates[number].get_or_insert_with(|| self.template(shape));
                let view = objects.heap.view(object);
                self.object(page, object, &view, shape, template);
                self.edges(object, &view, shape, template);
                while by_key.next_if(|pair| pair.key < object).is_some() {}
                while let Some(pair) = by_key.next_if(|pair| pair.key == object) {
                    self.pair_edge(pair);
                }
                if shape.kind == Kind::EphemeronTable {
                    let from = by_table.partition_point(|pair| pair.table < object);
                    let to = by_table.partition_point(|pair| pair.table <= object);
                    by_table[from..to]
                        .iter()
                        .for_each(|pair| self.pair_edge(pair));
                }
            }
        }
    }

    fn object(
        &mut self,
        page: usize,
        object: u64,
        view: &View<'_, '_>,
        shape: &Shape,
        template: &Template,
    ) {
        let heap = self.objects.heap;
        let name = match (template.name, shape.kind) {
            (Some(name), _) => name,
            (None, Kind::Function) => {
                let shared = view.word(heap.layout.offsets.function_shared);
                self.names.function(&mut self.builder, heap, shared)
            }
            (None, Kind::OneByteString) => match heap.ascii(view) {
                Some(text) => self.names.text(&mut self.builder, text),
                None => {
                    let text = heap.own_name(shape.kind, object);
                    self.names.text(&mut self.builder, &text)
                }
            },
            (None, kind) => self
                .names
                .text(&mut self.builder, &heap.own_name(kind, object)),
        };
        let node = self.builder.node(NewNode {
            node_type: shape.node_type,
            name,
            id: id_on(page as u32, object),
            self_size: self.self_size(page, object, view, shape),
            detachedness: 0,
        });
        let place = match shape.kind {
            Kind::Function => {
                let shared = view.word(heap.layout.offsets.function_shared);
                (self.locations).of_function(&mut self.builder, heap, shared)
            }
            _ => template.place,
        };
        if let Some(place) = place {
            self.builder.located(node, place);
        }
    }

    /// V8 13 and later count a text outside of the heap with its string, and say that what no program can free, in
    /// read-only space, takes nothing.
    fn self_size(&self, page: usize, object: u64, view: &View<'_, '_>, shape: &Shape) -> u64 {
        let (heap, page) = (self.objects.heap, &self.objects.heap.pages[page]);
        let left = page.end.saturating_sub(object & !3);
        let own = self.objects.size(object, view, shape).min(left);
        if heap.layout.generation() < Generation::Node24 {
            return own;
        }
        let units = view.word(8) >> 32;
        match shape.kind {
            _ if page.read_only => 0,
            Kind::ExternalOneByte => own + units,
            Kind::ExternalTwoByte => own + 2 * units,
            _ => own,
        }
    }

    fn edges(&mut self, object: u64, view: &View<'_, '_>, shape: &Shape, template: &Template) {
        let objects = self.objects;
        let mut numbers = Numbers::default();
        let fixed = template.steps.len() as u64 * NUMBERS_A_REFERENCE;
        self.left = self.left.saturating_sub(fixed);
        for step in &template.steps {
            match *step {
                Step::Edge(kind, name, node) => self.builder.named_edge(kind, name, node),
                Step::Named(offset, kind, name) => {
                    let to = view.word(offset);
                    if to & 1 == 1
                        && to != self.nothing
                        && let Some(node) = self.target(kind, to)
                    {
                        let kind = if to & 2 != 0 { EdgeType::Weak } else { kind };
                        self.builder.named_edge(kind, name, node);
                    }
                }
                Step::Slot(slot) => {
                    if matches!(slot.place, Place::Elements(_)) && self.has_nothing(view.word(16)) {
                        continue;
                    }
                    let heap = objects.heap;
                    heap.slot_references(object, view, &slot, &mut |reference| {
                        self.count(reference.to);
                        self.edge(numbers.number(reference));
                    });
                }
            }
        }
        let mut each = |reference: Reference| {
            self.count(reference.to);
            self.edge(numbers.number(reference));
        };
        match shape.plan {
            Plan::Array(from) | Plan::Hidden(from) => {
                let kind = match shape.plan {
                    Plan::Array(_) => EdgeType::Internal,
                    _ => EdgeType::Hidden,
                };
                let end = objects.end(object, shape);
                objects.list_references(view, from, end, kind, &mut each);
            }
            Plan::Generic => objects.heap.references(object, &mut each),
            Plan::Slots | Plan::Nothing => {}
        }
        self.store_edge(object, shape.kind);
    }

    /// Counts a reference that is read.
    #[inline]
    fn count(&mut self, to: u64) {
        let is_number = to & 1 == 0;
        let cost = if is_number { 1 } else { NUMBERS_A_REFERENCE };
        self.left = self.left.saturating_sub(cost);
    }

    /// Whether a word refers to elements of which there are none, and that are no node. Nearly all objects have the same.
    #[inline]
    fn has_nothing(&mut self, elements: u64) -> bool {
        if elements == self.nothing {
            return true;
        }
        let is_empty = elements & 3 == 1
            && self.node_of(elements).is_none()
            && self.objects.heap.kind_of(elements) == Kind::FixedArray
            && self.objects.heap.field(elements, 8) == 0;
        if is_empty {
            self.nothing = elements;
        }
        is_empty
    }

    /// The node that an edge leads to, if V8's generator has the edge.
    #[inline]
    pub(super) fn target(&self, kind: EdgeType, to: u64) -> Option<NodeOrdinal> {
        match self.oddballs.are_left_out(kind, to) {
            true => None,
            false => self.node_of(to),
        }
    }

    #[inline]
    fn edge(&mut self, reference: Reference) {
        let Reference { kind, name, to } = reference;
        if to & 1 == 0 {
            return;
        }
        let Some(node) = self.target(kind, to) else {
            return;
        };
        let kind = if to & 2 != 0 { EdgeType::Weak } else { kind };
        match name {
            Name::Index(index) if kind.has_index() => {
                self.builder.indexed_edge(kind, index, node);
            }
            name => {
                let name = self.names.edge(&mut self.builder, self.objects.heap, name);
                self.builder.named_edge(kind, name, node);
            }
        }
    }

    /// V8's name of such an edge says which entry of which table it is.
    fn pair_edge(&mut self, pair: &Pair) {
        let Some(value) = self.node_of(pair.value) else {
            return;
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
