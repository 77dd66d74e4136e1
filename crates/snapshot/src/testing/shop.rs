//! The heap of a small shop, as V8 would write it: users with hidden classes, a
//! Map of sessions, closures with and without a context of their own, strings of
//! every sort, a buffer, something detached.

use super::Graph;
use crate::{EdgeType, Location, NodeType};

/// The graph with its landmarks.
pub struct Shop {
    /// All of it.
    pub graph: Graph,
    /// `User`s, by their nodes.
    pub users: Vec<usize>,
    /// The Map of sessions.
    pub sessions: usize,
    /// A function whose variables are the module's.
    pub send: usize,
    /// A sliced string, the only one to keep its parent.
    pub slice: usize,
}

impl Shop {
    /// With so many users, each with a session and a closure of its own.
    pub fn new(user_count: usize) -> Self {
        let mut shop = Self {
            graph: Graph::new(),
            users: Vec::new(),
            sessions: 0,
            send: 0,
            slice: 0,
        };
        let graph = &mut shop.graph;
        graph.extra_native_bytes = 4096;
        let global = graph.global();
        let app = graph.object("App", 40);
        graph.property(global, "app", app);
        graph.nodes[app].location = Some(place(7, 2, 14));
        shop.add_functions(app);
        shop.add_strings(app);
        shop.add_native(app);
        // Last, so that ids are the same in shops of other sizes.
        shop.add_users(app, user_count);
        shop
    }

    fn add_functions(&mut self, app: usize) {
        let graph = &mut self.graph;
        let script = graph.node(NodeType::Code, "/srv/shop/app.js", 136);
        let shared = graph.node(NodeType::Code, "send", 56);
        graph.named(shared, EdgeType::Internal, "script", script);
        let module = graph.object("system / Context", 32);
        let settings = graph.object("Object", 1000);
        graph.named(module, EdgeType::Context, "settings", settings);
        self.send = graph.node(NodeType::Closure, "send", 64);
        graph.nodes[self.send].location = Some(place(7, 40, 8));
        graph.named(self.send, EdgeType::Internal, "shared", shared);
        graph.named(self.send, EdgeType::Internal, "context", module);
        graph.property(app, "send", self.send);
        let receive = graph.node(NodeType::Closure, "receive", 64);
        graph.nodes[receive].location = Some(place(7, 44, 8));
        graph.named(receive, EdgeType::Internal, "context", module);
        graph.property(app, "receive", receive);
        let built_in = graph.node(NodeType::Closure, "push", 56);
        graph.property(app, "not an identifier", built_in);
    }

    fn add_users(&mut self, app: usize, count: usize) {
        let hidden_class = self.hidden_class(&["id", "name"]);
        let graph_users = self.graph.object("Array", 32);
        let store = self
            .graph
            .node(NodeType::Array, "(object elements)", 16 + 8 * count as u64);
        self.graph.property(app, "users", graph_users);
        self.graph
            .named(graph_users, EdgeType::Internal, "elements", store);
        self.sessions = self.graph.object("Map", 32);
        self.graph.property(app, "sessions", self.sessions);
        // 3 numbers, a slot for each bucket, 3 for each of two entries of a bucket.
        let buckets = count.div_ceil(2).max(1);
        let bytes = 16 + 8 * (3 + 7 * buckets as u64);
        let table = self.graph.node(NodeType::Array, "", bytes);
        self.graph
            .named(self.sessions, EdgeType::Internal, "table", table);
        for at in 0..count {
            let user = self.user(at, hidden_class);
            self.graph
                .indexed(graph_users, EdgeType::Element, at as u32, user);
            self.graph
                .named(store, EdgeType::Internal, &at.to_string(), user);
            let session = self.session(user);
            let key = self
                .graph
                .node(NodeType::String, &format!("session:{at}"), 32);
            let slot = 3 + buckets + 3 * at;
            self.graph
                .named(table, EdgeType::Internal, &slot.to_string(), key);
            self.graph
                .named(table, EdgeType::Internal, &(slot + 1).to_string(), session);
        }
        let seen = self.users[0];
        self.graph.named(app, EdgeType::Weak, "seen", seen);
    }

    /// V8's hidden class of objects that have these properties.
    fn hidden_class(&mut self, names: &[&str]) -> usize {
        let class = self.graph.node(NodeType::ObjectShape, "system / Map", 72);
        let descriptors = self
            .graph
            .node(NodeType::ObjectShape, "system / DescriptorArray", 72);
        self.graph
            .named(class, EdgeType::Internal, "descriptors", descriptors);
        for (at, name) in names.iter().enumerate() {
            let name = self.graph.node(NodeType::String, name, 24);
            self.graph
                .named(descriptors, EdgeType::Internal, &(3 * at).to_string(), name);
        }
        class
    }

    fn user(&mut self, at: usize, hidden_class: usize) -> usize {
        let user = self.graph.object("User", 48);
        self.graph.nodes[user].location = Some(place(7, 9, 13));
        let name = self.graph.node(NodeType::String, &format!("user-{at}"), 24);
        self.graph.property(user, "name", name);
        self.graph
            .named(user, EdgeType::Internal, "map", hidden_class);
        self.users.push(user);
        user
    }

    /// `{user, onClose}`, the closure having a context of its own.
    fn session(&mut self, user: usize) -> usize {
        let session = self.graph.object("Object", 32);
        self.graph.property(session, "user", user);
        let context = self.graph.object("system / Context", 48);
        self.graph
            .named(context, EdgeType::Context, "session", session);
        let log = self.graph.node(NodeType::Array, "", 200);
        self.graph.named(context, EdgeType::Context, "log", log);
        let close = self.graph.node(NodeType::Closure, "", 56);
        self.graph.nodes[close].location = Some(place(7, 20, 30));
        self.graph
            .named(close, EdgeType::Internal, "context", context);
        self.graph.property(session, "onClose", close);
        session
    }

    fn add_strings(&mut self, app: usize) {
        let graph = &mut self.graph;
        let texts = graph.object("Object", 64);
        graph.property(app, "texts", texts);
        for at in 0..4 {
            let copy = graph.node(NodeType::String, "the same text", 40);
            graph.property(texts, &format!("copy{at}"), copy);
        }
        let body = format!("<html>\n{}", "x".repeat(1017));
        let parent = graph.node(NodeType::String, &body, 500_000);
        self.slice = graph.node(NodeType::SlicedString, "(sliced string)", 32);
        graph.named(self.slice, EdgeType::Internal, "parent", parent);
        graph.property(texts, "title", self.slice);
        let joined = graph.node(NodeType::ConsString, "(concatenated string)", 32);
        for (edge, text) in [("first", "hello, "), ("second", "world")] {
            let part = graph.node(NodeType::String, text, 24);
            graph.named(joined, EdgeType::Internal, edge, part);
        }
        graph.property(texts, "greeting", joined);
    }

    fn add_native(&mut self, app: usize) {
        let graph = &mut self.graph;
        let buffer = graph.object("ArrayBuffer", 80);
        graph.property(app, "upload", buffer);
        let store = graph.node(NodeType::Native, "system / JSArrayBufferData", 65_536);
        graph.named(buffer, EdgeType::Internal, "backing_store", store);
        let script = graph.node(NodeType::Native, "Node / ContextifyScript", 88);
        graph.nodes[script].detachedness = 2;
        graph.property(app, "old", script);
    }

    /// V8's number of a node.
    pub fn id(&self, node: usize) -> u64 {
        self.graph.nodes[node].id
    }
}

fn place(script_id: u32, line: u32, column: u32) -> Location {
    Location {
        script_id,
        line,
        column,
    }
}
