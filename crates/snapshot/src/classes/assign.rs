//! The class of every node. What JavaScript made counts by constructor and
//! where that stands in its source; plain objects by the properties they share
//! (see `interfaces`); everything else by what it is.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::super::analysis::Analysis;
use super::super::columns::Snapshot;
use super::super::graph::{Detachedness, KnownNames};
use super::super::types::{Location, NodeOrdinal, NodeType, StringIndex};
use super::column::ClassColumn;
use super::interfaces::{InterfaceDefinitions, Matcher};
use super::shapes::{Shapes, is_plain_object};

/// Place of a class in [`Classes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassIndex(pub u32);

impl ClassIndex {
    /// As an index into a column.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Class {
    /// The constructor, `{a, b}` for plain objects that share properties, or
    /// words in parentheses for what has no constructor.
    pub name: String,
    /// Where the constructor stands. Classes of one name from different places
    /// are different.
    pub location: Option<Location>,
}

impl Class {
    /// The key DevTools has for it, the same in every snapshot of a process:
    /// `scriptId,line,column,name`, or `,name` without a location.
    pub fn key(&self) -> String {
        match self.location {
            Some(at) => format!("{},{},{},{}", at.script_id, at.line, at.column, self.name),
            None => format!(",{}", self.name),
        }
    }
}

/// The class of each node.
#[derive(Clone, Debug)]
pub struct Classes {
    of_node: ClassColumn,
    classes: Vec<Class>,
}

impl Classes {
    /// Classes with the interfaces of another snapshot, which makes the two
    /// comparable. [`Analysis::classes`] has those of a snapshot by itself.
    pub fn with_interfaces(
        snapshot: &Snapshot,
        analysis: &Analysis,
        interfaces: &InterfaceDefinitions,
    ) -> Self {
        let names = &analysis.names;
        let shapes = Shapes::of(snapshot, names);
        Self::assign(snapshot, names, &analysis.detachedness, &shapes, interfaces)
    }

    pub(crate) fn assign(
        snapshot: &Snapshot,
        names: &KnownNames,
        detachedness: &Detachedness,
        shapes: &Shapes,
        interfaces: &InterfaceDefinitions,
    ) -> Self {
        let exact = Exact {
            names,
            detachedness,
            matcher: Matcher::new(snapshot, shapes, interfaces),
            plain_objects: 0,
        };
        Assignment::new(snapshot, Some(exact)).run()
    }

    /// Classes of a snapshot without edges: plain objects are all `Object`, and
    /// nothing is known to be detached beyond what its name says.
    pub fn without_edges(snapshot: &Snapshot) -> Self {
        Assignment::new(snapshot, None).run()
    }

    /// The class of a node.
    #[inline]
    pub fn of_node(&self, node: NodeOrdinal) -> ClassIndex {
        ClassIndex(self.of_node.get(node.index()))
    }

    /// What a class is.
    pub fn class(&self, index: ClassIndex) -> &Class {
        &self.classes[index.index()]
    }

    /// Every class, in the order in which it is first met.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ClassIndex, &Class)> {
        let classes = self.classes.iter().enumerate();
        classes.map(|(index, class)| (ClassIndex(index as u32), class))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.classes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }
}

/// The name given to nodes of a type, where the type alone decides.
fn name_of_type(kind: NodeType, type_name: &str) -> Option<Cow<'static, str>> {
    Some(match kind {
        NodeType::Object | NodeType::Native => return None,
        NodeType::Hidden => "(system)".into(),
        NodeType::Code => "(compiled code)".into(),
        NodeType::Closure => "Function".into(),
        NodeType::RegExp => "RegExp".into(),
        _ => format!("({type_name})").into(),
    })
}

/// `<div>` of `<div id="a">`, also behind `Detached `; other names as they are.
fn without_attributes(name: &str) -> Cow<'_, str> {
    let tag_at = match name {
        _ if name.starts_with('<') => 0,
        _ if name.starts_with("Detached <") => "Detached <".len(),
        _ => return Cow::Borrowed(name),
    };
    match name[tag_at..].find(' ') {
        Some(space) => format!("{}>", &name[..tag_at + space]).into(),
        None => Cow::Borrowed(name),
    }
}

/// No class yet.
const NONE: u32 = u32::MAX;

/// What is known when edges are.
struct Exact<'a> {
    names: &'a KnownNames,
    detachedness: &'a Detachedness,
    matcher: Matcher<'a>,
    /// How many have been met.
    plain_objects: usize,
}

struct Assignment<'a> {
    snapshot: &'a Snapshot,
    exact: Option<Exact<'a>>,
    classes: Vec<Class>,
    by_class: FxHashMap<Class, u32>,
    /// Class of each name string, for nodes that go by their name.
    by_name: Vec<u32>,
    /// Class of each of the file's node types, for those that go by it.
    by_type: Vec<u32>,
    by_interface: Vec<u32>,
    by_location: FxHashMap<(u32, u32), u32>,
}

impl<'a> Assignment<'a> {
    fn new(snapshot: &'a Snapshot, exact: Option<Exact<'a>>) -> Self {
        Self {
            snapshot,
            exact,
            classes: Vec::new(),
            by_class: FxHashMap::default(),
            by_name: vec![NONE; snapshot.strings.text_count()],
            by_type: vec![NONE; snapshot.node_types.len()],
            by_interface: Vec::new(),
            by_location: FxHashMap::default(),
        }
    }

    fn run(mut self) -> Classes {
        let snapshot = self.snapshot;
        let mut of_node = ClassColumn::with_capacity(snapshot.node_count());
        for node in 0..snapshot.node_count() as u32 {
            let class = match snapshot.kind(node as usize) {
                NodeType::Object => {
                    let class = self.object(node);
                    match snapshot.locations.place(node) {
                        Some(place) => self.located(class, place),
                        None => class,
                    }
                }
                NodeType::Native => self.named(node),
                _ => self.typed(node),
            };
            of_node.push(class);
        }
        Classes {
            of_node,
            classes: self.classes,
        }
    }

    fn intern(&mut self, name: &str, location: Option<Location>) -> u32 {
        let class = Class {
            name: name.to_owned(),
            location,
        };
        *self.by_class.entry(class.clone()).or_insert_with(|| {
            self.classes.push(class);
            self.classes.len() as u32 - 1
        })
    }

    fn typed(&mut self, node: u32) -> u32 {
        let number = usize::from(self.snapshot.nodes.types[node as usize]);
        if self.by_type[number] != NONE {
            return self.by_type[number];
        }
        let kind = self.snapshot.node_types[number];
        let name = name_of_type(kind, &self.snapshot.node_type_names[number]);
        let class = self.intern(&name.unwrap_or_default(), None);
        self.by_type[number] = class;
        class
    }

    fn named(&mut self, node: u32) -> u32 {
        let name = self.snapshot.nodes.names[node as usize];
        if let Some(exact) = &self.exact
            && exact.detachedness.is_renamed(NodeOrdinal(node))
        {
            let text = format!("Detached {}", self.snapshot.strings.get(StringIndex(name)));
            return self.intern(&without_attributes(&text), None);
        }
        let known = self.by_name[name as usize];
        if known != NONE {
            return known;
        }
        let text = self.snapshot.strings.get(StringIndex(name));
        let class = self.intern(&without_attributes(&text), None);
        self.by_name[name as usize] = class;
        class
    }

    fn object(&mut self, node: u32) -> u32 {
        let Some(exact) = &mut self.exact else {
            return self.named(node);
        };
        if !is_plain_object(self.snapshot, exact.names, node as usize) {
            return self.named(node);
        }
        let place = exact.plain_objects;
        exact.plain_objects += 1;
        let Some(index) = exact.matcher.best(node, place) else {
            return self.named(node);
        };
        let name = exact.matcher.name(index);
        if self.by_interface.len() <= index {
            self.by_interface.resize(index + 1, NONE);
        }
        if self.by_interface[index] == NONE {
            self.by_interface[index] = self.intern(name, None);
        }
        self.by_interface[index]
    }

    /// The class of the same name with the location at a place.
    fn located(&mut self, class: u32, place: u32) -> u32 {
        if let Some(&known) = self.by_location.get(&(class, place)) {
            return known;
        }
        let name = self.classes[class as usize].name.clone();
        let located = self.intern(&name, Some(self.snapshot.locations.at(place)));
        self.by_location.insert((class, place), located);
        located
    }
}
