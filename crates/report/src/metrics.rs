//! The content of a scrape: families of metrics with their names, help and labels, and current samples.
//! One row of [`FAMILIES`] is one metric, for Prometheus, prom-client and OpenTelemetry alike: a new
//! one is a number in `memwatch_detector::meters`, a row here, and a line in `docs/fleet.md`. How a
//! format writes them is decided in `lib/telemetry`.
//!
//! At most 71 time series for a process, however many threads it has: threads are distinguished as main
//! and worker only.

use memwatch_detector::limits::Limit;
use memwatch_detector::meters::{LEAK_KINDS, PAUSE_BOUNDS_NS, PauseKind, Reading, ThreadRole};
use serde::Serialize;

const NS_PER_S: f64 = 1e9;

/// Names of the kinds of collection, in the order of [`PauseKind`].
const GC_KINDS: [(PauseKind, &str); 4] = [
    (PauseKind::Minor, "minor"),
    (PauseKind::Major, "major"),
    (PauseKind::Incremental, "incremental"),
    (PauseKind::WeakCallbacks, "weakcb"),
];

/// Kinds whose pauses are a histogram; the others are short, and counted.
const HISTOGRAM_KINDS: usize = 2;

/// Names of the kinds of leak, in the order of `memwatch_detector::meters::LeakKind`.
const LEAKS: [&str; LEAK_KINDS] = ["heap", "external", "native", "threads", "handles"];

/// A family of metrics, with its samples of now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricFamily {
    /// Its name for Prometheus.
    pub name: &'static str,
    /// A sentence.
    pub help: &'static str,
    /// What it counts.
    #[serde(rename = "type")]
    pub metric_type: MetricType,
    /// How the processes of a cluster are added up, in prom-client's words.
    pub aggregator: &'static str,
    /// The same for OpenTelemetry, which has conventions of its own for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instrument: Option<Instrument>,
    /// None where nothing is known.
    pub samples: Vec<MetricSample>,
}

/// The types of Prometheus' text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricType {
    /// It never falls.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// An instrument of OpenTelemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Instrument {
    /// Its name.
    pub name: &'static str,
    /// The unit, in UCUM.
    pub unit: &'static str,
}

/// One time series, now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricSample {
    /// What follows the name of the family: of histograms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<&'static str>,
    /// What distinguishes it from the other series of its family.
    pub labels: MetricLabels,
    /// A number; never NaN.
    pub value: f64,
}

/// Labels, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MetricLabels {
    /// The upper bound of a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub le: Option<String>,
    /// Of collection, or of leak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// `main` or `worker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<&'static str>,
    /// memwatch's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memwatch: Option<String>,
    /// Node's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// What the samples are made of.
pub struct MetricSource<'a> {
    /// What the threads have counted, by role.
    pub readings: &'a [(ThreadRole, Reading)],
    /// Wall clock, in seconds since the Unix epoch.
    pub now_unix_s: f64,
    /// The limit of the container; `None` where there is none.
    pub container: Option<Limit>,
    /// Seconds until that is reached at a rate in bytes a second; `None` where it is not.
    pub container_full_in_s: &'a dyn Fn(f64) -> Option<f64>,
    /// memwatch's version.
    pub memwatch: &'a str,
    /// Node's.
    pub node: &'a str,
}

impl MetricSource<'_> {
    /// All families.
    #[must_use]
    pub fn families(&self) -> Vec<MetricFamily> {
        FAMILIES.iter().map(|family| family.now(self)).collect()
    }
}

/// A row of the table.
struct Family {
    name: &'static str,
    help: &'static str,
    metric_type: MetricType,
    aggregator: &'static str,
    instrument: Option<Instrument>,
    samples: fn(&MetricSource<'_>) -> Vec<MetricSample>,
}

impl Family {
    fn now(&self, source: &MetricSource<'_>) -> MetricFamily {
        let mut samples = (self.samples)(source);
        samples.retain(|sample| !sample.value.is_nan());
        MetricFamily {
            name: self.name,
            help: self.help,
            metric_type: self.metric_type,
            aggregator: self.aggregator,
            instrument: self.instrument,
            samples,
        }
    }
}

const fn instrument(name: &'static str, unit: &'static str) -> Option<Instrument> {
    Some(Instrument { name, unit })
}

const FAMILIES: [Family; 13] = [
    Family {
        name: "memwatch_info",
        help: "Versions of memwatch and Node.js.",
        metric_type: MetricType::Gauge,
        aggregator: "first",
        instrument: None,
        samples: |source| {
            let labels = MetricLabels {
                memwatch: Some(source.memwatch.to_owned()),
                node: Some(source.node.to_owned()),
                ..MetricLabels::default()
            };
            vec![sample(labels, 1.0)]
        },
    },
    Family {
        name: "memwatch_gc_total",
        help: "Garbage collections by kind.",
        metric_type: MetricType::Counter,
        aggregator: "sum",
        instrument: None,
        samples: |source| {
            let counts = source.readings.iter().flat_map(|(role, reading)| {
                GC_KINDS.map(|(kind, name)| {
                    let count = reading.pauses[kind as usize].count();
                    sample(of(Some(name), Some(*role)), count as f64)
                })
            });
            counts.collect()
        },
    },
    Family {
        name: "memwatch_gc_pause_seconds",
        help: "Pauses of a thread for garbage collection.",
        metric_type: MetricType::Histogram,
        aggregator: "sum",
        instrument: None,
        samples: pauses,
    },
    Family {
        name: "memwatch_heap_live_bytes",
        help: "Used heap right after the last full collection; summed over all workers.",
        metric_type: MetricType::Gauge,
        aggregator: "sum",
        instrument: instrument("memwatch.heap.live", "By"),
        samples: |source| by_thread(source, |reading| known(reading.base_bytes)),
    },
    Family {
        name: "memwatch_heap_limit_bytes",
        help: "V8's limit on the heap; summed over all workers.",
        metric_type: MetricType::Gauge,
        aggregator: "sum",
        instrument: instrument("memwatch.heap.limit", "By"),
        samples: |source| by_thread(source, |reading| known(reading.limit_bytes)),
    },
    Family {
        name: "memwatch_heap_growth_bytes_per_second",
        help: "Growth rate of the live heap, estimated by the leak detector.",
        metric_type: MetricType::Gauge,
        aggregator: "sum",
        instrument: instrument("memwatch.heap.growth", "By/s"),
        samples: |source| {
            by_thread(source, |reading| {
                Some(reading.leak_states.growth_bytes_per_second)
            })
        },
    },
    Family {
        name: "memwatch_heap_limit_eta_seconds",
        help: "Estimated seconds until the heap reaches its limit, while it grows towards it.",
        metric_type: MetricType::Gauge,
        aggregator: "min",
        instrument: instrument("memwatch.heap.limit_eta", "s"),
        samples: |source| {
            let now = source.now_unix_s;
            by_thread(source, |reading| {
                let at = reading.leak_states.limit_at_unix_s;
                at.is_finite().then(|| (at - now).max(0.0))
            })
        },
    },
    Family {
        name: "memwatch_container_limit_bytes",
        help: "Memory limit of the control group that has the least memory left, of those around this process.",
        metric_type: MetricType::Gauge,
        aggregator: "min",
        instrument: None,
        samples: |source| of_process(source.container.map(|limit| limit.bytes as f64)),
    },
    Family {
        name: "memwatch_container_used_bytes",
        help: "Memory that counts against that limit, without what the kernel can reclaim.",
        metric_type: MetricType::Gauge,
        aggregator: "max",
        instrument: None,
        samples: |source| of_process(source.container.map(|limit| limit.used as f64)),
    },
    Family {
        name: "memwatch_container_limit_eta_seconds",
        help: "Estimated seconds until the container limit is reached, while memory grows. The smaller of this and the heap estimate comes first.",
        metric_type: MetricType::Gauge,
        aggregator: "min",
        instrument: None,
        samples: container_eta,
    },
    Family {
        name: "memwatch_leak_suspected",
        help: "Whether a leak is suspected, confirmed or paused in any thread: 1 if so, otherwise 0.",
        metric_type: MetricType::Gauge,
        aggregator: "max",
        instrument: instrument("memwatch.leak.suspected", "1"),
        samples: |source| {
            by_leak_kind(|kind| {
                let mut readings = source.readings.iter();
                let is_suspected = readings.any(|(_, reading)| reading.leak_states.suspected[kind]);
                Some(f64::from(u8::from(is_suspected)))
            })
        },
    },
    Family {
        name: "memwatch_leak_paused",
        help: "Whether suspected growth has paused and its memory is still in use: 1 if so, 0 if it continues.",
        metric_type: MetricType::Gauge,
        aggregator: "min",
        instrument: None,
        samples: |source| by_leak_kind(|kind| paused(source, kind)),
    },
    Family {
        name: "memwatch_leaks_total",
        help: "Leaks reported (the leak event).",
        metric_type: MetricType::Counter,
        aggregator: "sum",
        instrument: instrument("memwatch.leaks", "{leak}"),
        samples: |source| {
            by_leak_kind(|kind| {
                let leaks = source
                    .readings
                    .iter()
                    .map(|(_, reading)| reading.leaks[kind]);
                Some(leaks.fold(0, u64::saturating_add) as f64)
            })
        },
    },
];

fn sample(labels: MetricLabels, value: f64) -> MetricSample {
    MetricSample {
        suffix: None,
        labels,
        value,
    }
}

fn of(kind: Option<&'static str>, role: Option<ThreadRole>) -> MetricLabels {
    MetricLabels {
        kind,
        thread: role.map(|role| match role {
            ThreadRole::Main => "main",
            ThreadRole::Worker => "worker",
        }),
        ..MetricLabels::default()
    }
}

/// 0 bytes: there was no full collection yet.
fn known(bytes: u64) -> Option<f64> {
    (bytes > 0).then_some(bytes as f64)
}

fn of_process(value: Option<f64>) -> Vec<MetricSample> {
    let samples = value.map(|value| sample(MetricLabels::default(), value));
    samples.into_iter().collect()
}

/// One sample for each role of a thread; none where the number is not known.
fn by_thread(
    source: &MetricSource<'_>,
    number: impl Fn(&Reading) -> Option<f64>,
) -> Vec<MetricSample> {
    let samples = source.readings.iter().filter_map(|(role, reading)| {
        let value = number(reading).filter(|value| value.is_finite())?;
        Some(sample(of(None, Some(*role)), value))
    });
    samples.collect()
}

/// One sample for each kind of leak, of all threads together.
fn by_leak_kind(number: impl Fn(usize) -> Option<f64>) -> Vec<MetricSample> {
    let samples = LEAKS.into_iter().enumerate();
    samples
        .filter_map(|(kind, name)| Some(sample(of(Some(name), None), number(kind)?)))
        .collect()
}

/// Of a kind that is suspected, whether it has paused in all threads where it is; `None` of others.
fn paused(source: &MetricSource<'_>, kind: usize) -> Option<f64> {
    let states = source
        .readings
        .iter()
        .map(|(_, reading)| &reading.leak_states);
    let mut suspected = states.filter(|states| states.suspected[kind]).peekable();
    suspected.peek()?;
    let has_paused = suspected.all(|states| states.paused[kind]);
    Some(f64::from(u8::from(has_paused)))
}

/// When the container is full; no sample while nothing grows.
fn container_eta(source: &MetricSource<'_>) -> Vec<MetricSample> {
    let states = || {
        source
            .readings
            .iter()
            .map(|(_, reading)| &reading.leak_states)
    };
    let growth: f64 = states().map(|states| states.growth_bytes_per_second).sum();
    let is_suspected = states().any(|states| states.suspected.contains(&true));
    // Of memory outside of the heap no rate is known here: the container's own counts, which is
    // asked for by any.
    let rate = if growth > 0.0 {
        growth
    } else if is_suspected {
        1.0
    } else {
        0.0
    };
    of_process((source.container_full_in_s)(rate))
}

fn pauses(source: &MetricSource<'_>) -> Vec<MetricSample> {
    let mut samples = Vec::new();
    for (role, reading) in source.readings {
        for (kind, name) in &GC_KINDS[..HISTOGRAM_KINDS] {
            let pauses = &reading.pauses[*kind as usize];
            let labels = of(Some(name), Some(*role));
            let mut push = |suffix, labels, value| {
                samples.push(MetricSample {
                    suffix: Some(suffix),
                    labels,
                    value,
                });
            };
            let mut count: u64 = 0;
            for (bucket, in_bucket) in pauses.counts.iter().enumerate() {
                count = count.saturating_add(*in_bucket);
                let bound = PAUSE_BOUNDS_NS.get(bucket);
                let le = bound.map_or("+Inf".to_owned(), |ns| (*ns as f64 / NS_PER_S).to_string());
                let labels = MetricLabels {
                    le: Some(le),
                    ..labels.clone()
                };
                push("_bucket", labels, count as f64);
            }
            push("_sum", labels.clone(), pauses.sum_ns as f64 / NS_PER_S);
            push("_count", labels, count as f64);
        }
    }
    samples
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
