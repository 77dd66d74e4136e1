//! What several commands share: operands and options, the names of sort orders, and how matches are read.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};
use memwatch_snapshot::query::{ClassOrder, DiffOrder, FunctionOrder, InstanceOrder, ShapeOrder};

/// The snapshot or core file.
pub(crate) fn file() -> Arg {
    operand(
        "file",
        "FILE",
        "a heap snapshot or a core file; - is standard input",
    )
}

/// An object.
pub(crate) fn id() -> Arg {
    operand(
        "id",
        "ID",
        "an object: @123, as the tables print it, or an address in a core",
    )
}

/// An operand that must be there.
pub(crate) fn operand(id: &'static str, name: &'static str, help: &'static str) -> Arg {
    Arg::new(id).value_name(name).help(help).required(true)
}

/// How many rows; the default is that of the query.
pub(crate) fn top(rows: usize) -> Arg {
    option("top", "N", "rows at most")
        .value_parser(whole_number)
        .allow_negative_numbers(true)
        .default_value(rows.to_string())
}

/// The order of the rows; the default is that of the query.
pub(crate) fn sort<O: ByWord>() -> Arg {
    let words = O::WORDS.iter().map(|(word, _)| *word);
    let parser = PossibleValuesParser::new(words).map(|word| order_of::<O>(&word));
    let default = O::WORDS.first().map_or("", |(word, _)| word);
    option("sort", "ORDER", "order of the rows")
        .value_parser(parser)
        .default_value(default)
}

/// Nodes only.
pub(crate) fn fast() -> Arg {
    switch(
        "fast",
        "nodes only: raw sizes, no retained sizes; several times faster",
    )
}

/// The options of commands whose answers have positions of functions and classes.
pub(crate) fn maps() -> [Arg; 2] {
    [
        option(
            "maps",
            "DIR",
            "folder with source maps of the scripts (default: those next to the scripts)",
        ),
        switch(
            "no-maps",
            "positions and names as V8 has them; reads no source map",
        ),
    ]
}

/// The options of every command about files.
pub(crate) fn common() -> [Arg; 4] {
    [
        option(
            "exe",
            "FILE",
            "for a core file: the executable of the process (default: the one that the core names)",
        ),
        option(
            "isolate",
            "N",
            "for a core file: which isolate, the largest first (default: 1)",
        )
        .value_parser(whole_number)
        .allow_negative_numbers(true),
        switch(
            "all",
            "for a core file: include garbage, not only live objects",
        ),
        switch("json", "the report as JSON"),
    ]
}

/// An option with a value; given twice, the last counts.
pub(crate) fn option(id: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(id)
        .long(id)
        .value_name(value)
        .help(help)
        .overrides_with(id)
}

/// An option without a value.
pub(crate) fn switch(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id)
        .long(id)
        .help(help)
        .action(ArgAction::SetTrue)
        .overrides_with(id)
}

/// Whether an option without a value is there.
pub(crate) fn flag(matches: &ArgMatches, id: &str) -> bool {
    let is_set = matches.try_get_one::<bool>(id).ok().flatten();
    is_set.copied().unwrap_or_default()
}

/// The value of an option or operand.
pub(crate) fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

/// The value of an operand that must be there.
pub(crate) fn required(matches: &ArgMatches, id: &str) -> String {
    text(matches, id).unwrap_or_default()
}

/// The number of an option.
pub(crate) fn number(matches: &ArgMatches, id: &str) -> Option<usize> {
    matches.try_get_one::<usize>(id).ok().flatten().copied()
}

/// How many rows, if given: one command has several tables, each with its own default.
pub(crate) fn explicit_top(matches: &ArgMatches) -> Option<usize> {
    number(matches, "top").filter(|_| is_given(matches, "top"))
}

/// Whether an option was given.
pub(crate) fn is_given(matches: &ArgMatches, id: &str) -> bool {
    let is_declared = matches.try_contains_id(id).unwrap_or_default();
    is_declared && matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The order that was asked for.
pub(crate) fn order<O: ByWord>(matches: &ArgMatches) -> O {
    let order = matches.try_get_one::<O>("sort").ok().flatten();
    order.copied().unwrap_or_default()
}

/// A number of rows and the like: digits, and not too many.
pub(crate) fn whole_number(text: &str) -> Result<usize, String> {
    const MOST_DIGITS: usize = 9;
    let is_number = (1..=MOST_DIGITS).contains(&text.len())
        && text.bytes().all(|digit| digit.is_ascii_digit())
        && !text.starts_with('0');
    let number = is_number.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| "takes a whole number of at least 1".to_owned())
}

/// An order that is asked for by a word.
pub(crate) trait ByWord: Default + Copy + Send + Sync + 'static {
    /// The words and what they stand for, the default first.
    const WORDS: &'static [(&'static str, Self)];
}

fn order_of<O: ByWord>(word: &str) -> O {
    let known = O::WORDS.iter().find(|(known, _)| *known == word);
    known.map_or_else(O::default, |&(_, order)| order)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_default_of_the_query() {
        fn first<O: ByWord + PartialEq>() -> bool {
            O::WORDS[0].1 == O::default()
        }
        assert!(first::<DiffOrder>() && first::<ClassOrder>() && first::<ShapeOrder>());
        assert!(first::<FunctionOrder>() && first::<InstanceOrder>());
    }

    #[test]
    fn a_number_of_rows_is_written_in_digits() {
        for text in ["1", "20", "999999999"] {
            assert_eq!(whole_number(text), Ok(text.parse().unwrap()));
        }
        for text in [
            "",
            "0",
            "-1",
            "1.5",
            "many",
            "1e3",
            "+1",
            " 1",
            "9999999999",
        ] {
            assert!(whole_number(text).is_err(), "{text}");
        }
    }
}
