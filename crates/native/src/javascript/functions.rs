//! Functions of JavaScript by their names, each once however often it is compiled: the engine's text of each is kept, and
//! read when somebody asks for it. Numbers are given once and never to another function: a stack that was read before all
//! was forgotten names nothing, rather than something else.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::codes::{ENGINE, FIRST_FUNCTION, INTERPRETER, UNKNOWN};

/// A program with more functions than this makes them at run time: later ones have no name. Some 120 bytes each.
const MOST_FUNCTIONS: usize = 100_000;

/// A longer name or path is made by a program, not written by a person.
const LONGEST_BYTES: usize = 1024;

/// What the engine calls code of functions, by its version.
const KINDS: [&str; 5] = ["JS", "Function", "LazyCompile", "Script", "Eval"];

/// Code of the engine whose frames are those of interpreted functions.
const INTERPRETERS: [&str; 2] = ["Builtin:InterpreterE", "Builtin:BaselineOrInterpreterE"];

/// A function as a reader wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JavaScriptFunction {
    /// Empty for an anonymous one.
    pub name: String,
    /// Path or URL of its file; empty for code made at run time.
    pub file: String,
    /// Where it begins, from 1; 0 where that is not known.
    pub line: u32,
    /// As `line`.
    pub column: u32,
}

/// Functions that were told.
pub(super) struct Functions {
    /// The word of the first.
    first: u64,
    texts: Vec<Box<str>>,
    by_hash: Option<HashMap<u64, usize>>,
}

impl Functions {
    /// None.
    pub(super) const fn new() -> Self {
        Self {
            first: FIRST_FUNCTION,
            texts: Vec::new(),
            by_hash: None,
        }
    }

    /// The word for code of this name, as the engine gives it.
    pub(super) fn word(&mut self, code: &[u8]) -> u64 {
        let code = String::from_utf8_lossy(code);
        let Some(function) = function_of(&code) else {
            let interprets = INTERPRETERS.iter().any(|start| code.starts_with(start));
            return if interprets { INTERPRETER } else { ENGINE };
        };
        self.intern(function)
            .map_or(UNKNOWN, |index| self.first + index as u64)
    }

    fn intern(&mut self, function: &str) -> Option<usize> {
        let mut hasher = DefaultHasher::new();
        function.hash(&mut hasher);
        let mut key = hasher.finish();
        let by_hash = self.by_hash.get_or_insert_with(HashMap::new);
        while let Some(&index) = by_hash.get(&key) {
            if &*self.texts[index] == function {
                return Some(index);
            }
            key = key.wrapping_add(1);
        }
        if self.texts.len() == MOST_FUNCTIONS || function.len() > LONGEST_BYTES {
            return None;
        }
        by_hash.insert(key, self.texts.len());
        self.texts.push(function.into());
        Some(self.texts.len() - 1)
    }

    /// The function of a word; `None` for one that is not known, or not any more.
    pub(super) fn get(&self, word: u64) -> Option<JavaScriptFunction> {
        let index = usize::try_from(word.checked_sub(self.first)?).ok()?;
        self.texts.get(index).map(|text| parsed(text))
    }

    /// None again, and their memory is given back.
    pub(super) fn forget(&mut self) {
        self.first += self.texts.len() as u64;
        self.texts = Vec::new();
        self.by_hash = None;
    }
}

/// `JS:~name file:12:5` without its kind and the marks of the compiler that made the code; `None` where it is no function.
fn function_of(code: &str) -> Option<&str> {
    let (kind, rest) = code.split_once(':')?;
    if !KINDS.contains(&kind) {
        return None;
    }
    // On-stack replacement, the compiler, a context of its own: `o+'`.
    let rest = rest
        .strip_prefix('o')
        .filter(|rest| rest.starts_with(['*', '+']))
        .unwrap_or(rest);
    let rest = rest.strip_prefix(['~', '^', '+', '*'])?;
    Some(rest.strip_prefix('\'').unwrap_or(rest))
}

/// Where the name of a file begins. A name of a function may have spaces too: that of a getter, a computed one.
const FILES: [&str; 8] = [
    " /",
    " node:",
    " file:",
    " http",
    " blob:",
    " data:",
    " evalmachine.",
    " [",
];

fn parsed(text: &str) -> JavaScriptFunction {
    let (rest, last) = number_at_end(text);
    let (rest, one_before) = match last {
        Some(_) => number_at_end(rest),
        None => (rest, None),
    };
    // Older engines say the line alone.
    let (line, column) = match (one_before, last) {
        (Some(line), Some(column)) => (line, column),
        (None, Some(line)) => (line, 0),
        _ => (0, 0),
    };
    let starts = FILES.iter().filter_map(|start| rest.find(start));
    let at = starts.min().or_else(|| rest.rfind(' '));
    let (name, file) = at.map_or((rest, ""), |at| (&rest[..at], &rest[at + 1..]));
    JavaScriptFunction {
        name: name.to_owned(),
        file: file.to_owned(),
        line,
        column,
    }
}

fn number_at_end(text: &str) -> (&str, Option<u32>) {
    let Some((before, number)) = text.rsplit_once(':') else {
        return (text, None);
    };
    match number.parse() {
        Ok(parsed) if !number.starts_with('+') => (before, Some(parsed)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> (String, String, u32, u32) {
        let mut functions = Functions::new();
        let word = functions.word(code.as_bytes());
        let function = functions.get(word).expect("a function");
        (function.name, function.file, function.line, function.column)
    }

    #[test]
    fn names_are_read_as_each_version_of_the_engine_writes_them() {
        for (code, name, file, line, column) in [
            ("JS:~keep /srv/app.js:12:14", "keep", "/srv/app.js", 12, 14),
            ("JS:*keep /srv/app.js:12:14", "keep", "/srv/app.js", 12, 14),
            ("JS:o+keep /srv/app.js:12:14", "keep", "/srv/app.js", 12, 14),
            ("JS:*'keep /srv/app.js:12:14", "keep", "/srv/app.js", 12, 14),
            ("JS:~o /srv/app.js:1:2", "o", "/srv/app.js", 1, 2),
            ("JS:^get x /srv/app.js:2:16", "get x", "/srv/app.js", 2, 16),
            (
                "JS:~ /my dir/vm file.js:1:14",
                "",
                "/my dir/vm file.js",
                1,
                14,
            ),
            (
                "JS:~a b file:///srv/a%20b.mjs:3:1",
                "a b",
                "file:///srv/a%20b.mjs",
                3,
                1,
            ),
            (
                "JS:~createHash node:crypto:139:20",
                "createHash",
                "node:crypto",
                139,
                20,
            ),
            ("JS:~ev :1:14", "ev", "", 1, 14),
            (
                "Function:^later /tmp/probe.js:7",
                "later",
                "/tmp/probe.js",
                7,
                0,
            ),
            (
                "LazyCompile:~later /tmp/probe.js:7",
                "later",
                "/tmp/probe.js",
                7,
                0,
            ),
            ("Script:~ /srv/app.js", "", "/srv/app.js", 0, 0),
            ("Eval:~ node:stream:1", "", "node:stream", 1, 0),
            ("JS:~run [eval]:1:9", "run", "[eval]", 1, 9),
            (
                "JS:~run evalmachine.<anonymous>:1:9",
                "run",
                "evalmachine.<anonymous>",
                1,
                9,
            ),
        ] {
            assert_eq!(
                read(code),
                (name.into(), file.into(), line, column),
                "{code}"
            );
        }
    }

    #[test]
    fn the_engines_own_code_is_no_function_and_its_interpreter_is_known() {
        let mut functions = Functions::new();
        for (code, word) in [
            ("Builtin:CallApiCallback", ENGINE),
            ("BytecodeHandler:LdaZeroHandler", ENGINE),
            ("RegExp:a+b", ENGINE),
            ("wasm-function[3]", ENGINE),
            ("", ENGINE),
            ("JS:", ENGINE),
            ("Builtin:InterpreterEntryTrampoline", INTERPRETER),
            ("Builtin:InterpreterEnterAtNextBytecode", INTERPRETER),
            ("Builtin:BaselineOrInterpreterEnterAtBytecode", INTERPRETER),
        ] {
            assert_eq!(functions.word(code.as_bytes()), word, "{code}");
        }
        assert!(functions.texts.is_empty());
        assert_eq!(functions.get(UNKNOWN), None);
    }

    #[test]
    fn a_function_that_is_compiled_anew_keeps_its_word_and_a_word_is_never_used_again() {
        let mut functions = Functions::new();
        let word = functions.word(b"JS:~keep /srv/app.js:12:14");
        assert_eq!(functions.word(b"JS:*keep /srv/app.js:12:14"), word);
        let other = functions.word(b"JS:~drop /srv/app.js:13:14");
        assert_ne!(other, word);
        functions.forget();
        assert_eq!(functions.get(word), None);
        let later = functions.word(b"JS:~keep /srv/app.js:12:14");
        assert!(later > other);
        assert_eq!(functions.get(later).map(|one| one.line), Some(12));
        assert_eq!(functions.get(other), None);
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let mut functions = Functions::new();
        let long = format!("JS:~{} /a.js:1:1", "x".repeat(LONGEST_BYTES));
        assert_eq!(functions.word(long.as_bytes()), UNKNOWN);
        for index in 0..MOST_FUNCTIONS + 5 {
            functions.word(format!("JS:~f{index} /a.js:1:1").as_bytes());
        }
        assert_eq!(functions.texts.len(), MOST_FUNCTIONS);
        let odd = functions.word(b"JS:~\xff\xfe /a.js:1:1");
        assert_eq!(odd, UNKNOWN);
    }
}
