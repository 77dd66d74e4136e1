//! The field `mappings` of a source map: which place of the source each place of the script came from. It is walked
//! once, for all places that are asked, and no table is made of it: a bundle has a million segments, and an answer
//! asks a few dozen places. Knows neither JSON nor names.

use std::fmt;

/// Bits of a digit that are the number's, and the one that says that more digits follow.
const DIGIT_BITS: u32 = 5;
const CONTINUES: u8 = 1 << DIGIT_BITS;
/// No number in a map has more than 32 bits and a sign; longer ones are invalid.
const MOST_BITS: u32 = 35;
/// A segment has 1, 4 or 5 numbers.
const MOST_FIELDS: usize = 5;

/// A place in a script: line and column from 0, columns in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// From 0.
    pub line: u32,
    /// From 0.
    pub column: u32,
}

/// Where a place came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The column at which the segment begins, at most that of the place.
    pub start: u32,
    /// Index of the source.
    pub source: u32,
    /// From 0.
    pub line: u32,
    /// From 0.
    pub column: u32,
    /// Index of the name.
    pub name: Option<u32>,
}

/// Why no place is known: the text is no `mappings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InvalidMappings {
    /// The byte at which it was noticed.
    pub offset: usize,
}

impl fmt::Display for InvalidMappings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its mappings are invalid at byte {}", self.offset)
    }
}

/// The origins of places, which must be in order. A place belongs to the last segment of its line that does not begin
/// behind it; to none if that one has no source.
///
/// Segments of a line are in the order of their columns. One that steps back is invalid.
pub(super) fn origins(
    mappings: &[u8],
    places: &[Place],
) -> Result<Vec<Option<Origin>>, InvalidMappings> {
    let mut found = vec![None; places.len()];
    let mut next = 0;
    let mut walk = Walk::default();
    let mut line = 0u32;
    // The last segment so far of this line.
    let mut last: Option<(u32, Option<Origin>)> = None;
    let mut at = 0;
    while next < places.len() {
        match mappings.get(at) {
            Some(b',') => at += 1,
            Some(b';') | None => {
                while let Some(place) = places.get(next).filter(|place| place.line == line) {
                    found[next] = last
                        .filter(|one| one.0 <= place.column)
                        .and_then(|one| one.1);
                    next += 1;
                }
                if at >= mappings.len() {
                    break;
                }
                at += 1;
                line = line.saturating_add(1);
                last = None;
                walk.column = 0;
            }
            Some(_) => {
                let (segment, end) = walk.segment(mappings, at)?;
                at = end;
                if places[next].line != line || last.is_some_and(|one| segment.0 < one.0) {
                    continue;
                }
                while let Some(place) = places.get(next)
                    && place.line == line
                    && place.column < segment.0
                {
                    found[next] = last
                        .filter(|one| one.0 <= place.column)
                        .and_then(|one| one.1);
                    next += 1;
                }
                last = Some(segment);
            }
        }
    }
    Ok(found)
}

/// The numbers of a map are differences to those before.
#[derive(Default)]
struct Walk {
    column: i64,
    source: i64,
    line: i64,
    source_column: i64,
    name: i64,
}

impl Walk {
    /// The segment at a byte, by the column at which it begins, and the byte behind it.
    fn segment(
        &mut self,
        text: &[u8],
        start: usize,
    ) -> Result<((u32, Option<Origin>), usize), InvalidMappings> {
        let mut fields = [0i64; MOST_FIELDS];
        let mut count = 0;
        let mut at = start;
        while !matches!(text.get(at), None | Some(b',' | b';')) {
            let field = fields.get_mut(count);
            let field = field.ok_or(InvalidMappings { offset: at })?;
            (*field, at) = number(text, at)?;
            count += 1;
        }
        let invalid = InvalidMappings { offset: start };
        let moved = |from: &mut i64, by: i64| {
            *from += by;
            u32::try_from(*from).map_err(|_| invalid)
        };
        let column = moved(&mut self.column, fields[0])?;
        let origin = match count {
            1 => None,
            4 | 5 => Some(Origin {
                start: column,
                source: moved(&mut self.source, fields[1])?,
                line: moved(&mut self.line, fields[2])?,
                column: moved(&mut self.source_column, fields[3])?,
                name: match count {
                    5 => Some(moved(&mut self.name, fields[4])?),
                    _ => None,
                },
            }),
            _ => return Err(invalid),
        };
        Ok(((column, origin), at))
    }
}

/// A number of digits in base 32, the least first; its lowest bit is the sign.
fn number(text: &[u8], start: usize) -> Result<(i64, usize), InvalidMappings> {
    let mut bits = 0u64;
    let mut shift = 0;
    let mut at = start;
    loop {
        let invalid = InvalidMappings { offset: at };
        let digit = text
            .get(at)
            .and_then(|&letter| sextet(letter))
            .ok_or(invalid)?;
        if shift >= MOST_BITS {
            return Err(invalid);
        }
        bits |= u64::from(digit & (CONTINUES - 1)) << shift;
        shift += DIGIT_BITS;
        at += 1;
        if digit & CONTINUES == 0 {
            break;
        }
    }
    let size = (bits >> 1) as i64;
    Ok((if bits & 1 == 1 { -size } else { size }, at))
}

/// The six bits that a letter of Base64 stands for.
pub(super) fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_maps::testing::{Random, Segment, encode};

    fn place(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    /// Each position separately, from a list of all segments.
    fn naive(lines: &[Vec<Segment>], place: Place) -> Option<Origin> {
        let line = lines.get(place.line as usize)?;
        let mut before = line.iter().filter(|one| one.column <= place.column);
        let (source, line, column, name) = before
            .next_back()?
            .origin
            .map(|one| (one.source, one.line, one.column, one.name))?;
        let mut start = lines[place.line as usize]
            .iter()
            .filter(|one| one.column <= place.column);
        Some(Origin {
            start: start.next_back()?.column,
            source,
            line,
            column,
            name,
        })
    }

    #[test]
    fn every_place_of_generated_maps_has_the_origin_that_a_search_of_all_segments_finds() {
        let mut random = Random::new(7);
        for _ in 0..300 {
            let lines = random.lines();
            let mut places: Vec<Place> = (0..40)
                .map(|_| place(random.below(9), random.below(90)))
                .collect();
            places.sort_unstable();
            let found = origins(encode(&lines).as_bytes(), &places).expect("valid");
            let expected: Vec<_> = places.iter().map(|&one| naive(&lines, one)).collect();
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    #[test]
    fn known_mappings_are_read() {
        // What terser writes of `function track(subscriber){…}`.
        let found = origins(
            b"AAAA,SAASA,EAAMC;;AACA",
            &[
                place(0, 0),
                place(0, 9),
                place(0, 10),
                place(0, 11),
                place(1, 0),
                place(2, 99),
            ],
        );
        let found = found.expect("valid");
        let said = found
            .iter()
            .map(|one| one.map(|one| (one.start, one.line, one.column, one.name)));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                Some((0, 0, 0, None)),
                Some((9, 0, 9, Some(0))),
                Some((9, 0, 9, Some(0))),
                Some((11, 0, 15, Some(1))),
                None,
                Some((0, 1, 15, None)),
            ]
        );
    }

    #[test]
    fn what_no_map_has_is_invalid_and_never_a_panic() {
        for text in [
            "A",
            "AA",
            "AAA",
            "AAAAAA",
            "!",
            "g",
            "D",
            "ADAA",
            "gggggggggB",
            "AAAA,é",
        ] {
            let found = origins(text.as_bytes(), &[place(0, 5)]);
            // One number is a segment without a source.
            assert_eq!(found.is_ok(), text == "A", "{text}: {found:?}");
        }
        let mut random = Random::new(11);
        for _ in 0..3000 {
            let length = random.below(60);
            let text: Vec<u8> = (0..length)
                .map(|_| *random.one_of(b"ABCDgz09+/,,;;\x00\xffAAAA"))
                .collect();
            let _ = origins(&text, &[place(0, 3), place(1, 0), place(2, 7)]);
        }
    }

    #[test]
    fn what_stands_behind_the_last_place_is_not_read() {
        let found = origins(b"AAAA;!!!", &[place(0, 3)]).expect("valid as far as it is read");
        assert!(found[0].is_some());
    }
}
