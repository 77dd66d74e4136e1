//! `core`: the report on a core file, and a snapshot file of its heap. Opens and writes files; what
//! the report says is `core_report`'s, how a snapshot is written `memwatch_snapshot`'s.

use memwatch_files::Place;
use memwatch_heap::HeapErrorKind;
use memwatch_heap::elf::is_elf;
use memwatch_report::CoreOutput;
use memwatch_snapshot::Snapshot;

use crate::core_file::CoreFile;
use crate::core_report::describe;
use crate::failure::Failure;
use crate::open::{Reader, whole};
use crate::output::{place_of, written};

impl Reader<'_> {
    /// As JSON, which `lib/` redacts and then has written as text.
    pub(crate) fn describe(&self, file: &str, output: Option<&str>) -> Result<String, Failure> {
        let bytes =
            whole(file, self.may_map, self.progress).map_err(|error| Failure::io(file, error))?;
        let bytes: &[u8] = bytes.as_ref().as_ref();
        let failed = |error| Failure::core(file, error);
        if !is_elf(bytes) {
            let message = "the file is not an ELF file; of a heap snapshot ask summary or analyze";
            return Err(failed(memwatch_heap::HeapError::new(
                HeapErrorKind::NotACore,
                message,
            )));
        }
        let options = self.core;
        let core = CoreFile::read(bytes).map_err(failed)?;
        // Before the minutes that a large core takes: a file that exists is refused.
        let place = output.map(|output| place_of(output, None, "core"));
        let place = place.transpose()?;
        place.as_ref().map(Place::probe).transpose()?;
        let mut snapshot = None;
        let mut report = describe(file, &core, options, |heaps| {
            snapshot = place.as_ref().map(|_| heaps.snapshot(options));
        });
        if let (Some(output), Some(place), Some(snapshot)) = (output, place, snapshot) {
            let isolate = options.isolate() as u64 + 1;
            let snapshot = snapshot.map_err(failed)?;
            report.output = Some(output_of(&snapshot, output, &place, isolate)?);
        }
        Ok(serde_json::to_string(&report)?)
    }
}

fn output_of(
    snapshot: &Snapshot,
    output: &str,
    place: &Place,
    isolate: u64,
) -> Result<CoreOutput, Failure> {
    Ok(CoreOutput {
        file: output.to_owned(),
        bytes: written(snapshot, place)?.bytes,
        nodes: snapshot.node_count() as u64,
        edges: snapshot.edge_count() as u64,
        isolate,
    })
}
