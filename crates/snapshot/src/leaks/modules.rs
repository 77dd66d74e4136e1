//! ES modules as V8 keeps them. A module is a hidden node without a name; its
//! variables are in the context of the generator that runs it, what it exports in
//! cells of an array. This module knows which module is which file, which cell is
//! which export, and which edges of a module lead to what is its own. It judges
//! nothing and writes no path.
//!
//! The place of a field in a module differs between versions of V8, their order
//! does not: the table of exports, the code (a generator once the module runs), the
//! cells of its own exports, the cells of its imports, the modules it asks for.
//!
//! | V8 | exports | code | own cells | imports |
//! | --- | --- | --- | --- | --- |
//! | 10.2 – 13.6 (Node 18 – 24) | 0 | 4 | 5 | 6 |
//! | 14.6 (Node 26) | 0 | 5 | 6 | 7 |

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::columns::Snapshot;
use super::super::types::{EdgeType, NodeOrdinal, NodeType, StringIndex};
use super::sources::{internal, property, script_name, short_file, text_of};

/// The hidden node of a module that was compiled from source.
pub(super) const SOURCE_MODULE: &str = "system / SourceTextModule";
/// The hidden node of a module that has exports and no source: a builtin module, a
/// CommonJS or JSON module that an ES module imports.
pub(super) const SYNTHETIC_MODULE: &str = "system / SyntheticModule";

/// A name of a module that is longer than this many characters is a program of its
/// own, as in `data:text/javascript,…`.
const MAX_NAME: usize = 80;

/// The ES modules of one snapshot.
#[derive(Debug, Default)]
pub(super) struct Modules {
    /// In the order of the file.
    list: Vec<Module>,
    by_node: FxHashMap<u32, u32>,
    /// The names of exports, by the cell that has the value.
    exports: FxHashMap<u32, StringIndex>,
    /// What a module holds of its own: its code and the array of its cells.
    own: FxHashSet<u32>,
    /// Last parts of names that several files have.
    ambiguous: FxHashSet<String>,
}

#[derive(Debug)]
struct Module {
    node: NodeOrdinal,
    /// The URL as short as [`short_file`] makes it, without its query.
    file: Option<String>,
    is_source: bool,
}

impl Modules {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let find = |text: &str| snapshot.strings().find(text).map(|index| index.0);
        let names = [find(SOURCE_MODULE), find(SYNTHETIC_MODULE)];
        let mut modules = Self::default();
        if names == [None, None] {
            return modules;
        }
        let wrap = find("ModuleWrap");
        let mut wraps = Vec::new();
        for node in snapshot.ordinals() {
            let name = Some(snapshot.name_index(node).0);
            match snapshot.node_type(node) {
                NodeType::Hidden | NodeType::Native if names.contains(&name) => {
                    modules.add(snapshot, node, name == names[0]);
                }
                NodeType::Object if name == wrap => wraps.push(node),
                _ => {}
            }
        }
        for node in wraps {
            modules.name_by_wrap(snapshot, node);
        }
        for module in &mut modules.list {
            if module.file.is_none() {
                module.file = own_name(snapshot, module.node).map(|name| short_url(&name));
            }
        }
        modules.find_ambiguous();
        modules
    }

    fn add(&mut self, snapshot: &Snapshot, node: NodeOrdinal, is_source: bool) {
        self.by_node.insert(node.0, self.list.len() as u32);
        self.list.push(Module {
            node,
            file: None,
            is_source,
        });
        let fields = |index: u32| {
            let mut edges = snapshot.edges(node);
            edges
                .find(|edge| edge.edge_type == EdgeType::Hidden && edge.name_or_index == index)
                .map(|edge| edge.to)
        };
        let Some(exports) = fields(0) else { return };
        self.name_exports(snapshot, exports);
        if !is_source {
            self.own.insert(exports.0);
            return;
        }
        let Some((index, code)) = code_of(snapshot, node) else {
            return;
        };
        self.own.insert(code.0);
        if let Some(cells) = fields(index + 1) {
            self.own.insert(cells.0);
        }
    }

    /// The table of exports has a name and next to it the cell.
    fn name_exports(&mut self, snapshot: &Snapshot, table: NodeOrdinal) {
        let mut name = None;
        for edge in snapshot.edges(table) {
            match snapshot.node_type(edge.to) {
                NodeType::String => name = Some(snapshot.name_index(edge.to)),
                NodeType::Hidden | NodeType::Native => {
                    if let Some(name) = name.take() {
                        self.name_export(snapshot, edge.to, name);
                    }
                }
                _ => name = None,
            }
        }
    }

    /// One value may have several names, and a module that exports it again may have
    /// others: the least is taken, whatever the order of the file, and `default`, which
    /// says nothing, only where there is no other.
    fn name_export(&mut self, snapshot: &Snapshot, cell: NodeOrdinal, name: StringIndex) {
        let rank = |name: StringIndex| {
            let text = snapshot.strings().get(name);
            (text == "default", text)
        };
        let known = self.exports.entry(cell.0).or_insert(name);
        if rank(name) < rank(*known) {
            *known = name;
        }
    }

    fn name_by_wrap(&mut self, snapshot: &Snapshot, wrap: NodeOrdinal) {
        let url = property(snapshot, wrap, "url").and_then(|url| text_of(snapshot, url));
        let Some(url) = url else { return };
        for edge in snapshot.edges(wrap) {
            if let Some(&at) = self.by_node.get(&edge.to.0) {
                self.list[at as usize].file = Some(short_url(&url));
            }
        }
    }

    fn find_ambiguous(&mut self) {
        let mut files: FxHashMap<&str, &str> = FxHashMap::default();
        for module in &self.list {
            let Some(file) = module.file.as_deref() else {
                continue;
            };
            if *files.entry(last_part(file)).or_insert(file) != file {
                self.ambiguous.insert(last_part(file).to_owned());
            }
        }
    }

    /// The modules that were compiled from source.
    pub(super) fn sources(&self) -> impl Iterator<Item = NodeOrdinal> + '_ {
        self.list
            .iter()
            .filter(|module| module.is_source)
            .map(|module| module.node)
    }

    /// Whether the node is a module that was compiled from source.
    pub(super) fn is_source(&self, node: NodeOrdinal) -> bool {
        let at = self.by_node.get(&node.0);
        at.is_some_and(|&at| self.list[at as usize].is_source)
    }

    pub(super) fn is_module(&self, node: NodeOrdinal) -> bool {
        !self.list.is_empty() && self.by_node.contains_key(&node.0)
    }

    /// The file of a module, as in `import`, without what differs between machines.
    pub(super) fn file(&self, node: NodeOrdinal) -> Option<&str> {
        if self.list.is_empty() {
            return None;
        }
        let &at = self.by_node.get(&node.0)?;
        self.list[at as usize].file.as_deref()
    }

    /// What a path calls the module: the name of its file, with the directory where
    /// several files have that name.
    pub(super) fn short_name(&self, node: NodeOrdinal) -> Option<&str> {
        let file = self.file(node)?;
        let is_path = !file.contains(':');
        let last = last_part(file);
        if is_path && file.split('/').count() == 2 && !self.ambiguous.contains(last) {
            return Some(last);
        }
        Some(file)
    }

    /// Whether what the edge of a module leads to is the module's own.
    pub(super) fn is_own(&self, node: NodeOrdinal) -> bool {
        self.own.contains(&node.0)
    }

    /// The name under which a module exports what the cell has.
    pub(super) fn export(&self, cell: NodeOrdinal) -> Option<StringIndex> {
        if self.list.is_empty() {
            return None;
        }
        self.exports.get(&cell.0).copied()
    }
}

/// The code of a module that runs or has run, and the place of the field.
fn code_of(snapshot: &Snapshot, module: NodeOrdinal) -> Option<(u32, NodeOrdinal)> {
    let mut edges = snapshot.edges(module).filter(|edge| {
        edge.edge_type == EdgeType::Hidden
            && match snapshot.node_type(edge.to) {
                NodeType::Closure => true,
                NodeType::Object => snapshot.name(edge.to) == "Generator",
                _ => false,
            }
    });
    edges.next().map(|edge| (edge.name_or_index, edge.to))
}

/// The name that V8 itself has of a module: its script's, or that of one without
/// source.
fn own_name(snapshot: &Snapshot, module: NodeOrdinal) -> Option<String> {
    if let Some((_, code)) = code_of(snapshot, module) {
        let function = internal(snapshot, code, &["function"]).unwrap_or(code);
        return script_name(snapshot, function);
    }
    let mut edges = snapshot.edges(module);
    let name = edges.find(|edge| {
        edge.edge_type == EdgeType::Hidden && snapshot.node_type(edge.to) == NodeType::String
    })?;
    text_of(snapshot, name.to)
}

/// A module's URL without its query, and without what differs between machines. One
/// file that is imported with many queries is one file.
fn short_url(url: &str) -> String {
    if let Some(data) = url.strip_prefix("data:") {
        let kind = data.split([',', ';']).next().unwrap_or_default();
        return format!("data:{kind}");
    }
    let is_url = url.contains("://");
    let end = url.find(['?', '#']).filter(|_| is_url);
    let url = &url[..end.unwrap_or(url.len())];
    let name = if url.starts_with("node:") || !url.contains('/') {
        url.to_owned()
    } else {
        short_file(url)
    };
    name.chars().take(MAX_NAME).collect()
}

fn last_part(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_the_name_of_its_file_without_query_and_content() {
        for (url, name) in [
            ("file:///srv/app/lib/store.mjs", "lib/store.mjs"),
            ("file:///srv/app/plugin.mjs?v=17", "app/plugin.mjs"),
            ("file:///srv/app/plugin.mjs#a/b", "app/plugin.mjs"),
            (
                "file:///srv/node_modules/debug/src/node.js",
                "debug/src/node.js",
            ),
            (
                "data:text/javascript,export const a = 1",
                "data:text/javascript",
            ),
            ("data:text/javascript;base64,AAAA", "data:text/javascript"),
            ("node:fs/promises", "node:fs/promises"),
            ("vm:module(0)", "vm:module(0)"),
            ("plugin.mjs", "plugin.mjs"),
            ("https://host/a/b.mjs?x", "a/b.mjs"),
        ] {
            assert_eq!(short_url(url), name);
        }
    }
}
