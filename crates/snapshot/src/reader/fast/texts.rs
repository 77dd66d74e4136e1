//! An array of strings in memory: where each one starts. Accepts what V8 writes,
//! a comma and perhaps a line feed between strings, and gives up otherwise.

use super::super::super::strings::Starts;
use super::blocks::{BLOCK, TextBlock};

/// Offsets of the first byte of each string, and the place after the closing
/// bracket. `at` is the place after the opening one.
pub(super) fn read_texts(bytes: &[u8], at: usize) -> Option<(Starts, usize)> {
    let mut texts = Texts {
        bytes,
        starts: Starts::new(at as u64, bytes.len() as u64),
        closed_at: None,
        is_open: false,
        skip: false,
    };
    if bytes.get(at) == Some(&b']') {
        return Some((texts.starts, at + 1));
    }
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let block = match rest.first_chunk::<BLOCK>() {
            Some(block) => TextBlock::of(block),
            None => {
                let mut block = [0; BLOCK];
                block[..rest.len()].copy_from_slice(rest);
                TextBlock::of(&block)
            }
        };
        if texts.block(at, block.quotes_and_escapes)? {
            let end = texts.closed_at? + 2;
            return Some((texts.starts, end));
        }
        at += BLOCK;
    }
    None
}

struct Texts<'a> {
    bytes: &'a [u8],
    starts: Starts,
    /// Place of the quote that closed the last string.
    closed_at: Option<usize>,
    is_open: bool,
    /// The first byte of the block is escaped by the last of the one before.
    skip: bool,
}

impl Texts<'_> {
    /// Takes a block; true when the array has ended in it.
    #[inline]
    fn block(&mut self, base: usize, mut bits: u64) -> Option<bool> {
        if std::mem::take(&mut self.skip) {
            bits &= !1;
        }
        while bits != 0 {
            let bit = bits.trailing_zeros();
            let at = base + bit as usize;
            bits &= bits - 1;
            if self.bytes[at] == b'\\' {
                if !self.is_open {
                    return None;
                }
                // What follows is escaped, whatever it is.
                if bit + 1 == BLOCK as u32 {
                    self.skip = true;
                } else {
                    bits &= !(2 << bit);
                }
            } else if self.is_open {
                self.is_open = false;
                self.closed_at = Some(at);
                if self.bytes.get(at + 1) == Some(&b']') {
                    return Some(true);
                }
            } else {
                if let Some(closed) = self.closed_at {
                    match self.bytes.get(closed + 1..at)? {
                        b"," | b",\n" => {}
                        _ => return None,
                    }
                }
                self.is_open = true;
                self.starts.push(at as u64 + 1);
            }
        }
        Some(false)
    }
}
