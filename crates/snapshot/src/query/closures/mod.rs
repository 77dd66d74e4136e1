//! `closures`: the variables that closures have taken along, what each of them keeps, and whether a closure that is
//! alive reads it. A snapshot does not say what a function reads: its text does, as far as it is known. Where it is not,
//! the answer is "not known", never "unread".
//!
//! | module | question it answers |
//! | --- | --- |
//! | `contexts` | which functions' closures can read a context, and who else holds it? |
//! | `texts` | which names does each function use? |
//! | `kept` | what would be freed with a variable? |

mod contexts;
mod kept;
mod texts;

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::types::{NodeOrdinal, NodeType, StringIndex};
use super::error::QueryError;
use super::heap::Heap;
use super::info::{ObjectRef, SnapshotInfo, SourcePosition};
use super::top::smallest;
use contexts::{Contexts, Names, Readers};
use kept::Instance;
use texts::Functions;

/// Closures named of one variable.
const MOST_CLOSURES: usize = 5;

/// Scripts named whose text is not known.
const MOST_SCRIPTS: usize = 5;

/// No ordinal has this bit.
const NO_SCOPE: u32 = 1 << 31;

/// How to answer [`closures`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosuresOptions {
    /// How many variables to list.
    pub top: usize,
    /// Only those that no living closure reads.
    pub only_unread: bool,
}

impl Default for ClosuresOptions {
    fn default() -> Self {
        Self {
            top: 20,
            only_unread: false,
        }
    }
}

/// The text of a script by its name, from outside of the snapshot; nothing where there is none.
pub type ScriptText<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Variables of contexts.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosuresAnswer {
    /// Of which snapshot.
    pub snapshot: SnapshotInfo,
    /// Contexts that have variables, without those of Node's own modules.
    pub context_count: u64,
    /// Of these, those of which the text of every closure is known.
    pub known_count: u64,
    /// Variables that no living closure reads, one for each context.
    pub unread_count: u64,
    /// Bytes that would be freed if these were cleared.
    pub unread_bytes: u64,
    /// How many entries there are.
    pub variable_count: u64,
    /// The first of them: those that keep most.
    pub variables: Vec<VariableEntry>,
    /// Why it is not known of the other contexts.
    pub unknown: Vec<UnknownEntry>,
    /// Scripts whose text is not known.
    pub scripts: Vec<UnknownScript>,
}

/// One variable of one function, in all contexts that its calls have made.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableEntry {
    /// Its name.
    pub name: String,
    /// Whether a living closure reads it; nothing where that is not known.
    pub is_read: Option<bool>,
    /// The function whose variable it is, where a closure of it is alive.
    pub function: Option<ClosureEntry>,
    /// How many contexts.
    pub contexts: u64,
    /// Bytes that would be freed if it were cleared in all of them.
    pub retained_bytes: u64,
    /// How many different functions' closures keep the contexts.
    pub closure_count: u64,
    /// The first of them: those that keep most contexts.
    pub closures: Vec<ClosureEntry>,
    /// One of the contexts: the first in the file.
    pub example_id: u64,
    /// Its value there.
    pub value: ObjectRef,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosureEntry {
    /// Its name; empty for anonymous ones.
    pub name: String,
    /// Where it stands.
    pub position: SourcePosition,
    /// How many contexts its closures keep; of those of its own, all.
    pub contexts: u64,
}

/// Why it is not known whether a variable is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unknown {
    /// Neither the snapshot nor a file has the text of a function.
    NoText,
    /// The file has a text other than the snapshot's.
    OtherText,
    /// A function calls `eval`.
    Eval,
    /// What a function's text says cannot be told.
    Syntax,
    /// Something other than a closure holds the context: a function that runs, or V8 itself.
    OtherHolder,
}

/// Contexts of which it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownEntry {
    /// Why.
    pub reason: Unknown,
    /// How many.
    pub contexts: u64,
}

/// A script whose text is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownScript {
    /// Its name.
    pub script: String,
    /// Why.
    pub reason: Unknown,
    /// How many functions with living closures it has.
    pub functions: u64,
}

/// Variables that have the same scope, name and readers.
struct Group {
    name: u32,
    is_read: Option<bool>,
    example: (NodeOrdinal, NodeOrdinal),
    contexts: u64,
    retained: u64,
    closures: FxHashMap<u32, u64>,
}

/// Variables of contexts by what they keep. `files` has the texts of scripts that the snapshot does not have whole.
///
/// # Errors
///
/// [`QueryError::NeedsEdges`] in a fast run.
pub fn closures(
    heap: &Heap<'_>,
    files: ScriptText<'_>,
    options: &ClosuresOptions,
) -> Result<ClosuresAnswer, QueryError> {
    let analysis = heap.analysis().ok_or(QueryError::NeedsEdges)?;
    let mut functions = Functions::of(heap);
    let contexts = Contexts::of(heap, &functions);
    let names = Names::of(heap, &contexts);
    functions.read(heap, &names, files);

    let mut found = Found::default();
    contexts.each(&functions, |context, readers| {
        found.add(heap, &names, &functions, context, readers)
    });
    let bytes = kept::count(heap, analysis, &found.instances, found.groups.len());
    for (group, retained) in found.groups.iter_mut().zip(bytes.of_groups) {
        group.retained = retained;
    }
    let is_wanted = |group: &Group| !options.only_unread || group.is_read == Some(false);
    found
        .groups
        .retain(|group| is_wanted(group) && group.retained > 0);
    let variable_count = found.groups.len() as u64;
    let key = |group: &Group| {
        (
            Reverse(group.retained),
            Reverse(group.contexts),
            group.example,
        )
    };
    let groups = smallest(found.groups, options.top, key);
    let mut unknown: Vec<UnknownEntry> = found
        .unknown
        .into_iter()
        .map(|(reason, contexts)| UnknownEntry { reason, contexts })
        .collect();
    memwatch_order::sort_by_key(&mut unknown, |entry| {
        (Reverse(entry.contexts), entry.reason)
    });
    let unread = found.instances.iter().filter(|one| one.is_unread);
    Ok(ClosuresAnswer {
        snapshot: heap.info(),
        context_count: found.contexts,
        known_count: found.known,
        unread_count: unread.count() as u64,
        unread_bytes: bytes.of_unread,
        variable_count,
        variables: groups
            .iter()
            .map(|group| entry(heap, &functions, group))
            .collect(),
        unknown,
        scripts: smallest(functions.unknown_scripts(), MOST_SCRIPTS, |one| {
            (Reverse(one.functions), one.script.clone())
        }),
    })
}

/// What is found context by context.
#[derive(Default)]
struct Found {
    contexts: u64,
    known: u64,
    unknown: FxHashMap<Unknown, u64>,
    groups: Vec<Group>,
    /// By the scope, the name, and whether it is read.
    places: FxHashMap<(u32, u32, Option<bool>), u32>,
    instances: Vec<Instance>,
}

impl Found {
    fn add(
        &mut self,
        heap: &Heap<'_>,
        names: &Names,
        functions: &Functions,
        context: NodeOrdinal,
        readers: &Readers<'_>,
    ) {
        let snapshot = heap.snapshot();
        let mut variables = snapshot
            .edges(context)
            .filter(|edge| names.is_variable(edge))
            .peekable();
        if variables.peek().is_none() || readers.is_internal {
            return;
        }
        self.contexts += 1;
        match readers.unknown {
            Some(reason) => *self.unknown.entry(reason).or_default() += 1,
            None => self.known += 1,
        }
        // Contexts of one scope have one description of it, of V8's; elsewhere, the same first function.
        let scope = contexts::scope_of(heap, context).map(|scope| scope.0);
        let scope = scope.unwrap_or_else(|| readers.first() | NO_SCOPE);
        for edge in variables {
            let mut is_read = readers
                .unknown
                .is_none()
                .then(|| readers.use_name(functions, names.number(&edge)));
            // V8 asks the variable of a class whether an object has its private names.
            if is_read == Some(false)
                && readers.has_private
                && snapshot.node_type(edge.to) == NodeType::Closure
            {
                is_read = Some(true);
            }
            let group = *self
                .places
                .entry((scope, edge.name_or_index, is_read))
                .or_insert_with(|| {
                    self.groups.push(Group {
                        name: edge.name_or_index,
                        is_read,
                        example: (context, edge.to),
                        contexts: 0,
                        retained: 0,
                        closures: FxHashMap::default(),
                    });
                    self.groups.len() as u32 - 1
                });
            let counted = &mut self.groups[group as usize];
            counted.contexts += 1;
            for &function in readers.nearest() {
                *counted.closures.entry(function).or_default() += 1;
            }
            self.instances.push(Instance {
                group,
                context,
                value: edge.to,
                is_unread: is_read == Some(false),
            });
        }
    }
}

fn entry(heap: &Heap<'_>, functions: &Functions, group: &Group) -> VariableEntry {
    let snapshot = heap.snapshot();
    let (context, value) = group.example;
    let closures: Vec<(u32, u64)> = group
        .closures
        .iter()
        .map(|(&function, &contexts)| (function, contexts))
        .collect();
    let closure_count = closures.len() as u64;
    let nearest = smallest(closures, MOST_CLOSURES, |&(function, contexts)| {
        (Reverse(contexts), function)
    });
    let said = |function: u32, contexts: u64| ClosureEntry {
        name: functions.name(heap, function),
        position: heap.position(functions.location(function)),
        contexts,
    };
    let owner = nearest.first().and_then(|&(function, _)| {
        let name = contexts::name_of_scope(heap, context)?;
        functions.around(function, name)
    });
    VariableEntry {
        name: snapshot.strings().get(StringIndex(group.name)).into_owned(),
        is_read: group.is_read,
        function: owner.map(|owner| said(owner, group.contexts)),
        contexts: group.contexts,
        retained_bytes: group.retained,
        closure_count,
        closures: nearest
            .into_iter()
            .map(|(function, contexts)| said(function, contexts))
            .collect(),
        example_id: snapshot.id(context).0,
        value: heap.object_ref(value),
    }
}
