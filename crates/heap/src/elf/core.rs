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
    /// Bytes of the file that segments and notes may still have: in no core do two have the same.
    left: usize,
}

/// No process of x86-64 has more memory. In bytes.
const MOST_MEMORY: u64 = 1 << 47;

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
            left: file.len(),
        };
        for header in headers {
            core.add(&header, file);
        }
        Ok(core)
    }

    fn add(&mut self, header: &ProgramHeader, file: &'a [u8]) {
        let (bytes, _) = header.contents(file);
        let bytes = &bytes[..bytes.len().min(self.left)];
        if matches!(header.kind, ProgramHeader::LOAD | ProgramHeader::NOTE) {
            self.left -= bytes.len();
        }
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

    /// Its bytes; at most what a process can have.
    pub fn missing_bytes(&self) -> u64 {
        let lengths = self.missing.iter().map(|&(start, end)| end - start);
        lengths.fold(0, u64::saturating_add).min(MOST_MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A core with these segments: address, offset and size in the file.
    fn core(segments: &[(u64, u64, u64)], length: usize) -> Vec<u8> {
        let mut file = vec![0; 64];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[16..18].copy_from_slice(&ET_CORE.to_le_bytes());
        file[18..20].copy_from_slice(&EM_X86_64.to_le_bytes());
        file[32..40].copy_from_slice(&64_u64.to_le_bytes());
        file[56..58].copy_from_slice(&(segments.len() as u16).to_le_bytes());
        for &(address, offset, size) in segments {
            let mut header = [0; 56];
            header[..4].copy_from_slice(&ProgramHeader::LOAD.to_le_bytes());
            header[8..16].copy_from_slice(&offset.to_le_bytes());
            header[16..24].copy_from_slice(&address.to_le_bytes());
            header[32..40].copy_from_slice(&size.to_le_bytes());
            file.extend(header);
        }
        file.resize(length, 7);
        file
    }

    #[test]
    fn segments_have_no_more_bytes_than_the_file() {
        let many: Vec<_> = (0..500).map(|index| (index << 20, 0, 1 << 20)).collect();
        let file = core(&many, 1 << 16);
        let read = Core::read(&file).expect("a core");
        let bytes: usize = read
            .segments()
            .iter()
            .map(|segment| segment.bytes.len())
            .sum();
        assert_eq!(bytes, file.len());
        assert_eq!(read.missing_bytes(), (500 << 20) - file.len() as u64);
    }

    #[test]
    fn no_more_memory_is_missing_than_a_process_can_have() {
        let huge = [(0, 0, u64::MAX), (1 << 40, 1 << 60, u64::MAX)];
        let file = core(&huge, 4096);
        let read = Core::read(&file).expect("a core");
        assert_eq!(read.missing_bytes(), MOST_MEMORY);
    }
}
