//! An assessment on the trend in one sentence, with its evidence. Computes nothing.

use memwatch_detector::gc::trend::{Change, Cleared, Kind, KindAssessment, State, Transition};
use memwatch_detector::limits::LimitKind;

use super::{bytes, duration};

/// From this persistence on growth is called steady: noise of a tenth is usual.
const STEADY: f64 = 0.85;
/// And from this on to become faster.
const FASTER: f64 = 1.3;

const SECOND_US: i64 = 1_000_000;

/// Why an assessment is what it is:
/// `heap grows by 41.2 MiB an hour: 12.3 MiB over 14 samples (3m 2s), steady; heap limit in 4h 10m 3s`.
#[must_use]
pub fn reason(assessment: &KindAssessment) -> String {
    let what = memory(assessment.kind);
    if assessment.state == State::Paused {
        return paused(assessment);
    }
    if assessment.growth <= 0 {
        return format!("{what} does not grow");
    }
    let how = if assessment.persistence >= FASTER {
        "ever faster"
    } else if assessment.persistence >= STEADY {
        "steady"
    } else {
        "slowing down"
    };
    let mut text = format!(
        "{what} grows by {} an hour: {} over {} samples ({}), {how}",
        amount(assessment.bytes_per_hour()),
        amount(assessment.growth),
        assessment.samples,
        duration(assessment.elapsed_us / SECOND_US),
    );
    if assessment.state != State::Confirmed {
        // Beyond that size something else keeps it from being confirmed.
        if assessment.growth < assessment.enough {
            text += &format!(
                "; confirmed once growth reaches about {}",
                amount(assessment.enough)
            );
        }
    } else if let Some(limit) = assessment.limit_unix_us {
        let left_us = limit.saturating_sub(assessment.end_unix_us).max(0);
        let which = match assessment.limit.map(|limit| limit.kind) {
            Some(LimitKind::Container) => "container limit",
            Some(LimitKind::V8Heap) | None => "heap limit",
        };
        text += &format!("; {which} in {}", duration(left_us / SECOND_US));
    }
    text
}

/// The same for what changed:
/// `heap stopped growing at 31.5 MiB: it had grown by 12.3 MiB (3m 2s)`.
#[must_use]
pub fn transition_reason(transition: &Transition) -> String {
    let assessment = &transition.assessment;
    let Change::Cleared(why) = transition.change else {
        return reason(assessment);
    };
    let how = match why {
        Cleared::StoppedGrowing => "stopped growing at",
        Cleared::GivenBack => "fell back to",
    };
    format!(
        "{} {how} {}: it had grown by {} ({})",
        memory(assessment.kind),
        amount(assessment.current),
        amount(assessment.growth),
        duration(assessment.elapsed_us / SECOND_US),
    )
}

/// `growth of the heap has paused: 170.2 MiB added in 11m 4s are still in use`, where
/// faces put the place behind that allocated them.
fn paused(assessment: &KindAssessment) -> String {
    format!(
        "growth of {} has paused: {} added in {} are still in use",
        match assessment.kind {
            Kind::Heap => "the heap",
            other => memory(other),
        },
        amount(assessment.kept),
        duration(assessment.elapsed_us / SECOND_US),
    )
}

/// Of what is never below zero.
fn amount(size: i64) -> String {
    bytes(size.max(0).unsigned_abs())
}

fn memory(kind: Kind) -> &'static str {
    match kind {
        Kind::Heap => "heap",
        Kind::External => "external memory",
        Kind::Native => "native memory",
    }
}
