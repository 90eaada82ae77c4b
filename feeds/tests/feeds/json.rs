//! JSON Feeds that are malformed, large, or hold what other formats cannot.

use feeds::{Entry, Feed, Hints, NotAFeed, Parsed, ProblemCode, Text, Tombstone, write};

const HEAD: &str = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Tin","items":["#;

fn parse(document: &str) -> Parsed {
    feeds::parse(document.as_bytes(), &Hints::default())
        .unwrap_or_else(|refusal| panic!("{refusal}\n{document}"))
}

fn codes(parsed: &Parsed) -> Vec<ProblemCode> {
    let mut codes: Vec<_> = parsed.problems.iter().map(|problem| problem.code).collect();
    codes.dedup();
    codes
}

#[test]
fn what_is_malformed_is_repaired_and_no_item_is_lost() {
    use ProblemCode::{ControlCharacters, JunkAfterRoot, MalformedJson, Truncated};
    let whole = r#"{"id":"2","title":"Hai"}"#;
    let deep = format!(
        r#"{{"id":"1","x":{}1{}}}"#,
        "[".repeat(130),
        "]".repeat(130)
    );
    let table: [(String, &[ProblemCode], &[&str]); 12] = [
        (
            format!(r#"{{"id":"1","title":"a \ud83d"}},{whole}]}}"#),
            &[MalformedJson],
            &["1", "2"],
        ),
        (
            format!(r#"{{"id":"1","size":1e999}},{whole}]}}"#),
            &[MalformedJson],
            &["1", "2"],
        ),
        (format!("{deep},{whole}]}}"), &[], &["1", "2"]),
        (
            format!("{whole}]}}\n<!-- cached -->"),
            &[JunkAfterRoot],
            &["2"],
        ),
        (format!("{whole},]}}"), &[MalformedJson], &["2"]),
        (
            format!("{{\"id\":\"1\",\"title\":\"a\nb\"}},{whole}]}}"),
            &[MalformedJson],
            &["1", "2"],
        ),
        (
            format!(r#"{{"id":"1","title":"Sở "Tư pháp""}},{whole}]}}"#),
            &[MalformedJson],
            &["1", "2"],
        ),
        (
            format!(r#"{{"id":"1","title":"a\u0000b"}},{whole}]}}"#),
            &[ControlCharacters],
            &["1", "2"],
        ),
        (
            format!(r#"{whole},{{"id":"3","title":"Ba","content_text":"nửa ch"#),
            &[Truncated],
            &["2", "3"],
        ),
        (
            format!(r#"{whole},{{"id":"3","content_text":"nửa ch"#),
            &[Truncated],
            &["2"],
        ),
        (
            r#"{"id":"1"},{"id":"3","title":"B"#.to_owned(),
            &[Truncated],
            &["1"],
        ),
        (r#"{"id":"1"},"#.to_owned(), &[Truncated], &["1"]),
    ];
    for (items, problems, ids) in table {
        let parsed = parse(&format!("\n {HEAD}{items}"));
        assert_eq!(codes(&parsed), problems, "{items}");
        let found: Vec<_> = parsed
            .feed
            .entries
            .iter()
            .filter_map(|entry| entry.id.as_deref())
            .collect();
        assert_eq!(found, ids, "{items}");
    }
}

#[test]
fn the_place_of_a_repair_is_that_of_the_document() {
    let document = format!("\n\n{HEAD}{{\"id\":\"1\"}},\n]}}");
    let parsed = parse(&document);
    let places = feeds::places(document.as_bytes(), &Hints::default(), &parsed.problems);
    assert_eq!(places, [Some(feeds::Place { line: 4, column: 1 })]);
}

#[test]
fn broken_json_that_is_no_feed_stays_refused() {
    for document in [
        "{% if feed %}",
        r#"{"error":"no such page",}"#,
        "{{ title }}",
    ] {
        let refusal = feeds::parse(document.as_bytes(), &Hints::default());
        assert!(
            matches!(refusal, Err(NotAFeed::BrokenJson { .. })),
            "{refusal:?}"
        );
    }
}

#[test]
fn many_tombstones_and_tags_take_no_room_from_the_title() {
    let tombstones = (0..5_000).map(|number| Tombstone {
        id: format!("tag:stp.example.vn,2026:{number}"),
        when: None,
        comment: Some("Đăng nhầm".into()),
    });
    let feed = Feed {
        title: Some(Text::Plain("Tin".into())),
        tombstones: tombstones.collect(),
        entries: vec![Entry {
            id: Some("1".into()),
            ..Entry::default()
        }],
        ..Feed::default()
    };
    let parsed = parse(&write::json(&feed));
    assert!(codes(&parsed).is_empty(), "{:?}", parsed.problems);
    assert_eq!(parsed.feed, feed);

    let tags = r#""t","#.repeat(300_000);
    let parsed = parse(&format!(
        r#"{HEAD}{{"tags":[{tags}"t"],"id":"1","title":"Một","content_text":"Hai"}}]}}"#
    ));
    let entry = &parsed.feed.entries[0];
    assert_eq!(entry.title, Some(Text::Plain("Một".into())));
    assert_eq!(entry.content, Some(Text::Plain("Hai".into())));
    assert!(!entry.categories.is_empty());
    assert_eq!(codes(&parsed), [ProblemCode::TooLarge]);
}

#[test]
fn what_people_read_is_composed_after_it_is_decoded() {
    let parsed = parse(&format!(
        r#"{HEAD}{{"id":"a\u0301","title":"a&#x301;","authors":["a\u0301"],"_source":{{"title":"a\u0301"}}}}]}}"#
    ));
    let entry = &parsed.feed.entries[0];
    assert_eq!(entry.id.as_deref(), Some("a\u{301}"), "an id is as it is");
    assert_eq!(entry.title, Some(Text::Plain("á".into())));
    assert_eq!(entry.authors[0].name.as_deref(), Some("á"));
    assert_eq!(entry.source.as_ref().unwrap().title.as_deref(), Some("á"));
}
