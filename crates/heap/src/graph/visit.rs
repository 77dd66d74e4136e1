//! The references of an object by its shape: the same for marking, which wants no names, and for
//! the columns.

use memwatch_snapshot::EdgeType;

use super::Objects;
use crate::objects::{Name, Place, Plan, Reference, Shape};

impl Objects<'_, '_> {
    /// Calls `each` for every slot of an object that may refer to another.
    #[inline]
    pub fn references(&self, object: u64, shape: &Shape, each: &mut impl FnMut(Reference)) {
        let heap = self.heap;
        let map = Reference {
            kind: EdgeType::Internal,
            name: Name::Label("map"),
            to: shape.map,
        };
        match shape.plan {
            Plan::Slots => {
                for slot in &shape.slots {
                    heap.slot_references(object, slot, each);
                }
            }
            Plan::Generic => heap.references(object, each),
            Plan::Nothing => each(map),
            Plan::Array(from) | Plan::Hidden(from) => {
                let is_array = matches!(shape.plan, Plan::Array(_));
                let kind = if is_array {
                    EdgeType::Internal
                } else {
                    EdgeType::Hidden
                };
                each(map);
                for (index, offset) in (from..self.end(object, shape)).step_by(8).enumerate() {
                    let (name, to) = (Name::Index(index as u32), heap.field(object, offset));
                    each(Reference { kind, name, to });
                }
            }
        }
    }

    /// The same without what its map and its arrays keep anyway: many objects may have one array.
    #[inline]
    pub fn own_references(&self, object: u64, shape: &Shape, each: &mut impl FnMut(Reference)) {
        if !matches!(shape.plan, Plan::Slots) {
            return self.references(object, shape, each);
        }
        each(Reference {
            kind: EdgeType::Internal,
            name: Name::Label("map"),
            to: shape.map,
        });
        for slot in &shape.slots {
            if matches!(slot.place, Place::Inside(_) | Place::Prototype(_)) {
                self.heap.slot_references(object, slot, each);
            }
        }
    }

    /// Where an object ends, at most where its page does. In bytes from its start.
    #[inline]
    pub fn end(&self, object: u64, shape: &Shape) -> u64 {
        let address = object & !3;
        let size = if shape.size != 0 {
            shape.size
        } else {
            self.heap.size(object)
        };
        let left = self
            .heap
            .page_at(address)
            .map_or(0, |page| page.end.saturating_sub(address));
        size.min(left)
    }
}
