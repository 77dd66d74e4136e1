//! Two things at once, when the caller allows a second thread. Nothing here
//! decides to start one.

/// Does both, at once if `threads` is more than 1. A panic in either comes out
/// of this call.
pub(crate) fn both<A, B: Send>(
    threads: usize,
    here: impl FnOnce() -> A,
    there: impl FnOnce() -> B + Send,
) -> (A, B) {
    if threads <= 1 {
        return (here(), there());
    }
    std::thread::scope(|scope| {
        let other = scope.spawn(there);
        let mine = here();
        match other.join() {
            Ok(theirs) => (mine, theirs),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
