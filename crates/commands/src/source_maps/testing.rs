//! Maps for tests: segments, their encoding, and numbers that look random and are the same in every run.

use std::fmt::Write as _;

/// A segment as a list has it, all numbers absolute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub column: u32,
    pub origin: Option<SegmentOrigin>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentOrigin {
    pub source: u32,
    pub line: u32,
    pub column: u32,
    pub name: Option<u32>,
}

/// The field `mappings` of lines of segments.
pub(super) fn encode(lines: &[Vec<Segment>]) -> String {
    let mut before = [0i64; 4];
    let lines = lines.iter().map(|line| {
        let mut column = 0;
        let segments = line.iter().map(|segment| {
            let mut text = String::new();
            digits(&mut text, i64::from(segment.column) - column);
            column = i64::from(segment.column);
            if let Some(one) = segment.origin {
                let fields = [Some(one.source), Some(one.line), Some(one.column), one.name];
                for (field, before) in fields.into_iter().zip(&mut before) {
                    if let Some(field) = field {
                        digits(&mut text, i64::from(field) - *before);
                        *before = i64::from(field);
                    }
                }
            }
            text
        });
        segments.collect::<Vec<_>>().join(",")
    });
    lines.collect::<Vec<_>>().join(";")
}

fn digits(text: &mut String, number: i64) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = number.unsigned_abs() << 1 | u64::from(number < 0);
    loop {
        let digit = rest & 31;
        rest >>= 5;
        let more = if rest > 0 { 32 } else { 0 };
        let _ = write!(text, "{}", LETTERS[(digit | more) as usize] as char);
        if rest == 0 {
            return;
        }
    }
}

/// A linear congruential generator.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % end.max(1)
    }

    pub(super) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u32) as usize]
    }

    /// Up to eight lines of up to twelve segments, in the order of their columns.
    pub(super) fn lines(&mut self) -> Vec<Vec<Segment>> {
        (0..self.below(8))
            .map(|_| {
                let mut column = 0;
                (0..self.below(12))
                    .map(|_| {
                        column += self.below(15);
                        let origin = (self.below(5) > 0).then(|| SegmentOrigin {
                            source: self.below(4),
                            line: self.below(5000),
                            column: self.below(200),
                            name: (self.below(2) > 0).then(|| self.below(9)),
                        });
                        Segment { column, origin }
                    })
                    .collect()
            })
            .collect()
    }
}
