//! Do the ids of two snapshots mean the same objects? V8 gives an object one number for its
//! life, but starts anew in another process, and in the same one when the inspector leaves
//! (`HeapProfiler.disable`). Counts what one numbering cannot show; decides on nothing else.

use super::types::NodeType;

/// What an object stays for its whole life, whatever V8 makes of it meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// Flat, put together or a part of another: V8 changes that in place.
    String,
    Object,
    Function,
    RegExp,
    Number,
    Symbol,
    BigInt,
    /// V8's own: code, hidden classes, stores. Its names for these depend on who refers to
    /// them.
    Internal,
}

impl Nature {
    /// `None` for what V8 numbers in another way, such as by address.
    pub(crate) const fn of(node_type: NodeType) -> Option<Self> {
        Some(match node_type {
            NodeType::String | NodeType::ConsString | NodeType::SlicedString => Self::String,
            NodeType::Object => Self::Object,
            NodeType::Closure => Self::Function,
            NodeType::RegExp => Self::RegExp,
            NodeType::Number => Self::Number,
            NodeType::Symbol => Self::Symbol,
            NodeType::BigInt => Self::BigInt,
            NodeType::Hidden | NodeType::Code | NodeType::Array | NodeType::ObjectShape => {
                Self::Internal
            }
            NodeType::Native | NodeType::Synthetic | NodeType::WasmObject | NodeType::Other => {
                return None;
            }
        })
    }
}

/// V8 numbers the objects of its own heap with odd numbers, in ascending order of when it
/// first met them.
pub(super) const fn is_numbered(id: u64) -> bool {
    id % 2 == 1
}

/// What was counted over the numbered objects of two snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Numbering {
    /// Ids that are in both.
    pub same: u64,
    /// Of these, how many are of another [`Nature`] in the later one.
    pub others: u64,
    /// Ids of the later one that are not in the earlier, below the earlier's largest. One
    /// numbering never goes back.
    pub inserted: u64,
    /// Ids of the earlier one that are not in the later, below the later's largest: objects
    /// that were freed, under one numbering. Under a new one, which has no gaps, there are few.
    pub gaps: u64,
}

/// Of the ids in both, so many may be of another nature. From V8 13 on, an object in some
/// programs takes over the id of another that died: up to 0.7 % were measured.
const MOST_OTHERS: f64 = 0.05;
/// The same, where next to nothing was freed for such an object to take over from. Between two
/// numberings of one process as little as 0.097 % were measured, where it had hardly changed; of one
/// numbering none.
const MOST_OTHERS_WITHOUT_GAPS: f64 = 0.0002;
/// Ids below the earlier's largest that are new: none in 15 pairs of one numbering.
const MOST_INSERTED: f64 = 0.001;

impl Numbering {
    /// Counts an id that is in both.
    pub(crate) fn met(&mut self, before: Option<Nature>, after: Option<Nature>) {
        if let (Some(before), Some(after)) = (before, after) {
            self.same += 1;
            self.others += u64::from(before != after);
        }
    }

    /// Whether the ids mean the same objects.
    pub(crate) fn is_one(&self) -> bool {
        let most = |share: f64| self.same as f64 * share;
        let others = self.others as f64;
        self.same > 0
            && others <= most(MOST_OTHERS)
            && self.inserted as f64 <= most(MOST_INSERTED).max(1.0)
            && (others <= most(MOST_OTHERS_WITHOUT_GAPS).max(1.0) || self.gaps * 2 >= self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::Numbering;

    fn is_one(same: u64, others: u64, inserted: u64, gaps: u64) -> bool {
        let numbering = Numbering {
            same,
            others,
            inserted,
            gaps,
        };
        numbering.is_one()
    }

    #[test]
    fn one_numbering_is_told_from_two() {
        // Measured of one process, Node 18, 24 and 26, and of two numberings.
        assert!(is_one(32_339, 0, 0, 1_000));
        assert!(is_one(332_762, 2_178, 0, 10_000));
        assert!(is_one(335_078, 559, 0, 10_000));
        assert!(!is_one(34_537, 10_000, 0, 0));
        assert!(!is_one(34_602, 520, 0, 0));
        // Node 20, two numberings with ten objects more between them, and one.
        assert!(!is_one(41_393, 40, 0, 0));
        assert!(is_one(41_397, 0, 0, 7));
        assert!(!is_one(34_602, 0, 400, 0));
        assert!(!is_one(0, 0, 0, 0));
        assert!(!is_one(10, 1, 0, 9));
        assert!(is_one(100, 1, 1, 0));
    }
}
