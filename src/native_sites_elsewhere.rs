//! `native_sites` where allocations cannot be sampled: to start it is refused with the reason.

use memwatch_native::sampler;

use crate::error::{Code, error};
use crate::v8::Export;

/// What JavaScript calls.
pub const EXPORTS: &[Export] = &[
    Export::new("NativeSites.new", |call| call.answer(())),
    Export::new("NativeSites.start", |call| match sampler::available() {
        Ok(()) => call.answer(false),
        Err(why) => Err(error(Code::NativeSites(why.code()), why.to_string())),
    }),
    Export::new("NativeSites.stop", |call| call.answer(false)),
    Export::new("NativeSites.read", |call| call.answer(None::<String>)),
];
