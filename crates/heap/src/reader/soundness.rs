//! Whether what was read of a heap is sound enough for an answer: bounds on what may be wrong. Reads nothing itself.

use crate::error::{HeapError, HeapErrorKind};
use crate::graph::Marks;

/// An isolate has at least so many objects: V8's own are some tens of thousands.
pub(super) const LEAST_OBJECTS: u64 = 100;
/// More wrong sizes in this many living objects mean that the layout is not the heap's.
const WRONG_SIZES: u64 = 5;
pub(super) const PER_OBJECTS: u64 = 100_000;
/// The same with garbage. What V8 has not swept yet may have maps that are something else by now: of a program that runs
/// one in 10,000 is usual.
pub(super) const PER_OBJECTS_WITH_GARBAGE: u64 = 5_000;
/// A heap is refused above one broken reference in this many living objects.
const PER_BROKEN: u64 = 100;

/// Refuses more wrong sizes than there may be in so many objects.
pub(super) fn few(wrong: u64, objects: u64, per_objects: u64) -> Result<(), HeapError> {
    if wrong <= WRONG_SIZES.max(objects / per_objects * WRONG_SIZES) {
        return Ok(());
    }
    let message = format!(
        "{wrong} of {objects} objects have sizes that cannot be right: this V8's layout is not known"
    );
    Err(HeapError::new(HeapErrorKind::Unsound, message))
}

/// Whether what the roots reach is sound enough for an answer.
pub(super) fn check(marks: &Marks, reached: u64, is_at_rest: bool) -> Result<(), HeapError> {
    let unsound = |message: String| Err(HeapError::new(HeapErrorKind::Unsound, message));
    if reached < LEAST_OBJECTS {
        return unsound(
            "the roots of this isolate reach next to nothing: its table of roots was not found"
                .to_owned(),
        );
    }
    if is_at_rest && marks.freed > 0 {
        return unsound(format!(
            "{} references of living objects lead to memory that V8 has freed: what is behind them cannot be seen",
            marks.freed
        ));
    }
    let broken = marks.dangling + marks.outside;
    if broken > reached / PER_BROKEN {
        return unsound(format!(
            "{broken} references of {reached} living objects lead to no object: too much of the heap is missing or was being changed"
        ));
    }
    Ok(())
}
