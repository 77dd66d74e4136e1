//! `diff` of three snapshots and more: classes that grow from each to the next.
//! Snapshots are taken in one after another; only their class tables are kept.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::super::classes::{Class, Precision};
use super::classes::class_table;
use super::diff::growth as growth_of;
use super::heap::Heap;
use super::info::{SnapshotInfo, SourcePosition};
use super::top::smallest;

/// How to answer [`growth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowthOptions {
    /// How many classes to list.
    pub top: usize,
}

impl Default for GrowthOptions {
    fn default() -> Self {
        Self { top: 20 }
    }
}

/// The class table of one snapshot, which outlives it.
#[derive(Clone, Debug)]
pub struct ClassTotals {
    info: SnapshotInfo,
    rows: Vec<(Class, Option<SourcePosition>, Totals)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    instances: u64,
    shallow_bytes: u64,
    retained_bytes: Option<u64>,
}

impl ClassTotals {
    /// Takes the table. For classes to be comparable, all heaps are to have the
    /// interfaces of one of them, see [`Heap::with_interfaces`]: the newest is
    /// the one that has what leaks.
    pub fn of(heap: &Heap<'_>) -> Self {
        let rows = class_table(heap).rows.into_iter();
        let rows = rows.map(|row| {
            let class = heap.classes().class(row.class);
            let totals = Totals {
                instances: row.count,
                shallow_bytes: row.shallow_size,
                retained_bytes: row.retained_size,
            };
            let position = class.location.map(|place| heap.position(place));
            (class.clone(), position, totals)
        });
        Self {
            info: heap.info(),
            rows: rows.collect(),
        }
    }
}

/// Classes that grew from each snapshot to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthAnswer {
    /// The snapshots, the oldest first.
    pub snapshots: Vec<SnapshotInfo>,
    /// How many classes grew every time.
    pub class_count: u64,
    /// The first of them: what has a constructor before V8's own, then the most
    /// growth.
    pub classes: Vec<GrowthEntry>,
}

/// A class that grew every time: in instances, or in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthEntry {
    /// As in `classes`.
    pub name: String,
    /// Where the constructor stands.
    pub position: Option<SourcePosition>,
    /// Instances in each snapshot.
    pub instances: Vec<u64>,
    /// Their shallow sizes in each snapshot.
    pub shallow_bytes: Vec<u64>,
    /// What the class retains in each snapshot.
    pub retained_bytes: Vec<Option<u64>>,
    /// Whether the instances became more every time.
    pub instances_grow: bool,
    /// Whether the bytes did.
    pub bytes_grow: bool,
}

/// Classes that have more instances, or more bytes, in each snapshot than in the
/// one before; the oldest snapshot first. The most growth of retained size comes
/// first, or of shallow size in a fast run, but V8's own, `(system)` and the
/// like, after what has a constructor. Of one snapshot, nothing grows.
pub fn growth(snapshots: &[ClassTotals], options: &GrowthOptions) -> GrowthAnswer {
    let mut entries = Vec::new();
    for (class, position, series) in series(snapshots) {
        let instances: Vec<u64> = series.iter().map(|one| one.instances).collect();
        let shallow_bytes: Vec<u64> = series.iter().map(|one| one.shallow_bytes).collect();
        let (instances_grow, bytes_grow) = (grows(&instances), grows(&shallow_bytes));
        if instances_grow || bytes_grow {
            entries.push(GrowthEntry {
                name: class.name.clone(),
                position: position.cloned(),
                instances,
                shallow_bytes,
                retained_bytes: series.iter().map(|one| one.retained_bytes).collect(),
                instances_grow,
                bytes_grow,
            });
        }
    }
    GrowthAnswer {
        snapshots: snapshots.iter().map(|one| one.info.clone()).collect(),
        class_count: entries.len() as u64,
        classes: smallest(entries, options.top, |entry| {
            let is_internal = entry.name.starts_with('(');
            (
                is_internal,
                Reverse(total_growth(entry)),
                entry.name.clone(),
            )
        }),
    }
}

fn grows(series: &[u64]) -> bool {
    series.len() > 1 && series.windows(2).all(|pair| pair[0] < pair[1])
}

fn total_growth(entry: &GrowthEntry) -> (i64, i64) {
    let ends = |series: &[u64]| match (series.first(), series.last()) {
        (Some(&first), Some(&last)) => growth_of(first, last),
        _ => 0,
    };
    let retained: Option<Vec<u64>> = entry.retained_bytes.iter().copied().collect();
    let shallow = ends(&entry.shallow_bytes);
    (retained.map_or(shallow, |series| ends(&series)), shallow)
}

/// The numbers of each class in each snapshot, in the order classes are met.
fn series(
    snapshots: &[ClassTotals],
) -> impl Iterator<Item = (&Class, Option<&SourcePosition>, Vec<Totals>)> {
    let is_exact = |one: &ClassTotals| one.info.precision == Precision::Exact;
    let absent = |one: &ClassTotals| Totals {
        retained_bytes: is_exact(one).then_some(0),
        ..Totals::default()
    };
    let none: Vec<Totals> = snapshots.iter().map(absent).collect();
    let mut place: FxHashMap<&Class, usize> = FxHashMap::default();
    let mut all: Vec<(&Class, Option<&SourcePosition>, Vec<Totals>)> = Vec::new();
    for (at, snapshot) in snapshots.iter().enumerate() {
        for (class, position, totals) in &snapshot.rows {
            let index = *place.entry(class).or_insert_with(|| {
                all.push((class, position.as_ref(), none.clone()));
                all.len() - 1
            });
            all[index].2[at] = *totals;
        }
    }
    all.into_iter()
}
