//! Is it leaking? Samples after each collection, statistics, the original rule.
