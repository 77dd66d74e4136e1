//! An allocation profile as columns: the calls that led to sampled allocations, and
//! what of it is still alive. V8's own numbers; nothing is judged here.

/// Place of a call in a profile's tree, from 0. Callers stand before callees.
pub type NodeIndex = usize;

/// A function of the program, of a package, of Node or of V8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// As V8 has it; empty for an anonymous function.
    pub name: String,
    /// The file or URL of its script; empty for what V8 itself does and for code
    /// that was made at run time.
    pub script: String,
    /// V8's number for the script; 0 without a script.
    pub script_id: i32,
    /// Where the function begins, from 1; 0 where it is not known.
    pub line: u32,
    /// As `line`.
    pub column: u32,
}

/// One call: a function as called by the calls above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The call it was made in; `None` for the root.
    pub caller: Option<NodeIndex>,
    /// Index into [`Profile::functions`].
    pub function: usize,
    /// V8's number for it, good within one profile.
    pub id: u32,
    /// Bytes alive of what it allocated itself: estimated, V8 scales what it
    /// sampled up to what there is.
    pub self_bytes: u64,
    /// The same in objects.
    pub self_count: u64,
}

/// One sampled object that is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What allocated it.
    pub node: NodeIndex,
    /// Bytes that it stands for.
    pub bytes: u64,
    /// Rises with time: one for each sample ever taken.
    pub id: u64,
}

/// What was sampled and is alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Each function once.
    pub functions: Vec<Function>,
    /// The tree of calls, callers before callees; the first is the root.
    pub nodes: Vec<Node>,
    /// In no order. Empty where their layout is not known.
    pub samples: Vec<Sample>,
}

impl Profile {
    /// The call and those around it, innermost first, without the root.
    pub fn stack(&self, node: NodeIndex) -> impl Iterator<Item = &Node> {
        let mut next = self.nodes.get(node);
        std::iter::from_fn(move || {
            let node = next?;
            // Callers stand before callees, so this ends.
            next = node.caller.and_then(|caller| self.nodes.get(caller));
            node.caller.map(|_| node)
        })
    }

    /// Bytes alive of all that was sampled.
    pub fn total_bytes(&self) -> u64 {
        self.nodes
            .iter()
            .fold(0, |sum, node| sum.saturating_add(node.self_bytes))
    }

    /// The newest live sample; 0 without live samples.
    pub fn last_sample(&self) -> u64 {
        self.samples
            .iter()
            .map(|sample| sample.id)
            .max()
            .unwrap_or(0)
    }
}
