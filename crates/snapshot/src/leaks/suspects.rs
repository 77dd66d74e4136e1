//! The few groups of objects that keep most of the heap, one finding for each
//! leak. One snapshot cannot tell a leak from a cache: what is said here is who
//! keeps how much, and how sure one can be that nobody meant to.
//!
//! Groups are of one slot (see `slots`); what hangs below a group is part of it.
//! The rules on shares are in the spirit of Eclipse MAT's leak suspects; those on
//! counts are the SmartOS investigation guide's.

use super::super::Analysis;
use super::super::columns::Snapshot;
use super::super::types::NodeOrdinal;
use super::kinds::{Certainty, Kind, kind_of};
use super::routes::{RouteIndex, Ways};
use super::signature::{is_module, signature};
use super::slots::{Slot, main_route, slots};
use super::sources::module_file;
use memwatch_order::{sort_by, sort_by_key};

/// What is small enough to be nobody's concern. Measured on idle http and express
/// servers of Node 18 to 26: the groups that keep most are Node's own modules
/// (441 objects, 0.5 MB) and its errors (300, 0.3 MB); the largest by number, its
/// primordials apart, are MIME types (941 strings, 0.04 MB). No group comes near
/// both bounds, of number and of bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Objects one holder, or one chain, must have.
    pub min_held: u64,
    /// Bytes the group must retain.
    pub min_bytes: u64,
    /// Bytes a group must retain that is odd by its count alone: listeners,
    /// timers, reactions of one promise, links of a chain.
    pub min_odd_bytes: u64,
    /// Share of the heap the group must retain.
    pub min_share: f64,
    /// A group of fewer objects counts if it retains so many bytes …
    pub few_bytes: u64,
    /// … and so large a share; its holder must still have [`Self::few_held`].
    pub few_share: f64,
    /// Objects that make a group at all.
    pub few_held: u64,
    /// The same of what native code holds: an idle Node.js has some dozens of most classes there.
    pub few_handles: u64,
    /// Bytes of a single object that is a finding by itself.
    pub single_bytes: u64,
    /// Share of a single object.
    pub single_share: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            min_held: 1_000,
            // 256 bytes each for a thousand.
            min_bytes: 256 << 10,
            // A thousand of the smallest, at 64 bytes each.
            min_odd_bytes: 64 << 10,
            // Below, freeing it all would hardly be noticed.
            min_share: 0.03,
            // A few large ones: 20 requests with their bodies of 100 KB.
            few_bytes: 2 << 20,
            few_share: 0.2,
            few_held: 10,
            few_handles: 100,
            // MAT's single suspects start at 20 %.
            single_bytes: 2 << 20,
            single_share: 0.2,
        }
    }
}

/// A group of objects that share their holder.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The same in every run.
    pub signature: String,
    /// What sort of thing keeps them.
    pub kind: Kind,
    /// How sure one can be.
    pub certainty: Certainty,
    /// The class most of them have, and how many there are of each, the most
    /// first.
    pub classes: Vec<(String, u64)>,
    /// Objects.
    pub count: u64,
    /// Their own bytes.
    pub shallow_bytes: u64,
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
    /// Share of all bytes.
    pub share: f64,
    /// Bytes that would be freed with the one collection that has them all: what they
    /// share is in it. 0 if there is no such one.
    pub holder_bytes: u64,
    /// The object that has the most of them.
    pub holder: NodeOrdinal,
    /// How many that one has.
    pub held: u64,
    /// How many such objects there are.
    pub holders: u64,
    /// The one that retains most.
    pub example: NodeOrdinal,
}

/// A suspect with the routes it was found by.
pub(super) struct Found {
    pub suspect: Suspect,
    /// Whether its objects hold each other.
    pub is_chain: bool,
    /// Those of its objects.
    pub routes: Vec<RouteIndex>,
}

/// The suspects, in no order.
pub(super) fn suspects(
    snapshot: &Snapshot,
    analysis: &Analysis,
    ways: &Ways<'_>,
    thresholds: &Thresholds,
) -> Vec<Found> {
    let total = analysis.total_size(snapshot).max(1);
    let mut found = slots(
        snapshot,
        analysis,
        &ways.tree,
        &ways.routes,
        (thresholds.few_held, thresholds.few_held),
    );
    found.retain(|slot| is_heavy(slot, thresholds, total) && !is_own(snapshot, ways, slot));
    let slots = outermost(found, ways, |slot| is_heavy(slot, thresholds, total));
    let slots = merged(slots, ways);
    slots
        .into_iter()
        .map(|slot| heaviest(snapshot, ways, slot, total))
        .collect()
}

/// Those that keep most first, where what is surely wrong counts more than what
/// may be a cache.
pub(super) fn sort(suspects: &mut Vec<Found>) {
    let weight = |suspect: &Suspect| {
        let times = match suspect.certainty {
            Certainty::Possible => 1,
            Certainty::Likely => 4,
            Certainty::Probable => 8,
        };
        suspect.retained_bytes.saturating_mul(times)
    };
    sort_by(suspects, |a, b| {
        let (a, b) = (&a.suspect, &b.suspect);
        let by_weight = weight(b).cmp(&weight(a));
        by_weight.then_with(|| a.signature.cmp(&b.signature))
    });
}

fn is_heavy(slot: &Slot, thresholds: &Thresholds, total: u64) -> bool {
    let share = slot.retained_bytes as f64 / total as f64;
    // What many share is kept by all of them together. The table of a Map is not that.
    let is_shared = slot.shared_bytes >= slot.retained_bytes.saturating_mul(SHARED_TIMES);
    let kept = match is_shared {
        true => slot.shared_bytes,
        false => slot.retained_bytes,
    };
    let many = slot.held >= thresholds.min_held
        && kept >= thresholds.min_bytes
        && kept as f64 / total as f64 >= thresholds.min_share;
    // Where the count alone says that something is wrong, few bytes do.
    let odd = slot.is_odd
        && slot.held >= thresholds.min_held
        && slot.retained_bytes >= thresholds.min_odd_bytes;
    let few = slot.retained_bytes >= thresholds.few_bytes
        && share >= thresholds.few_share
        && (!slot.is_handles || slot.held >= thresholds.few_handles);
    many || odd || few
}

/// Whether V8 or Node keeps it for itself, or it is data that was loaded.
pub(super) fn is_own(snapshot: &Snapshot, ways: &Ways<'_>, slot: &Slot) -> bool {
    // Hidden classes, code, feedback; or roots of V8's own.
    ways.routes.get(slot.routes[0]).is_internal
        || is_builtin(ways, slot)
        || is_own_route(ways, slot.routes[0])
        || is_type_stripper(ways, slot.routes[0])
        || is_loaded_data(snapshot, ways, slot.holder)
}

/// Whether it is Node's list of its builtin modules.
fn is_builtin(ways: &Ways<'_>, slot: &Slot) -> bool {
    let routes = &ways.routes;
    let main = routes.get(main_route(routes, slot));
    matches!(
        routes.keys.text(main.class),
        "BuiltinModule" | "NativeModule"
    )
}

/// Whether it is part of the parser that Node loads with the first file that has types: a
/// program in WebAssembly, as large as half of an idle heap.
pub(super) fn is_type_stripper(ways: &Ways<'_>, route: RouteIndex) -> bool {
    let routes = &ways.routes;
    let mut is_nodes = false;
    routes.line(route).into_iter().any(|index| {
        let step = routes.get(index);
        let edge = routes.keys.text(step.edge);
        is_nodes |= routes.keys.text(step.class) == "BuiltinModule";
        edge == "context.loadTypeScriptParser" || is_nodes && edge == "context.import_wasm"
    })
}

/// As [`is_own`], for one object.
pub(super) fn is_own_node(snapshot: &Snapshot, ways: &Ways<'_>, node: NodeOrdinal) -> bool {
    let route = ways.routes.of_node(node);
    is_own_route(ways, route)
        || is_type_stripper(ways, route)
        || is_loaded_data(snapshot, ways, node)
}

fn is_own_route(ways: &Ways<'_>, route: RouteIndex) -> bool {
    let routes = &ways.routes;
    let line = routes.line(route);
    // What a module of the program holds is the program's, by whatever way Node has the module.
    let is_module = |&index: &RouteIndex| is_module(routes.keys.text(routes.get(index).class));
    let start = line.iter().rposition(is_module).unwrap_or(0);
    line[start..].iter().any(|&index| {
        let route = routes.get(index);
        let edge = routes.keys.text(route.edge);
        matches!(
            edge,
            ".primordials" | "context.primordials" | "context.internalBinding"
        )
    })
}

/// Whether the object is a part of a JSON file that was loaded.
fn is_loaded_data(snapshot: &Snapshot, ways: &Ways<'_>, node: NodeOrdinal) -> bool {
    let way = ways.tree.way(snapshot, node);
    way.iter().any(|step| {
        snapshot
            .strings()
            .is(snapshot.name_index(step.from), "Module")
            && module_file(snapshot, step.from).is_some_and(|file| file.ends_with(".json"))
    })
}

/// Of groups that hang below one another, the one that is the leak. If nearly
/// each object of the upper one has its own part of the lower, the lower is part
/// of the upper. Otherwise the lower stands for itself, and the upper for what is
/// left of it.
pub(super) fn outermost(
    mut slots: Vec<Slot>,
    ways: &Ways<'_>,
    counts: impl Fn(&Slot) -> bool,
) -> Vec<Slot> {
    // Deepest first.
    sort_by_key(&mut slots, |slot| {
        std::cmp::Reverse(ways.routes.get(slot.parent).depth)
    });
    let mut kept = vec![true; slots.len()];
    for lower in 0..slots.len() {
        if !counts(&slots[lower]) {
            kept[lower] = false;
            continue;
        }
        let line = ways.routes.line(slots[lower].parent);
        let upper = (lower + 1..slots.len())
            .find(|&upper| slots[upper].all_routes().any(|route| line.contains(&route)));
        let Some(upper) = upper else { continue };
        if slots[lower].holders >= slots[upper].count / PART_OF_MANY {
            kept[lower] = false;
            // What is to the right of a link to the left is one more of the same tree.
            let class = |slot: &Slot| ways.routes.get(main_route(&ways.routes, slot)).class;
            let (below, above) = (&slots[lower], &slots[upper]);
            if below.is_chain && above.is_chain && class(below) == class(above) {
                let routes: Vec<RouteIndex> = below.all_routes().collect();
                slots[upper].sides.extend(routes);
            }
        } else {
            let bytes = slots[lower].retained_bytes;
            let kept = bytes.max(slots[lower].holder_bytes);
            let upper = &mut slots[upper];
            upper.retained_bytes = upper.retained_bytes.saturating_sub(bytes);
            upper.shared_bytes = upper.shared_bytes.saturating_sub(kept);
        }
    }
    let mut kept = kept.into_iter();
    slots.retain(|_| kept.next().unwrap_or_default());
    slots
}

/// If a collection keeps so many times what its objects keep each alone, they share
/// what makes the difference.
const SHARED_TIMES: u64 = 2;

/// If one in so many objects of a group has a part of another group, that one
/// is spread over it.
const PART_OF_MANY: u64 = 10;

/// Makes one of slots that have their holder and class in common: both ends of
/// a doubly linked list, the sides of a tree, the entries of a Map that are there twice.
fn merged(slots: Vec<Slot>, ways: &Ways<'_>) -> Vec<Slot> {
    let mut kept: Vec<Slot> = Vec::new();
    for slot in slots {
        let class = |slot: &Slot| ways.routes.get(main_route(&ways.routes, slot)).class;
        let twin = kept
            .iter_mut()
            .find(|other| other.holder == slot.holder && class(other) == class(&slot));
        match twin {
            Some(twin) => {
                twin.count += slot.count;
                twin.held = twin.held.max(slot.held);
                twin.shallow_bytes = twin.shallow_bytes.saturating_add(slot.shallow_bytes);
                twin.retained_bytes = twin.retained_bytes.saturating_add(slot.retained_bytes);
                if twin.is_chain && slot.is_chain {
                    twin.sides.extend(slot.all_routes());
                }
            }
            None => kept.push(slot),
        }
    }
    kept
}

/// A slot as a suspect: the class most of it has stands for it.
pub(super) fn heaviest(snapshot: &Snapshot, ways: &Ways<'_>, slot: Slot, total: u64) -> Found {
    let routes = &ways.routes;
    let main = main_route(&ways.routes, &slot);
    let mut classes: Vec<(String, u64)> = Vec::new();
    for index in slot.all_routes() {
        let route = routes.get(index);
        let (class, count) = (routes.keys.text(route.class), u64::from(route.count));
        match classes.iter_mut().find(|known| known.0 == class) {
            Some(known) => known.1 += count,
            None => classes.push((class.to_owned(), count)),
        }
    }
    let main_class = routes.keys.text(routes.get(main).class).to_owned();
    sort_by(&mut classes, |a, b| {
        (b.0 == main_class)
            .cmp(&(a.0 == main_class))
            .then(b.1.cmp(&a.1))
            .then(a.0.cmp(&b.0))
    });
    let count = classes.first().map_or(0, |&(_, count)| count);
    let (kind, certainty) = kind_of(ways, snapshot, &slot, main);
    if let Some(class) = class_below(ways, kind, main) {
        classes.insert(0, class);
    }
    let suspect = Suspect {
        signature: signature(ways, main),
        kind,
        certainty,
        classes,
        count,
        shallow_bytes: slot.shallow_bytes,
        retained_bytes: slot.retained_bytes,
        share: slot.retained_bytes as f64 / total as f64,
        holder_bytes: slot.holder_bytes,
        holder: slot.holder,
        held: slot.held,
        holders: slot.holders,
        example: slot.example,
    };
    Found {
        suspect,
        is_chain: slot.is_chain,
        routes: slot.all_routes().collect(),
    }
}

/// The edge from a handle of Node's to the object that programs have: from `TCP` to `Socket`.
const OWNER: &str = ".<symbol owner_symbol>";

/// The class by which the objects of a slot are known to the one who wrote the
/// program, where the slot has something else of each: a module for its job in the
/// loader's list, the object for the function that is to clean up after it.
fn class_below(ways: &Ways<'_>, kind: Kind, main: RouteIndex) -> Option<(String, u64)> {
    let routes = &ways.routes;
    let main_route = routes.get(main);
    let is_wanted: fn(&str) -> bool = match kind {
        Kind::Modules if !is_module(routes.keys.text(main_route.class)) => is_module,
        Kind::FinalizationRegistry if routes.keys.text(main_route.class).ends_with("()") => {
            |class| !class.ends_with(')')
        }
        Kind::Handles => |class| class != "Object",
        _ => return None,
    };
    let candidates = routes.routes.iter().enumerate().filter(|(at, route)| {
        let index = RouteIndex(*at as u32);
        // Nearly each of them has one.
        is_wanted(routes.keys.text(route.class))
            && (kind != Kind::Handles || routes.keys.text(route.edge) == OWNER)
            && u64::from(route.count) * 10 >= u64::from(main_route.count) * 8
            && route.depth > main_route.depth
            && routes.line(index).contains(&main)
    });
    let nearest = candidates
        .min_by_key(|(_, route)| (route.depth, std::cmp::Reverse(route.count), route.hash));
    nearest.map(|(_, route)| {
        let class = routes.keys.text(route.class).to_owned();
        (class, u64::from(route.count))
    })
}
