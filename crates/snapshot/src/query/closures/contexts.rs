//! Contexts, and the functions whose closures can read them: those that have a context, and those that have one that
//! lies within it. A generator or an async function that waits goes on with its own text.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::super::columns::Edge;
use super::super::super::graph::Bits;
use super::super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::super::heap::Heap;
use super::super::incoming::incoming;
use super::super::names::Words;
use super::Unknown;
use super::texts::{Functions, Text};

/// Not a context.
const NONE: u32 = u32::MAX;

/// Scopes of a waiting function that no closure has, one within the other; of deeper ones it is not known.
const MOST_WITHIN: usize = 8;

/// The contexts of a snapshot.
pub(super) struct Contexts {
    /// In order.
    nodes: Vec<u32>,
    /// The place of the context around each, or none.
    around: Vec<u32>,
    /// Place of a context, and a function; in order.
    readers: Vec<(u32, u32)>,
    /// Of each whether something else holds it.
    has_other_holder: Vec<bool>,
}

impl Contexts {
    /// All that closures have, those around them, and those within.
    pub(super) fn of(heap: &Heap<'_>, functions: &Functions) -> Self {
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let mut is_context = Bits::new(snapshot.node_count());
        let mut nodes = Vec::new();
        for &closure in functions.closures() {
            let mut next = Words::follow(snapshot, NodeOrdinal(closure), &words.context);
            while let Some(context) = next
                && !words.native_context.is(snapshot.name_index(context).0)
                && is_context.insert(context.0)
            {
                nodes.push(context.0);
                next = Words::follow(snapshot, context, &words.previous);
            }
        }
        add_within(heap, &mut is_context, &mut nodes);
        nodes.sort_unstable();
        let mut contexts = Self {
            around: vec![NONE; nodes.len()],
            readers: Vec::new(),
            has_other_holder: vec![false; nodes.len()],
            nodes,
        };
        let mut arrays: Vec<(u32, u32)> = Vec::new();
        for (from, edge) in incoming(snapshot, |to| is_context.has(to)) {
            let place = contexts.place(edge.to.0);
            match contexts.holder(heap, functions, from, &edge) {
                Holder::Nobody => {}
                Holder::Context(within) => contexts.around[within] = place as u32,
                Holder::Function(function) => contexts.readers.push((place as u32, function)),
                Holder::Array => arrays.push((from.0, place as u32)),
                Holder::Other => contexts.has_other_holder[place] = true,
            }
        }
        contexts.add_registers(heap, functions, arrays);
        contexts.readers.sort_unstable();
        contexts.readers.dedup();
        contexts
    }

    fn place(&self, node: u32) -> usize {
        self.nodes.partition_point(|&other| other < node)
    }

    fn holder(
        &self,
        heap: &Heap<'_>,
        functions: &Functions,
        from: NodeOrdinal,
        edge: &Edge,
    ) -> Holder {
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let by = |word: &super::super::names::Word| {
            edge.edge_type == EdgeType::Internal && word.is(edge.name_or_index)
        };
        match snapshot.node_type(from) {
            _ if edge.edge_type == EdgeType::Weak => Holder::Nobody,
            NodeType::Closure if by(&words.context) => functions
                .of_closure(from)
                .map_or(Holder::Other, Holder::Function),
            // Compiled code reads what the closures read for which it was compiled.
            NodeType::Code | NodeType::ObjectShape => Holder::Nobody,
            NodeType::Array => Holder::Array,
            _ if by(&words.previous) => {
                let within = self.place(from.0);
                match self.nodes.get(within) == Some(&from.0) {
                    true => Holder::Context(within),
                    false => Holder::Other,
                }
            }
            NodeType::Object if by(&words.context) => {
                let function = Words::follow(snapshot, from, &words.function);
                let function = function.and_then(|closure| functions.of_closure(closure));
                function.map_or(Holder::Other, Holder::Function)
            }
            _ => Holder::Other,
        }
    }

    /// Arrays that are what a waiting function has in its registers; of others it is not known who reads them.
    fn add_registers(&mut self, heap: &Heap<'_>, functions: &Functions, arrays: Vec<(u32, u32)>) {
        if arrays.is_empty() {
            return;
        }
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let mut is_array = Bits::new(snapshot.node_count());
        arrays.iter().for_each(|&(array, _)| is_array.add(array));
        let mut functions_of: FxHashMap<u32, Option<u32>> = FxHashMap::default();
        for (from, edge) in incoming(snapshot, |to| is_array.has(to)) {
            if edge.edge_type == EdgeType::Weak {
                continue;
            }
            let is_registers =
                edge.edge_type == EdgeType::Internal && words.registers.is(edge.name_or_index);
            let closure = match is_registers {
                true => Words::follow(snapshot, from, &words.function),
                false => None,
            };
            let function = closure.and_then(|closure| functions.of_closure(closure));
            let known = functions_of.entry(edge.to.0).or_insert(function);
            *known = known.filter(|&one| Some(one) == function);
        }
        for (array, place) in arrays {
            match functions_of.get(&array).copied().flatten() {
                Some(function) => self.readers.push((place, function)),
                None => self.has_other_holder[place as usize] = true,
            }
        }
    }

    /// Every context that is in no ring, those within others first, with who can read it.
    pub(super) fn each(
        &self,
        functions: &Functions,
        mut tell: impl FnMut(NodeOrdinal, &Readers<'_>),
    ) {
        let mut within = vec![0u32; self.nodes.len()];
        self.around
            .iter()
            .filter(|&&around| around != NONE)
            .for_each(|&around| within[around as usize] += 1);
        let mut ready: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|&place| within[place as usize] == 0)
            .collect();
        let mut from_within: FxHashMap<u32, Inherited> = FxHashMap::default();
        while let Some(place) = ready.pop() {
            let at = place as usize;
            let first = self.readers.partition_point(|&(other, _)| other < place);
            let count = self.readers[first..]
                .iter()
                .take_while(|&&(other, _)| other == place)
                .count();
            let direct: Vec<u32> = self.readers[first..first + count]
                .iter()
                .map(|&(_, function)| function)
                .collect();
            let mut inherited = from_within.remove(&place).unwrap_or_default();
            if self.has_other_holder[at] {
                inherited.unknown = Some(Unknown::OtherHolder);
            }
            let readers = Readers::of(functions, &direct, &inherited);
            tell(NodeOrdinal(self.nodes[at]), &readers);
            let (unknown, is_internal, has_private) =
                (readers.unknown, readers.is_internal, readers.has_private);
            let around = self.around[at];
            if around == NONE {
                continue;
            }
            inherited = Inherited {
                unknown,
                is_internal,
                has_private,
                ..inherited
            };
            let known = from_within.entry(around).or_default();
            known.add(inherited);
            for &function in &direct {
                known.add_function(functions, function);
            }
            within[around as usize] -= 1;
            if within[around as usize] == 0 {
                ready.push(around);
            }
        }
    }
}

/// Adds contexts that no closure has: those of functions that wait, within others.
fn add_within(heap: &Heap<'_>, is_context: &mut Bits, nodes: &mut Vec<u32>) {
    let (snapshot, words) = (heap.snapshot(), heap.words());
    for _ in 0..MOST_WITHIN {
        let found: Vec<u32> = incoming(snapshot, |to| is_context.has(to))
            .filter(|(from, edge)| {
                edge.edge_type == EdgeType::Internal
                    && words.previous.is(edge.name_or_index)
                    && snapshot.node_type(*from) == NodeType::Object
                    && !is_context.has(from.0)
            })
            .map(|(from, _)| from.0)
            .collect();
        if found.is_empty() {
            return;
        }
        for node in found {
            if is_context.insert(node) {
                nodes.push(node);
            }
        }
    }
}

/// Who holds a context by an edge.
enum Holder {
    /// Who does not read it.
    Nobody,
    /// A context within it, by its place.
    Context(usize),
    /// A closure of this function.
    Function(u32),
    Array,
    Other,
}

/// What the contexts within one say.
#[derive(Default)]
struct Inherited {
    functions: FxHashSet<u32>,
    names: FxHashSet<u32>,
    unknown: Option<Unknown>,
    is_internal: bool,
    has_private: bool,
}

impl Inherited {
    /// The smaller goes into the larger, so that a long chain takes no longer than a short one.
    fn add(&mut self, mut other: Self) {
        if other.functions.len() + other.names.len() > self.functions.len() + self.names.len() {
            std::mem::swap(self, &mut other);
        }
        self.functions.extend(other.functions);
        self.names.extend(other.names);
        self.unknown = self.unknown.or(other.unknown);
        self.is_internal |= other.is_internal;
        self.has_private |= other.has_private;
    }

    fn add_function(&mut self, functions: &Functions, function: u32) {
        if let Text::Known { names, .. } = functions.text(function)
            && self.functions.insert(function)
        {
            self.names.extend(names);
        }
    }
}

/// Who can read a context.
pub(super) struct Readers<'a> {
    direct: &'a [u32],
    inherited: &'a Inherited,
    /// Why it is not known what they read.
    pub unknown: Option<Unknown>,
    /// A function of Node's own modules is among them.
    pub is_internal: bool,
    /// One of them uses private names.
    pub has_private: bool,
}

impl<'a> Readers<'a> {
    fn of(functions: &Functions, direct: &'a [u32], inherited: &'a Inherited) -> Self {
        let mut readers = Self {
            direct,
            inherited,
            unknown: inherited.unknown,
            is_internal: inherited.is_internal,
            has_private: inherited.has_private,
        };
        for &function in direct {
            match functions.text(function) {
                Text::Known { has_private, .. } => readers.has_private |= has_private,
                Text::Unknown(reason) => readers.unknown = readers.unknown.or(Some(*reason)),
                Text::Internal => readers.is_internal = true,
            }
        }
        // What is alive and nobody's is held in a way that is not seen.
        if direct.is_empty() && inherited.functions.is_empty() {
            readers.unknown = readers.unknown.or(Some(Unknown::OtherHolder));
        }
        readers
    }

    /// Whether one of them uses the name of this number.
    pub(super) fn use_name(&self, functions: &Functions, number: u32) -> bool {
        let uses = |&function: &u32| match functions.text(function) {
            Text::Known { names, .. } => names.binary_search(&number).is_ok(),
            _ => true,
        };
        self.inherited.names.contains(&number) || self.direct.iter().any(uses)
    }

    /// Those that have the context itself; where none has, those within.
    pub(super) fn nearest(&self) -> impl Iterator<Item = &u32> {
        let within = self.direct.is_empty().then_some(&self.inherited.functions);
        self.direct.iter().chain(within.into_iter().flatten())
    }

    /// One of them, always the same.
    pub(super) fn first(&self) -> u32 {
        self.nearest().min().copied().unwrap_or(NONE)
    }
}

/// V8's description of the scope whose variables a context has.
pub(super) fn scope_of(heap: &Heap<'_>, context: NodeOrdinal) -> Option<NodeOrdinal> {
    Words::follow(heap.snapshot(), context, &heap.words().scope_info)
}

/// The text that may be the name of the function whose variables a context has: the last in V8's description, behind
/// the names of variables.
pub(super) fn name_of_scope(heap: &Heap<'_>, context: NodeOrdinal) -> Option<u32> {
    let snapshot = heap.snapshot();
    let scope = scope_of(heap, context)?;
    let texts = snapshot
        .edges(scope)
        .filter(|edge| snapshot.node_type(edge.to) == NodeType::String);
    texts.last().map(|edge| snapshot.name_index(edge.to).0)
}

/// The names of variables, numbered: the same text has the same number.
pub(super) struct Names {
    /// By the index of the text.
    numbers: FxHashMap<u32, u32>,
    by_text: FxHashMap<String, u32>,
}

impl Names {
    pub(super) fn of(heap: &Heap<'_>, contexts: &Contexts) -> Self {
        let snapshot = heap.snapshot();
        let mut names = Self {
            numbers: FxHashMap::default(),
            by_text: FxHashMap::default(),
        };
        for &context in &contexts.nodes {
            let edges = snapshot.edges(NodeOrdinal(context));
            for edge in edges.filter(|edge| edge.edge_type == EdgeType::Context) {
                let by_text = &mut names.by_text;
                names.numbers.entry(edge.name_or_index).or_insert_with(|| {
                    let text = snapshot
                        .strings()
                        .get(StringIndex(edge.name_or_index))
                        .into_owned();
                    // Names of V8's own, such as `.generator_object`, are in no text.
                    if text.is_empty() || text.starts_with('.') {
                        return NONE;
                    }
                    let next = by_text.len() as u32;
                    *by_text.entry(text).or_insert(next)
                });
            }
        }
        names
    }

    /// Whether an edge is a variable that a program has named.
    pub(super) fn is_variable(&self, edge: &Edge) -> bool {
        edge.edge_type == EdgeType::Context && self.number(edge) != NONE
    }

    /// The number of a variable's name.
    pub(super) fn number(&self, edge: &Edge) -> u32 {
        self.numbers
            .get(&edge.name_or_index)
            .copied()
            .unwrap_or(NONE)
    }

    /// The number of a name, if a variable has it.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.by_text.get(text).copied()
    }
}
