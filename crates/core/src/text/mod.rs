//! How numbers are said to people: sizes, durations, tables. Computes nothing.
