//! Functions of which closures are alive, and the names that their texts use. The text of a script is the snapshot's,
//! which has the first 1024 characters of each; else a file's that begins in the same way and is as long.

use rustc_hash::FxHashMap;

use super::super::super::strings::utf16_len;
use super::super::super::types::{Location, NodeOrdinal, NodeType, StringIndex};
use super::super::heap::Heap;
use super::super::names::Words;
use super::super::preview::is_maybe_cut;
use super::super::scripts::is_internal;
use super::contexts::Names;
use super::{ScriptText, Unknown, UnknownScript};
use crate::javascript::usage_of_function;

/// Functions lie within each other, so that a text is read several times: at most so often, which no program nests.
const MOST_READINGS: usize = 64;

/// Bytes of a string beside its characters: its map, hash and length, and rounding.
const LEAST_HEAD: u64 = 8;
const MOST_HEAD: u64 = 24;

/// A string whose characters are outside of the heap has no more bytes in it.
const EXTERNAL_BYTES: u64 = 64;

/// What is known of a function's text.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// The numbers of the names that it uses, in order.
    Known {
        names: Vec<u32>,
        has_private: bool,
    },
    Unknown(Unknown),
    /// One of Node's own.
    Internal,
}

struct Function {
    location: Location,
    name: StringIndex,
    text: Text,
    /// The bytes of its script that it takes; none where its text is not known.
    extent: std::ops::Range<usize>,
}

/// The functions of a snapshot.
pub(super) struct Functions {
    all: Vec<Function>,
    /// Closures with the number of their function, in order.
    closures: Vec<u32>,
    numbers: Vec<u32>,
    /// A closure of each script.
    scripts: FxHashMap<u32, NodeOrdinal>,
    /// By script and name.
    by_name: FxHashMap<(u32, u32), Vec<u32>>,
    unknown: Vec<UnknownScript>,
}

impl Functions {
    /// All, their texts not being read yet.
    pub(super) fn of(heap: &Heap<'_>) -> Self {
        let snapshot = heap.snapshot();
        let mut functions = Self {
            all: Vec::new(),
            closures: Vec::new(),
            numbers: Vec::new(),
            scripts: FxHashMap::default(),
            by_name: FxHashMap::default(),
            unknown: Vec::new(),
        };
        let mut known: FxHashMap<Location, u32> = FxHashMap::default();
        for node in snapshot.ordinals() {
            if snapshot.node_type(node) != NodeType::Closure {
                continue;
            }
            let Some(location) = snapshot.location(node) else {
                continue;
            };
            let number = *known.entry(location).or_insert_with(|| {
                let (number, name) = (functions.all.len() as u32, snapshot.name_index(node));
                functions.scripts.entry(location.script_id).or_insert(node);
                functions
                    .by_name
                    .entry((location.script_id, name.0))
                    .or_default()
                    .push(number);
                functions.all.push(Function {
                    location,
                    name,
                    text: Text::Unknown(Unknown::NoText),
                    extent: 0..0,
                });
                number
            });
            functions.closures.push(node.0);
            functions.numbers.push(number);
        }
        functions
    }

    /// Closures that have a place in a script.
    pub(super) fn closures(&self) -> &[u32] {
        &self.closures
    }

    /// The function of a closure.
    pub(super) fn of_closure(&self, closure: NodeOrdinal) -> Option<u32> {
        let at = self.closures.binary_search(&closure.0).ok()?;
        self.numbers.get(at).copied()
    }

    pub(super) fn text(&self, function: u32) -> &Text {
        &self.all[function as usize].text
    }

    pub(super) fn location(&self, function: u32) -> Location {
        self.all[function as usize].location
    }

    pub(super) fn name(&self, heap: &Heap<'_>, function: u32) -> String {
        heap.snapshot()
            .strings()
            .get(self.all[function as usize].name)
            .into_owned()
    }

    /// The nearest function of a name around another.
    pub(super) fn around(&self, function: u32, name: u32) -> Option<u32> {
        let inner = &self.all[function as usize];
        let named = self.by_name.get(&(inner.location.script_id, name))?;
        let around = named.iter().copied().filter(|&one| {
            let extent = &self.all[one as usize].extent;
            extent.start < inner.extent.start && inner.extent.start < extent.end
        });
        around.max_by_key(|&one| self.all[one as usize].extent.start)
    }

    /// Scripts whose text is not known.
    pub(super) fn unknown_scripts(&self) -> Vec<UnknownScript> {
        self.unknown.clone()
    }

    /// Reads the texts, script by script.
    pub(super) fn read(&mut self, heap: &Heap<'_>, names: &Names, files: ScriptText<'_>) {
        let places = self.all.iter().zip(0u32..);
        let mut order: Vec<(Location, u32)> = places.map(|(one, at)| (one.location, at)).collect();
        order.sort_unstable();
        for of_script in order.chunk_by(|a, b| a.0.script_id == b.0.script_id) {
            let Some(&closure) = self.scripts.get(&of_script[0].0.script_id) else {
                continue;
            };
            let script = Script::of(heap, closure);
            if is_internal(&script.name) {
                self.set(of_script, &Text::Internal);
                continue;
            }
            match script.text(files) {
                Ok(text) => self.read_script(&text, of_script, names),
                Err(reason) => {
                    self.set(of_script, &Text::Unknown(reason));
                    self.unknown.push(UnknownScript {
                        script: script.name,
                        reason,
                        functions: of_script.len() as u64,
                    });
                }
            }
        }
    }

    fn set(&mut self, functions: &[(Location, u32)], text: &Text) {
        for &(_, number) in functions {
            self.all[number as usize].text = text.clone();
        }
    }

    /// Functions come in the order of their places.
    fn read_script(&mut self, text: &str, functions: &[(Location, u32)], names: &Names) {
        let mut places = Places::new(text);
        let mut left = text.len().saturating_mul(MOST_READINGS);
        for &(location, number) in functions {
            let function = &mut self.all[number as usize];
            let at = places.byte_of(location);
            let usage = at
                .filter(|_| left > 0)
                .and_then(|at| Some((at, usage_of_function(text, at)?)));
            let Some((at, usage)) = usage else {
                function.text = Text::Unknown(Unknown::Syntax);
                continue;
            };
            left = left.saturating_sub(usage.end - at);
            function.extent = at..usage.end;
            if usage.has_eval() {
                function.text = Text::Unknown(Unknown::Eval);
                continue;
            }
            let mut used: Vec<u32> = usage
                .names
                .iter()
                .filter_map(|name| names.find(name))
                .collect();
            used.sort_unstable();
            function.text = Text::Known {
                names: used,
                has_private: usage.has_private(),
            };
        }
    }
}

/// A script as the snapshot has it.
struct Script {
    name: String,
    /// The first characters of its text, whether that may be all, and the bytes of the string.
    start: Option<(String, bool, u64)>,
}

impl Script {
    fn of(heap: &Heap<'_>, closure: NodeOrdinal) -> Self {
        let (snapshot, words) = (heap.snapshot(), heap.words());
        let Some(script) = super::super::scripts::script_node(heap, closure) else {
            return Self {
                name: String::new(),
                start: None,
            };
        };
        let source = Words::follow(snapshot, script, &words.source);
        let source = source.filter(|&source| snapshot.node_type(source) == NodeType::String);
        Self {
            name: snapshot.name(script).into_owned(),
            start: source.map(|source| {
                let (text, bytes) = (
                    snapshot.name(source).into_owned(),
                    snapshot.self_size(source),
                );
                let is_whole = !is_maybe_cut(&text, bytes);
                (text, is_whole, bytes)
            }),
        }
    }

    fn text(&self, files: ScriptText<'_>) -> Result<String, Unknown> {
        // Without it a file would be taken on trust.
        let (start, is_whole, bytes) = self.start.as_ref().ok_or(Unknown::NoText)?;
        if *is_whole {
            return Ok(start.clone());
        }
        let text = files(&self.name).ok_or(Unknown::NoText)?;
        let text = match text.strip_prefix('\u{feff}') {
            Some(text) => text.to_owned(),
            None => text,
        };
        // The cut may have gone through a pair of units.
        let is_same =
            text.starts_with(start.trim_end_matches('\u{fffd}')) && is_as_long(&text, *bytes);
        is_same.then_some(text).ok_or(Unknown::OtherText)
    }
}

/// Whether a string of so many bytes may have this text: one byte a character, or two.
fn is_as_long(text: &str, bytes: u64) -> bool {
    let units = utf16_len(text) as u64;
    let fits = |units: u64| (units + LEAST_HEAD..=units + MOST_HEAD).contains(&bytes);
    bytes <= EXTERNAL_BYTES || fits(units) || fits(2 * units)
}

/// From lines and columns to bytes; they come in order.
struct Places<'a> {
    text: &'a str,
    line: u32,
    column: u32,
    at: usize,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            line: 0,
            column: 0,
            at: 0,
        }
    }

    /// Nothing where the text has no such place.
    fn byte_of(&mut self, location: Location) -> Option<usize> {
        let wanted = (location.line, location.column);
        let mut letters = self.text.get(self.at..)?.chars();
        while (self.line, self.column) < wanted {
            let letter = letters.next()?;
            self.at += letter.len_utf8();
            self.column += letter.len_utf16() as u32;
            let is_end = match letter {
                '\r' => !letters.as_str().starts_with('\n'),
                _ => matches!(letter, '\n' | '\u{2028}' | '\u{2029}'),
            };
            if is_end {
                self.line += 1;
                self.column = 0;
            }
        }
        ((self.line, self.column) == wanted).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_v8_counts_them() {
        let text = "a\r\nbä\u{1f600}c\rd\u{2028}e\n\nf";
        let mut places = Places::new(text);
        for (line, column, letter) in [
            (0, 0, "a"),
            (1, 0, "b"),
            (1, 4, "c"),
            (2, 0, "d"),
            (3, 0, "e"),
            (5, 0, "f"),
        ] {
            let location = Location {
                script_id: 1,
                line,
                column,
            };
            let at = places.byte_of(location).expect("a place");
            assert!(text[at..].starts_with(letter), "{line}:{column}");
        }
        for (line, column) in [(0, 5), (1, 3), (6, 0)] {
            let location = Location {
                script_id: 1,
                line,
                column,
            };
            assert_eq!(Places::new(text).byte_of(location), None, "{line}:{column}");
        }
    }

    #[test]
    fn a_text_of_another_length_is_another() {
        assert!(is_as_long("a".repeat(2000).as_str(), 2016));
        assert!(is_as_long("ä".repeat(2000).as_str(), 4016));
        assert!(is_as_long("a".repeat(2000).as_str(), 32));
        assert!(!is_as_long("a".repeat(2000).as_str(), 2032));
        assert!(!is_as_long("a".repeat(2000).as_str(), 2000));
    }
}
