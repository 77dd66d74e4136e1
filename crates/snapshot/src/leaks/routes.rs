//! Which nodes are kept in the same way: a *route* is the classes and the
//! generalised edges on the way from a root, so that every element of one array
//! has the same, and has it again in the next run. Storage (element and property
//! arrays, tables of Maps, contexts) counts as the object it belongs to.
//!
//! A way that repeats itself (a list, a tree, a chain of closures) has one route
//! for all of its turns: a step of the same class and edge as one of the last
//! few is that one again. This bounds the number of routes, and makes one of
//! what is one leak.
//!
//! The idea of grouping by path and not by class is LeakCanary's.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::columns::{Edge, Snapshot};
use super::super::graph::{Bits, KnownNames};
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::keys::{ANY, BOUND, FNV_OFFSET, Key, Keys, LOCAL, NAME, generalised};
use super::modules::Modules;
use super::signature::is_start;
use super::tree::{Cost, PathTree, Step, Visitor};
use super::words::{Contents, Words};

/// Place of a route in [`Routes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RouteIndex(pub u32);

impl RouteIndex {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The root's route, and that of what no way leads to.
pub(super) const ROOT: RouteIndex = RouteIndex(0);

/// Steps back to look for a repetition. The chain of closures that V8's shared
/// contexts make repeats after 2; linked lists with entry objects after 2 or 3.
const MAX_PERIOD: usize = 8;

/// Own properties beyond which an object is a dictionary, its keys data. V8
/// keeps at most 128 out of object before it turns to a hash table itself.
const MIN_DICTIONARY: usize = 128;

/// One route.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub parent: RouteIndex,
    /// From the parent.
    pub edge: Key,
    pub class: Key,
    /// The same in every run.
    pub hash: u64,
    /// As `hash`, from the last start on (see [`is_start`]): the same with every
    /// version of Node, too.
    pub local_hash: u64,
    /// Nodes that have it, storage not counted.
    pub count: u32,
    /// Whether a later step came back to it, and after how many.
    pub period: Option<u8>,
    pub max_steps: u32,
    pub is_internal: bool,
    /// The first node met.
    pub example: NodeOrdinal,
    /// One of the last met.
    pub farthest: NodeOrdinal,
    /// Steps from the root route.
    pub depth: u32,
}

/// The routes of a snapshot.
pub(super) struct Routes<'a> {
    pub keys: Keys<'a>,
    pub routes: Vec<Route>,
    /// By ordinal. Of storage: that of its owner.
    of_node: Vec<u32>,
    /// By ordinal: the node before it that is not storage.
    holder: Vec<u32>,
    /// By ordinal: how many nodes it holds by an edge that is one of many.
    held: Vec<u32>,
    storage: Bits,
}

/// The tree of ways and the routes along it.
pub(super) struct Ways<'a> {
    pub tree: PathTree,
    pub routes: Routes<'a>,
    pub words: Words<'a>,
}

impl<'a> Ways<'a> {
    pub(super) fn of(snapshot: &'a Snapshot, names: &'a KnownNames) -> Self {
        let modules = Arc::new(Modules::of(snapshot));
        let mut words = Words::new(snapshot, names, Arc::clone(&modules));
        let mut builder = Builder::new(snapshot, modules);
        let tree = PathTree::grow(snapshot, &mut words, &mut builder);
        Self {
            tree,
            routes: builder.finish(),
            words,
        }
    }
}

impl Routes<'_> {
    pub(super) fn of_node(&self, node: NodeOrdinal) -> RouteIndex {
        RouteIndex(self.of_node[node.index()])
    }

    pub(super) fn get(&self, route: RouteIndex) -> &Route {
        &self.routes[route.index()]
    }

    pub(super) fn holder(&self, node: NodeOrdinal) -> NodeOrdinal {
        NodeOrdinal(self.holder[node.index()])
    }

    /// How many nodes the node holds by edges that are each one of many.
    pub(super) fn held(&self, node: NodeOrdinal) -> u32 {
        self.held[node.index()]
    }

    pub(super) fn is_storage(&self, node: NodeOrdinal) -> bool {
        self.storage.has(node.0)
    }

    /// The routes from the first step to this one.
    pub(super) fn line(&self, route: RouteIndex) -> Vec<RouteIndex> {
        let mut line = Vec::new();
        let mut at = route;
        while at != ROOT {
            line.push(at);
            at = self.get(at).parent;
        }
        line.reverse();
        line
    }
}

struct Builder<'a> {
    snapshot: &'a Snapshot,
    routes: Routes<'a>,
    by_step: FxHashMap<(RouteIndex, Key, Key), RouteIndex>,
    /// What was asked of `by_step` last, and its answer.
    last: Option<((RouteIndex, Key, Key), RouteIndex)>,
    dictionaries: Bits,
    /// Storage in which the variables of functions that wait are.
    locals: Bits,
    /// Storage of the arguments that functions were bound to.
    bound_arguments: Bits,
}

impl<'a> Builder<'a> {
    fn new(snapshot: &'a Snapshot, modules: Arc<Modules>) -> Self {
        let count = snapshot.node_count();
        let mut keys = Keys::new(snapshot, modules);
        let nothing = keys.own("");
        let root = Route {
            parent: ROOT,
            edge: nothing,
            class: nothing,
            hash: FNV_OFFSET,
            local_hash: FNV_OFFSET,
            count: 0,
            period: None,
            max_steps: 0,
            is_internal: false,
            example: snapshot.root(),
            farthest: snapshot.root(),
            depth: 0,
        };
        Self {
            snapshot,
            routes: Routes {
                keys,
                routes: vec![root],
                of_node: vec![ROOT.0; count],
                holder: vec![snapshot.root().0; count],
                held: vec![0; count],
                storage: Bits::new(count),
            },
            by_step: FxHashMap::default(),
            last: None,
            dictionaries: Bits::new(count),
            locals: Bits::new(count),
            bound_arguments: Bits::new(count),
        }
    }

    fn finish(self) -> Routes<'a> {
        self.routes
    }

    fn edge_key(&mut self, words: &mut Words<'_>, step: Step) -> Key {
        let edge = self.snapshot.edge(step.edge);
        if edge.edge_type == EdgeType::Property && self.dictionaries.has(step.from.0) {
            return ANY;
        }
        let key = self.routes.keys.edge(words, step.from, &edge);
        if key == ANY && self.routes.storage.has(step.from.0) {
            let holder = self.routes.holder(step.from);
            if self.dictionaries.has(holder.0) {
                return NAME;
            }
            if self.locals.has(step.from.0) || words.is_module(holder) {
                return LOCAL;
            }
            if self.bound_arguments.has(step.from.0) {
                return BOUND;
            }
        }
        key
    }

    fn route(
        &mut self,
        words: &mut Words<'_>,
        parent: RouteIndex,
        edge: Key,
        node: NodeOrdinal,
        cost: Cost,
    ) -> RouteIndex {
        let class = self.routes.keys.class(node);
        if let Some((step, route)) = self.last
            && step == (parent, edge, class)
        {
            return route;
        }
        if let Some(&known) = self.by_step.get(&(parent, edge, class)) {
            self.last = Some(((parent, edge, class), known));
            return known;
        }
        let route = match self.turn(parent, edge, class, node) {
            Some(turn) => turn,
            None => {
                let fresh = RouteIndex(self.routes.routes.len() as u32);
                let keys = &self.routes.keys;
                let above = self.routes.get(parent);
                let hash = if words.is_module(node) {
                    // By which of the loader's lists a module is reached says nothing.
                    keys.hash(class)
                } else {
                    mix(mix(above.hash, keys.hash(edge)), keys.hash(class))
                };
                let local_hash = if is_start(keys.text(class)) {
                    keys.hash(class)
                } else {
                    mix(mix(above.local_hash, keys.hash(edge)), keys.hash(class))
                };
                let depth = above.depth + 1;
                self.routes.routes.push(Route {
                    parent,
                    edge,
                    class,
                    hash,
                    local_hash,
                    count: 0,
                    period: None,
                    max_steps: cost.steps(),
                    is_internal: cost.is_internal(),
                    example: node,
                    farthest: node,
                    depth,
                });
                fresh
            }
        };
        self.by_step.insert((parent, edge, class), route);
        route
    }

    /// The route among the last few that has this edge and class.
    fn turn(
        &mut self,
        parent: RouteIndex,
        edge: Key,
        class: Key,
        node: NodeOrdinal,
    ) -> Option<RouteIndex> {
        let mut at = parent;
        // The edge by which the way went on from `at`.
        let mut went_on = edge;
        for period in 1..=MAX_PERIOD {
            if at == ROOT {
                return None;
            }
            let (above, is_same) = {
                let route = self.routes.get(at);
                (route.parent, route.edge == edge && route.class == class)
            };
            if is_same && self.can_go_on(node, class, went_on) {
                let route = &mut self.routes.routes[at.index()];
                route.period = route.period.or(Some(period as u8));
                return Some(at);
            }
            went_on = self.routes.get(at).edge;
            at = above;
        }
        None
    }

    /// Whether a way could go on from the node by this edge. All plain objects
    /// are of one class, so it takes more than the class to tell a list, whose
    /// links all have `.next`, from the rows in the values of a Map.
    fn can_go_on(&self, node: NodeOrdinal, class: Key, went_on: Key) -> bool {
        let keys = &self.routes.keys;
        if keys.text(class) != "Object" {
            return true;
        }
        if went_on == ANY {
            let is_element = |edge: Edge| edge.edge_type == EdgeType::Element;
            return self.dictionaries.has(node.0) || self.snapshot.edges(node).any(is_element);
        }
        let Some(name) = keys.text(went_on).strip_prefix('.') else {
            return true;
        };
        self.snapshot.edges(node).any(|edge| {
            edge.edge_type == EdgeType::Property
                && generalised(&self.snapshot.strings().get(StringIndex(edge.name_or_index)))
                    == name
        })
    }

    /// Rank of an edge among those at one cost: names say more than numbers,
    /// and the hash makes the choice the same whatever the order of the file.
    fn rank(&mut self, words: &mut Words<'_>, step: Step) -> (u8, u64, u64) {
        let key = self.edge_key(words, step);
        let kind = match self.snapshot.edge(step.edge).edge_type {
            EdgeType::Property => 0,
            EdgeType::Context => 1,
            EdgeType::Element => 2,
            _ => 3,
        };
        let parent = self.routes.get(self.routes.of_node(step.from));
        let hash = self.routes.keys.hash(key);
        (kind, mix(parent.local_hash, hash), mix(parent.hash, hash))
    }
}

/// One number of two, the order counting.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    // FxHash's step: enough to tell routes apart, the texts being hashed well.
    (a.rotate_left(5) ^ b).wrapping_mul(0x517c_c1b7_2722_0a95)
}

impl Visitor for Builder<'_> {
    fn settle(&mut self, words: &mut Words<'_>, node: NodeOrdinal, step: Step, cost: Cost) {
        let from = step.from;
        let parent = self.routes.of_node(from);
        let holder = if self.routes.storage.has(from.0) {
            self.routes.holder(from)
        } else {
            from
        };
        self.routes.holder[node.index()] = holder.0;
        if from != self.snapshot.root() && words.is_part(from, node) {
            self.routes.storage.add(node.0);
            self.routes.of_node[node.index()] = parent.0;
            match words.contents(&self.snapshot.edge(step.edge)) {
                Contents::Entries => {}
                Contents::Locals => self.locals.add(node.0),
                Contents::BoundArguments => self.bound_arguments.add(node.0),
            }
            return;
        }
        let range = self.snapshot.edge_range(node.index());
        if range.len() > MIN_DICTIONARY
            && self.snapshot.node_type(node) == NodeType::Object
            && from != self.snapshot.root()
            && self.is_dictionary(node)
        {
            self.dictionaries.add(node.0);
        }
        let edge = self.edge_key(words, step);
        if Keys::is_one_of_many(edge) {
            self.routes.held[holder.index()] += 1;
        }
        let index = self.route(words, parent, edge, node, cost);
        self.routes.of_node[node.index()] = index.0;
        let route = &mut self.routes.routes[index.index()];
        route.count += 1;
        if cost.steps() > route.max_steps {
            route.max_steps = cost.steps();
            route.farthest = node;
        }
    }

    fn prefers(&mut self, words: &mut Words<'_>, _node: NodeOrdinal, new: Step, old: Step) -> bool {
        self.rank(words, new) < self.rank(words, old)
    }
}

impl Builder<'_> {
    fn is_dictionary(&self, node: NodeOrdinal) -> bool {
        let properties = self.snapshot.edges(node);
        let properties = properties.filter(|edge| edge.edge_type == EdgeType::Property);
        properties.count() > MIN_DICTIONARY
    }
}
