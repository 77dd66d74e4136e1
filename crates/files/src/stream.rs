//! The bytes of a snapshot on their way: compressed, if requested. Knows no files.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression as Level;
use flate2::write::GzEncoder;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
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

/// A snapshot is as good as all compressed by the quickest setting, and a program or its child
/// waits for it.
const GZIP_LEVEL: u32 = 1;
const ZSTD_LEVEL: i32 = 1;

impl Compression {
    /// What the ending of a name says.
    pub fn of_name(name: &Path) -> Self {
        match name.extension().and_then(|extension| extension.to_str()) {
            Some("gz") => Self::Gzip,
            Some("zst") => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Every compression there is.
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

enum Encoder<W: Write> {
    None(BufWriter<W>),
    Gzip(GzEncoder<BufWriter<W>>),
    Zstd(zstd::Encoder<'static, BufWriter<W>>),
}

impl<W: Write> Write for Encoder<W> {
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

/// Takes a snapshot's JSON, in pieces of any size, and writes it compressed.
pub struct SnapshotStream<W: Write> {
    encoder: Encoder<W>,
}

impl<W: Write> SnapshotStream<W> {
    /// A stream into `to`.
    ///
    /// # Errors
    ///
    /// There is no memory for compression.
    pub fn new(to: W, compression: Compression) -> io::Result<Self> {
        let to = BufWriter::with_capacity(BUFFER_BYTES, to);
        let encoder = match compression {
            Compression::None => Encoder::None(to),
            Compression::Gzip => Encoder::Gzip(GzEncoder::new(to, Level::new(GZIP_LEVEL))),
            Compression::Zstd => Encoder::Zstd(zstd::Encoder::new(to, ZSTD_LEVEL)?),
        };
        Ok(Self { encoder })
    }

    /// Ends the snapshot and gives back what was written to.
    ///
    /// # Errors
    ///
    /// When the rest cannot be written.
    pub fn finish(self) -> io::Result<W> {
        let buffer = match self.encoder {
            Encoder::None(buffer) => buffer,
            Encoder::Gzip(encoder) => encoder.finish()?,
            Encoder::Zstd(encoder) => encoder.finish()?,
        };
        let to = buffer.into_inner();
        to.map_err(io::IntoInnerError::into_error)
    }
}

impl<W: Write> Write for SnapshotStream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.encoder.flush()
    }
}
