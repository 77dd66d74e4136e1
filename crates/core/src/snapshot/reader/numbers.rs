//! An array of whole numbers in memory, read quickly. Works in two steps, a
//! window at a time: find where the numbers end, then turn the digits before
//! each end into a number, which needs no branches. Accepts only what V8
//! writes (digits, commas, a line feed before a comma); for anything else it
//! gives up, and the pushed reader says what is wrong, if anything is.

use super::blocks::{BLOCK, NumberBlock};

/// Bytes of a window: the ends found in it (4 bytes for 5 of text) stay in the
/// first cache.
const WINDOW: usize = 16 * 1024;

/// No block holds more: a number takes a digit and a comma.
const MAX_ENDS_PER_BLOCK: usize = BLOCK / 2;

/// Digits turned into a number by one multiplication chain.
const WORD_DIGITS: usize = 8;

/// Numbers of `FIELDS` to the record.
pub(super) struct NumberArray<'a, const FIELDS: usize> {
    bytes: &'a [u8],
    /// The next byte to look at.
    at: usize,
    /// What the byte before that was, in bit 0 of each.
    before: NumberBlock,
    /// Where numbers of the window end: one past their last digit, relative to
    /// the start of the window.
    ends: Vec<u32>,
    /// Place of the closing bracket, once found.
    closed: Option<usize>,
}

/// Whole records found in a window.
pub(super) struct Window<'a, const FIELDS: usize> {
    bytes: &'a [u8],
    start: usize,
    ends: &'a [[u32; FIELDS]],
}

impl<'a, const FIELDS: usize> NumberArray<'a, FIELDS> {
    /// `at` is the place of the first byte after the opening bracket, and at
    /// least 8, as numbers are read backwards from their ends.
    pub fn new(bytes: &'a [u8], at: usize) -> Option<Self> {
        if at < WORD_DIGITS {
            return None;
        }
        Some(Self {
            bytes,
            at,
            before: NumberBlock {
                digits: 0,
                commas: 1,
                breaks: 0,
            },
            ends: vec![0; WINDOW / 2 + 2 * BLOCK],
            closed: None,
        })
    }

    /// Hands over all records, some at a time. Gives the place of the closing
    /// bracket; nothing if this is not an array as V8 writes it, or `take` says
    /// no.
    pub fn read(mut self, mut take: impl FnMut(Window<'_, FIELDS>) -> Option<()>) -> Option<usize> {
        if self.bytes.get(self.at) == Some(&b']') {
            return Some(self.at);
        }
        loop {
            let start = self.at;
            let found = self.find_ends()?;
            let (records, rest) = self.ends[..found].as_chunks::<FIELDS>();
            let last = records.last().map(|record| record[FIELDS - 1] as usize);
            take(Window {
                bytes: self.bytes,
                start,
                ends: records,
            })?;
            if self.closed.is_some() {
                return rest.is_empty().then_some(self.closed).flatten();
            }
            // A record that goes on beyond the window is looked at again.
            self.resume_after(start + last?)?;
        }
    }

    /// Fills `ends` from a window; gives how many it found.
    fn find_ends(&mut self) -> Option<usize> {
        let start = self.at;
        let mut found = 0;
        while self.at - start < WINDOW {
            let block = self.bytes.get(self.at..)?.first_chunk::<BLOCK>();
            let (masks, valid) = match block {
                Some(block) => (NumberBlock::of(block), BLOCK),
                None => self.last_block()?,
            };
            let known = masks.digits | masks.commas | masks.breaks;
            let foreign = (!known).trailing_zeros() as usize;
            let (masks, ends) = self.ends_of(masks, foreign)?;
            let base = (self.at - start) as u32;
            let out = self.ends[found..].first_chunk_mut::<MAX_ENDS_PER_BLOCK>()?;
            write_places(ends, base, out);
            found += ends.count_ones() as usize;
            if foreign < BLOCK {
                self.close(masks, foreign, valid)?;
                return Some(found);
            }
            self.before = NumberBlock {
                digits: masks.digits >> (BLOCK - 1),
                commas: masks.commas >> (BLOCK - 1),
                breaks: masks.breaks >> (BLOCK - 1),
            };
            self.at += BLOCK;
        }
        Some(found)
    }

    /// The end of the input, filled up with what belongs in no array.
    fn last_block(&self) -> Option<(NumberBlock, usize)> {
        let tail = self.bytes.get(self.at..)?;
        let mut block = [0; BLOCK];
        block.get_mut(..tail.len())?.copy_from_slice(tail);
        Some((NumberBlock::of(&block), tail.len()))
    }

    /// Checks that numbers, line feeds and commas take turns as they must, up
    /// to the first foreign byte, and gives the places after numbers.
    #[inline]
    fn ends_of(&self, masks: NumberBlock, foreign: usize) -> Option<(NumberBlock, u64)> {
        // The bits below the foreign byte, and the byte itself, which may be
        // what ends a number.
        let below = 1u64
            .checked_shl(foreign as u32)
            .unwrap_or(0)
            .wrapping_sub(1);
        let up_to = below << 1 | 1;
        let masks = NumberBlock {
            digits: masks.digits & below,
            commas: masks.commas & below,
            breaks: masks.breaks & below,
        };
        let digit_before = masks.digits << 1 | self.before.digits;
        let comma_before = masks.commas << 1 | self.before.commas;
        let break_before = masks.breaks << 1 | self.before.breaks;
        let starts = masks.digits & !digit_before;
        let wrong = masks.commas & !(digit_before | break_before)
            | masks.breaks & !digit_before
            | starts & !comma_before;
        (wrong == 0).then_some((masks, !masks.digits & digit_before & up_to))
    }

    /// The first foreign byte must be the closing bracket, right after a number
    /// or the line feed that may follow it.
    fn close(&mut self, masks: NumberBlock, foreign: usize, valid: usize) -> Option<()> {
        let at = self.at + foreign;
        let may_close = if foreign == 0 {
            self.before.commas == 0
        } else {
            masks.commas >> (foreign - 1) & 1 == 0
        };
        if foreign >= valid || !may_close || self.bytes.get(at) != Some(&b']') {
            return None;
        }
        self.closed = Some(at);
        Some(())
    }

    /// Goes on after the byte at `end`, which follows a whole record.
    fn resume_after(&mut self, end: usize) -> Option<()> {
        let byte = *self.bytes.get(end)?;
        self.before = NumberBlock {
            digits: 0,
            commas: u64::from(byte == b','),
            breaks: u64::from(byte == b'\n'),
        };
        self.at = end + 1;
        Some(())
    }
}

/// Writes `base` plus the place of each set bit. Always writes sixteen at a
/// time: how many there are is not worth a branch, what is too much is
/// overwritten by the next block.
#[inline(always)]
fn write_places(mut bits: u64, base: u32, out: &mut [u32; MAX_ENDS_PER_BLOCK]) {
    let many = bits.count_ones() > 16;
    let (first, second) = out.split_at_mut(16);
    let mut write = |places: &mut [u32]| {
        for place in places {
            // The bit added is never the lowest of those still wanted.
            *place = base + (bits | 1 << (BLOCK - 1)).trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    };
    write(first);
    if many {
        write(second);
    }
}

impl<const FIELDS: usize> Window<'_, FIELDS> {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The records, each as numbers. Sets `too_long` when a number has more
    /// than 16 digits.
    pub fn records<'b>(
        &'b self,
        too_long: &'b mut bool,
    ) -> impl Iterator<Item = [u64; FIELDS]> + 'b {
        // Numbers are read from eight bytes before their end: a slice that
        // starts so much earlier makes every place in the window valid.
        let bytes = &self.bytes[self.start - WORD_DIGITS..];
        let mut last_end = 0;
        self.ends.iter().map(move |ends| {
            let mut record = [0; FIELDS];
            let mut is_long = false;
            for (number, &end) in record.iter_mut().zip(ends) {
                *number = short_number_before(bytes, end as usize);
                is_long |= end - last_end > SHORT_GAP;
                last_end = end;
            }
            if is_long {
                record = ends.map(|end| number_before(bytes, end as usize, too_long));
            }
            record
        })
    }
}

/// From the end of one number to the end of the next, when that has eight digits
/// at the most: they and a comma.
const SHORT_GAP: u32 = WORD_DIGITS as u32 + 1;

/// The number whose last digit is at `bytes[WORD_DIGITS + end - 1]`, if it has
/// no more than eight; its last eight if it has more.
#[inline(always)]
fn short_number_before(bytes: &[u8], end: usize) -> u64 {
    let word = bytes.get(end..end + WORD_DIGITS);
    let Some(word) = word.and_then(<[u8]>::first_chunk::<WORD_DIGITS>) else {
        return u64::MAX;
    };
    let digits = u64::from_le_bytes(*word) ^ ZEROS;
    // Keeps the bytes above the highest that is no digit, and one bit of that,
    // which ASCII leaves 0. Without any, keeps all.
    let others = not_digits(digits) | 1;
    value_of(digits & u64::MAX << others.ilog2())
}

/// As [`short_number_before`], for any length.
#[cold]
fn number_before(bytes: &[u8], end: usize, too_long: &mut bool) -> u64 {
    let text = &bytes[..end + WORD_DIGITS];
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let mut value = 0;
    let mut scale = 1u64;
    for (count, &digit) in digits.enumerate() {
        if count >= 2 * WORD_DIGITS {
            *too_long = true;
            break;
        }
        value += scale * u64::from(digit - b'0');
        scale *= 10;
    }
    value
}

/// Eight times the character `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The high bit of every byte that is not 0 to 9. Text is ASCII here, so
/// nothing is carried from one byte to the next.
#[inline(always)]
fn not_digits(digits: u64) -> u64 {
    digits.wrapping_add(0x7676_7676_7676_7676) & 0x8080_8080_8080_8080
}

/// The number that eight digits are, the first in the lowest byte. Daniel
/// Lemire, "Quickly parsing eight digits", 2018.
#[inline(always)]
fn value_of(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10 * 256 + 1) >> 8;
    let fours = (pairs & 0x00FF_00FF_00FF_00FF).wrapping_mul(100 * 65_536 + 1) >> 16;
    (fours & 0x0000_FFFF_0000_FFFF).wrapping_mul(10_000 * (1 << 32) + 1) >> 32
}
