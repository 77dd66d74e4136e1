//! Look-up in V8's exported integers. Their names change from version to version in the suffix
//! for the field's type only, so a field is asked for by class and name.

use rustc_hash::FxHashMap;

use crate::error::{HeapError, HeapErrorKind};

/// V8's integers, to be asked.
pub(super) struct Integers<'a>(pub &'a FxHashMap<String, i64>);

fn missing(name: &str) -> HeapError {
    let message = format!("the executable does not export v8dbg_{name}, which the reader needs");
    HeapError::new(HeapErrorKind::MissingSymbol, message)
}

impl Integers<'_> {
    /// An integer by its whole name.
    pub(super) fn exact(&self, name: &str) -> Result<i64, HeapError> {
        self.0.get(name).copied().ok_or_else(|| missing(name))
    }

    /// A number of something, such as an offset: not negative and below 2^16.
    pub(super) fn small(&self, name: &str) -> Result<u64, HeapError> {
        let value = self.exact(name)?;
        u16::try_from(value)
            .map(u64::from)
            .map_err(|_| missing(name))
    }

    /// The instance type of a class.
    pub(super) fn instance_type(&self, class: &str) -> Option<usize> {
        let value = self.with_prefix("type_", class)?;
        usize::try_from(value)
            .ok()
            .filter(|&value| value < super::TYPES)
    }

    /// As [`Self::instance_type`], of a class that must be there.
    pub(super) fn needed_type(&self, class: &str) -> Result<usize, HeapError> {
        self.instance_type(class)
            .ok_or_else(|| missing(&format!("type_{class}")))
    }

    /// The offset of a field, in bytes.
    pub(super) fn offset(&self, class: &str, field: &str) -> Option<u64> {
        let value = self.with_prefix("class_", &format!("{class}__{field}"))?;
        u16::try_from(value).ok().map(u64::from)
    }

    /// As [`Self::offset`], of a field that must be there.
    pub(super) fn needed_offset(&self, class: &str, field: &str) -> Result<u64, HeapError> {
        self.offset(class, field)
            .ok_or_else(|| missing(&format!("class_{class}__{field}")))
    }

    /// Of several names with this beginning the one that comes first in the alphabet, so that the
    /// answer does not hang on the order of a hash table.
    fn with_prefix(&self, prefix: &str, name: &str) -> Option<i64> {
        let fits = |key: &str| {
            let rest = key
                .strip_prefix(prefix)
                .and_then(|key| key.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with("__"))
        };
        let found = self.0.iter().filter(|(key, _)| fits(key));
        found
            .min_by_key(|(key, _)| key.as_str())
            .map(|(_, &value)| value)
    }

    /// Every instance type that has a name: number and class.
    pub(super) fn type_names(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().filter_map(|(key, &value)| {
            let class = key.strip_prefix("type_")?.split("__").next()?;
            let number = usize::try_from(value)
                .ok()
                .filter(|&value| value < super::TYPES)?;
            Some((number, class))
        })
    }
}
