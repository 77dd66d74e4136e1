//! Which line? From V8's sampled allocations to the function to inspect.
//!
//! A sampling profile shows who allocated live objects, not who holds them. So a
//! suspect is a place to look, ranked by how much more is alive of what it allocated
//! ([`series`]) and how widely in time that is spread ([`ages`]).
//!
//! # The rule
//!
//! Bytes that grew are laid on the functions of their stack, each function once,
//! from the allocation outwards:
//!
//! 1. V8's, Node's and the watching tool's frames answer for nothing: `JSON.parse`
//!    or `Buffer.toString` work for who called them.
//! 2. A constructor stands behind its caller of the same package: it makes what it
//!    was asked for; who called `new` decides what becomes of it. (By its name: a
//!    capital letter.)
//! 3. Neighbouring frames of one package are a run. The first of a run answers fully,
//!    each further one for [`CALLER_SHARE`] of the one before; the first of the next
//!    run for [`RUN_SHARE`]. So a caller comes before its callees where none of them
//!    has most of its growth, as with templates and parsers, and a package comes
//!    before the code that uses it, which comes soon after.
//! 4. V8 compiles small functions into their callers, and records no frame of them.
//!    Where a CPU profile tells what runs inside of the innermost frame, that answers
//!    for a part of its bytes ([`inlined`]), the frame itself for the larger part.
//! 5. The sum of a function times the spread of its samples' ages is its score. The
//!    highest is the first suspect. What it answers for counts less for the next
//!    ones, least within the same package: they are to tell something new.
//!
//! Beside its rank a suspect has the parts of its growth that were allocated under each label, as the route that was
//! served ([`labels`]). They change no rank.
//!
//! Where no frame of a stack is the program's or a package's, the innermost of Node
//! stands for all of it.
//!
//! # What it cannot see
//!
//! Functions inlined into their callers where there is no CPU profile; allocations of
//! native code before any JavaScript runs; and who keeps the objects, which only a heap
//! snapshot tells.
//!
//! [`CALLER_SHARE`]: blame::CALLER_SHARE
//! [`RUN_SHARE`]: blame::RUN_SHARE

pub mod ages;
pub mod blame;
pub mod evidence;
pub mod inlined;
pub mod labels;
#[cfg(test)]
mod labels_oracle;
#[cfg(test)]
mod labels_tests;
pub mod owner;
pub mod profile;
pub mod series;
pub mod shares;
pub mod site;
pub mod suspects;
pub mod table;
#[cfg(test)]
mod testing;

pub use evidence::{Evidence, Moment};
pub use inlined::CallTree;
pub use labels::{Label, LabelBook, LabelKind};
pub use profile::{Function, Node, NodeIndex, Profile, Sample};
pub use series::Series;
pub use shares::LabelShare;
pub use site::Site;
pub use suspects::suspects;
pub use table::table;
