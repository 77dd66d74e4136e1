//! The files of `schema/` are what the types of the reports say: one for each, none besides, and
//! every key is described. After a change that is meant: `UPDATE_SCHEMA=1 cargo test -p
//! memwatch-report --test schema`, and a new version in `src/schema.rs`. Whether reports are as
//! their schemas say is tested on real ones, in `__test__/contract.test.js`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use memwatch_report::schema::{VERSION, schemas};
use serde_json::Value;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema")
}

#[test]
fn the_files_are_those_of_the_types() {
    let update = std::env::var_os("UPDATE_SCHEMA").is_some();
    let mut names = BTreeSet::new();
    for (name, schema) in schemas() {
        let file = directory().join(format!("{name}.json"));
        let text = serde_json::to_string_pretty(&schema).expect("a schema is plain data") + "\n";
        if update {
            fs::create_dir_all(directory()).expect("a directory of the repository");
            fs::write(&file, &text).expect("the schema can be written");
        }
        let written = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(written, text, "schema/{name}.json is of another type");
        assert!(
            names.insert(format!("{name}.json")),
            "{name} is there twice"
        );
    }
    let found: BTreeSet<String> = fs::read_dir(directory())
        .expect("schema/ is there")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(found, names);
}

#[test]
fn each_has_an_id_with_the_version_and_a_description() {
    for (name, schema) in schemas() {
        let id = schema
            .get("$id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        assert!(id.ends_with(&format!("/{VERSION}/{name}.json")), "{id}");
        assert!(schema.get("description").is_some(), "{name}");
    }
}

/// The keys of a schema without a description.
fn undescribed(schema: &Value, found: &mut Vec<String>) {
    let Value::Object(schema) = schema else {
        if let Value::Array(choices) = schema {
            choices.iter().for_each(|one| undescribed(one, found));
        }
        return;
    };
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (key, property) in properties {
                    if property["description"]
                        .as_str()
                        .unwrap_or_default()
                        .is_empty()
                    {
                        found.push(key.clone());
                    }
                    undescribed(property, found);
                }
            }
            ("$defs", Value::Object(types)) => {
                types.values().for_each(|one| undescribed(one, found));
            }
            _ => undescribed(value, found),
        }
    }
}

#[test]
fn each_key_is_described() {
    for (name, schema) in schemas() {
        let mut found = Vec::new();
        undescribed(schema.as_value(), &mut found);
        assert!(found.is_empty(), "{name}: {}", found.join(", "));
    }
}
