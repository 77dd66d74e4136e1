//! The parts of a written way: folded where they repeat, cut where there are too
//! many. Decides on no words.

use super::super::columns::Snapshot;
use super::super::types::{NodeId, NodeOrdinal};
use super::fold::{Folded, fold};
use super::sources::{Place, place_of};

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

/// The parts so far. Texts are numbered: a list of a million links has few.
#[derive(Default)]
pub(super) struct Parts {
    texts: Vec<String>,
    by_text: rustc_hash::FxHashMap<String, u32>,
    /// Text and whether an arrow stands before it.
    list: Vec<(u32, bool)>,
    nodes: Vec<NodeOrdinal>,
    /// Whether the last part names the class of its object already.
    pub names_class: bool,
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

    pub(super) fn arrow(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, true);
    }

    pub(super) fn class(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, true);
        self.names_class = true;
    }

    pub(super) fn direct(&mut self, text: String, node: NodeOrdinal) {
        self.push(text, node, false);
    }
}

/// The way the parts make. Of a chain, what is left of a last turn is left out.
pub(super) fn finish(snapshot: &Snapshot, parts: Parts, is_chain: bool) -> AccessPath {
    let Parts {
        list, nodes, texts, ..
    } = parts;
    let mut out = Vec::new();
    let mut folded = fold(&list);
    if is_chain && is_part_of_turn(&list, &folded) {
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
                id: snapshot.id(nodes[at]),
                place: is_told_last
                    .then(|| place_of(snapshot, nodes[at]))
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

/// Whether the last run is the start of one more turn of the run before.
fn is_part_of_turn<T: PartialEq>(sequence: &[T], runs: &[Folded]) -> bool {
    let [.., turns, last] = runs else {
        return false;
    };
    let start = &sequence[turns.start..turns.start + turns.length];
    last.times == 1 && start.starts_with(&sequence[last.start..last.start + last.length])
}
