//! Tries.
use std::sync::Arc;
use memwatch_core::snapshot::{Analysis, ReadOptions, Columns, read};
fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}
