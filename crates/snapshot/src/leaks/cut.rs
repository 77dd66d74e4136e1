//! Which reference of a leak candidate is the one that a repaired program does not have, by
//! the kind of holder and the names on the way. Writes no trace.

use super::super::types::{NodeOrdinal, StringIndex};
use super::access::{Access, Hop, Writer};
use super::fold::Folded;
use super::kinds::Kind;
use super::suspects::Found;

/// What sort of mistake makes a program keep what is at the end of a trace. Each has a
/// section in `docs/leak-kinds.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeakKind {
    /// Listeners that are not removed.
    Listener,
    /// Timers that are not cleared.
    Timer,
    /// A variable of a context that several functions share.
    ClosureContext,
    /// A collection without a limit.
    Cache,
    /// A list whose links hold each other.
    List,
    /// A promise that does not settle.
    Promise,
    /// A queue that is not emptied.
    Microtask,
    /// What runs in a store of AsyncLocalStorage, and outlives it.
    AsyncLocalStorage,
    /// Modules that are loaded again.
    ModuleReload,
    /// What a FinalizationRegistry holds.
    Registry,
    /// Short strings that keep long ones.
    Slice,
    /// Handles that are not closed, or nodes that are no longer in a page.
    DetachedHandle,
    /// One object that is large.
    LargeObject,
}

/// Names of references to what was there before.
const BACKWARDS: [&str; 7] = [
    "prev", "parent", "last", "old", "before", "original", "origin",
];

/// By which a resource has its store, up to Node.js 22 and from 24 on.
const STORES: [&str; 3] = [
    "<symbol kResourceStore>",
    "<symbol async_context_frame>",
    "<symbol context_frame>",
];

impl Writer<'_, '_> {
    /// Which reference is to be cut: a place in `hops`.
    #[cold]
    pub(super) fn cut(&self, found: &Found, hops: &[Hop], runs: &[Folded]) -> (LeakKind, usize) {
        let suspect = &found.suspect;
        let last = hops.len().saturating_sub(1);
        let turn = runs.iter().rev().find(|run| run.times > 1);
        if let Some(store) = hops.iter().position(|hop| self.is_store(hop)) {
            return (LeakKind::AsyncLocalStorage, store);
        }
        let kind = match suspect.kind {
            Kind::ClosureChain => LeakKind::ClosureContext,
            Kind::Chain => LeakKind::List,
            Kind::Listeners => LeakKind::Listener,
            Kind::Timers => LeakKind::Timer,
            Kind::PromiseReactions => LeakKind::Promise,
            Kind::Microtasks => LeakKind::Microtask,
            Kind::FinalizationRegistry => LeakKind::Registry,
            Kind::Modules => LeakKind::ModuleReload,
            Kind::Slices => LeakKind::Slice,
            Kind::Handles => LeakKind::DetachedHandle,
            _ if self.is_detached(suspect.example) => LeakKind::DetachedHandle,
            Kind::Map | Kind::Set | Kind::Array | Kind::Dictionary => LeakKind::Cache,
            Kind::Single => LeakKind::LargeObject,
        };
        let is_variable = |&at: &usize| matches!(hops[at].access, Access::Variable(_));
        // Functions of a class hold each other by their variables, whatever the class counts as.
        let is_by_variable = |turn: &Folded| turn.places().any(|at| is_variable(&at));
        let kind = match turn {
            Some(turn) if kind == LeakKind::List && is_by_variable(turn) => {
                LeakKind::ClosureContext
            }
            _ => kind,
        };
        let cut = match (kind, turn) {
            (LeakKind::ClosureContext, Some(turn)) => turn.places().rfind(is_variable),
            (LeakKind::ClosureContext, None) => (0..hops.len()).rfind(is_variable),
            (LeakKind::List | LeakKind::Listener, Some(turn)) if found.is_chain => turn
                .places()
                .find(|&at| self.leads_back(&hops[at]))
                .or_else(|| Some(self.first_link(hops, turn))),
            // A buffer is of the array that shows it.
            (LeakKind::LargeObject, _) => {
                (1..hops.len()).rfind(|&at| hops[at].access != Access::Internal)
            }
            _ => None,
        };
        (kind, cut.unwrap_or(last))
    }

    /// The hop to the first link of a list: before the turn, if what is there is a link, too.
    fn first_link(&self, hops: &[Hop], turn: &Folded) -> usize {
        let name = |at: usize| self.snapshot.name_index(hops[at].node);
        match turn.start.checked_sub(1) {
            Some(before) if before > 0 && name(before) == name(turn.start) => before,
            _ => turn.start,
        }
    }

    /// Whether a link refers to what was there before it, as a name says.
    fn leads_back(&self, hop: &Hop) -> bool {
        let (Access::Property(name) | Access::Variable(name)) = hop.access else {
            return false;
        };
        let name = self.snapshot.strings().get(StringIndex(name));
        let name = name.to_lowercase();
        BACKWARDS.iter().any(|word| name.contains(word))
    }

    /// Whether the reference is that from what runs asynchronously to the store it was started in.
    fn is_store(&self, hop: &Hop) -> bool {
        let snapshot = self.snapshot;
        if let Access::Property(name) = hop.access {
            let name = snapshot.strings().get(StringIndex(name));
            return STORES.contains(&name.as_ref());
        }
        false
    }

    fn is_detached(&self, node: NodeOrdinal) -> bool {
        self.snapshot.name(node).starts_with("Detached ")
    }
}
