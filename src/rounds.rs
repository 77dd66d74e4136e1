//! The result on repeated work, for `expectNoLeak`: numbers in, numbers out.

use memwatch_detector::gc::{Judgement, Round, judge};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[Export::new("judgeRounds", |call| {
    let (calls, bytes) = (call.argument(0)?, call.argument(1)?);
    call.answer(judge_rounds(calls, bytes, call.argument(2)?))
})];

/// What the rounds say.
#[napi(object)]
pub(crate) struct Rounds {
    /// `leak`, `clear` or `unclear`.
    pub judgement: String,
    /// Bytes that a call leaves behind, and the interval that holds it.
    pub bytes_per_call: f64,
    pub low: f64,
    pub high: f64,
}

/// Judges rounds of work: calls so far and bytes in use after each.
pub(crate) fn judge_rounds(calls: Float64Array, bytes: Float64Array, tolerance: f64) -> Rounds {
    let rounds: Vec<Round> = calls
        .iter()
        .zip(bytes.iter())
        .map(|(&calls, &bytes)| Round { calls, bytes })
        .collect();
    let result = judge(&rounds, tolerance);
    Rounds {
        judgement: match result.judgement {
            Judgement::Leak => "leak".into(),
            Judgement::Clear => "clear".into(),
            Judgement::Unclear => "unclear".into(),
        },
        bytes_per_call: result.bytes_per_call,
        low: result.low,
        high: result.high,
    }
}
