//! A way from a root, as a JavaScript programmer would write the access:
//! `globalThis.__app.registry.listeners → Map → Array[x]`. Storage disappears
//! into its owner, variables read `context.name`, functions `name()`, and turns
//! that repeat are folded with their count. Decides on words only; which way to
//! tell is the tree's matter.

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeId, NodeOrdinal, NodeType, StringIndex};
use super::fold::{Folded, fold};
use super::sources::{Place, module_file, place_of};
use super::tree::{PathTree, Step};
use super::words::Words;

/// Names longer than this many characters are cut: a class or a property named
/// by data would push the rest off the screen.
const MAX_NAME: usize = 60;
/// Properties by which a plain object is described, and the length in characters
/// beyond which no more are added.
const MAX_PROPERTIES: usize = 4;
const MAX_DESCRIPTION: usize = 48;

/// Parts told of a way that is long without repeating itself, and how many of
/// these are the last ones. What is between can be walked with `inspect`.
const MAX_PARTS: usize = 80;
const MAX_LAST_PARTS: usize = 20;

/// A way, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPath {
    /// Each with the object it leads to.
    pub parts: Vec<AccessPart>,
}

/// One part of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPart {
    /// As written: `.name`, `[x]`, `context.name`, `name()`, `Map`.
    pub text: String,
    /// Whether an arrow stands before it; otherwise it follows directly.
    pub arrow: bool,
    /// The object it leads to; of a folded part, in its first turn.
    pub node: NodeOrdinal,
    /// Its id.
    pub id: NodeId,
    /// Where its function or constructor stands.
    pub place: Option<Place>,
    /// The turn it belongs to, if the way repeats itself here.
    pub turn: Option<Turn>,
}

/// A part of a way that repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Place of the part in the turn, from 0.
    pub at: usize,
    /// Parts of one turn.
    pub length: usize,
    /// How many times it is taken.
    pub times: usize,
}

/// How one object refers to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Property(u32),
    Variable(u32),
    Element,
    Entry,
    WeakEntry,
    Reaction,
    Internal,
}

/// An object on the way and how the one before refers to it.
#[derive(Clone, Copy, Debug)]
struct Hop {
    access: Access,
    node: NodeOrdinal,
}

/// Writes ways of one snapshot.
pub(super) struct Writer<'a, 'w> {
    pub snapshot: &'a Snapshot,
    pub words: &'w mut Words<'a>,
}

/// What is written of the last object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// How it is reached, and what it is.
    Object,
    /// How it is reached, as one of many: what is there has its own name where
    /// this is shown.
    Slot,
    /// It is a link of a chain: where a turn ends.
    Chain,
}

impl Writer<'_, '_> {
    /// The way to a node, by the tree.
    pub fn path(&mut self, tree: &PathTree, node: NodeOrdinal, end: End) -> AccessPath {
        let way = tree.way(self.snapshot, node);
        self.write(&way, end)
    }

    /// A way, given by its steps from the root.
    pub fn write(&mut self, way: &[Step], end: End) -> AccessPath {
        let mut hops = self.hops(way);
        let start = self.start(&hops);
        hops.drain(..start);
        let mut parts = Parts::default();
        for at in 0..hops.len() {
            let before = at.checked_sub(1).map(|before| hops[before]);
            let next = hops.get(at + 1).copied();
            let is_slot = end == End::Slot && next.is_none() && before.is_some();
            self.part(&mut parts, before, hops[at], next, is_slot);
        }
        self.finish(parts, end)
    }

    /// The way to a timer, and what it calls.
    pub fn path_of_timer(&mut self, tree: &PathTree, timer: NodeOrdinal) -> AccessPath {
        let mut way = tree.way(self.snapshot, timer);
        let callback = self.snapshot.edges(timer).find(|edge| {
            let strings = self.snapshot.strings();
            edge.edge_type == EdgeType::Property
                && is_timer_callback(&strings.get(StringIndex(edge.name_or_index)))
        });
        way.extend(callback.map(|edge| Step {
            from: timer,
            edge: edge.ordinal,
        }));
        self.write(&way, End::Object)
    }

    /// The objects on the way, storage left out.
    fn hops(&mut self, way: &[Step]) -> Vec<Hop> {
        let mut hops: Vec<Hop> = Vec::with_capacity(way.len());
        for step in way {
            let edge = self.snapshot.edge(step.edge);
            if step.from != self.snapshot.root() && self.words.is_storage(edge.to) {
                continue;
            }
            let access = match edge.edge_type {
                EdgeType::Property => Access::Property(edge.name_or_index),
                EdgeType::Context => Access::Variable(edge.name_or_index),
                _ if self.snapshot.node_type(step.from) == NodeType::Synthetic => Access::Internal,
                EdgeType::Element => Access::Element,
                _ if self.words.is_entry(&edge) => Access::WeakEntry,
                _ if self.words.is_reaction(step.from) => Access::Reaction,
                _ if self.words.is_storage(step.from) => self.stored(&hops),
                _ => Access::Internal,
            };
            hops.push(Hop {
                access,
                node: edge.to,
            });
        }
        hops
    }

    /// What a numbered edge from storage means, by whose storage it is.
    fn stored(&self, hops: &[Hop]) -> Access {
        match hops.last() {
            Some(owner) if !self.is_collection(owner.node) => Access::Element,
            _ => Access::Entry,
        }
    }

    fn is_collection(&self, node: NodeOrdinal) -> bool {
        matches!(
            self.class(node).as_str(),
            "Map" | "Set" | "WeakMap" | "WeakSet"
        ) || self.has_table(node)
    }

    /// Whether it is a Map or a Set of whatever class.
    fn has_table(&self, node: NodeOrdinal) -> bool {
        self.snapshot.edges(node).any(|edge| {
            edge.edge_type == EdgeType::Internal
                && self
                    .snapshot
                    .strings()
                    .is(StringIndex(edge.name_or_index), "table")
        })
    }

    /// Where the telling starts: at the last object that needs no telling.
    fn start(&self, hops: &[Hop]) -> usize {
        (0..hops.len())
            .rev()
            .find(|&at| self.is_start(hops, at))
            .unwrap_or(0)
    }

    fn is_start(&self, hops: &[Hop], at: usize) -> bool {
        let node = hops[at].node;
        if self.snapshot.node_type(node) != NodeType::Object {
            return self.snapshot.node_type(node) == NodeType::Synthetic;
        }
        let name = self.snapshot.name(node);
        match name.as_ref() {
            "Module" => module_file(self.snapshot, node).is_some(),
            "process" => true,
            // Node's lists of timers lead to the first of each list.
            "Timeout" | "Immediate" => at > 0 && self.is_timer_list(hops[at - 1].node),
            "Server" => at > 0 && hops[at].access == Access::Internal,
            name => self.is_global(name),
        }
    }

    fn is_global(&self, name: &str) -> bool {
        name == "global" || name == "global (global*)" || name == "global (global)"
    }

    fn is_timer_list(&self, node: NodeOrdinal) -> bool {
        matches!(
            self.snapshot.name(node).as_ref(),
            "TimersList" | "ImmediateList"
        )
    }

    fn start_text(&self, node: NodeOrdinal) -> String {
        let name = self.snapshot.name(node);
        match name.as_ref() {
            "Module" => match module_file(self.snapshot, node) {
                Some(file) => format!("require.cache['{file}']"),
                None => name.into_owned(),
            },
            "(Stack roots)" | "(Handle scope)" => "(local variable)".to_owned(),
            "(Global handles)" | "(Traced handles)" | "(Eternal handles)" => {
                "(native handle)".to_owned()
            }
            text if self.is_global(text) => "globalThis".to_owned(),
            _ => self.class(node),
        }
    }

    fn part(
        &mut self,
        parts: &mut Parts,
        before: Option<Hop>,
        hop: Hop,
        next: Option<Hop>,
        is_slot: bool,
    ) {
        let node = hop.node;
        let Some(before) = before else {
            parts.arrow(self.start_text(node), node);
            return;
        };
        let is_function = self.snapshot.node_type(node) == NodeType::Closure;
        match hop.access {
            Access::Property(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                if is_slot {
                    parts.direct("[x]".to_owned(), node);
                } else if name == "_idleNext" {
                    // Node's lists of timers.
                    parts.arrow(self.class(node), node);
                } else if is_function {
                    let is_static =
                        matches!(next, Some(next) if matches!(next.access, Access::Property(_)));
                    self.called(parts, before, node, &name, is_static);
                } else {
                    parts.direct(member(&name), node);
                }
            }
            Access::Variable(name) => {
                let name = self.snapshot.strings().get(StringIndex(name));
                parts.arrow(format!("context.{}", cut(&name)), node);
            }
            Access::Element => parts.direct("[x]".to_owned(), node),
            Access::Entry => {
                if !parts.names_class {
                    parts.arrow(self.class(before.node), before.node);
                }
                if !is_slot {
                    parts.class(self.token(node), node);
                }
            }
            Access::WeakEntry => {
                parts.arrow("WeakMap".to_owned(), before.node);
                if !is_slot {
                    parts.class(self.token(node), node);
                }
            }
            Access::Reaction => {
                parts.arrow("promise reaction".to_owned(), before.node);
                if !is_slot {
                    parts.class(self.token(node), node);
                }
            }
            Access::Internal => {
                if !is_slot {
                    parts.class(self.token(node), node);
                }
            }
        }
    }

    /// A function that is a property.
    fn called(
        &self,
        parts: &mut Parts,
        before: Hop,
        node: NodeOrdinal,
        property: &str,
        is_static: bool,
    ) {
        let own = self.function(node, property);
        let call = if is_static { "" } else { "()" };
        if is_timer_callback(property) {
            parts.arrow(format!("{own}{call}"), node);
        } else if own != property {
            parts.direct(member(property), node);
            parts.arrow(format!("{own}{call}"), node);
        } else if matches!(before.access, Access::Variable(_)) || parts.names_class {
            // What a variable is says more than how it is called.
            if !parts.names_class {
                parts.arrow(self.class(before.node), before.node);
            }
            parts.arrow(format!("{own}{call}"), node);
        } else {
            parts.direct(format!("{}{call}", member(property)), node);
        }
    }

    /// What the object is, in one word.
    fn token(&self, node: NodeOrdinal) -> String {
        match self.snapshot.node_type(node) {
            NodeType::Closure => format!("{}()", self.function(node, "")),
            _ => self.class(node),
        }
    }

    fn function(&self, node: NodeOrdinal, property: &str) -> String {
        let own = self.snapshot.name(node);
        let name = if own.is_empty() {
            property
        } else {
            own.as_ref()
        };
        if name.is_empty() {
            "(anonymous)".to_owned()
        } else {
            cut(name)
        }
    }

    /// The class of an object for people: of a plain one, its properties.
    pub fn class(&self, node: NodeOrdinal) -> String {
        let kind = self.snapshot.node_type(node);
        match kind {
            NodeType::Object => {
                let name = self.snapshot.name(node);
                match name.as_ref() {
                    "Object" => self
                        .description(node)
                        .unwrap_or_else(|| "Object".to_owned()),
                    name => cut(name),
                }
            }
            NodeType::Closure => format!("{}()", self.function(node, "")),
            NodeType::ConsString | NodeType::SlicedString | NodeType::String => "string".to_owned(),
            NodeType::Native | NodeType::Synthetic | NodeType::Hidden => {
                cut(&self.snapshot.name(node))
            }
            NodeType::RegExp => "RegExp".to_owned(),
            _ => self.snapshot.node_type_name(node).to_owned(),
        }
    }

    /// `{template, send}`: the first properties of a plain object.
    fn description(&self, node: NodeOrdinal) -> Option<String> {
        let mut text = String::from("{");
        let mut count = 0;
        let edges = self.snapshot.edges(node);
        for edge in edges.filter(|edge| edge.edge_type == EdgeType::Property) {
            let name = self.snapshot.strings().get(StringIndex(edge.name_or_index));
            if name == "__proto__" {
                continue;
            }
            if count == MAX_PROPERTIES
                || text.chars().count() + name.chars().count() > MAX_DESCRIPTION
            {
                text.push_str(if count == 0 { "…" } else { ", …" });
                break;
            }
            if count > 0 {
                text.push_str(", ");
            }
            text.push_str(&name);
            count += 1;
        }
        text.push('}');
        (count > 0).then_some(text)
    }

    fn finish(&self, parts: Parts, end: End) -> AccessPath {
        let Parts {
            list, nodes, texts, ..
        } = parts;
        let mut out = Vec::new();
        let mut folded = fold(&list);
        if end == End::Chain && is_part_of_turn(&list, &folded) {
            folded.pop();
        }
        for Folded {
            start,
            length,
            times,
        } in folded
        {
            for at in start..start + length {
                let (index, arrow) = list[at];
                // `.handler → handle()` is one function.
                let is_told_last = nodes.get(at + 1) != Some(&nodes[at]);
                out.push(AccessPart {
                    text: texts[index as usize].clone(),
                    arrow,
                    node: nodes[at],
                    id: self.snapshot.id(nodes[at]),
                    place: is_told_last
                        .then(|| place_of(self.snapshot, nodes[at]))
                        .flatten(),
                    turn: (times > 1).then_some(Turn {
                        at: at - start,
                        length,
                        times,
                    }),
                });
            }
        }
        if out.len() > MAX_PARTS {
            let left_out = out.len() - MAX_PARTS;
            let from = MAX_PARTS - MAX_LAST_PARTS;
            let gap = AccessPart {
                text: format!("… ({left_out} more) …"),
                arrow: true,
                turn: None,
                place: None,
                ..out[from].clone()
            };
            out.splice(from..from + left_out, [gap]);
            // A turn that is cut is none.
            for part in &mut out {
                part.turn = part.turn.filter(|turn| turn.length == 1);
            }
        }
        AccessPath { parts: out }
    }
}

/// Whether the last run is the start of one more turn of the run before.
fn is_part_of_turn<T: PartialEq>(sequence: &[T], runs: &[Folded]) -> bool {
    let [.., turns, last] = runs else {
        return false;
    };
    let start = &sequence[turns.start..turns.start + turns.length];
    last.times == 1 && start.starts_with(&sequence[last.start..last.start + last.length])
}

/// The properties by which Node's own objects refer to what they call.
fn is_timer_callback(name: &str) -> bool {
    matches!(name, "_onTimeout" | "_onImmediate")
}

fn cut(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(MAX_NAME - 1).collect();
    short.push('…');
    short
}

/// `.name`, or `['two words']`.
fn member(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars
        .next()
        .is_some_and(|c| c.is_alphabetic() || "_$#".contains(c));
    if starts && chars.all(|c| c.is_alphanumeric() || "_$".contains(c)) {
        return format!(".{}", cut(name));
    }
    if name == "<symbol node:module_export>" {
        return ".exports".to_owned();
    }
    if let Some(symbol) = name
        .strip_prefix("<symbol ")
        .and_then(|rest| rest.strip_suffix('>'))
    {
        return format!("[{}]", cut(symbol));
    }
    format!("['{}']", cut(name))
}

/// The parts so far. Texts are numbered: a list of a million links has few.
#[derive(Default)]
struct Parts {
    texts: Vec<String>,
    by_text: rustc_hash::FxHashMap<String, u32>,
    /// Text and whether an arrow stands before it.
    list: Vec<(u32, bool)>,
    nodes: Vec<NodeOrdinal>,
    /// Whether the last part names the class of its object already.
    names_class: bool,
}

impl Parts {
    fn push(&mut self, text: String, node: NodeOrdinal, arrow: bool) {
        let fresh = self.texts.len() as u32;
        let index = *self.by_text.entry(text.clone()).or_insert(fresh);
        if index == fresh {
            self.texts.push(text);
        }
        self.list.push((index, arrow));
        self.nodes.push(node);
        self.names_class = false;
    }

    fn arrow(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, true);
    }

    fn class(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, true);
        self.names_class = true;
    }

    fn direct(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, false);
    }
}
