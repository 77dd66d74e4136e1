//! Which names the text of a JavaScript function uses. Not a parser: it knows where comments, strings, templates and
//! regular expressions begin and end, which brackets belong together, and which names stand behind a dot. Where that
//! cannot be told for certain, such as whether a slash behind `}` divides, there is no answer. A name that is a
//! property's key, a label or a variable of the function's own counts as used: too many names are no harm, one that is
//! missed would be.

mod lexer;

use rustc_hash::FxHashSet;

use lexer::{Lexer, Token};

/// What the text of a function uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage<'a> {
    /// Names, keywords among them. A private name has its `#`.
    pub names: FxHashSet<&'a str>,
    /// Where the function ends, in bytes.
    pub end: usize,
}

impl Usage<'_> {
    /// Whether it may use names that its text does not have.
    pub(crate) fn has_eval(&self) -> bool {
        self.names.contains("eval")
    }

    /// Whether it uses a private name, for which V8 may ask the variable that holds the class.
    pub(crate) fn has_private(&self) -> bool {
        self.names.iter().any(|name| name.starts_with('#'))
    }
}

/// What a function uses that begins at a byte of the text, as V8 has it: at its parameters, at `async` of an arrow
/// function, at `class` of a class whose constructor is not written, at the first field of a class or (V8 12) at its `{`.
/// What begins with the text is all of it. Nothing where no function begins there, or its text cannot be followed.
pub(crate) fn usage_of_function(text: &str, at: usize) -> Option<Usage<'_>> {
    let mut lexer = Lexer::new(text, at);
    match at {
        0 => lexer.all()?,
        _ if lexer.function().is_some() => {}
        _ => {
            lexer = Lexer::new(text, at);
            lexer.fields()?;
        }
    }
    Some(Usage {
        names: lexer.names,
        end: lexer.at,
    })
}

impl Lexer<'_> {
    fn all(&mut self) -> Option<()> {
        if self.text.starts_with("#!") {
            self.skip_line();
        }
        loop {
            match self.token()? {
                Token::End => return self.open.is_empty().then_some(()),
                Token::Ends => return None,
                _ => {}
            }
        }
    }

    fn function(&mut self) -> Option<()> {
        match self.token()? {
            Token::Opens(b'(') => {
                self.close()?;
                self.body()
            }
            Token::Name("class") => self.class(),
            Token::Name("async") => match self.token()? {
                Token::Opens(b'(') => {
                    self.close()?;
                    self.arrow()
                }
                Token::Name(_) => self.arrow(),
                Token::Arrow => self.arrow_body(),
                _ => None,
            },
            Token::Name(_) => self.arrow(),
            _ => None,
        }
    }

    /// What gives the fields of a class their values begins at the first of them, and ends within the class. In V8 12 it
    /// begins with the class body, so that names in the class's methods count, too.
    fn fields(&mut self) -> Option<()> {
        match self.token()? {
            Token::Opens(b'{') => return self.close(),
            Token::Name(_) | Token::Value | Token::Opens(b'[') => {}
            _ => return None,
        }
        loop {
            let end = self.at;
            match self.token()? {
                Token::Ends => {
                    self.at = end;
                    return Some(());
                }
                Token::End => return None,
                _ => {}
            }
        }
    }

    /// To the end of a class. What it extends may be a class or a function with a body of its own.
    fn class(&mut self) -> Option<()> {
        let mut bodies = 1;
        let mut extends = false;
        loop {
            let token = self.token()?;
            match token {
                // An object, in whose place nobody writes one.
                Token::Opens(b'{') if extends => return None,
                Token::Opens(b'{') => {
                    self.close()?;
                    bodies -= 1;
                    if bodies == 0 {
                        return Some(());
                    }
                }
                Token::Opens(_) => self.close()?,
                Token::Name("class" | "function") => bodies += 1,
                Token::End | Token::Ends | Token::Semicolon => return None,
                _ => {}
            }
            extends = token == Token::Name("extends");
        }
    }

    fn body(&mut self) -> Option<()> {
        match self.token()? {
            Token::Opens(b'{') => self.close(),
            Token::Arrow => self.arrow_body(),
            _ => None,
        }
    }

    fn arrow(&mut self) -> Option<()> {
        match self.token()? {
            Token::Arrow => self.arrow_body(),
            _ => None,
        }
    }

    /// A block, or an expression: up to what cannot be a part of it, or further.
    fn arrow_body(&mut self) -> Option<()> {
        match self.token()? {
            Token::Opens(b'{') => return self.close(),
            Token::Opens(_) => self.close()?,
            Token::End | Token::Comma | Token::Semicolon | Token::Ends => return None,
            _ => {}
        }
        loop {
            let end = self.at;
            match self.token()? {
                Token::Opens(_) => self.close()?,
                Token::End | Token::Comma | Token::Semicolon | Token::Ends => {
                    self.at = end;
                    return Some(());
                }
                _ => {}
            }
        }
    }

    /// To the bracket that closes the one just opened.
    fn close(&mut self) -> Option<()> {
        let depth = self.open.len().checked_sub(1)?;
        while self.open.len() > depth {
            if self.token()? == Token::End {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
