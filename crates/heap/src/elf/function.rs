//! The machine code of a function of an executable, by the start of its symbol's name. Stripped files have the symbols
//! that others link with alone.

use super::executable::{SHT_DYNSYM, SHT_SYMTAB, SYMBOL_BYTES, section};
use super::header::{Header, ProgramHeader};
use crate::bytes::{u32_at, u64_at};

/// The code of the first function whose name begins so.
pub(crate) fn function<'a>(file: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let header = Header::read(file)?;
    let loads: Vec<ProgramHeader> = header
        .program_headers(file)?
        .into_iter()
        .filter(|header| header.kind == ProgramHeader::LOAD)
        .collect();
    for index in 0..header.section_count as u64 {
        let table = section(file, &header, index)?;
        if !matches!(table.kind, SHT_SYMTAB | SHT_DYNSYM) {
            continue;
        }
        let names = section(file, &header, u64::from(table.link))?;
        let symbols = file.get(table.offset..).unwrap_or_default();
        let symbols = &symbols[..table.size.min(symbols.len())];
        let found = symbols.chunks_exact(SYMBOL_BYTES).find(|symbol| {
            let at = u32_at(symbol, 0).and_then(|at| names.offset.checked_add(at as usize));
            at.and_then(|at| file.get(at..))
                .is_some_and(|text| text.starts_with(name))
        });
        if let Some(symbol) = found {
            let (address, size) = (u64_at(symbol, 8)?, u64_at(symbol, 16)?);
            let load = loads
                .iter()
                .find(|load| address >= load.address && address - load.address < load.file_size)?;
            let at = load.offset.checked_add(address - load.address)?;
            let code = file.get(usize::try_from(at).ok()?..)?;
            return Some(&code[..code.len().min(usize::try_from(size).ok()?)]);
        }
    }
    None
}
