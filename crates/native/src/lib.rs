//! Memory outside of V8. No Node is called here and no V8: what its code is called, and where it is, the addon hands on.
//! This crate's trade is `unsafe`: it replaces functions of the allocator in the tables of the loaded modules and reads
//! stacks. It judges nothing and formats nothing.
//!
//! | module | what it is |
//! | --- | --- |
//! | `accounting` | which part of the resident set is what, from the kernel's list of mappings |
//! | `allocator` | whose `malloc` it is, what it says of its own, and how it gives back what is free |
//! | `handles` | how many descriptors, sockets and threads there are |
//! | `javascript` | which functions of JavaScript are on a stack |
//! | `sampler` | which stacks allocated what is alive: hooks, samples, their totals |
//! | `sites` | the stacks as rows, by the function nearest to JavaScript |
//! | `objects` | what native memory belongs to, by the names in its stack |
//! | `symbols` | names of addresses, from the bytes of an ELF file |
//! | `naming` | the names of all addresses of a reading, from the files of its modules |
//! | `names` | a C++ name as a reader wants it: without parameters |

#![allow(
    unsafe_code,
    reason = "it replaces the allocator's functions, and reads stacks"
)]

pub mod accounting;
pub mod allocator;
pub mod handles;
pub mod javascript;
pub mod names;
pub mod naming;
pub mod objects;
pub mod sampler;
pub mod sites;
pub mod symbols;
