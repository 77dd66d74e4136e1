//! Which frames of a stack are JavaScript's. Compiled code is known by its address; an interpreted function's frame has
//! the interpreter's address, and in fixed places the bytecode that it runs and how far it is. It calls nothing of the
//! engine: the stack comes as data, and what cannot be what it should be is an unknown function.

use super::codes::{Codes, ENGINE, INTERPRETER, UNKNOWN};
use crate::sampler::{FoundJavaScript, WalkedFrame};

/// Below the frame pointer of an interpreted function, in bytes: the bytecode array, a tagged pointer …
const BYTECODE_ARRAY: u64 = 32;
/// … and the offset into it, a small integer: its value is in the upper half of the word. These are the same in the engines
/// of Node 18 to 26, which export them as `v8dbg_off_fp_bytecode_array` and `v8dbg_off_fp_bytecode_offset`.
const BYTECODE_OFFSET: u64 = 40;

/// Writes the words of the functions of JavaScript in a stack, the innermost first.
pub(super) fn found(
    codes: &Codes,
    frames: &[WalkedFrame],
    read: &dyn Fn(u64) -> Option<u64>,
    words: &mut [u64],
) -> FoundJavaScript {
    let mut found = FoundJavaScript::default();
    for (index, frame) in frames.iter().enumerate() {
        // A return address may be behind the end of its code: its call is in front of it.
        let Some(word) = codes.find(frame.address.wrapping_sub(1)) else {
            continue;
        };
        found.first_frame.get_or_insert(index);
        let word = match word {
            ENGINE => continue,
            INTERPRETER => interpreted(codes, frame.frame_pointer, read),
            function => function,
        };
        let Some(place) = words.get_mut(found.words) else {
            break;
        };
        *place = word;
        found.words += 1;
    }
    found
}

/// The function whose bytecode is run in the frame at this frame pointer.
fn interpreted(codes: &Codes, frame_pointer: u64, read: &dyn Fn(u64) -> Option<u64>) -> u64 {
    let word = |below: u64| read(frame_pointer.checked_sub(below)?);
    let function = || {
        let array = word(BYTECODE_ARRAY).filter(|array| array & 1 == 1)?;
        let offset = word(BYTECODE_OFFSET).filter(|offset| offset & 0xffff_ffff == 0)? >> 32;
        let word = codes.find(array.checked_add(offset)?)?;
        (word >= UNKNOWN).then_some(word)
    };
    function().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Compiled code of function 10 at 1000, bytecode of 20 at 5000, the engine at 100, the interpreter at 200.
    fn codes() -> Codes {
        let mut codes = Codes::new();
        for (start, length, word) in [
            (1000, 100, 10),
            (5000, 40, 20),
            (100, 50, ENGINE),
            (200, 50, INTERPRETER),
        ] {
            codes.add(start, length, word);
        }
        codes
    }

    fn of(frames: &[(u64, u64)], stack: &[(u64, u64)], most: usize) -> (Vec<u64>, Option<usize>) {
        let frames: Vec<WalkedFrame> = frames
            .iter()
            .map(|&(address, frame_pointer)| WalkedFrame {
                address,
                frame_pointer,
            })
            .collect();
        let stack: HashMap<u64, u64> = stack.iter().copied().collect();
        let mut words = vec![0; most];
        let found = found(&codes(), &frames, &|at| stack.get(&at).copied(), &mut words);
        words.truncate(found.words);
        (words, found.first_frame)
    }

    /// Bytecode of function 20, 9 bytes in: the array is a tagged pointer.
    const INTERPRETED: [(u64, u64); 2] = [(968, 4999), (960, 9 << 32)];

    #[test]
    fn compiled_and_interpreted_functions_are_found_behind_native_frames() {
        let frames = [
            (7000, 0),
            (7100, 0),
            (120, 0),
            (1050, 0),
            (210, 1000),
            (7200, 0),
            (1100, 0),
        ];
        assert_eq!(of(&frames, &INTERPRETED, 16), (vec![10, 20, 10], Some(2)));
        assert_eq!(of(&frames, &INTERPRETED, 2), (vec![10, 20], Some(2)));
        assert_eq!(of(&frames[..2], &[], 16), (vec![], None));
        assert_eq!(of(&[(120, 0)], &[], 16), (vec![], Some(0)));
    }

    #[test]
    fn a_frame_that_is_not_what_it_should_be_is_an_unknown_function() {
        for stack in [
            &[] as &[(u64, u64)],
            &[(968, 4999)],
            // No tagged pointer, no small integer, no bytecode there, no sum.
            &[(968, 4998), (960, 9 << 32)],
            &[(968, 4999), (960, 9)],
            &[(968, 8999), (960, 9 << 32)],
            &[(968, u64::MAX), (960, 9 << 32)],
            // The engine's own code.
            &[(968, 99), (960, 9 << 32)],
        ] {
            assert_eq!(
                of(&[(210, 1000)], stack, 16),
                (vec![UNKNOWN], Some(0)),
                "{stack:?}"
            );
        }
        assert_eq!(of(&[(210, 8)], &[], 16), (vec![UNKNOWN], Some(0)));
    }
}
