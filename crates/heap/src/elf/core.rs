//! A core file: segments of memory, and notes about the process. Does not interpret the notes,
//! see [`crate::process`].

use super::header::{Header, ProgramHeader, is_elf, notes};
use crate::bytes::u8_at;
use crate::error::{HeapError, HeapErrorKind as Kind};
use crate::memory::Range;

/// Where the file says of how many bits it is, and what stands there for 32.
const CLASS: usize = 4;
const CLASS_32: u8 = 1;
/// `e_type` of a core.
const ET_CORE: u16 = 4;
/// `e_machine` of x86-64, the one machine whose layouts are known.
const EM_X86_64: u16 = 62;
/// `p_flags`: executable, writable.
const PF_X: u32 = 1;
const PF_W: u32 = 2;

/// A note of the core.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// Its number, such as `NT_PRSTATUS`.
    pub kind: u32,
    /// Who defines the number, such as `CORE`.
    pub owner: &'a [u8],
    /// What it says.
    pub contents: &'a [u8],
}

/// A segment of memory in the core.
pub type Segment<'a> = Range<'a>;

/// A core file, opened.
#[derive(Clone, Debug)]
pub struct Core<'a> {
    segments: Vec<Segment<'a>>,
    notes: Vec<Note<'a>>,
    missing: Vec<(u64, u64)>,
}

impl<'a> Core<'a> {
    /// Reads the headers of a core. The memory itself is not touched.
    ///
    /// # Errors
    ///
    /// [`Kind::NotACore`], [`Kind::Machine`] and [`Kind::Truncated`]. A file that ends inside of a
    /// segment is no error, see [`Core::missing_bytes`].
    pub fn read(file: &'a [u8]) -> Result<Self, HeapError> {
        let not_a_core = |message: &str| Err(HeapError::new(Kind::NotACore, message));
        if !is_elf(file) {
            return not_a_core("the file is not an ELF file");
        }
        if u8_at(file, CLASS) == Some(CLASS_32) {
            let message = "the core is of a 32-bit process; only x86-64 can be read";
            return Err(HeapError::new(Kind::Machine, message));
        }
        let Some(header) = Header::read(file) else {
            return not_a_core("the file is not a complete 64-bit little-endian ELF file");
        };
        if header.file_type != ET_CORE {
            return not_a_core("the file is an ELF file but not a core");
        }
        if header.machine != EM_X86_64 {
            let machine = header.machine;
            let message = format!("the core is of machine {machine}; only x86-64 can be read");
            return Err(HeapError::new(Kind::Machine, message));
        }
        let Some(headers) = header.program_headers(file) else {
            let message = "the core is cut off inside its program headers";
            return Err(HeapError::new(Kind::Truncated, message));
        };
        let mut core = Self {
            segments: Vec::new(),
            notes: Vec::new(),
            missing: Vec::new(),
        };
        for header in headers {
            core.add(&header, file);
        }
        Ok(core)
    }

    fn add(&mut self, header: &ProgramHeader, file: &'a [u8]) {
        let (bytes, _) = header.contents(file);
        match header.kind {
            ProgramHeader::LOAD => {
                let end = header.address.saturating_add(header.file_size);
                let reached = header.address.saturating_add(bytes.len() as u64);
                if reached < end {
                    self.missing.push((reached, end));
                }
                self.segments.push(Range {
                    start: header.address,
                    bytes,
                    writable: header.flags & PF_W != 0,
                    executable: header.flags & PF_X != 0,
                    from_file: false,
                });
            }
            ProgramHeader::NOTE => {
                let found = notes(bytes);
                self.notes.extend(found.map(|(kind, owner, contents)| Note {
                    kind,
                    owner,
                    contents,
                }));
            }
            _ => {}
        }
    }

    /// The memory that the core has, in the order of the file.
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// What the core says of the process.
    pub fn notes(&self) -> &[Note<'a>] {
        &self.notes
    }

    /// The memory that the headers promise and the file lacks: first address, and the one after the
    /// last.
    pub fn missing(&self) -> &[(u64, u64)] {
        &self.missing
    }

    /// Its bytes.
    pub fn missing_bytes(&self) -> u64 {
        let lengths = self.missing.iter().map(|&(start, end)| end - start);
        lengths.fold(0, u64::saturating_add)
    }
}
