//! Where the function that an object is, or its constructor, stands in its source. Found once a
//! function and once a map.

use memwatch_snapshot::{Location, NodeType, SnapshotBuilder, SourcePlace};
use rustc_hash::FxHashMap;

use crate::layout::Kind;
use crate::objects::{Lines, Shape, constructor_of};
use crate::space::Heap;

/// Numbers of scripts that V8's own are not known of, in the order in which they are met. V8's are small integers,
/// so these are none of them.
const FIRST_NUMBER: u32 = 1 << 31;

/// The places that were found.
#[derive(Debug, Default)]
pub(super) struct Locations {
    lines: Lines,
    scripts: FxHashMap<u64, u32>,
    functions: FxHashMap<u64, Option<SourcePlace>>,
}

impl Locations {
    /// The place of all objects of a shape, if they have one: that of their constructor.
    pub(super) fn of_shape(
        &mut self,
        builder: &mut SnapshotBuilder,
        heap: &Heap<'_>,
        shape: &Shape,
    ) -> Option<SourcePlace> {
        if shape.node_type != NodeType::Object || shape.kind == Kind::Context {
            return None;
        }
        let constructor = constructor_of(heap, shape.map);
        // As V8: the constructor says nothing of a prototype, nor of what was made for another class.
        let bits = heap.map_bits(shape.map);
        let is_its_own = bits.new_target_is_base && !bits.is_prototype;
        if !is_its_own || !heap.is_function(constructor) {
            return None;
        }
        let shared = heap.field(constructor, heap.layout.offsets.function_shared);
        self.of_function(builder, heap, shared)
    }

    /// The place of a function, by its SharedFunctionInfo.
    pub(super) fn of_function(
        &mut self,
        builder: &mut SnapshotBuilder,
        heap: &Heap<'_>,
        shared: u64,
    ) -> Option<SourcePlace> {
        if let Some(&known) = self.functions.get(&shared) {
            return known;
        }
        let found = self.find(heap, shared);
        let found = found.map(|location| builder.place(location));
        self.functions.insert(shared, found);
        found
    }

    fn find(&mut self, heap: &Heap<'_>, shared: u64) -> Option<Location> {
        let place = heap.shared_place(shared)?;
        let at = self.lines.of(heap, place.script, place.position)?;
        let next = FIRST_NUMBER + self.scripts.len() as u32;
        let number = self.scripts.entry(place.script);
        let script_id = *number.or_insert_with(|| heap.script_id(place.script).unwrap_or(next));
        Some(Location {
            script_id,
            line: at.line,
            column: at.column,
        })
    }
}
