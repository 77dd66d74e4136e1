//! The text of a source map: plain or an index map, of which only the parts are read that the places need. The content
//! of the sources is skipped. Opens nothing, and follows no address that stands in it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::mappings::{InvalidMappings, Place, origins};

/// What servers put before JSON that is no script's to read: the first line then ends behind it.
const GUARD: &str = ")]}";
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where a place came from, in names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedOrigin {
    /// The column of the script at which the segment begins.
    pub start: u32,
    /// The source as the map names it, its `sourceRoot` before it.
    pub source: String,
    /// From 0.
    pub line: u32,
    /// From 0.
    pub column: u32,
    /// What is there called in the source.
    pub name: Option<String>,
}

/// Why a text is not a source map.
#[derive(Debug)]
pub(super) enum InvalidMap {
    /// It is not JSON, or not a map's.
    Json(serde_json::Error),
    /// Its mappings are not in order.
    Mappings(InvalidMappings),
    /// A part of an index map has parts.
    NestedSections,
    /// Its parts are not in the order of the script.
    UnorderedSections,
    /// It is not text.
    NotUtf8,
    /// It has neither mappings nor parts.
    NoMappings,
}

impl fmt::Display for InvalidMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "it is not the JSON of a source map: {error}"),
            Self::Mappings(error) => error.fmt(f),
            Self::NestedSections => f.write_str("a section of it has sections"),
            Self::UnorderedSections => f.write_str("its sections are not in order"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::NoMappings => f.write_str("it has no mappings"),
        }
    }
}

impl From<serde_json::Error> for InvalidMap {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<InvalidMappings> for InvalidMap {
    fn from(error: InvalidMappings) -> Self {
        Self::Mappings(error)
    }
}

/// The fields that are needed, lists as the text has them: of a thousand sources an answer names few.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    mappings: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source_root: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sources: Option<&'a RawValue>,
    #[serde(borrow)]
    names: Option<&'a RawValue>,
    #[serde(borrow)]
    sections: Option<Vec<Section<'a>>>,
}

/// A part of an index map; one that is at an address is not fetched.
#[derive(Deserialize)]
struct Section<'a> {
    offset: Offset,
    #[serde(borrow)]
    map: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Deserialize)]
struct Offset {
    line: u32,
    column: u32,
}

/// The origins of places, which must be in order.
pub(super) fn named_origins(
    text: &[u8],
    places: &[Place],
) -> Result<Vec<Option<NamedOrigin>>, InvalidMap> {
    let text = std::str::from_utf8(text).map_err(|_| InvalidMap::NotUtf8)?;
    let document: Document<'_> = serde_json::from_str(json_of(text))?;
    let Some(sections) = document.sections else {
        return plain(&document, places);
    };
    let start = |section: &Section<'_>| Place {
        line: section.offset.line,
        column: section.offset.column,
    };
    if sections
        .windows(2)
        .any(|pair| start(&pair[1]) < start(&pair[0]))
    {
        return Err(InvalidMap::UnorderedSections);
    }
    let mut found = vec![None; places.len()];
    let mut next = 0;
    for (at, section) in sections.iter().enumerate() {
        let from = start(section);
        let until = sections.get(at + 1).map(start);
        next += places[next..].partition_point(|&place| place < from);
        let behind = places[next..].partition_point(|&place| until.is_none_or(|end| place < end));
        let (own, found) = (
            &places[next..next + behind],
            &mut found[next..next + behind],
        );
        next += behind;
        let Some(map) = section.map.filter(|_| !own.is_empty()) else {
            continue;
        };
        let part: Document<'_> = serde_json::from_str(map.get())?;
        if part.sections.is_some() {
            return Err(InvalidMap::NestedSections);
        }
        let indent = |line| if line == from.line { from.column } else { 0 };
        let inside: Vec<Place> = own
            .iter()
            .map(|place| Place {
                line: place.line - from.line,
                column: place.column - indent(place.line),
            })
            .collect();
        let origins = plain(&part, &inside)?;
        for ((found, origin), place) in found.iter_mut().zip(origins).zip(own) {
            *found = origin.map(|origin| NamedOrigin {
                start: origin.start + indent(place.line),
                ..origin
            });
        }
    }
    Ok(found)
}

/// Those of a map that is no index.
fn plain(
    document: &Document<'_>,
    places: &[Place],
) -> Result<Vec<Option<NamedOrigin>>, InvalidMap> {
    let mappings = document.mappings.as_deref().ok_or(InvalidMap::NoMappings)?;
    let found = origins(mappings.as_bytes(), places)?;
    let all = || found.iter().flatten();
    let sources = picked(document.sources, all().map(|one| one.source))?;
    let names = picked(document.names, all().filter_map(|one| one.name))?;
    let root = document.source_root.as_deref().unwrap_or_default();
    let named = found.iter().map(|origin| {
        let origin = (*origin)?;
        let source = text_at(&sources, origin.source)?;
        Some(NamedOrigin {
            start: origin.start,
            source: match root.trim_end_matches('/') {
                "" if root.is_empty() => source.clone(),
                root => format!("{root}/{source}"),
            },
            line: origin.line,
            column: origin.column,
            name: origin.name.and_then(|name| text_at(&names, name).cloned()),
        })
    });
    Ok(named.collect())
}

/// Some texts of a list, by their places in it. What is no text is left out.
fn picked(
    list: Option<&RawValue>,
    wanted: impl Iterator<Item = u32>,
) -> serde_json::Result<Vec<(u32, String)>> {
    let mut texts: Vec<(u32, String)> = Vec::new();
    for place in wanted {
        if let Err(at) = place_in(&texts, place) {
            texts.insert(at, (place, String::new()));
        }
    }
    if let Some(list) = list.filter(|_| !texts.is_empty()) {
        let mut list = serde_json::Deserializer::from_str(list.get());
        list.deserialize_any(Pick(&mut texts))?;
    }
    Ok(texts)
}

fn place_in(texts: &[(u32, String)], place: u32) -> Result<usize, usize> {
    texts.binary_search_by(|one| one.0.cmp(&place))
}

/// The text of a place; none where the list has none.
fn text_at(texts: &[(u32, String)], place: u32) -> Option<&String> {
    let at = place_in(texts, place).ok()?;
    Some(&texts[at].1).filter(|text| !text.is_empty())
}

/// Fills texts in from a list.
struct Pick<'a>(&'a mut Vec<(u32, String)>);

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut at = 0u32;
        // The next one that is wanted.
        let mut next = 0;
        loop {
            let more = match self.0.get_mut(next) {
                Some((place, text)) if *place == at => {
                    next += 1;
                    list.next_element_seed(Text(text))?
                }
                _ => list.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if more.is_none() {
                return Ok(());
            }
            at = at.saturating_add(1);
        }
    }
}

/// Fills in one text; `null` and such leave it empty.
struct Text<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        if let Some(text) = Option::<Cow<'de, str>>::deserialize(value)? {
            *self.0 = text.into_owned();
        }
        Ok(())
    }
}

/// The JSON in a file of JSON: without what may stand before it.
fn json_of(text: &str) -> &str {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if !text.starts_with(GUARD) {
        return text;
    }
    text.split_once('\n').map_or("", |(_, json)| json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    fn told(text: &str, line: u32, column: u32) -> Option<(String, u32, u32, Option<String>)> {
        let found = named_origins(text.as_bytes(), &[place(line, column)]).expect("a map");
        let one = found.into_iter().next().flatten()?;
        Some((one.source, one.line, one.column, one.name))
    }

    fn some(
        source: &str,
        line: u32,
        column: u32,
        name: Option<&str>,
    ) -> Option<(String, u32, u32, Option<String>)> {
        Some((source.to_owned(), line, column, name.map(str::to_owned)))
    }

    #[test]
    fn sources_stand_behind_their_root_and_names_where_they_are() {
        let text = r#"{"version":3,"sourceRoot":"/src/","sources":["a.ts",null],
            "sourcesContent":["x\ny"],"names":["track"],"mappings":"AAKAA,CCAA"}"#;
        assert_eq!(told(text, 0, 0), some("/src/a.ts", 5, 0, Some("track")));
        assert_eq!(told(text, 0, 1), None, "a source that has no name");
        let text = r#"{"version":3,"sources":["a.ts"],"mappings":"AAKA"}"#;
        assert_eq!(told(text, 0, 7), some("a.ts", 5, 0, None));
        assert_eq!(told(text, 3, 0), None);
    }

    #[test]
    fn a_mark_and_a_guard_may_stand_before_the_json() {
        let text = r#"{"version":3,"sources":["a.ts"],"mappings":"AAKA"}"#;
        for before in ["\u{feff}", ")]}'\n", ")]}', \n"] {
            assert_eq!(
                told(&format!("{before}{text}"), 0, 0),
                some("a.ts", 5, 0, None)
            );
        }
    }

    #[test]
    fn each_place_of_an_index_map_is_looked_up_in_its_section() {
        let part = |source: &str| {
            format!(
                r#"{{"version":3,"sources":["{source}"],"names":["n"],"mappings":"AAAAA,EAAE;AAEA"}}"#
            )
        };
        let text = format!(
            r#"{{"version":3,"sections":[
                {{"offset":{{"line":0,"column":0}},"map":{}}},
                {{"offset":{{"line":2,"column":10}},"map":{}}},
                {{"offset":{{"line":5,"column":0}},"url":"https://example.com/part.map"}}]}}"#,
            part("a.ts"),
            part("b.ts")
        );
        assert_eq!(told(&text, 0, 0), some("a.ts", 0, 0, Some("n")));
        assert_eq!(told(&text, 1, 4), some("a.ts", 2, 2, None));
        assert_eq!(told(&text, 2, 9), None, "no segment of the first section");
        assert_eq!(told(&text, 2, 11), some("b.ts", 0, 0, Some("n")));
        assert_eq!(told(&text, 2, 12), some("b.ts", 0, 2, None));
        assert_eq!(told(&text, 3, 0), some("b.ts", 2, 2, None));
        assert_eq!(told(&text, 6, 0), None, "nothing is fetched");
        let found = named_origins(text.as_bytes(), &[place(0, 1), place(2, 12), place(2, 13)]);
        let starts: Vec<_> = found
            .expect("a map")
            .iter()
            .map(|one| one.as_ref().map(|one| one.start))
            .collect();
        assert_eq!(starts, [Some(0), Some(12), Some(12)]);
    }

    #[test]
    fn what_is_no_map_says_why() {
        for (text, why) in [
            ("", "JSON"),
            ("null", "JSON"),
            ("[1]", "JSON"),
            ("{}", "no mappings"),
            (r#"{"mappings":5}"#, "JSON"),
            (r#"{"mappings":"?","sources":[]}"#, "invalid at byte 0"),
            (r#"{"mappings":"AAAA","sources":{}}"#, "JSON"),
            (
                r#"{"sections":[{"offset":{"line":0,"column":0},"map":{"sections":[]}}]}"#,
                "has sections",
            ),
            (
                r#"{"sections":[{"offset":{"line":-1,"column":0},"map":{}}]}"#,
                "JSON",
            ),
            ("\u{0}\u{0}", "JSON"),
        ] {
            let error = named_origins(text.as_bytes(), &[place(0, 0)]).expect_err(text);
            assert!(error.to_string().contains(why), "{text}: {error}");
        }
        let part = r#"{"offset":{"line":5,"column":0},"map":{}}"#;
        let back = format!(r#"{{"sections":[{part},{}]}}"#, part.replace('5', "1"));
        let error = named_origins(back.as_bytes(), &[place(0, 0)]).expect_err("refused");
        assert!(error.to_string().contains("not in order"), "{error}");
        let deep = format!(r#"{{"x":{}"#, "[".repeat(1_000_000));
        assert!(named_origins(deep.as_bytes(), &[place(0, 0)]).is_err());
        let not_utf8 = b"{\"mappings\":\"AAAA\",\"sources\":[\"\xff\xfe\"]}";
        assert!(named_origins(not_utf8, &[place(0, 0)]).is_err());
    }
}
