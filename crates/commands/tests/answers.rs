//! From a request to its answer, without Node.js: each command on a snapshot made in code, as JSON and as
//! text, and what is refused, with its code. What the reports say is tested in `memwatch_report`.

use std::fs;
use std::path::Path;

use memwatch_commands::{
    Command, CoreOptions, Failure, Format, MapOptions, ProgramQuestion, ProgramRequest, Progress,
    Request, Stage, answer, answer_program,
};
use memwatch_snapshot::testing::{Shop, Style};
use tempfile::TempDir;

/// A snapshot of this number of users, written below the directory.
fn snapshot(directory: &TempDir, name: &str, users: usize) -> String {
    let file = directory.path().join(name);
    let json = Shop::new(users).graph.to_json(Style::NODE_24);
    fs::write(&file, json).expect("written");
    file.to_string_lossy().into_owned()
}

fn request(command: Command, files: &[&str]) -> Request {
    Request {
        files: files.iter().map(|&file| file.to_owned()).collect(),
        top: None,
        format: Format::Json,
        width: 80,
        fast: false,
        may_map: true,
        core: CoreOptions::default(),
        maps: MapOptions::Off,
        baseline: Vec::new(),
        command,
    }
}

fn failed(request: &Request) -> Failure {
    match answer(request, &Progress::default()) {
        Ok(answer) => panic!("answered: {}", answer.output),
        Err(failure) => failure,
    }
}

fn questions() -> [Command; 6] {
    [
        Command::Analyze { markdown: false },
        Command::Summary,
        Command::Classes {
            sort: Default::default(),
        },
        Command::Shapes {
            sort: Default::default(),
        },
        Command::Functions {
            sort: Default::default(),
        },
        Command::Strings,
    ]
}

#[test]
fn every_question_to_one_file_is_answered_as_json_whether_mapped_or_read() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    for (mapped, read) in questions().into_iter().zip(questions()) {
        let mapped = request(mapped, &[&file]);
        let read = Request {
            may_map: false,
            ..request(read, &[&file])
        };
        let [mapped, read] = [mapped, read].map(|request| {
            answer(&request, &Progress::default())
                .unwrap_or_else(|failure| panic!("{failure}"))
                .output
        });
        assert!(mapped.starts_with('{') && mapped.ends_with('}'), "{mapped}");
        assert_eq!(mapped, read);
    }
}

#[test]
fn text_names_the_file_and_ends_with_its_line() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let progress = Progress::default();
    let text = Request {
        format: Format::Text,
        ..request(Command::Summary, &[&file])
    };
    let text = answer(&text, &progress).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(text.output.contains("shop.heapsnapshot"), "{}", text.output);
    assert!(text.output.ends_with('\n'));
    assert_eq!(progress.stage(), Stage::Answering);
    // Only the bytes of nodes and edges are counted where a file is mapped.
    assert!((1..=progress.total_bytes()).contains(&progress.bytes()));
}

#[test]
fn a_diff_of_a_file_with_itself_finds_nothing_that_grew() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let diff = Command::Diff {
        sort: Default::default(),
    };
    let same = answer(&request(diff, &[&file, &file]), &Progress::default());
    assert_eq!(same.map(|same| same.new_findings).ok(), Some(0));
}

#[test]
fn a_redacted_file_is_written_whole_and_nothing_is_written_over() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let output = directory.path().join("shown.heapsnapshot");
    let redact = || Command::Redact {
        output: output.to_string_lossy().into_owned(),
        strict: false,
        compression: None,
    };
    let report = answer(&request(redact(), &[&file]), &Progress::default());
    assert!(report.is_ok());
    assert!(fs::metadata(&output).is_ok_and(|written| written.len() > 0));
    let again = failed(&request(redact(), &[&file]));
    assert_eq!(again.code(), "ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS");
}

#[test]
fn what_cannot_be_answered_has_a_code_and_names_the_file() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let nowhere = directory.path().join("nowhere");
    let nowhere = nowhere.to_string_lossy().into_owned();
    let gone = failed(&request(Command::Analyze { markdown: false }, &[&nowhere]));
    assert_eq!(gone.code(), "ERR_MEMWATCH_SNAPSHOT_UNREADABLE");
    assert!(gone.to_string().contains("nowhere cannot be read: "));

    let cut = directory.path().join("cut");
    fs::write(&cut, &fs::read(Path::new(&file)).expect("read")[..100]).expect("written");
    let cut = failed(&request(
        Command::Analyze { markdown: false },
        &[&cut.to_string_lossy()],
    ));
    assert_eq!(cut.code(), "ERR_MEMWATCH_SNAPSHOT_TRUNCATED");
    assert_eq!(cut.offset(), Some(100));

    let id = "Session".to_owned();
    let inspect = failed(&request(Command::Inspect { id }, &[&file]));
    assert_eq!(inspect.code(), "ERR_MEMWATCH_NOT_AN_ID");

    let diff = Command::Diff {
        sort: Default::default(),
    };
    let one = failed(&request(diff, &[&file]));
    assert_eq!(one.code(), "ERR_MEMWATCH_USAGE");
}

fn asked(question: ProgramQuestion, files: &[&str]) -> Result<String, Failure> {
    let request = ProgramRequest {
        files: files.iter().map(|&file| file.to_owned()).collect(),
        top: None,
        may_map: false,
        core: CoreOptions::default(),
        question,
    };
    answer_program(&request, &Progress::default())
}

#[test]
fn a_program_gets_the_report_of_the_command() {
    let directory = TempDir::new().expect("a directory");
    let file = snapshot(&directory, "shop.heapsnapshot", 20);
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let printed = |command, files: &[&str]| {
        let answer = answer(&request(command, files), &Progress::default());
        value(&answer.unwrap_or_else(|failure| panic!("{failure}")).output)
    };
    let analyze = asked(ProgramQuestion::Analyze, &[&file]).expect("a report");
    assert_eq!(
        value(&analyze),
        printed(Command::Analyze { markdown: false }, &[&file])
    );
    let diff = asked(ProgramQuestion::Diff, &[&file, &file]).expect("a report");
    let sort = Default::default();
    assert_eq!(
        value(&diff),
        printed(Command::Diff { sort }, &[&file, &file])
    );
    let page = asked(ProgramQuestion::Page, &[&file]).expect("a report");
    assert_eq!(value(&page)["analysis"], value(&analyze));
    let core = asked(ProgramQuestion::Core { output: None }, &[&file]).expect_err("no core");
    assert_eq!(core.code(), "ERR_MEMWATCH_CORE_INVALID");
    let none = asked(ProgramQuestion::Analyze, &[]).expect_err("no file");
    assert_eq!(none.code(), "ERR_MEMWATCH_USAGE");
}
