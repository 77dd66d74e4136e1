//! The answers on a process that runs: what leaks in it, and a snapshot file of its heap. Opens no process and writes no
//! text but the line that names the file to be written first.

use memwatch_report::RequestedSnapshotReport;
use memwatch_report::text;
use memwatch_snapshot::query::Heap;

use crate::answer::{Answer, Task, investigate};
use crate::failure::Failure;
use crate::open::THREADS;
use crate::output::{place_here, place_of, written};
use crate::progress::Stage;
use crate::request::Format;
use crate::running;

impl Task<'_> {
    /// What leaks. Objects have other numbers when the process is asked again: what can be asked next needs a file.
    pub(super) fn analyze_process(&self, pid: u32, markdown: bool) -> Result<Answer, Failure> {
        let snapshot = running::read(pid, &self.request.core)?;
        let analysis = self.analyse_for_leaks(&snapshot);
        self.progress.enter(Stage::Answering);
        let name = format!("process {pid}");
        let heap = Heap::exact(&name, &snapshot, &analysis).with_threads(THREADS);
        let mut report = self.candidates(&heap, &mut investigate(&heap)?);
        let findings = report.findings.iter_mut().map(|one| &mut one.next);
        let all = findings.chain(report.dominating.as_mut().map(|one| &mut one.next));
        all.for_each(Vec::clear);
        let render = match markdown {
            true => text::markdown::render,
            false => text::analyze::render,
        };
        let mut answer = self.say_placed(&heap, report, render)?;
        if self.request.format == Format::Text {
            let advice = "For inspect, refs and paths, write a file first: npx memwatch snapshot";
            answer.output += &format!("\n{advice} {pid} --out FILE\n");
        }
        Ok(answer)
    }

    /// A snapshot file.
    pub(super) fn snapshot_of_process(
        &self,
        pid: &str,
        output: Option<&str>,
    ) -> Result<Answer, Failure> {
        let Some(number) = running::number_of(pid) else {
            return Err(Failure::NotAProcess(pid.to_owned()));
        };
        let place = match output {
            Some(output) => place_of(output, None, "outside")?,
            None => place_here(number, "outside")?,
        };
        // Before the process is stopped for it.
        place.probe()?;
        let snapshot = running::read(number, &self.request.core)?;
        let path = written(&snapshot, &place)?.path;
        let report = RequestedSnapshotReport {
            path: path.to_string_lossy().into_owned(),
        };
        self.say(report, |report: &RequestedSnapshotReport, _| {
            format!("{}\n", report.path)
        })
    }
}
