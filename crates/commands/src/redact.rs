//! From a snapshot file to one that can be shown to others. The file is read as a stream
//! and never held as a whole; what it loses is decided in `memwatch_snapshot`.

use std::io::{self, Write};

use memwatch_files::{Compression, SnapshotStream};
use memwatch_report::RedactReport;
use memwatch_report::text;
use memwatch_snapshot::redact::{RedactedTexts, RedactingWriter, Redaction};
use memwatch_snapshot::{Columns, write};

use crate::answer::{Answer, Task};
use crate::failure::Failure;
use crate::open::{is_core, open_bytes, read_all};
use crate::output::place_of;
use crate::patient::Patient;

/// Why a stream ended: one of its ends is at fault.
enum Broken {
    Read(io::Error),
    Write,
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

impl Task<'_> {
    /// Writes the file; `-` is standard output, which then has no report.
    pub(super) fn redact(
        &self,
        file: &str,
        output: &str,
        strict: bool,
        compression: Option<Compression>,
    ) -> Result<Answer, Failure> {
        let redaction = match strict {
            true => Redaction::Strict,
            false => Redaction::Strings,
        };
        if output == "-" {
            self.to_standard_output(file, redaction, compression.unwrap_or_default())?;
            return Ok(Answer::silent());
        }
        let place = place_of(output, compression, "redact")?;
        let mut writer = RedactingWriter::new(place.create()?, Some(redaction));
        self.pass(file, |bytes| writer.write_all(bytes).is_ok())?;
        let finished = writer.finish();
        let (written, texts) = finished.map_err(|error| Failure::snapshot(file, error))?;
        let written = written.finish()?;
        let texts = texts.unwrap_or_default();
        let report = RedactReport::of(file, output, written.bytes, texts);
        self.say(report, text::redact::render)
    }

    fn to_standard_output(
        &self,
        file: &str,
        redaction: Redaction,
        compression: Compression,
    ) -> Result<RedactedTexts, Failure> {
        let out = Patient(io::stdout().lock());
        let stream = SnapshotStream::new(out, compression).map_err(Failure::Output)?;
        let mut writer = RedactingWriter::new(stream, Some(redaction));
        let mut broken = None;
        self.pass(file, |bytes| {
            broken = writer.write_all(bytes).err();
            broken.is_none()
        })?;
        let finished = writer.finish();
        let (stream, texts) = finished.map_err(|error| Failure::snapshot(file, error))?;
        let ended = match broken {
            Some(error) => Err(error),
            None => stream.finish(),
        };
        match ended.and_then(|mut out| out.flush()) {
            Ok(()) => Ok(texts.unwrap_or_default()),
            // Who reads it has enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(RedactedTexts::default()),
            Err(error) => Err(Failure::Output(error)),
        }
    }

    /// Reads a file to its end, or until no more is wanted. Of a core, the snapshot of its heap.
    fn pass(&self, file: &str, mut push: impl FnMut(&[u8]) -> bool) -> Result<(), Failure> {
        if is_core(file).map_err(|error| Failure::io(file, error))? {
            write(&self.open(file, Columns::ALL)?, &mut push);
            return Ok(());
        }
        let bytes = open_bytes(file, self.progress).map_err(|error| Failure::io(file, error))?;
        let passed = read_all(bytes, |bytes| match push(bytes) {
            true => Ok(()),
            false => Err(Broken::Write),
        });
        match passed {
            Ok(()) | Err(Broken::Write) => Ok(()),
            Err(Broken::Read(error)) => Err(Failure::io(file, error)),
        }
    }
}
