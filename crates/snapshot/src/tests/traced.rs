//! The reader of allocation timelines: the same for every split, an error for what is no tree, however deep it is.

use crate::query::{Heap, QueryError, TimelineOptions, timeline};
use crate::testing::{Graph, Random, Style};
use crate::{SnapshotError, SnapshotErrorKind as Kind, TraceSample, TracedReader, Traces};

/// A timeline of four objects, of which V8 looked at the heap three times.
const TIMELINE: &str = r#"{"snapshot":{"meta":{
"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],
"node_types":[["hidden","object","synthetic"],"string","number","number","number","number","number"],
"edge_fields":["type","name_or_index","to_node"],"edge_types":[["property"],"string_or_number","node"],
"trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],
"trace_node_fields":["id","function_info_index","count","size","children"],
"sample_fields":["timestamp_us","last_assigned_id"]},"node_count":5,"edge_count":1,"trace_function_count":3},
"nodes":[2,0,1,0,1,0,0, 1,1,3,100,0,0,0, 1,1,5,200,0,3,0, 1,2,7,300,0,4,0, 1,2,11,400,0,0,0],
"edges":[0,1,7],
"trace_function_infos":[0,0,0,0,0,0, 9,3,5,7,2,3, 11,4,5,7,8,9],
"trace_tree":[1,0,5,500,[2,1,1,10,[3,2,20,2000,[]],4,2,10,3000,[]]],
"samples":[0,3,1000,5,2000,9],
"locations":[],
"strings":["","User","Cache","outer","inner","/srv/app.js"]}"#;

fn pushed(
    text: &[u8],
    mut size: impl FnMut(usize) -> usize,
) -> Result<(usize, Traces), SnapshotError> {
    let mut reader = TracedReader::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, others) = rest.split_at(size(rest.len()));
        reader.push(piece)?;
        rest = others;
    }
    let (snapshot, traces) = reader.finish()?;
    Ok((snapshot.node_count(), traces))
}

#[test]
fn any_split_gives_the_same_traces_or_the_same_error() {
    let whole = pushed(TIMELINE.as_bytes(), |rest| rest).expect("a timeline");
    assert_eq!(whole.0, 5);
    assert_eq!((whole.1.functions.len(), whole.1.stacks.len()), (3, 4));
    assert_eq!(
        whole.1.samples[2],
        TraceSample {
            at_us: 2000,
            last_id: 9
        }
    );
    assert_eq!(pushed(TIMELINE.as_bytes(), |_| 1), Ok(whole.clone()));
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let mut bytes = TIMELINE.as_bytes().to_vec();
        for _ in 0..random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = *random.pick(b"[],{}0123456789\"x ");
        }
        let at_once = pushed(&bytes, |rest| rest);
        let split = pushed(&bytes, |rest| 1 + random.below(rest));
        assert_eq!(at_once, split, "{seed}");
    }
}

#[test]
fn what_is_no_tree_is_an_error() {
    for (tree, kind) in [
        ("[1,0,5,[]]", Kind::Count),
        ("[1,0,5,500,6,[]]", Kind::Count),
        ("[1,0,5,500]", Kind::Count),
        ("[[]]", Kind::Count),
        ("{}", Kind::Syntax),
        ("[1,0,-5,500,[]]", Kind::Syntax),
        ("[99999999999999999999,0,5,500,[]]", Kind::Range),
    ] {
        let start = TIMELINE.find("\"trace_tree\":").expect("there") + "\"trace_tree\":".len();
        let end = TIMELINE.find(",\n\"samples\"").expect("there");
        let text = format!("{}{tree}{}", &TIMELINE[..start], &TIMELINE[end..]);
        let error = pushed(text.as_bytes(), |rest| rest).expect_err(tree);
        assert_eq!(error.kind, kind, "{tree}: {error}");
    }
}

#[test]
fn a_stack_may_be_deeper_than_any_recursion() {
    const DEPTH: usize = 300_000;
    let start = TIMELINE.find("[1,0,5,500").expect("there");
    let end = TIMELINE.find(",\n\"samples\"").expect("there");
    let tree = "[5,1,1,1,".repeat(DEPTH) + "[" + &"]".repeat(DEPTH + 1);
    let text = format!("{}{tree}{}", &TIMELINE[..start], &TIMELINE[end..]);
    let (_, traces) = pushed(text.as_bytes(), |rest| rest).expect("a timeline");
    assert_eq!(traces.stacks.len(), DEPTH);
}

fn ask(text: &str) -> Result<crate::query::TimelineAnswer, QueryError> {
    let mut reader = TracedReader::default();
    reader.push(text.as_bytes()).expect("readable");
    let (snapshot, traces) = reader.finish().expect("whole");
    timeline(
        &Heap::fast("app.heaptimeline", &snapshot),
        &traces,
        &TimelineOptions::default(),
    )
}

#[test]
fn what_is_alive_is_counted_by_moment_and_by_function() {
    let answer = ask(TIMELINE).expect("an answer");
    assert_eq!((answer.moment_count, answer.duration_us), (3, 2000));
    // The root and an object are older, another came after the last look.
    assert_eq!((answer.before.count, answer.before.bytes), (2, 100));
    assert_eq!((answer.after.count, answer.after.bytes), (1, 400));
    let moments: Vec<_> = answer
        .moments
        .iter()
        .map(|one| {
            (
                one.from_us,
                one.to_us,
                one.then_count,
                one.alive.bytes,
                one.class.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        moments,
        [
            (0, 1000, 1, 200, Some("User")),
            (1000, 2000, 2, 300, Some("Cache"))
        ]
    );
    assert_eq!((answer.untraced.count, answer.untraced.bytes), (1, 400));
    let [inner, outer] = &answer.functions[..] else {
        panic!("{:?}", answer.functions);
    };
    assert_eq!(
        (inner.function.name.as_str(), outer.function.name.as_str()),
        ("inner", "outer")
    );
    assert_eq!((inner.allocated_count, inner.allocated_bytes), (30, 5000));
    assert_eq!((inner.alive.count, inner.alive.bytes), (2, 500));
    // Of its two stacks the one of which more is alive: that without a caller.
    assert_eq!(inner.callers.len(), 0);
    let position = inner.function.position.as_ref().expect("a place");
    assert_eq!((position.line, position.column), (7, 8));
    assert_eq!(position.script.as_deref(), Some("/srv/app.js"));
}

#[test]
fn many_moments_are_put_together_in_the_order_of_time() {
    let many: Vec<String> = (1..=1000)
        .map(|at| format!("{},{}", at * 10, 3 + 2 * at))
        .collect();
    let text = TIMELINE.replace("0,3,1000,5,2000,9", &format!("0,3,{}", many.join(",")));
    let answer = ask(&text).expect("an answer");
    assert_eq!((answer.moment_count, answer.moments.len()), (1001, 20));
    for pair in answer.moments.windows(2) {
        assert_eq!(pair[0].to_us, pair[1].from_us);
    }
    assert_eq!(
        answer.moments.iter().map(|one| one.then_count).sum::<u64>(),
        1000
    );
}

#[test]
fn times_and_numbers_that_fall_are_taken_as_none() {
    let text = TIMELINE.replace(
        "0,3,1000,5,2000,9",
        "5000,3,1000,50,2000,9,18446744073709551615,0",
    );
    let answer = ask(&text).expect("an answer");
    let then: u64 = answer.moments.iter().map(|one| one.then_count).sum();
    assert_eq!(then, 23);
}

#[test]
fn an_ordinary_snapshot_has_no_timeline() {
    let mut graph = Graph::new();
    graph.global();
    for style in Style::ALL {
        let text = String::from_utf8(graph.to_json(style)).expect("UTF-8");
        assert_eq!(ask(&text), Err(QueryError::NoTimeline), "{style:?}");
    }
}
