//! Scripts and maps in folders, and what becomes of the positions of a report.

use std::fs;
use std::path::Path;

use memwatch_report::{OriginalPosition, Positions, SourcePosition};
use tempfile::TempDir;

use super::MapOptions;
use super::files::MOST_MAP;
use super::testing::{Segment, SegmentOrigin, encode};

/// A report of positions alone.
struct Report {
    positions: Vec<(SourcePosition, String)>,
    notes: Vec<String>,
}

impl Positions for Report {
    fn each_position(&mut self, visit: &mut dyn FnMut(&mut SourcePosition, &str)) {
        for (position, name) in &mut self.positions {
            visit(position, name);
        }
    }

    fn source_map_notes(&mut self) -> Option<&mut Vec<String>> {
        Some(&mut self.notes)
    }
}

/// Positions of this line and column, counted from 1, in scripts, and the names of the functions there.
fn report(positions: &[(&str, u32, u32, &str)]) -> Report {
    let position = |&(script, line, column, name): &(&str, u32, u32, &str)| {
        let position = SourcePosition {
            script: (!script.is_empty()).then(|| script.to_owned()),
            script_id: 7,
            line,
            column,
            original: None,
        };
        (position, name.to_owned())
    };
    Report {
        positions: positions.iter().map(position).collect(),
        notes: Vec::new(),
    }
}

/// `function a(b){}` came from line 6 of a source, where it is called `track`.
const SCRIPT: &str = "function a(b){}";

fn map(source: &str) -> String {
    let segment = |column, line, from, name| Segment {
        column,
        origin: Some(SegmentOrigin {
            source: 0,
            line,
            column: from,
            name,
        }),
    };
    let lines = [vec![
        segment(0, 5, 0, None),
        segment(9, 5, 9, Some(0)),
        segment(11, 5, 15, Some(1)),
    ]];
    let mappings = encode(&lines);
    format!(
        r#"{{"version":3,"sources":["{source}"],"names":["track","subscriber"],"mappings":"{mappings}"}}"#
    )
}

fn write(directory: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let file = directory.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(&file, text).expect("written");
    file.to_string_lossy().into_owned()
}

/// A folder by its real name.
fn directory() -> (TempDir, std::path::PathBuf) {
    let directory = TempDir::new().expect("a directory");
    let path = fs::canonicalize(directory.path()).expect("a name");
    (directory, path)
}

/// The first original and the notes.
fn asked(options: &MapOptions, script: &str) -> (Option<OriginalPosition>, Vec<String>) {
    let mut report = report(&[(script, 1, 11, "a")]);
    options.add_originals(&mut report, &|_| None).expect("read");
    (report.positions.remove(0).0.original, report.notes)
}

fn beside(script: &str) -> (Option<OriginalPosition>, Vec<String>) {
    asked(&MapOptions::Beside, script)
}

fn in_folder(folder: &Path, script: &str) -> (Option<OriginalPosition>, Vec<String>) {
    asked(
        &MapOptions::Folder(folder.to_string_lossy().into_owned()),
        script,
    )
}

fn original(source: String) -> Option<OriginalPosition> {
    Some(OriginalPosition {
        source,
        line: 6,
        column: 10,
        name: Some("track".to_owned()),
    })
}

#[test]
fn a_map_is_found_beside_its_script_by_the_comment_or_by_its_name() {
    let (_kept, path) = directory();
    let shown = original(format!("{}/src/server.ts", path.display()));
    let map = map("../src/server.ts");
    let comment = |address: &str| format!("{SCRIPT}\n//# sourceMappingURL={address}\n");
    let named = write(&path, "dist/named.js", comment("other%20name.map"));
    write(&path, "dist/other name.map", &map);
    assert_eq!(beside(&named), (shown.clone(), vec![]));
    let address = format!("file://{named}");
    assert_eq!(beside(&address), (shown.clone(), vec![]), "a module");
    let silent = write(&path, "dist/silent.js", SCRIPT);
    write(&path, "dist/silent.js.map", &map);
    assert_eq!(beside(&silent), (shown.clone(), vec![]));
    let below = write(&path, "dist/below.js", comment("maps/below.map"));
    write(
        &path,
        "dist/maps/below.map",
        self::map("../../src/server.ts"),
    );
    assert_eq!(beside(&below), (shown.clone(), vec![]));
    // A map on a server is not fetched; the file next to the script serves as well.
    let served = write(
        &path,
        "dist/served.js",
        comment("https://example.com/served.js.map"),
    );
    assert_eq!(beside(&served), (None, vec![]));
    write(&path, "dist/served.js.map", &map);
    assert_eq!(beside(&served), (shown.clone(), vec![]));
    let escaped: String = map.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let inside = write(
        &path,
        "dist/inside.js",
        comment(&format!("data:application/json,{escaped}")),
    );
    assert_eq!(beside(&inside), (shown.clone(), vec![]));
    // Longer than the end that is read first.
    let content = format!(r#""sourcesContent":["{}"],"version""#, "x".repeat(9000));
    let long: String = map
        .replacen("\"version\"", &content, 1)
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect();
    let inside = write(
        &path,
        "dist/inside.js",
        comment(&format!("data:application/json,{long}")),
    );
    assert_eq!(beside(&inside), (shown, vec![]));
    assert_eq!(asked(&MapOptions::Off, &inside), (None, vec![]));
}

#[test]
fn a_name_that_is_the_same_or_not_known_is_left_out() {
    let (_kept, path) = directory();
    let script = write(&path, "a.js", SCRIPT);
    write(&path, "a.js.map", map("a.ts"));
    let names = |positions: &[(&str, u32, u32, &str)]| {
        let mut report = report(positions);
        MapOptions::Beside
            .add_originals(&mut report, &|_| None)
            .expect("read");
        let all = report.positions.into_iter();
        all.map(|(position, _)| position.original.map(|one| one.name))
            .collect::<Vec<_>>()
    };
    let asked = [
        (&*script, 1, 11, "a"),
        (&script, 1, 11, "track"),
        (&script, 1, 11, ""),
        (&script, 1, 11, "b"),
    ];
    assert_eq!(
        names(&asked),
        [
            Some(Some("track".to_owned())),
            Some(None),
            Some(None),
            Some(None)
        ]
    );
    fs::remove_file(&script).expect("removed");
    assert_eq!(
        names(&asked)[0],
        Some(Some("track".to_owned())),
        "in front of the parameters"
    );
    // The second line has no segment, the first one no name in front of its first column.
    assert_eq!(
        names(&[(&script, 2, 1, "a"), (&script, 1, 1, "a")]),
        [None, Some(None)]
    );
}

#[test]
fn scripts_without_a_name_are_known_by_their_number() {
    let (_kept, path) = directory();
    let script = write(&path, "a.js", SCRIPT);
    write(&path, "a.js.map", map("a.ts"));
    let mut report = report(&[("", 1, 11, "a")]);
    let named = |number| (number == 7).then(|| script.clone());
    MapOptions::Beside
        .add_originals(&mut report, &named)
        .expect("read");
    let (position, _) = &report.positions[0];
    assert_eq!(position.script.as_ref(), Some(&script));
    assert!(position.original.is_some());
}

#[test]
fn in_a_folder_the_script_with_the_longest_common_end_is_taken() {
    let (_kept, path) = directory();
    write(&path, "dist/server.js.map", map("../src/server.ts"));
    write(&path, "dist/admin/index.js.map", map("../../src/admin.ts"));
    write(&path, "dist/shop/index.js.map", map("../../src/shop.ts"));
    let source = |found: (Option<OriginalPosition>, Vec<String>)| {
        assert_eq!(found.1, [""; 0]);
        found.0.map(|one| one.source)
    };
    let path = path.as_path();
    // As the container has them: sources are beside the script there.
    assert_eq!(
        source(in_folder(path, "/app/dist/server.js")).as_deref(),
        Some("/app/src/server.ts")
    );
    assert_eq!(
        source(in_folder(path, "/app/dist/shop/index.js")).as_deref(),
        Some("/app/src/shop.ts")
    );
    assert_eq!(
        source(in_folder(path, "/other/admin/index.js")).as_deref(),
        Some("/src/admin.ts")
    );
    assert_eq!(
        source(in_folder(path, "https://example.com/dist/server.js?v=1")).as_deref(),
        Some("/src/server.ts")
    );
    let (found, notes) = in_folder(path, "/app/index.js");
    assert_eq!(found, None);
    assert!(
        notes[0].contains("admin/index.js") && notes[0].contains("neither"),
        "{notes:?}"
    );
}

#[test]
fn what_is_only_called_alike_is_not_taken() {
    let (_kept, path) = directory();
    write(&path, "dist/index.js.map", map("../src/index.ts"));
    let (found, notes) = in_folder(&path, "/app/node_modules/other/index.js");
    assert_eq!(found, None);
    assert!(notes[0].starts_with("no source map in "), "{notes:?}");
    write(
        &path,
        "node_modules/other/index.js.map",
        map("src/other.ts"),
    );
    let (found, _) = in_folder(&path, "/app/node_modules/other/index.js");
    assert!(
        found
            .expect("that of the package")
            .source
            .ends_with("other/src/other.ts")
    );
    // Of two scripts with the same name the one that is more alike has the map.
    let mut both = report(&[
        ("/app/dist/index.js", 1, 11, "a"),
        ("/app/lib/index.js", 1, 11, "a"),
    ]);
    let folder = MapOptions::Folder(path.to_string_lossy().into_owned());
    folder.add_originals(&mut both, &|_| None).expect("read");
    let has = |report: &Report, at: usize| report.positions[at].0.original.is_some();
    assert_eq!((has(&both, 0), has(&both, 1)), (true, false));
    let mut both = report(&[
        ("/app/index.js", 1, 11, "a"),
        ("/app/lib/index.js", 1, 11, "a"),
    ]);
    folder.add_originals(&mut both, &|_| None).expect("read");
    assert_eq!((has(&both, 0), has(&both, 1)), (false, false));
    let notes = &both.notes;
    assert!(notes[0].contains("or another script"), "{notes:?}");
}

#[test]
fn a_map_that_cannot_be_used_is_a_note_and_the_position_stays() {
    let (_kept, path) = directory();
    let outside = write(&path, "outside.map", map("a.ts"));
    let huge = path.join("app/huge.js.map");
    for (name, text, why) in [
        (
            "broken",
            "{\"version\":3",
            "is not the JSON of a source map",
        ),
        ("empty", "", "is not the JSON of a source map"),
        ("zeros", "\0\0\0\0", "is not the JSON of a source map"),
        (
            "number",
            "{\"version\":3,\"sources\":[],\"mappings\":\"!\"}",
            "invalid at byte 0",
        ),
        ("huge", "", "larger than 128 MiB"),
        ("link", "", "is outside of"),
        ("up", "", "is outside of"),
    ] {
        let comment = match name {
            "up" => "//# sourceMappingURL=../outside.map",
            _ => "",
        };
        let script = write(
            &path,
            &format!("app/{name}.js"),
            format!("{SCRIPT}\n{comment}"),
        );
        write(&path, &format!("app/{name}.js.map"), text);
        if name == "huge" {
            let file = fs::File::options().write(true).open(&huge).expect("opened");
            file.set_len(MOST_MAP + 1).expect("grown");
        }
        #[cfg(unix)]
        if name == "link" {
            fs::remove_file(path.join("app/link.js.map")).expect("removed");
            std::os::unix::fs::symlink(&outside, path.join("app/link.js.map")).expect("linked");
        }
        if cfg!(not(unix)) && name == "link" {
            continue;
        }
        let (found, notes) = beside(&script);
        assert_eq!(found, None, "{name}");
        assert!(
            notes.len() == 1 && notes[0].contains(why),
            "{name}: {notes:?}"
        );
    }
    let folder = write(&path, "app/folder.js", SCRIPT);
    fs::create_dir(path.join("app/folder.js.map")).expect("made");
    assert_eq!(beside(&folder), (None, vec![]));
    assert_eq!(beside("/nowhere/at/all.js"), (None, vec![]));
    assert_eq!(beside("node:fs"), (None, vec![]));
}

#[test]
fn a_position_that_an_older_map_does_not_have_is_noted() {
    let (_kept, path) = directory();
    let script = write(&path, "a.js", format!("{SCRIPT}\nfunction c(){{}}"));
    write(&path, "a.js.map", map("a.ts"));
    let file = fs::File::options()
        .write(true)
        .open(path.join("a.js.map"))
        .expect("opened");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    file.set_modified(old).expect("set");
    let mut report = report(&[(&script, 2, 11, "c"), (&script, 1, 11, "a")]);
    MapOptions::Beside
        .add_originals(&mut report, &|_| None)
        .expect("read");
    let notes = &report.notes;
    assert!(notes[0].starts_with("1 position is not in "), "{notes:?}");
    assert!(report.positions[1].0.original.is_some());
}

#[test]
fn many_notes_are_counted() {
    let (_kept, path) = directory();
    let scripts: Vec<String> = (0..9)
        .map(|at| {
            write(&path, &format!("{at}.js.map"), "{");
            write(&path, &format!("{at}.js"), SCRIPT)
        })
        .collect();
    let positions: Vec<_> = scripts
        .iter()
        .map(|script| (script.as_str(), 1, 11, "a"))
        .collect();
    let mut report = report(&positions);
    MapOptions::Beside
        .add_originals(&mut report, &|_| None)
        .expect("read");
    let notes = report.notes;
    assert_eq!(notes.len(), 6);
    assert_eq!(notes[5], "4 more source maps are not used");
}

#[test]
fn a_folder_that_is_none_is_refused_at_once() {
    let missing = MapOptions::Folder("/nowhere/at/all".to_owned());
    let failure = missing.check().expect_err("refused");
    assert_eq!(failure.code(), "ERR_MEMWATCH_MAPS_UNREADABLE");
    assert!(failure.to_string().contains("/nowhere/at/all"), "{failure}");
    assert!(MapOptions::Beside.check().is_ok() && MapOptions::Off.check().is_ok());
}
