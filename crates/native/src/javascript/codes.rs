//! Which function's code is where: ranges of addresses that do not overlap. Code comes, moves and goes as the engine says;
//! what it says nothing about is told by what comes to the same place. It judges no stack.

use std::collections::BTreeMap;

/// The engine's own code: no function of JavaScript.
pub(super) const ENGINE: u64 = 0;
/// The engine's interpreter: which function it runs is in its frame.
pub(super) const INTERPRETER: u64 = 1;
/// A function of JavaScript of which no more is known.
pub(super) const UNKNOWN: u64 = 2;
/// The words of functions begin here.
pub(super) const FIRST_FUNCTION: u64 = 3;

/// A program with more code than this makes it at run time: what comes later has no name. Some 40 bytes each.
const MOST_CODES: usize = 200_000;

#[derive(Clone, Copy)]
struct Code {
    length: u64,
    word: u64,
}

/// The code of one isolate.
pub(super) struct Codes {
    by_start: BTreeMap<u64, Code>,
}

impl Codes {
    /// None.
    pub(super) const fn new() -> Self {
        Self {
            by_start: BTreeMap::new(),
        }
    }

    /// Code of `word` is at these addresses, and what was there is gone.
    pub(super) fn add(&mut self, start: u64, length: u64, word: u64) {
        let length = length.max(1);
        let end = start.saturating_add(length);
        while let Some((&at, &code)) = self.by_start.range(..end).next_back()
            && at.saturating_add(code.length) > start
        {
            self.by_start.remove(&at);
        }
        if self.by_start.len() < MOST_CODES {
            self.by_start.insert(start, Code { length, word });
        }
    }

    /// The code that begins at `from` begins at `to`.
    pub(super) fn move_to(&mut self, from: u64, to: u64) {
        if let Some(code) = self.by_start.remove(&from) {
            self.add(to, code.length, code.word);
        }
    }

    /// The code that begins there is gone.
    pub(super) fn remove(&mut self, start: u64) {
        self.by_start.remove(&start);
    }

    /// The word of the code at an address.
    pub(super) fn find(&self, address: u64) -> Option<u64> {
        let (start, code) = self.by_start.range(..=address).next_back()?;
        (address - start < code.length).then_some(code.word)
    }

    /// None again, and their memory is given back.
    pub(super) fn forget(&mut self) {
        self.by_start = BTreeMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_found_from_its_first_address_to_its_last() {
        let mut codes = Codes::new();
        codes.add(100, 50, 7);
        codes.add(150, 10, 8);
        let found = [99, 100, 149, 150, 159, 160].map(|address| codes.find(address));
        assert_eq!(found, [None, Some(7), Some(7), Some(8), Some(8), None]);
        codes.forget();
        assert_eq!(codes.find(100), None);
    }

    #[test]
    fn what_comes_to_a_place_replaces_all_that_it_covers() {
        let mut codes = Codes::new();
        for (start, word) in [(100, 3), (120, 4), (140, 5), (160, 6)] {
            codes.add(start, 20, word);
        }
        codes.add(130, 30, 9);
        let found = [100, 120, 130, 159, 160].map(|address| codes.find(address));
        assert_eq!(found, [Some(3), None, Some(9), Some(9), Some(6)]);
        codes.add(0, 1000, 10);
        assert_eq!(codes.find(100), Some(10));
        assert_eq!(codes.by_start.len(), 1);
    }

    #[test]
    fn code_that_moves_is_found_at_its_new_place_alone() {
        let mut codes = Codes::new();
        codes.add(100, 20, 3);
        codes.add(200, 20, 4);
        codes.move_to(100, 210);
        assert_eq!(
            [110, 200, 215].map(|at| codes.find(at)),
            [None, None, Some(3)]
        );
        codes.move_to(5, 6);
        codes.remove(210);
        codes.remove(210);
        assert!(codes.by_start.is_empty());
    }

    #[test]
    fn a_program_that_never_stops_to_compile_does_not_fill_the_memory() {
        let mut codes = Codes::new();
        for index in 0..MOST_CODES as u64 + 10 {
            codes.add(index * 16, 8, 3);
        }
        assert_eq!(codes.by_start.len(), MOST_CODES);
        // At a place that is known it still replaces.
        codes.add(0, 8, 5);
        assert_eq!(codes.find(0), Some(5));
        codes.add(u64::MAX - 2, 100, 6);
        assert_eq!(codes.find(u64::MAX), None);
    }
}
