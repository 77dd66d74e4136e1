//! ELF files: a core's segments and notes ([`Core`]), an executable's symbols ([`Executable`]).
//! Bytes in, plain data out; opens no file and trusts no offset.

mod core;
mod executable;
mod function;
mod header;

pub use self::core::{Core, Note, Segment};
pub use executable::Executable;
pub(crate) use function::function;
pub use header::is_elf;
