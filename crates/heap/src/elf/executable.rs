//! An executable or shared library: the integers that V8 exports for debuggers (`v8dbg_*`), and
//! the build id. Reads no code and no debug information.

use rustc_hash::FxHashMap;

use super::header::{Header, ProgramHeader, notes};
use crate::bytes::{text_until_nul, u8_at, u32_at, u64_at};
use crate::error::{HeapError, HeapErrorKind as Kind};

/// Size of a section header and of a symbol, in bytes.
const SECTION_BYTES: u64 = 64;
pub(super) const SYMBOL_BYTES: usize = 24;
/// Section types: the full table of symbols, and the dynamic one that stripped files keep.
pub(super) const SHT_SYMTAB: u32 = 2;
pub(super) const SHT_DYNSYM: u32 = 11;
/// `n_type` of a build id.
const NT_GNU_BUILD_ID: u32 = 3;
/// What V8's integers begin with.
const PREFIX: &[u8] = b"v8dbg_";
/// No name of V8's is longer. In bytes.
const LONGEST_NAME: usize = 256;

/// What a file says of the V8 in it.
#[derive(Clone, Debug, Default)]
pub struct Executable {
    integers: FxHashMap<String, i64>,
    build_id: Option<Vec<u8>>,
}

pub(super) struct Section {
    pub kind: u32,
    pub offset: usize,
    pub size: usize,
    pub link: u32,
}

impl Executable {
    /// Reads the symbols.
    ///
    /// # Errors
    ///
    /// [`Kind::NoLayout`] where the file is not ELF or exports no integer of V8's.
    pub fn read(file: &[u8]) -> Result<Self, HeapError> {
        let fail = |message: &str| Err(HeapError::new(Kind::NoLayout, message));
        let Some(header) = Header::read(file) else {
            return fail("the executable is not a 64-bit little-endian ELF file");
        };
        let Some(headers) = header.program_headers(file) else {
            return fail("the executable is cut off inside its program headers");
        };
        // What is read of the file, all in all, is not more than the file: neither notes nor tables share bytes.
        let mut left = file.len();
        let build_id = headers
            .iter()
            .filter(|header| header.kind == ProgramHeader::NOTE)
            .find_map(|header| build_id(within(header.contents(file).0, &mut left)));
        let mut left = file.len();
        let mut executable = Self {
            build_id,
            ..Self::default()
        };
        let loads: Vec<_> = headers
            .into_iter()
            .filter(|header| header.kind == ProgramHeader::LOAD)
            .collect();
        for index in 0..header.section_count as u64 {
            let Some(table) = section(file, &header, index) else {
                break;
            };
            if !matches!(table.kind, SHT_SYMTAB | SHT_DYNSYM) {
                continue;
            }
            if let Some(names) = section(file, &header, u64::from(table.link)) {
                let rest = file.get(table.offset..).unwrap_or_default();
                let symbols = within(&rest[..table.size.min(rest.len())], &mut left);
                executable.read_symbols(file, symbols, &names, &loads);
            }
        }
        if executable.integers.is_empty() {
            return fail(
                "the executable exports none of V8's layout symbols (v8dbg_*): it is not Node.js, or was built without them",
            );
        }
        Ok(executable)
    }

    fn read_symbols(
        &mut self,
        file: &[u8],
        symbols: &[u8],
        names: &Section,
        loads: &[ProgramHeader],
    ) {
        for symbol in symbols.chunks_exact(SYMBOL_BYTES) {
            let name = u32_at(symbol, 0).and_then(|at| names.offset.checked_add(at as usize));
            let Some(name) = name.and_then(|at| file.get(at..)) else {
                continue;
            };
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let (Some(address), Some(size)) = (u64_at(symbol, 8), u64_at(symbol, 16)) else {
                continue;
            };
            if let Some(value) = integer(file, loads, address, size) {
                let name = text_until_nul(&rest[..rest.len().min(LONGEST_NAME)]);
                self.integers.insert(name, value);
            }
        }
    }

    /// V8's integers by name, without `v8dbg_`.
    pub fn integers(&self) -> &FxHashMap<String, i64> {
        &self.integers
    }

    /// What identifies the build, if the file says it.
    pub fn build_id(&self) -> Option<&[u8]> {
        self.build_id.as_deref()
    }
}

/// As many of the bytes as are left to be read.
fn within<'a>(bytes: &'a [u8], left: &mut usize) -> &'a [u8] {
    let bytes = &bytes[..bytes.len().min(*left)];
    *left -= bytes.len();
    bytes
}

/// The section with a number.
pub(super) fn section(file: &[u8], header: &Header, index: u64) -> Option<Section> {
    let at = header
        .section_headers
        .checked_add(index.checked_mul(SECTION_BYTES)?)?;
    let entry = file.get(usize::try_from(at).ok()?..)?;
    Some(Section {
        kind: u32_at(entry, 4)?,
        offset: usize::try_from(u64_at(entry, 24)?).ok()?,
        size: usize::try_from(u64_at(entry, 32)?).ok()?,
        link: u32_at(entry, 40)?,
    })
}

/// The value that a symbol names: 1, 4 or 8 bytes of initialised data.
fn integer(file: &[u8], loads: &[ProgramHeader], address: u64, size: u64) -> Option<i64> {
    let load = loads
        .iter()
        .find(|load| address >= load.address && address - load.address < load.file_size)?;
    let at = load.offset.checked_add(address - load.address)?;
    let at = usize::try_from(at).ok()?;
    match size {
        1 => u8_at(file, at).map(i64::from),
        8 => u64_at(file, at).map(|value| value as i64),
        _ => u32_at(file, at).map(|value| i64::from(value as i32)),
    }
}

fn build_id(block: &[u8]) -> Option<Vec<u8>> {
    notes(block)
        .find(|&(kind, owner, _)| kind == NT_GNU_BUILD_ID && owner == b"GNU")
        .map(|(_, _, contents)| contents.to_vec())
        .filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tables_of_the_whole_file_are_read_as_one() {
        let bytes = [1; 100];
        let mut left = 150;
        let read: Vec<usize> = (0..3).map(|_| within(&bytes, &mut left).len()).collect();
        assert_eq!(read, [100, 50, 0]);
    }
}
