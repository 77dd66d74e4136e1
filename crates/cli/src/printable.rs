//! What files say, as a terminal may show it: names of classes, texts, messages. A terminal acts on control
//! characters, and shows text in another order than it is in where bidirectional ones stand. The same as
//! `lib/printable.js`, which does it for the commands about programs.

/// Whether a terminal would act on a character, show nothing for it, or has no standard to show it by:
/// control and format characters, separators of lines, private ones, those that are not assigned.
fn is_unprintable(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_control();
    }
    // Blanks of another width are escaped by the standard library, and harmless.
    let is_blank = letter.is_whitespace() && !matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}');
    // Behind a letter the standard library leaves marks that join it, which are text.
    let mut text = [b'a', 0, 0, 0, 0];
    let length = 1 + letter.encode_utf8(&mut text[1..]).len();
    let text = str::from_utf8(&text[..length]).unwrap_or_default();
    !is_blank && text.escape_debug().nth(1) == Some('\\')
}

/// One line: what a terminal would act on is written as its number.
#[must_use]
pub(crate) fn printable(text: &str) -> String {
    escaped(text, |letter, out| match letter {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ => out.extend(letter.escape_unicode()),
    })
}

/// The same for text that has lines of its own.
#[must_use]
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// JSON with the same value, in which a terminal finds nothing to act on.
#[must_use]
pub(crate) fn printable_json(json: &str) -> String {
    escaped(json, |letter, out| match letter {
        // Between values they are white space, and inside of strings they are escaped already.
        '\n' | '\t' => out.push(letter),
        '\r' => {}
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    })
}

fn escaped(text: &str, escape: impl Fn(char, &mut String)) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match is_unprintable(letter) {
            true => escape(letter, &mut out),
            false => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A title and a colour, as 7-bit and as 8-bit sequences; text from right to left; ends of lines.
    const HOSTILE: &str = "\x1b]0;pwned\x07\x1b[31mRED\u{9b}2J\u{90}q\u{9c}\u{202e}\u{2066}\u{200b}\
                           \u{2028}\u{2029}\x7f\u{e000}\nFAKE LINE\rOVER\u{61c}\u{feff}\u{e0001}";

    #[test]
    fn what_a_terminal_acts_on_is_written_as_its_number() {
        assert!(!printable(HOSTILE).contains(is_unprintable));
        assert_eq!(printable("a\x1b[2J\u{202e}\n"), "a\\u{1b}[2J\\u{202e}\\n");
        assert_eq!(printable_lines("a\nb\tc"), "a\nb\\tc");
    }

    #[test]
    fn text_of_every_script_is_left_alone() {
        for text in [
            "grüße 漢字 👍 → ▁▃█ …",
            "C:\\x 'y' \"z\"",
            "e\u{301} नि\u{a0}x\u{3000}y",
        ] {
            assert_eq!(printable(text), text);
        }
    }

    #[test]
    fn json_keeps_its_value() {
        let json = serde_json::to_string_pretty(&serde_json::json!({ HOSTILE: [HOSTILE, "👍"] }));
        let json = json.expect("JSON");
        let shown = printable_json(&json);
        assert!(!shown.contains(|letter| letter != '\n' && is_unprintable(letter)));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&shown), value(&json));
    }
}
