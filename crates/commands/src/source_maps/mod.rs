//! Positions in scripts as positions in their sources. An answer is complete before: of the scripts that it names the
//! maps are looked for, and of these only what it asks is read. What is wrong with a map is a note of the answer, and
//! no failure.
//!
//! | file | what it does |
//! | --- | --- |
//! | `files` | script → text of its map |
//! | `address` | names of scripts, and addresses in maps |
//! | `document` | text of a map → sources, lines, names |
//! | `mappings` | the numbers in it |
//! | `names` | where in a script the name of a function stands |
//!
//! An own reader: of the crates that read maps, those that know index maps make the binary larger than all that is left
//! for it, and each makes a table of a million segments where a few dozen places are asked.

mod address;
mod document;
mod files;
mod mappings;
mod names;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;

use memwatch_report::{OriginalPosition, Positions};

use crate::failure::Failure;

use address::{ScriptName, shown_source};
use document::{InvalidMap, NamedOrigin, named_origins};
use files::{Finder, MapText, read_script};
use mappings::Place;
use names::{name_column, units};

/// Notes of one answer at most: the first say what is wrong with the others, too.
const MOST_NOTES: usize = 5;

/// Which maps are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapOptions {
    /// Those next to the scripts.
    Beside,
    /// Those in a folder, then those next to the scripts.
    Folder(String),
    /// None: positions stay as V8 has them.
    Off,
}

/// A position of the report, by its number among all.
struct Asked {
    number: usize,
    place: Place,
    /// What its function or class is called in the script.
    name: String,
}

/// The script and the original of each position.
type Originals = Vec<Option<(String, OriginalPosition)>>;

impl MapOptions {
    /// Whether there is the folder that was named.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Folder(folder) => match fs::read_dir(folder) {
                Ok(_) => Ok(()),
                Err(error) => Err(unreadable(folder, error)),
            },
            Self::Beside | Self::Off => Ok(()),
        }
    }

    /// Adds to each position of a report the one in its source. `scripts` has names of scripts by their numbers.
    ///
    /// # Errors
    ///
    /// The folder that was named cannot be read.
    pub(crate) fn add_originals(
        &self,
        report: &mut dyn Positions,
        scripts: &dyn Fn(u32) -> Option<String>,
    ) -> Result<(), Failure> {
        let mut finder = match self {
            Self::Off => return Ok(()),
            Self::Beside => Finder::default(),
            Self::Folder(folder) => {
                Finder::of(folder).map_err(|error| unreadable(folder, error))?
            }
        };
        let mut asked: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
        let mut number = 0;
        report.each_position(&mut |position, name| {
            let script = position.script.clone();
            if let Some(script) = script.or_else(|| scripts(position.script_id)) {
                asked.entry(script).or_default().push(Asked {
                    number,
                    place: Place {
                        line: position.line.saturating_sub(1),
                        column: position.column.saturating_sub(1),
                    },
                    name: name.to_owned(),
                });
            }
            number += 1;
        });
        let mut found: Originals = vec![None; number];
        let notes = self.notes(&mut finder, asked, &mut found);
        let mut found = found.into_iter();
        report.each_position(&mut |position, _| {
            if let Some((script, original)) = found.next().flatten() {
                position.script = Some(script);
                position.original = Some(original);
            }
        });
        if let Some(known) = report.source_map_notes() {
            *known = notes;
        }
        Ok(())
    }

    /// Finds the originals; returns what is wrong with maps.
    fn notes(
        &self,
        finder: &mut Finder,
        asked: BTreeMap<String, Vec<Asked>>,
        found: &mut Originals,
    ) -> Vec<String> {
        let of_files = asked.into_iter();
        let (scripts, asked): (Vec<_>, Vec<_>) = of_files
            .filter_map(|(name, asked)| Some((ScriptName::of(&name)?, (name, asked))))
            .unzip();
        let mut notes = Vec::new();
        let chosen = finder.choose(&scripts);
        // One after another, so that there is one map in memory.
        for ((script, (name, asked)), chosen) in scripts.iter().zip(asked).zip(chosen) {
            let map = chosen.and_then(|chosen| finder.map(script, chosen));
            match map {
                Ok(Some(map)) => notes.extend(of_script(&map, &name, asked, found)),
                Ok(None) => {}
                Err(why) => notes.push(why),
            }
        }
        if let Self::Folder(folder) = self
            && found.iter().all(Option::is_none)
            && notes.is_empty()
            && !scripts.is_empty()
        {
            notes.push(format!(
                "no source map in {folder} is of a script that is named here"
            ));
        }
        if notes.len() > MOST_NOTES {
            let more = notes.len() - MOST_NOTES;
            notes.truncate(MOST_NOTES);
            notes.push(format!("{more} more source maps are not used"));
        }
        notes
    }
}

fn unreadable(folder: &str, error: io::Error) -> Failure {
    Failure::Maps {
        folder: folder.to_owned(),
        error,
    }
}

/// Adds the originals of a script's positions. Returns what is wrong with its map.
fn of_script(
    map: &MapText,
    script: &str,
    asked: Vec<Asked>,
    found: &mut Originals,
) -> Option<String> {
    let origins = match originals(map, &asked) {
        Ok(origins) => origins,
        Err(error) => return Some(format!("{} is not used as a source map: {error}", map.name)),
    };
    let mut missing = 0;
    for (asked, origin) in asked.into_iter().zip(origins) {
        match origin {
            Some(origin) => found[asked.number] = Some((script.to_owned(), origin)),
            None => missing += 1,
        }
    }
    let file = map.script.as_ref().filter(|_| missing > 0)?;
    let changed = fs::metadata(file)
        .and_then(|metadata| metadata.modified())
        .ok()?;
    let is_older = map.written? < changed;
    is_older.then(|| {
        let what = if missing == 1 {
            "1 position is".to_owned()
        } else {
            format!("{missing} positions are")
        };
        format!(
            "{what} not in {}, which is older than its script: build both anew",
            map.name
        )
    })
}

/// The original of each position.
fn originals(map: &MapText, asked: &[Asked]) -> Result<Vec<Option<OriginalPosition>>, InvalidMap> {
    let is_named = asked.iter().any(|one| !one.name.is_empty());
    let script = map.script.as_ref().filter(|_| is_named);
    let script = script.and_then(|script| String::from_utf8(read_script(script)?).ok());
    let lines = script.as_deref().map(|script| lines_of(script, asked));
    let named: Vec<Option<Place>> = asked
        .iter()
        .map(|Asked { place, name, .. }| {
            let column = match &lines {
                _ if name.is_empty() => None,
                Some(lines) => {
                    let at = lines
                        .binary_search_by(|line| line.0.cmp(&place.line))
                        .ok()?;
                    name_column(lines[at].1, place.column, name)
                }
                // A name stands directly in front of its parameters, or it is not known where.
                None => place.column.checked_sub(units(name) as u32),
            };
            Some(Place {
                column: column?,
                ..*place
            })
        })
        .collect();
    let mut places: Vec<Place> = Vec::new();
    for place in asked
        .iter()
        .map(|one| one.place)
        .chain(named.iter().flatten().copied())
    {
        if let Err(at) = places.binary_search(&place) {
            places.insert(at, place);
        }
    }
    let origins = named_origins(&map.text, &places)?;
    let origin_of = |place: Place| -> Option<&NamedOrigin> {
        origins[places.binary_search(&place).ok()?].as_ref()
    };
    let found = asked
        .iter()
        .zip(&named)
        .map(|(Asked { place, name, .. }, named)| {
            let origin = origin_of(*place)?;
            let original = named.and_then(|named| {
                let original = origin_of(named)?;
                original
                    .name
                    .clone()
                    .filter(|_| original.start == named.column)
            });
            Some(OriginalPosition {
                source: shown_source(&map.folder, &origin.source),
                line: origin.line.saturating_add(1),
                column: origin.column.saturating_add(1),
                name: original.filter(|original| original != name),
            })
        });
    Ok(found.collect())
}

/// The lines of a script that have positions, with their numbers from 0.
fn lines_of<'a>(script: &'a str, asked: &[Asked]) -> Vec<(u32, &'a str)> {
    let mut wanted: Vec<u32> = Vec::new();
    for Asked { place, .. } in asked {
        if let Err(at) = wanted.binary_search(&place.line) {
            wanted.insert(at, place.line);
        }
    }
    let lines = (0u32..).zip(script.split('\n'));
    lines
        .filter(|(line, _)| wanted.binary_search(line).is_ok())
        .collect()
}
