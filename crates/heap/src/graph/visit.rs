//! The references of an object by its shape: the same for marking, which wants no names, and for
//! the columns.

use memwatch_snapshot::EdgeType;

use super::Objects;
use crate::objects::{Name, Plan, Reference, Shape};

impl Objects<'_, '_> {
    /// Calls `each` for every slot of an object that may refer to another.
    #[inline]
    pub fn references(&self, object: u64, shape: &Shape, each: &mut impl FnMut(Reference)) {
        let heap = self.heap;
        if matches!(shape.plan, Plan::Generic) {
            return heap.references(object, each);
        }
        each(Reference {
            kind: EdgeType::Internal,
            name: Name::Label("map"),
            to: shape.map,
        });
        match shape.plan {
            Plan::Nothing | Plan::Generic => {}
            Plan::Array(from) => {
                let end = self.end(object, shape);
                for (index, offset) in (from..end).step_by(8).enumerate() {
                    let to = heap.field(object, offset);
                    each(Reference {
                        kind: EdgeType::Internal,
                        name: Name::Index(index as u32),
                        to,
                    });
                }
            }
            Plan::Hidden(from) => {
                for offset in (from..self.end(object, shape)).step_by(8) {
                    each(Reference {
                        kind: EdgeType::Hidden,
                        name: Name::Index(0),
                        to: heap.field(object, offset),
                    });
                }
            }
            Plan::Slots => self.slots(object, shape, each),
        }
    }

    fn slots(&self, object: u64, shape: &Shape, each: &mut impl FnMut(Reference)) {
        let heap = self.heap;
        for slot in &shape.slots {
            let to = heap.field(object, slot.offset);
            each(Reference {
                kind: slot.kind,
                name: slot.name,
                to,
            });
        }
        if shape.has_elements {
            let kind = heap.map_bits(shape.map).elements_kind;
            heap.element_references(heap.field(object, 16), kind, each);
        }
        if !shape.outside.is_empty() {
            let properties = heap.field(object, 8);
            for &(index, key) in &shape.outside {
                let to = heap.slot(properties, index);
                each(Reference {
                    kind: EdgeType::Property,
                    name: Name::Key(key),
                    to,
                });
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
