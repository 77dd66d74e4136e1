//! Gives a whole file its name, without ever replacing what has that name already. It
//! does not check first and rename then: another process may come in between.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::snapshot_file::create_private;

/// Gives the file at `partial` the name `path`.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when there is something of that name.
pub(crate) fn claim(partial: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(partial, path) {
        // The second name goes; the file is whole under its own whatever happens here.
        Ok(()) => {
            let _ = fs::remove_file(partial);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Some file systems know no links.
        Err(_) => claim_without_links(partial, path),
    }
}

/// Makes an empty file of that name, which fails when there is one, and replaces that: for
/// a moment the name belongs to an empty file.
fn claim_without_links(partial: &Path, path: &Path) -> io::Result<()> {
    drop::<File>(create_private(path)?);
    fs::rename(partial, path).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_claimed_once_with_links_and_without() {
        for claim in [claim, claim_without_links] {
            let directory = tempfile::tempdir().unwrap();
            let [partial, other, path] =
                ["partial", "other", "path"].map(|n| directory.path().join(n));
            fs::write(&partial, "mine").unwrap();
            fs::write(&other, "theirs").unwrap();
            claim(&partial, &path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
            assert!(!partial.exists());
            let error = claim(&other, &path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
            assert!(other.exists());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_not_followed() {
        for claim in [claim, claim_without_links] {
            let directory = tempfile::tempdir().unwrap();
            let [partial, path, victim] =
                ["partial", "path", "victim"].map(|n| directory.path().join(n));
            fs::write(&partial, "mine").unwrap();
            std::os::unix::fs::symlink(&victim, &path).unwrap();
            let error = claim(&partial, &path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert!(!victim.exists());
        }
    }
}
