//! The mappings of this process, without an allocation and without the C library's streams: it is read inside of
//! `malloc` too, where `pthread_getattr_np` would wait for a lock that its own caller may hold.

/// A line of the kernel's list.
#[derive(Clone, Copy)]
pub(super) struct Mapping {
    pub start: usize,
    pub end: usize,
    /// `PROT_*` of `mprotect`.
    pub protection: i32,
    /// The kernel's stack of the first thread.
    pub is_first_stack: bool,
}

/// The bytes of a line that are looked at: bounds, rights, and a name as short as `[stack]`.
const HEAD: usize = 128;

/// The first mapping that `wanted` accepts.
pub(super) fn find(mut wanted: impl FnMut(&Mapping) -> bool) -> Option<Mapping> {
    // SAFETY: a constant path and plain flags.
    let file = unsafe {
        libc::open(
            c"/proc/self/maps".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        )
    };
    if file < 0 {
        return None;
    }
    let (mut head, mut length, mut found) = ([0; HEAD], 0, None);
    let mut bytes = [0_u8; 4096];
    'file: loop {
        // SAFETY: the buffer is ours and as large as said.
        let count = unsafe { libc::read(file, bytes.as_mut_ptr().cast(), bytes.len()) };
        let Ok(count @ 1..) = usize::try_from(count) else {
            break;
        };
        for &byte in &bytes[..count] {
            if byte != b'\n' {
                if length < HEAD {
                    head[length] = byte;
                    length += 1;
                }
                continue;
            }
            if let Some(mapping) = parse(&head[..length])
                && wanted(&mapping)
            {
                found = Some(mapping);
                break 'file;
            }
            length = 0;
        }
    }
    // SAFETY: opened above, and closed once.
    unsafe { libc::close(file) };
    found
}

/// `start-end rwxp offset device inode   name`
fn parse(line: &[u8]) -> Option<Mapping> {
    let (start, rest) = hexadecimal(line)?;
    let (end, rest) = hexadecimal(rest.strip_prefix(b"-")?)?;
    let rights = rest.strip_prefix(b" ")?.get(..4)?;
    let right = |at: usize, letter, flag| if rights[at] == letter { flag } else { 0 };
    Some(Mapping {
        start,
        end,
        protection: right(0, b'r', libc::PROT_READ)
            | right(1, b'w', libc::PROT_WRITE)
            | right(2, b'x', libc::PROT_EXEC),
        is_first_stack: line.ends_with(b" [stack]"),
    })
}

fn hexadecimal(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit());
    let length = digits.count();
    let (digits, rest) = text.split_at(length);
    let mut value = 0_usize;
    for &digit in digits {
        let digit = char::from(digit).to_digit(16)?;
        value = value.checked_mul(16)?.checked_add(digit as usize)?;
    }
    (length > 0).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_bounds_rights_and_the_name() {
        let line = b"7ffc0a000-7ffc0b000 rw-p 00000000 00:00 0                          [stack]";
        let mapping = parse(line).expect("a line");
        assert_eq!((mapping.start, mapping.end), (0x7_ffc0_a000, 0x7_ffc0_b000));
        assert_eq!(mapping.protection, libc::PROT_READ | libc::PROT_WRITE);
        assert!(mapping.is_first_stack);
        for odd in ["", "x", "1-", "1-2", "1-2 r", "fffffffffffffffff-1 r--p"] {
            assert!(parse(odd.as_bytes()).is_none(), "{odd}");
        }
    }

    #[test]
    fn the_own_stack_is_among_them() {
        let local = 0_u8;
        let address = &raw const local as usize;
        let own = find(|one| one.start <= address && address < one.end).expect("mapped");
        assert_eq!(own.protection, libc::PROT_READ | libc::PROT_WRITE);
    }
}
