//! How much may lie in a directory: what is refused, what is removed for the new one, and
//! when.

mod common;

use std::fs;

use common::{age, content, names, occasion, refused, write};
use memwatch_files::{Destination, Place, Quota, Target, Template, WhenFull};
use tempfile::TempDir;

fn quota_of(directory: &TempDir, quota: Quota) -> Destination {
    let template = Template::parse("x-{seq}.heapsnapshot").unwrap();
    let mut destination = Destination::directory(directory.path(), template);
    if let Target::Directory { quota: its, .. } = &mut destination.target {
        *its = quota;
    }
    destination
}

fn removing_oldest(max_files: usize, max_bytes: u64) -> Quota {
    Quota {
        max_files,
        max_bytes,
        when_full: WhenFull::RemoveOldest,
    }
}

#[test]
fn a_full_directory_refuses_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let quota = Quota {
        max_files: 2,
        ..Quota::default()
    };
    let destination = quota_of(&directory, quota);
    for sequence in [1, 2] {
        write(&destination, sequence).unwrap();
    }
    let left = ["x-1.heapsnapshot", "x-2.heapsnapshot"];
    let told = refused(
        &destination,
        "ERR_MEMWATCH_SNAPSHOT_QUOTA",
        &directory,
        &left,
    );
    assert!(told.contains("would hold 3 snapshots"), "{told}");
    // A name that somebody chose is not concerned.
    write(
        &Destination::file(directory.path().join("x-3.heapsnapshot")),
        3,
    )
    .unwrap();
}

#[test]
fn other_peoples_files_do_not_count_and_are_not_removed() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a.heapsnapshot", "x-y.heapsnapshot", "notes"] {
        fs::write(directory.path().join(name), content()).unwrap();
    }
    fs::create_dir(directory.path().join("x-7.heapsnapshot")).unwrap();
    let quota = removing_oldest(1, u64::MAX);
    for sequence in [1, 2, 3] {
        write(&quota_of(&directory, quota), sequence).unwrap();
    }
    let left = [
        "a.heapsnapshot",
        "notes",
        "x-3.heapsnapshot",
        "x-7.heapsnapshot",
        "x-y.heapsnapshot",
    ];
    assert_eq!(names(&directory), left);
}

#[test]
fn the_oldest_are_removed_where_that_is_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let quota = removing_oldest(3, u64::MAX);
    let destination = quota_of(&directory, quota);
    for sequence in [1, 2, 3] {
        let written = write(&destination, sequence).unwrap();
        age(&written.path, 100 - sequence);
    }
    // The newest by name is the oldest by its time.
    age(&directory.path().join("x-3.heapsnapshot"), 1000);
    write(&destination, 4).unwrap();
    assert_eq!(
        names(&directory),
        ["x-1.heapsnapshot", "x-2.heapsnapshot", "x-4.heapsnapshot"]
    );
}

#[test]
fn nothing_is_removed_for_a_snapshot_that_fails() {
    let directory = tempfile::tempdir().unwrap();
    let quota = removing_oldest(1, u64::MAX);
    let destination = quota_of(&directory, quota);
    write(&destination, 1).unwrap();
    let mut file = Place::plan(&destination, &occasion(2))
        .unwrap()
        .create()
        .unwrap();
    assert!(file.push(&content()));
    drop(file);
    assert_eq!(names(&directory), ["x-1.heapsnapshot"]);
}

#[test]
fn a_snapshot_larger_than_what_is_left_is_given_up_while_it_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let size = content().len() as u64;
    let quota = Quota {
        max_bytes: size * 3 / 2,
        ..Quota::default()
    };
    write(&quota_of(&directory, quota), 1).unwrap();
    let code = "ERR_MEMWATCH_SNAPSHOT_QUOTA";
    refused(
        &quota_of(&directory, quota),
        code,
        &directory,
        &["x-1.heapsnapshot"],
    );

    let quota = removing_oldest(quota.max_files, quota.max_bytes);
    write(&quota_of(&directory, quota), 2).unwrap();
    assert_eq!(names(&directory), ["x-2.heapsnapshot"]);
}

#[test]
fn nothing_is_removed_for_a_snapshot_that_alone_is_more_than_the_quota() {
    let directory = tempfile::tempdir().unwrap();
    let quota = removing_oldest(usize::MAX, u64::MAX);
    for sequence in [1, 2] {
        write(&quota_of(&directory, quota), sequence).unwrap();
    }
    let quota = removing_oldest(usize::MAX, content().len() as u64 - 1);
    // Each crash would repeat it.
    for _ in 0..2 {
        let told = refused(
            &quota_of(&directory, quota),
            "ERR_MEMWATCH_SNAPSHOT_QUOTA",
            &directory,
            &["x-1.heapsnapshot", "x-2.heapsnapshot"],
        );
        assert!(told.contains("would hold 1 snapshots"), "{told}");
    }
}

#[test]
fn nothing_is_removed_before_the_new_one_has_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let size = content().len() as u64;
    let destination = quota_of(&directory, removing_oldest(usize::MAX, size * 3 / 2));
    write(&destination, 1).unwrap();
    // A copy that is killed when it has written everything, and one that ends.
    let place = Place::plan(&destination, &occasion(2)).unwrap();
    let mut killed = place.create().unwrap();
    assert!(killed.push(&content()));
    std::mem::forget(killed);
    assert!(directory.path().join("x-1.heapsnapshot").exists());
    place.discard();
    write(&destination, 3).unwrap();
    assert_eq!(names(&directory), ["x-3.heapsnapshot"]);
}

#[test]
fn a_name_that_repeats_is_that_of_the_new_one_when_the_old_one_has_to_go() {
    let directory = tempfile::tempdir().unwrap();
    let template = Template::parse("x.heapsnapshot").unwrap();
    let mut destination = Destination::directory(directory.path(), template);
    if let Target::Directory { quota, .. } = &mut destination.target {
        *quota = removing_oldest(1, u64::MAX);
    }
    fs::write(directory.path().join("x.heapsnapshot"), "old").unwrap();
    let written = write(&destination, 1).unwrap();
    assert_eq!(fs::read(written.path).unwrap(), content());
    assert_eq!(names(&directory), ["x.heapsnapshot"]);
}

#[test]
fn a_name_that_became_free_meanwhile_is_not_that_of_an_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let destination = quota_of(&directory, removing_oldest(1, u64::MAX));
    let old = directory.path().join("x-1.heapsnapshot");
    fs::write(&old, "old").unwrap();
    let mut file = Place::plan(&destination, &occasion(1))
        .unwrap()
        .create()
        .unwrap();
    assert!(file.push(&content()));
    // Somebody clears up.
    fs::remove_file(&old).unwrap();
    assert_eq!(file.finish().unwrap().path, old);
    assert_eq!(fs::read(old).unwrap(), content());
}

#[test]
fn what_a_killed_process_left_gives_its_place_back() {
    let directory = tempfile::tempdir().unwrap();
    for when_full in [WhenFull::Refuse, WhenFull::RemoveOldest] {
        let quota = Quota {
            max_files: 1,
            when_full,
            ..Quota::default()
        };
        // Nobody has it open.
        let left = directory.path().join(".1-0-1-1.memwatch-partial");
        fs::write(&left, "half").unwrap();
        let written = write(&quota_of(&directory, quota), 1).unwrap();
        assert!(!left.exists());
        fs::remove_file(written.path).unwrap();
    }
}

#[test]
fn writers_that_found_room_together_do_not_take_more_than_there_is() {
    let directory = tempfile::tempdir().unwrap();
    let quota = Quota {
        max_files: 2,
        ..Quota::default()
    };
    let destination = quota_of(&directory, quota);
    let places: Vec<Place> = (1..=6)
        .map(|sequence| Place::plan(&destination, &occasion(sequence)).unwrap())
        .collect();
    let written: Vec<bool> = std::thread::scope(|scope| {
        let writers: Vec<_> = places
            .iter()
            .map(|place| {
                scope.spawn(|| {
                    let Ok(mut file) = place.create() else {
                        return false;
                    };
                    file.push(&content()) && file.finish().is_ok()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(written.iter().filter(|&&is_written| is_written).count(), 2);
    assert_eq!(names(&directory).len(), 2);
}

#[test]
fn writers_that_remove_the_oldest_leave_no_more_than_may_lie_there() {
    let directory = tempfile::tempdir().unwrap();
    let destination = quota_of(&directory, removing_oldest(2, u64::MAX));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let destination = &destination;
            scope.spawn(move || {
                for sequence in 0..3 {
                    write(destination, 10 * writer + sequence).unwrap();
                }
            });
        }
    });
    assert_eq!(names(&directory).len(), 2);
}

#[test]
fn bytes_hold_for_writers_that_write_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let quota = Quota {
        max_bytes: content().len() as u64 * 3 / 2,
        ..Quota::default()
    };
    let destination = quota_of(&directory, quota);
    let mut files = [1, 2].map(|sequence| {
        Place::plan(&destination, &occasion(sequence))
            .unwrap()
            .create()
            .unwrap()
    });
    for file in &mut files {
        assert!(file.push(&content()[..content().len() / 2]));
    }
    let [mut first, mut second] = files;
    first.push(&content()[content().len() / 2..]);
    second.push(&content()[content().len() / 2..]);
    let error = [first.finish(), second.finish()]
        .into_iter()
        .find_map(Result::err)
        .unwrap();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_QUOTA");
    assert_eq!(names(&directory).len(), 1);
}

#[test]
fn what_killed_processes_left_counts_and_goes_after_an_hour() {
    let directory = tempfile::tempdir().unwrap();
    let quota = Quota {
        max_files: 2,
        ..Quota::default()
    };
    let destination = quota_of(&directory, quota);
    let partials = [1, 2].map(|sequence| {
        let place = Place::plan(&destination, &occasion(sequence)).unwrap();
        std::mem::forget(place.create().unwrap());
        place.partial_path().to_owned()
    });
    let error = write(&destination, 3).unwrap_err();
    assert_eq!(error.code(), "ERR_MEMWATCH_SNAPSHOT_QUOTA");
    age(&partials[0], 3700);
    write(&destination, 4).unwrap();
    assert!(!partials[0].exists() && partials[1].exists());
}
