//! What `memwatch.nativeSites.report()` returns: which functions outside of JavaScript allocated live memory. All
//! numbers but those of samples are estimates.

use std::collections::HashMap;

use memwatch_detector::sites::Function;
use memwatch_detector::sites::owner::Owner;
use memwatch_native::javascript::JavaScriptFunction;
use memwatch_native::naming::Named;
use memwatch_native::objects::object_of;
use memwatch_native::sampler::Reading;
use memwatch_native::sites::{Frame, Origin, Row, native_part, rows};
use serde::Serialize;

use crate::Date;
use crate::sites::FrameEntry;

/// What was allocated with `malloc` since sampling began and is alive, by the function that the program called.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeSitesReport {
    /// When it was read.
    pub at: Date,
    /// Since when allocations are sampled. What was allocated before is in no row.
    pub since: Date,
    /// Bytes between two samples on average, at the moment: it follows the rate of allocation.
    pub mean_bytes: u64,
    /// Samples taken since then, of what is alive and of what was freed.
    pub samples: u64,
    /// Of these, those that were not kept, because a table was full or another thread had its turn.
    pub dropped_samples: u64,
    /// Of these, those whose stack could not be read: they are in the row `(unknown)`.
    pub samples_without_stack: u64,
    /// The library that `malloc` belongs to.
    pub allocator: String,
    /// The program has been stripped: only functions that it exports have a name, and callers are known less often.
    pub has_exported_names_only: bool,
    /// Whether functions of JavaScript are named of the thread that asks.
    pub names_java_script: bool,
    /// Bytes alive of all sites, estimated.
    pub bytes: u64,
    /// How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further.
    pub plus_minus_bytes: u64,
    /// The first of the sites, most bytes first.
    pub sites: Vec<NativeSiteEntry>,
}

/// A function, and what allocated through it and is alive.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeSiteEntry {
    /// The function that JavaScript called; without JavaScript on the stack, the outermost one outside of the event loop.
    pub function: String,
    /// Who called it.
    pub origin: NativeOrigin,
    /// What such memory belongs to, by the classes in the stack: `a stream of node:zlib`. Known also where JavaScript was not
    /// on the stack; `null` where no class shows it.
    pub object: Option<&'static str>,
    /// The function of JavaScript that called it: the nearest that is not Node's own, or Node's where there is no other.
    /// `null` where JavaScript was not on the stack, or which function it was is not known.
    pub caller: Option<FrameEntry>,
    /// Bytes alive, estimated, as the allocator counts them.
    pub bytes: u64,
    /// How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further.
    pub plus_minus_bytes: u64,
    /// Blocks alive, estimated.
    pub count: u64,
    /// Blocks alive that were sampled: with fewer than ten, the numbers are imprecise.
    pub samples: u64,
    /// The stack that holds most of it, innermost first, from the allocator to `function`.
    pub frames: Vec<NativeFrameEntry>,
    /// The functions of JavaScript further out in that stack, innermost first.
    pub javascript: Vec<FrameEntry>,
}

/// What a suspect of native memory has beside its place in JavaScript.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeSuspectEntry {
    /// The function that JavaScript called; without JavaScript on the stack, the outermost one outside of the event loop.
    pub function: String,
    /// Who called it.
    pub origin: NativeOrigin,
    /// What such memory belongs to; `null` where no class in the stack shows it.
    pub object: Option<&'static str>,
    /// How far `bytes` may be off by the chance of sampling: 19 of 20 estimates are no further.
    pub plus_minus_bytes: u64,
    /// Blocks alive that were sampled.
    pub samples: u64,
    /// The stack that holds most of it, innermost first, from the allocator to `function`.
    pub frames: Vec<NativeFrameEntry>,
}

/// Who called a native function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum NativeOrigin {
    /// JavaScript.
    Javascript,
    /// A thread of libuv's pool. Who has asked for the work is not on its stack, and is not known.
    ThreadPool,
    /// The event loop, V8's own threads, or a thread of an addon.
    Native,
}

/// A frame of a stack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NativeFrameEntry {
    /// The function. One without a name is its address in its file, `+0x891f4 [libc.so.6]`.
    pub function: String,
}

/// All stacks with live blocks, for a profile: `lib/` alone reads it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NativeStacks {
    since: Date,
    at: Date,
    mean_bytes: u64,
    functions: Vec<FrameEntry>,
    stacks: Vec<NativeStack>,
}

/// A stack: indices of `functions`, innermost first.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct NativeStack {
    functions: Vec<usize>,
    bytes: u64,
    count: u64,
}

/// What is known of the allocations of a process.
#[derive(Clone, Copy, Debug)]
pub struct NativeSitesReading<'a> {
    /// What was sampled.
    pub reading: &'a Reading,
    /// The names of its frames.
    pub named: &'a Named,
    /// Its functions of JavaScript, by their words.
    pub javascript: &'a HashMap<u64, JavaScriptFunction>,
    /// Whether functions of JavaScript are named of the thread that asks.
    pub names_javascript: bool,
    /// Where the scripts of the tool that watches begin: they are nobody's to change.
    pub ours: &'a [String],
    /// When it was read.
    pub at_unix_us: i64,
}

impl NativeSitesReading<'_> {
    /// By function, those with most bytes.
    #[must_use]
    pub fn report(&self, top: usize) -> NativeSitesReport {
        let Self { reading, named, .. } = self;
        let all = rows(
            reading,
            |address| named.frame(address),
            |words| self.caller(words),
        );
        let deviations = all.iter().map(|row| row.plus_minus_bytes.powi(2));
        NativeSitesReport {
            at: Date::from_unix_us(self.at_unix_us),
            since: self.since(),
            mean_bytes: reading.mean_bytes,
            samples: reading.samples,
            dropped_samples: reading.dropped,
            samples_without_stack: reading.without_stack,
            allocator: reading.allocator.clone(),
            has_exported_names_only: named.is_exported_only,
            names_java_script: self.names_javascript,
            bytes: whole(all.iter().map(|row| row.live_bytes).sum()),
            plus_minus_bytes: whole(deviations.sum::<f64>().sqrt()),
            sites: all
                .into_iter()
                .take(top)
                .map(|row| self.site(row))
                .collect(),
        }
    }

    /// The word of the function that a stack is for: the nearest that a person can change.
    fn caller(&self, words: &[u64]) -> Option<u64> {
        let is_persons = |word: &&u64| {
            let function = self.javascript.get(word).map(function);
            function.is_some_and(|one| Owner::of(&one, self.ours).is_answerable())
        };
        words.iter().find(is_persons).or(words.first()).copied()
    }

    /// A function of JavaScript as a frame; one that is not known has no file.
    fn frame(&self, word: u64) -> FrameEntry {
        let unknown = Function {
            name: "(unknown)".to_owned(),
            ..Function::default()
        };
        FrameEntry::of(&self.javascript.get(&word).map_or(unknown, function))
    }

    fn site(&self, row: Row) -> NativeSiteEntry {
        let object = object_of(row.stack.iter().map(String::as_str));
        let frames = row.stack.into_iter();
        let javascript = row.javascript.iter().map(|&word| self.frame(word));
        NativeSiteEntry {
            function: row.function,
            origin: row.origin.into(),
            object,
            caller: row.caller.map(|word| self.frame(word)),
            bytes: whole(row.live_bytes),
            plus_minus_bytes: whole(row.plus_minus_bytes),
            count: whole(row.live_blocks),
            samples: row.samples,
            frames: frames
                .map(|function| NativeFrameEntry { function })
                .collect(),
            javascript: javascript.collect(),
        }
    }

    /// Each stack by itself.
    #[must_use]
    pub fn stacks(&self) -> NativeStacks {
        let mut functions = Vec::new();
        // Functions of C++ by their names, those of JavaScript by their words.
        let mut numbers: HashMap<Result<String, u64>, usize> = HashMap::new();
        let mut stacks = Vec::new();
        for stack in &self.reading.stacks {
            let addresses = stack.frames.iter();
            let all: Vec<Frame> = addresses.map(|&at| self.named.frame(at)).collect();
            let native = native_part(&all).0.iter().filter_map(Frame::text);
            let native = native.map(|name| Ok(name.to_owned()));
            let javascript = stack.javascript.iter().map(|&word| Err(word));
            let number = |key: Result<String, u64>| {
                *numbers.entry(key.clone()).or_insert_with(|| {
                    functions.push(match key {
                        Ok(name) => FrameEntry::of(&Function {
                            name,
                            ..Function::default()
                        }),
                        Err(word) => self.frame(word),
                    });
                    functions.len() - 1
                })
            };
            stacks.push(NativeStack {
                functions: native.chain(javascript).map(number).collect(),
                bytes: whole(stack.live_bytes),
                count: whole(stack.live_blocks),
            });
        }
        NativeStacks {
            since: self.since(),
            at: Date::from_unix_us(self.at_unix_us),
            mean_bytes: self.reading.mean_bytes,
            functions,
            stacks,
        }
    }

    fn since(&self) -> Date {
        let elapsed = i64::try_from(self.reading.milliseconds).unwrap_or(0);
        Date::from_unix_us(self.at_unix_us.saturating_sub(elapsed.saturating_mul(1000)))
    }
}

/// As the sites of V8's heap have it.
fn function(known: &JavaScriptFunction) -> Function {
    Function {
        name: known.name.clone(),
        script: known.file.clone(),
        // It has one, though its number is not known: code without a file was made at run time.
        script_id: 1,
        line: known.line,
        column: known.column,
    }
}

impl From<Origin> for NativeOrigin {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::JavaScript => Self::Javascript,
            Origin::ThreadPool => Self::ThreadPool,
            Origin::Native => Self::Native,
        }
    }
}

fn whole(estimate: f64) -> u64 {
    estimate.round().max(0.0) as u64
}
