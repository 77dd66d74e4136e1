//! The entrance libFuzzer calls with each input. What is checked is in the library.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use memwatch_fuzz::{check, mutate_number};

/// Of how many mutations one is libFuzzer's own, which knows nothing of numbers.
const ONE_OF_BYTES_IN: u32 = 2;

fuzz_target!(|bytes: &[u8]| check(bytes));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % ONE_OF_BYTES_IN == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    mutate_number(data, size, max_size, u64::from(seed))
        .unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});
