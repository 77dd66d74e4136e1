//! Memory as ranges of bytes at addresses: a mapped core, what was read of another process, or
//! our own. Knows nothing of V8, reads no file, and never goes beyond a range.

use memwatch_order::sort_by_key;

use crate::bytes::{text_until_nul, u64_at};

/// Bytes at an address.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The address of the first byte.
    pub start: u64,
    /// What is there.
    pub bytes: &'a [u8],
    /// Whether the process could write it.
    pub writable: bool,
    /// Whether the process could run it.
    pub executable: bool,
    /// Whether the bytes come from a mapped file rather than from the process: V8's heap is never in such a range.
    pub from_file: bool,
}

impl Range<'_> {
    /// The address after the last byte.
    #[inline]
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.bytes.len() as u64)
    }
}

/// An address space: ranges that do not overlap, in order.
#[derive(Clone, Debug, Default)]
pub struct Memory<'a> {
    ranges: Vec<Range<'a>>,
    /// First address and the one after the last of what the process had and this memory lacks.
    missing: Vec<(u64, u64)>,
}

impl<'a> Memory<'a> {
    /// Ranges in any order. Of two that overlap the earlier one in `ranges` wins; what is left of
    /// the other is kept, so that a core's own pages go before those of the mapped file.
    pub fn new(ranges: impl IntoIterator<Item = Range<'a>>) -> Self {
        // Once in the binary, for all kinds of callers: what sorts is large.
        Self::of(ranges.into_iter().collect())
    }

    #[inline(never)]
    fn of(ranges: Vec<Range<'a>>) -> Self {
        let mut memory = Self::default();
        let mut first_pass: Vec<Range<'a>> = Vec::new();
        let mut later: Vec<Range<'a>> = Vec::new();
        for mut range in ranges {
            // A hostile header can place a range across the end of the address space.
            let room = usize::try_from(u64::MAX - range.start).unwrap_or(usize::MAX);
            range.bytes = &range.bytes[..range.bytes.len().min(room)];
            if range.bytes.is_empty() {
                continue;
            }
            if range.from_file {
                later.push(range);
            } else {
                first_pass.push(range);
            }
        }
        memory.ranges = first_pass;
        sort_by_key(&mut memory.ranges, |range| range.start);
        drop_overlaps(&mut memory.ranges);
        sort_by_key(&mut later, |range| range.start);
        drop_overlaps(&mut later);
        let mut found = Vec::new();
        for range in later {
            memory.gaps(range, &mut found);
        }
        memory.ranges.extend(found);
        sort_by_key(&mut memory.ranges, |range| range.start);
        memory
    }

    /// Finds those parts of `range` that nothing covers.
    fn gaps(&self, range: Range<'a>, found: &mut Vec<Range<'a>>) {
        let mut at = range.start;
        while at < range.end() {
            let next = self.ranges.partition_point(|other| other.end() <= at);
            let until = match self.ranges.get(next) {
                Some(other) if other.start <= at => {
                    at = other.end();
                    continue;
                }
                Some(other) => other.start.min(range.end()),
                None => range.end(),
            };
            let from = (at - range.start) as usize;
            let to = (until - range.start) as usize;
            found.push(Range {
                start: at,
                bytes: &range.bytes[from..to],
                ..range
            });
            at = until;
        }
    }

    /// Says which memory the process had and this lacks, from a first address to one after the last.
    #[must_use]
    pub fn lacking(mut self, missing: impl IntoIterator<Item = (u64, u64)>) -> Self {
        self.missing.extend(missing);
        sort_by_key(&mut self.missing, |&part| part);
        // A hostile file may list an address twice.
        let mut end = 0;
        for range in &mut self.missing {
            range.0 = range.0.max(end);
            end = end.max(range.1);
        }
        self
    }

    /// Whether the process had memory there that this lacks.
    pub fn is_missing(&self, address: u64) -> bool {
        let before = self.missing.partition_point(|range| range.0 <= address);
        let range = before.checked_sub(1).map(|last| self.missing[last]);
        range.is_some_and(|(_, end)| address < end)
    }

    /// Every range, by address.
    pub fn ranges(&self) -> &[Range<'a>] {
        &self.ranges
    }

    /// The range that has `address`.
    #[inline]
    pub fn range_of(&self, address: u64) -> Option<&Range<'a>> {
        let next = self.ranges.partition_point(|range| range.start <= address);
        let range = &self.ranges[next.checked_sub(1)?];
        (address < range.end()).then_some(range)
    }

    /// The range that begins last before an address.
    pub(crate) fn last_before(&self, address: u64) -> Option<&Range<'a>> {
        let next = self.ranges.partition_point(|range| range.start < address);
        self.ranges.get(next.checked_sub(1)?)
    }

    /// Where memory ends that follows an address without a gap, in ranges one after the other.
    pub(crate) fn end_from(&self, address: u64) -> u64 {
        let first = self.ranges.partition_point(|range| range.end() <= address);
        let mut end = address;
        for range in &self.ranges[first..] {
            if range.start > end {
                break;
            }
            end = range.end();
        }
        end
    }

    /// What is there from `address` to the end of its range.
    #[inline]
    pub fn tail(&self, address: u64) -> Option<&'a [u8]> {
        let range = self.range_of(address)?;
        range.bytes.get((address - range.start) as usize..)
    }

    /// `length` bytes, if one range has them all.
    #[inline]
    pub fn bytes(&self, address: u64, length: u64) -> Option<&'a [u8]> {
        self.tail(address)?.get(..usize::try_from(length).ok()?)
    }

    /// The word at an address.
    #[inline]
    pub fn word(&self, address: u64) -> Option<u64> {
        u64_at(self.tail(address)?, 0)
    }

    /// A C string of at most `limit` bytes.
    pub fn c_string(&self, address: u64, limit: usize) -> Option<String> {
        let tail = self.tail(address)?;
        Some(text_until_nul(&tail[..tail.len().min(limit)]))
    }
}

/// Of ranges in the order of their addresses: hostile cores can list one address twice.
fn drop_overlaps(ranges: &mut Vec<Range<'_>>) {
    let mut end = 0;
    ranges.retain_mut(|range| {
        if range.end() <= end {
            return false;
        }
        if range.start < end {
            let cut = (end - range.start) as usize;
            range.bytes = &range.bytes[cut..];
            range.start = end;
        }
        end = range.end();
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, bytes: &[u8], from_file: bool) -> Range<'_> {
        Range {
            start,
            bytes,
            writable: true,
            executable: false,
            from_file,
        }
    }

    #[test]
    fn a_core_s_own_page_goes_before_the_file_s() {
        let (own, file) = ([7; 8], [1; 32]);
        let memory = Memory::new([range(0x1000, &file, true), range(0x1008, &own, false)]);
        let starts: Vec<_> = memory
            .ranges()
            .iter()
            .map(|r| (r.start, r.bytes.len()))
            .collect();
        assert_eq!(starts, [(0x1000, 8), (0x1008, 8), (0x1010, 16)]);
        assert_eq!(memory.bytes(0x1008, 1), Some(&[7][..]));
        assert_eq!(memory.bytes(0x1007, 2), None, "two ranges are not one");
    }

    #[test]
    fn what_is_missing_was_there() {
        let bytes = [1; 8];
        let memory = Memory::new([range(0x10, &bytes, false)]).lacking([(0x100, 0x200)]);
        let was = [0x10, 0xff, 0x100, 0x1ff, 0x200];
        assert_eq!(
            was.map(|address| memory.is_missing(address)),
            [false, false, true, true, false]
        );
        assert_eq!(memory.word(0x100), None);
    }

    #[test]
    fn ranges_that_overlap_are_cut_and_reads_stay_inside() {
        let bytes = [9; 16];
        let memory = Memory::new([range(0x10, &bytes, false), range(0x18, &bytes, false)]);
        assert_eq!(memory.ranges().len(), 2);
        assert_eq!(memory.ranges()[1].start, 0x20);
        assert_eq!(memory.word(0x20), Some(0x0909_0909_0909_0909));
        assert_eq!(memory.word(0x24), None);
        assert_eq!(memory.word(u64::MAX), None);
        let at_the_top = Memory::new([range(u64::MAX - 4, &bytes, false)]);
        assert_eq!(at_the_top.word(u64::MAX - 1), None);
    }
}
