//! Functions whose names are known: by hand, and as a seeded writer of code wrote them.

use super::*;
use crate::testing::Random;

fn names(text: &str) -> Option<Vec<&str>> {
    let usage = usage_of_function(text, text.find("@").map_or(0, |at| at + 1))?;
    let mut names: Vec<&str> = usage.names.into_iter().collect();
    names.sort_unstable();
    Some(names)
}

/// What is used by the function behind the mark, and where it ends.
fn of(text: &str) -> Option<(Vec<&str>, &str)> {
    let at = text.find('@').expect("a mark") + 1;
    let usage = usage_of_function(text, at)?;
    let mut names: Vec<&str> = usage.names.into_iter().collect();
    names.sort_unstable();
    Some((names, &text[usage.end..]))
}

#[test]
fn a_function_ends_where_its_text_does() {
    for (text, expected, rest) in [
        (
            "function f@(a) { return b; } c",
            &["a", "b", "return"][..],
            " c",
        ),
        ("x = { m@(a) { b } , c }", &["a", "b"], " , c }"),
        ("x(@a => b.c + d[e], f)", &["a", "b", "d", "e"], ", f)"),
        (
            "x(@(a, b = {c}) => ({ d: e }), f)",
            &["a", "b", "c", "d", "e"],
            ", f)",
        ),
        ("x(@async a => { b }, c)", &["a", "async", "b"], ", c)"),
        ("x(@async (a) => b)", &["a", "async", "b"], ")"),
        (
            "x = @class A extends B { m() { c } }; d",
            &["A", "B", "c", "class", "extends", "m"],
            "; d",
        ),
        (
            "@class extends (class { a }) { b } c",
            &["a", "b", "class", "extends"],
            " c",
        ),
        (
            "@class extends class { a } { b } c",
            &["a", "b", "class", "extends"],
            " c",
        ),
        ("`${f(@a => b)} c` + d", &["a", "b"], ")} c` + d"),
    ] {
        assert_eq!(of(text), Some((expected.to_vec(), rest)), "{text}");
    }
    // In V8 from 14 on the fields of a class begin at the first.
    for text in [
        "class A { @a = b; c() {} } d",
        "class A { @#p = a\n['b'] = c } d",
        "class A { @['a'] = b } c",
    ] {
        let (names, rest) = of(text).expect(text);
        assert!(
            !names.contains(&"d") && rest.trim_start().len() == 3,
            "{text}"
        );
    }
    // In V8 12 at the body of the class.
    assert_eq!(
        of("class A extends B @{ a = b; c() { d } } e"),
        Some((vec!["a", "b", "c", "d"], " e"))
    );
    // Where no semicolon ends an expression, what follows counts, too.
    assert_eq!(
        of("x = @a => b\nc(); d"),
        Some((vec!["a", "b", "c"], "; d"))
    );
}

#[test]
fn what_is_no_code_has_no_names() {
    for text in [
        "m@(){ /* a */ // b\n }",
        "m@(){ \"a \\\" b\" + 'c \\' d' }",
        "m@(){ `a ${`b`} c \\` d \\${e}` }",
        "m@(){ x = /a[/b]c\\/d/gi }",
        "m@(){ x.a.b?.c .d\n.e /* */ . /* */ f }",
        "m@(){ if (x) /a'/.b }",
        "m@(){ 1..a + 0x1f.b + 1e+5.c + 10n.d + .5.e }",
    ] {
        let (names, rest) = of(text).expect(text);
        let others: Vec<_> = names
            .iter()
            .filter(|&&name| !["x", "if"].contains(&name))
            .collect();
        assert!(others.is_empty() && rest.is_empty(), "{text}: {names:?}");
    }
}

#[test]
fn what_may_be_a_variable_counts() {
    for (text, name) in [
        ("m@(){ return {a} }", "a"),
        ("m@(){ return [...a] }", "a"),
        ("m@(){ return `${`${a}`}` }", "a"),
        ("m@(){ return b / a / c }", "a"),
        ("m@(){ return (b) / a / (c) }", "a"),
        ("m@(){ return b[0] / a / c }", "a"),
        ("m@(){ b++ / a / c }", "a"),
        ("m@(){ return b ?.5 : a }", "a"),
        ("m@(){ return b ? a : c }", "a"),
        ("m@(){ b.if(c) / a / d }", "a"),
        ("m@(){ b.return / a / d }", "a"),
        ("m@(){ return super.b }", "this"),
        ("m@(){ return b.#a }", "#a"),
        ("m@(){ return \u{e4}\u{f6} }", "\u{e4}\u{f6}"),
        ("m@(){ return b\u{a0}+\u{feff}a }", "a"),
    ] {
        assert!(of(text).expect(text).0.contains(&name), "{text}");
    }
    assert!(
        usage_of_function("x = (){ eval(y) }", 4)
            .expect("followed")
            .has_eval()
    );
    assert!(usage_of_function("x = (){ y.eval(1) }", 4).is_some_and(|usage| !usage.has_eval()));
    assert_eq!(names("#!/usr/bin/node a\nb"), Some(vec!["b"]));
    assert_eq!(names("class A {}\nc"), Some(vec!["A", "c", "class"]));
}

#[test]
fn what_cannot_be_told_has_no_answer() {
    for text in [
        "m@(){ if (a) {} /b'/ }",
        "m@(){ yield /b'/ }",
        "m@(){ for await (a of b) /c'/ }",
        "m@(){ a\n++ /b'/ }",
        "m@(){ \\u0061 }",
        "m@(){ a\\u0062 }",
        "m@(){ <!-- a\n }",
        "m@(){\n--> a\n }",
        "m@(){ 'a",
        "m@(){ `a ${b",
        "m@(){ /* a",
        "m@(){ /a\n/ }",
        "m@(){ (a] }",
        "m@(a: string): void { b }",
        "m@",
        "x@;",
        "x = @function () {}",
        "@ +1",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert_eq!(names("a }"), None);
    assert_eq!(names("a {"), None);
}

/// Writes code and keeps a list of the names in it.
struct Writer {
    random: Random,
    text: String,
    used: Vec<String>,
}

impl Writer {
    fn used(&mut self) -> String {
        let name = format!("used{:02}", self.random.below(40));
        self.used.push(name.clone());
        name
    }

    /// What looks like code and is none.
    fn decoy(&mut self) -> String {
        let name = format!("decoy{}", self.random.below(40));
        let texts = [
            format!("'{name} \\' \" ` // '"),
            format!("\"{name} \\\" ' ` /* \""),
            format!("`{name} \\` ' \" {{ }} $ `"),
            format!("/{name}[/'\"`]\\/{{/gu"),
            format!("(0).{name}"),
            format!("(0)?.{name}"),
        ];
        self.random.pick(&texts).clone()
    }

    fn space(&mut self) -> &'static str {
        let spaces = [
            " ",
            "\n",
            " /* decoy0 ' */ ",
            " // decoy1 ` \"\n",
            "\t\u{a0}",
        ];
        let at = self.random.below(spaces.len());
        spaces[at]
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.random.one_in(2) {
                true => self.used(),
                false => self.decoy(),
            };
        }
        let (a, b) = (self.expression(depth - 1), self.expression(depth - 1));
        let (space, name) = (self.space(), self.used());
        let forms = [
            format!("({a}{space}/ {b})"),
            format!("[{a},{space}...[{b}]]"),
            format!("({{ {name}: {a}, m() {{ return {b} }} }})"),
            format!("`t ${{{a}}} decoy2 ${{{b}}}`"),
            format!("({name} => {a} + {b})"),
            format!("(async ({name}) => {{ return{space}{a}; }})({b})"),
            format!("(function {name}(p = {a}) {{ if ({b}) {{ throw p }} else return p }})"),
            format!("{name}[{a}]{space}/ {b}"),
            format!("({a} ? {b} : {name})"),
            format!("(class extends {name} {{ x = {a}; #y() {{ return {b} }} }})"),
        ];
        let at = self.random.below(forms.len());
        // Only what is written is used: `p`, `x` and the like are of no interest.
        forms[at].clone()
    }
}

#[test]
fn names_of_any_code_are_found_and_nothing_else() {
    for seed in 0..400 {
        let mut writer = Writer {
            random: Random::new(seed),
            text: String::new(),
            used: Vec::new(),
        };
        for _ in 0..1 + writer.random.below(6) {
            let depth = writer.random.below(4);
            let expression = writer.expression(depth);
            let space = writer.space();
            writer.text += &format!("{space}if (used00) x ={space}{expression};");
        }
        let text = format!("decoy3; m(used00) {{ {} }} decoy4", writer.text);
        let at = text.find('(').expect("parameters");
        let usage = usage_of_function(&text, at).unwrap_or_else(|| panic!("{seed}: {text}"));
        assert_eq!(&text[usage.end..], " decoy4", "{seed}: {text}");
        let is_in_text = |name: &&String| text.contains(name.as_str());
        for name in writer.used.iter().filter(is_in_text) {
            assert!(
                usage.names.contains(name.as_str()),
                "{seed}: {name} in {text}"
            );
        }
        let decoy = usage.names.iter().find(|name| name.starts_with("decoy"));
        assert_eq!(decoy, None, "{seed}: {text}");
    }
}

#[test]
fn any_bytes_at_any_place_are_read_without_a_panic() {
    const PIECES: [&str; 24] = [
        "(", ")", "{", "}", "[", "]", "`", "${", "'", "\"", "/", "\\", "\n", "=>", "class ",
        "async ", "a", ".", "?.", "1e", "#", "\u{e4}", "\u{2028}", "//",
    ];
    for seed in 0..3000 {
        let mut random = Random::new(seed);
        let text: String = (0..random.below(30))
            .map(|_| *random.pick(&PIECES))
            .collect();
        for at in 0..=text.len() {
            let usage = usage_of_function(&text, at);
            assert!(usage.is_none_or(|usage| usage.end <= text.len()), "{text}");
        }
    }
}
