//! The class of an object, by V8's rules: the constructor of its map, else `Symbol.toStringTag`,
//! else `constructor` on the chain of prototypes. The same for all objects of a map.

use super::text::LONGEST_NAME;
use crate::layout::Kind;
use crate::space::{Heap, Walk};

/// Prototypes that are followed, and maps from which another came. Chains can be circular in
/// memory that was overwritten.
const LONGEST_CHAIN: usize = 100;
const LONGEST_TRANSITION: usize = 5000;
/// Units of a `Symbol.toStringTag`.
const LONGEST_TAG: usize = 200;

/// The two keys by which classes are found, tagged; 0 where the heap has none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Classes {
    constructor: u64,
    to_string_tag: u64,
}

impl Classes {
    /// Finds the keys among all strings and symbols of a heap.
    pub(crate) fn find(heap: &Heap<'_>, walk: &Walk) -> Self {
        let mut found = Self::default();
        // Both are of V8's own roots: internalized, and in read-only space from V8 10 on.
        let (read_only, others): (Vec<_>, Vec<_>) =
            (0..heap.pages.len()).partition(|&page| heap.pages[page].read_only);
        for page in read_only.into_iter().chain(others) {
            for (_, object) in walk.objects(heap, page) {
                found.note(heap, object);
                if found.constructor != 0 && found.to_string_tag != 0 {
                    return found;
                }
            }
        }
        found
    }

    fn note(&mut self, heap: &Heap<'_>, object: u64) {
        /// Strings of lower types are V8's internalized ones.
        const FIRST_NOT_INTERNALIZED: u16 = 32;
        let instance_type = heap.instance_type(object);
        let kind = heap.layout.kind(instance_type);
        if self.constructor == 0 && kind.is_string() && instance_type < FIRST_NOT_INTERNALIZED {
            let is_it = heap.string_length(object) == "constructor".len()
                && heap.text(object, LONGEST_TAG) == "constructor";
            self.constructor = if is_it { object } else { 0 };
        } else if self.to_string_tag == 0 && kind == Kind::Symbol {
            let is_it =
                heap.text_of(heap.field(object, 16)).as_deref() == Some("Symbol.toStringTag");
            self.to_string_tag = if is_it { object } else { 0 };
        }
    }

    /// The class of a JavaScript object.
    pub(crate) fn name(&self, heap: &Heap<'_>, object: u64) -> String {
        let map = heap.map(object);
        let constructor = constructor_of(heap, map);
        let bits = heap.map_bits(map);
        let function_name = |function: u64| {
            let name = heap.shared_name(heap.field(function, heap.layout.offsets.function_shared));
            (!name.is_empty()).then_some(name)
        };
        if bits.new_target_is_base && !bits.is_prototype {
            if heap.is_function(constructor) {
                if let Some(name) = function_name(constructor).filter(|name| name != "Object") {
                    return name;
                }
            } else if let Some(name) = template_name(heap, constructor) {
                return name;
            }
        }
        let tag =
            chain(heap, object).find_map(|object| heap.own_property(object, self.to_string_tag));
        if let Some(tag) = tag.and_then(|tag| heap.text_of(tag)) {
            return tag;
        }
        let named = chain(heap, heap.map_prototype(map))
            .filter_map(|object| heap.own_property(object, self.constructor))
            .filter(|&value| heap.is_function(value))
            .find_map(function_name);
        // An async function has neither prototype nor constructor.
        if named.is_none() && heap.kind(object) == Kind::Generator {
            return "Generator".into();
        }
        named
            .or_else(|| {
                heap.is_function(constructor)
                    .then(|| function_name(constructor))
                    .flatten()
            })
            .unwrap_or_else(|| "Object".into())
    }
}

/// The constructor of a map, through the maps that it came from.
pub(crate) fn constructor_of(heap: &Heap<'_>, map: u64) -> u64 {
    let mut constructor = heap.map_constructor(map);
    for _ in 0..LONGEST_TRANSITION {
        if heap.kind_of(constructor) != Kind::Map {
            break;
        }
        constructor = heap.map_constructor(constructor);
    }
    let is_pair = heap.is_object(constructor)
        && heap.layout.type_name(heap.instance_type(constructor)) == "Tuple2";
    if is_pair {
        heap.field(constructor, 8)
    } else {
        constructor
    }
}

/// Objects of an embedder's template go by its class name: the first string of its fields.
fn template_name(heap: &Heap<'_>, constructor: u64) -> Option<String> {
    let is_template = heap.is_object(constructor)
        && heap.layout.type_name(heap.instance_type(constructor)) == "FunctionTemplateInfo";
    if !is_template {
        return None;
    }
    let size = heap.size(constructor).min(8 * LONGEST_NAME as u64);
    let fields = (8..size)
        .step_by(8)
        .map(|offset| heap.field(constructor, offset));
    fields
        .filter(|&field| heap.is_string(field))
        .find_map(|field| heap.text_of(field))
}

/// An object and its prototypes, as far as they are JavaScript objects.
fn chain<'h>(heap: &'h Heap<'_>, first: u64) -> impl Iterator<Item = u64> + 'h {
    let is_js =
        |object: u64| heap.is_object(object) && heap.layout.is_js(heap.instance_type(object));
    let next =
        move |&object: &u64| Some(heap.map_prototype(heap.map(object))).filter(|&next| is_js(next));
    std::iter::successors(Some(first).filter(|&first| is_js(first)), next).take(LONGEST_CHAIN)
}
