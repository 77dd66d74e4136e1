//! An array of whole numbers in memory, read quickly, a window at a time, from
//! either end. Finds where the numbers end; what they are is up to [`Window`].
//! Accepts only what V8 writes (digits, commas, a line feed before a comma);
//! for anything else it gives up, and the pushed reader says what is wrong, if
//! anything is.

use super::blocks::{BLOCK, NumberBlock};
use super::windows::Window;

/// Bytes of a window: the ends found in it (4 bytes for 5 of text) stay in the
/// first cache.
const WINDOW: usize = 16 * 1024;

/// No block holds more: a number takes a digit and a comma.
const MAX_ENDS_PER_BLOCK: usize = BLOCK / 2;

/// Where a number may start.
const AFTER_COMMA: NumberBlock = NumberBlock {
    digits: 0,
    commas: 1,
    breaks: 0,
};

/// Whether more records are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    More,
    NoMore,
}

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

impl<'a, const FIELDS: usize> NumberArray<'a, FIELDS> {
    /// `at` is the place of the first byte after the opening bracket.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            before: AFTER_COMMA,
            ends: vec![0; WINDOW / 2 + 2 * BLOCK],
            closed: None,
        }
    }

    /// Hands over records, some at a time, until there are no more or `take`
    /// has had enough. Gives the place of the closing bracket, if it was
    /// reached; nothing at all if this is not an array as V8 writes it, or
    /// `take` says no.
    pub(super) fn read(
        mut self,
        mut take: impl FnMut(&Window<'_, FIELDS>) -> Option<Wants>,
    ) -> Option<Option<usize>> {
        if self.bytes.get(self.at) == Some(&b']') {
            return Some(Some(self.at));
        }
        loop {
            let start = self.at;
            let found = self.find_ends()?;
            let (records, rest) = self.ends[..found].as_chunks::<FIELDS>();
            let window = Window::new(self.bytes, start, None, records);
            if take(&window)? == Wants::NoMore {
                return Some(None);
            }
            if self.closed.is_some() {
                return rest.is_empty().then_some(self.closed);
            }
            // A record that goes on beyond the window is looked at again.
            let end = window.end()?;
            self.resume_after(end)?;
        }
    }

    /// Hands over records from the last to the first, a window of them at a
    /// time, until `take` has had enough. `close` is the place of the closing
    /// bracket.
    pub(super) fn read_back(
        mut self,
        close: usize,
        mut take: impl FnMut(&Window<'_, FIELDS>) -> Option<Wants>,
    ) -> Option<()> {
        let floor = self.at;
        let mut limit = close;
        loop {
            let from = limit.saturating_sub(WINDOW).max(floor);
            let start = if from == floor {
                floor
            } else {
                from + 1 + memchr::memchr(b',', self.bytes.get(from..limit)?)?
            };
            self.at = start;
            self.before = AFTER_COMMA;
            let found = self.find_ends_until(limit)?;
            // Whole records from the end; what is before them is looked at again.
            let (rest, records) = self.ends[..found].as_rchunks::<FIELDS>();
            let window = Window::new(self.bytes, start, rest.last().copied(), records);
            window.end()?;
            if take(&window)? == Wants::NoMore {
                return Some(());
            }
            let end = window.previous_end()?;
            limit = end + usize::from(self.bytes.get(end) == Some(&b'\n'));
            if limit <= floor || self.bytes.get(limit) != Some(&b',') {
                return None;
            }
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
            self.step(masks);
        }
        Some(found)
    }

    /// As [`Self::find_ends`], up to a place that must follow a record.
    fn find_ends_until(&mut self, limit: usize) -> Option<usize> {
        let start = self.at;
        let mut found = 0;
        loop {
            let (masks, valid) = match self.bytes.get(self.at..)?.first_chunk::<BLOCK>() {
                Some(block) => (NumberBlock::of(block), BLOCK),
                None => self.last_block()?,
            };
            let room = (limit - self.at).min(BLOCK);
            let known = masks.digits | masks.commas | masks.breaks;
            let foreign = ((!known).trailing_zeros() as usize).min(room);
            let (masks, ends) = self.ends_of(masks, foreign)?;
            let base = (self.at - start) as u32;
            let out = self.ends[found..].first_chunk_mut::<MAX_ENDS_PER_BLOCK>()?;
            write_places(ends, base, out);
            found += ends.count_ones() as usize;
            if foreign < room || foreign > valid {
                return None;
            }
            if room < BLOCK {
                return self.ends_number(masks, foreign).then_some(found);
            }
            self.step(masks);
        }
    }

    /// Goes on to the next block.
    fn step(&mut self, masks: NumberBlock) {
        self.before = NumberBlock {
            digits: masks.digits >> (BLOCK - 1),
            commas: masks.commas >> (BLOCK - 1),
            breaks: masks.breaks >> (BLOCK - 1),
        };
        self.at += BLOCK;
    }

    /// Whether what comes before a place in the block is a number, or the line
    /// feed that may follow one.
    fn ends_number(&self, masks: NumberBlock, place: usize) -> bool {
        match place.checked_sub(1) {
            None => self.before.commas == 0,
            Some(before) => masks.commas >> before & 1 == 0,
        }
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
        let below = match foreign {
            BLOCK => u64::MAX,
            _ => (1 << foreign) - 1,
        };
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
        let may_close = self.ends_number(masks, foreign);
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
