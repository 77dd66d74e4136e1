//! The bytes of a snapshot on their way: redacted and packed, if wanted. Knows no files.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use memwatch_snapshot::SnapshotError;
use memwatch_snapshot::redact::{RedactedTexts, Redaction, Redactor};

/// How a file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As it is.
    #[default]
    None,
    /// For tools that know no other: some 8 times smaller.
    Gzip,
    /// Smaller than that, and faster.
    Zstd,
}

/// Pieces in which bytes are handed to the system: large against what a call costs.
const BUFFER_BYTES: usize = 1 << 18;

/// A snapshot is as good as all packed by the quickest setting, and a program or its child
/// waits for it.
const GZIP_LEVEL: u32 = 1;
const ZSTD_LEVEL: i32 = 1;

impl Packing {
    /// What the ending of a name says.
    pub fn of_name(name: &Path) -> Self {
        match name.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Every packing there is.
    pub const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The ending of names: `.gz`.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

enum Packer<W: Write> {
    None(BufWriter<W>),
    Gzip(GzEncoder<BufWriter<W>>),
    Zstd(zstd::Encoder<'static, BufWriter<W>>),
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::None(to) => to.write(bytes),
            Self::Gzip(to) => to.write(bytes),
            Self::Zstd(to) => to.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::None(to) => to.flush(),
            Self::Gzip(to) => to.flush(),
            Self::Zstd(to) => to.flush(),
        }
    }
}

/// Takes a snapshot's JSON, in pieces of any size, and writes what is to be kept.
pub struct SnapshotStream<W: Write> {
    redactor: Option<Redactor>,
    redacted: Vec<u8>,
    packer: Packer<W>,
}

impl<W: Write> SnapshotStream<W> {
    /// A stream into `to`.
    ///
    /// # Errors
    ///
    /// When there is no memory for packing.
    pub fn new(to: W, redaction: Option<Redaction>, packing: Packing) -> io::Result<Self> {
        let to = BufWriter::with_capacity(BUFFER_BYTES, to);
        let packer = match packing {
            Packing::None => Packer::None(to),
            Packing::Gzip => Packer::Gzip(GzEncoder::new(to, Compression::new(GZIP_LEVEL))),
            Packing::Zstd => Packer::Zstd(zstd::Encoder::new(to, ZSTD_LEVEL)?),
        };
        Ok(Self {
            redactor: redaction.map(Redactor::new),
            redacted: Vec::new(),
            packer,
        })
    }

    /// Ends the snapshot and gives back what was written to, and what became of the texts
    /// where they were redacted.
    ///
    /// # Errors
    ///
    /// When the rest cannot be written, or what was to be redacted was no whole snapshot.
    pub fn finish(self) -> io::Result<(W, Option<RedactedTexts>)> {
        let texts = self.redactor.map(Redactor::finish).transpose();
        let texts = texts.map_err(no_snapshot)?;
        let buffer = match self.packer {
            Packer::None(buffer) => buffer,
            Packer::Gzip(encoder) => encoder.finish()?,
            Packer::Zstd(encoder) => encoder.finish()?,
        };
        let to = buffer.into_inner();
        Ok((to.map_err(io::IntoInnerError::into_error)?, texts))
    }
}

/// Carried through an interface that knows the system's errors only.
fn no_snapshot(error: SnapshotError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl<W: Write> Write for SnapshotStream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(redactor) = &mut self.redactor else {
            return self.packer.write(bytes);
        };
        let piece = &bytes[..bytes.len().min(BUFFER_BYTES)];
        self.redacted.clear();
        redactor
            .push(piece, &mut self.redacted)
            .map_err(no_snapshot)?;
        self.packer.write_all(&self.redacted)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.packer.flush()
    }
}
