//! Records found in a window of a file, turned into numbers: from the places
//! where numbers end, with no branch for how long they are.

/// Digits turned into a number by one multiplication chain.
const WORD_DIGITS: usize = 8;

/// Whole records found in a window.
pub(super) struct Window<'a, const FIELDS: usize> {
    bytes: &'a [u8],
    start: usize,
    /// Where the number before the first record ends, when it is in the window.
    before: Option<u32>,
    /// Where the numbers of each record end: one past their last digit. As
    /// `before`, relative to the start of the window.
    ends: &'a [[u32; FIELDS]],
}

impl<'a, const FIELDS: usize> Window<'a, FIELDS> {
    pub(super) fn new(
        bytes: &'a [u8],
        start: usize,
        before: Option<u32>,
        ends: &'a [[u32; FIELDS]],
    ) -> Self {
        Self {
            bytes,
            start,
            before,
            ends,
        }
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of the records.
    pub(super) fn byte_count(&self) -> u64 {
        let end = self.end().unwrap_or(self.start);
        (end - self.previous_end().unwrap_or(self.start).min(end)) as u64
    }

    /// The place after the last digit.
    pub(super) fn end(&self) -> Option<usize> {
        Some(self.start + self.ends.last()?[FIELDS - 1] as usize)
    }

    /// The place after the last digit of what precedes the first record; nothing
    /// when the array starts with it.
    pub(super) fn previous_end(&self) -> Option<usize> {
        if let Some(end) = self.before {
            return Some(self.start + end as usize);
        }
        // The window starts with the record, behind a comma.
        let comma = self.start.checked_sub(1)?;
        match self.bytes.get(comma.checked_sub(1)?..=comma)? {
            b"\n," => comma.checked_sub(1),
            [_, b','] => Some(comma),
            _ => None,
        }
    }

    /// The first `count` records, and the others.
    pub(super) fn split_at(&self, count: usize) -> Option<(Self, Self)> {
        let (head, tail) = self.ends.split_at_checked(count)?;
        let part = |before, ends| Self {
            before,
            ends,
            ..*self
        };
        let last = head.last().map(|ends| ends[FIELDS - 1]);
        Some((part(self.before, head), part(last.or(self.before), tail)))
    }

    /// Hands over each record as numbers, with its place in the window. Says no
    /// when one is not as V8 writes it, or has a number of more than 16 digits.
    #[inline(always)]
    pub(super) fn each(&self, mut take: impl FnMut(usize, [u64; FIELDS])) -> Option<()> {
        let bytes = self.bytes.get(self.start..)?;
        // A record is preceded by a comma, or a line feed and a comma; one that
        // a window starts with at most by a comma, as what is before was seen.
        let gap_at = |end: u32| 1 + u32::from(bytes.get(end as usize) == Some(&b'\n'));
        let (mut last_end, mut gap) = match self.before {
            Some(end) => (end, gap_at(end)),
            None => (0, u32::from(bytes.first() == Some(&b','))),
        };
        let mut irregular = false;
        for (place, ends) in self.ends.iter().enumerate() {
            let mut record = [0; FIELDS];
            let mut start = last_end + gap;
            let (mut longest, mut first_digits) = (0, 0);
            for (number, &end) in record.iter_mut().zip(ends) {
                let length = end.wrapping_sub(start);
                let digits = eight_digits(bytes, start as usize);
                *number = number_of(digits, length);
                longest = longest.max(length);
                first_digits |= digits;
                start = end + 1;
            }
            last_end = ends[FIELDS - 1];
            gap = gap_at(last_end);
            // A line feed within a record: no V8 writes that.
            irregular |= first_digits & 0xF0 != 0;
            if longest > WORD_DIGITS as u32 {
                record = long_record(bytes, ends, &mut irregular);
            }
            take(place, record);
        }
        (!irregular).then_some(())
    }
}

#[cold]
fn long_record<const FIELDS: usize>(
    bytes: &[u8],
    ends: &[u32; FIELDS],
    irregular: &mut bool,
) -> [u64; FIELDS] {
    ends.map(|end| number_before(bytes, end as usize, irregular))
}

/// The eight bytes from `start` on, digits being 0 to 9.
#[inline(always)]
fn eight_digits(bytes: &[u8], start: usize) -> u64 {
    let word = bytes.get(start..start + WORD_DIGITS);
    match word.and_then(<[u8]>::first_chunk::<WORD_DIGITS>) {
        Some(word) => u64::from_le_bytes(*word) ^ ZEROS,
        // Eight bytes before the end of a file no number V8 wrote starts.
        None => u64::MAX,
    }
}

/// The number of up to eight digits at the start of these.
#[inline(always)]
fn number_of(digits: u64, length: u32) -> u64 {
    // Shifts out what follows the number, and zeros in before it.
    value_of(digits << (length.wrapping_mul(8).wrapping_neg() & 63))
}

/// The number before `bytes[end]`, for any length.
fn number_before(bytes: &[u8], end: usize, irregular: &mut bool) -> u64 {
    let text = &bytes[..end];
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let mut value = 0;
    let mut scale = 1u64;
    for (count, &digit) in digits.enumerate() {
        if count >= 2 * WORD_DIGITS {
            *irregular = true;
            break;
        }
        value += scale * u64::from(digit - b'0');
        scale *= 10;
    }
    value
}

/// Eight times the character `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The number that eight digits are, the first in the lowest byte. Daniel
/// Lemire, "Quickly parsing eight digits", 2018.
#[inline(always)]
fn value_of(digits: u64) -> u64 {
    let pairs = digits.wrapping_mul(10 * 256 + 1) >> 8;
    let fours = (pairs & 0x00FF_00FF_00FF_00FF).wrapping_mul(100 * 65_536 + 1) >> 16;
    (fours & 0x0000_FFFF_0000_FFFF).wrapping_mul(10_000 * (1 << 32) + 1) >> 32
}
