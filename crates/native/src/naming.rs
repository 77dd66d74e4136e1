//! The names of all addresses of a reading: opens the file of each module once, and reads of it what is needed. It takes
//! a while for a large program, and is for a thread that nobody waits for.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::BufReader;

use crate::names::short;
use crate::sampler::{Module, Reading, demangled};
use crate::sites::Frame;
use crate::symbols::{self, Names};

/// Names by return address.
#[derive(Clone, Debug, Default)]
pub struct Named {
    frames: HashMap<u64, Frame>,
    /// The program has been stripped: only functions that it exports have names.
    pub is_exported_only: bool,
}

impl Named {
    /// What is at a return address.
    #[must_use]
    pub fn frame(&self, address: u64) -> Frame {
        self.frames
            .get(&address)
            .cloned()
            .unwrap_or(Frame::Compiled)
    }
}

/// Names the addresses of a reading. A module whose file cannot be read has none.
#[must_use]
pub fn name(reading: &Reading) -> Named {
    let mut named = Named::default();
    let all = reading.stacks.iter().flat_map(|stack| &stack.frames);
    let all: BTreeSet<u64> = all.copied().collect();
    for (index, module) in reading.modules.iter().enumerate() {
        let here: Vec<u64> = all.range(module.range.clone()).copied().collect();
        if here.is_empty() {
            continue;
        }
        // A return address may be behind the end of its function: its call is in front of it.
        let wanted: Vec<u64> = here
            .iter()
            .map(|&address| address - 1 - module.base)
            .collect();
        let names = read(module, &wanted);
        if index == 0 {
            named.is_exported_only = names.is_exported_only;
        }
        let file = match module.path.rsplit('/').next() {
            Some("exe") | None => "node",
            Some(file) => file,
        };
        for ((address, wanted), name) in here.into_iter().zip(wanted).zip(names.names) {
            let frame = match name {
                Some(name) => Frame::Named(short(&demangled(&name))),
                None => Frame::Unnamed(format!("+{wanted:#x} [{file}]")),
            };
            named.frames.insert(address, frame);
        }
    }
    named
}

fn read(module: &Module, wanted: &[u64]) -> Names {
    let file = File::open(&module.path);
    let names = file.and_then(|file| symbols::find(&mut BufReader::new(file), wanted));
    names.unwrap_or_else(|_| Names {
        names: vec![None; wanted.len()],
        is_exported_only: true,
    })
}
