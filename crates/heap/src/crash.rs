//! What stopped the process, as far as its memory says: V8's own words at its heap limit, and the
//! errors that were on their way. Evidence, not proof: a stack keeps words of calls that have
//! returned. Reads the heap and the stacks; decides nothing about signals.

use crate::graph::StackRange;
use crate::layout::Kind;
use crate::memory::Memory;
use crate::objects::{Classes, Name, Reference};
use crate::space::{Heap, Walk, smi};
use crate::stacks::{Frame, Places, call_place, frames};

/// What V8 puts on the stack of a thread that ran out of memory, for those who read cores. It is an
/// int, whose sign the upper half may have.
const OUT_OF_MEMORY_MARK: u32 = 0xdeca_de00;
/// What V8 says of such an end, in texts of the executable's.
const OUT_OF_MEMORY_TEXTS: [&str; 7] = [
    "Reached heap limit",
    "Ineffective mark-compacts near heap limit",
    "CALL_AND_RETRY_LAST",
    "Committing semi space failed",
    "invalid table size",
    "invalid array length",
    "Invalid string length",
];
/// Bytes that are read of such a text.
const LONGEST_TEXT: usize = 64;
/// Bytes of a stack that are searched, from the stack pointer: V8's stack is a megabyte.
const SEARCHED_STACK: u64 = 2 << 20;
/// The thread's own part of the Isolate, where a pending error is, lies at most so far below the
/// table of roots. In bytes.
const THREAD_PART: u64 = 0x1000;
/// Errors that are reported.
const MOST_ERRORS: usize = 3;
/// Units of a message, and of a formatted stack.
const LONGEST_MESSAGE: usize = 4096;
/// Frames of an error; `Error.stackTraceLimit` is 10 where a program does not set it.
const MOST_FRAMES: u64 = 200;
/// Bytes of the record of one frame of an error.
const CALL_SITE_BYTES: u64 = 64;
/// Bits of such a record's flags from here on say that the place was computed, or is missing.
const FIRST_SPECIAL_FLAG: u64 = 6;

/// Where an error was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorPlace {
    /// V8 itself had it: it was thrown and not yet caught.
    Pending,
    /// On the stack of the thread, below its innermost JavaScript frame: it may have been handled
    /// before.
    Stack,
}

/// An error object that was on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrownError {
    /// The address of the object.
    pub address: u64,
    /// Its class.
    pub class: String,
    /// `message`, if it has one of its own.
    pub message: Option<String>,
    /// `code`, as Node.js gives its errors.
    pub code: Option<String>,
    /// `stack`, where V8 had made the text of it.
    pub stack: Option<String>,
    /// Where it had not: the frames.
    pub frames: Vec<Frame>,
    /// Where it was found.
    pub place: ErrorPlace,
}

/// What the memory says of the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    /// V8's words for running out of memory; empty where only its mark was found.
    pub out_of_memory: Option<String>,
    /// Errors that were being thrown, the likeliest first.
    pub errors: Vec<ThrownError>,
}

/// The first address of the stack, and where the search ends.
fn searched(memory: &Memory<'_>, stack: StackRange) -> Option<(u64, u64)> {
    let range = memory.range_of(stack.pointer)?;
    let start = stack.pointer.checked_next_multiple_of(8)?;
    Some((start, range.end().min(start.saturating_add(SEARCHED_STACK))))
}

fn words(memory: &Memory<'_>, from: u64, to: u64) -> impl Iterator<Item = u64> {
    (from..to)
        .step_by(8)
        .filter_map(move |address| memory.word(address))
}

/// V8's words for running out of memory, from the stack of the thread that did.
pub(crate) fn out_of_memory(memory: &Memory<'_>, stack: StackRange) -> Option<String> {
    let (from, to) = searched(memory, stack)?;
    let mut is_marked = false;
    let mut said = None;
    for word in words(memory, from, to) {
        is_marked |= word as u32 == OUT_OF_MEMORY_MARK;
        if said.is_none() && memory.range_of(word).is_some_and(|range| range.from_file) {
            let text = memory.c_string(word, LONGEST_TEXT);
            said = text.filter(|text| {
                OUT_OF_MEMORY_TEXTS
                    .iter()
                    .any(|known| text.starts_with(known))
            });
        }
    }
    // The mark alone is V8's; a text alone may be of a call that has returned.
    is_marked.then(|| said.unwrap_or_default())
}

/// The errors that the isolate and the thread refer to.
pub(crate) fn errors(
    heap: &Heap<'_>,
    walk: &Walk,
    roots: u64,
    stack: Option<StackRange>,
    places: &mut Places,
) -> Vec<ThrownError> {
    let memory = heap.memory;
    let is_error = |word: u64| {
        word & 3 == 1
            && walk.ordinal(heap, word).is_some()
            && heap.layout.type_name(heap.instance_type(word)) == "JSError"
    };
    let mut found: Vec<(u64, ErrorPlace)> = Vec::new();
    let mut add = |word: u64, place: ErrorPlace| {
        if found.len() < MOST_ERRORS
            && is_error(word)
            && found.iter().all(|&(known, _)| known != word)
        {
            found.push((word, place));
        }
    };
    let from = roots.saturating_sub(THREAD_PART) & !7;
    words(memory, from, roots).for_each(|word| add(word, ErrorPlace::Pending));
    // What V8 was doing for the innermost JavaScript frame, and that frame's own registers: further
    // up lie the variables of callers, which hold errors of any age.
    if let Some((from, to)) = stack.and_then(|stack| searched(memory, stack)) {
        let innermost = stack.and_then(|stack| frames(heap, stack.pointer, places).innermost);
        let to = innermost.map_or(from, |frame| frame.min(to));
        words(memory, from, to).for_each(|word| add(word, ErrorPlace::Stack));
    }
    if found.is_empty() {
        return Vec::new();
    }
    let classes = Classes::find(heap, walk);
    let mut described = Vec::new();
    for (error, place) in found {
        described.push(describe(heap, &classes, error, place, places));
    }
    described
}

fn describe(
    heap: &Heap<'_>,
    classes: &Classes,
    error: u64,
    place: ErrorPlace,
    places: &mut Places,
) -> ThrownError {
    let mut thrown = ThrownError {
        address: error & !3,
        class: classes.name(heap, error),
        message: None,
        code: None,
        stack: None,
        frames: Vec::new(),
        place,
    };
    let map = heap.map(error);
    let size = heap.size(error);
    let slots = heap.js_slots(heap.kind(error), map, size);
    let mut read = |reference: Reference| {
        let Name::Key(key) = reference.name else {
            return;
        };
        let text = || {
            heap.is_string(reference.to)
                .then(|| heap.text(reference.to, LONGEST_MESSAGE))
        };
        if heap.kind_of(key) == Kind::Symbol {
            read_trace(heap, reference.to, &mut thrown, places);
            return;
        }
        match heap.text(key, LONGEST_TEXT).as_str() {
            "message" => thrown.message = text(),
            "code" => thrown.code = text(),
            _ => {}
        }
    };
    let view = heap.view(error);
    for slot in &slots {
        heap.slot_references(error, &view, slot, &mut read);
    }
    thrown
}

/// What V8 keeps under a symbol of its own: the text of the stack, its frames, or a record of both.
fn read_trace(heap: &Heap<'_>, value: u64, thrown: &mut ThrownError, places: &mut Places) {
    let is_record = heap.is_object(value)
        && heap.layout.type_name(heap.instance_type(value)) == "ErrorStackData";
    let value = if is_record {
        heap.field(value, 8)
    } else {
        value
    };
    if heap.is_string(value) {
        let text = heap.text(value, LONGEST_MESSAGE);
        if text.contains("\n    at ") {
            thrown.stack = Some(text);
        }
        return;
    }
    if heap.kind_of(value) != Kind::FixedArray {
        return;
    }
    let sites = (0..heap.length(value).min(MOST_FRAMES)).map(|index| heap.slot(value, index));
    thrown
        .frames
        .extend(sites.filter_map(|site| call_site(heap, site, places)));
}

/// A frame of an error. The order of the fields changes from version to version: the function is
/// the last that is one, after a receiver that may be one too; the first small integer is the place.
fn call_site(heap: &Heap<'_>, site: u64, places: &mut Places) -> Option<Frame> {
    let is_site =
        heap.is_object(site) && heap.layout.type_name(heap.instance_type(site)) == "CallSiteInfo";
    if !is_site {
        return None;
    }
    let end = heap.size(site).min(CALL_SITE_BYTES);
    let fields: Vec<u64> = (8..end)
        .step_by(8)
        .map(|offset| heap.field(site, offset))
        .collect();
    let function = *fields
        .iter()
        .rev()
        .find(|&&field| heap.is_function(field))?;
    let mut numbers = fields.iter().filter(|&&field| field & 0xffff_ffff == 0);
    let (offset, flags) = (numbers.next().copied()?, numbers.next().copied()?);
    let bytecode = fields
        .iter()
        .find(|&&field| heap.kind_of(field) == Kind::Bytecode);
    let is_offset = smi(flags) as u64 >> FIRST_SPECIAL_FLAG == 0;
    let call = bytecode
        .filter(|_| is_offset)
        .and_then(|&bytecode| call_place(heap, bytecode, smi(offset)));
    Some(places.frame(heap, function, call))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Range;

    const STACK: u64 = 0x7000_0000;
    const TEXTS: u64 = 0x40_0000;

    fn said(words: &[u64], text: &[u8]) -> Option<String> {
        let stack: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let range = |start, bytes, from_file: bool| Range {
            start,
            bytes,
            writable: !from_file,
            executable: false,
            from_file,
        };
        let memory = Memory::new([range(STACK, &stack[..], false), range(TEXTS, text, true)]);
        out_of_memory(&memory, StackRange::from(STACK))
    }

    #[test]
    fn v8_s_mark_is_what_says_that_memory_ran_out() {
        let text = b"x\0Reached heap limit\0";
        let signed = 0xffff_ffff_deca_de00;
        let reached = Some("Reached heap limit".to_owned());
        assert_eq!(said(&[0, TEXTS + 2, signed], text), reached);
        assert_eq!(said(&[signed, TEXTS + 2], text), reached);
        assert_eq!(said(&[0xdeca_de00, TEXTS], text), Some(String::new()));
        assert_eq!(
            said(&[TEXTS + 2, 0], text),
            None,
            "a call that has returned may leave the text"
        );
        assert_eq!(said(&[], text), None);
    }
}
