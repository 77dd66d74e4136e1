//! The pieces of JSON a pushed reader must hold on to between chunks: an array
//! of whole numbers, an array of strings, and a value nobody asked for. Each
//! consumes what it can of a chunk and remembers where it stood.

use super::super::error::{SnapshotError, SnapshotErrorKind as Kind};

/// No section of any version has a name this long.
pub(crate) const MAX_KEY_BYTES: usize = 64;

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

pub(crate) fn unexpected(byte: u8, expected: &str, offset: u64) -> SnapshotError {
    let shown = byte.escape_ascii();
    SnapshotError::new(
        Kind::Syntax,
        offset,
        format!("expected {expected}, found '{shown}'"),
    )
}

/// A value that may be cut anywhere.
pub(crate) trait Part {
    /// Takes a chunk that starts at offset `base`. Gives how many of its bytes
    /// belong to the value, and whether the value has ended.
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError>;
}

/// What becomes of the numbers of an array.
pub(crate) trait TakesNumbers {
    /// Takes the next number, which starts at `offset`.
    fn number(&mut self, value: u64, offset: u64) -> Result<(), SnapshotError>;

    /// Whether the next number may be below zero. V8 14 writes the place of an element from
    /// 2³¹ on in that way, as 32 bits with a sign; the earlier ones write it as it is.
    fn may_be_negative(&self) -> bool {
        false
    }

    /// There are no more; the closing bracket is at `offset`.
    fn end(&mut self, offset: u64) -> Result<(), SnapshotError>;
}

/// An array of whole numbers, and what takes them.
#[derive(Debug)]
pub(crate) struct NumberPart<S> {
    numbers: Numbers,
    pub section: S,
}

impl<S> NumberPart<S> {
    pub(crate) fn new(section: S) -> Self {
        Self {
            numbers: Numbers::new(),
            section,
        }
    }
}

impl<S: TakesNumbers> Part for NumberPart<S> {
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
        let (used, ended) = self.numbers.push(chunk, base, &mut self.section)?;
        if ended {
            self.section.end(base + used as u64 - 1)?;
        }
        Ok((used, ended))
    }
}

/// Where an array of numbers stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NumbersAt {
    Open,
    First,
    Next,
    /// After the sign of a number below zero.
    Sign,
    Digits,
    After,
}

#[derive(Debug)]
struct Numbers {
    at: NumbersAt,
    value: u64,
    is_negative: bool,
    started: u64,
}

impl Numbers {
    fn new() -> Self {
        Self {
            at: NumbersAt::Open,
            value: 0,
            is_negative: false,
            started: 0,
        }
    }

    fn push(
        &mut self,
        chunk: &[u8],
        base: u64,
        section: &mut impl TakesNumbers,
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
                section.number(self.number()?, self.started)?;
                self.at = NumbersAt::After;
            }
            used += 1;
            if is_space(byte) && self.at != NumbersAt::Sign {
                continue;
            }
            match (self.at, byte) {
                (NumbersAt::Open, b'[') => self.at = NumbersAt::First,
                (NumbersAt::After, b',') => self.at = NumbersAt::Next,
                (NumbersAt::After | NumbersAt::First, b']') => return Ok((used, true)),
                (NumbersAt::First | NumbersAt::Next, b'0'..=b'9') => {
                    self.at = NumbersAt::Digits;
                    self.value = u64::from(byte - b'0');
                    self.is_negative = false;
                    self.started = offset;
                }
                (NumbersAt::First | NumbersAt::Next, b'-') if section.may_be_negative() => {
                    self.at = NumbersAt::Sign;
                    self.started = offset;
                }
                (NumbersAt::Sign, b'0'..=b'9') => {
                    self.at = NumbersAt::Digits;
                    self.value = u64::from(byte - b'0');
                    self.is_negative = true;
                }
                (NumbersAt::Open, _) => return Err(unexpected(byte, "an array", offset)),
                (NumbersAt::After, _) => return Err(unexpected(byte, "',' or ']'", offset)),
                _ => return Err(unexpected(byte, "a whole number", offset)),
            }
        }
        Ok((used, false))
    }

    /// The number that was read. One below zero stands for the 32 bits that it has.
    fn number(&self) -> Result<u64, SnapshotError> {
        if !self.is_negative {
            return Ok(self.value);
        }
        let signed = i64::try_from(self.value).ok();
        let signed = signed.and_then(|value| i32::try_from(-value).ok());
        let number = signed.map(|value| u64::from(value as u32));
        number.ok_or_else(|| {
            SnapshotError::new(Kind::Range, self.started, "a number below -2147483648")
        })
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
pub(crate) struct AnyValue {
    depth: u64,
    started: bool,
    in_string: bool,
    escaped: bool,
}

impl AnyValue {
    /// Whether the next byte is part of a text.
    pub(crate) fn is_text(&self) -> bool {
        self.in_string
    }
}

impl Part for AnyValue {
    /// The byte after a bare number or word is not used.
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
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

/// Where an array of strings stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum StringsAt {
    #[default]
    Open,
    First,
    Next,
    Inside,
    /// Inside, after a backslash.
    Escaped,
    After,
}

/// What becomes of the strings of an array: each begins, comes in pieces as it stands in the
/// file, and ends.
pub(crate) trait TakesTexts {
    /// The next string begins.
    fn begin(&mut self);

    /// Takes more of it. Where there is a backslash, it is the last byte of its piece.
    fn text(&mut self, piece: &[u8]);

    /// It has ended.
    fn end(&mut self);

    /// Takes what stands between strings: brackets, commas, space.
    fn between(&mut self, _byte: u8) {}
}

/// An array of strings, and what takes them.
#[derive(Debug, Default)]
pub(crate) struct TextPart<T> {
    at: StringsAt,
    pub texts: T,
}

impl<T: TakesTexts> TextPart<T> {
    pub(crate) fn new(texts: T) -> Self {
        Self {
            at: StringsAt::Open,
            texts,
        }
    }

    /// Takes text up to a closing quote, or a backslash, or the end of the chunk.
    fn text(&mut self, rest: &[u8]) -> usize {
        if self.at == StringsAt::Escaped {
            self.at = StringsAt::Inside;
            self.texts.text(&rest[..1]);
            return 1;
        }
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(at) if rest[at] == b'"' => {
                self.at = StringsAt::After;
                self.texts.text(&rest[..at]);
                self.texts.end();
                at + 1
            }
            Some(at) => {
                self.at = StringsAt::Escaped;
                self.texts.text(&rest[..=at]);
                at + 1
            }
            None => {
                self.texts.text(rest);
                rest.len()
            }
        }
    }
}

impl<T: TakesTexts> Part for TextPart<T> {
    fn push(&mut self, chunk: &[u8], base: u64) -> Result<(usize, bool), SnapshotError> {
        let mut used = 0;
        while let Some(&byte) = chunk.get(used) {
            if matches!(self.at, StringsAt::Inside | StringsAt::Escaped) {
                used += self.text(&chunk[used..]);
                continue;
            }
            let offset = base + used as u64;
            used += 1;
            if byte != b'"' {
                self.texts.between(byte);
            }
            if is_space(byte) {
                continue;
            }
            self.at = match (self.at, byte) {
                (StringsAt::Open, b'[') => StringsAt::First,
                (StringsAt::First | StringsAt::Next, b'"') => {
                    self.texts.begin();
                    StringsAt::Inside
                }
                (StringsAt::After, b',') => StringsAt::Next,
                (StringsAt::First | StringsAt::After, b']') => return Ok((used, true)),
                (StringsAt::Open, _) => return Err(unexpected(byte, "an array", offset)),
                (StringsAt::After, _) => return Err(unexpected(byte, "',' or ']'", offset)),
                _ => return Err(unexpected(byte, "a string", offset)),
            };
        }
        Ok((used, false))
    }
}
