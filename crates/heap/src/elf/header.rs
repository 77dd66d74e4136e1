//! The file header and the program headers, which cores and executables share.

use crate::bytes::{u8_at, u16_at, u32_at, u64_at};

/// Size of a program header of a 64-bit file, in bytes.
const PROGRAM_HEADER_BYTES: usize = 56;
/// Stands where the number of program headers does not fit 16 bits; section 0 has it then.
const MANY_PROGRAM_HEADERS: u16 = 0xffff;

/// Whether the file begins as an ELF file does.
pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// The fields of the file header that the readers need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub file_type: u16,
    pub machine: u16,
    program_headers: u64,
    program_header_count: usize,
    pub section_headers: u64,
    pub section_count: usize,
}

/// One program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProgramHeader {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file_size: u64,
}

impl ProgramHeader {
    pub(super) const LOAD: u32 = 1;
    pub(super) const NOTE: u32 = 4;

    /// What the file has of it, and whether that is all.
    pub(super) fn contents<'a>(&self, file: &'a [u8]) -> (&'a [u8], bool) {
        let from = usize::try_from(self.offset)
            .unwrap_or(usize::MAX)
            .min(file.len());
        let rest = &file[from..];
        let wanted = usize::try_from(self.file_size).unwrap_or(usize::MAX);
        (&rest[..wanted.min(rest.len())], wanted <= rest.len())
    }
}

impl Header {
    /// `None` unless this is a 64-bit little-endian ELF file with a whole header.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        if !is_elf(file) || u8_at(file, 4)? != 2 || u8_at(file, 5)? != 1 {
            return None;
        }
        let section_headers = u64_at(file, 40)?;
        let mut program_header_count = usize::from(u16_at(file, 56)?);
        if program_header_count == usize::from(MANY_PROGRAM_HEADERS) {
            let first_section = usize::try_from(section_headers).ok()?;
            let count = u32_at(file, first_section.checked_add(44)?)?;
            program_header_count = count as usize;
        }
        Some(Self {
            file_type: u16_at(file, 16)?,
            machine: u16_at(file, 18)?,
            program_headers: u64_at(file, 32)?,
            program_header_count,
            section_headers,
            section_count: usize::from(u16_at(file, 60)?),
        })
    }

    /// The program headers; `None` where the file ends among them.
    pub(super) fn program_headers(&self, file: &[u8]) -> Option<Vec<ProgramHeader>> {
        let from = usize::try_from(self.program_headers).ok()?;
        let length = self
            .program_header_count
            .checked_mul(PROGRAM_HEADER_BYTES)?;
        let table = file.get(from..)?.get(..length)?;
        table
            .chunks_exact(PROGRAM_HEADER_BYTES)
            .map(program_header)
            .collect()
    }
}

fn program_header(entry: &[u8]) -> Option<ProgramHeader> {
    Some(ProgramHeader {
        kind: u32_at(entry, 0)?,
        flags: u32_at(entry, 4)?,
        offset: u64_at(entry, 8)?,
        address: u64_at(entry, 16)?,
        file_size: u64_at(entry, 32)?,
    })
}

/// The notes in a block of them: kind, owner and contents. Ends at the first that is cut off.
pub(super) fn notes(mut block: &[u8]) -> impl Iterator<Item = (u32, &[u8], &[u8])> {
    std::iter::from_fn(move || {
        let (name_size, size) = (u32_at(block, 0)? as usize, u32_at(block, 4)? as usize);
        let kind = u32_at(block, 8)?;
        let rest = block.get(12..)?;
        let owner = rest.get(..name_size)?;
        let rest = rest.get(padded(name_size)?..)?;
        let contents = rest.get(..size)?;
        block = rest.get(padded(size)?..).unwrap_or_default();
        Some((kind, owner.strip_suffix(b"\0").unwrap_or(owner), contents))
    })
}

/// Notes are padded to 4 bytes.
fn padded(size: usize) -> Option<usize> {
    size.checked_next_multiple_of(4)
}
