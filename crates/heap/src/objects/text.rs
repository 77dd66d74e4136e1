//! The text of strings of every sort. Bounded: by the units that are asked for, and by steps, as
//! memory can hold a rope that leads to itself.

use crate::bytes::u16_at;
use crate::layout::Kind;
use crate::space::{Heap, View, smi};

/// Units of a name that is kept, as V8's generator keeps of the text of a string.
pub(crate) const LONGEST_NAME: usize = 1024;
/// Strings that are visited for one text: a rope has a string for each part, and can be as deep as
/// it is long.
const MOST_STEPS: usize = 200_000;
/// Slices and thin strings in each other; V8 makes one level.
const DEEPEST: usize = 8;

impl Heap<'_> {
    /// Whether a word refers to a string.
    pub(crate) fn is_string(&self, word: u64) -> bool {
        self.kind_of(word).is_string()
    }

    /// The length of a string in UTF-16 units.
    pub(crate) fn string_length(&self, string: u64) -> usize {
        (self.field(string, 8) >> 32) as usize
    }

    /// At most `most` units of a string's text.
    pub(crate) fn text(&self, string: u64, most: usize) -> String {
        String::from_utf16_lossy(&self.units(string, most))
    }

    /// The text of a flat string of one-byte units, as far as names go, where it can be had as it stands in memory.
    pub(crate) fn ascii<'a>(&self, string: &View<'_, 'a>) -> Option<&'a str> {
        let length = (string.word(8) >> 32) as usize;
        let bytes = string.bytes(16, length.min(LONGEST_NAME))?;
        // Units above are characters of two bytes in UTF-8.
        bytes.is_ascii().then(|| std::str::from_utf8(bytes).ok())?
    }

    /// The text of a string if the word is one and has any.
    pub(crate) fn text_of(&self, word: u64) -> Option<String> {
        (self.is_string(word) && self.string_length(word) > 0)
            .then(|| self.text(word, LONGEST_NAME))
    }

    /// At most `most` UTF-16 units of a string.
    pub(crate) fn units(&self, string: u64, most: usize) -> Vec<u16> {
        let (mut found, mut steps) = (Vec::new(), MOST_STEPS);
        self.add_units(string, 0, most, &mut found, &mut steps, 0);
        found
    }

    fn add_units(
        &self,
        string: u64,
        skip: usize,
        most: usize,
        found: &mut Vec<u16>,
        steps: &mut usize,
        depth: usize,
    ) {
        let (mut string, mut skip) = (string, skip);
        let mut later = Vec::new();
        let limit = found.len().saturating_add(most);
        while *steps > 0 {
            *steps -= 1;
            if found.len() >= limit || !self.is_string(string) {
                return;
            }
            let (kind, length) = (self.kind(string), self.string_length(string));
            match kind {
                Kind::ThinString => {
                    string = self.field(string, 16);
                    continue;
                }
                Kind::ConsString if skip < length => {
                    later.push(self.field(string, 24));
                    string = self.field(string, 16);
                    continue;
                }
                _ if skip >= length => skip -= length,
                Kind::SlicedString if depth < DEEPEST => {
                    let from = smi(self.field(string, 24)).max(0) as usize;
                    let count = (length - skip).min(limit - found.len());
                    let parent = self.field(string, 16);
                    let from = from.saturating_add(skip);
                    self.add_units(parent, from, count, found, steps, depth + 1);
                    skip = 0;
                }
                _ => {
                    self.add_flat(
                        kind,
                        string,
                        skip,
                        (length - skip).min(limit - found.len()),
                        found,
                    );
                    skip = 0;
                }
            }
            match later.pop() {
                Some(next) => string = next,
                None => return,
            }
        }
    }

    fn add_flat(&self, kind: Kind, string: u64, from: usize, count: usize, found: &mut Vec<u16>) {
        let is_wide = matches!(kind, Kind::TwoByteString | Kind::ExternalTwoByte);
        let text = match kind {
            Kind::OneByteString | Kind::TwoByteString => (string & !3).wrapping_add(16),
            Kind::ExternalOneByte | Kind::ExternalTwoByte => self.field(string, 24),
            _ => return,
        };
        let width = if is_wide { 2 } else { 1 };
        let at = text.wrapping_add((from * width) as u64);
        let Some(bytes) = self.memory.bytes(at, (count * width) as u64) else {
            return;
        };
        if is_wide {
            found.extend(bytes.chunks_exact(2).filter_map(|unit| u16_at(unit, 0)));
        } else {
            found.extend(bytes.iter().map(|&byte| u16::from(byte)));
        }
    }
}
