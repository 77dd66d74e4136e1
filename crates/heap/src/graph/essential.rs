//! Objects that V8's generator leaves out because everything refers to them: undefined and its
//! like, and empty arrays. With them a graph has twice the edges and says no more.

use super::Objects;
use crate::layout::Kind;

impl Objects<'_, '_> {
    /// Whether V8's generator leaves the object out.
    pub fn is_left_out(&self, object: u64, kind: Kind) -> bool {
        let is_empty = || self.heap.field(object, 8) == 0;
        match kind {
            Kind::Oddball => true,
            Kind::FixedArray
            | Kind::WeakFixedArray
            | Kind::ByteArray
            | Kind::PropertyArray
            | Kind::DoubleArray => {
                is_empty() && self.heap.page_at(object).is_some_and(|page| page.read_only)
            }
            _ => false,
        }
    }
}
