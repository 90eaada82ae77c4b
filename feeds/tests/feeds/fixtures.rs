//! What each document of `fixtures/` must parse to.

use std::fs;
use std::path::Path;

use feeds::{Hints, NotAFeed};
use serde_json::{Value, json};

#[test]
fn every_fixture_parses_to_its_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert!(files.len() >= 20, "the fixtures are missing");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../fixtures/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for path in files {
            let name = path.file_name().unwrap().to_str().unwrap();
            insta::assert_json_snapshot!(name, check(&fs::read(&path).unwrap()));
        }
    });
}

fn check(bytes: &[u8]) -> Value {
    let hints = Hints {
        content_type: None,
        base: Some("https://so.example.vn/rss/tin.xml"),
    };
    match feeds::parse(bytes, &hints) {
        Ok(parsed) => without_empty(json!({
            "format": parsed.format,
            "encoding": parsed.encoding,
            "problems": parsed.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "feed": parsed.feed,
        })),
        Err(refusal) => json!({ "refusal": refusal.to_string() }),
    }
}

/// Only what is there: fifty empty fields an entry hide the rest.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| (key, without_empty(value)))
            .filter(|(_, value)| !is_empty(value))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_empty).collect(),
        other => other,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

#[test]
fn refusals_say_what_the_document_is() {
    let table: [(&[u8], NotAFeed); 7] = [
        (b"", NotAFeed::Empty),
        (b" \n ", NotAFeed::Empty),
        (
            "<!DOCTYPE html><html><head><title>Bảo trì</title>".as_bytes(),
            NotAFeed::Html {
                title: Some("Bảo trì".into()),
            },
        ),
        (
            b"<html><form><input type='password'></form></html>",
            NotAFeed::LoginPage,
        ),
        (
            b"<?xml version='1.0'?><urlset><url/></urlset>",
            NotAFeed::Sitemap,
        ),
        (
            b"<catalog/>",
            NotAFeed::OtherXml {
                root: "catalog".into(),
            },
        ),
        (b"{\"ok\": true}", NotAFeed::OtherJson),
    ];
    for (bytes, expected) in table {
        assert_eq!(feeds::parse(bytes, &Hints::default()), Err(expected));
    }
    let binary = feeds::parse(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &Hints::default());
    assert!(matches!(binary, Err(NotAFeed::Binary { .. })), "{binary:?}");
}
