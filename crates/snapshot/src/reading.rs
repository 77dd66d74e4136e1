//! How a snapshot came to be that V8 did not write: read from the memory of a process, with what
//! was invalid there, and the address of each object. Judges nothing.

use serde_json::Value;

use super::header::number;
use super::types::NodeId;

/// What was read of a heap in memory, and what could not be. In a file it stands under a key of its own
/// (`crates/snapshot/src/writer.rs`), without the addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether the memory was that of a core file; else it was of a process that runs.
    pub is_core: bool,
    /// Objects on the pages of the isolate, garbage too.
    pub objects: u64,
    /// Of these, what the roots reach.
    pub reached: u64,
    /// Whether the snapshot has garbage, too.
    pub has_garbage: bool,
    /// Objects whose size cannot be right.
    pub invalid_sizes: u64,
    /// Objects that a collection under way had moved.
    pub moved: u64,
    /// References of living objects to a page, but to no object there.
    pub dangling: u64,
    /// References of living objects to memory that is missing.
    pub outside: u64,
    /// Bytes of memory that the file should have and lacks.
    pub missing_bytes: u64,
    /// The version of Node.js, where the reader was never tried with it.
    pub untried_version: Option<String>,
    /// Where the objects are.
    pub addresses: Addresses,
}

impl Reading {
    /// Reads what the header of a file has under its key: without a key it is 0, no, or not known.
    pub(super) fn of(json: &Value) -> Result<Self, String> {
        let count = |key| number(json, key).map(|count| count.unwrap_or(0));
        let is = |key| match json.get(key) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| format!("`{key}` is not true or false")),
        };
        Ok(Self {
            is_core: is("is_core")?,
            objects: count("objects")?,
            reached: count("reached")?,
            has_garbage: is("has_garbage")?,
            invalid_sizes: count("invalid_sizes")?,
            moved: count("moved")?,
            dangling: count("dangling")?,
            outside: count("outside")?,
            missing_bytes: count("missing_bytes")?,
            untried_version: match json.get("untried_version") {
                None | Some(Value::Null) => None,
                Some(Value::String(version)) => Some(version.clone()),
                Some(_) => return Err("`untried_version` is not a string".to_owned()),
            },
            addresses: Addresses::default(),
        })
    }
}

/// The address of each object, from its id: the id says which page and which place there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The id of the first word of the first page; ids are odd.
    pub first_id: u64,
    /// Bytes of a page.
    pub page_bytes: u64,
    /// The address of each page.
    pub pages: Vec<u64>,
}

/// Bytes of a word: objects begin at multiples of it.
const WORD: u64 = 8;

impl Addresses {
    /// The id of what begins at an address. A pointer's tag may be on it.
    pub fn id_at(&self, address: u64) -> Option<NodeId> {
        let address = address & !(WORD - 1);
        let page = self.pages.iter().position(|&page| {
            address
                .checked_sub(page)
                .is_some_and(|place| place < self.page_bytes)
        })?;
        let word = page as u64 * (self.page_bytes / WORD) + (address - self.pages[page]) / WORD;
        Some(NodeId(self.first_id + 2 * word))
    }

    /// The address of an object of the heap; none of what has an id of another kind.
    pub fn of(&self, id: NodeId) -> Option<u64> {
        let twice = id.0.checked_sub(self.first_id)?;
        let words = self.page_bytes / WORD;
        if twice % 2 == 1 || words == 0 {
            return None;
        }
        let (page, word) = (twice / 2 / words, twice / 2 % words);
        let page = self.pages.get(usize::try_from(page).ok()?)?;
        Some(page + word * WORD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_an_address_name_the_same_object() {
        let addresses = Addresses {
            first_id: 11,
            page_bytes: 1 << 18,
            pages: vec![0x10_0000, 0x8_0000],
        };
        for address in [0x10_0000, 0x10_0008, 0x13_fff8, 0x8_1148] {
            let id = addresses.id_at(address | 1).expect("it is on a page");
            assert_eq!(addresses.of(id), Some(address));
        }
        assert_eq!(addresses.id_at(0x14_0000), None);
        assert_eq!(addresses.of(NodeId(3)), None, "a group of roots");
        assert_eq!(addresses.of(NodeId(12)), None, "memory outside of the heap");
        assert_eq!(addresses.of(NodeId(u64::MAX)), None);
        assert_eq!(Addresses::default().of(NodeId(0)), None);
    }
}
