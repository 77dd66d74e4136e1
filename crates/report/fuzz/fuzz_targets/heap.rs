//! The entrance libFuzzer calls with each input for the reader of V8's heap. What is checked is in the library.
#![no_main]

use libfuzzer_sys::fuzz_target;
use memwatch_fuzz::check_heap;

fuzz_target!(|bytes: &[u8]| check_heap(bytes));
