//! The question: which files, what of them, and how it is answered. Opens nothing.

use memwatch_files::Packing;
use memwatch_report::CoreReport;
use memwatch_snapshot::query::{ClassOrder, DiffOrder, FunctionOrder, InstanceOrder, ShapeOrder};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::core_file::CoreOptions;

/// One question, to one file or several.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Names of files; `-` is standard input.
    pub files: Vec<String>,
    /// Rows at most, where it was said.
    pub top: Option<usize>,
    /// How to write the report.
    pub format: Format,
    /// Columns of the terminal, for text.
    pub width: usize,
    /// Nodes only.
    #[serde(default)]
    pub fast: bool,
    /// Files may be mapped.
    #[serde(default)]
    pub may_map: bool,
    /// Which heap of a core file.
    #[serde(flatten)]
    pub core: CoreOptions,
    /// Signatures of findings that are known.
    #[serde(default)]
    pub baseline: Vec<String>,
    /// The question.
    #[serde(flatten)]
    pub command: Command,
}

/// How to write a report.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// For programs.
    Json,
    /// For people.
    Text,
}

/// The question.
#[derive(Debug, Deserialize)]
#[serde(tag = "command", rename_all = "camelCase")]
pub enum Command {
    /// What leaks?
    Analyze,
    /// What changed, or what grows every time?
    Diff {
        /// The order of the rows.
        #[serde(default, deserialize_with = "order")]
        sort: DiffOrder,
    },
    /// What does the memory consist of?
    Summary,
    /// How many of what?
    Classes {
        /// The order of the rows.
        #[serde(default, deserialize_with = "order")]
        sort: ClassOrder,
    },
    /// Which objects look alike?
    Shapes {
        /// The order of the rows.
        #[serde(default, deserialize_with = "order")]
        sort: ShapeOrder,
    },
    /// Which functions are there how often?
    Functions {
        /// The order of the rows.
        #[serde(default, deserialize_with = "order")]
        sort: FunctionOrder,
    },
    /// Which objects are of a class?
    Instances {
        /// Its name.
        class: String,
        /// The order of the rows.
        #[serde(default, deserialize_with = "order")]
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
        #[serde(default)]
        strict: bool,
        /// How to compress it; by its name where it was not said.
        #[serde(default, deserialize_with = "packing")]
        pack: Option<Packing>,
    },
    /// What does a core file say of its process?
    Core {
        /// Where to write a snapshot of its heap.
        #[serde(default)]
        output: Option<String>,
    },
    /// The text of such an answer, redacted meanwhile. Asks no file.
    CoreText {
        /// The answer.
        report: Box<CoreReport>,
    },
    /// All that a page shows: suspects, classes, the dominator tree. JSON alone.
    Page,
}

/// An order that is asked for by a word.
trait ByWord: Default + Copy + 'static {
    /// The words and what they stand for.
    const WORDS: &'static [(&'static str, Self)];
}

impl ByWord for DiffOrder {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("net", Self::Net),
        ("retained", Self::Retained),
        ("instances", Self::Instances),
        ("allocated", Self::Allocated),
    ];
}

impl ByWord for ClassOrder {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("retained", Self::Retained),
        ("shallow", Self::Shallow),
        ("instances", Self::Instances),
    ];
}

impl ByWord for ShapeOrder {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("instances", Self::Instances),
        ("properties", Self::Properties),
        ("shallow", Self::Shallow),
    ];
}

impl ByWord for FunctionOrder {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("closures", Self::Closures),
        ("contexts", Self::Contexts),
        ("retained", Self::Retained),
    ];
}

impl ByWord for InstanceOrder {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("retained", Self::Retained),
        ("shallow", Self::Shallow),
        ("id", Self::Id),
    ];
}

fn order<'de, D: Deserializer<'de>, O: ByWord>(from: D) -> Result<O, D::Error> {
    let word = String::deserialize(from)?;
    let known = O::WORDS.iter().find(|(known, _)| *known == word);
    known
        .map(|&(_, order)| order)
        .ok_or_else(|| D::Error::custom(format!("unknown order {word:?}")))
}

fn packing<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Packing>, D::Error> {
    let word = String::deserialize(from)?;
    let known = Packing::ALL.into_iter().find(|known| known.name() == word);
    let unknown = || D::Error::custom(format!("unknown compression {word:?}"));
    known.ok_or_else(unknown).map(Some)
}
