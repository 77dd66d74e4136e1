//! Turns that repeat, found in a sequence: `a b c b c b c` is `a`, then `b c`
//! three times. Knows nothing of what the sequence is of.

use std::ops::Range;

/// A run of the sequence, taken a number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Folded {
    /// Where it starts.
    pub start: usize,
    /// How long one turn is.
    pub length: usize,
    /// How many turns there are: 1 when nothing repeats.
    pub times: usize,
}

impl Folded {
    /// Where one turn stands in the sequence.
    pub(super) fn places(self) -> Range<usize> {
        self.start..self.start + self.length
    }
}

/// Longest turn looked for. The chain of closures has 3 parts a turn; lists
/// with entry objects and their functions have up to twice as many.
const MAX_PERIOD: usize = 8;

/// Turns below this many are told one by one: a path that twice goes over
/// `.next` is no list.
const MIN_TIMES: usize = 3;

/// Folds the sequence, from left to right, each time the most that can be.
/// Linear in its length.
pub(super) fn fold<T: PartialEq>(sequence: &[T]) -> Vec<Folded> {
    let mut runs: Vec<Folded> = Vec::new();
    let mut at = 0;
    while at < sequence.len() {
        let best = (1..=MAX_PERIOD)
            .map(|length| (length, turns(&sequence[at..], length)))
            .filter(|&(_, times)| times >= MIN_TIMES)
            // Of equal reach the shorter turn says it better.
            .max_by_key(|&(length, times)| (length * times, std::cmp::Reverse(length)));
        if let Some((length, times)) = best {
            runs.push(Folded {
                start: at,
                length,
                times,
            });
            at += length * times;
            continue;
        }
        match runs.last_mut() {
            Some(last) if last.times == 1 => last.length += 1,
            _ => runs.push(Folded {
                start: at,
                length: 1,
                times: 1,
            }),
        }
        at += 1;
    }
    runs
}

/// How many times the first `length` items are repeated from the start on.
fn turns<T: PartialEq>(sequence: &[T], length: usize) -> usize {
    if sequence.len() < length {
        return 0;
    }
    let same = sequence[length..]
        .iter()
        .zip(sequence)
        .take_while(|(later, earlier)| later == earlier);
    same.count() / length + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let items: Vec<char> = text.chars().collect();
        let runs = fold(&items).into_iter().map(|run| {
            let turn: String = items[run.places()].iter().collect();
            if run.times == 1 {
                turn
            } else {
                format!("({turn}){}", run.times)
            }
        });
        runs.collect()
    }

    #[test]
    fn a_turn_that_repeats_is_told_once() {
        assert_eq!(folded("abcbcbc"), "a(bc)3");
        assert_eq!(folded("aaaaa"), "(a)5");
        assert_eq!(folded("xabcabcabcabcay"), "x(abc)4ay");
    }

    #[test]
    fn two_of_a_kind_are_no_repetition() {
        assert_eq!(folded("aabb"), "aabb");
        assert_eq!(folded("abab"), "abab");
        assert_eq!(folded(""), "");
    }

    #[test]
    fn unfolding_gives_the_sequence_back() {
        let mut seed = 7u64;
        for _ in 0..500 {
            let items: Vec<u8> = (0..60)
                .map(|_| {
                    seed = seed
                        .wrapping_mul(6364136223846793005)
                        .wrapping_add(1442695040888963407);
                    (seed >> 60) as u8 & 1
                })
                .collect();
            let mut unfolded = Vec::new();
            for run in fold(&items) {
                for _ in 0..run.times {
                    unfolded.extend_from_slice(&items[run.places()]);
                }
            }
            assert_eq!(unfolded, items);
        }
    }
}
