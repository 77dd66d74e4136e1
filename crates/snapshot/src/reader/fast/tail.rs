//! What stands at the end of a file: locations and strings.

use super::super::super::header::{Header, LocationLayout};
use super::super::super::locations::{FoundLocations, Locations};
use super::super::super::strings::Starts;
use super::super::super::types::Location;
use super::super::syntax::is_space;
use super::keys::{expect, find_last, leads_to};
use super::numbers::{NumberArray, Wants};
use super::texts::read_texts;

/// What stands at the end of a file.
pub(super) struct Tail {
    /// Place of the key of the first section read here.
    pub start: usize,
    pub locations: Locations,
    pub starts: Starts,
}

/// Locations and strings, found from the end of the file.
pub(super) fn read_tail(bytes: &[u8], nodes_at: usize, header: &Header) -> Option<Tail> {
    const STRINGS: &[u8] = b"\"strings\":[";
    const LOCATIONS: &[u8] = b"\"locations\":[";
    // A quote within a string is escaped, so this is found in no string.
    let strings = find_last(bytes, nodes_at, bytes.len(), STRINGS)?;
    let (starts, strings_end) = read_texts(bytes, strings + STRINGS.len())?;
    let after = expect(bytes, strings_end, b"}")?;
    if bytes[after..].iter().any(|&byte| !is_space(byte)) {
        return None;
    }
    let mut tail = Tail {
        start: strings,
        locations: Locations::default(),
        starts,
    };
    if let Some(layout) = header.location
        && let Some(at) = find_last(bytes, nodes_at, strings, LOCATIONS)
    {
        let array = at + LOCATIONS.len();
        let mut found = FoundLocations::default();
        let end = read_locations(bytes, array, header, layout, &mut found)?;
        leads_to(bytes, end + 1, strings)?;
        tail.locations = Locations::new(usize::try_from(header.node_count).ok()?, found);
        tail.start = at;
    }
    Some(tail)
}

fn read_locations(
    bytes: &[u8],
    at: usize,
    header: &Header,
    layout: LocationLayout,
    out: &mut FoundLocations,
) -> Option<usize> {
    let canonical = LocationLayout {
        fields: 4,
        object: 0,
        script_id: 1,
        line: 2,
        column: 3,
    };
    if layout != canonical {
        return None;
    }
    let fields = header.node.fields as u64;
    NumberArray::<4>::new(bytes, at).read(|window| {
        let mut wrong = false;
        window.each(|_, [object, script, line, column]| {
            let ordinal = object / fields;
            if ordinal * fields != object || ordinal >= header.node_count {
                wrong = true;
                return;
            }
            let location = Location {
                script_id: script as u32,
                line: line as u32,
                column: column as u32,
            };
            out.push(ordinal as u32, location);
        })?;
        (!wrong).then_some(Wants::More)
    })?
}
