//! Tokens of JavaScript, as far as it takes to tell names from what is no code. Knows no functions.

use rustc_hash::FxHashSet;

/// Whether a slash would divide what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slash {
    Divides,
    BeginsRegex,
    Unsure,
}

/// An open bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    Round {
        closed: Slash,
    },
    Square,
    Curly,
    /// `${` of a template.
    Template,
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    /// A number, a text, a regular expression.
    Value,
    Opens(u8),
    Closes,
    /// Closes what was opened before the function.
    Ends,
    Arrow,
    Comma,
    Semicolon,
    Other,
    End,
}

/// A text being read from one place on.
pub(super) struct Lexer<'a> {
    pub text: &'a str,
    bytes: &'a [u8],
    pub at: usize,
    pub open: Vec<Open>,
    slash: Slash,
    /// The name before, unless it stands behind a dot.
    last_name: Option<&'a str>,
    is_behind_dot: bool,
    pub names: FxHashSet<&'a str>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at,
            open: Vec::new(),
            slash: Slash::BeginsRegex,
            last_name: None,
            is_behind_dot: false,
            names: FxHashSet::default(),
        }
    }

    /// The next token; nothing where it cannot be told.
    pub(super) fn token(&mut self) -> Option<Token<'a>> {
        let has_line_end = self.skip_space()?;
        let Some(&byte) = self.bytes.get(self.at) else {
            return Some(Token::End);
        };
        let behind_dot = std::mem::take(&mut self.is_behind_dot);
        let last_name = self.last_name.take();
        if is_name_start(byte) || byte == b'#' {
            return self.name(behind_dot);
        }
        if byte.is_ascii_digit() || byte == b'.' && self.is_digit_at(self.at + 1) {
            return self.number();
        }
        self.at += 1;
        match byte {
            b'"' | b'\'' => self.string(byte),
            b'`' => self.template(),
            b'/' => self.divide_or_regex(),
            b'(' => {
                let closed = match last_name {
                    Some("if" | "while" | "for" | "with") => Slash::BeginsRegex,
                    Some("await") => Slash::Unsure,
                    _ => Slash::Divides,
                };
                Some(self.opens(byte, Open::Round { closed }))
            }
            b'[' => Some(self.opens(byte, Open::Square)),
            b'{' => Some(self.opens(byte, Open::Curly)),
            b')' | b']' | b'}' => self.closes(byte),
            b'\\' | b'@' => None,
            // Comments as HTML has them, or operators.
            b'<' if self.bytes[self.at..].starts_with(b"!--") => None,
            b'-' if has_line_end && self.bytes[self.at..].starts_with(b"->") => None,
            _ => Some(self.punctuation(byte, has_line_end)),
        }
    }

    /// Skips space and comments. Says whether a line ended; nothing where a comment does not end.
    fn skip_space(&mut self) -> Option<bool> {
        let mut has_line_end = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            match byte {
                b'\n' | b'\r' => {
                    has_line_end = true;
                    self.at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'/' if rest.starts_with(b"//") => self.skip_line(),
                b'/' if rest.starts_with(b"/*") => {
                    let length = memchr::memmem::find(&rest[2..], b"*/")?;
                    has_line_end |= rest[..length].contains(&b'\n');
                    self.at += length + 4;
                }
                0x80.. => {
                    let letter = self.text.get(self.at..)?.chars().next()?;
                    if !letter.is_whitespace() && letter != '\u{feff}' {
                        break;
                    }
                    has_line_end |= matches!(letter, '\u{2028}' | '\u{2029}');
                    self.at += letter.len_utf8();
                }
                _ => break,
            }
        }
        Some(has_line_end)
    }

    pub(super) fn skip_line(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.find(['\n', '\r', '\u{2028}', '\u{2029}']);
        self.at += length.unwrap_or(rest.len());
    }

    fn name(&mut self, behind_dot: bool) -> Option<Token<'a>> {
        let rest = self.text.get(self.at..)?;
        let is_private = rest.starts_with('#');
        let part = |letter: char| match letter {
            '\0'..='\x7f' => letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$'),
            _ => !letter.is_whitespace() && letter != '\u{feff}',
        };
        let from = usize::from(is_private);
        let length = from
            + rest[from..]
                .find(|letter| !part(letter))
                .unwrap_or(rest.len() - from);
        let name = &rest[..length];
        self.at += length;
        // A name that is written with escapes may be any.
        if length == from || self.bytes.get(self.at) == Some(&b'\\') {
            return None;
        }
        if behind_dot && !is_private {
            self.slash = Slash::Divides;
            return Some(Token::Value);
        }
        self.names.insert(name);
        if name == "super" {
            self.names.insert("this");
        }
        self.last_name = Some(name);
        self.slash = slash_behind(name);
        Some(Token::Name(name))
    }

    fn is_digit_at(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(u8::is_ascii_digit)
    }

    fn number(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let is_decimal = !matches!(
            self.bytes.get(start..start + 2),
            Some([b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B'])
        );
        let mut has_dot = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            let is_part = match byte {
                b'.' if is_decimal && !has_dot => {
                    has_dot = true;
                    true
                }
                b'+' | b'-' => {
                    is_decimal && matches!(self.bytes[self.at - 1], b'e' | b'E') && self.at > start
                }
                _ => byte.is_ascii_alphanumeric() || byte == b'_',
            };
            if !is_part {
                break;
            }
            self.at += 1;
        }
        Some(self.value())
    }

    fn value(&mut self) -> Token<'a> {
        self.slash = Slash::Divides;
        Token::Value
    }

    fn string(&mut self, quote: u8) -> Option<Token<'a>> {
        loop {
            let found = memchr::memchr3(quote, b'\\', b'\n', self.bytes.get(self.at..)?)?;
            self.at += found + 1;
            match self.bytes[self.at - 1] {
                b'\n' => return None,
                b'\\' => self.skip_escaped(),
                _ => return Some(self.value()),
            }
        }
    }

    /// Behind a backslash: a line end of two letters is one.
    fn skip_escaped(&mut self) {
        let is_two = self.bytes.get(self.at..self.at + 2) == Some(b"\r\n");
        self.at += if is_two { 2 } else { 1 };
    }

    /// The text of a template, up to its end or the next expression in it.
    fn template(&mut self) -> Option<Token<'a>> {
        loop {
            let found = memchr::memchr3(b'`', b'\\', b'$', self.bytes.get(self.at..)?)?;
            self.at += found + 1;
            match self.bytes[self.at - 1] {
                b'`' => return Some(self.value()),
                b'\\' => self.skip_escaped(),
                _ if self.bytes.get(self.at) == Some(&b'{') => {
                    self.at += 1;
                    return Some(self.opens(b'`', Open::Template));
                }
                _ => {}
            }
        }
    }

    fn divide_or_regex(&mut self) -> Option<Token<'a>> {
        match self.slash {
            Slash::Unsure => return None,
            Slash::Divides => {
                self.slash = Slash::BeginsRegex;
                return Some(Token::Other);
            }
            Slash::BeginsRegex => {}
        }
        let mut in_class = false;
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'\n' | b'\r' => return None,
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                _ => {}
            }
        }
        let flags = self.bytes.get(self.at..)?.iter();
        self.at += flags.take_while(|flag| flag.is_ascii_alphabetic()).count();
        Some(self.value())
    }

    fn opens(&mut self, byte: u8, open: Open) -> Token<'a> {
        self.open.push(open);
        self.slash = Slash::BeginsRegex;
        Token::Opens(byte)
    }

    fn closes(&mut self, byte: u8) -> Option<Token<'a>> {
        // What follows an expression without brackets of its own closes what stands around it.
        let Some(open) = self.open.pop() else {
            return Some(Token::Ends);
        };
        self.slash = match (open, byte) {
            (Open::Round { closed }, b')') => closed,
            (Open::Square, b']') => Slash::Divides,
            (Open::Curly, b'}') => Slash::Unsure,
            (Open::Template, b'}') => return self.template(),
            _ => return None,
        };
        Some(Token::Closes)
    }

    fn punctuation(&mut self, byte: u8, has_line_end: bool) -> Token<'a> {
        let before = std::mem::replace(&mut self.slash, Slash::BeginsRegex);
        match byte {
            b'=' if self.bytes.get(self.at) == Some(&b'>') => {
                self.at += 1;
                Token::Arrow
            }
            b'+' | b'-' if self.bytes.get(self.at) == Some(&byte) => {
                self.at += 1;
                // Behind a value it is a part of it, unless a line ends between.
                self.slash = match (before, has_line_end) {
                    (Slash::Divides, false) => Slash::Divides,
                    (Slash::BeginsRegex, _) => Slash::BeginsRegex,
                    _ => Slash::Unsure,
                };
                Token::Other
            }
            b'.' if self.bytes[self.at..].starts_with(b"..") => {
                self.at += 2;
                Token::Other
            }
            b'.' => {
                self.is_behind_dot = true;
                Token::Other
            }
            b'?' if self.bytes.get(self.at) == Some(&b'.') && !self.is_digit_at(self.at + 1) => {
                self.at += 1;
                self.is_behind_dot = true;
                Token::Other
            }
            b',' => Token::Comma,
            b';' => Token::Semicolon,
            _ => Token::Other,
        }
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn slash_behind(name: &str) -> Slash {
    match name {
        "return" | "typeof" | "instanceof" | "in" | "new" | "delete" | "void" | "throw"
        | "case" | "do" | "else" => Slash::BeginsRegex,
        // Words that are names as well.
        "await" | "yield" | "of" | "let" | "async" | "static" | "get" | "set" => Slash::Unsure,
        _ => Slash::Divides,
    }
}
