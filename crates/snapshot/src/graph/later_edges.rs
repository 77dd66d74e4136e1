//! Edges put away by blocks of their targets, for an algorithm that needs them
//! block by block. One growing store for all blocks, handed out in runs, so
//! that nothing is ever moved.

/// Targets of one block: 65 536, so that a target takes two bytes, and the
/// columns of a block (some 1.5 MB) stay in the second-level cache.
const BLOCK_BITS: u32 = 16;

/// Edges of one run: enough to keep bookkeeping rare, few enough that blocks
/// with a single edge cost little.
const RUN: usize = 256;

/// Edges `from -> to`, by blocks of `to`.
#[derive(Debug)]
pub(super) struct LaterEdges {
    from: Vec<u32>,
    /// The target within its block.
    to: Vec<u16>,
    /// The runs of each block, and how full the last one is.
    runs: Vec<Vec<u32>>,
    /// Where each block's next edge goes; at a multiple of [`RUN`], into a run
    /// yet to be made.
    next: Vec<usize>,
}

impl LaterEdges {
    /// For targets below `count`, and about `expected` edges.
    pub(super) fn new(count: u32, expected: usize) -> Self {
        let blocks = (count >> BLOCK_BITS) as usize + 1;
        Self {
            from: Vec::with_capacity(expected),
            to: Vec::with_capacity(expected),
            runs: vec![Vec::new(); blocks],
            next: vec![0; blocks],
        }
    }

    #[inline]
    pub(super) fn add(&mut self, from: u32, to: u32) {
        let block = (to >> BLOCK_BITS) as usize;
        let mut at = self.next[block];
        if at.is_multiple_of(RUN) {
            at = self.new_run(block);
        }
        self.from[at] = from;
        self.to[at] = to as u16;
        self.next[block] = at + 1;
    }

    fn new_run(&mut self, block: usize) -> usize {
        let at = self.from.len();
        self.runs[block].push((at / RUN) as u32);
        self.from.resize(at + RUN, 0);
        self.to.resize(at + RUN, 0);
        at
    }

    /// The runs of a block: sources, and targets within the block.
    fn runs(&self, block: usize) -> impl Iterator<Item = (&[u32], &[u16])> {
        let runs = self.runs.get(block).map(Vec::as_slice).unwrap_or_default();
        runs.iter().enumerate().map(move |(place, &run)| {
            let start = run as usize * RUN;
            let end = if place + 1 == runs.len() {
                self.next[block]
            } else {
                start + RUN
            };
            (&self.from[start..end], &self.to[start..end])
        })
    }

    fn blocks(&self) -> usize {
        self.runs.len()
    }

    fn is_empty(&self) -> bool {
        self.from.is_empty()
    }
}

/// The edges of one block, sorted by target.
#[derive(Default)]
pub(super) struct Sources {
    starts: Vec<u32>,
    sources: Vec<u32>,
}

impl Sources {
    /// Hands over each block of targets, the last one first: its first target,
    /// and the sources of each of its `count` targets.
    pub(super) fn each_block_backwards(
        parts: &[LaterEdges],
        count: usize,
        mut take: impl FnMut(u32, usize, &Self),
    ) {
        if parts.iter().all(LaterEdges::is_empty) {
            return;
        }
        let blocks = parts.iter().map(LaterEdges::blocks).max().unwrap_or(0);
        let mut sources = Self::default();
        for block in (0..blocks).rev() {
            let first = block << BLOCK_BITS;
            let count = count.saturating_sub(first).min(1 << BLOCK_BITS);
            sources.sort(parts, block, count);
            take(first as u32, count, &sources);
        }
    }

    fn sort(&mut self, parts: &[LaterEdges], block: usize, count: usize) {
        self.starts.clear();
        self.starts.resize(count + 1, 0);
        for (_, targets) in parts.iter().flat_map(|part| part.runs(block)) {
            for &to in targets {
                self.starts[usize::from(to)] += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.sources.clear();
        self.sources.resize(sum as usize, 0);
        // Filled from the back, which leaves each start where it belongs.
        for (sources, targets) in parts.iter().flat_map(|part| part.runs(block)) {
            for (&from, &to) in sources.iter().zip(targets) {
                let start = &mut self.starts[usize::from(to)];
                *start -= 1;
                self.sources[*start as usize] = from;
            }
        }
    }

    /// Sources of one target of the block.
    pub(super) fn of(&self, offset: usize) -> &[u32] {
        &self.sources[self.starts[offset] as usize..self.starts[offset + 1] as usize]
    }
}
