//! Immediate dominators by the semi-NCA algorithm (Georgiadis, Tarjan and
//! Werneck, "Finding Dominators in Practice", 2006), over nodes numbered in
//! depth-first preorder. Knows nothing of snapshots.
//!
//! An edge `v -> w` with `v < w` leads from an ancestor to a descendant, and of
//! those only the one from the smallest `v` matters, so they are folded into
//! one number for each node as they are met. What remains, edges to an earlier
//! node, is put away by blocks of targets ([`LaterEdges`]) and taken block by
//! block while a block's part of every column fits a core's cache.

use super::later_edges::{LaterEdges, Sources};

/// Ancestor of a number in the upper half, smallest semidominator known on the
/// path to it in the lower: one load for both, and a buffer of 64-bit numbers
/// that is of use afterwards.
#[derive(Clone, Copy)]
struct Link(u64);

impl Link {
    #[inline]
    const fn new(ancestor: u32, label: u32) -> Self {
        Self((ancestor as u64) << 32 | label as u64)
    }

    #[inline]
    const fn ancestor(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    const fn label(self) -> u32 {
        self.0 as u32
    }
}

/// What [`immediate_dominators`] leaves behind.
pub(super) struct Outcome {
    /// The immediate dominator of each number, smaller than it; 0 is its own.
    pub immediate: Vec<u32>,
    /// A buffer as long as `immediate`, of no meaning.
    pub wide_scratch: Vec<u64>,
}

/// `parents` are those of the walk, `semi` the smallest number with an edge to
/// each node (its parent, or an ancestor of it), `later` all edges from a later
/// node, in parts that may come from different threads.
pub(super) fn immediate_dominators(
    mut parents: Vec<u32>,
    mut semi: Vec<u32>,
    later: Vec<LaterEdges>,
) -> Outcome {
    let mut links: Vec<u64> = vec![0; parents.len()];
    for (link, &parent) in links.iter_mut().zip(&parents) {
        *link = Link::new(parent, u32::MAX).0;
    }
    semidominators(&mut semi, &mut links, &later);
    drop(later);
    // What is left is the nearest common ancestor of the parent and the
    // semidominator in the dominator tree built so far.
    for at in 1..parents.len() {
        let mut dominator = parents[at];
        while dominator > semi[at] {
            dominator = parents[dominator as usize];
        }
        parents[at] = dominator;
    }
    Outcome {
        immediate: parents,
        wide_scratch: links,
    }
}

fn semidominators(semi: &mut [u32], links: &mut [u64], later: &[LaterEdges]) {
    let mut path = Vec::new();
    Sources::each_block_backwards(later, semi.len(), |first, count, sources| {
        for offset in (0..count).rev() {
            let target = first + offset as u32;
            let mut best = semi[target as usize];
            for &from in sources.of(offset) {
                if best == 0 {
                    break;
                }
                best = best.min(eval(from, target, links, &mut path));
            }
            semi[target as usize] = best;
            let link = &mut links[target as usize];
            *link = Link::new(Link(*link).ancestor(), best).0;
        }
    });
}

/// The smallest semidominator of the nodes above `target` in number that are on
/// the path of the walk from `from` up. All of them are settled. Shortens the
/// path for the next time.
#[inline]
fn eval(from: u32, target: u32, links: &mut [u64], path: &mut Vec<u32>) -> u32 {
    let link = Link(links[from as usize]);
    if link.ancestor() <= target {
        return link.label();
    }
    path.push(from);
    let mut at = link.ancestor();
    loop {
        let link = Link(links[at as usize]);
        if link.ancestor() <= target {
            break;
        }
        path.push(at);
        at = link.ancestor();
    }
    let mut above = Link(links[at as usize]);
    while let Some(at) = path.pop() {
        let link = &mut links[at as usize];
        above = Link::new(above.ancestor(), Link(*link).label().min(above.label()));
        *link = above.0;
    }
    above.label()
}
