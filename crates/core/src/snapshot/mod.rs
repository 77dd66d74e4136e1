//! What is leaking? Heap snapshots as plain columns.
