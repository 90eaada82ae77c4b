//! Feeds as Vietnamese government sites really serve them.

use std::fs;

use chrono::{DateTime, Utc};
use feeds::{Entry, Hints, Parsed, ProblemCode, Text};
use serde_json::Value;

#[test]
fn every_quirk_is_read_as_expected() {
    let folder = crate::shared("domain/quirks");
    let expected = fs::read(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let files = expected["files"].as_object().unwrap();
    let mut failures = Vec::new();
    for (name, case) in files {
        let bytes = fs::read(folder.join(name)).unwrap();
        let hints = Hints {
            content_type: case["served"]["content_type"].as_str(),
            base: case["served"]["url"].as_str(),
        };
        let parsed = feeds::parse(&bytes, &hints);
        let expected = &case["expected"];
        match parsed {
            Ok(parsed) if expected["ok"] == true => {
                failures
                    .extend(differences(&parsed, expected).map(|text| format!("{name}: {text}")));
            }
            Err(_) if expected["ok"] == false => {}
            other => failures.push(format!("{name}: {other:?}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn differences<'a>(parsed: &'a Parsed, expected: &'a Value) -> impl Iterator<Item = String> + 'a {
    let warnings: Vec<&str> = expected["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    // Text in fonts of old is reported here and repaired by the hub.
    let is_legacy = warnings
        .iter()
        .any(|warning| warning.starts_with("legacy-encoding"));
    let mut found = vec![(
        "count".to_owned(),
        parsed.feed.entries.len().to_string(),
        expected["items"].as_array().unwrap().len().to_string(),
    )];
    let mut compare = |field: String, actual: Option<String>, wanted: &Value| {
        let wanted = wanted.as_str().unwrap_or("").to_owned();
        found.push((field, actual.unwrap_or_default(), wanted));
    };
    if !is_legacy {
        compare(
            "title".into(),
            parsed.feed.title.as_ref().map(visible),
            &expected["title"],
        );
    }
    let items = expected["items"].as_array().unwrap();
    for (index, (entry, wanted)) in parsed.feed.entries.iter().zip(items).enumerate() {
        let at = |field: &str| format!("entry {index} {field}");
        // Which identity counts is the hub's business; here its parts must be right.
        if !wanted["id"].as_str().unwrap_or("").starts_with("hash:") {
            compare(
                at("id"),
                entry.id.clone().or(entry.url.clone()),
                &wanted["id"],
            );
        }
        compare(at("url"), entry.url.clone(), &wanted["url"]);
        if !is_legacy {
            let title = entry.title.as_ref().map(visible);
            compare(
                at("title"),
                title.or_else(|| summary(entry)),
                &wanted["title"],
            );
            compare(at("summary"), summary(entry), &wanted["summary"]);
        }
        let date = entry.published.or(entry.updated).map(|date| date.at);
        let wanted_date = wanted["date_published"].as_str().map(|text| {
            DateTime::parse_from_rfc3339(text)
                .unwrap()
                .with_timezone(&Utc)
                .to_string()
        });
        compare(
            at("date"),
            date.map(|date| date.to_string()),
            &wanted_date.into(),
        );
        if wanted["image"].is_string() {
            compare(at("image"), entry.image.clone(), &wanted["image"]);
        }
        for (number, url) in wanted["attachments"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let attachment = entry.attachments.get(number);
            compare(
                at("attachment"),
                attachment.map(|attachment| attachment.url.clone()),
                url,
            );
        }
        for (number, tag) in wanted["tags"].as_array().into_iter().flatten().enumerate() {
            let category = entry.categories.get(number);
            compare(
                at("tag"),
                category.map(|category| category.term.clone()),
                tag,
            );
        }
    }
    for warning in warnings {
        if let Some(code) = code(warning) {
            let has = parsed.problems.iter().any(|problem| problem.code == code);
            found.push((
                format!("problem {warning}"),
                has.to_string(),
                "true".to_owned(),
            ));
        }
    }
    found
        .into_iter()
        .filter(|(_, actual, wanted)| actual != wanted)
        .map(|(field, actual, wanted)| format!("{field}: got {actual:?}, expected {wanted:?}"))
}

/// What a person sees, with the Icelandic eth as the letter that is meant; the hub replaces it.
fn visible(text: &Text) -> String {
    text.plain().replace('Ð', "Đ")
}

fn summary(entry: &Entry) -> Option<String> {
    entry
        .summary
        .as_ref()
        .or(entry.content.as_ref())
        .map(visible)
}

/// The problem that a warning is called here; two of them are none of this crate's: a byte-order
/// mark is allowed, and what lies in the future only a clock can say.
fn code(warning: &str) -> Option<ProblemCode> {
    Some(match warning {
        "bom" | "future-date" => return None,
        "leading-whitespace" => ProblemCode::JunkBeforeRoot,
        "non-rfc822-date" => ProblemCode::OddDate,
        "bad-date" => ProblemCode::BadDate,
        "missing-guid" => ProblemCode::MissingId,
        "relative-link" => ProblemCode::RelativeLink,
        "double-escaped" => ProblemCode::DoubleEscaped,
        "encoding-mismatch" => ProblemCode::EncodingMismatch,
        "content-type-mismatch" => ProblemCode::ContentTypeMismatch,
        "no-items" => ProblemCode::NoEntries,
        "truncated" => ProblemCode::Truncated,
        "not-well-formed" => ProblemCode::UndeclaredPrefix,
        "unsafe-link" => ProblemCode::UnsafeLink,
        "legacy-encoding:tcvn3" => ProblemCode::LegacyTcvn3,
        "legacy-encoding:vni" => ProblemCode::LegacyVni,
        other => panic!("unknown warning {other}: say here what it is called"),
    })
}
