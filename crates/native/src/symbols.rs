//! Names of addresses, from the symbols of an ELF file: of those addresses alone, in one pass through the table, without
//! keeping it. A file that is damaged or no ELF file has no names.

use std::io::{self, Read, Seek, SeekFrom};

/// What a file says of the addresses that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The symbol of each address, as the compiler wrote it.
    pub names: Vec<Option<String>>,
    /// The file has been stripped: only what it exports has a name.
    pub is_exported_only: bool,
}

const HEADER: usize = 64;
const SECTION: usize = 64;
const SYMBOL: usize = 24;
/// A symbol without a size, of assembler, reaches to the next, but no further than this.
const UNSIZED: u64 = 4096;
/// No name is longer than what is read of it.
const LONGEST_NAME: usize = 4096;
/// Tables of symbols, functions.
const ALL_SYMBOLS: u32 = 2;
const EXPORTED: u32 = 11;
const FUNCTION: u8 = 2;
const CHOSEN_FUNCTION: u8 = 10;

struct Section {
    kind: u32,
    offset: u64,
    size: u64,
    link: u32,
}

/// The names of addresses of the file, in the order of `wanted`.
///
/// # Errors
///
/// Of reading the file.
pub fn find(file: &mut (impl Read + Seek), wanted: &[u64]) -> io::Result<Names> {
    let by_address = |a: usize, b: usize| wanted[a].cmp(&wanted[b]);
    let order = memwatch_order::sorted_places(wanted.len(), &by_address);
    let sorted: Vec<u64> = order.iter().map(|&at| wanted[at]).collect();
    let sections = sections(file)?;
    let mut names = vec![None; wanted.len()];
    let mut is_exported_only = true;
    for kind in [ALL_SYMBOLS, EXPORTED] {
        let Some(table) = sections.iter().find(|one| one.kind == kind) else {
            continue;
        };
        is_exported_only &= kind == EXPORTED;
        let Some(strings) = sections.get(table.link as usize) else {
            continue;
        };
        let found = nearest(file, table, &sorted)?;
        for (&at, found) in order.iter().zip(found) {
            if let (None, Some((_, _, name))) = (&names[at], found) {
                names[at] = string(file, strings, name)?;
            }
        }
    }
    Ok(Names {
        names,
        is_exported_only,
    })
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    if let Some(part) = bytes.get(at..at + N) {
        word[..N].copy_from_slice(part);
    }
    u64::from_le_bytes(word)
}

/// Reads as much as there is.
fn read_at(file: &mut (impl Read + Seek), offset: u64, most: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.by_ref().take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn sections(file: &mut (impl Read + Seek)) -> io::Result<Vec<Section>> {
    let header = read_at(file, 0, HEADER)?;
    // 64 bits, little-endian.
    if header.len() < HEADER || !header.starts_with(b"\x7fELF\x02\x01") {
        return Ok(Vec::new());
    }
    let (offset, size) = (number::<8>(&header, 40), number::<2>(&header, 58));
    let count = number::<2>(&header, 60);
    if size as usize != SECTION {
        return Ok(Vec::new());
    }
    let bytes = read_at(file, offset, SECTION * count as usize)?;
    let all = bytes.chunks_exact(SECTION).map(|one| Section {
        kind: number::<4>(one, 4) as u32,
        offset: number::<8>(one, 24),
        size: number::<8>(one, 32),
        link: number::<4>(one, 40) as u32,
    });
    Ok(all.collect())
}

/// A function: where it begins, its size, where its name is.
type Symbol = (u64, u64, u64);

/// For each address in ascending order, the function that it is in.
fn nearest(
    file: &mut (impl Read + Seek),
    table: &Section,
    wanted: &[u64],
) -> io::Result<Vec<Option<Symbol>>> {
    let mut found: Vec<Option<Symbol>> = vec![None; wanted.len()];
    let end = table.offset.saturating_add(table.size);
    let mut offset = table.offset;
    while offset < end {
        let most = (end - offset).min((SYMBOL * 4096) as u64) as usize;
        let bytes = read_at(file, offset, most)?;
        if bytes.len() < SYMBOL {
            break;
        }
        for symbol in bytes.chunks_exact(SYMBOL) {
            let kind = symbol[4] & 15;
            let (value, size) = (number::<8>(symbol, 8), number::<8>(symbol, 16));
            let is_here = number::<2>(symbol, 6) != 0 && value != 0;
            if !is_here || ![FUNCTION, CHOSEN_FUNCTION].contains(&kind) {
                continue;
            }
            let reach = value.saturating_add(if size == 0 { UNSIZED } else { size });
            let first = wanted.partition_point(|&address| address < value);
            for at in first..wanted.len() {
                if wanted[at] >= reach {
                    break;
                }
                // The nearest one; of several names for one place, the first.
                if found[at].is_none_or(|(before, _, _)| before < value) {
                    found[at] = Some((value, size, number::<4>(symbol, 0)));
                }
            }
        }
        offset += (bytes.len() / SYMBOL * SYMBOL) as u64;
    }
    Ok(found)
}

fn string(file: &mut (impl Read + Seek), strings: &Section, at: u64) -> io::Result<Option<String>> {
    if at >= strings.size {
        return Ok(None);
    }
    let most = (strings.size - at).min(LONGEST_NAME as u64) as usize;
    let bytes = read_at(file, strings.offset.saturating_add(at), most)?;
    let Some(length) = bytes.iter().position(|&byte| byte == 0) else {
        return Ok(None);
    };
    let name = String::from_utf8_lossy(&bytes[..length]).into_owned();
    Ok((!name.is_empty()).then_some(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// An ELF file of one table of functions: (name, start, size).
    fn file(kind: u32, functions: &[(&str, u64, u64)]) -> Vec<u8> {
        let mut strings = vec![0_u8];
        let mut symbols = vec![0_u8; SYMBOL];
        for (name, value, size) in functions {
            symbols.extend((strings.len() as u32).to_le_bytes());
            symbols.extend([FUNCTION, 0, 1, 0]);
            symbols.extend(value.to_le_bytes());
            symbols.extend(size.to_le_bytes());
            strings.extend(name.bytes());
            strings.push(0);
        }
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(HEADER, 0);
        bytes[40..48].copy_from_slice(&(HEADER as u64).to_le_bytes());
        bytes[58..60].copy_from_slice(&(SECTION as u16).to_le_bytes());
        bytes[60..62].copy_from_slice(&3_u16.to_le_bytes());
        let data = (HEADER + 3 * SECTION) as u64;
        let section = |kind: u32, offset: u64, size: usize, link: u32| {
            let mut one = vec![0; SECTION];
            one[4..8].copy_from_slice(&kind.to_le_bytes());
            one[24..32].copy_from_slice(&offset.to_le_bytes());
            one[32..40].copy_from_slice(&(size as u64).to_le_bytes());
            one[40..44].copy_from_slice(&link.to_le_bytes());
            one
        };
        bytes.extend(section(0, 0, 0, 0));
        bytes.extend(section(kind, data, symbols.len(), 2));
        bytes.extend(section(3, data + symbols.len() as u64, strings.len(), 0));
        bytes.extend(symbols);
        bytes.extend(strings);
        bytes
    }

    fn names(bytes: Vec<u8>, wanted: &[u64]) -> Names {
        find(&mut Cursor::new(bytes), wanted).expect("memory can be read")
    }

    #[test]
    fn an_address_has_the_name_of_the_function_it_is_in() {
        let functions = [("outer", 100, 100), ("inner", 120, 10), ("open", 300, 0)];
        let found = names(
            file(ALL_SYMBOLS, &functions),
            &[310, 99, 125, 199, 200, 9000],
        );
        let expected = [Some("open"), None, Some("inner"), Some("outer"), None, None];
        assert_eq!(found.names, expected.map(|name| name.map(str::to_owned)));
        assert!(!found.is_exported_only);
        assert!(names(file(EXPORTED, &functions), &[100]).is_exported_only);
    }

    #[test]
    fn a_damaged_file_has_no_names_and_does_no_harm() {
        let whole = file(ALL_SYMBOLS, &[("one", 100, 100)]);
        for length in 0..whole.len() {
            names(whole[..length].to_vec(), &[100]);
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            names(bytes, &[100]);
        }
        assert_eq!(names(b"not an ELF file".to_vec(), &[1]).names, [None]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_own_program_has_names() {
        let bytes = std::fs::read("/proc/self/exe").expect("the test itself");
        let mut file = Cursor::new(bytes);
        let sections = sections(&mut file).expect("memory can be read");
        assert!(sections.iter().any(|one| one.kind == ALL_SYMBOLS));
    }
}
