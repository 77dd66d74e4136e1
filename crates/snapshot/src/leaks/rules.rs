//! What an experienced eye notices on a heap, after the SmartOS guide to memory
//! leaks: one type with more than twice the instances of the next, objects with
//! very many properties, functions with very many instances, large collections,
//! modules loaded again and again, realms that are left over. Says what it sees,
//! not that it leaks; says nothing of a healthy program.

use rustc_hash::FxHashMap;

use super::super::strings::remembered;
use super::super::types::{Location, NodeOrdinal, NodeType, StringIndex};
use super::access::End;
use super::kinds::Kind;
use super::parts::AccessPath;
use super::routes::RouteIndex;
use super::slots::slots;
use super::sources::module_file;
use super::suspects::{heaviest, is_own};
use super::tags::is_realm;
use super::{Finding, Investigation};
use memwatch_order::{sort_by, sort_by_key};

/// Instances below which no type stands out: a bare Node has 3 000 of its most
/// frequent.
const MIN_INSTANCES: u64 = 10_000;
/// The guide's factor between a type and the next.
const FACTOR: u64 = 2;
/// Entries of a collection, or properties of an object. The largest of Node's
/// own, its primordials, has up to 1 400; the table of MIME types of express
/// 2 500, but that is a JSON module.
const MIN_ENTRIES: u64 = 2_000;
/// Bytes what is noticed must keep: 2 000 small objects.
const MIN_BYTES: u64 = 128 << 10;
/// Closures of one function: a bare Node has some 1 000 of its most frequent.
const MIN_CLOSURES: u64 = 5_000;
/// Times one file must be loaded: twice happens (with and without a query).
const MIN_LOADS: u64 = 10;
/// Realms beyond the program's own. Node itself makes one more for some of its
/// features, test runners one for each file.
const MIN_REALMS: u64 = 10;

/// What was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// More than twice the instances of the next type.
    DominantClass,
    /// An object with very many properties.
    ManyProperties,
    /// A Map, Set or array with very many entries.
    LargeCollection,
    /// An event with very many listeners, or a long list of callbacks.
    ManyListeners,
    /// A function with very many instances.
    ManyClosures,
    /// One file loaded as a module very often.
    ModuleReloads,
    /// Realms: contexts of `vm`, windows.
    Realms,
}

/// Something noticed.
#[derive(Clone, Debug)]
pub struct Observation {
    /// By which rule.
    pub rule: Rule,
    /// What it is about: a class, a function, a file.
    pub subject: String,
    /// How many.
    pub count: u64,
    /// What it is compared with: the instances of the next type.
    pub against: Option<u64>,
    /// Bytes: retained, of collections; their own, of instances.
    pub bytes: u64,
    /// One of them, or what holds them.
    pub example: NodeOrdinal,
    /// The way to it.
    pub path: Option<AccessPath>,
    /// Of a collection, one of its entries; else as `example`.
    pub(super) entry: NodeOrdinal,
}

pub(super) fn observations(
    investigation: &mut Investigation<'_>,
    findings: &[Finding],
) -> Vec<Observation> {
    let mut seen = collections(investigation, findings);
    let told = |name: &str| {
        let mut classes = findings.iter().flat_map(|finding| &finding.suspect.classes);
        classes.any(|(class, _)| class == name)
    };
    let mut covered: Vec<NodeOrdinal> = findings.iter().map(|one| one.suspect.example).collect();
    let dominant = dominant_class(investigation).filter(|one| {
        let route = investigation.ways.routes.of_node(one.example);
        !told(&one.subject) && !is_below(investigation, route, covered.iter().copied())
    });
    seen.extend(dominant);
    covered.extend(seen.iter().map(|one| one.entry));
    seen.extend(closures(investigation, &covered));
    seen.extend(modules(investigation));
    seen.extend(realms(investigation));
    seen
}

/// Collections that are no findings of their own.
fn collections(investigation: &mut Investigation<'_>, findings: &[Finding]) -> Vec<Observation> {
    let (snapshot, analysis) = (investigation.snapshot, investigation.analysis);
    let ways = &investigation.ways;
    let mut large = slots(
        snapshot,
        analysis,
        &ways.tree,
        &ways.routes,
        (MIN_ENTRIES, MIN_ENTRIES),
    );
    large.retain(|slot| {
        slot.retained_bytes >= MIN_BYTES
            && !slot.is_chain
            && !is_own(snapshot, ways, slot)
            && !findings
                .iter()
                .any(|finding| finding.suspect.holder == slot.holder)
            && !is_below(
                investigation,
                slot.parent,
                findings.iter().map(|one| one.suspect.example),
            )
    });
    sort_by_key(&mut large, |slot| {
        (std::cmp::Reverse(slot.retained_bytes), slot.holder)
    });
    let described = large.into_iter().map(|slot| {
        let found = heaviest(snapshot, ways, slot, u64::MAX);
        let rule = match found.suspect.kind {
            Kind::Listeners => Rule::ManyListeners,
            Kind::Dictionary => Rule::ManyProperties,
            _ => Rule::LargeCollection,
        };
        (rule, found)
    });
    let described: Vec<_> = described.collect();
    let described = described.into_iter();
    described
        .map(|(rule, found)| {
            let suspect = found.suspect;
            Observation {
                rule,
                subject: investigation.class_of(suspect.example),
                count: suspect.count,
                against: None,
                bytes: suspect.retained_bytes,
                example: suspect.holder,
                path: Some(investigation.path(suspect.example, End::Slot)),
                entry: suspect.example,
            }
        })
        .collect()
}

/// Whether a route passes one of these nodes' routes.
fn is_below(
    investigation: &Investigation<'_>,
    route: RouteIndex,
    nodes: impl IntoIterator<Item = NodeOrdinal>,
) -> bool {
    let routes = &investigation.ways.routes;
    let line = routes.line(route);
    nodes
        .into_iter()
        .any(|node| line.contains(&routes.of_node(node)))
}

/// The type of JavaScript objects that stands out, if one does.
fn dominant_class(investigation: &Investigation<'_>) -> Option<Observation> {
    let snapshot = investigation.snapshot;
    let mut counts: FxHashMap<u32, (u64, u64, NodeOrdinal)> = FxHashMap::default();
    for node in snapshot.ordinals() {
        if snapshot.node_type(node) == NodeType::Object
            && !investigation.ways.routes.is_storage(node)
        {
            let entry = counts
                .entry(snapshot.name_index(node).0)
                .or_insert((0, 0, node));
            entry.0 += 1;
            entry.1 = entry
                .1
                .saturating_add(investigation.analysis.shallow.of(node));
        }
    }
    let is_plain = |name| {
        let mut plain = PLAIN.iter();
        plain.any(|text| snapshot.strings().is(StringIndex(name), text))
    };
    let mut counts: Vec<_> = counts
        .into_iter()
        .filter(|&(name, _)| !is_plain(name))
        .collect();
    sort_by_key(&mut counts, |&(name, (count, ..))| {
        (std::cmp::Reverse(count), name)
    });
    let &(name, (count, bytes, example)) = counts.first()?;
    let next = counts.get(1).map_or(0, |&(_, (count, ..))| count);
    (count >= MIN_INSTANCES && count > next * FACTOR).then(|| Observation {
        rule: Rule::DominantClass,
        subject: snapshot.strings().get(StringIndex(name)).into_owned(),
        count,
        against: Some(next),
        bytes,
        example,
        path: None,
        entry: example,
    })
}

/// Functions by where they stand.
fn closures(investigation: &mut Investigation<'_>, covered: &[NodeOrdinal]) -> Vec<Observation> {
    let snapshot = investigation.snapshot;
    let mut counts: FxHashMap<Location, (u64, u64, NodeOrdinal)> = FxHashMap::default();
    for node in snapshot.ordinals() {
        if snapshot.node_type(node) == NodeType::Closure
            && let Some(location) = snapshot.location(node)
        {
            let entry = counts.entry(location).or_insert((0, 0, node));
            entry.0 += 1;
            entry.1 = entry
                .1
                .saturating_add(investigation.analysis.shallow.of(node));
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.retain(|&(_, (count, bytes, example))| {
        let route = investigation.ways.routes.of_node(example);
        count >= MIN_CLOSURES
            && bytes >= MIN_BYTES
            && !is_below(investigation, route, covered.iter().copied())
    });
    sort_by_key(&mut counts, |&(at, (count, ..))| {
        (std::cmp::Reverse(count), at)
    });
    let counts = counts.into_iter();
    counts
        .map(|(_, (count, bytes, example))| Observation {
            rule: Rule::ManyClosures,
            subject: investigation.class_of(example),
            count,
            against: None,
            bytes,
            example,
            path: Some(investigation.path_to(example)),
            entry: example,
        })
        .collect()
}

/// What every program has most of, which says nothing about it.
const PLAIN: [&str; 2] = ["Object", "Array"];

/// Files that several modules were made of.
fn modules(investigation: &Investigation<'_>) -> Vec<Observation> {
    let snapshot = investigation.snapshot;
    let mut counts: FxHashMap<String, (u64, u64, NodeOrdinal)> = FxHashMap::default();
    let mut is_module = remembered(|name| snapshot.strings().is(name, "Module"));
    for node in snapshot.ordinals() {
        let es_modules = investigation.ways.words.modules();
        let is_common =
            snapshot.node_type(node) == NodeType::Object && is_module(snapshot.name_index(node));
        let name = match is_common {
            true => module_file(snapshot, node),
            false if es_modules.is_source(node) => es_modules.file(node).map(str::to_owned),
            false => None,
        };
        if let Some(name) = name {
            let entry = counts.entry(name).or_insert((0, 0, node));
            entry.0 += 1;
            let retained = investigation.analysis.dominators.retained_size(node);
            entry.1 = entry.1.saturating_add(retained);
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.retain(|(_, (count, ..))| *count >= MIN_LOADS);
    sort_by(&mut counts, Ord::cmp);
    let counts = counts.into_iter();
    counts
        .map(|(file, (count, bytes, example))| Observation {
            rule: Rule::ModuleReloads,
            subject: file,
            count,
            against: None,
            bytes,
            example,
            path: None,
            entry: example,
        })
        .collect()
}

/// Realms: each has its own set of builtins. What keeps one is the object that it
/// would be freed with.
fn realms(investigation: &mut Investigation<'_>) -> Option<Observation> {
    let snapshot = investigation.snapshot;
    let realms = snapshot.ordinals().filter(|&node| is_realm(snapshot, node));
    let realms: Vec<NodeOrdinal> = realms.collect();
    if (realms.len() as u64) < MIN_REALMS {
        return None;
    }
    let dominators = &investigation.analysis.dominators;
    let retained = |&node: &NodeOrdinal| dominators.retained_size(node);
    let bytes = realms.iter().map(retained).fold(0, u64::saturating_add);
    let routes = &investigation.ways.routes;
    let mut keepers: FxHashMap<RouteIndex, (usize, NodeOrdinal)> = FxHashMap::default();
    for &realm in &realms {
        let mut keeper = dominators.immediate(realm);
        while keeper != snapshot.root() && snapshot.node_type(keeper) != NodeType::Object {
            keeper = dominators.immediate(keeper);
        }
        keepers
            .entry(routes.of_node(keeper))
            .or_insert((0, keeper))
            .0 += 1;
    }
    let most = keepers
        .into_values()
        .max_by_key(|&(count, node)| (count, node));
    let example = most.map_or(realms[0], |(_, keeper)| keeper);
    Some(Observation {
        rule: Rule::Realms,
        subject: "NativeContext".to_owned(),
        count: realms.len() as u64,
        against: None,
        bytes,
        example,
        path: Some(investigation.path_to(example)),
        entry: example,
    })
}
