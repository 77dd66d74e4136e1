//! What the kernel reports about a process, without stopping it: whether it can be read at all, and what it has mapped.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::Duration;

use crate::refused::refused;
use crate::{AttachError, AttachErrorKind as Kind, Mapping};

/// The first bytes of an executable, up to its processor.
const ELF_START: usize = 20;
/// What they say of a 64-bit program for x86-64.
const CLASS: usize = 4;
const CLASS_64: u8 = 2;
const MACHINE: usize = 18;
const X86_64: u8 = 62;
/// How often a process without a program is polled for its end, and the interval between two polls.
const LOOKS_AT_END: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A process that runs.
#[derive(Debug)]
pub struct Process {
    pub(crate) pid: i32,
    /// When it started, which distinguishes it from a later one with the same pid.
    start: String,
    /// Device and number of the file that it runs.
    program: (u64, u64),
    pub(crate) memory: File,
}

impl Process {
    /// Finds a process, and whether it may be read.
    ///
    /// # Errors
    ///
    /// [`Kind::NoSuchProcess`], [`Kind::Ended`], [`Kind::Traced`], [`Kind::Denied`], and [`Kind::Unsupported`] for a
    /// program of another processor.
    pub fn open(pid: u32) -> Result<Self, AttachError> {
        let fail = |kind, why: &str| Err(AttachError::new(kind, format!("process {pid} {why}")));
        let status = match Status::read(pid) {
            Ok(status) => status,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return fail(
                    Kind::Denied,
                    "is hidden by the system: run memwatch as its user or as root",
                );
            }
            Err(_) => return fail(Kind::NoSuchProcess, "does not exist"),
        };
        let number = i32::try_from(pid).ok().filter(|&pid| pid > 0);
        let Some(number) = number.filter(|_| status.leader == pid) else {
            let why = format!("is a thread of process {}", status.leader);
            return fail(Kind::NoSuchProcess, &why);
        };
        if pid == std::process::id() {
            return fail(Kind::Unsupported, "is this command itself");
        }
        if status.has_ended {
            return fail(
                Kind::Ended,
                "has ended, and its parent has not taken note of it",
            );
        }
        status.check_tracer(pid)?;
        let denied = |error: io::Error| match error.kind() {
            io::ErrorKind::PermissionDenied => refused(pid, &status),
            _ if ends(pid) => AttachError::new(
                Kind::Ended,
                format!("process {pid} ended before its memory was read"),
            ),
            _ => AttachError::new(
                Kind::Unsupported,
                format!("process {pid} runs no program: it is a thread of the kernel"),
            ),
        };
        let mut executable = File::open(format!("/proc/{pid}/exe")).map_err(denied)?;
        let mut start = [0; ELF_START];
        let is_program = executable.read_exact(&mut start).is_ok();
        if !is_program || start[CLASS] != CLASS_64 || start[MACHINE] != X86_64 {
            let why = match start[CLASS] {
                1 => "is a 32-bit program: only those for 64-bit x86 can be read",
                _ => "is a program for another processor: only those for 64-bit x86 can be read",
            };
            return fail(Kind::Unsupported, why);
        }
        let memory = File::open(format!("/proc/{pid}/mem")).map_err(denied)?;
        let metadata = executable.metadata().map_err(denied)?;
        Ok(Self {
            pid: number,
            start: start_of(pid).unwrap_or_default(),
            program: (metadata.dev(), metadata.ino()),
            memory,
        })
    }

    /// The file that the process runs, although it may have been replaced or removed.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn executable(&self) -> io::Result<File> {
        File::open(format!("/proc/{}/exe", self.pid))
    }

    /// The name of that file, as `maps` has it.
    pub fn program(&self) -> String {
        let path = fs::read_link(format!("/proc/{}/exe", self.pid)).unwrap_or_default();
        path.to_string_lossy().into_owned()
    }

    /// A file that the process has mapped: in a container it has files of its own.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn file(&self, mapping: &Mapping) -> io::Result<File> {
        let path = format!("/proc/{}/root{}", self.pid, mapping.path);
        // What has that name now may be a pipe.
        match fs::metadata(&path)?.is_file() {
            true => File::open(path),
            false => Err(io::Error::other("it is not a regular file")),
        }
    }

    /// What it has mapped.
    ///
    /// # Errors
    ///
    /// [`Kind::Ended`].
    pub fn mappings(&self) -> Result<Vec<Mapping>, AttachError> {
        self.text("maps").map(|maps| Mapping::list(&maps))
    }

    /// Reads memory while the process runs, as much of it as is there.
    pub fn read(&self, address: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = self.memory.read_at(&mut bytes, address).unwrap_or(0);
        bytes.truncate(read);
        bytes
    }

    /// A file of the kernel's about it.
    pub(crate) fn text(&self, name: &str) -> Result<String, AttachError> {
        let bytes = fs::read(format!("/proc/{}/{name}", self.pid)).map_err(|_| self.ended())?;
        match bytes.is_empty() {
            true => Err(self.ended()),
            false => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// Whether it still is the process that was opened, and runs the same program. To be asked while it is traced: its
    /// number cannot be reused from then on.
    ///
    /// # Errors
    ///
    /// [`Kind::Ended`].
    pub fn check_same(&self) -> Result<(), AttachError> {
        let pid = self.pid as u32;
        if start_of(pid).as_deref() != Some(self.start.as_str()) {
            return Err(self.ended());
        }
        let metadata = fs::metadata(format!("/proc/{pid}/exe")).map_err(|_| self.ended())?;
        if (metadata.dev(), metadata.ino()) == self.program {
            return Ok(());
        }
        let message = format!("process {pid} has started another program meanwhile");
        Err(AttachError::new(Kind::Ended, message))
    }

    pub(crate) fn ended(&self) -> AttachError {
        let message = format!("process {} ended before its memory was read", self.pid);
        AttachError::new(Kind::Ended, message)
    }

    pub(crate) fn failed(&self, what: &str, error: &io::Error) -> AttachError {
        let message = format!(
            "the memory of process {} cannot be read: {what}: {error}; the process goes on",
            self.pid
        );
        AttachError::new(Kind::Failed, message)
    }
}

/// Whether a process without a program has ended, or is about to: its memory goes first, and threads of the kernel have none
/// either.
fn ends(pid: u32) -> bool {
    (0..LOOKS_AT_END).any(|look| {
        if look > 0 {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Status::read(pid).map_or(true, |status| status.has_ended)
    })
}

/// When a process started, in the kernel's clock: the 22nd field, counted behind the name, which may have anything.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// What `status` says of a process.
pub(crate) struct Status {
    leader: u32,
    has_ended: bool,
    tracer: u32,
    pub effective_user: u32,
    pub capabilities: u64,
    pub has_filter: bool,
}

impl Status {
    pub(crate) fn read(pid: u32) -> io::Result<Self> {
        let text = fs::read(format!("/proc/{pid}/status"))?;
        let text = String::from_utf8_lossy(&text);
        let field = |name: &str, place: usize| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().nth(place))
                .unwrap_or_default()
        };
        let number = |name, place| field(name, place).parse().unwrap_or(0);
        Ok(Self {
            leader: number("Tgid", 0),
            has_ended: ["Z", "X"].contains(&field("State", 0)),
            tracer: number("TracerPid", 0),
            effective_user: number("Uid", 1),
            capabilities: u64::from_str_radix(field("CapEff", 0), 16).unwrap_or(0),
            has_filter: number("Seccomp", 0) == 2,
        })
    }

    /// Only one can trace a process.
    pub(crate) fn check_tracer(&self, pid: u32) -> Result<(), AttachError> {
        if self.tracer == 0 {
            return Ok(());
        }
        let name = fs::read_to_string(format!("/proc/{}/comm", self.tracer)).unwrap_or_default();
        let message = format!(
            "process {pid} is traced by {} (process {}), and only one can: end that first",
            name.trim(),
            self.tracer
        );
        Err(AttachError::new(Kind::Traced, message))
    }
}
