//! The string table, entry by entry: what is kept of each is `text`'s decision. Holds no
//! more of an entry than the longest name.

use super::super::reader::syntax::TakesTexts;
use super::names::{Names, Use};
use super::text::{self, LONGEST_LABEL, Units};
use super::{RedactedTexts, Redaction};

/// V8 cuts names at 1024 characters, each of which may take six bytes (`\u0000`). What is
/// longer is no name that anybody has written.
const LONGEST_NAME: usize = 6 * 1024;

#[derive(Debug)]
pub(super) struct Table {
    redaction: Redaction,
    names: Names,
    /// What has been made of the table and was not fetched yet.
    pub out: Vec<u8>,
    /// What became of the entries so far.
    pub told: RedactedTexts,
    count: usize,
    /// Of the entry that is being read.
    used_as: Use,
    text: Vec<u8>,
    is_whole: bool,
    units: Units,
}

impl Table {
    pub(super) fn new(names: Names, redaction: Redaction) -> Self {
        Self {
            redaction,
            names,
            out: Vec::new(),
            told: RedactedTexts::default(),
            count: 0,
            used_as: Use::Value,
            text: Vec::new(),
            is_whole: true,
            units: Units::default(),
        }
    }

    /// Entries so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

impl TakesTexts for Table {
    fn begin(&mut self) {
        self.used_as = match u32::try_from(self.count) {
            Ok(index) => self.names.use_of(index),
            Err(_) => Use::Value,
        };
        self.count += 1;
        self.text.clear();
        self.is_whole = true;
        self.units = Units::default();
        self.out.push(b'"');
    }

    fn text(&mut self, piece: &[u8]) {
        self.units.count(piece);
        let most = match self.used_as {
            Use::Value => LONGEST_LABEL,
            Use::Property | Use::Name => LONGEST_NAME,
        };
        self.is_whole &= self.text.len() + piece.len() <= most;
        if self.is_whole {
            self.text.extend_from_slice(piece);
        }
    }

    fn end(&mut self) {
        let whole = self.is_whole.then_some(self.text.as_slice());
        match whole.and_then(|whole| text::kept(whole, self.used_as, self.redaction)) {
            Some(kept) => {
                self.told.kept += 1;
                self.out.extend_from_slice(&kept);
            }
            None => {
                match self.used_as {
                    Use::Value => self.told.values += 1,
                    Use::Property | Use::Name => self.told.names += 1,
                }
                text::replace(&mut self.out, self.used_as, self.units, self.count - 1);
            }
        }
        self.out.push(b'"');
    }

    fn between(&mut self, byte: u8) {
        self.out.push(byte);
    }
}
