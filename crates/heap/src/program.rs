//! Which program an executable is: Node.js of which version, or one of those that are easily taken
//! for it. By texts that each has; nothing is run.

use memchr::memmem;

/// What an executable says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// What it is, where it is not Node.js.
    pub other: Option<OtherProgram>,
    /// Node.js's version, such as `24.1.0`.
    pub node_version: Option<String>,
    /// V8's version, such as `13.6.233.17-node.53`.
    pub v8_version: Option<String>,
}

/// A program that runs JavaScript and is not Node.js.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherProgram {
    /// Node.js and Chromium in one; its V8 has compressed pointers.
    Electron,
    /// V8 without Node.js.
    Deno,
    /// JavaScriptCore, no V8.
    Bun,
}

impl OtherProgram {
    /// Its name and what is different about it.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Electron => "Electron, whose V8 compresses pointers",
            Self::Deno => "Deno, whose V8 exports no layout symbols",
            Self::Bun => "Bun, which runs JavaScript in JavaScriptCore, not in V8",
        }
    }
}

/// Texts that are in each of these programs and not in Node.js: names of its own variables.
const MARKS: [(&[u8], OtherProgram); 3] = [
    (b"ELECTRON_RUN_AS_NODE", OtherProgram::Electron),
    (b"DENO_DIR", OtherProgram::Deno),
    (b"BUN_INSTALL", OtherProgram::Bun),
];
/// The majors of Node.js whose heaps the tests compare with V8's own snapshots.
const TRIED_MAJORS: [&str; 5] = ["18", "20", "22", "24", "26"];
/// Node.js has the address of its own headers, which ends in its version.
const RELEASE: &[u8] = b"/node-v";
const RELEASE_END: &[u8] = b".tar.gz";
/// What Node.js adds to V8's version.
const V8_SUFFIX: &[u8] = b"-node.";
/// No version is longer. In bytes.
const LONGEST_VERSION: usize = 32;

impl Program {
    /// Reads the texts of an executable.
    pub fn of(executable: &[u8]) -> Self {
        Self {
            other: MARKS
                .iter()
                .find(|(mark, _)| memmem::find(executable, mark).is_some())
                .map(|&(_, program)| program),
            node_version: node_version(executable),
            v8_version: v8_version(executable),
        }
    }
}

/// The version of the Node.js that an executable is.
pub fn node_version(executable: &[u8]) -> Option<String> {
    memmem::find_iter(executable, RELEASE).find_map(|at| {
        let rest = executable.get(at + RELEASE.len()..)?;
        let rest = &rest[..rest.len().min(LONGEST_VERSION)];
        let version = &rest[..memmem::find(rest, RELEASE_END)?];
        is_version(version).then(|| String::from_utf8_lossy(version).into_owned())
    })
}

/// The version, if the reader was never tried with its major.
pub fn untried(node_version: &str) -> Option<String> {
    let major = node_version.split('.').next().unwrap_or_default();
    let is_tried = TRIED_MAJORS.contains(&major);
    (!is_tried).then(|| node_version.to_owned())
}

fn v8_version(executable: &[u8]) -> Option<String> {
    memmem::find_iter(executable, V8_SUFFIX).find_map(|at| {
        let before = executable.get(at.saturating_sub(LONGEST_VERSION)..at)?;
        let is_part = |&&byte: &&u8| byte.is_ascii_digit() || byte == b'.';
        let length = before.iter().rev().take_while(is_part).count();
        let number = &before[before.len() - length..];
        let rest = executable.get(at + V8_SUFFIX.len()..)?;
        let digits = rest
            .iter()
            .take(4)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let is_whole = digits > 0 && number.iter().filter(|&&byte| byte == b'.').count() == 3;
        let whole = executable.get(at - length..at + V8_SUFFIX.len() + digits)?;
        is_whole.then(|| String::from_utf8_lossy(whole).into_owned())
    })
}

fn is_version(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_texts_around_them() {
        let text = b"x/node-v/y\0https://nodejs.org/download/release/v24.1.0/node-v24.1.0.tar.gz\0 9-node.1 13.6.233.17-node.53\0";
        let program = Program::of(text);
        assert_eq!(program.node_version.as_deref(), Some("24.1.0"));
        assert_eq!(program.v8_version.as_deref(), Some("13.6.233.17-node.53"));
        assert_eq!(program.other, None);
        assert_eq!(
            Program::of(b"-node.node-v-node.53/node-v"),
            Program::default()
        );
    }

    #[test]
    fn a_major_that_no_test_reads_is_named() {
        assert_eq!(untried("24.1.0"), None);
        assert_eq!(untried("27.0.0-nightly").as_deref(), Some("27.0.0-nightly"));
        assert_eq!(untried("2.0.0").as_deref(), Some("2.0.0"));
    }

    #[test]
    fn other_programs_are_recognised() {
        for (mark, program) in MARKS {
            assert_eq!(Program::of(&[b"\0", mark].concat()).other, Some(program));
        }
    }
}
