//! Which variables no living closure reads: on contexts as V8 writes them, with the scripts in the snapshot.

use super::super::*;
use crate::testing::Random;
use crate::{EdgeType, NodeType};

mod program;

use program::{Program, subscription};

#[test]
fn the_leak_of_the_subscription_application_is_its_unread_variable() {
    let answer = subscription(5).answer();
    assert_eq!(
        (
            answer.unread_count,
            answer.known_count,
            answer.context_count
        ),
        (4, 5, 5)
    );
    let [unread] = answer
        .variables
        .iter()
        .filter(|one| one.is_read == Some(false))
        .collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", answer.variables);
    };
    assert_eq!((unread.name.as_str(), unread.contexts), ("original", 4));
    // Four templates with their closures, contexts and what V8 has beside them, each counted once.
    assert_eq!(unread.retained_bytes, 4 * (1000 + 64 + 32 + 56));
    assert_eq!(answer.unread_bytes, unread.retained_bytes);
    let function = unread.function.as_ref().expect("the function is alive");
    assert_eq!(
        (function.name.as_str(), function.position.line),
        ("refresh", 3)
    );
    assert_eq!(unread.closures[0].name, "send");
    let read = answer
        .variables
        .iter()
        .find(|one| one.name == "template")
        .expect("listed");
    assert_eq!(read.is_read, Some(true));
}

#[test]
fn a_variable_is_read_while_one_closure_is_alive_that_names_it() {
    let mut program = subscription(3);
    let contexts: Vec<usize> = (0..program.graph.nodes.len())
        .filter(|&node| {
            program.graph.nodes[node]
                .edges
                .iter()
                .any(|edge| edge.name == "original")
        })
        .collect();
    for context in contexts {
        program.closure("log", "/*2*/", context);
    }
    assert_eq!(program.answer().unread_count, 0);
}

#[test]
fn closures_of_contexts_within_read_the_variables_around() {
    let text = "f/*0*/() { a; }; g/*1*/() { b; }; h/*2*/() { x.c; ({ d: 1 }) }";
    let mut program = Program::new(text);
    let outer = program.context(None);
    let (inner, other) = (program.context(Some(outer)), program.context(Some(outer)));
    for name in ["a", "b", "c", "d"] {
        program.variable(outer, name, 10);
        program.variable(inner, name, 10);
    }
    program.closure("f", "/*0*/", inner);
    program.closure("g", "/*1*/", other);
    program.closure("h", "/*2*/", outer);
    // A key may be a variable as well as far as the text says; what stands behind a dot is none.
    let expected = [
        ("a", true),
        ("a", true),
        ("b", false),
        ("b", true),
        ("c", false),
        ("c", false),
        ("d", false),
        ("d", true),
    ];
    assert_eq!(
        program.variables(),
        expected.map(|(name, is_read)| (name.to_owned(), Some(is_read)))
    );
}

#[test]
fn what_may_read_without_a_closure_is_not_known() {
    let text = "f/*0*/() { a; }; g/*1*/() { eval('b'); }; h/*2*/() { if (a) {} /b'/ }";
    let one = || {
        let mut program = Program::new(text);
        let context = program.context(None);
        program.variable(context, "b", 10);
        program.closure("f", "/*0*/", context);
        (program, context)
    };
    let (program, _) = one();
    assert_eq!(
        (program.answer().unread_count, program.reasons()),
        (1, vec![])
    );

    // A function that runs: V8 finds its context on the stack.
    let (mut program, context) = one();
    let stack = program.graph.node(NodeType::Synthetic, "(Stack roots)", 0);
    program.graph.indexed(0, EdgeType::Element, 1, stack);
    program.graph.indexed(stack, EdgeType::Element, 0, context);
    assert_eq!(
        (program.answer().unread_count, program.reasons()),
        (0, vec![Unknown::OtherHolder])
    );

    // The arguments of a sloppy function.
    let (mut program, context) = one();
    let elements = program
        .graph
        .node(NodeType::Hidden, "system / SloppyArgumentsElements", 32);
    program
        .graph
        .property(program.global, "arguments", elements);
    program
        .graph
        .indexed(elements, EdgeType::Hidden, 0, context);
    assert_eq!(program.reasons(), [Unknown::OtherHolder]);

    let (mut program, context) = one();
    program.closure("g", "/*1*/", context);
    assert_eq!(program.reasons(), [Unknown::Eval]);

    let (mut program, context) = one();
    let within = program.context(Some(context));
    program.closure("h", "/*2*/", within);
    assert_eq!(program.reasons(), [Unknown::Syntax]);

    // A closure whose place is not known.
    let (mut program, context) = one();
    let closure = program.closure("f", "/*0*/", context);
    program.graph.nodes[closure].location = None;
    assert_eq!(program.reasons(), [Unknown::OtherHolder]);
}

#[test]
fn a_function_that_waits_goes_on_with_its_own_text() {
    let text = "gen/*0*/() { const a = {}; const f = /*1*/() => b; yield 1; c; }";
    let mut program = Program::new(text);
    let outer = program.context(None);
    let context = program.context(Some(outer));
    for name in ["a", "b", "c", "d"] {
        program.variable(context, name, 10);
    }
    program.closure("f", "/*1*/", context);
    let function = program.closure("gen", "/*0*/", outer);
    let generator = program.graph.object("Generator", 88);
    program.graph.property(program.global, "waiting", generator);
    program
        .graph
        .named(generator, EdgeType::Internal, "function", function);
    program
        .graph
        .named(generator, EdgeType::Internal, "context", context);
    let registers = program.graph.node(NodeType::Array, "", 56);
    program.graph.named(
        generator,
        EdgeType::Internal,
        "parameters_and_registers",
        registers,
    );
    program
        .graph
        .named(registers, EdgeType::Internal, "1", context);
    let expected = [("a", true), ("b", true), ("c", true), ("d", false)];
    assert_eq!(
        program.variables(),
        expected.map(|(name, is_read)| (name.to_owned(), Some(is_read)))
    );

    // A scope of it that no closure has, and the variables around.
    let around = program.variable(outer, "c", 10);
    let other = program.variable(outer, "e", 10);
    let known = program.answer();
    let outer_variables: Vec<_> = known
        .variables
        .iter()
        .filter(|one| {
            [around, other]
                .map(|node| 2 * node as u64 + 1)
                .contains(&one.value.id)
        })
        .collect();
    assert_eq!(
        outer_variables
            .iter()
            .map(|one| (one.name.as_str(), one.is_read))
            .collect::<Vec<_>>(),
        [("c", Some(true)), ("e", Some(false))]
    );
    let waits = program.context(Some(outer));
    program
        .graph
        .named(generator, EdgeType::Internal, "context", waits);
    assert_eq!(program.reasons(), []);

    // The same array, which something else has as well.
    program
        .graph
        .property(program.global, "registers", registers);
    assert_eq!(program.reasons(), [Unknown::OtherHolder]);
}

#[test]
fn a_text_is_that_of_a_file_only_where_the_snapshot_agrees() {
    let long = format!("f/*0*/() {{ a; }}; //{}\n", "x".repeat(2000));
    let mut program = Program::new(&long);
    let context = program.context(None);
    program.variable(context, "b", 10);
    program.closure("f", "/*0*/", context);
    program.graph.nodes[program.source].name = long[..1024].to_owned();
    assert_eq!(program.reasons(), [Unknown::NoText]);
    assert_eq!(program.answer().scripts[0].script, "/srv/app.js");
    let asked = |text: &str| {
        let answer = program.asked(&|name| (name == "/srv/app.js").then(|| text.to_owned()));
        let reasons: Vec<_> = answer.unknown.iter().map(|entry| entry.reason).collect();
        (answer.unread_count, reasons)
    };
    assert_eq!(asked(&long), (1, vec![]));
    assert_eq!(asked(&format!("\u{feff}{long}")), (1, vec![]));
    assert_eq!(
        asked(&long.replace("a;", "b;")),
        (0, vec![Unknown::OtherText])
    );
    assert_eq!(
        asked(&format!("{long}b() ")[..]),
        (1, vec![]),
        "within what V8 rounds to"
    );
    assert_eq!(
        asked(&format!("{long}{long}")),
        (0, vec![Unknown::OtherText])
    );
    // Without its own beginning, no file is believed.
    program.graph.nodes[program.script].edges.clear();
    assert_eq!(program.reasons(), [Unknown::NoText]);
}

#[test]
fn node_s_own_modules_are_left_out() {
    let mut program = Program::new("f/*0*/() {}");
    program.graph.nodes[program.script].name = "node:events".to_owned();
    let context = program.context(None);
    program.variable(context, "a", 10);
    program.closure("f", "/*0*/", context);
    let answer = program.answer();
    assert_eq!(
        (
            answer.context_count,
            answer.variables.len(),
            answer.scripts.len()
        ),
        (0, 0, 0)
    );
}

#[test]
fn what_is_held_elsewhere_is_not_freed() {
    let mut program = Program::new("f/*0*/() {}; g/*1*/() { read }");
    let (one, two) = (program.context(None), program.context(None));
    program.closure("f", "/*0*/", one);
    program.closure("g", "/*1*/", two);
    let alone = program.variable(one, "alone", 1);
    let shared = program.variable(one, "shared", 20);
    program.graph.named(two, EdgeType::Context, "read", shared);
    let global = program.variable(one, "global", 300);
    program.graph.property(program.global, "it", global);
    // What points back from within is no holder.
    let part = program.graph.object("Part", 4000);
    program.graph.property(alone, "part", part);
    program.graph.property(part, "whole", alone);
    let answer = program.answer();
    let kept: Vec<_> = answer
        .variables
        .iter()
        .map(|one| (one.name.as_str(), one.retained_bytes))
        .collect();
    assert_eq!(kept, [("alone", 4001)]);
    assert_eq!((answer.unread_count, answer.unread_bytes), (3, 4001));
}

#[test]
fn any_graph_has_an_answer() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut program = Program::new("f/*0*/() { a }; g/*1*/() { eval(b) }; h/*2*/() { c }");
        let mut nodes = vec![program.global];
        for _ in 0..random.below(30) {
            let around = random.one_in(2).then(|| *random.pick(&nodes));
            let context = program.context(around);
            nodes.push(context);
            let at = *random.pick(&nodes);
            let mark = *random.pick(&["/*0*/", "/*1*/", "/*2*/"]);
            nodes.push(program.closure("f", mark, at));
            let (from, to) = (*random.pick(&nodes), *random.pick(&nodes));
            let kind = *random.pick(&[
                EdgeType::Context,
                EdgeType::Internal,
                EdgeType::Property,
                EdgeType::Weak,
            ]);
            let name = *random.pick(&[
                "a",
                "b",
                "c",
                "context",
                "previous",
                "function",
                "scope_info",
            ]);
            program.graph.named(from, kind, name, to);
        }
        let answer = program.answer();
        assert!(answer.known_count <= answer.context_count);
    }
}
