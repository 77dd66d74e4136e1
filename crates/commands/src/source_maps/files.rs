//! From a script's name to the text of its source map: in the given folder, inside of the script, or next to it.
//! Reads regular files alone, follows nothing out of the script's own folder or the one that was named, and asks no
//! network. What the text means is `document`'s matter.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::address::{ScriptName, comment, data, decoded, may_be_inline, parts};

/// Larger maps are not read: what a bundle of ten thousand files needs, with their texts. In bytes.
pub(super) const MOST_MAP: u64 = 128 << 20;
/// Nor more than these for one answer: an answer is to take seconds. In bytes.
const MOST_MAPS: u64 = 512 << 20;
/// A larger script is not read to the end. In bytes.
const MOST_SCRIPT: u64 = 128 << 20;
/// In the end of a script its comment is looked for. In bytes.
const TAIL: u64 = 4 << 10;
/// Entries of the folder that are looked through: those of a large program with its packages.
const MOST_ENTRIES: usize = 200_000;
/// Folders inside of each other.
const MOST_DEPTH: usize = 32;
/// What scripts are called.
const SCRIPTS: [&str; 3] = [".js", ".mjs", ".cjs"];
/// The packages of a program: what is called alike there and elsewhere is not the same.
const PACKAGES: &str = "node_modules";

/// A map and where it was found.
pub(super) struct MapText {
    /// JSON, if it is one.
    pub text: Vec<u8>,
    /// The file it was in, for sentences.
    pub name: String,
    /// The folder that its sources are named from, as the script's path has it; empty or ending in a slash.
    pub folder: String,
    /// The script as it is here, if it is.
    pub script: Option<PathBuf>,
    /// When the map was written; not known of one inside of a script.
    pub written: Option<SystemTime>,
}

/// A map, none, or why the one that is there is not read.
pub(super) type Found = Result<Option<MapText>, String>;

/// Finds maps.
#[derive(Default)]
pub(super) struct Finder {
    folder: Option<Folder>,
    read_bytes: u64,
}

/// A script of the given folder, or the path of one next to its map.
struct Candidate {
    path: PathBuf,
    /// The last name in the path.
    name: String,
    has_map: bool,
}

struct Folder {
    root: PathBuf,
    candidates: Vec<Candidate>,
}

impl Finder {
    /// With the folder that was named. It is looked through here, once.
    pub(super) fn of(folder: &str) -> io::Result<Self> {
        Ok(Self {
            folder: Some(Folder::read(Path::new(folder))?),
            read_bytes: 0,
        })
    }

    /// The script of the folder that each script is; none without a folder, or where nothing in it is called so.
    pub(super) fn choose(&self, scripts: &[ScriptName]) -> Vec<Result<Option<PathBuf>, String>> {
        match &self.folder {
            Some(folder) => folder.choose(scripts),
            None => scripts.iter().map(|_| Ok(None)).collect(),
        }
    }

    /// The map of a script: that of the one it is in the folder, or its own.
    pub(super) fn map(&mut self, script: &ScriptName, chosen: Option<PathBuf>) -> Found {
        match chosen {
            Some(path) => {
                let root = self.folder.as_ref().map(|folder| folder.root.clone());
                self.of_script(&path, script, root.as_deref())
            }
            None if script.is_file => self.of_script(Path::new(&script.path), script, None),
            None => Ok(None),
        }
    }

    /// The map that is inside of a script, that it names, or that is beside it. What it names is below `root`; without
    /// one, in the folder of the script.
    fn of_script(&mut self, path: &Path, script: &ScriptName, root: Option<&Path>) -> Found {
        let Some(own_folder) = path.parent() else {
            return Ok(None);
        };
        let here = is_file(path).then(|| path.to_owned());
        let address = here.as_deref().and_then(address_of).unwrap_or_default();
        // A folder of maps alone: the script may be where it ran.
        let own = script.is_file.then(|| PathBuf::from(&script.path));
        let here = here.or(own.filter(|own| is_file(own)));
        let root = root.unwrap_or(own_folder);
        if address.starts_with(b"data:") {
            let name = path.to_string_lossy().into_owned();
            let text = data(&address)
                .ok_or_else(|| format!("the map inside of {name} cannot be decoded"))?;
            return Ok(Some(MapText {
                text,
                name,
                folder: script.folder().to_owned(),
                script: here,
                written: None,
            }));
        }
        let named = decoded(&address).filter(|address| is_beside(address));
        let mut beside = path.as_os_str().to_owned();
        beside.push(".map");
        let named = named.map(|address| (own_folder.join(&address), address));
        let all = named.into_iter().chain([(beside.into(), String::new())]);
        for (map, address) in all {
            if !is_file(&map) {
                continue;
            }
            let name = map.to_string_lossy().into_owned();
            if !is_below(&map, root) {
                return Err(format!(
                    "{name} is outside of {}, where it is not read; name its folder with --maps",
                    root.display()
                ));
            }
            let (text, written) = self.read(&map, &name)?;
            let end = address.rfind('/').map_or(0, |at| at + 1);
            return Ok(Some(MapText {
                text,
                name,
                folder: format!("{}{}", script.folder(), &address[..end]),
                script: here,
                written,
            }));
        }
        Ok(None)
    }

    fn read(&mut self, map: &Path, name: &str) -> Result<(Vec<u8>, Option<SystemTime>), String> {
        let failed = |error: io::Error| format!("{name} cannot be read: {error}");
        let file = File::open(map).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.len() > MOST_MAP {
            return Err(format!(
                "{name} is larger than {} MiB, the most that is read of a map",
                MOST_MAP >> 20
            ));
        }
        if self.read_bytes + metadata.len() > MOST_MAPS {
            return Err(format!(
                "{name} is not read: the maps of one answer have more than {} MiB",
                MOST_MAPS >> 20
            ));
        }
        self.read_bytes += metadata.len();
        let mut text = Vec::new();
        file.take(MOST_MAP).read_to_end(&mut text).map_err(failed)?;
        Ok((text, metadata.modified().ok()))
    }
}

impl Folder {
    fn read(folder: &Path) -> io::Result<Self> {
        let root = fs::canonicalize(folder)?;
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut open = vec![(root.clone(), 0)];
        let mut left = MOST_ENTRIES;
        let mut is_first = true;
        while let Some((folder, depth)) = open.pop() {
            let entries = match fs::read_dir(&folder) {
                // What may not be read inside of it has no map for us.
                Err(_) if !is_first => continue,
                entries => entries?,
            };
            is_first = false;
            if left == 0 {
                break;
            }
            for entry in entries.flatten().take(left) {
                left -= 1;
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                // Links may lead anywhere, and around in circles.
                if kind.is_dir() && depth < MOST_DEPTH {
                    open.push((folder.join(&name), depth + 1));
                }
                let script = name.strip_suffix(".map").unwrap_or(&name);
                if !kind.is_file() || !SCRIPTS.iter().any(|end| script.ends_with(end)) {
                    continue;
                }
                // A script that is beside its map counts as one with it: what has no map is the second choice.
                candidates.push(Candidate {
                    path: folder.join(script),
                    name: script.to_owned(),
                    has_map: script.len() < name.len(),
                });
            }
        }
        Ok(Self { root, candidates })
    }

    /// The script of the folder that each script is: the one whose path ends like its own for longest. Where several
    /// do, or where it does like another script's for longer, it is not known which.
    fn choose(&self, scripts: &[ScriptName]) -> Vec<Result<Option<PathBuf>, String>> {
        let best: Vec<(usize, Vec<usize>)> = scripts.iter().map(|one| self.alike(one)).collect();
        // Of each the script that is most alike, and whether another one is as much.
        let mut most: Vec<Option<(usize, &str, bool)>> = vec![None; self.candidates.len()];
        for (script, (length, all)) in scripts.iter().zip(&best) {
            for &one in all {
                let own = (*length, script.path.as_str(), false);
                let known = most[one].get_or_insert(own);
                match length.cmp(&known.0) {
                    Ordering::Greater => *known = own,
                    Ordering::Equal => known.2 |= known.1 != script.path,
                    Ordering::Less => {}
                }
            }
        }
        let path = |one: usize| &self.candidates[one].path;
        let pairs = scripts.iter().zip(&best);
        pairs
            .map(|(script, (length, all))| match *all.as_slice() {
                [] => Ok(None),
                [one] => match most[one] {
                    Some((most, _, false)) if most == *length => Ok(Some(path(one).clone())),
                    Some((most, _, true)) if most == *length => Err(format!(
                        "{} may be {} or another script: it is not taken; name the folder of one with --maps",
                        path(one).display(),
                        script.path
                    )),
                    _ => Ok(None),
                },
                [one, other, ..] => Err(format!(
                    "{} may be {} or {}: neither is taken; name the folder of one with --maps",
                    script.path,
                    path(one).display(),
                    path(other).display()
                )),
            })
            .collect()
    }

    /// Those whose paths end like the script's for longest, and how many names they have in common.
    fn alike(&self, script: &ScriptName) -> (usize, Vec<usize>) {
        let own = script.parts();
        // The `index.js` of a package is not that of the program.
        let behind = |path: &str| {
            let behind = parts(path).rev().position(|part| part == PACKAGES);
            behind.unwrap_or(1)
        };
        let mut best = (behind(&script.path), Vec::new());
        for (at, one) in self.candidates.iter().enumerate() {
            if own.last() != Some(&one.name.as_str()) {
                continue;
            }
            let path = one.path.to_string_lossy();
            let below = one.path.strip_prefix(&self.root).unwrap_or(&one.path);
            let same = parts(&path).rev().zip(own.iter().rev());
            let length = same.take_while(|(one, other)| one == *other).count();
            if length < behind(&below.to_string_lossy()) {
                continue;
            }
            if length > best.0 {
                best = (length, Vec::new());
            }
            if length == best.0 {
                best.1.push(at);
            }
        }
        let has_map = |at: &usize| self.candidates[*at].has_map;
        if best.1.iter().any(has_map) {
            best.1.retain(has_map);
        }
        best
    }
}

/// What the comment at the end of a script points to. A map inside of it has to be read from the front.
fn address_of(script: &Path) -> Option<Vec<u8>> {
    let mut file = File::open(script).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut end = Vec::new();
    Read::take(&mut file, TAIL).read_to_end(&mut end).ok()?;
    if let Some(address) = comment(&end) {
        return Some(address.to_owned());
    }
    if length <= TAIL || !may_be_inline(&end) {
        return None;
    }
    comment(&read_script(script)?).map(<[u8]>::to_owned)
}

/// A whole script, if it is not too large.
pub(super) fn read_script(script: &Path) -> Option<Vec<u8>> {
    let file = File::open(script).ok()?;
    if file.metadata().ok()?.len() > MOST_SCRIPT {
        return None;
    }
    let mut text = Vec::new();
    file.take(MOST_SCRIPT).read_to_end(&mut text).ok()?;
    Some(text)
}

/// Whether it is a regular file: neither a folder, nor a pipe without a writer.
fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether an address leads to a file from the one it stands in.
fn is_beside(address: &str) -> bool {
    let is_path = !address.starts_with(['/', '\\']) && !address.contains(['\0', ':']);
    is_path && !address.is_empty()
}

/// Whether a file, by its real name, is below a folder.
fn is_below(file: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(file), fs::canonicalize(folder)) {
        (Ok(file), Ok(folder)) => file.starts_with(folder),
        _ => false,
    }
}
