//! A profile as the JSON of a `.heapprofile` file, which Chrome DevTools and speedscope
//! open: `HeapProfiler.SamplingHeapProfile` of the Chrome DevTools Protocol. Lines and
//! columns count from 0 there.

use memwatch_detector::sites::{Function, Node, NodeIndex, Profile};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallFrame<'a> {
    function_name: &'a str,
    script_id: String,
    url: &'a str,
    line_number: i64,
    column_number: i64,
}

impl<'a> CallFrame<'a> {
    fn of(function: &'a Function) -> Self {
        Self {
            function_name: &function.name,
            script_id: function.script_id.to_string(),
            url: &function.script,
            // -1 where it is not known, as V8's own inspector has it.
            line_number: i64::from(function.line) - 1,
            column_number: i64::from(function.column) - 1,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleEntry {
    size: u64,
    node_id: u32,
    ordinal: u64,
}

/// The file's text. Trees are as deep as stacks are, so they are written without
/// recursion.
pub fn heap_profile_json(profile: &Profile) -> String {
    let mut callees: Vec<Vec<NodeIndex>> = vec![Vec::new(); profile.nodes.len()];
    for (index, node) in profile.nodes.iter().enumerate() {
        if let Some(of_caller) = node.caller.and_then(|caller| callees.get_mut(caller)) {
            of_caller.push(index);
        }
    }
    let mut out = String::from("{\"head\":");
    match profile.nodes.first() {
        Some(root) => open(&mut out, profile, root),
        None => open(&mut out, profile, &NO_ROOT),
    }
    // Calls whose callees are being written, with how many of them are.
    let mut inside: Vec<(NodeIndex, usize)> = vec![(0, 0)];
    while let Some((node, written)) = inside.last_mut() {
        match callees.get(*node).and_then(|callees| callees.get(*written)) {
            Some(&callee) => {
                if *written > 0 {
                    out.push(',');
                }
                *written += 1;
                open(&mut out, profile, &profile.nodes[callee]);
                inside.push((callee, 0));
            }
            None => {
                out.push_str("]}");
                inside.pop();
            }
        }
    }
    let samples: Vec<SampleEntry> = profile
        .samples
        .iter()
        .map(|sample| SampleEntry {
            size: sample.bytes,
            node_id: profile.nodes.get(sample.node).map_or(0, |node| node.id),
            ordinal: sample.id,
        })
        .collect();
    out.push_str(",\"samples\":");
    out.push_str(&json(&samples));
    out.push('}');
    out
}

/// What a file without any call has for its root.
const NO_ROOT: Node = Node {
    caller: None,
    function: 0,
    id: 1,
    self_bytes: 0,
    self_count: 0,
};

/// Writes a call up to the beginning of its callees.
fn open(out: &mut String, profile: &Profile, node: &Node) {
    let nobody = Function::default();
    let function = profile.functions.get(node.function).unwrap_or(&nobody);
    out.push_str("{\"callFrame\":");
    out.push_str(&json(&CallFrame::of(function)));
    out.push_str(&format!(
        ",\"selfSize\":{},\"id\":{},\"children\":[",
        node.self_bytes, node.id
    ));
}

fn json(value: &impl Serialize) -> String {
    // Plain structs of strings and numbers: nothing in them can fail.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use memwatch_detector::sites::Sample;

    #[test]
    fn a_file_is_what_devtools_reads() {
        let function = |name: &str, script: &str, line| Function {
            name: name.to_owned(),
            script: script.to_owned(),
            script_id: i32::from(line > 0),
            line,
            column: line,
        };
        let node = |caller, function, self_bytes| Node {
            caller,
            function,
            id: function as u32 + 1,
            self_bytes,
            self_count: 1,
        };
        let profile = Profile {
            functions: vec![
                function("(root)", "", 0),
                function("say \"hi\"", "file:///a.mjs", 3),
                function("b", "/b.js", 1),
            ],
            nodes: vec![
                node(None, 0, 0),
                node(Some(0), 1, 5),
                node(Some(1), 2, 7),
                node(Some(0), 2, 9),
            ],
            samples: vec![Sample {
                node: 2,
                bytes: 7,
                id: 4,
            }],
        };
        assert_eq!(
            heap_profile_json(&profile),
            concat!(
                r#"{"head":{"callFrame":{"functionName":"(root)","scriptId":"0","url":"","lineNumber":-1,"columnNumber":-1},"selfSize":0,"id":1,"children":["#,
                r#"{"callFrame":{"functionName":"say \"hi\"","scriptId":"1","url":"file:///a.mjs","lineNumber":2,"columnNumber":2},"selfSize":5,"id":2,"children":["#,
                r#"{"callFrame":{"functionName":"b","scriptId":"1","url":"/b.js","lineNumber":0,"columnNumber":0},"selfSize":7,"id":3,"children":[]}]},"#,
                r#"{"callFrame":{"functionName":"b","scriptId":"1","url":"/b.js","lineNumber":0,"columnNumber":0},"selfSize":9,"id":3,"children":[]}]},"#,
                r#""samples":[{"size":7,"nodeId":3,"ordinal":4}]}"#,
            )
        );
    }

    #[test]
    fn an_empty_profile_is_a_file_with_a_root() {
        let text = heap_profile_json(&Profile::default());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["head"]["children"], serde_json::json!([]));
        assert_eq!(value["samples"], serde_json::json!([]));
    }

    #[test]
    fn a_very_deep_stack_is_written() {
        let mut profile = Profile {
            functions: vec![Function::default()],
            ..Profile::default()
        };
        for index in 0..100_000_usize {
            profile.nodes.push(Node {
                caller: index.checked_sub(1),
                ..NO_ROOT
            });
        }
        let text = heap_profile_json(&profile);
        assert_eq!(text.matches("\"children\":[").count(), 100_000);
        assert_eq!(text.matches("]}").count(), 100_001);
    }
}
