//! Who keeps what leaks? Ways from the roots, told as a programmer would write
//! them; the groups of objects that keep most of the heap, one finding for each
//! leak; what grew from snapshot to snapshot. Computes only: the reports are in
//! `report`, the words around them in `text`.
//!
//! | module | question it answers |
//! | --- | --- |
//! | `words` | which edges could a program have written, which nodes are storage? |
//! | `tree` | which way leads to each node? |
//! | `keys`, `routes` | which nodes are kept in the same way? |

mod access;
mod fold;
mod keys;
mod kinds;
mod routes;
mod signature;
mod slots;
mod sources;
mod suspects;
mod tree;
mod words;

pub use access::{AccessPart, AccessPath, Turn};
pub use kinds::{Confidence, Kind};
pub use sources::Place;
pub use suspects::{Suspect, Thresholds};
pub use tree::PathTree;


use super::{Analysis, Snapshot};

/// temp
pub fn dump(snapshot: &Snapshot, analysis: &Analysis) {
    let t = std::time::Instant::now();
    let mut ways = routes::Ways::of(snapshot, &analysis.names);
    println!("{:?} routes {}", t.elapsed(), ways.routes.routes.len());
    let found = suspects::suspects(snapshot, analysis, &ways, &Thresholds::default());
    println!("{:?} {}", t.elapsed(), analysis.total_size(snapshot));
    for f in found {
        let s = &f.suspect;
        let mut w = access::Writer { snapshot, words: &mut ways.words };
        let p = w.path(&ways.tree, s.example, access::End::Slot);
        println!("{} {:?} {:?} count {} ret {} {:.1}% held {} holders {} {:?}", s.signature, s.kind, s.confidence, s.count, s.retained_bytes, s.share*100., s.held, s.holders, &s.classes[..s.classes.len().min(4)]);
        let text: String = p.parts.iter().map(|x| format!("{}{}{}", if x.arrow {" → "} else {""}, x.text, x.turn.filter(|t| t.at+1==t.length).map(|t| format!(" … x{}", t.times)).unwrap_or_default())).collect();
        println!("   {text}");
        println!("   {}", signature::route_text(&ways.routes, suspects::main_route(&ways, &f.slot)));
    }
}
