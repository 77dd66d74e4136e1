//! Which functions answer for what a call allocated, and to what share: steps 1 to 4
//! of the rule in the module's documentation.

use super::inlined::Chain;
use super::owner::{Owner, is_constructor};
use super::profile::{NodeIndex, Profile};

/// What a function answers for, of what its callee of the same package does. A caller
/// thus comes before each of its callees that has less than this part of its growth.
pub const CALLER_SHARE: f64 = 0.7;

/// The same from one package to the code that called it: so that the first three
/// suspects hold the packages of a stack rather than one package three times.
pub const RUN_SHARE: f64 = 0.5;

/// What answers for an allocation inside of a function that others were compiled into:
/// those likely to have run get this part, the function that was recorded all the rest.
/// At a half, it always comes before each of them.
pub const LIKELY: f64 = 0.5;

/// Frames further out than this many that answer have a part in everything: an entry
/// point, a router.
const ANSWERABLE: usize = 16;

/// One function's part in what a call allocated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Index into [`Profile::functions`].
    pub function: usize,
    /// From 0 to 1.
    pub share: f64,
    /// The part of the bytes that were allocated in it or below: 1 for a frame that was
    /// recorded.
    pub amount: f64,
}

/// The functions of a profile by whose they are.
pub struct Functions<'a> {
    owners: Vec<Owner<'a>>,
    constructors: Vec<bool>,
}

impl<'a> Functions<'a> {
    /// Looks at each function's file and name; `ours` are the beginnings of paths that
    /// are the watching tool's own.
    pub fn of(profile: &'a Profile, ours: &[String]) -> Self {
        let functions = profile.functions.iter();
        Self {
            owners: functions.clone().map(|f| Owner::of(f, ours)).collect(),
            constructors: functions.map(|f| is_constructor(&f.name)).collect(),
        }
    }

    /// Whose a function is.
    pub fn owner(&self, function: usize) -> Owner<'a> {
        self.owners.get(function).copied().unwrap_or(Owner::V8)
    }

    fn is_constructor(&self, function: usize) -> bool {
        self.constructors.get(function).copied().unwrap_or(false)
    }

    /// The functions of a call's stack, innermost first, as people are shown it: without the frames of labels.
    pub fn shown_stack(&self, profile: &Profile, node: NodeIndex) -> Vec<usize> {
        let frames = profile.stack(node).map(|frame| frame.function);
        frames
            .filter(|&function| self.owner(function) != Owner::Label)
            .collect()
    }

    /// The frames of a call that answer, innermost first, each function once. Where
    /// there is none, the innermost of Node; empty where V8 did it by itself, or Node for
    /// the watching tool.
    pub fn answerable(&self, profile: &Profile, node: NodeIndex) -> Vec<usize> {
        let mut frames: Vec<usize> = Vec::new();
        let mut of_node_js = None;
        let mut is_for_tool = false;
        let mut is_labelled = false;
        for frame in profile.stack(node) {
            let function = frame.function;
            let owner = self.owner(function);
            if owner.is_answerable() {
                if !frames.contains(&function) {
                    frames.push(function);
                }
                if frames.len() == ANSWERABLE {
                    break;
                }
            } else if owner == Owner::Node && of_node_js.is_none() {
                of_node_js = Some(function);
            }
            // What a label is around is the program's, whoever calls it.
            is_labelled |= owner == Owner::Label;
            is_for_tool |= owner == Owner::Tool && !is_labelled;
        }
        if frames.is_empty() && !is_for_tool {
            frames.extend(of_node_js);
        }
        frames
    }

    /// Who answers for what a call with these frames allocated, each function once;
    /// `inside` is what runs inside of the innermost.
    pub fn parts(&self, frames: &[usize], inside: &[Chain]) -> Vec<Part> {
        let likely = LIKELY * inside.iter().map(|chain| chain.share).sum::<f64>().min(1.0);
        let mut parts = self.shares(frames, 1.0 - likely);
        for part in &mut parts {
            part.amount = 1.0;
        }
        for chain in inside {
            let longer: Vec<usize> = chain.functions.iter().chain(frames).copied().collect();
            for part in self.shares(&longer, LIKELY * chain.share) {
                match parts
                    .iter_mut()
                    .find(|known| known.function == part.function)
                {
                    Some(known) => {
                        known.share += part.share;
                        known.amount = (known.amount + chain.share).min(1.0);
                    }
                    None => parts.push(Part {
                        amount: chain.share,
                        ..part
                    }),
                }
            }
        }
        parts
    }

    /// Frames in the order in which they answer: constructors behind their caller of
    /// the same package.
    fn order(&self, frames: &[usize]) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::with_capacity(frames.len());
        // Constructors whose caller is still to come.
        let mut waiting: Vec<usize> = Vec::new();
        for &function in frames {
            let owner = self.owner(function);
            if waiting
                .last()
                .is_some_and(|&other| self.owner(other) != owner)
            {
                order.append(&mut waiting);
            }
            if self.is_constructor(function) {
                waiting.push(function);
            } else {
                order.push(function);
                order.append(&mut waiting);
            }
        }
        order.append(&mut waiting);
        order
    }

    fn shares(&self, frames: &[usize], whole: f64) -> Vec<Part> {
        let mut parts = Vec::with_capacity(frames.len());
        let mut of_run = whole;
        let mut share = whole;
        let mut previous = None;
        for function in self.order(frames) {
            let owner = self.owner(function);
            match previous {
                None => {}
                Some(same) if same == owner => share *= CALLER_SHARE,
                Some(_) => {
                    of_run *= RUN_SHARE;
                    share = of_run;
                }
            }
            previous = Some(owner);
            parts.push(Part {
                function,
                share,
                amount: 0.0,
            });
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::testing::ProfileBuilder;

    /// Who answers for one stack (outermost first), with percents.
    fn answer(stack: &[&str]) -> Vec<String> {
        let profile = ProfileBuilder::new().stack(stack, 1).build();
        let functions = Functions::of(&profile, &["/own/".to_owned()]);
        let frames = functions.answerable(&profile, profile.nodes.len() - 1);
        functions
            .parts(&frames, &[])
            .iter()
            .map(|part| {
                let name = &profile.functions[part.function].name;
                format!("{name} {:.0}", part.share * 100.0)
            })
            .collect()
    }

    #[test]
    fn frames_of_node_and_v8_answer_for_nothing() {
        assert_eq!(
            answer(&[
                "listOnTimeout node:timers",
                "tick app.js",
                "toString node:buffer",
                "utf8Slice"
            ]),
            ["tick 100"],
        );
    }

    #[test]
    fn the_tool_that_watches_answers_for_nothing() {
        assert_eq!(
            answer(&["tick app.js", "deliver /own/index.js"]),
            ["tick 100"]
        );
        assert_eq!(answer(&["deliver /own/index.js"]), Vec::<String>::new());
        assert_eq!(
            answer(&["deliver /own/index.js", "post node:inspector"]),
            Vec::<String>::new()
        );
        assert_eq!(
            answer(&["deliver /own/index.js", "emit node:events", "tell app.js"]),
            ["tell 100"]
        );
    }

    #[test]
    fn who_called_new_comes_before_the_constructors() {
        assert_eq!(
            answer(&[
                "refresh app.js",
                "Template app.js",
                "from",
                "build app.js",
                "Part app.js"
            ]),
            ["build 100", "Part 70", "refresh 49", "Template 34"],
        );
        assert_eq!(
            answer(&["refresh app.js", "Template app.js", "Part app.js"]),
            ["refresh 100", "Part 70", "Template 49"],
        );
    }

    #[test]
    fn a_packages_constructor_does_not_hide_behind_the_program() {
        assert_eq!(
            answer(&[
                "load app.js",
                "Dom /x/node_modules/dom/i.js",
                "Window /x/node_modules/dom/w.js",
            ]),
            ["Window 100", "Dom 70", "load 50"],
        );
    }

    #[test]
    fn each_package_on_the_way_out_answers_for_half_of_the_one_before() {
        assert_eq!(
            answer(&[
                "next /x/node_modules/express/r.js",
                "handle app.js",
                "clone /x/node_modules/lodash/c.js",
                "assign /x/node_modules/lodash/a.js",
            ]),
            ["assign 100", "clone 70", "handle 50", "next 25"],
        );
    }

    #[test]
    fn a_recursive_function_answers_once() {
        assert_eq!(
            answer(&["walk app.js", "walk app.js", "walk app.js"]),
            ["walk 100"]
        );
    }

    #[test]
    fn where_there_is_only_node_its_innermost_frame_answers() {
        assert_eq!(
            answer(&["emit node:events", "onconnection node:net", "set"]),
            ["onconnection 100"]
        );
        assert_eq!(answer(&["(GC)"]), Vec::<String>::new());
    }

    #[test]
    fn a_deep_stack_has_few_who_answer() {
        let names: Vec<String> = (0..500).map(|i| format!("f{i} app.js")).collect();
        let stack: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(answer(&stack).len(), ANSWERABLE);
    }
}
