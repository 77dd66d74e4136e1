//! An inspector's CPU profile, read for which function runs inside of which. Takes none.

use std::collections::HashMap;

use memwatch_detector::sites::inlined::TimedCall;
use memwatch_detector::sites::{CallTree, Function};
use serde::Deserialize;

/// `Profiler.Profile` of the Chrome DevTools Protocol, as far as it is needed.
#[derive(Deserialize)]
pub(super) struct CpuProfile {
    nodes: Vec<CpuNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuNode {
    id: u32,
    call_frame: CpuFrame,
    #[serde(default)]
    hit_count: u64,
    #[serde(default)]
    children: Vec<u32>,
}

/// Lines and columns count from 0, -1 where there is none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CpuFrame {
    function_name: String,
    script_id: String,
    url: String,
    line_number: i64,
    column_number: i64,
}

impl CpuProfile {
    /// The calls, each with those made in it.
    pub(super) fn into_tree(self) -> CallTree {
        let places: HashMap<u32, usize> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id, place))
            .collect();
        let from_1 = |number: i64| u32::try_from(number + 1).unwrap_or(0);
        let calls = self.nodes.into_iter().map(|node| TimedCall {
            function: Function {
                name: node.call_frame.function_name,
                script: node.call_frame.url,
                script_id: node.call_frame.script_id.parse().unwrap_or(0),
                line: from_1(node.call_frame.line_number),
                column: from_1(node.call_frame.column_number),
            },
            hits: node.hit_count,
            callees: node
                .children
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect(),
        });
        CallTree {
            calls: calls.collect(),
        }
    }
}
