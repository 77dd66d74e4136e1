//! How one build of V8 lays out its objects: what the executable exports, and a small table for
//! what it does not. Reads no memory.
//!
//! | from | what |
//! | --- | --- |
//! | the executable (`v8dbg_*`) | instance types, most offsets of fields |
//! | the order of the types | those without a name: between named neighbours, as V8 lists them by the alphabet |
//! | [`Generation`] | four things that moved between Node.js 18 and 26 and that nothing exports |

mod integers;
mod kind;
mod types;

use rustc_hash::FxHashMap;

use crate::error::{HeapError, HeapErrorKind};
use integers::Integers;
pub(crate) use kind::Kind;

/// Instance types are below this.
pub(crate) const TYPES: usize = 4096;

/// Bytes of a tagged slot without pointer compression, the only build that can be read.
pub(crate) const WORD: u64 = 8;

/// The releases of V8 that differ in what no symbol exports, by the first Node.js that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// V8 10.
    Node18,
    /// V8 11.
    Node20,
    /// V8 12.
    Node22,
    /// V8 13.
    Node24,
    /// V8 14.
    Node26,
}

impl Generation {
    /// By an instance type that came with it.
    fn of(integers: &Integers<'_>) -> Self {
        let has = |class| integers.instance_type(class).is_some();
        if has("ContextCell") {
            Self::Node26
        } else if has("ContextSidePropertyCell") {
            Self::Node24
        } else if has("CodeWrapper") {
            Self::Node22
        } else if has("InstructionStream") {
            Self::Node20
        } else {
            Self::Node18
        }
    }

    /// The major release of Node.js whose V8 it is.
    pub const fn node_major(self) -> u32 {
        match self {
            Self::Node18 => 18,
            Self::Node20 => 20,
            Self::Node22 => 22,
            Self::Node24 => 24,
            Self::Node26 => 26,
        }
    }

    /// From V8's table of roots to its `Heap`, in bytes. A check and a second try: the reader
    /// looks for the table itself.
    pub(crate) const fn roots_to_heap(self) -> u64 {
        match self {
            Self::Node18 => 0xc518,
            Self::Node20 => 0xd0d0,
            Self::Node22 => 0xdc50,
            Self::Node24 => 0xed80,
            Self::Node26 => 0xefc8,
        }
    }

    /// Where V8's `Heap` has the number that says whether a collection is under way, in the official builds.
    pub(crate) const fn collection_state(self) -> u64 {
        match self {
            Self::Node18 => 0x240,
            Self::Node20 | Self::Node26 => 0x228,
            Self::Node22 => 0x198,
            Self::Node24 => 0x220,
        }
    }

    /// Where the fields of an embedder begin in an object of its template. In bytes.
    pub(crate) fn api_object_head(self) -> u64 {
        if self >= Self::Node24 { 32 } else { 24 }
    }

    /// Where the cell of a FinalizationRegistry has its target; the token comes after it. In bytes.
    pub(crate) fn weak_cell_target(self) -> u64 {
        if self >= Self::Node26 { 24 } else { 16 }
    }

    /// Whether a symbol's flags say that it is the name of a private member: `#name`.
    pub(crate) fn is_private_name(self, flags: u32) -> bool {
        /// A bit of its own to V8 13; since then a number of two bits, of which 1 is a symbol of V8's own.
        const PRIVATE_NAME: u32 = 1 << 4;
        match self >= Self::Node26 {
            true => flags & 3 >= 2,
            false => flags & PRIVATE_NAME != 0,
        }
    }

    /// In a table of positions: flags below the difference of two offsets of bytecode.
    pub(crate) fn position_flag_bits(self) -> u32 {
        u32::from(self >= Self::Node26)
    }

    /// Whether the length of free space counts words; before it counted bytes.
    pub(crate) fn free_space_in_words(self) -> bool {
        self >= Self::Node24
    }
}

/// Offsets of fields, in bytes from the start of the object.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    /// Of a descriptor array: where the entries begin.
    pub descriptors: u64,
    pub function_shared: u64,
    pub function_context: u64,
    pub function_feedback_cell: u64,
    pub function_prototype: u64,
    pub function_code: u64,
    pub shared_data: u64,
    pub shared_name: u64,
    pub shared_script: u64,
    pub bytecode_data: u64,
    pub bytecode_positions: u64,
    pub buffer_store: u64,
    pub buffer_length: u64,
    /// Where its fields stand as in the five that were tried.
    pub script_id: Option<u64>,
}

/// The layout of one build.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) generation: Generation,
    pub(crate) offsets: Offsets,
    kinds: Vec<Kind>,
    type_names: Vec<String>,
    pub(crate) map_type: u16,
    /// JavaScript objects have this type or one above.
    pub(crate) first_js_type: u16,
    /// Of a name dictionary: its first entry, in slots.
    pub(crate) dictionary_start: u64,
    /// Of a ScopeInfo: its first variable, in slots.
    pub(crate) scope_variables: u64,
    /// The kind of elements that is a dictionary.
    pub(crate) dictionary_elements: u64,
}

impl Layout {
    /// The layout that an executable's integers describe.
    ///
    /// # Errors
    ///
    /// [`HeapErrorKind::PointerCompression`], and [`HeapErrorKind::MissingSymbol`] with the name.
    pub fn new(integers: &FxHashMap<String, i64>) -> Result<Self, HeapError> {
        let integers = Integers(integers);
        // Exported since V8 9; where it is not, slots have 8 bytes in all builds of Node.js.
        if integers
            .exact("TaggedSize")
            .is_ok_and(|size| size != WORD as i64)
        {
            let message = "this V8 was built with pointer compression, and its heap cannot be read";
            return Err(HeapError::new(HeapErrorKind::PointerCompression, message));
        }
        let generation = Generation::of(&integers);
        let (kinds, type_names) = types::assign(&integers)?;
        Ok(Self {
            generation,
            offsets: offsets(&integers, generation)?,
            kinds,
            type_names,
            map_type: integers.needed_type("Map")? as u16,
            first_js_type: integers.needed_type("JSProxy")? as u16,
            dictionary_start: integers.small("namedictionary_prefix_start_index")?
                + integers.small("namedictionaryshape_prefix_size")?,
            scope_variables: integers.small("scopeinfo_idx_first_vars")?,
            dictionary_elements: integers.small("elements_dictionary_elements")?,
        })
    }

    /// Which generation of V8 it is.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// How objects of an instance type are read.
    #[inline]
    pub(crate) fn kind(&self, instance_type: u16) -> Kind {
        self.kinds[usize::from(instance_type) & (TYPES - 1)]
    }

    /// V8's name for an instance type; empty where it has none.
    pub(crate) fn type_name(&self, instance_type: u16) -> &str {
        &self.type_names[usize::from(instance_type) & (TYPES - 1)]
    }

    /// Whether objects of the type are visible to JavaScript.
    #[inline]
    pub(crate) fn is_js(&self, instance_type: u16) -> bool {
        instance_type >= self.first_js_type
    }
}

fn offsets(integers: &Integers<'_>, generation: Generation) -> Result<Offsets, HeapError> {
    let script = integers.offset("SharedFunctionInfo", "raw_script");
    let script = script.or_else(|| integers.offset("SharedFunctionInfo", "script_or_debug_info"));
    let feedback_metadata = integers.needed_offset("SharedFunctionInfo", "feedback_metadata")?;
    let code = integers.offset("JSFunction", "code");
    Ok(Offsets {
        descriptors: integers.small("class_DescriptorArray__header_size__uintptr_t")?,
        function_shared: integers.needed_offset("JSFunction", "shared")?,
        function_context: integers.needed_offset("JSFunction", "context")?,
        function_feedback_cell: integers.needed_offset("JSFunction", "raw_feedback_cell")?,
        function_prototype: integers.needed_offset("JSFunction", "prototype_or_initial_map")?,
        // Not exported by V8 11 and from V8 12 on.
        function_code: code.unwrap_or(if generation == Generation::Node20 {
            48
        } else {
            24
        }),
        shared_data: WORD,
        // The name stands right before the feedback's metadata, in all five.
        shared_name: feedback_metadata.saturating_sub(WORD),
        shared_script: script.unwrap_or(32),
        bytecode_data: integers.needed_offset("BytecodeArray", "data")?,
        bytecode_positions: if generation >= Generation::Node22 {
            24
        } else {
            32
        },
        buffer_store: integers.needed_offset("JSArrayBuffer", "backing_store")?,
        buffer_length: integers.needed_offset("JSArrayBuffer", "byte_length")?,
        script_id: script_id(integers),
    })
}

/// The number of a script stands between two fields that are exported.
fn script_id(integers: &Integers<'_>) -> Option<u64> {
    let before = integers.offset("Script", "line_ends")?;
    let names = [
        "eval_from_shared_or_wrapped_arguments",
        "eval_from_shared_or_wrapped_arguments_or_sfi_table",
    ];
    let after = names
        .into_iter()
        .find_map(|name| integers.offset("Script", name))?;
    (before + 2 * WORD == after).then_some(before + WORD)
}

#[cfg(test)]
mod tests {
    use super::Generation::{Node18, Node24, Node26};

    /// As read of symbols of the official builds: a private name, a brand, one of V8's own, `Symbol.for`, a plain one.
    #[test]
    fn the_flags_of_private_names_moved() {
        let of = |generation: super::Generation, flags: [u32; 5]| {
            flags.map(|flags| generation.is_private_name(flags))
        };
        let expected = [true, true, false, false, false];
        assert_eq!(of(Node18, [0x11, 0x31, 1, 4, 0]), expected);
        assert_eq!(of(Node24, [0x11, 0x31, 1, 4, 0]), expected);
        assert_eq!(of(Node26, [2, 3, 1, 8, 0]), expected);
    }
}
