//! Immediate dominators by the semi-NCA algorithm (Georgiadis, Tarjan and
//! Werneck, "Finding Dominators in Practice", 2006), over nodes numbered in
//! depth-first preorder. Knows nothing of snapshots.
//!
//! An edge `v -> w` with `v < w` leads from an ancestor to a descendant, and of
//! those only the one from the smallest `v` matters, so they are folded into
//! one number for each node as they are met. What remains, edges to an earlier
//! node, is sorted by target coarsely ([`LaterEdges`]), then block by block
//! while a block's part of every column fits a core's cache.

/// Targets of one block: 65 536, so that the columns of a block (some 1.5 MB)
/// stay in the second-level cache.
const BLOCK_BITS: u32 = 16;

/// Edges `v -> w` with `v > w`, in blocks by `w`.
#[derive(Debug)]
pub(super) struct LaterEdges {
    blocks: Vec<Vec<(u32, u32)>>,
}

impl LaterEdges {
    pub fn new(count: u32) -> Self {
        let blocks = (count >> BLOCK_BITS) as usize + 1;
        Self {
            blocks: vec![Vec::new(); blocks],
        }
    }

    #[inline]
    pub fn add(&mut self, from: u32, to: u32) {
        self.blocks[(to >> BLOCK_BITS) as usize].push((to, from));
    }
}

/// Best known semidominator on the path to an ancestor, and that ancestor.
#[derive(Clone, Copy)]
struct Link {
    ancestor: u32,
    label: u32,
}

/// The immediate dominator of each number; 0 is its own.
///
/// `parents` are those of the walk, `semi` the smallest number with an edge to
/// each node (its parent, or an ancestor of it), `later` all edges from a later
/// node, in parts that may come from different threads.
pub(super) fn immediate_dominators(
    mut parents: Vec<u32>,
    mut semi: Vec<u32>,
    mut later: Vec<LaterEdges>,
) -> Vec<u32> {
    semidominators(&parents, &mut semi, &mut later);
    // What is left is the nearest common ancestor of the parent and the
    // semidominator in the dominator tree built so far.
    for at in 1..parents.len() {
        let mut dominator = parents[at];
        while dominator > semi[at] {
            dominator = parents[dominator as usize];
        }
        parents[at] = dominator;
    }
    parents
}

fn semidominators(parents: &[u32], semi: &mut [u32], later: &mut [LaterEdges]) {
    let blocks = later.iter().map(|part| part.blocks.len()).max();
    if later
        .iter()
        .all(|part| part.blocks.iter().all(Vec::is_empty))
    {
        return;
    }
    let mut links: Vec<Link> = parents
        .iter()
        .map(|&ancestor| Link {
            ancestor,
            label: u32::MAX,
        })
        .collect();
    let mut path = Vec::new();
    let mut sources = Sources::default();
    for block in (0..blocks.unwrap_or(0)).rev() {
        let first = (block << BLOCK_BITS) as u32;
        let count = (parents.len() - first as usize).min(1 << BLOCK_BITS);
        sources.sort(
            first,
            count,
            later.iter_mut().map(|part| {
                part.blocks
                    .get_mut(block)
                    .map(std::mem::take)
                    .unwrap_or_default()
            }),
        );
        for offset in (0..count).rev() {
            let target = first + offset as u32;
            let mut best = semi[target as usize];
            for &from in sources.of(offset) {
                if best == 0 {
                    break;
                }
                best = best.min(eval(from, target, &mut links, &mut path));
            }
            semi[target as usize] = best;
            links[target as usize].label = best;
        }
    }
}

/// The smallest semidominator of the nodes above `target` in number that are on
/// the path of the walk from `from` up. All of them are settled. Shortens the
/// path for the next time.
#[inline]
fn eval(from: u32, target: u32, links: &mut [Link], path: &mut Vec<u32>) -> u32 {
    let link = links[from as usize];
    if link.ancestor <= target {
        return link.label;
    }
    path.push(from);
    let mut at = link.ancestor;
    loop {
        let link = links[at as usize];
        if link.ancestor <= target {
            break;
        }
        path.push(at);
        at = link.ancestor;
    }
    let mut above = links[at as usize];
    while let Some(at) = path.pop() {
        let link = &mut links[at as usize];
        link.ancestor = above.ancestor;
        link.label = link.label.min(above.label);
        above = *link;
    }
    above.label
}

/// The edges of one block, sorted by target.
#[derive(Default)]
struct Sources {
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Sources {
    fn sort(&mut self, first: u32, count: usize, parts: impl Iterator<Item = Vec<(u32, u32)>>) {
        let parts: Vec<_> = parts.collect();
        self.starts.clear();
        self.starts.resize(count + 1, 0);
        for &(to, _) in parts.iter().flatten() {
            self.starts[(to - first) as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.sources.clear();
        self.sources.resize(sum as usize, 0);
        // Filled from the back, which leaves each start where it belongs.
        for &(to, from) in parts.iter().flatten() {
            let start = &mut self.starts[(to - first) as usize];
            *start -= 1;
            self.sources[*start as usize] = from;
        }
    }

    fn of(&self, offset: usize) -> &[u32] {
        &self.sources[self.starts[offset] as usize..self.starts[offset + 1] as usize]
    }
}
