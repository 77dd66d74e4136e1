//! The JavaScript frames of a thread, by the shape of V8's standard frame: saved frame pointer,
//! return address, context, function. Needs no unwinder and passes over frames of C++; knows
//! neither functions that were inlined nor arguments.

use std::fmt;

use crate::bytes::u8_at;
use crate::layout::Kind;
use crate::objects::Lines;
use crate::space::{Heap, smi};

/// From the frame pointer, in bytes: context, function, bytecode, and the offset in it.
const CONTEXT: u64 = 8;
const FUNCTION: u64 = 16;
const BYTECODE: u64 = 32;
const OFFSET: u64 = 40;
/// Of a standard frame its own two words lie at and above the frame pointer.
const HEAD: u64 = 16;
/// Types of frames are fewer, and their numbers are doubled.
const LARGEST_MARKER: u64 = 0xff;
/// No code lies below. An address.
const LOWEST_CODE: u64 = 0x1000;
/// No thread has more frames: V8's stack is a megabyte, and a frame has 48 bytes.
const MOST_FRAMES: usize = 50_000;

/// A JavaScript frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function; empty for one without a name.
    pub function: String,
    /// The file or URL, if the script has a name.
    pub script: Option<String>,
    /// From 1; `None` where the source is not in the memory.
    pub line: Option<u32>,
    /// From 1, in UTF-16 units.
    pub column: Option<u32>,
    /// Whether the place is that of the call. Else it is where the function begins: the frame is of
    /// optimised code, or V8 had not made the table of positions.
    pub is_call: bool,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = if self.function.is_empty() {
            "(anonymous)"
        } else {
            &self.function
        };
        write!(
            f,
            "{function} ({}",
            self.script.as_deref().unwrap_or("no file")
        )?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(")")?;
        if self.is_call {
            Ok(())
        } else {
            f.write_str(" [line of the function]")
        }
    }
}

/// The JavaScript of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadStack {
    /// The isolate that its innermost frame is of, by the address of V8's `Heap`.
    pub heap: Option<u64>,
    /// Whether the memory has the stack at all.
    pub is_there: bool,
    /// The frame pointer of the innermost frame.
    pub innermost: Option<u64>,
    /// The frames, the innermost first.
    pub frames: Vec<Frame>,
}

/// The frames of the thread with this stack pointer.
pub(crate) fn frames(heap: &Heap<'_>, stack_pointer: u64, places: &mut Places) -> ThreadStack {
    let mut stack = ThreadStack::default();
    let Some(range) = heap.memory.range_of(stack_pointer) else {
        return stack;
    };
    stack.is_there = true;
    let end = range.end();
    let word = |address: u64| heap.memory.word(address).unwrap_or(0);
    // A frame of V8's has in the place of the context either one or the number of its type. Where
    // neither is, the caller has returned, and what was found is left of a call of its.
    let is_caller = |marker: u64| marker <= LARGEST_MARKER || heap.kind_of(marker) == Kind::Context;
    let mut above = 0;
    let Some(mut frame) = stack_pointer.checked_next_multiple_of(8) else {
        return stack;
    };
    // Below the lowest address of the range there is no frame's own part.
    frame = frame.max(range.start.saturating_add(OFFSET));
    while frame.saturating_add(HEAD) < end && stack.frames.len() < MOST_FRAMES {
        let (caller, code) = (word(frame), word(frame + 8));
        let (context, function) = (word(frame - CONTEXT), word(frame - FUNCTION));
        let is_frame = caller > frame
            && caller < end
            && code > LOWEST_CODE
            && heap.is_function(function)
            && heap.kind_of(context) == Kind::Context
            && is_caller(word(caller - CONTEXT))
            // Below the last frame's caller lie only frames that have returned.
            && frame >= above;
        if is_frame {
            let call = call_position(heap, frame);
            stack.innermost = stack.innermost.or(Some(frame));
            stack.heap = stack
                .heap
                .or_else(|| heap.page_at(function).map(|page| page.heap));
            stack.frames.push(places.frame(heap, function, call));
            above = caller.min(frame + HEAD);
        }
        frame += 8;
    }
    stack
}

/// From functions and positions to files and lines.
#[derive(Debug, Default)]
pub(crate) struct Places {
    lines: Lines,
}

impl Places {
    /// The frame of a function, at a position in its source if one is known.
    pub(crate) fn frame(&mut self, heap: &Heap<'_>, function: u64, call: Option<i64>) -> Frame {
        let shared = heap.field(function, heap.layout.offsets.function_shared);
        let place = heap.shared_place(shared);
        let script = place.as_ref().map(|place| place.script);
        let position = call.or_else(|| place.as_ref().map(|place| place.position));
        let at = script
            .zip(position)
            .and_then(|(script, position)| self.lines.of(heap, script, position));
        Frame {
            function: heap.shared_name(shared),
            script: script.and_then(|script| heap.script_name(script)),
            line: at.map(|at| at.line + 1),
            column: at.map(|at| at.column + 1),
            is_call: call.is_some() && at.is_some(),
        }
    }
}

/// The position of an offset of bytecode, if V8 has made the table of positions.
pub(crate) fn call_place(heap: &Heap<'_>, bytecode: u64, offset: i64) -> Option<i64> {
    let table = heap.field(bytecode, heap.layout.offsets.bytecode_positions);
    if heap.kind_of(table) != Kind::ByteArray {
        return None;
    }
    let bytes = heap.memory.bytes((table & !3) + 16, heap.length(table))?;
    position_at(bytes, offset, heap.layout.generation.position_flag_bits())
}

/// Where in the source the interpreter stands, by the bytecode's table of positions.
fn call_position(heap: &Heap<'_>, frame: u64) -> Option<i64> {
    let word = |offset: u64| heap.memory.word(frame - offset);
    let (bytecode, offset) = (word(BYTECODE)?, word(OFFSET)?);
    if heap.kind_of(bytecode) != Kind::Bytecode || offset & 0xffff_ffff != 0 {
        return None;
    }
    let offset = smi(offset) - heap.layout.offsets.bytecode_data as i64 + 1;
    call_place(heap, bytecode, offset)
}

/// Before its first bytecode a table of positions stands here: at the entry of the function.
const FUNCTION_ENTRY: i64 = -1;

/// The last position at or before an offset of bytecode. The table has pairs of differences, of
/// offset and of position; where the first is negative, it is one less than the offset's. V8 14 has
/// a bit of flags below the difference.
fn position_at(table: &[u8], offset: i64, flag_bits: u32) -> Option<i64> {
    let mut at = 0;
    let (mut code, mut position, mut found) = (FUNCTION_ENTRY, 0_i64, None);
    while let Some(difference) = variable_length(table, &mut at) {
        let step = if difference >= 0 {
            difference
        } else {
            -(difference + 1)
        };
        code = code.checked_add(step >> flag_bits)?;
        position = position.checked_add(variable_length(table, &mut at)?)?;
        if code > offset {
            break;
        }
        // The position of an expression in an outer function is tagged in the lowest bit.
        found = Some((position >> 1) - 1);
    }
    found
}

/// A signed integer of seven bits a byte, the lowest first; the lowest bit is the sign.
fn variable_length(table: &[u8], at: &mut usize) -> Option<i64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = u8_at(table, *at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i64 ^ -((value & 1) as i64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inverse of [`variable_length`].
    fn encode(value: i64, out: &mut Vec<u8>) {
        let mut left = (value << 1 ^ value >> 63) as u64;
        loop {
            let byte = (left & 0x7f) as u8;
            left >>= 7;
            out.push(if left == 0 { byte } else { byte | 0x80 });
            if left == 0 {
                return;
            }
        }
    }

    #[test]
    fn integers_of_variable_length_are_read_back() {
        for value in [
            0,
            1,
            -1,
            63,
            64,
            -64,
            -65,
            1 << 20,
            -(1 << 40),
            i64::MAX,
            i64::MIN,
        ] {
            let mut bytes = Vec::new();
            encode(value, &mut bytes);
            let mut at = 0;
            assert_eq!(variable_length(&bytes, &mut at), Some(value));
            assert_eq!(at, bytes.len());
        }
        assert_eq!(variable_length(&[0x80; 3], &mut 0), None, "cut off");
        assert_eq!(variable_length(&[0xff; 30], &mut 0), None, "without an end");
    }

    #[test]
    fn the_position_is_the_last_before_the_offset() {
        for flag_bits in [0, 1] {
            let mut table = Vec::new();
            let flags = (1 << flag_bits) - 1;
            // Offsets 2, 5, 9 with positions 10, 30, 20; the second is an expression.
            for (step, is_expression, position) in [
                (3, false, (10 + 1) << 1),
                (3, true, 20 << 1),
                (4, false, -(10 << 1)),
            ] {
                let code = step << flag_bits | flags;
                encode(if is_expression { -(code + 1) } else { code }, &mut table);
                encode(position, &mut table);
            }
            let found = [0, 2, 4, 5, 8, 9, 99].map(|at| position_at(&table, at, flag_bits));
            let expected = [
                None,
                Some(10),
                Some(10),
                Some(30),
                Some(30),
                Some(20),
                Some(20),
            ];
            assert_eq!(found, expected, "{flag_bits}");
        }
    }
}
