//! Files as they lie on a disk: whole or not there, for the user alone, never instead of
//! another.

mod common;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use common::{age, content, names, occasion, refused, write};
use memwatch_files::{
    Compression, Destination, HEAPDUMP_TEMPLATE, Occasion, Place, TRIGGER_TEMPLATE, Template,
};

#[test]
fn a_file_is_for_the_user_alone_and_has_all_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let written = write(&Destination::file(&path), 1).unwrap();
    assert_eq!(written.path, path);
    assert_eq!(fs::read(&path).unwrap(), content());
    assert_eq!(written.bytes, content().len() as u64);
    assert_eq!(
        path.metadata().unwrap().permissions().mode() & 0o7777,
        0o600
    );
    assert_eq!(names(&directory), ["a.heapsnapshot"]);
}

#[test]
fn the_name_belongs_to_a_whole_file_only() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let place = Place::plan(&Destination::file(&path), &occasion(1)).unwrap();
    assert!(names(&directory).is_empty());
    let mut file = place.create().unwrap();
    file.write_all(&content()).unwrap();
    assert!(!path.exists());
    assert!(place.partial_path().exists());
    drop(file);
    assert!(names(&directory).is_empty());
}

#[test]
fn what_a_killed_writer_left_can_be_discarded() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let place = Place::plan(&Destination::file(path), &occasion(1)).unwrap();
    std::mem::forget(place.create().unwrap());
    assert_eq!(names(&directory).len(), 1);
    place.discard();
    place.discard();
    assert!(names(&directory).is_empty());
}

#[test]
fn what_nobody_discarded_goes_an_hour_later_when_a_file_is_written_beside() {
    let directory = tempfile::tempdir().unwrap();
    let destination = |name| Destination::file(directory.path().join(name));
    let partials = [1, 2].map(|sequence| {
        let place = Place::plan(&destination("a.heapsnapshot"), &occasion(sequence)).unwrap();
        std::mem::forget(place.create().unwrap());
        place.partial_path().to_owned()
    });
    age(&partials[0], 3700);
    write(&destination("b.heapsnapshot"), 3).unwrap();
    assert!(!partials[0].exists() && partials[1].exists());
}

#[test]
fn files_are_compressed_by_their_ending_or_as_told() {
    let directory = tempfile::tempdir().unwrap();
    let cases = [
        ("a.heapsnapshot.gz", None, Compression::Gzip),
        ("a.heapsnapshot.zst", None, Compression::Zstd),
        ("b.heapsnapshot", Some(Compression::Gzip), Compression::Gzip),
        ("b.gz", Some(Compression::None), Compression::None),
    ];
    for (name, compression, expected) in cases {
        let path = directory.path().join(name);
        let mut destination = Destination::file(&path);
        destination.compression = compression;
        let written = write(&destination, 1).unwrap();
        assert_eq!(written.path, path);
        assert_eq!(written.bytes, path.metadata().unwrap().len());
        assert_eq!(decompressed(&path, expected), content(), "{name}");
    }
}

fn decompressed(path: &Path, compression: Compression) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).unwrap();
    match compression {
        Compression::None => file.read_to_end(&mut bytes),
        Compression::Gzip => flate2::read::GzDecoder::new(file).read_to_end(&mut bytes),
        Compression::Zstd => zstd::Decoder::new(file).unwrap().read_to_end(&mut bytes),
    }
    .unwrap();
    bytes
}

#[test]
fn nothing_is_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    fs::write(&path, "theirs").unwrap();
    let destination = Destination::file(&path);
    refused(
        &destination,
        "ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS",
        &directory,
        &["a.heapsnapshot"],
    );
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
}

#[test]
fn a_file_that_came_meanwhile_is_not_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let mut file = Place::plan(&Destination::file(&path), &occasion(1))
        .unwrap()
        .create()
        .unwrap();
    file.write_all(b"mine").unwrap();
    fs::write(&path, "theirs").unwrap();
    assert_eq!(
        file.finish().unwrap_err().code(),
        "ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS"
    );
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    assert_eq!(names(&directory), ["a.heapsnapshot"]);
}

#[test]
fn a_link_in_place_of_the_file_is_not_followed_wherever_it_leads() {
    let directory = tempfile::tempdir().unwrap();
    let victim = directory.path().join("victim");
    let path = directory.path().join("a.heapsnapshot");
    symlink(&victim, &path).unwrap();
    let destination = Destination::file(&path);
    let code = "ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS";
    refused(&destination, code, &directory, &["a.heapsnapshot"]);
    fs::write(&victim, "theirs").unwrap();
    refused(
        &destination,
        code,
        &directory,
        &["a.heapsnapshot", "victim"],
    );
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
}

#[test]
fn a_link_in_place_of_the_unfinished_file_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let victim = directory.path().join("victim");
    fs::write(&victim, "theirs").unwrap();
    let path = directory.path().join("a.heapsnapshot");
    let place = Place::plan(&Destination::file(path), &occasion(1)).unwrap();
    symlink(&victim, place.partial_path()).unwrap();
    assert!(place.create().is_err());
    assert_eq!(fs::read(&victim).unwrap(), b"theirs");
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error_with_a_code() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let code = "ERR_MEMWATCH_SNAPSHOT_DIRECTORY";
    for inside in ["none", "file"] {
        let path = directory.path().join(inside);
        refused(
            &Destination::file(path.join("a.heapsnapshot")),
            code,
            &directory,
            &["file"],
        );
        let template = Template::parse(TRIGGER_TEMPLATE).unwrap();
        refused(
            &Destination::directory(path, template),
            code,
            &directory,
            &["file"],
        );
    }
    let code = "ERR_MEMWATCH_SNAPSHOT_FILE_NAME";
    for name in ["..", "a.heapsnapshot/"] {
        let path = PathBuf::from(directory.path()).join(name);
        refused(&Destination::file(path), code, &directory, &["file"]);
    }
}

#[test]
fn a_file_name_without_a_directory_is_in_the_working_directory() {
    let place = Place::plan(&Destination::file("somewhere.heapsnapshot"), &occasion(1)).unwrap();
    assert_eq!(
        place.path(),
        std::env::current_dir()
            .unwrap()
            .join("somewhere.heapsnapshot")
    );
}

#[test]
fn generated_names_never_meet() {
    let directory = tempfile::tempdir().unwrap();
    let same = occasion(1);
    for compression in [Compression::None, Compression::Gzip] {
        let template = Template::parse(HEAPDUMP_TEMPLATE).unwrap();
        let mut destination = Destination::directory(directory.path(), template);
        destination.compression = Some(compression);
        let places = [1, 2, 3]
            .map(|sequence| Place::plan(&destination, &Occasion { sequence, ..same }).unwrap());
        // All planned at the same moment, and so for the same name.
        let paths = places.map(|place| place.create().unwrap().finish().unwrap().path);
        assert!(paths[0] != paths[1] && paths[1] != paths[2] && paths[0] != paths[2]);
        for path in paths {
            assert_eq!(
                Compression::of_name(&path),
                compression,
                "{}",
                path.display()
            );
        }
    }
    assert_eq!(names(&directory).len(), 6);
}
