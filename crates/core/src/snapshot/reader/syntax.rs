//! The two pieces of JSON a pushed reader must hold on to between chunks: an
//! array of whole numbers, and a value nobody asked for. Each consumes what it
//! can of a chunk and remembers where it stood.

use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

pub(super) fn unexpected(byte: u8, expected: &str, offset: u64) -> SnapshotError {
    let shown = byte.escape_ascii();
    SnapshotError::new(
        Kind::Syntax,
        offset,
        format!("expected {expected}, found '{shown}'"),
    )
}

/// Where an array of numbers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumbersAt {
    Open,
    First,
    Next,
    Digits,
    After,
}

/// An array of whole numbers that may be cut anywhere.
#[derive(Debug)]
pub(super) struct Numbers {
    at: NumbersAt,
    value: u64,
    started: u64,
}

impl Numbers {
    pub fn new() -> Self {
        Self {
            at: NumbersAt::Open,
            value: 0,
            started: 0,
        }
    }

    /// Hands each number and its offset to `take`. Gives how many bytes were
    /// used, and whether the array has ended.
    pub fn push(
        &mut self,
        chunk: &[u8],
        base: u64,
        mut take: impl FnMut(u64, u64) -> Result<(), SnapshotError>,
    ) -> Result<(usize, bool), SnapshotError> {
        let mut used = 0;
        while let Some(&byte) = chunk.get(used) {
            let offset = base + used as u64;
            if self.at == NumbersAt::Digits {
                if byte.is_ascii_digit() {
                    self.digit(byte)?;
                    used += 1;
                    continue;
                }
                take(self.value, self.started)?;
                self.at = NumbersAt::After;
            }
            used += 1;
            if is_space(byte) {
                continue;
            }
            match (self.at, byte) {
                (NumbersAt::Open, b'[') => self.at = NumbersAt::First,
                (NumbersAt::After, b',') => self.at = NumbersAt::Next,
                (NumbersAt::After | NumbersAt::First, b']') => return Ok((used, true)),
                (NumbersAt::First | NumbersAt::Next, b'0'..=b'9') => {
                    self.at = NumbersAt::Digits;
                    self.value = u64::from(byte - b'0');
                    self.started = offset;
                }
                (NumbersAt::Open, _) => return Err(unexpected(byte, "an array", offset)),
                (NumbersAt::After, _) => return Err(unexpected(byte, "',' or ']'", offset)),
                _ => return Err(unexpected(byte, "a whole number", offset)),
            }
        }
        Ok((used, false))
    }

    fn digit(&mut self, byte: u8) -> Result<(), SnapshotError> {
        self.value = self
            .value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(byte - b'0')))
            .ok_or_else(|| {
                SnapshotError::new(Kind::Range, self.started, "a number beyond 64 bits")
            })?;
        Ok(())
    }
}

/// Any JSON value, skipped or collected without understanding it: brackets are
/// counted, strings respected. Closing brackets need not match the kind of the
/// opening ones; a value nobody reads may be as odd as it likes.
#[derive(Debug, Default)]
pub(super) struct AnyValue {
    depth: u64,
    started: bool,
    in_string: bool,
    escaped: bool,
}

impl AnyValue {
    /// How many bytes of the chunk belong to the value, and whether it has
    /// ended. The byte after a bare number or word is not used.
    pub fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
        let mut used = 0;
        while let Some(&byte) = chunk.get(used) {
            used += 1;
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                } else if byte == b'\\' {
                    self.escaped = true;
                } else if byte == b'"' {
                    self.in_string = false;
                    if self.depth == 0 {
                        return Ok((used, true));
                    }
                }
                continue;
            }
            match byte {
                b'"' if self.started && self.depth == 0 => {
                    return Err(unexpected(byte, "',' or '}'", base + used as u64 - 1));
                }
                b'"' => self.in_string = true,
                b'[' | b'{' => self.depth += 1,
                b']' | b'}' if self.depth > 1 => self.depth -= 1,
                b']' | b'}' if self.depth == 1 => return Ok((used, true)),
                b']' | b'}' | b',' if self.depth == 0 => {
                    if self.started {
                        return Ok((used - 1, true));
                    }
                    return Err(unexpected(byte, "a value", base + used as u64 - 1));
                }
                byte if is_space(byte) && !self.started => continue,
                _ => {}
            }
            self.started = true;
        }
        Ok((used, false))
    }
}
