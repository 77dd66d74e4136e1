//! The nodes that a snapshot begins with: the root with the global objects, and the roots in groups, as V8 has them.

use memwatch_snapshot::{EdgeType, NodeId, NodeOrdinal, NodeType};

use super::alive::Living;
use super::fill::Filler;
use super::roots::Roots;
use crate::layout::Kind;

/// The root, the group of groups, and the groups.
const GROUPS: [&str; 3] = ["(Strong roots)", "(Stack roots)", "(Global handles)"];
/// The first node that is an object.
pub(super) const FIRST_OBJECT: u32 = 2 + GROUPS.len() as u32;

impl Filler<'_, '_, '_> {
    pub(super) fn roots(&mut self, roots: &Roots) {
        self.node(NodeType::Synthetic, "", NodeId(1), 0);
        // A realm that only the program keeps, such as a context of vm, is no place of its own to begin at.
        let heap = self.objects.heap;
        let realms = roots.global.iter().filter(|&&root| heap.is_realm(root));
        let mut globals: Vec<u64> = realms.map(|&realm| heap.realm_global(realm)).collect();
        if globals.is_empty() {
            let objects = self.objects;
            let pages = 0..heap.pages.len();
            let living = pages.flat_map(|page| self.alive.of_page(objects, page));
            let is_global = |one: &Living| objects.shape(one.ordinal).kind == Kind::GlobalObject;
            globals.extend(living.filter(is_global).map(|one| one.object));
        }
        // Named as by V8, which counts them after "(GC roots)", so that places are the same in what it writes.
        for (number, global) in (2..).zip(globals) {
            if let Some(to) = self.node_of(global) {
                let name = self.names.text(&mut self.builder, &format!("{number}"));
                self.builder.named_edge(EdgeType::Shortcut, name, to);
            }
        }
        self.builder
            .indexed_edge(EdgeType::Element, 1, NodeOrdinal(1));
        self.node(NodeType::Synthetic, "(GC roots)", NodeId(3), 0);
        for group in 0..GROUPS.len() as u32 {
            self.builder
                .indexed_edge(EdgeType::Element, group, NodeOrdinal(2 + group));
        }
        for (group, words) in [&roots.strong, &roots.stack, &roots.global]
            .into_iter()
            .enumerate()
        {
            self.node(
                NodeType::Synthetic,
                GROUPS[group],
                NodeId(5 + 2 * group as u64),
                0,
            );
            for (index, &word) in words.iter().enumerate() {
                if let Some(to) = self.node_of(word) {
                    self.builder
                        .indexed_edge(EdgeType::Element, index as u32, to);
                }
            }
        }
    }
}
