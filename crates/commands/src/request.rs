//! The question: which files, what of them, and how it is answered. Opens nothing.

use memwatch_files::Compression;
use memwatch_snapshot::query::{ClassOrder, DiffOrder, FunctionOrder, InstanceOrder, ShapeOrder};

use crate::core_file::CoreOptions;
use crate::source_maps::MapOptions;

/// One question, to one file or several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Names of files; `-` is standard input.
    pub files: Vec<String>,
    /// Rows at most, if given.
    pub top: Option<usize>,
    /// How to write the report.
    pub format: Format,
    /// Columns of the terminal, for text.
    pub width: usize,
    /// Nodes only.
    pub fast: bool,
    /// Files may be mapped.
    pub may_map: bool,
    /// Which heap of a core file.
    pub core: CoreOptions,
    /// Which source maps are read.
    pub maps: MapOptions,
    /// Signatures of findings that are known.
    pub baseline: Vec<String>,
    /// The question.
    pub command: Command,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Text,
}

/// The question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What leaks?
    Analyze {
        /// As Markdown; JSON stays JSON.
        markdown: bool,
    },
    /// A snapshot file of a process that runs; the file that is named is its number.
    Snapshot {
        /// The file to write; by default one with a generated name in the working directory.
        output: Option<String>,
    },
    /// What changed, or what grows every time?
    Diff {
        /// The order of the rows.
        sort: DiffOrder,
    },
    /// What does the memory consist of?
    Summary,
    /// How many of what?
    Classes {
        /// The order of the rows.
        sort: ClassOrder,
    },
    /// Which objects look alike?
    Shapes {
        /// The order of the rows.
        sort: ShapeOrder,
    },
    /// Which functions are there how often?
    Functions {
        /// The order of the rows.
        sort: FunctionOrder,
    },
    /// What do the variables of closures keep, and does one read them?
    Closures {
        /// Only those that none reads.
        only_unread: bool,
        /// The folder of the scripts; where the snapshot says that they were, where none is named.
        sources: Option<String>,
    },
    /// What does an object refer to?
    Containment {
        /// As that of `Inspect`; the root, where none is named.
        id: Option<String>,
    },
    /// Which global objects are there?
    Realms,
    /// Which variables have closures taken along, and what do they keep?
    Scopes,
    /// What of each moment of a recording is alive, and which function allocated it?
    Timeline,
    /// Which objects are of a class?
    Instances {
        /// Its name.
        class: String,
        /// The order of the rows.
        sort: InstanceOrder,
    },
    /// What is this object?
    Inspect {
        /// `@123`, or in a core the object's address.
        id: String,
    },
    /// Who refers to it?
    Refs {
        /// As that of `Inspect`.
        id: String,
    },
    /// How is it, or a class, reached from a root?
    Paths {
        /// An id, or the name of a class.
        target: String,
    },
    /// Which strings are there needlessly?
    Strings,
    /// A file without the strings' contents.
    Redact {
        /// The file to write; `-` is standard output.
        output: String,
        /// Names of properties too, where they look like data.
        strict: bool,
        /// How to compress it; by default from its name.
        compression: Option<Compression>,
    },
}
