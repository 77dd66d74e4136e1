//! The ways to an object, or to all objects of a class, one for each shape: the
//! classes and generalised edges on the way. Finds what the tree and the edges
//! to the object say; not every way there is, of which there may be as many as
//! grains of sand.

use rustc_hash::FxHashMap;

use super::super::classes::ClassIndex;
use super::super::columns::PackedEdge;
use super::super::strings::remembered;
use super::super::types::{EdgeOrdinal, NodeOrdinal, NodeType};
use super::access::End;
use super::parts::AccessPath;
use super::signature::signature;
use super::tags::untagged;
use super::tree::{NO_EDGE, Step, source_of};
use super::words::Follow;
use super::{Investigation, Writer, names};
use memwatch_order::sort_by_key;

/// Ways of one shape.
#[derive(Clone, Debug)]
pub struct PathShape {
    /// One of them: the first met.
    pub path: AccessPath,
    /// The object it leads to.
    pub example: NodeOrdinal,
    /// The same in every run; see the module `signature`.
    pub signature: String,
    /// How many objects are kept in this way: of a class, its instances; of one
    /// object, those that refer to it in this way.
    pub count: u64,
    /// Edges on the way, storage included.
    pub steps: u64,
}

impl Investigation<'_> {
    /// The ways to every object of a class, the most objects first, and how many of its objects no way leads to:
    /// nothing holds them, or only weakly. A class is named as [`Investigation::class_of`] or the snapshot does.
    pub fn paths_to_class(&mut self, class: &str) -> (Vec<PathShape>, u64) {
        let mut by_route: FxHashMap<u32, (NodeOrdinal, u64)> = FxHashMap::default();
        let wanted = self.nodes_of(class).into_iter();
        let (held, unheld): (Vec<_>, Vec<_>) = wanted.partition(|&node| self.is_held(node));
        for node in held {
            let route = self.ways.routes.of_node(node);
            by_route.entry(route.0).or_insert((node, 0)).1 += 1;
        }
        let mut shapes: Vec<(u32, NodeOrdinal, u64)> = by_route
            .into_iter()
            .map(|(route, (node, count))| (route, node, count))
            .collect();
        sort_by_key(&mut shapes, |&(route, _, count)| {
            (std::cmp::Reverse(count), route)
        });
        let shapes = shapes.into_iter();
        let shapes = shapes
            .map(|(route, node, count)| PathShape {
                path: self.path_to(node),
                example: node,
                signature: signature(&self.ways, super::routes::RouteIndex(route)),
                count,
                steps: self.ways.tree.way(self.snapshot, node).len() as u64,
            })
            .collect();
        (shapes, unheld.len() as u64)
    }

    fn is_held(&self, node: NodeOrdinal) -> bool {
        self.ways.tree.parent_edge(node).is_some()
    }

    fn nodes_of(&self, class: &str) -> Vec<NodeOrdinal> {
        let snapshot = self.snapshot;
        let is_plain = class.starts_with('{');
        let function = class.strip_suffix("()");
        let mut is_named = remembered(|name| {
            let name = snapshot.strings().get(name);
            match is_plain {
                true => name == "Object",
                false => name == function.unwrap_or(class) || untagged(&name) == class,
            }
        });
        let nodes = snapshot.ordinals().filter(|&node| {
            let is_right_type = match snapshot.node_type(node) {
                _ if is_plain => true,
                NodeType::Closure => function.is_some(),
                NodeType::Object | NodeType::Native => function.is_none(),
                _ => false,
            };
            is_right_type
                && !self.ways.routes.is_storage(node)
                && is_named(snapshot.name_index(node))
                && (!is_plain || names::class(snapshot, node) == class)
        });
        let nodes: Vec<NodeOrdinal> = nodes.collect();
        match nodes.is_empty() {
            true => self.nodes_of_table_class(class),
            false => nodes,
        }
    }

    /// Those of a class that has its name in the tables of classes alone: `Detached <div>`, `(string)`.
    fn nodes_of_table_class(&self, class: &str) -> Vec<NodeOrdinal> {
        let classes = &self.analysis.classes;
        let named = classes.iter().filter(|(_, one)| one.name == class);
        let wanted: Vec<ClassIndex> = named.map(|(index, _)| index).collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let nodes = self.snapshot.ordinals();
        let nodes = nodes.filter(|&node| wanted.contains(&classes.of_node(node)));
        nodes.collect()
    }

    /// The ways to one object: the shortest first, then one for each other way in
    /// which something refers to it, the shorter first.
    pub fn paths_to(&mut self, node: NodeOrdinal) -> Vec<PathShape> {
        let Some(first) = self.ways.tree.parent_edge(node) else {
            return Vec::new();
        };
        let mut shapes: Vec<(u64, Vec<Step>, u64)> = Vec::new();
        let mut by_shape: FxHashMap<(u32, u32), usize> = FxHashMap::default();
        for edge in self.edges_to(node) {
            let from = source_of(self.snapshot, edge);
            let step = Step { from, edge };
            let way = self.ways.tree.way(self.snapshot, from);
            let is_root = from == self.snapshot.root();
            if way.is_empty() && !is_root || way.iter().any(|step| step.from == node) {
                continue;
            }
            let key = {
                let edge = self.snapshot.edge(edge);
                self.ways
                    .routes
                    .keys
                    .edge(&mut self.ways.words, from, &edge)
            };
            let shape = (self.ways.routes.of_node(from).0, key.0);
            let at = *by_shape.entry(shape).or_insert(shapes.len());
            if at == shapes.len() {
                let mut way = way;
                way.push(step);
                let rank = if edge == first { 0 } else { way.len() as u64 };
                shapes.push((rank, way, 0));
            }
            shapes[at].2 += 1;
        }
        sort_by_key(&mut shapes, |&(rank, ref way, _)| (rank, way.len()));
        let shapes = shapes.into_iter();
        shapes
            .map(|(_, way, count)| {
                let mut writer = Writer {
                    snapshot: self.snapshot,
                    words: &mut self.ways.words,
                };
                let path = writer.write(&way, End::Object);
                PathShape {
                    path,
                    example: node,
                    signature: signature(&self.ways, self.ways.routes.of_node(node)),
                    count,
                    steps: way.len() as u64,
                }
            })
            .collect()
    }

    /// Every edge to the node that keeps it alive, in the order of the file.
    fn edges_to(&mut self, node: NodeOrdinal) -> Vec<EdgeOrdinal> {
        let heads = self.snapshot.edges.heads.iter().enumerate();
        let to_node = heads.filter(|&(_, &head)| PackedEdge(head).to() == node.0);
        let edges: Vec<EdgeOrdinal> = to_node.map(|(at, _)| EdgeOrdinal(at as u32)).collect();
        let written = self
            .ways
            .tree
            .parent_edge(node)
            .map_or(NO_EDGE, |edge| edge.0);
        let snapshot = self.snapshot;
        let keeps = |edge: &EdgeOrdinal| {
            let from = source_of(snapshot, *edge);
            let follow = self.ways.words.follow(from, &snapshot.edge(*edge));
            edge.0 == written || follow == Follow::Written
        };
        edges.into_iter().filter(keeps).collect()
    }
}
