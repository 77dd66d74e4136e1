//! Functions: their names, and where they stand in the source. All of it hangs on the
//! SharedFunctionInfo, whose name is a string, a ScopeInfo that has one, or nothing yet.

use crate::layout::{Generation, Kind};
use crate::objects::text::LONGEST_NAME;
use crate::space::{Heap, smi};

/// Bits of a ScopeInfo's flags, the same in all five versions.
const SAVED_CLASS_VARIABLE: u64 = 1 << 10;
const FUNCTION_NAME: u64 = 3 << 12;
const INFERRED_NAME: u64 = 1 << 14;
/// Functions, modules and scripts declare variables; blocks and the like do not.
pub(super) const DECLARATION_SCOPE: u64 = 1 << 6;
/// A context of this scope has a slot for an extension.
pub(super) const CONTEXT_EXTENSION: u64 = 1 << 26;
/// With more variables their names are in a hash table, in one slot.
const INLINE_NAMES: u64 = 75;
/// No function has more variables. A bound against hostile lengths.
const MOST_VARIABLES: i64 = 100_000;
/// Of a Script: its source and its name. In bytes.
const SCRIPT_SOURCE: u64 = 8;
const SCRIPT_NAME: u64 = 16;
/// From V8 13 a ScopeInfo has its start position in a slot of its own. In bytes.
const SCOPE_START: u64 = 32;

/// The parts of a ScopeInfo.
pub(super) struct Scope {
    pub flags: u64,
    /// The first slot with the name of a variable, and how many there are. 0 where they are in a
    /// hash table.
    pub first_name: u64,
    pub names: u64,
    /// Where the optional parts begin, in bytes.
    rest: u64,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub script: u64,
    /// In UTF-16 units from the start of the source.
    pub position: i64,
}

impl Heap<'_> {
    /// Whether a word refers to a JavaScript function.
    pub(crate) fn is_function(&self, word: u64) -> bool {
        self.kind_of(word) == Kind::Function
    }

    /// Takes a ScopeInfo apart.
    pub(super) fn scope(&self, scope_info: u64) -> Scope {
        let word = self.field(scope_info, 8);
        // A small integer before V8 13, 32 raw bits from then on.
        let flags = if word & 0xffff_ffff == 0 {
            word >> 32
        } else {
            word & 0xffff_ffff
        };
        let count = smi(self.field(scope_info, 24)).clamp(0, MOST_VARIABLES) as u64;
        let mut first_name = 8 + 8 * self.layout.scope_variables;
        // A module has the number of its variables before their names: no name is a small integer.
        if count > 0 && self.field(scope_info, first_name) & 1 == 0 {
            first_name += 8;
        }
        let is_inline = count < INLINE_NAMES;
        let name_slots = if is_inline { count } else { 1 };
        Scope {
            flags,
            first_name,
            names: if is_inline { count } else { 0 },
            rest: first_name + 8 * (name_slots + count),
        }
    }

    /// The name of the function that a SharedFunctionInfo is for; empty where it has none.
    pub(crate) fn shared_name(&self, shared: u64) -> String {
        let name = self.field(shared, self.layout.offsets.shared_name);
        match self.kind_of(name) {
            kind if kind.is_string() => self.text(name, LONGEST_NAME),
            Kind::ScopeInfo => self.scope_name(name).unwrap_or_default(),
            _ => self
                .uncompiled_data(shared)
                .and_then(|data| self.text_of(self.field(data, 8)))
                .unwrap_or_default(),
        }
    }

    /// The function's name, or else the inferred one.
    fn scope_name(&self, scope_info: u64) -> Option<String> {
        let scope = self.scope(scope_info);
        let mut at = scope.rest;
        if scope.flags & SAVED_CLASS_VARIABLE != 0 {
            at += 8;
        }
        if scope.flags & FUNCTION_NAME != 0 {
            if let Some(name) = self.text_of(self.field(scope_info, at)) {
                return Some(name);
            }
            at += 16;
        }
        if scope.flags & INFERRED_NAME == 0 {
            return None;
        }
        self.text_of(self.field(scope_info, at))
    }

    /// What a function that was never compiled has instead of code.
    fn uncompiled_data(&self, shared: u64) -> Option<u64> {
        let data = self.layout.offsets.shared_data;
        // From V8 13 there are two fields for data, one of them for what the sandbox trusts.
        [data, data + 8]
            .into_iter()
            .map(|offset| self.field(shared, offset))
            .find(|&data| {
                self.is_object(data)
                    && self
                        .layout
                        .type_name(self.instance_type(data))
                        .starts_with("UncompiledData")
            })
    }

    /// Where a function begins.
    pub(crate) fn shared_place(&self, shared: u64) -> Option<Place> {
        let script = self.field(shared, self.layout.offsets.shared_script);
        let script = (self.kind_of(script) == Kind::Script).then_some(script)?;
        Some(Place {
            script,
            position: self.start_position(shared)?,
        })
    }

    fn start_position(&self, shared: u64) -> Option<i64> {
        let scope_info = self.field(shared, self.layout.offsets.shared_name);
        if self.kind_of(scope_info) == Kind::ScopeInfo {
            if self.layout.generation >= Generation::Node24 {
                return Some(smi(self.field(scope_info, SCOPE_START)));
            }
            let scope = self.scope(scope_info);
            let mut at = scope.rest;
            for (flag, bytes) in [
                (SAVED_CLASS_VARIABLE, 8),
                (FUNCTION_NAME, 16),
                (INFERRED_NAME, 8),
            ] {
                at += if scope.flags & flag != 0 { bytes } else { 0 };
            }
            let position = self.field(scope_info, at);
            if position & 0xffff_ffff == 0 {
                return Some(smi(position));
            }
        }
        let data = self.uncompiled_data(shared)?;
        Some(i64::from(self.half(data, 16)))
    }

    /// V8's number of a script, by which it is known in every snapshot of the process.
    pub(crate) fn script_id(&self, script: u64) -> Option<u32> {
        let word = self.field(script, self.layout.offsets.script_id?);
        let number = (word & 0xffff_ffff == 0).then(|| smi(word))?;
        u32::try_from(number).ok().filter(|&number| number > 0)
    }

    /// The name of a script: a file, a URL, `node:fs`.
    pub(crate) fn script_name(&self, script: u64) -> Option<String> {
        self.text_of(self.field(script, SCRIPT_NAME))
    }

    /// The source of a script.
    pub(crate) fn script_source(&self, script: u64) -> Option<u64> {
        let source = self.field(script, SCRIPT_SOURCE);
        self.is_string(source).then_some(source)
    }
}
