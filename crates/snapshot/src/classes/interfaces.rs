//! Names for plain objects. Where many objects of class `Object` begin with the
//! same properties, those are their interface, `{host, port}`; every plain
//! object that has all of its properties belongs to it, the interface with the
//! most properties winning. The rules are Chrome DevTools'.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::columns::Snapshot;
use super::super::strings::utf16_cmp;
use super::super::types::StringIndex;
use super::shapes::{Shapes, properties};
use memwatch_order::{sort_by, sort_by_key};

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
    /// The interfaces that are frequent enough among these shapes.
    pub(crate) fn of(snapshot: &Snapshot, shapes: &Shapes) -> Self {
        let objects = shapes.of_objects.len();
        let min_count = (objects as f64 / MIN_SHARE).max(MIN_OBJECTS as f64);
        let definitions = by_count(snapshot, shapes).into_iter();
        let definitions = definitions
            .take_while(|&(_, count)| count as f64 >= min_count)
            .map(|(definition, _)| definition);
        Self {
            definitions: definitions.collect(),
        }
    }
}

/// The most frequent first, then the first met. Shapes whose names are written
/// the same count as one.
fn by_count(snapshot: &Snapshot, shapes: &Shapes) -> Vec<(InterfaceDefinition, usize)> {
    let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
    let mut merged: Vec<(InterfaceDefinition, usize)> = Vec::new();
    for shape in &shapes.shapes {
        let names = shape.properties().iter();
        let names = names.map(|&name| snapshot.strings.get(StringIndex(name)).into_owned());
        let properties: Vec<String> = names.collect();
        if properties.is_empty() {
            // An object without properties would have every interface's.
            continue;
        }
        let name = name_of(&properties);
        if let Some(&at) = by_name.get(&name) {
            merged[at].1 += shape.count;
            continue;
        }
        by_name.insert(name.clone(), merged.len());
        merged.push((InterfaceDefinition { name, properties }, shape.count));
    }
    sort_by_key(&mut merged, |&(_, count)| std::cmp::Reverse(count));
    merged
}

/// The name of an interface. A property whose name is empty, standing first,
/// leaves no trace in it, not even a comma, as in DevTools.
fn name_of(properties: &[String]) -> String {
    let mut name = String::from("{");
    for property in properties {
        if name != "{" {
            name.push_str(", ");
        }
        name.push_str(&formatted(property));
    }
    name.push('}');
    name
}

/// A property as it is written in an interface's name. What could be taken for
/// the name's own punctuation is put in quotes.
pub(super) fn formatted(name: &str) -> Cow<'_, str> {
    if name.contains([',', '\'', '"', '{', '}']) {
        // Never fails: a string is always valid JSON.
        serde_json::to_string(name).unwrap_or_default().into()
    } else {
        name.into()
    }
}

/// A place in the tree of interfaces, reached by properties in their order.
#[derive(Default)]
struct Place {
    next: FxHashMap<u32, usize>,
    /// Number of properties, and which interface ends here.
    ends: Option<(usize, usize)>,
}

/// The interface found, if there is one.
type Found = Option<usize>;

/// Finds the interface of plain objects of one snapshot.
pub(super) struct Matcher<'a> {
    snapshot: &'a Snapshot,
    definitions: &'a [InterfaceDefinition],
    /// Rank, in JavaScript's order, of each property an interface has.
    ranks: FxHashMap<&'a str, u32>,
    /// The same by string index, once known.
    rank_of_name: FxHashMap<u32, Option<u32>>,
    places: Vec<Place>,
    shapes: &'a Shapes,
    /// What was found for each shape, once known.
    of_shape: Vec<Option<Found>>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        shapes: &'a Shapes,
        interfaces: &'a InterfaceDefinitions,
    ) -> Self {
        let definitions = interfaces.definitions.as_slice();
        let properties = definitions.iter().flat_map(|one| &one.properties);
        let mut sorted: Vec<&str> = properties.map(String::as_str).collect();
        sort_by(&mut sorted, |a, b| utf16_cmp(a, b));
        sorted.dedup();
        let ranks = (0..).zip(sorted).map(|(rank, name)| (name, rank));
        let mut matcher = Self {
            snapshot,
            definitions,
            ranks: ranks.collect(),
            rank_of_name: FxHashMap::default(),
            places: vec![Place::default()],
            shapes,
            of_shape: vec![None; shapes.shapes.len()],
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

    /// The interface, if any, of a plain object: its node, and its place among
    /// the plain objects.
    pub(super) fn best(&mut self, node: u32, place: usize) -> Found {
        let shape = self.shapes.of_objects[place] as usize;
        if let Some(found) = self.of_shape[shape] {
            return found;
        }
        let shapes = self.shapes;
        let shape_of_object = &shapes.shapes[shape];
        if shape_of_object.is_whole() {
            let found = self.search(shape_of_object.properties().iter().copied());
            self.of_shape[shape] = Some(found);
            return found;
        }
        // Objects of this shape differ in what it leaves out.
        self.search(properties(self.snapshot, node as usize))
    }

    /// The name of an interface.
    pub(super) fn name(&self, index: usize) -> &'a str {
        &self.definitions[index].name
    }

    fn search(&mut self, names: impl Iterator<Item = u32>) -> Found {
        let mut ranks = Vec::new();
        for name in names {
            let rank = *self.rank_of_name.entry(name).or_insert_with(|| {
                let text = self.snapshot.strings.get(StringIndex(name));
                self.ranks.get(text.as_ref()).copied()
            });
            ranks.extend(rank);
        }
        ranks.sort_unstable();
        self.search_ranks(&ranks)
    }

    /// Walks all ways through the tree that leave out some of the properties.
    fn search_ranks(&self, ranks: &[u32]) -> Found {
        let mut at = vec![0usize];
        let mut is_at = vec![false; self.places.len()];
        is_at[0] = true;
        let mut best = self.places[0].ends;
        for rank in ranks {
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
