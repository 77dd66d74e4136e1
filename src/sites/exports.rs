//! The functions of `Sites` that JavaScript calls, by name: arguments in, answer out. What they do is in `sites`.

use super::{Sites, package_of_file};
use crate::v8::Export;

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("Sites.new", |call| {
        call.hang(Sites::new(*call.env(), call.argument(1)?)?)
    }),
    Export::new("Sites.start", |call| {
        let sites = call.native::<Sites>(0)?;
        let (interval, depth) = (call.argument(1)?, call.argument(2)?);
        call.answer(sites.start(*call.env(), interval, depth, call.argument(3)?))
    }),
    Export::new("Sites.hold", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.hold(call.argument(1)?))
    }),
    Export::new("Sites.hasFound", |call| {
        call.answer(call.native::<Sites>(0)?.has_found())
    }),
    Export::new("Sites.evidence", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.evidence(call.argument(1)?)?)
    }),
    Export::new("Sites.evidenceAt", |call| {
        call.answer(call.native::<Sites>(0)?.evidence_at())
    }),
    Export::new("Sites.moment", |call| {
        let sites = call.native::<Sites>(0)?;
        let (top_sites, top_suspects) = (call.argument(1)?, call.argument(2)?);
        call.answer(sites.moment(*call.env(), top_sites, top_suspects, call.argument(3)?)?)
    }),
    Export::new("Sites.stillRuns", |call| {
        call.answer(call.native::<Sites>(0)?.still_runs())
    }),
    Export::new("Sites.startAllocations", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.start_allocations(call.argument(1)?, call.argument(2)?))
    }),
    Export::new("Sites.takeAllocations", |call| {
        call.answer(call.native::<Sites>(0)?.take_allocations(*call.env()))
    }),
    Export::new("Sites.stop", |call| {
        call.answer(call.native::<Sites>(0)?.stop())
    }),
    Export::new("Sites.forget", |call| {
        call.answer(call.native::<Sites>(0)?.forget())
    }),
    Export::new("Sites.observe", |call| {
        call.answer(call.native::<Sites>(0)?.observe(*call.env()))
    }),
    Export::new("Sites.suspects", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.suspects(*call.env(), call.argument(1)?)?)
    }),
    Export::new("Sites.learn", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.learn(call.argument(1)?)?)
    }),
    Export::new("Sites.table", |call| {
        let sites = call.native::<Sites>(0)?;
        call.answer(sites.table(*call.env(), call.argument(1)?)?)
    }),
    Export::new("Sites.heapProfile", |call| {
        call.answer(call.native::<Sites>(0)?.heap_profile(*call.env()))
    }),
    Export::new("packageOfFile", |call| {
        call.answer(package_of_file(call.argument(0)?))
    }),
];
