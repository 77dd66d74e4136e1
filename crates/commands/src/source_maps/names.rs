//! Where in a script the name of a function stands, by the position that V8 has of it: a map has the original name
//! there. V8's position is that of the parameters, of an arrow function's first letter, or of the word `class`. Reads
//! one line, and no more syntax than what may stand between a name and that position.

/// Steps back from the position to the name at most: `a = class extends b { constructor(`.
const MOST_STEPS: usize = 16;
/// Words that may stand between.
const WORDS: [&str; 8] = [
    "async",
    "class",
    "constructor",
    "extends",
    "function",
    "get",
    "set",
    "static",
];

/// The column of the name; all columns are in UTF-16 units.
pub(super) fn name_column(line: &str, column: u32, name: &str) -> Option<u32> {
    let at = byte_of(line, column)?;
    let (before, behind) = line.split_at(at);
    let found =
        in_front(before, name).or_else(|| of_class(behind, name).map(|skipped| at + skipped))?;
    u32::try_from(units(&line[..found])).ok()
}

/// The name of what was only then named: `a=(b)=>…`, `function a(b)`, `a:async b=>…`, `class a{constructor(){…}}`.
fn in_front(before: &str, name: &str) -> Option<usize> {
    let mut rest = before;
    for _ in 0..MOST_STEPS {
        rest = rest.trim_end();
        if let Some(start) = rest.strip_suffix(name)
            && !start.ends_with(is_of_word)
        {
            return Some(start.len());
        }
        let mark = ['=', ':', '*', '{', '('];
        if let Some(less) = rest.strip_suffix(mark) {
            rest = less;
            continue;
        }
        let word = rest.trim_end_matches(is_of_word);
        rest = match WORDS.contains(&&rest[word.len()..]) {
            true => word,
            false => without_parent(rest)?,
        };
    }
    None
}

/// The text without what a class extends, where it ends with that.
fn without_parent(text: &str) -> Option<&str> {
    let rest = text.trim_end_matches(|letter| is_of_word(letter) || letter == '.');
    let is_it = rest.len() < text.len()
        && rest.ends_with(char::is_whitespace)
        && rest.trim_end().ends_with("extends");
    is_it.then_some(rest)
}

/// How far it is from the word `class` to the name behind it.
fn of_class(behind: &str, name: &str) -> Option<usize> {
    let rest = behind.strip_prefix("class")?;
    let named = rest.trim_start();
    let is_it = named.len() < rest.len()
        && named
            .strip_prefix(name)
            .is_some_and(|end| !end.starts_with(is_of_word));
    is_it.then(|| behind.len() - named.len())
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$' || letter == '#'
}

/// How many UTF-16 units a text has.
pub(super) fn units(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().map(char::len_utf16).sum(),
    }
}

/// The byte of a column; none inside of a letter or behind the end.
fn byte_of(line: &str, column: u32) -> Option<usize> {
    let column = column as usize;
    if line.is_ascii() {
        return (column <= line.len()).then_some(column);
    }
    let mut unit = 0;
    for (byte, letter) in line.char_indices() {
        if unit >= column {
            return (unit == column).then_some(byte);
        }
        unit += letter.len_utf16();
    }
    (unit == column).then_some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The column of the name, where `^` stands before the position in the text.
    fn found(text: &str, name: &str) -> Option<u32> {
        let column = units(text.split('^').next().expect("a mark")) as u32;
        name_column(&text.replace('^', ""), column, name)
    }

    #[test]
    fn the_name_stands_in_front_of_the_function_by_every_way_of_naming_one() {
        for (text, column) in [
            ("function a^(b){}", 9),
            ("x;async function*a ^(b){}", 17),
            ("const a=^b=>b", 6),
            ("const a = async ^(b) => b", 6),
            ("var x,a=function^(){}", 6),
            ("{a:^()=>1}", 1),
            ("{a^(b){}}", 1),
            ("class a{constructor^(){}}", 6),
            ("class a extends b.c{constructor^(){}}", 6),
            ("let a=class{constructor^(){}}", 4),
            ("let a=class extends b{constructor^(){}}", 4),
            ("^class a{}", 6),
            ("é='\u{1f600}';function a^(){}", 16),
        ] {
            assert_eq!(found(text, "a"), Some(column), "{text}");
        }
    }

    #[test]
    fn what_stands_elsewhere_is_not_taken_for_the_name() {
        for text in [
            "function ba^(){}",
            "a+1;foo^(){}",
            "a(b,^c=>c)",
            "f(a),class{constructor^(){}}",
            "class a{m(){}constructor^(){}}",
            "a$=^()=>1",
            "a^",
            "",
        ] {
            let text = if text.contains('^') { text } else { "^" };
            let name = if text == "a^" { "b" } else { "a" };
            assert_eq!(found(text, name), None, "{text}");
        }
        assert_eq!(name_column("ab", 7, "a"), None);
        assert_eq!(
            name_column("\u{1f600}a", 1, "a"),
            None,
            "inside of a letter"
        );
    }
}
