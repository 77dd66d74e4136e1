//! Which file a snapshot will be. Everything that can be refused is refused here, before
//! a program is stopped for it. Writes nothing; removes what killed writers have left.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::error::{FileError, FileErrorKind};
use crate::quota::{Quota, Room, sweep};
use crate::snapshot_file::{SnapshotFile, create_private};
use crate::stream::Compression;
use crate::template::{HEAPDUMP_TEMPLATE, TRIGGER_TEMPLATE, Template};

/// How the files end that are not whole yet. They begin with a dot, so that they are not
/// listed and no pattern finds them.
pub(crate) const PARTIAL_EXTENSION: &str = ".memwatch-partial";

/// When, where and why a snapshot is taken; the caller passes all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion<'a> {
    /// Microseconds since 1970.
    pub unix_micros: u64,
    /// The process whose heap it is.
    pub pid: u32,
    /// Node's number of the thread; 0 is the main one.
    pub thread: u64,
    /// Which snapshot of this process it is: never the same twice in one process.
    pub sequence: u64,
    /// `call`, `signal`, `leak`, `near-heap-limit`: lower-case letters and hyphens.
    pub reason: &'a str,
}

/// A name that is given, or one to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// This file. The quota does not concern it.
    File(PathBuf),
    /// A file of this directory, named by the template.
    Directory {
        /// The directory, which must be there.
        directory: PathBuf,
        /// Its names.
        template: Template,
        /// How much may lie in it.
        quota: Quota,
    },
}

/// What a caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Where.
    pub target: Target,
    /// How to compress it; `None` goes by the ending of the file's name.
    pub compression: Option<Compression>,
}

impl Destination {
    /// A file by its name.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(Target::File(path.into()))
    }

    /// A generated name in a directory, with the usual quota.
    pub fn directory(directory: impl Into<PathBuf>, template: Template) -> Self {
        Self::new(Target::Directory {
            directory: directory.into(),
            template,
            quota: Quota::default(),
        })
    }

    fn new(target: Target) -> Self {
        Self {
            target,
            compression: None,
        }
    }
}

/// Names that follow each other, where the first may be taken.
#[derive(Clone, Debug)]
struct Generated {
    template: Template,
    unix_micros: u64,
    pid: u32,
    thread: u64,
    sequence: u64,
    reason: String,
}

impl Generated {
    /// How often to look for a name that is free. Others take them only in the same
    /// microsecond, or with the same number.
    const TRIES: u64 = 1000;

    /// The name after `skip` others.
    fn name(&self, skip: u64) -> Result<String, FileError> {
        self.template.name(&Occasion {
            unix_micros: self.unix_micros + skip,
            pid: self.pid,
            thread: self.thread,
            sequence: self.sequence + skip,
            reason: &self.reason,
        })
    }
}

/// A file that will be. It is not there yet.
#[derive(Clone, Debug)]
pub struct Place {
    directory: PathBuf,
    /// The file's name, unless it is generated and taken meanwhile.
    name: PathBuf,
    generated: Option<Generated>,
    partial: PathBuf,
    pub(crate) compression: Compression,
    pub(crate) room: Option<Room>,
}

impl Place {
    /// Chooses the file.
    ///
    /// # Errors
    ///
    /// When the file exists, be it a link that leads nowhere; when there is no such
    /// directory; when the directory is full; when the name cannot be one.
    pub fn plan(destination: &Destination, occasion: &Occasion<'_>) -> Result<Self, FileError> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_micros(occasion.unix_micros);
        let (directory, name, generated, room) = match &destination.target {
            Target::File(path) => {
                let (directory, name) = split(path)?;
                let directory = checked(&directory)?;
                sweep(&directory, now);
                (directory, name, None, None)
            }
            Target::Directory {
                directory,
                template,
                quota,
            } => {
                let directory = checked(&absolute(directory)?)?;
                let generated = Generated {
                    template: template.clone(),
                    unix_micros: occasion.unix_micros,
                    pid: occasion.pid,
                    thread: occasion.thread,
                    sequence: occasion.sequence,
                    reason: occasion.reason.to_owned(),
                };
                let name = generated.name(0)?;
                let ours = vec![
                    Template::parse(HEAPDUMP_TEMPLATE)?,
                    Template::parse(TRIGGER_TEMPLATE)?,
                    template.clone(),
                ];
                let own = partial_in(&directory, occasion);
                let room = Room::survey(&directory, *quota, ours, &own, now)?;
                (directory, PathBuf::from(name), Some(generated), Some(room))
            }
        };
        let compression = destination
            .compression
            .unwrap_or_else(|| Compression::of_name(&name));
        let partial = partial_in(&directory, occasion);
        let place = Self {
            directory,
            name,
            generated,
            partial,
            compression,
            room,
        };
        if place.generated.is_none() && place.is_taken(&place.path()) {
            return Err(FileError::new(FileErrorKind::Exists, place.path()));
        }
        Ok(place)
    }

    /// The file's path, which is absolute. Where the name is generated and another process
    /// takes it meanwhile, it will be another: [`crate::Written::path`] tells.
    pub fn path(&self) -> PathBuf {
        self.directory.join(self.with_ending(&self.name))
    }

    /// The path under which it is written.
    pub fn partial_path(&self) -> &Path {
        &self.partial
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Begins to write.
    ///
    /// # Errors
    ///
    /// When the system does not let a file be made.
    pub fn create(&self) -> Result<SnapshotFile, FileError> {
        SnapshotFile::create(self.clone())
    }

    /// Whether a file can be made at all. Nothing is left of the attempt, and it takes no
    /// place: it is not locked, so that others take it for one that was left.
    ///
    /// # Errors
    ///
    /// When the system does not let a file be made.
    pub fn probe(&self) -> Result<(), FileError> {
        let made = create_private(&self.partial);
        made.map_err(|error| FileError::creating(error, &self.partial))?;
        self.discard();
        Ok(())
    }

    /// Removes what a writer has left that was killed. Does nothing where there is
    /// nothing.
    pub fn discard(&self) {
        let _ = fs::remove_file(&self.partial);
    }

    /// The paths to try, one after another.
    pub(crate) fn paths(&self) -> impl Iterator<Item = Result<PathBuf, FileError>> {
        let tries = match &self.generated {
            Some(_) => Generated::TRIES,
            None => 1,
        };
        (0..tries).map(|skip| {
            let name = match &self.generated {
                Some(generated) => Cow::Owned(PathBuf::from(generated.name(skip)?)),
                None => Cow::Borrowed(&self.name),
            };
            Ok(self.directory.join(self.with_ending(&name)))
        })
    }

    /// A generated name ends as it is compressed; a given one stays as it is.
    fn with_ending(&self, name: &Path) -> PathBuf {
        let mut name = name.as_os_str().to_owned();
        if self.generated.is_some() {
            name.push(self.compression.extension());
        }
        name.into()
    }

    fn is_taken(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }
}

/// The name under which the file of an occasion is written.
fn partial_in(directory: &Path, occasion: &Occasion<'_>) -> PathBuf {
    directory.join(format!(
        ".{}-{}-{}-{}{PARTIAL_EXTENSION}",
        occasion.pid, occasion.thread, occasion.sequence, occasion.unix_micros
    ))
}

/// A path as directory and name.
fn split(path: &Path) -> Result<(PathBuf, PathBuf), FileError> {
    let name_error = |why: &str| FileError::new(FileErrorKind::Name(why.to_owned()), path);
    let name = path
        .file_name()
        .ok_or_else(|| name_error("not a valid file name"))?;
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(name_error("it names a directory"));
    }
    let absolute = absolute(path)?;
    let directory = absolute.parent().unwrap_or(&absolute);
    Ok((directory.to_owned(), PathBuf::from(name)))
}

/// Absolute, so that it stays the same place when the program changes its directory.
fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    let path = match path.as_os_str().is_empty() {
        true => Path::new("."),
        false => path,
    };
    std::path::absolute(path).map_err(|error| FileError::new(FileErrorKind::Directory(error), path))
}

fn checked(directory: &Path) -> Result<PathBuf, FileError> {
    let failed = |error| FileError::new(FileErrorKind::Directory(error), directory);
    match fs::metadata(directory).map_err(failed)?.is_dir() {
        true => Ok(directory.to_owned()),
        false => Err(failed(io::ErrorKind::NotADirectory.into())),
    }
}
