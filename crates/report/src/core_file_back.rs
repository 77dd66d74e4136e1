//! The report of `core` read back from its JSON: the only one, because the redaction stands between that and its text.
//! Takes what memwatch wrote and nothing else: its error is that something is wrong, not what. Deserialize, derived, reads the
//! same with ten times the machine code.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core_file::{
    CoreCrash, CoreDoubts, CoreError, CoreFailure, CoreFrame, CoreIsolate, CoreMemory, CoreOutput,
    CoreProcess, CoreReport, CoreSignal, CoreSpace, CoreThread,
};

impl CoreReport {
    /// The report that this is the JSON of; nothing where it is another's.
    #[must_use]
    pub fn read_back(json: &Value) -> Option<Self> {
        ReadBack::read_back(json)
    }
}

trait ReadBack: Sized {
    fn read_back(json: &Value) -> Option<Self>;
}

/// Every field of a type, by the name that `serde` gives it.
macro_rules! read_back {
    ($type:ident { $($field:ident),* }) => {
        impl ReadBack for $type {
            fn read_back(json: &Value) -> Option<Self> {
                Some(Self { $($field: ReadBack::read_back(field(json, stringify!($field))?)?),* })
            }
        }
    };
}

read_back!(CoreReport {
    file,
    process,
    crash,
    threads,
    isolates,
    doubts,
    failure,
    output
});
read_back!(CoreProcess {
    pid,
    name,
    executable,
    node_version,
    v8_version,
    arguments,
    environment,
    heap_limits,
    signal,
    memory
});
read_back!(CoreSignal {
    number,
    name,
    sender,
    fault_address
});
read_back!(CoreMemory {
    ranges,
    bytes,
    writable_bytes,
    missing_bytes,
    mapped_files
});
read_back!(CoreCrash {
    out_of_memory,
    errors
});
read_back!(CoreError {
    address,
    isolate,
    class,
    message,
    code,
    stack,
    frames,
    is_pending
});
read_back!(CoreThread {
    id,
    isolate,
    has_stack,
    frames
});
read_back!(CoreFrame {
    function,
    script,
    line,
    column,
    is_call
});
read_back!(CoreIsolate {
    number,
    objects,
    used_bytes,
    bytes,
    spaces
});
read_back!(CoreSpace {
    name,
    pages,
    objects,
    used_bytes,
    bytes
});
read_back!(CoreDoubts {
    invalid_sizes,
    moved_objects,
    unread_bytes,
    untried_version
});
read_back!(CoreFailure { code, message });
read_back!(CoreOutput {
    file,
    bytes,
    nodes,
    edges,
    isolate
});

/// What stands under `usedBytes`, for `used_bytes`.
fn field<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    let mut words = name.split('_');
    let mut key = words.next()?.to_owned();
    for word in words {
        let (first, rest) = word.split_at_checked(1)?;
        key.push_str(&first.to_ascii_uppercase());
        key.push_str(rest);
    }
    json.get(key)
}

impl ReadBack for u64 {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_u64()
    }
}

impl ReadBack for u32 {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_u64()?.try_into().ok()
    }
}

impl ReadBack for i32 {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_i64()?.try_into().ok()
    }
}

impl ReadBack for bool {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_bool()
    }
}

impl ReadBack for String {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_str().map(str::to_owned)
    }
}

impl<T: ReadBack> ReadBack for Option<T> {
    fn read_back(json: &Value) -> Option<Self> {
        match json {
            Value::Null => Some(None),
            value => T::read_back(value).map(Some),
        }
    }
}

impl<T: ReadBack> ReadBack for Vec<T> {
    fn read_back(json: &Value) -> Option<Self> {
        json.as_array()?.iter().map(T::read_back).collect()
    }
}

impl<T: ReadBack> ReadBack for BTreeMap<String, T> {
    fn read_back(json: &Value) -> Option<Self> {
        let entries = json.as_object()?.iter();
        entries
            .map(|(key, value)| Some((key.clone(), T::read_back(value)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_that_is_missing_or_of_another_type_makes_it_no_report() {
        let written = serde_json::to_value(CoreReport::default()).expect("JSON");
        assert_eq!(
            CoreReport::read_back(&written),
            Some(CoreReport::default()),
            "{written}"
        );
        for (at, wrong) in [
            ("/process/pid", json!(-1)),
            ("/process/memory/missingBytes", json!("none")),
            ("/threads", json!({})),
            ("/doubts", json!(null)),
        ] {
            let mut other = written.clone();
            *other.pointer_mut(at).expect("a key") = wrong;
            assert_eq!(CoreReport::read_back(&other), None, "{at}");
        }
        let mut other = written;
        other.as_object_mut().expect("an object").remove("crash");
        assert_eq!(CoreReport::read_back(&other), None);
    }
}
