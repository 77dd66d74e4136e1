//! A small program for the tests of `closures`: its script, its contexts and its closures. Asks and answers, checks nothing.

use super::super::super::*;
use crate::testing::Graph;
use crate::{Analysis, EdgeType, Location, NodeType};

pub(super) const SCRIPT: u32 = 7;

/// A heap with one script, whose text it has.
pub(super) struct Program {
    pub graph: Graph,
    pub global: usize,
    text: String,
    pub script: usize,
    pub source: usize,
}

impl Program {
    pub(super) fn new(text: &str) -> Self {
        let mut graph = Graph::new();
        let global = graph.global();
        let script = graph.node(NodeType::Code, "/srv/app.js", 100);
        let source = graph.node(NodeType::String, text, 16 + text.len() as u64);
        graph.named(script, EdgeType::Internal, "source", source);
        Self {
            graph,
            global,
            text: text.to_owned(),
            script,
            source,
        }
    }

    pub(super) fn context(&mut self, around: Option<usize>) -> usize {
        let context = self.graph.object("system / Context", 32);
        if let Some(around) = around {
            self.graph
                .named(context, EdgeType::Internal, "previous", around);
        }
        context
    }

    /// A closure that is alive, of the function at the place of a mark.
    pub(super) fn closure(&mut self, name: &str, mark: &str, context: usize) -> usize {
        let at = self.text.find(mark).expect(mark) + mark.len();
        let line = self.text[..at].matches('\n').count();
        let column = at - self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let shared = self.graph.node(NodeType::Code, name, 56);
        self.graph
            .named(shared, EdgeType::Internal, "script", self.script);
        let closure = self.graph.node(NodeType::Closure, name, 64);
        self.graph.nodes[closure].location = Some(Location {
            script_id: SCRIPT,
            line: line as u32,
            column: column as u32,
        });
        self.graph
            .named(closure, EdgeType::Internal, "shared", shared);
        self.graph
            .named(closure, EdgeType::Internal, "context", context);
        let access = format!("closure{closure}");
        self.graph.property(self.global, &access, closure);
        closure
    }

    /// An object of so many bytes that a variable holds.
    pub(super) fn variable(&mut self, context: usize, name: &str, bytes: u64) -> usize {
        let value = self.graph.object("Object", bytes);
        self.graph.named(context, EdgeType::Context, name, value);
        value
    }

    pub(super) fn asked(&self, files: ScriptText<'_>) -> ClosuresAnswer {
        let snapshot = self.graph.snapshot();
        let analysis = Analysis::of(&snapshot, 1);
        let heap = Heap::exact("app.heapsnapshot", &snapshot, &analysis);
        closures(&heap, files, &ClosuresOptions::default()).expect("an answer")
    }

    pub(super) fn answer(&self) -> ClosuresAnswer {
        self.asked(&|_| None)
    }

    /// Names with whether they are read.
    pub(super) fn variables(&self) -> Vec<(String, Option<bool>)> {
        let variables = self.answer().variables.into_iter();
        let mut variables: Vec<_> = variables.map(|one| (one.name, one.is_read)).collect();
        variables.sort();
        variables
    }

    pub(super) fn reasons(&self) -> Vec<Unknown> {
        self.answer()
            .unknown
            .iter()
            .map(|entry| entry.reason)
            .collect()
    }
}

const SUBSCRIPTION: &str = "
function subscribe/*0*/() {
  let template = null;
  function refresh/*1*/() {
    const original = template;
    const log = /*2*/() => { if (original) console.log('Replacing'); };
    template = { send: /*3*/() => console.log('original') };
    log();
  }
  setInterval(refresh, 1000);
}";

/// The chain of the subscription application, so many links long.
pub(super) fn subscription(links: usize) -> Program {
    let mut program = Program::new(SUBSCRIPTION);
    let outer = program.context(None);
    program.closure("refresh", "/*1*/", outer);
    let scope = program.graph.node(NodeType::Code, "system / ScopeInfo", 96);
    for (at, text) in ["original", "refresh"].iter().enumerate() {
        let text = program.graph.node(NodeType::String, text, 24);
        program
            .graph
            .indexed(scope, EdgeType::Hidden, at as u32, text);
    }
    let mut newest = None;
    for _ in 0..links {
        let template = program.graph.object("Object", 1000);
        let context = program.context(Some(outer));
        program
            .graph
            .named(context, EdgeType::Internal, "scope_info", scope);
        if let Some(original) = newest {
            program
                .graph
                .named(context, EdgeType::Context, "original", original);
        }
        // Only the newest is held by more than the chain.
        let send = program.closure("send", "/*3*/", context);
        let access = format!("closure{send}");
        program.graph.nodes[program.global]
            .edges
            .retain(|edge| edge.name != access);
        program.graph.property(template, "send", send);
        newest = Some(template);
    }
    let newest = newest.expect("a link");
    program
        .graph
        .named(outer, EdgeType::Context, "template", newest);
    program
}
