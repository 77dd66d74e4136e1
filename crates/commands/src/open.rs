//! From a file name to a snapshot: plain, gzip or zstd, by its first bytes and not
//! by its name; `-` is standard input. Knows no command.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use memwatch_snapshot::{
    Analysis, Columns, PushReader, ReadOptions, Snapshot, SnapshotBytes, SnapshotError,
    TracedReader, Traces, read_counted,
};

use memwatch_heap::HeapError;
use memwatch_heap::elf::is_elf;
use memwatch_mapped::MappedFile;

use crate::core_file::{self, CoreOptions};
use crate::failure::Failure;
use crate::progress::{Progress, Stage};

/// Bytes read at a time: large against what a call to the system costs, small
/// against the processor's cache.
const CHUNK: usize = 1 << 18;

/// The calling thread and one more; further threads do not help.
pub(crate) const THREADS: usize = 2;

/// The first bytes of a gzip and of a zstd stream.
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The number of bytes that identify an ELF file.
const ELF_START: usize = 4;

/// How to open.
#[derive(Clone, Copy)]
pub struct OpenOptions<'a> {
    /// What to keep of it.
    pub columns: Columns,
    /// Threads to use.
    pub threads: usize,
    /// Map plain files: several times as fast, but a file that is cut off meanwhile
    /// ends the process. Without it, files are read.
    pub may_map: bool,
    /// Which heap, where the file is a core.
    pub core: &'a CoreOptions,
}

/// Why a file could not be opened as a snapshot.
pub enum OpenError {
    /// The system refused.
    Io(io::Error),
    /// It is not a heap snapshot, or a damaged one.
    Snapshot(SnapshotError),
    /// It is a core whose heap cannot be read.
    Core(HeapError),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<HeapError> for OpenError {
    fn from(error: HeapError) -> Self {
        Self::Core(error)
    }
}

impl From<SnapshotError> for OpenError {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error)
    }
}

/// Opens a snapshot. `progress` counts the bytes of the file, compressed or not.
pub fn open(
    name: &str,
    options: OpenOptions<'_>,
    progress: &Progress,
) -> Result<Snapshot, OpenError> {
    if options.may_map
        && name != "-"
        && let Some(bytes) = map(&open_file(name)?, progress)?
    {
        let bytes_of_core = (*bytes).as_ref();
        if is_elf(bytes_of_core) {
            return Ok(core_file::read(bytes_of_core, options.core)?);
        }
        let options = ReadOptions {
            columns: options.columns,
            threads: options.threads,
        };
        return Ok(read_counted(bytes, options, progress.counter())?);
    }
    let mut stream = open_bytes(name, progress)?;
    let mut start = [0; ELF_START];
    let known = read_up_to(&mut stream, &mut start)?;
    if is_elf(&start[..known]) {
        // A core is read at random: all of it has to be there.
        let mut whole = start[..known].to_vec();
        stream.read_to_end(&mut whole)?;
        return Ok(core_file::read(&whole, options.core)?);
    }
    let mut reader = PushReader::new(options.columns);
    reader.push(&start[..known])?;
    read_all(stream, |bytes| reader.push(bytes).map_err(OpenError::from))?;
    Ok(reader.finish()?)
}

/// How the files of one request are read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// As [`OpenOptions::may_map`].
    pub may_map: bool,
    /// Which heap of a core file.
    pub core: &'a CoreOptions,
    /// How far it is.
    pub progress: &'a Progress,
}

impl Reader<'_> {
    /// Opens a snapshot.
    pub(crate) fn open(&self, file: &str, columns: Columns) -> Result<Snapshot, Failure> {
        let options = OpenOptions {
            columns,
            threads: THREADS,
            may_map: self.may_map,
            core: self.core,
        };
        open(file, options, self.progress).map_err(|error| failure(file, error))
    }

    /// Opens an allocation timeline; a core has none.
    pub(crate) fn open_traced(&self, file: &str) -> Result<(Snapshot, Traces), Failure> {
        let mut reader = TracedReader::default();
        let stream = open_bytes(file, self.progress).map_err(|error| Failure::io(file, error))?;
        read_all(stream, |bytes| reader.push(bytes).map_err(OpenError::from))
            .and_then(|()| Ok(reader.finish()?))
            .map_err(|error| failure(file, error))
    }

    /// What its graph says.
    pub(crate) fn analyse(&self, snapshot: &Snapshot) -> Analysis {
        self.progress.enter(Stage::Analyzing);
        Analysis::of(snapshot, THREADS)
    }

    /// What leak candidates need of it.
    pub(crate) fn analyse_for_leaks(&self, snapshot: &Snapshot) -> Analysis {
        self.progress.enter(Stage::Analyzing);
        Analysis::for_leaks(snapshot, THREADS)
    }
}

fn failure(file: &str, error: OpenError) -> Failure {
    match error {
        OpenError::Io(error) => Failure::io(file, error),
        OpenError::Snapshot(error) => Failure::snapshot(file, error),
        OpenError::Core(error) => Failure::core(file, error),
    }
}

/// All bytes of a file, decompressed: mapped where that may be and is possible.
pub(crate) fn whole(name: &str, may_map: bool, progress: &Progress) -> io::Result<SnapshotBytes> {
    if may_map
        && name != "-"
        && let Some(bytes) = map(&open_file(name)?, progress)?
    {
        return Ok(bytes);
    }
    let mut bytes = Vec::new();
    open_bytes(name, progress)?.read_to_end(&mut bytes)?;
    Ok(Arc::new(bytes))
}

/// Whether a file is a core, or another ELF file, by its first bytes. Standard input is not asked.
pub(crate) fn is_core(name: &str) -> io::Result<bool> {
    if name == "-" {
        return Ok(false);
    }
    let mut start = [0; ELF_START];
    let known = read_up_to(&mut open_bytes(name, &Progress::default())?, &mut start)?;
    Ok(is_elf(&start[..known]))
}

/// Opens what can hold a snapshot: anything but a directory, which the system lets be
/// opened too.
pub(crate) fn open_file(name: &str) -> io::Result<File> {
    let file = File::open(name)?;
    match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    }
}

/// The bytes of a file in place, where it can be mapped and is not compressed.
pub(crate) fn map(file: &File, progress: &Progress) -> io::Result<Option<SnapshotBytes>> {
    let size = file.metadata()?.len();
    // Nothing can be mapped of what has no size: pipes and such.
    if size == 0 {
        return Ok(None);
    }
    progress.reading(size);
    // Some file systems map no files; it is read then.
    let Ok(mapped) = MappedFile::open(file) else {
        return Ok(None);
    };
    let is_compressed = is_compressed(mapped.as_ref());
    Ok((!is_compressed).then(|| Arc::new(mapped) as SnapshotBytes))
}

fn is_compressed(start: &[u8]) -> bool {
    start.starts_with(GZIP) || start.starts_with(ZSTD)
}

/// The bytes of a snapshot, decompressed, whatever they mean. `progress` counts those of the
/// file.
pub(crate) fn open_bytes<'a>(name: &str, progress: &'a Progress) -> io::Result<Box<dyn Read + 'a>> {
    if name == "-" {
        progress.reading(0);
        return decompressed(io::stdin().lock(), progress);
    }
    let file = open_file(name)?;
    progress.reading(file.metadata()?.len());
    decompressed(file, progress)
}

/// A stream, decompressed where its first bytes say so.
fn decompressed<'a>(
    stream: impl Read + 'a,
    progress: &'a Progress,
) -> io::Result<Box<dyn Read + 'a>> {
    let mut stream = BufReader::with_capacity(CHUNK, Counted { stream, progress });
    let mut start = [0; 4];
    let known = read_up_to(&mut stream, &mut start)?;
    let stream = io::Cursor::new(start).take(known as u64).chain(stream);
    if start[..known].starts_with(GZIP) {
        Ok(Box::new(MultiGzDecoder::new(stream)))
    } else if start[..known].starts_with(ZSTD) {
        Ok(Box::new(zstd::Decoder::new(stream)?))
    } else {
        Ok(Box::new(stream))
    }
}

/// Hands on all bytes, in pieces; stops when `take` does.
pub(crate) fn read_all<E: From<io::Error>>(
    mut bytes: impl Read,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match bytes.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Fills `buffer` as far as there is something to read.
fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Counts what is read.
struct Counted<'a, R> {
    stream: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.progress.read(count as u64);
        Ok(count)
    }
}
