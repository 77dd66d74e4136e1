//! Profiles made in code, for the tests.

use super::profile::{Function, Node, NodeIndex, Profile, Sample};

/// A function is written `name file`, or `name` alone for one of V8's.
pub(super) struct ProfileBuilder {
    profile: Profile,
    names: Vec<String>,
}

impl ProfileBuilder {
    pub(super) fn new() -> Self {
        let mut builder = Self {
            profile: Profile::default(),
            names: Vec::new(),
        };
        builder.node(None, "(root)");
        builder
    }

    /// Bytes that a stack allocated, outermost first: one object and one sample.
    pub(super) fn stack(self, stack: &[&str], bytes: u64) -> Self {
        let id = self.profile.last_sample() + 1;
        self.sample(stack, bytes, id)
    }

    /// The same as many times as there are `ids` of samples.
    pub(super) fn samples(
        mut self,
        stack: &[&str],
        bytes: u64,
        ids: impl IntoIterator<Item = u64>,
    ) -> Self {
        for id in ids {
            self = self.sample(stack, bytes, id);
        }
        self
    }

    fn sample(mut self, stack: &[&str], bytes: u64, id: u64) -> Self {
        let mut node = 0;
        for name in stack {
            node = self.node(Some(node), name);
        }
        self.profile.nodes[node].self_bytes += bytes;
        self.profile.nodes[node].self_count += 1;
        self.profile.samples.push(Sample { node, bytes, id });
        self
    }

    fn node(&mut self, caller: Option<NodeIndex>, name: &str) -> NodeIndex {
        let function = self.function(name);
        let nodes = &mut self.profile.nodes;
        let found = nodes
            .iter()
            .position(|node| node.caller == caller && node.function == function);
        found.unwrap_or_else(|| {
            nodes.push(Node {
                caller,
                function,
                id: nodes.len() as u32 + 1,
                self_bytes: 0,
                self_count: 0,
            });
            nodes.len() - 1
        })
    }

    fn function(&mut self, name: &str) -> usize {
        if let Some(known) = self.names.iter().position(|other| other == name) {
            return known;
        }
        let (function, file) = name.split_once(' ').unwrap_or((name, ""));
        self.profile.functions.push(Function {
            name: function.to_owned(),
            script: file.to_owned(),
            script_id: i32::from(!file.is_empty()),
            line: 1,
            column: 1,
        });
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    pub(super) fn build(self) -> Profile {
        self.profile
    }
}
