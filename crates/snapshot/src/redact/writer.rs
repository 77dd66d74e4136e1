//! A writer in front of another: what passes through is redacted. Knows nothing of where the bytes
//! go: a file that is whole or not there, a pipe.

use std::io::{self, Write};

use super::{RedactedTexts, Redaction, Redactor};
use crate::SnapshotError;

/// Bytes that are redacted at a time: the result is kept until it is written.
const PIECE_BYTES: usize = 1 << 18;

/// Takes a snapshot's JSON, in pieces of any size, and writes to `W` what is to be kept.
///
/// ```
/// use std::io::Write;
/// use memwatch_snapshot::redact::{RedactingWriter, Redaction};
///
/// let mut writer = RedactingWriter::new(Vec::new(), Some(Redaction::Strings));
/// writer.write_all(b"no snapshot").unwrap_err();
/// let error = writer.finish().unwrap_err();
/// assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_SYNTAX");
/// ```
#[derive(Debug)]
pub struct RedactingWriter<W> {
    redactor: Option<Redactor>,
    redacted: Vec<u8>,
    to: W,
    state: State,
}

#[derive(Debug)]
enum State {
    Good,
    /// The input is not a snapshot.
    Refused(SnapshotError),
    /// The other writer failed, and knows why.
    Broken,
}

impl<W: Write> RedactingWriter<W> {
    /// In front of `to`. Without a redaction, bytes pass as they are.
    pub fn new(to: W, redaction: Option<Redaction>) -> Self {
        Self {
            redactor: redaction.map(Redactor::new),
            redacted: Vec::new(),
            to,
            state: State::Good,
        }
    }

    /// Says that there is no more. Returns the other writer, which is to be finished in turn, and
    /// what became of the texts where they were redacted. Where the other writer has failed, its
    /// error is the one that counts.
    ///
    /// # Errors
    ///
    /// When the input was not a whole snapshot. What was written is of no use then.
    pub fn finish(self) -> Result<(W, Option<RedactedTexts>), SnapshotError> {
        let texts = match self.state {
            State::Good => self.redactor.map(Redactor::finish).transpose()?,
            State::Refused(error) => return Err(error),
            State::Broken => None,
        };
        Ok((self.to, texts))
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(redactor) = &mut self.redactor else {
            return self.to.write(bytes);
        };
        let piece = &bytes[..bytes.len().min(PIECE_BYTES)];
        self.redacted.clear();
        if let Err(error) = redactor.push(piece, &mut self.redacted) {
            self.state = State::Refused(error);
            return Err(io::ErrorKind::InvalidData.into());
        }
        let written = self.to.write_all(&self.redacted);
        if written.is_err() {
            self.state = State::Broken;
        }
        written.map(|()| piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeType;
    use crate::testing::{Graph, Style};

    fn snapshot() -> Vec<u8> {
        let mut graph = Graph::new();
        let global = graph.global();
        let value = graph.node(NodeType::String, "hush", 16);
        graph.property(global, "name", value);
        graph.to_json(Style::NODE_24)
    }

    #[test]
    fn what_passes_through_is_redacted_whatever_the_pieces() {
        for length in [1, 7, PIECE_BYTES] {
            let mut writer = RedactingWriter::new(Vec::new(), Some(Redaction::Strings));
            for piece in snapshot().chunks(length) {
                writer.write_all(piece).unwrap();
            }
            let (out, texts) = writer.finish().unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.contains("\"name\"") && text.contains("(string, 4 characters)"));
            assert!(!text.contains("hush"));
            assert_eq!(texts.unwrap().values, 1);
        }
    }

    #[test]
    fn without_a_redaction_bytes_pass_as_they_are() {
        let mut writer = RedactingWriter::new(Vec::new(), None);
        writer.write_all(b"anything").unwrap();
        assert_eq!(writer.finish().unwrap(), (b"anything".to_vec(), None));
    }

    #[test]
    fn what_is_no_whole_snapshot_is_an_error_at_the_end() {
        let json = snapshot();
        let mut writer = RedactingWriter::new(Vec::new(), Some(Redaction::Strings));
        writer.write_all(&json[..json.len() - 1]).unwrap();
        let error = writer.finish().unwrap_err();
        assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_TRUNCATED");
    }

    /// Takes no byte.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn where_the_other_writer_fails_it_is_not_the_snapshot_that_was_cut() {
        let mut writer = RedactingWriter::new(Full, Some(Redaction::Strings));
        let error = writer.write_all(&snapshot()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(writer.finish().is_ok_and(|(_, texts)| texts.is_none()));
    }
}
