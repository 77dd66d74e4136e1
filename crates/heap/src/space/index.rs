//! From an address to a page, and to the number of the object that starts there. Exact and small:
//! a bit for each word of a page, with ranks.

/// Words of a page are numbered in groups of this many bits.
const GROUP: u64 = 64;
/// Groups of a page: 256 KiB in words of 8 bytes.
pub(crate) const CELLS_PER_PAGE: usize = 512;

/// Which of 64 words an object starts at, and how many objects start before them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    pub starts: u64,
    pub rank: u32,
}

impl Cell {
    /// Group and bit of the word at this offset in its page.
    #[inline]
    pub(crate) fn place(offset: u64) -> (usize, u32) {
        let word = offset / 8;
        ((word / GROUP) as usize, (word % GROUP) as u32)
    }

    /// The number of the object that starts at a bit, if one does.
    #[inline]
    pub(crate) fn ordinal(self, bit: u32) -> Option<u32> {
        let below = (1_u64 << bit) - 1;
        (self.starts >> bit & 1 == 1).then(|| self.rank + (self.starts & below).count_ones())
    }

    /// The bits that are set, from the lowest.
    pub(crate) fn bits(self) -> impl Iterator<Item = u32> {
        let mut left = self.starts;
        std::iter::from_fn(move || {
            let bit = (left != 0).then(|| left.trailing_zeros())?;
            left &= left - 1;
            Some(bit)
        })
    }
}

/// Pages by address: a hash table with open addressing, one look for nearly every word.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageTable {
    slots: Vec<(u64, u32)>,
    shift: u32,
}

/// No page begins here: page numbers are addresses shifted right.
const EMPTY: u64 = u64::MAX;

impl PageTable {
    /// Of page numbers (addresses in units of a page), each with its place in the list of pages.
    pub(crate) fn new(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        let capacity = (numbers.len() * 4).next_power_of_two().max(16);
        let mut table = Self {
            slots: vec![(EMPTY, 0); capacity],
            shift: 64 - capacity.trailing_zeros(),
        };
        for (index, number) in numbers.enumerate() {
            let mut at = table.home(number);
            while table.slots[at].0 != EMPTY && table.slots[at].0 != number {
                at = (at + 1) & (capacity - 1);
            }
            table.slots[at] = (number, index as u32);
        }
        table
    }

    #[inline]
    fn home(&self, number: u64) -> usize {
        // Fibonacci hashing: neighbouring pages spread over the table.
        (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// The page with this number. A table of at most a quarter full always has an empty slot.
    #[inline]
    pub(crate) fn get(&self, number: u64) -> Option<u32> {
        let mut at = self.home(number);
        loop {
            let (key, index) = *self.slots.get(at)?;
            if key == number && key != EMPTY {
                return Some(index);
            }
            if key == EMPTY {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_and_no_other() {
        let numbers: Vec<u64> = (0..5000)
            .map(|i: u64| i.wrapping_mul(0x1_0001) ^ i << 20)
            .collect();
        let table = PageTable::new(numbers.iter().copied());
        for (index, &number) in numbers.iter().enumerate() {
            assert_eq!(table.get(number), Some(index as u32));
        }
        assert_eq!(table.get(u64::MAX), None);
        assert_eq!(table.get(0x1234_5678_9abc), None);
        assert_eq!(PageTable::default().get(1), None);
    }

    #[test]
    fn a_cell_counts_the_starts_before_a_bit() {
        let cell = Cell {
            starts: 1 << 63 | 1 << 5 | 1,
            rank: 10,
        };
        assert_eq!(cell.ordinal(0), Some(10));
        assert_eq!(cell.ordinal(5), Some(11));
        assert_eq!(cell.ordinal(6), None);
        assert_eq!(cell.ordinal(63), Some(12));
        assert_eq!(cell.bits().collect::<Vec<_>>(), [0, 5, 63]);
    }
}
