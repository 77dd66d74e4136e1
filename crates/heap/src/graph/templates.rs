//! What the nodes of all objects of a shape have in common: the name, the place in the source, and the edges that the map
//! alone gives. Found once a shape; most edges of a heap are among these.

use memwatch_snapshot::{EdgeType, NodeOrdinal, SourcePlace, StringIndex};

use super::fill::Filler;
use crate::layout::Kind;
use crate::objects::{Name, NodeName, Place, Plan, Shape, Slot};

/// A slot of every object of a shape, in the order of the edges.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// The same edge from each of them.
    Edge(EdgeType, StringIndex, NodeOrdinal),
    /// A word of the object, at this offset in bytes.
    Named(u64, EdgeType, StringIndex),
    /// Another slot, to be looked at object by object.
    Slot(Slot),
}

/// What all objects of a shape have in common.
#[derive(Debug)]
pub(super) struct Template {
    /// None where each object has its own.
    pub name: Option<StringIndex>,
    /// Where the constructor stands.
    pub place: Option<SourcePlace>,
    /// Of a shape whose plan is [`Plan::Slots`]; of others the edge to the map.
    pub steps: Vec<Step>,
}

impl Filler<'_, '_, '_> {
    /// What the objects of a shape have in common.
    pub(super) fn template(&mut self, shape: &Shape) -> Template {
        let heap = self.objects.heap;
        let name = match &shape.name {
            NodeName::Fixed(name) => Some(self.names.text(&mut self.builder, name)),
            NodeName::Own => None,
        };
        let place = match shape.kind {
            Kind::Function => None,
            _ => (self.locations).of_shape(&mut self.builder, heap, shape),
        };
        let map = Slot {
            place: Place::OfMap(shape.map),
            kind: EdgeType::Internal,
            name: Name::Label("map"),
        };
        let slots = match shape.plan {
            Plan::Slots => shape.slots.as_slice(),
            Plan::Generic => &[],
            _ => &[map],
        };
        let steps = slots.iter().filter_map(|slot| self.step(slot)).collect();
        Template { name, place, steps }
    }

    /// What is the same of a slot for all objects; nothing where none of them has an edge for it.
    fn step(&mut self, slot: &Slot) -> Option<Step> {
        let Slot { place, kind, name } = *slot;
        match place {
            Place::OfMap(to) if kind != EdgeType::Hidden => {
                let node = self.target(kind, to)?;
                let kind = if to & 2 != 0 { EdgeType::Weak } else { kind };
                let name = self.names.edge(&mut self.builder, self.objects.heap, name);
                Some(Step::Edge(kind, name, node))
            }
            Place::Inside(offset) if !kind.has_index() => {
                let name = self.names.edge(&mut self.builder, self.objects.heap, name);
                Some(Step::Named(offset, kind, name))
            }
            _ => Some(Step::Slot(*slot)),
        }
    }
}
