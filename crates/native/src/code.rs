//! Which function of JavaScript an address of compiled code belongs to. Code moves and goes, so an address is turned into
//! a function and an offset at the moment of the sample, and into a name and a line when somebody reads it. What is
//! where is reported by whoever knows the engine; nothing of it is asked here.

use std::collections::BTreeMap;

/// The most functions that are kept: a program that makes code without end is known up to there.
const MOST_FUNCTIONS: usize = 1 << 18;
/// A return address may be just behind the code.
const BEHIND: u64 = 64;
/// A word whose function is not known.
const UNKNOWN: u64 = u32::MAX as u64;

struct Code {
    length: u64,
    function: u32,
}

struct Function {
    name: String,
    /// Offsets in the code, ascending, and the positions of the source that begin there.
    positions: Vec<(u32, u32)>,
}

/// What lies where.
#[derive(Default)]
pub struct CodeMap {
    code: BTreeMap<u64, Code>,
    functions: Vec<Function>,
    /// Positions that were reported before their code.
    early: BTreeMap<u64, Vec<(u32, u32)>>,
}

/// A frame of JavaScript, from the engine's name for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptFrame {
    /// The name; empty for a function without one, and for the body of a file.
    pub function: String,
    /// Its file, or `node:…`; empty for code without one.
    pub file: String,
    /// Where the function begins, from 1; 0 where that is not known.
    pub line: u32,
    /// As `line`.
    pub column: u32,
    /// The character of the source at which the call is, from 0, if it is known.
    pub position: Option<u32>,
}

impl CodeMap {
    /// Code was made. What was there before is gone.
    pub fn added(&mut self, start: u64, length: u64, name: &str) {
        let positions = self.early.remove(&start).unwrap_or_default();
        if self.functions.len() == MOST_FUNCTIONS {
            self.code.remove(&start);
            return;
        }
        let function = self.functions.len() as u32;
        self.functions.push(Function {
            name: name.to_owned(),
            positions,
        });
        self.code.insert(start, Code { length, function });
    }

    /// Code has another place.
    pub fn moved(&mut self, from: u64, to: u64) {
        if let Some(code) = self.code.remove(&from) {
            self.code.insert(to, code);
        }
    }

    /// Code is gone. Its function stays: samples may name it.
    pub fn removed(&mut self, start: u64) {
        self.code.remove(&start);
        self.early.remove(&start);
    }

    /// The positions of code that is there, or that is reported next.
    pub fn positions(&mut self, start: u64, mut positions: Vec<(u32, u32)>) {
        positions.sort_unstable();
        let function = self.code.get(&start).map(|code| code.function as usize);
        match function.and_then(|at| self.functions.get_mut(at)) {
            Some(function) => function.positions = positions,
            None if self.early.len() < MOST_FUNCTIONS => {
                self.early.insert(start, positions);
            }
            None => {}
        }
    }

    /// A word for the function at an address, that stays true when its code moves.
    #[must_use]
    pub fn word(&self, address: u64) -> u64 {
        let found = self.code.range(..=address).next_back();
        match found {
            Some((&start, code)) if address - start <= code.length + BEHIND => {
                ((address - start) << 32) | u64::from(code.function)
            }
            _ => UNKNOWN,
        }
    }

    /// What a word stands for. `None` where the function was not known.
    #[must_use]
    pub fn frame(&self, word: u64) -> Option<ScriptFrame> {
        let function = self.functions.get((word & UNKNOWN) as usize)?;
        let offset = (word >> 32) as u32;
        // A return address is behind its call.
        let behind = function
            .positions
            .partition_point(|one| one.0 < offset.max(1));
        let position = behind.checked_sub(1).map(|at| function.positions[at].1);
        Some(ScriptFrame {
            position,
            ..parse(&function.name)
        })
    }

    /// Forgets all.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}

/// `JS:~handle /srv/app.js:12:29`: a kind, the tier that compiled it, the function, its file and place.
fn parse(name: &str) -> ScriptFrame {
    let rest = name.split_once(':').map_or(name, |(_, rest)| rest);
    let tiers = ['~', '^', '+', '*', '\''];
    // `o` stands in front of a tier whose code was entered inside of a loop.
    let looped = rest
        .strip_prefix('o')
        .filter(|rest| rest.starts_with(tiers));
    let rest = looped.unwrap_or(rest).trim_start_matches(tiers);
    let (rest, last) = number_at_end(rest);
    let (rest, first) = number_at_end(rest);
    // One number is a line.
    let (line, column) = if first == 0 { (last, 0) } else { (first, last) };
    // Names and paths may have spaces: a path begins as paths do.
    let starts = [" /", " file:", " node:"].map(|start| rest.find(start));
    let split = starts
        .into_iter()
        .flatten()
        .min()
        .or_else(|| rest.rfind(' '));
    let (function, file) = match split {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None if rest.starts_with(['/']) || rest.starts_with("node:") => ("", rest),
        None => (rest, ""),
    };
    ScriptFrame {
        function: function.trim().to_owned(),
        file: file.to_owned(),
        line,
        column,
        position: None,
    }
}

/// A text without the number behind its last colon, and the number; 0 where there is none.
fn number_at_end(text: &str) -> (&str, u32) {
    let parts = text.rsplit_once(':');
    let number = parts.and_then(|(rest, number)| Some((rest, number.parse().ok()?)));
    number.unwrap_or((text, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(function: &str, file: &str, line: u32, column: u32) -> ScriptFrame {
        ScriptFrame {
            function: function.to_owned(),
            file: file.to_owned(),
            line,
            column,
            position: None,
        }
    }

    #[test]
    fn an_engine_s_name_is_function_file_and_place() {
        for (name, wanted) in [
            (
                "JS:~handle /srv/app.js:12:29",
                frame("handle", "/srv/app.js", 12, 29),
            ),
            (
                "JS:*handle file:///srv/my app.mjs:1:2",
                frame("handle", "file:///srv/my app.mjs", 1, 2),
            ),
            (
                "Function:^get name node:zlib:30",
                frame("get name", "node:zlib", 30, 0),
            ),
            ("JS:o*run /a b/c.js:7:1", frame("run", "/a b/c.js", 7, 1)),
            ("JS:o+on /a/c.js:7:1", frame("on", "/a/c.js", 7, 1)),
            ("JS:~on /a/c.js:7:1", frame("on", "/a/c.js", 7, 1)),
            ("Script:~ /srv/app.js:1:1", frame("", "/srv/app.js", 1, 1)),
            ("Eval:~/srv/app.js:1:1", frame("", "/srv/app.js", 1, 1)),
            ("JS:~map", frame("map", "", 0, 0)),
            ("", frame("", "", 0, 0)),
            (":", frame("", "", 0, 0)),
        ] {
            assert_eq!(parse(name), wanted, "{name}");
        }
    }

    #[test]
    fn a_word_names_its_function_after_the_code_has_moved_and_gone() {
        let mut map = CodeMap::default();
        map.added(1000, 100, "JS:~one /a.js:1:1");
        map.positions(1000, vec![(50, 300), (10, 100)]);
        let word = map.word(1040);
        assert_eq!(map.frame(word).and_then(|one| one.position), Some(100));
        map.moved(1000, 9000);
        map.added(1000, 100, "JS:~two /b.js:2:2");
        let two = map.word(1040);
        map.removed(9000);
        map.removed(1000);
        let names = [word, two].map(|word| map.frame(word).map(|one| one.function));
        assert_eq!(names, [Some("one".to_owned()), Some("two".to_owned())]);
        assert_eq!(map.frame(map.word(1040)), None);
        assert_eq!(map.frame(map.word(9060)), None);
    }

    #[test]
    fn positions_may_come_before_their_code() {
        let mut map = CodeMap::default();
        map.positions(500, vec![(0, 7)]);
        map.added(500, 10, "JS:~late /a.js:1:1");
        assert_eq!(
            map.frame(map.word(505)).and_then(|one| one.position),
            Some(7)
        );
        map.forget();
        assert_eq!(map.frame(map.word(505)), None);
    }

    #[test]
    fn code_without_end_is_known_up_to_a_bound() {
        let mut map = CodeMap::default();
        for index in 0..=MOST_FUNCTIONS as u64 {
            map.added(index * 100, 100, "JS:~f /a.js:1:1");
        }
        assert_eq!(map.functions.len(), MOST_FUNCTIONS);
        assert_eq!(map.frame(map.word(MOST_FUNCTIONS as u64 * 100 + 90)), None);
        assert!(map.frame(map.word(190)).is_some());
    }
}
