//! The text of a script, by its name in a snapshot. If a folder is given all scripts are searched there: a snapshot is
//! not trusted, and nothing outside of the folder is opened then.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// Larger files are not taken for scripts. In bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Where texts come from.
pub(crate) struct Scripts {
    folder: Option<PathBuf>,
}

impl Scripts {
    /// Those of a folder, or where the snapshot says that they were.
    pub(crate) fn new(folder: Option<&str>) -> Self {
        Self {
            folder: folder.map(PathBuf::from),
        }
    }

    /// The text, where there is a file of the name that is one.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let path = path_of(name)?;
        let Some(folder) = &self.folder else {
            return path.is_absolute().then(|| read(&path)).flatten();
        };
        let folder = folder.canonicalize().ok()?;
        let parts: Vec<&str> = path
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => part.to_str(),
                _ => None,
            })
            .collect();
        // `/srv/shop/app.js` is looked for as `srv/shop/app.js`, `shop/app.js`, `app.js`.
        let mut ends = (0..parts.len()).map(|from| parts[from..].iter().collect::<PathBuf>());
        ends.find_map(|end| {
            let file = folder.join(end).canonicalize().ok()?;
            file.starts_with(&folder).then(|| read(&file)).flatten()
        })
    }
}

fn read(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    let is_script = metadata.is_file() && metadata.len() <= MOST_BYTES;
    is_script.then(|| fs::read_to_string(file).ok()).flatten()
}

/// The path of a script that is a file; names of ES modules are addresses.
fn path_of(name: &str) -> Option<PathBuf> {
    let Some(address) = name.strip_prefix("file://") else {
        return (!name.is_empty() && !name.contains("://")).then(|| PathBuf::from(name));
    };
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(address.len());
    let mut rest = address.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| byte == b'%');
        let escaped =
            digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_name_is_a_path_or_the_address_of_one() {
        for (name, path) in [
            ("/srv/a b.js", Some("/srv/a b.js")),
            ("file:///srv/a%20b%C3%A4.js?v=1", Some("/srv/a b\u{e4}.js")),
            ("file:///srv/100%.js", Some("/srv/100%.js")),
            ("https://shop.example/app.js", None),
            ("", None),
        ] {
            assert_eq!(path_of(name), path.map(PathBuf::from), "{name}");
        }
    }

    #[test]
    fn in_a_folder_the_longest_end_of_the_name_is_found_and_nothing_outside() {
        let outside = TempDir::new().expect("a directory");
        let folder = outside.path().join("folder");
        fs::create_dir_all(folder.join("shop")).expect("made");
        fs::write(folder.join("shop/app.js"), "in the shop").expect("written");
        fs::write(folder.join("app.js"), "in the folder").expect("written");
        fs::write(outside.path().join("secret.js"), "secret").expect("written");
        let scripts = Scripts::new(folder.to_str());
        assert_eq!(
            scripts.text("/srv/shop/app.js").as_deref(),
            Some("in the shop")
        );
        assert_eq!(
            scripts.text("file:///srv/other/app.js").as_deref(),
            Some("in the folder")
        );
        assert_eq!(scripts.text("/srv/../secret.js"), None);
        assert_eq!(scripts.text("/srv/shop"), None);
        let secret = outside.path().join("secret.js");
        assert_eq!(scripts.text(secret.to_str().expect("UTF-8")), None);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&secret, folder.join("link.js")).expect("made");
            assert_eq!(scripts.text("link.js"), None);
        }
        assert_eq!(
            Scripts::new(None)
                .text(secret.to_str().expect("UTF-8"))
                .as_deref(),
            Some("secret")
        );
        assert_eq!(Scripts::new(None).text("secret.js"), None);
    }
}
