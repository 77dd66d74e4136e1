//! Questions to a snapshot, one file each. Each function takes a [`Heap`] and
//! options and gives an answer: plain data, beside the question. How an answer is serialised, and
//! worded for people, is the crate `report`. Opens no file, prints nothing, keeps nothing.
//!
//! | function | question | work beyond [`super::Analysis`] |
//! | --- | --- | --- |
//! | [`summary()`] | what does the memory consist of? | one pass over the nodes |
//! | [`classes()`] | how many of what, how large? | the class of each node, the dominator tree once |
//! | [`shapes()`] | which objects look alike? | one pass over the edges |
//! | [`functions()`] | which functions are there how often, and what do their variables keep? | edges of closures, the dominator tree once |
//! | [`closures()`] | what do the variables of closures keep, and does one read them? | edges of contexts, the text of each function, two passes over the edges |
//! | [`instances()`] | which objects are of a class? | one pass over the nodes |
//! | [`inspect()`] | what is this object? | its edges |
//! | [`containment()`] | what does it refer to, by what each keeps? | its edges |
//! | [`realms()`] | which global objects are there? | one pass over the nodes |
//! | [`scopes()`] | which variables have closures taken along? | one pass over the edges |
//! | [`refs()`] | who refers to it? | one or two passes over the edges, no index |
//! | [`dominator_tree()`] | who keeps how much? | the dominator tree once, and what is shown of it |
//! | [`strings()`] | which strings are there needlessly? | two passes over the edges |
//! | [`timeline()`] | what of each moment, and of each function, is alive? | one pass over the nodes |
//! | [`diff()`] | what changed between two? | as `classes`, twice |
//! | [`fast_diff()`] | the same from nodes alone | reading is all |
//! | [`growth()`] | what grows every time? | as `classes`, once a snapshot |
//!
//! All is linear in nodes and edges, but for sorting what is shown; none is
//! recursive.

mod access;
mod classes;
mod closures;
mod collections;
mod containment;
mod diff;
mod dominator_tree;
mod error;
mod fields;
mod functions;
mod growth;
mod heap;
mod holders;
mod incoming;
mod info;
mod inspect;
mod instances;
mod names;
mod preview;
mod realms;
mod refs;
mod scopes;
mod scripts;
mod shapes;
mod strings;
mod summary;
#[cfg(test)]
mod tests;
mod timeline;
mod top;

pub use classes::{ClassEntry, ClassOrder, ClassesAnswer, ClassesOptions, classes};
pub use closures::{
    ClosureEntry, ClosuresAnswer, ClosuresOptions, ScriptText, Unknown, UnknownEntry,
    UnknownScript, VariableEntry, closures,
};
pub use containment::{ChildEntry, ContainmentAnswer, ContainmentOptions, containment};
pub use diff::{DiffAnswer, DiffEntry, DiffOptions, DiffOrder, diff, fast_diff};
pub use dominator_tree::{
    DominatorEntry, DominatorTreeAnswer, DominatorTreeOptions, dominator_tree,
};
pub use error::{QueryError, parse_id};
pub use functions::{FunctionEntry, FunctionOrder, FunctionsAnswer, FunctionsOptions, functions};
pub use growth::{ClassTotals, GrowthAnswer, GrowthEntry, GrowthOptions, growth};
pub use heap::Heap;
pub use info::{ObjectRef, SnapshotInfo, SourcePosition};
pub use inspect::{
    Collection, CollectionEntry, FunctionDetails, InspectAnswer, InspectOptions, MemberEntry,
    Members, StringText, inspect,
};
pub use instances::{
    InstanceEntry, InstanceOrder, InstancesAnswer, InstancesOptions, instances, no_such_class,
};
pub use preview::is_unprintable;
pub use realms::{RealmEntry, RealmsAnswer, RealmsOptions, realms};
pub use refs::{RefEntry, RefGroup, RefsAnswer, RefsOptions, refs};
pub use scopes::{ScopeEntry, ScopeVariable, ScopesAnswer, ScopesOptions, scopes};
pub use shapes::{ShapeEntry, ShapeOrder, ShapesAnswer, ShapesOptions, shapes};
pub use strings::{
    DuplicateEntry, Holder, SlicedEntry, StringEntry, StringsAnswer, StringsOptions, strings,
};
pub use summary::{DetachedEntry, KindEntry, NativeEntry, SummaryAnswer, SummaryOptions, summary};
pub use timeline::{
    Alive, MomentEntry, TimelineAnswer, TimelineOptions, TracedFrame, TracedFunction, timeline,
};
