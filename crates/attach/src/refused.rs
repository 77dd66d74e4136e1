//! Why the system does not let a process be read, and what grants it, in one sentence. Decides nothing.

use std::fs;

use crate::process::Status;
use crate::{AttachError, AttachErrorKind as Kind};

/// Numbers of the capability to trace, and of the setting that restricts it.
const SYS_PTRACE: u64 = 1 << 19;
const SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// The sentence for a process.
pub(crate) fn refused(pid: u32, of: &Status) -> AttachError {
    let own = Status::read(std::process::id()).ok();
    let scope = fs::read_to_string(SCOPE).unwrap_or_default();
    let own = own.map(|own| (own.effective_user, own.capabilities & SYS_PTRACE != 0));
    let why = why(of.effective_user, own.unwrap_or_default(), scope.trim());
    AttachError::new(Kind::Denied, format!("process {pid} {why}"))
}

/// `own` is this process's user, and whether it may trace others.
fn why(user: u32, own: (u32, bool), scope: &str) -> String {
    let (own_user, can_trace) = own;
    let settings = match scope {
        "3" => {
            return "cannot be read: kernel.yama.ptrace_scope is 3, which nobody can change before the next boot".to_owned();
        }
        "1" => {
            "kernel.yama.ptrace_scope is 1, so that parents alone may: run memwatch as root (sudo), or set it to 0"
        }
        "2" => "kernel.yama.ptrace_scope is 2: run memwatch as root (sudo)",
        _ => "",
    };
    match (can_trace, own_user) {
        (true, _) => "cannot be read: a security module or a user namespace forbids it, although this command has the \
            capability SYS_PTRACE: run memwatch on the host"
            .to_owned(),
        (false, 0) => "cannot be read: root lacks the capability SYS_PTRACE here, as usual in a container: start the \
            container with --cap-add SYS_PTRACE, or run memwatch on the host"
            .to_owned(),
        (false, own) if own != user => format!(
            "belongs to another user (number {user}): run memwatch as that user, or as root (sudo)"
        ),
        (false, _) if settings.is_empty() => "cannot be read by its user: it has privileges of its own, or a security \
            module forbids it: run memwatch as root (sudo), in a container with --cap-add SYS_PTRACE"
            .to_owned(),
        (false, _) => format!("cannot be read: {settings}"),
    }
}

#[cfg(test)]
mod tests {
    use super::why;

    #[test]
    fn each_refusal_names_what_grants_it() {
        for (user, own, scope, grants) in [
            (1, (0, true), "0", "on the host"),
            (1, (0, false), "", "--cap-add SYS_PTRACE"),
            (0, (1, false), "1", "as that user"),
            (1, (1, false), "1", "set it to 0"),
            (1, (1, false), "2", "as root (sudo)"),
            (1, (0, true), "3", "before the next boot"),
            (1, (1, false), "0", "--cap-add SYS_PTRACE"),
        ] {
            let why = why(user, own, scope);
            assert!(why.contains(grants), "{why}");
        }
    }
}
