//! The references of an object by its shape: the same for marking, which wants no names, and for
//! the columns.

use memwatch_snapshot::EdgeType;

use super::Objects;
use crate::objects::{Name, Place, Plan, Reference, Shape};
use crate::space::View;

impl Objects<'_, '_> {
    /// Calls `each` for every slot of an object that may refer to another and that its map and its arrays do not keep
    /// anyway: many objects may have one array. The map itself is left out where the shape says which it is.
    #[inline]
    pub(crate) fn own_references(
        &self,
        object: u64,
        view: &View<'_, '_>,
        shape: &Shape,
        each: &mut impl FnMut(Reference),
    ) {
        match shape.plan {
            Plan::Slots => {
                for slot in &shape.slots {
                    if matches!(slot.place, Place::Inside(_) | Place::Prototype(_)) {
                        self.heap.slot_references(object, view, slot, each);
                    }
                }
            }
            Plan::Generic => self.heap.references(object, each),
            Plan::Nothing => {}
            Plan::Array(from) | Plan::Hidden(from) => {
                let kind = match shape.plan {
                    Plan::Array(_) => EdgeType::Internal,
                    _ => EdgeType::Hidden,
                };
                self.list_references(view, from, self.end(object, shape), kind, each);
            }
        }
    }

    /// The references of an array from an offset to an end, in bytes, each numbered by its slot.
    #[inline]
    pub(crate) fn list_references(
        &self,
        view: &View<'_, '_>,
        from: u64,
        end: u64,
        kind: EdgeType,
        each: &mut impl FnMut(Reference),
    ) {
        for (index, offset) in (from..end).step_by(8).enumerate() {
            let (name, to) = (Name::Index(index as u32), view.word(offset));
            each(Reference { kind, name, to });
        }
    }

    /// Where an object ends, at most where its page does. In bytes from its start.
    #[inline]
    pub(crate) fn end(&self, object: u64, shape: &Shape) -> u64 {
        let address = object & !3;
        let left = self
            .heap
            .page_at(address)
            .map_or(0, |page| page.end.saturating_sub(address));
        self.size(object, &self.heap.view(object), shape).min(left)
    }

    /// The size of an object, whatever its page has.
    #[inline]
    pub(crate) fn size(&self, object: u64, view: &View<'_, '_>, shape: &Shape) -> u64 {
        if shape.size != 0 {
            return shape.size;
        }
        // All kinds whose length is in the object have it behind the map.
        let size = self.heap.size_of_kind(shape.kind, view.word(8));
        size.unwrap_or_else(|| self.heap.size(object))
    }
}
