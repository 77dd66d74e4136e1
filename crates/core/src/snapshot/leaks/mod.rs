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
mod routes;
mod sources;
mod tree;
mod words;

pub use access::{AccessPart, AccessPath};
pub use sources::Place;
pub use tree::PathTree;

/// temp
pub fn dump(snapshot: &super::Snapshot, analysis: &super::Analysis) {
    let t = std::time::Instant::now();
    let ways = routes::Ways::of(snapshot, &analysis.names);
    println!("{:?} routes {}", t.elapsed(), ways.routes.routes.len());
    // slots: (parent, edge)
    let mut slots: std::collections::HashMap<(u32, u32), (u64, u64, u32, bool)> = Default::default();
    for (i, r) in ways.routes.routes.iter().enumerate() {
        let e = slots.entry((r.parent.0, r.edge.0)).or_default();
        e.0 += r.count as u64;
        e.2 = i as u32;
        e.3 |= r.period.is_some();
    }
    let mut maxheld = vec![0u32; ways.routes.routes.len()];
    for n in snapshot.ordinals() {
        let r = ways.routes.of_node(n);
        let p = ways.routes.get(r).parent;
        let s = slots.get_mut(&(p.0, ways.routes.get(r).edge.0)).unwrap();
        s.1 += analysis.shallow.of(n);
        if !ways.routes.is_storage(n) {
            let h = ways.routes.holder(n);
            maxheld[r.index()] = maxheld[r.index()].max(ways.routes.held(h));
        }
    }
    let mut v: Vec<_> = slots.into_iter().collect();
    v.sort_by_key(|x| std::cmp::Reverse(x.1.0));
    for ((_p, _e), (count, bytes, ex, fold)) in v.into_iter().take(40) {
        let r = &ways.routes.routes[ex as usize];
        let line: String = ways.routes.line(routes::RouteIndex(ex)).iter().map(|&r| {
            let r = ways.routes.get(r);
            let mut c = ways.routes.keys.text(r.class).to_string(); c.truncate(40);
            format!(" {} <{}>", ways.routes.keys.text(r.edge), c)
        }).collect();
        println!("{count} {bytes}B held {} fold {fold} sys {} int {} steps {}-{}: {line}", maxheld[ex as usize], r.is_system, r.is_internal, r.min_steps, r.max_steps);
    }
}
