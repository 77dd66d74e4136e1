//! A set of ordinals, one bit each. At 13 million nodes it is 1.7 MB and stays
//! in a core's own cache, where a column of words would not.

#[derive(Clone, Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
        }
    }

    #[inline]
    pub(crate) fn has(&self, index: u32) -> bool {
        self.words[index as usize / 64] >> (index % 64) & 1 != 0
    }

    #[inline]
    pub(crate) fn add(&mut self, index: u32) {
        self.words[index as usize / 64] |= 1 << (index % 64);
    }

    /// Adds; true when it was not there.
    #[inline]
    pub(crate) fn insert(&mut self, index: u32) -> bool {
        let word = &mut self.words[index as usize / 64];
        let bit = 1 << (index % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// The ordinals below `len` that are not in the set, in order.
    pub(crate) fn missing(&self, len: usize) -> impl Iterator<Item = u32> + '_ {
        let words = self.words.iter().enumerate();
        words
            .filter(|&(_, &word)| word != u64::MAX)
            .flat_map(move |(at, &word)| {
                (0..64u32)
                    .filter(move |bit| word >> bit & 1 == 0)
                    .map(move |bit| at as u32 * 64 + bit)
            })
            .take_while(move |&index| (index as usize) < len)
    }
}
