//! Sixty-four bytes at a time: which of them are digits, commas, quotes. One
//! bit for each byte, so that what follows is arithmetic on words.

use wide::u8x16;

/// Bytes looked at together, one for each bit of a word.
pub(super) const BLOCK: usize = 64;

const LANES: usize = 16;

/// What the bytes of a block are, where an array of numbers is expected.
#[derive(Clone, Copy)]
pub(super) struct NumberBlock {
    pub digits: u64,
    pub commas: u64,
    /// Line feeds: V8 up to Node.js 22 writes one after each record.
    pub breaks: u64,
}

/// What the bytes of a block are, where text in quotes is expected.
#[derive(Clone, Copy)]
pub(super) struct TextBlock {
    pub quotes_and_escapes: u64,
}

#[inline]
fn lanes(block: &[u8; BLOCK]) -> [u8x16; 4] {
    let (chunks, _) = block.as_chunks::<LANES>();
    std::array::from_fn(|at| u8x16::new(chunks[at]))
}

#[inline]
fn mask(lanes: [u8x16; 4]) -> u64 {
    let bits = lanes.map(|lane| u64::from(lane.move_mask() as u16));
    bits[0] | bits[1] << 16 | bits[2] << 32 | bits[3] << 48
}

impl NumberBlock {
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let lanes = lanes(block);
        let (zero, nine) = (u8x16::splat(b'0'), u8x16::splat(b'9'));
        let (comma, line_feed) = (u8x16::splat(b','), u8x16::splat(b'\n'));
        Self {
            digits: mask(lanes.map(|lane| lane.max(zero).min(nine).cmp_eq(lane))),
            commas: mask(lanes.map(|lane| lane.cmp_eq(comma))),
            breaks: mask(lanes.map(|lane| lane.cmp_eq(line_feed))),
        }
    }
}

impl TextBlock {
    #[inline]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let lanes = lanes(block);
        let (quote, escape) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
        Self {
            quotes_and_escapes: mask(lanes.map(|lane| lane.cmp_eq(quote) | lane.cmp_eq(escape))),
        }
    }
}
