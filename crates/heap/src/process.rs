//! What a core's notes say of the process: threads and their registers, signal, arguments,
//! environment, mapped files. Redacts nothing: the environment has secrets, and who prints it must know.

use crate::bytes::{text_until_nul, u16_at, u32_at, u64_at};
use crate::elf::{Core, Note};
use crate::memory::Memory;

/// Numbers of the notes, as the kernel defines them.
const NT_PRSTATUS: u32 = 1;
const NT_PRPSINFO: u32 = 3;
const NT_AUXV: u32 = 6;
const NT_SIGINFO: u32 = 0x5349_4749;
const NT_FILE: u32 = 0x4649_4c45;
/// Entries of the auxiliary vector: where execution began, and two texts on the stack.
const AT_ENTRY: u64 = 9;
const AT_PLATFORM: u64 = 15;
const AT_EXECFN: u64 = 31;
/// Of the registers in NT_PRSTATUS on x86-64: their offset, and places of four of them.
const REGISTERS: usize = 112;
const RBP: usize = 4;
const RIP: usize = 16;
const RSP: usize = 19;
const FS_BASE: usize = 21;
/// Bytes of the auxiliary vector that identify it on the stack.
const VECTOR_SAMPLE: usize = 64;
/// No more arguments, variables or mapped files are read, and no longer ones. Bounds against
/// hostile lengths; a text on Linux has at most 128 KiB.
const MOST_TEXTS: usize = 65_536;
const LONGEST_TEXT: usize = 131_072;
/// All arguments and variables together, in bytes: Linux allows 6 MiB.
const MOST_TEXT_BYTES: usize = 8 << 20;

/// A thread, where it stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The kernel's number.
    pub id: u32,
    /// The signal that it stopped for; 0 for none.
    pub signal: u16,
    /// Instruction, stack and frame pointer.
    pub instruction_pointer: u64,
    /// See `instruction_pointer`.
    pub stack_pointer: u64,
    /// See `instruction_pointer`.
    pub frame_pointer: u64,
    /// Where the C library has what is the thread's own; 0 where the note has not.
    pub thread_data: u64,
}

/// A file that the process had mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedFile {
    /// First address.
    pub start: u64,
    /// Address after the last.
    pub end: u64,
    /// Where in the file the mapping begins, in bytes.
    pub offset: u64,
    /// The file.
    pub path: String,
}

/// What a core knows of its process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The process's number.
    pub id: u32,
    /// Its name, of the main thread.
    pub name: String,
    /// The signal that ended it, with the kernel's code for why; 0 for none.
    pub signal: i32,
    /// See `signal`.
    pub signal_code: i32,
    /// What the kernel adds to a signal: of a fault the address; of one that was sent the sender's
    /// number, in the lower half.
    pub signal_detail: u64,
    /// Its threads; in a core of the kernel's the one that crashed is the first.
    pub threads: Vec<Thread>,
    /// The files that were mapped.
    pub files: Vec<MappedFile>,
    /// The arguments, as far as the stack has them; else the first 80 bytes that the kernel keeps.
    pub arguments: Vec<String>,
    /// The environment, as far as the stack has it.
    pub environment: Vec<String>,
    /// The executable.
    pub executable: Option<String>,
}

impl Process {
    /// Reads the notes of a core, and the arguments from its memory.
    pub fn read(core: &Core<'_>, memory: &Memory<'_>) -> Self {
        let mut process = Self::default();
        let mut vector: &[u8] = &[];
        let mut has_signal = false;
        for note in core.notes().iter().filter(|note| note.owner == b"CORE") {
            match note.kind {
                NT_PRSTATUS => process.threads.extend(thread(note.contents)),
                NT_PRPSINFO => process.read_names(note.contents),
                NT_AUXV => vector = note.contents,
                NT_SIGINFO if !has_signal => has_signal = process.read_signal(note).is_some(),
                NT_FILE => process.files = files(note.contents).unwrap_or_default(),
                _ => {}
            }
        }
        let entry = |kind| auxiliary(vector, kind);
        let on_stack = entry(AT_EXECFN).or_else(|| entry(AT_PLATFORM));
        if let Some((arguments, environment)) =
            on_stack.and_then(|text| texts(memory, text, vector))
        {
            (process.arguments, process.environment) = (arguments, environment);
        }
        process.executable = entry(AT_ENTRY).and_then(|start| {
            let file = process
                .files
                .iter()
                .find(|file| (file.start..file.end).contains(&start));
            file.map(|file| file.path.clone())
        });
        process
    }

    fn read_names(&mut self, contents: &[u8]) {
        self.id = u32_at(contents, 24).unwrap_or(0);
        self.name = contents.get(40..56).map(text_until_nul).unwrap_or_default();
        let arguments = contents
            .get(56..136)
            .map(text_until_nul)
            .unwrap_or_default();
        self.arguments = arguments.split_whitespace().map(str::to_owned).collect();
    }

    fn read_signal(&mut self, note: &Note<'_>) -> Option<()> {
        self.signal = u32_at(note.contents, 0)? as i32;
        self.signal_code = u32_at(note.contents, 8)? as i32;
        self.signal_detail = u64_at(note.contents, 16).unwrap_or(0);
        Some(())
    }
}

fn thread(contents: &[u8]) -> Option<Thread> {
    let register = |index: usize| u64_at(contents, REGISTERS + 8 * index);
    Some(Thread {
        id: u32_at(contents, 32)?,
        signal: u16_at(contents, 12)?,
        instruction_pointer: register(RIP)?,
        stack_pointer: register(RSP)?,
        frame_pointer: register(RBP)?,
        thread_data: register(FS_BASE).unwrap_or(0),
    })
}

/// The table of mapped files: count, size of a page, three words for each, then the paths.
fn files(contents: &[u8]) -> Option<Vec<MappedFile>> {
    let (count, page_bytes) = (u64_at(contents, 0)?, u64_at(contents, 8)?);
    let count = usize::try_from(count).ok()?.min(MOST_TEXTS);
    let mut paths = contents.get(16 + count * 24..)?;
    let mut files = Vec::new();
    for index in 0..count {
        let word = |place: usize| u64_at(contents, 16 + index * 24 + 8 * place);
        // By its bytes: a name that is no UTF-8 is longer as text.
        let length = paths.iter().position(|&byte| byte == 0);
        let length = length.unwrap_or(paths.len());
        let path = text_until_nul(&paths[..length]);
        let (start, end, offset) = (word(0)?, word(1)?, word(2)?.saturating_mul(page_bytes));
        paths = paths.get(length + 1..).unwrap_or_default();
        files.push(MappedFile {
            start,
            end,
            offset,
            path,
        });
    }
    Some(files)
}

fn auxiliary(vector: &[u8], kind: u64) -> Option<u64> {
    let entry = vector
        .chunks_exact(16)
        .find(|entry| u64_at(entry, 0) == Some(kind))?;
    u64_at(entry, 8)
}

/// Arguments and environment: on the stack their lists of pointers lie right below the auxiliary
/// vector, each with a zero at its end, and below the arguments stands their number. A process that
/// has unset variables, as Node.js does with some of its own, has more zeroes there.
fn texts(memory: &Memory<'_>, on_stack: u64, vector: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    let stack = memory.range_of(on_stack)?.bytes;
    let sample = vector
        .get(..VECTOR_SAMPLE.min(vector.len()))
        .filter(|sample| !sample.is_empty())?;
    // The vector is near the top: from the end.
    let places = (0..stack.len().saturating_sub(sample.len()))
        .step_by(8)
        .rev();
    let mut at = places
        .into_iter()
        .find(|&at| stack.get(at..at + sample.len()) == Some(sample))?;
    while u64_at(stack, at.checked_sub(8)?)? == 0 {
        at -= 8;
    }
    let (last, is_last_arguments) = list_below(stack, &mut at)?;
    let (arguments, environment) = if is_last_arguments {
        (last, Vec::new())
    } else {
        (list_below(stack, &mut at)?.0, last)
    };
    let mut left = MOST_TEXT_BYTES;
    let mut read = |list: Vec<u64>| -> Vec<String> {
        let texts = list.into_iter().rev();
        let texts = texts.map_while(|address| {
            let text = memory.c_string(address, LONGEST_TEXT.min(left));
            left -= text.as_ref().map_or(0, |text| text.len().min(left));
            (left > 0).then_some(text)
        });
        texts.flatten().collect()
    };
    Some((read(arguments), read(environment)))
}

/// A list of pointers that ends below `at`, the last first; whether their number stands below it.
fn list_below(stack: &[u8], at: &mut usize) -> Option<(Vec<u64>, bool)> {
    let mut list = Vec::new();
    while list.len() < MOST_TEXTS {
        *at = at.checked_sub(8)?;
        match u64_at(stack, *at)? {
            0 => break,
            word if word == list.len() as u64 => return Some((list, true)),
            word => list.push(word),
        }
    }
    Some((list, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Range;

    const STACK: u64 = 0x7000_0000;

    /// The stack of a process with these arguments and variables, and zeroes for those it has unset.
    fn read(arguments: &[&str], environment: &[&str], unset: usize) -> (Vec<String>, Vec<String>) {
        let texts = [arguments, environment].concat();
        let words = 1 + texts.len() + 2 + unset;
        let vector: Vec<u8> = (0..8_u64)
            .flat_map(|word| (900 + word).to_le_bytes())
            .collect();
        let mut next = STACK + 8 * words as u64 + vector.len() as u64;
        let mut pointers = Vec::new();
        let mut bytes = Vec::new();
        for text in &texts {
            pointers.push(next);
            bytes.extend(text.bytes().chain([0]));
            next += text.len() as u64 + 1;
        }
        let (first, second) = pointers.split_at(arguments.len());
        let list = [
            &[first.len() as u64],
            first,
            &[0],
            second,
            &vec![0; 1 + unset],
        ]
        .concat();
        let list = list.into_iter().flat_map(u64::to_le_bytes);
        let stack: Vec<u8> = list.chain(vector.iter().copied()).chain(bytes).collect();
        let memory = Memory::new([Range {
            start: STACK,
            bytes: &stack,
            writable: true,
            executable: false,
            from_file: false,
        }]);
        super::texts(&memory, STACK + 8, &vector).expect("both lists")
    }

    #[test]
    fn arguments_and_environment_are_read_from_the_stack() {
        let arguments = ["node", "--port=1", "app.js"];
        let variables = ["A=1", "B="];
        for unset in [0, 1, 5] {
            let found = read(&arguments, &variables, unset);
            assert_eq!(found.0, arguments, "{unset}");
            assert_eq!(found.1, variables, "{unset}");
            let bare = read(&arguments, &[], unset);
            assert_eq!((bare.0.len(), bare.1.len()), (3, 0), "{unset}");
        }
    }
}
