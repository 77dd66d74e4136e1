//! The labels of one environment, as `lib/labels` makes them: their numbers, names, and the functions that are their work.
//! What a label stands for on a stack is `crates/detector/src/sites/labels.rs`'.

use std::sync::atomic::{AtomicU32, Ordering};

use memwatch_detector::sites::{Label, LabelKind};
use napi::bindgen_prelude::Unknown;

use super::Sites;
use crate::v8::{Export, function_place};

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("Sites.newLabel", |call| {
        call.answer(call.native::<Sites>(0)?.new_label())
    }),
    Export::new("Sites.nameLabel", |call| {
        let sites = call.native::<Sites>(0)?;
        let (id, name) = (call.argument(1)?, call.argument(2)?);
        call.answer(sites.name_label(id, name, call.argument(3)?))
    }),
    Export::new("Sites.noteWork", |call| {
        let sites = call.native::<Sites>(0)?;
        let work: Unknown<'_> = call.argument(1)?;
        call.answer(sites.note_work(&work, call.argument(2)?))
    }),
];

/// Behind the two numbers that `lib/labels` gives a meaning of their own. A thread takes a few hundred at most.
static NEXT_LABEL: AtomicU32 = AtomicU32::new(2);

impl Sites {
    /// A number that no label has, of all loadings of memwatch: they may share a sampler.
    pub(crate) fn new_label(&self) -> u32 {
        NEXT_LABEL.fetch_add(1, Ordering::Relaxed)
    }

    /// Names a label, or names it anew: a route, or what the program calls it.
    pub(crate) fn name_label(&self, id: u32, name: String, is_route: bool) {
        let kind = if is_route {
            LabelKind::Route
        } else {
            LabelKind::Task
        };
        let label = Label { name, kind };
        self.state.labels.borrow_mut().name(id, label);
    }

    /// A function is run as the work of a label: whatever is below it is of that.
    pub(crate) fn note_work(&self, work: &Unknown<'_>, id: u32) {
        if let Some(place) = function_place(work) {
            let mut labels = self.state.labels.borrow_mut();
            labels.note_work(place.script_id, place.line, place.column, id);
        }
    }
}
