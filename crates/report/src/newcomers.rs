//! What `HeapDiff#end({ retainers: true })` adds for a class.

use memwatch_snapshot::leaks::Newcomers;
use serde::Serialize;

use super::PathEntry;

/// Retaining paths of a class at most.
const WAYS: usize = 3;

/// What keeps the new objects of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct NewcomersEntry {
    /// Bytes that would be freed with them.
    pub retained_bytes: u64,
    /// The shortest ways from a root that lead to most of them.
    pub paths: Vec<NewcomersPath>,
}

/// A retaining path to some of the new objects.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewcomersPath {
    /// Share of the new objects on this path, from 0 to 1.
    pub share: f64,
    /// As a programmer would write the access, numbers as `[x]`.
    pub path: String,
}

impl NewcomersEntry {
    /// Groups the ways by how they read.
    pub fn of(newcomers: &Newcomers) -> Self {
        let mut groups: Vec<(String, u64)> = Vec::new();
        for way in &newcomers.ways {
            let path = generalised(&PathEntry::of(&way.path).text);
            match groups.iter_mut().find(|(known, _)| *known == path) {
                Some((_, count)) => *count += way.count,
                None => groups.push((path, way.count)),
            }
        }
        memwatch_order::sort_by(&mut groups, |a, b| {
            b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0))
        });
        let all = newcomers.count.max(1) as f64;
        Self {
            retained_bytes: newcomers.retained_bytes,
            paths: groups
                .into_iter()
                .filter(|(path, _)| !path.is_empty())
                .take(WAYS)
                .map(|(path, count)| NewcomersPath {
                    share: count as f64 / all,
                    path,
                })
                .collect(),
        }
    }
}

/// `a[12].b` as `a[x].b`.
fn generalised(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        text.push_str(before);
        text.push('[');
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        rest = match after[digits..].starts_with(']') && digits > 0 {
            true => {
                text.push('x');
                &after[digits..]
            }
            false => after,
        };
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::generalised;

    #[test]
    fn only_whole_numbers_in_brackets_are_generalised() {
        assert_eq!(generalised("a[12].b[x]['7'][0]"), "a[x].b[x]['7'][x]");
        assert_eq!(generalised("[1"), "[1");
        assert_eq!(generalised("[]"), "[]");
    }
}
