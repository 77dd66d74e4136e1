//! Finds the pages of V8's heap by the shape of their headers. Needs no table of V8's: every
//! aligned address of every range is tried, and each field is found by its value.
//!
//! | V8 | header |
//! | --- | --- |
//! | to 11 | at the page: size, flags, `Heap*`, start and end of the area |
//! | 12 | at the page: flags, the page's own address, size, `Heap*`, start and end of the area |
//! | from 13 | at the page: flags, pointer to metadata in malloc's memory: …, size, end of the area, `Heap*`, its start |

use crate::memory::{Memory, Range};

/// Pages are aligned to this, and all but those of large objects have this size. In bytes.
pub(crate) const PAGE_BYTES: u64 = 1 << 18;
/// No page is larger: the size of V8's largest heap. In bytes.
const LARGEST_PAGE: u64 = 1 << 36;
/// The area of objects begins this close to the page: pages of code have the longest header. In bytes.
const LONGEST_HEADER: u64 = 0x8000;
/// The same from V8 13 on, where most of the header lies elsewhere. In bytes.
const LONGEST_SHORT_HEADER: u64 = 0x2000;
/// Words of the metadata that are searched.
const METADATA_WORDS: usize = 16;
/// A page's flags: it is of the half of new space that a minor collection has moved all objects out of, or is moving them
/// out of; it is of the other half, or young as a whole. The same in all five.
const FROM_FLAG: u64 = 1 << 3;
const TO_FLAG: u64 = 1 << 4;
/// Sizes and flags below these are what a header can have.
const SMALLEST_PAGE: u64 = 0x1000;
const FLAGS_LIMIT: u64 = 1 << 32;

/// A page of the heap.
#[derive(Clone, Debug)]
pub(crate) struct Page<'a> {
    pub base: u64,
    /// Where its objects begin and end.
    pub start: u64,
    pub end: u64,
    /// V8's `Heap`, which tells isolates apart; 0 for read-only pages.
    pub heap: u64,
    pub large: bool,
    /// Whether its objects are young: one of the two halves of new space.
    pub young: bool,
    /// Whether it is of the half that is left between two collections: what stands there has died, or was moved.
    pub vacated: bool,
    pub read_only: bool,
    pub executable: bool,
    pub writable: bool,
    /// From `start` to `end`, or to where the first range of memory ends.
    pub bytes: &'a [u8],
    /// The end of what the memory has of it. Between two ranges may be a hole: V8 has objects that nobody can read.
    pub known_end: u64,
}

impl Page<'_> {
    /// Bytes of the area that the memory has.
    pub(crate) fn area_bytes(&self) -> u64 {
        self.known_end - self.start
    }
}

/// Every address that looks like a page, in order. Look-alikes are for the caller to sort out.
pub(crate) fn candidates<'a>(memory: &Memory<'a>) -> Vec<Page<'a>> {
    let mut pages = Vec::new();
    for range in memory.ranges().iter().filter(|range| !range.from_file) {
        let Some(mut base) = range.start.checked_next_multiple_of(PAGE_BYTES) else {
            continue;
        };
        while base < range.end() {
            let found = page_at(memory, range, base);
            let length = found.as_ref().map_or(1, |page| page.end - page.base);
            pages.extend(found);
            let Some(next) = base.checked_add(length.next_multiple_of(PAGE_BYTES)) else {
                break;
            };
            base = next;
        }
    }
    pages
}

/// The heap of every header that looks like a writable page's, once a page. Of a page no more than its header has to be
/// in memory.
pub(crate) fn heaps_of_headers(memory: &Memory<'_>) -> Vec<u64> {
    let ranges = memory.ranges().iter();
    let ranges = ranges.filter(|range| range.writable && !range.from_file);
    let headers = ranges.flat_map(|range| {
        page_starts([(range.start, range.end())])
            .filter_map(move |base| area_at(memory, range, base))
    });
    headers.map(|area| area.heap).collect()
}

/// The addresses at which the header of a page may begin, in ranges of memory.
pub fn page_starts(ranges: impl IntoIterator<Item = (u64, u64)>) -> impl Iterator<Item = u64> {
    ranges.into_iter().flat_map(|(start, end)| {
        let first = start
            .checked_next_multiple_of(PAGE_BYTES)
            .unwrap_or(u64::MAX);
        (first..end).step_by(PAGE_BYTES as usize)
    })
}

/// The area of a page and the heap that it belongs to.
struct Area {
    start: u64,
    end: u64,
    heap: u64,
    large: bool,
    flags: u64,
}

fn area_at(memory: &Memory<'_>, range: &Range<'_>, base: u64) -> Option<Area> {
    long_header(memory, range, base).or_else(|| short_header(memory, range, base))
}

fn page_at<'a>(memory: &Memory<'a>, range: &Range<'a>, base: u64) -> Option<Page<'a>> {
    let area = area_at(memory, range, base)?;
    // Pages of code have their header in a mapping of its own, before a page that guards it.
    let objects = memory.range_of(area.start)?;
    let bytes = memory.tail(area.start)?;
    // A large page has what the memory has of it, so that no length in it can lead further.
    let end = match area.end <= range.end() || !area.large {
        true => area.end,
        false => area.end.min(memory.end_from(area.start)),
    };
    let length = usize::try_from(end - area.start).ok()?;
    let last = memory.last_before(end)?.end();
    Some(Page {
        base,
        start: area.start,
        end,
        heap: area.heap,
        large: area.large,
        young: area.flags & (FROM_FLAG | TO_FLAG) != 0,
        vacated: area.flags & FROM_FLAG != 0,
        read_only: false,
        executable: objects.executable,
        writable: range.writable,
        bytes: &bytes[..length.min(bytes.len())],
        known_end: last.min(end),
    })
}

/// Whether a page can end there: in its range, in one that follows, as the system splits what was mapped in one call, or
/// a page's length on if the range was cut off.
fn is_end(memory: &Memory<'_>, range: &Range<'_>, base: u64, end: u64) -> bool {
    let last = end.saturating_sub(8);
    end <= range.end().max(base.saturating_add(PAGE_BYTES))
        || memory.word(last).is_some()
        || memory.is_missing(last)
}

fn long_header(memory: &Memory<'_>, range: &Range<'_>, base: u64) -> Option<Area> {
    let word = |index: u64| memory.word(base.checked_add(8 * index)?);
    let (size, flags, heap, start, end) = (word(0)?, word(1)?, word(2)?, word(3)?, word(4)?);
    let is_size = (SMALLEST_PAGE..LARGEST_PAGE).contains(&size) && flags < FLAGS_LIMIT;
    let is_area = start > base
        && start < base + LONGEST_HEADER
        && start % 8 == 0
        && end > start
        && end <= base.saturating_add(size)
        && is_end(memory, range, base, end);
    // By the size and not by the flags, whose bits mean other things in other versions: what says "large" to V8 10 says
    // "marking is under way" to V8 11 and 12. A large object on a page of usual size is found as any other.
    let large = size > PAGE_BYTES;
    (is_size && is_area && heap % 8 == 0).then_some(Area {
        start,
        end,
        heap,
        large,
        flags,
    })
}

fn short_header(memory: &Memory<'_>, range: &Range<'_>, base: u64) -> Option<Area> {
    let metadata = memory.word(base.checked_add(8)?)?;
    if metadata % 8 != 0 || metadata < SMALLEST_PAGE {
        return None;
    }
    let words = memory.tail(metadata)?;
    let words: Vec<u64> = words
        .chunks_exact(8)
        .take(METADATA_WORDS)
        .filter_map(|word| crate::bytes::u64_at(word, 0))
        .collect();
    let is_start = |&word: &u64| word > base && word <= base.saturating_add(LONGEST_SHORT_HEADER);
    let place = words.iter().position(is_start)?;
    let start = words[place];
    // To take the end by its value alone is not safe: words of locks and lists come after, and may lead into the same
    // mapping.
    let before = |distance: usize| place.checked_sub(distance).map(|at| words[at]);
    let heap = before(1)?;
    let (size, end) = match metadata == base {
        true => (before(2)?, *words.get(place + 1)?),
        false => (before(3)?, before(2)?),
    };
    let is_area = (SMALLEST_PAGE..LARGEST_PAGE).contains(&size)
        && start.is_multiple_of(8)
        && end > start
        && end <= base.saturating_add(size)
        && is_end(memory, range, base, end);
    if !is_area || heap % 8 != 0 {
        return None;
    }
    Some(Area {
        start,
        end,
        heap,
        large: end - base > PAGE_BYTES,
        flags: memory.word(base).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: u64 = 0x4000_0000;
    const METADATA: u64 = 0x1000_0000;
    const HEAP: u64 = 0x2000_0000;

    fn bytes(words: &[u64], length: u64) -> Vec<u8> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(length as usize, 0);
        bytes
    }

    /// Start, end and size of each page in memory of these ranges.
    fn found(ranges: &[(u64, Vec<u8>)]) -> Vec<(u64, u64, bool)> {
        let memory = Memory::new(ranges.iter().map(|(start, bytes)| Range {
            start: *start,
            bytes,
            writable: true,
            executable: false,
            from_file: false,
        }));
        let pages = candidates(&memory);
        let pages = pages.iter().map(|page| (page.base, page.end, page.large));
        pages.collect()
    }

    fn metadata(size: u64, last: u64) -> Vec<u8> {
        let words = [
            8,
            BASE,
            size,
            8,
            0,
            size,
            size,
            BASE + size,
            HEAP,
            BASE + 0x10,
            8,
            last,
        ];
        bytes(&words, 0x1000)
    }

    #[test]
    fn a_page_ends_where_its_metadata_says_whatever_stands_behind() {
        let mut range = bytes(&[0, METADATA], 3 * PAGE_BYTES);
        range.truncate(2 * PAGE_BYTES as usize + 8);
        let ranges = [
            (METADATA, metadata(PAGE_BYTES, BASE + 2 * PAGE_BYTES)),
            (BASE, range),
        ];
        assert_eq!(found(&ranges), [(BASE, BASE + PAGE_BYTES, false)]);
    }

    #[test]
    fn a_page_of_code_is_known_by_the_mapping_of_its_objects() {
        let head = bytes(
            &[PAGE_BYTES, 0, HEAP, BASE + 0x3030, BASE + 0x3f000],
            0x2000,
        );
        let code = bytes(&[0; 6], PAGE_BYTES - 0x4000);
        let range = |start, bytes, executable| Range {
            start,
            bytes,
            writable: true,
            executable,
            from_file: false,
        };
        let memory = Memory::new([range(BASE, &head, false), range(BASE + 0x3000, &code, true)]);
        let pages = candidates(&memory);
        let found = pages.iter().map(|page| (page.executable, page.bytes.len()));
        assert_eq!(found.collect::<Vec<_>>(), [(true, 0x3f000 - 0x3030)]);
    }

    #[test]
    fn a_large_page_may_lie_in_two_mappings() {
        let size = 4 * PAGE_BYTES;
        let long = [size, 0, HEAP, BASE + 0x1000, BASE + size];
        let own = [0, BASE, size, HEAP, BASE + 0x1000, BASE + size];
        for (head, metadata) in [
            (vec![0, METADATA], metadata(size, 8)),
            (long.to_vec(), bytes(&[], 0x1000)),
            (own.to_vec(), bytes(&[], 0x1000)),
        ] {
            let ranges = [
                (METADATA, metadata),
                (BASE, bytes(&head, PAGE_BYTES)),
                (BASE + PAGE_BYTES, bytes(&[], 3 * PAGE_BYTES)),
            ];
            assert_eq!(found(&ranges), [(BASE, BASE + size, true)]);
            // Without its end it is none.
            assert_eq!(found(&ranges[..2]), []);
        }
    }
}
