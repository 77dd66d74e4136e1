//! Names for plain objects. Where many objects of class `Object` begin with the
//! same properties, those are their interface, `{host, port}`; every plain
//! object that has all of its properties belongs to it, the interface with the
//! most properties winning. The rules are Chrome DevTools'.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::columns::{PackedEdge, Snapshot};
use super::super::graph::{Analysis, KnownNames};
use super::super::strings::{utf16_cmp, utf16_len};
use super::super::types::{EdgeType, NodeType, StringIndex};

/// Length in UTF-16 units beyond which a name takes no more properties.
const MAX_NAME_LENGTH: usize = 120;
/// An interface of one object says nothing.
const MIN_OBJECTS: usize = 2;
/// One in so many plain objects must have it: fewer would be a long tail.
const MIN_SHARE: f64 = 1000.0;

/// Properties that plain objects share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceDefinition {
    /// As shown: `{a, b}`.
    pub name: String,
    /// The properties, in the order most objects have them.
    pub properties: Vec<String>,
}

/// Interfaces, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterfaceDefinitions {
    /// The earlier one wins where two have as many properties.
    pub definitions: Vec<InterfaceDefinition>,
}

impl InterfaceDefinitions {
    /// The interfaces that are frequent enough in a snapshot.
    pub fn infer(snapshot: &Snapshot, analysis: &Analysis) -> Self {
        let mut candidates = Candidates::new(snapshot, &analysis.names);
        let mut objects = 0usize;
        for node in 0..snapshot.node_count() {
            if is_plain_object(snapshot, &analysis.names, node) {
                objects += 1;
                candidates.add(node);
            }
        }
        let min_count = (objects as f64 / MIN_SHARE).max(MIN_OBJECTS as f64);
        let definitions = candidates.by_count().into_iter();
        let definitions = definitions
            .take_while(|&(_, count)| count as f64 >= min_count)
            .map(|(definition, _)| definition);
        Self {
            definitions: definitions.collect(),
        }
    }
}

fn is_plain_object(snapshot: &Snapshot, names: &KnownNames, node: usize) -> bool {
    snapshot.kind(node) == NodeType::Object && names.is_object(snapshot.nodes.names[node])
}

/// The names of the properties of a node, in the order of the file.
fn properties(snapshot: &Snapshot, node: usize) -> impl Iterator<Item = u32> + '_ {
    let range = snapshot.edge_range(node);
    let heads = &snapshot.edges.heads[range.clone()];
    let edges = heads.iter().zip(&snapshot.edges.names[range]);
    edges
        .filter(|&(&head, _)| PackedEdge(head).is(EdgeType::Property))
        .map(|(_, &name)| name)
}

/// A property as it is written in an interface's name. What could be taken for
/// the name's own punctuation is put in quotes.
fn formatted(name: &str) -> Cow<'_, str> {
    if name.contains([',', '\'', '"', '{', '}']) {
        // Never fails: a string is always valid JSON.
        serde_json::to_string(name).unwrap_or_default().into()
    } else {
        name.into()
    }
}

struct Candidates<'a> {
    snapshot: &'a Snapshot,
    names: &'a KnownNames,
    /// Length as written of each name, once known.
    lengths: FxHashMap<u32, usize>,
    counts: FxHashMap<Box<[u32]>, usize>,
    /// In the order met, with how often.
    found: Vec<(Box<[u32]>, usize)>,
    properties: Vec<u32>,
}

impl<'a> Candidates<'a> {
    fn new(snapshot: &'a Snapshot, names: &'a KnownNames) -> Self {
        Self {
            snapshot,
            names,
            lengths: FxHashMap::default(),
            counts: FxHashMap::default(),
            found: Vec::new(),
            properties: Vec::new(),
        }
    }

    /// Counts the properties an object begins with, as many as its name holds.
    fn add(&mut self, node: usize) {
        self.properties.clear();
        let mut length = "{".len();
        for name in properties(self.snapshot, node) {
            if self.names.is_proto(name) {
                continue;
            }
            let strings = &self.snapshot.strings;
            let added = *self
                .lengths
                .entry(name)
                .or_insert_with(|| utf16_len(&formatted(&strings.get(StringIndex(name)))));
            if length > "{".len() && length + added > MAX_NAME_LENGTH {
                break;
            }
            if length != "{".len() {
                length += ", ".len();
            }
            length += added;
            self.properties.push(name);
        }
        if self.properties.is_empty() {
            return;
        }
        if let Some(&at) = self.counts.get(self.properties.as_slice()) {
            self.found[at].1 += 1;
            return;
        }
        let list: Box<[u32]> = self.properties.as_slice().into();
        self.counts.insert(list.clone(), self.found.len());
        self.found.push((list, 1));
    }

    /// The most frequent first, then the first met. Lists that are written the
    /// same count as one.
    fn by_count(self) -> Vec<(InterfaceDefinition, usize)> {
        let strings = &self.snapshot.strings;
        let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
        let mut merged: Vec<(InterfaceDefinition, usize)> = Vec::new();
        for (list, count) in self.found {
            let names = list
                .iter()
                .map(|&name| strings.get(StringIndex(name)).into_owned());
            let properties: Vec<String> = names.collect();
            let written: Vec<_> = properties.iter().map(|name| formatted(name)).collect();
            let name = format!("{{{}}}", written.join(", "));
            if let Some(&at) = by_name.get(&name) {
                merged[at].1 += count;
                continue;
            }
            by_name.insert(name.clone(), merged.len());
            merged.push((InterfaceDefinition { name, properties }, count));
        }
        merged.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        merged
    }
}

/// Which interface a plain object belongs to.
pub(super) struct Interface<'a> {
    pub index: usize,
    pub name: &'a str,
}

/// A place in the tree of interfaces, reached by properties in their order.
#[derive(Default)]
struct Place {
    next: FxHashMap<u32, usize>,
    /// Number of properties, and which interface ends here.
    ends: Option<(usize, usize)>,
}

/// Finds the interface of plain objects of one snapshot.
pub(super) struct Matcher<'a> {
    snapshot: &'a Snapshot,
    definitions: &'a [InterfaceDefinition],
    /// Rank, in JavaScript's order, of each property an interface has.
    ranks: FxHashMap<&'a str, u32>,
    /// The same by string index, once known.
    rank_of_name: FxHashMap<u32, Option<u32>>,
    places: Vec<Place>,
    /// What was found for properties, by their ranks in order.
    known: FxHashMap<Box<[u32]>, Option<usize>>,
    object: Vec<u32>,
}

impl<'a> Matcher<'a> {
    pub fn new(
        snapshot: &'a Snapshot,
        _names: &KnownNames,
        interfaces: &'a InterfaceDefinitions,
    ) -> Self {
        let definitions = interfaces.definitions.as_slice();
        let properties = definitions.iter().flat_map(|one| &one.properties);
        let mut sorted: Vec<&str> = properties.map(String::as_str).collect();
        sorted.sort_unstable_by(|a, b| utf16_cmp(a, b));
        sorted.dedup();
        let ranks = (0..).zip(sorted).map(|(rank, name)| (name, rank));
        let mut matcher = Self {
            snapshot,
            definitions,
            ranks: ranks.collect(),
            rank_of_name: FxHashMap::default(),
            places: vec![Place::default()],
            known: FxHashMap::default(),
            object: Vec::new(),
        };
        for index in 0..definitions.len() {
            matcher.plant(index);
        }
        matcher
    }

    fn plant(&mut self, index: usize) {
        let properties = self.definitions[index].properties.iter();
        let ranks = properties.filter_map(|name| self.ranks.get(name.as_str()).copied());
        let mut ranks: Vec<u32> = ranks.collect();
        ranks.sort_unstable();
        let mut at = 0;
        for &rank in &ranks {
            let fresh = self.places.len();
            at = *self.places[at].next.entry(rank).or_insert(fresh);
            if at == fresh {
                self.places.push(Place::default());
            }
        }
        let ends = &mut self.places[at].ends;
        *ends = ends.or(Some((ranks.len(), index)));
    }

    /// The interface of a plain object, if it has all properties of any.
    pub fn best(&mut self, node: u32) -> Option<Interface<'a>> {
        self.object.clear();
        for name in properties(self.snapshot, node as usize) {
            let rank = *self.rank_of_name.entry(name).or_insert_with(|| {
                let text = self.snapshot.strings.get(StringIndex(name));
                self.ranks.get(text.as_ref()).copied()
            });
            self.object.extend(rank);
        }
        self.object.sort_unstable();
        let found = match self.known.get(self.object.as_slice()) {
            Some(&found) => found,
            None => {
                let found = self.search();
                self.known.insert(self.object.as_slice().into(), found);
                found
            }
        };
        found.map(|index| Interface {
            index,
            name: &self.definitions[index].name,
        })
    }

    /// Walks all ways through the tree that leave out some of the properties.
    fn search(&self) -> Option<usize> {
        let mut at = vec![0usize];
        let mut is_at = vec![false; self.places.len()];
        is_at[0] = true;
        let mut best = self.places[0].ends;
        for rank in &self.object {
            for from in 0..at.len() {
                let Some(&next) = self.places[at[from]].next.get(rank) else {
                    continue;
                };
                if !std::mem::replace(&mut is_at[next], true) {
                    at.push(next);
                }
                best = match (best, self.places[next].ends) {
                    (Some(a), Some(b)) if b.0 > a.0 || b.0 == a.0 && b.1 < a.1 => Some(b),
                    (None, ends) => ends,
                    (best, _) => best,
                };
            }
        }
        best.map(|(_, index)| index)
    }
}
