//! Memory that objects have outside of the heap: of buffers, and of texts that the program or Node.js has elsewhere. Each is
//! a node of its own after those of the objects, once, however many refer to it.

use memwatch_snapshot::{EdgeType, NodeId, NodeOrdinal, NodeType};

use super::fill::Filler;
use crate::layout::{Generation, Kind};

/// Memory that an object has outside of the heap.
pub(super) struct Store {
    address: u64,
    bytes: u64,
    name: &'static str,
}

impl Filler<'_, '_, '_> {
    fn store_of(&self, object: u64, kind: Kind) -> Option<Store> {
        let (heap, offsets) = (self.objects.heap, &self.objects.heap.layout.offsets);
        let (address, bytes, name) = match kind {
            Kind::ArrayBuffer => (
                heap.field(object, offsets.buffer_store),
                heap.field(object, offsets.buffer_length),
                "system / JSArrayBufferData",
            ),
            Kind::ExternalOneByte | Kind::ExternalTwoByte
                if heap.layout.generation() < Generation::Node24 =>
            {
                let width = if kind == Kind::ExternalTwoByte { 2 } else { 1 };
                let bytes = heap.string_length(object) as u64 * width;
                (heap.field(object, 24), bytes, "system / ExternalStringData")
            }
            _ => return None,
        };
        // Node's own sources are texts in its executable, which nobody allocated.
        let is_allocated = heap
            .memory
            .range_of(address)
            .is_none_or(|range| range.writable);
        (address != 0 && bytes != 0 && is_allocated).then_some(Store {
            address,
            bytes,
            name,
        })
    }

    /// The edge from an object to its memory outside of the heap, if it has any.
    #[inline]
    pub(super) fn store_edge(&mut self, object: u64, kind: Kind) {
        let Some(store) = self.store_of(object, kind) else {
            return;
        };
        let next = self.alive.end() + self.store_list.len() as u32;
        let node = *self.stores.entry(store.address).or_insert(next);
        if node == next {
            self.store_list.push(store);
        }
        let name = self.names.text(&mut self.builder, "backing_store");
        (self.builder).named_edge(EdgeType::Internal, name, NodeOrdinal(node));
    }

    /// The nodes that those edges lead to.
    pub(super) fn stores(&mut self) {
        let list = std::mem::take(&mut self.store_list);
        for (index, store) in list.iter().enumerate() {
            self.node(
                NodeType::Native,
                store.name,
                NodeId(2 * index as u64 + 2),
                store.bytes,
            );
        }
    }
}
