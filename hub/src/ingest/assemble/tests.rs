use chrono::TimeZone;
use feeds::{Basis, Date, Legal, Precision, Tombstone};

use super::*;

fn ingest(feed: &Feed) -> Ingested {
    let url = Url::parse("https://stp.example/rss").unwrap();
    assemble(
        feed,
        Context {
            url: &url,
            registered: url.as_str(),
            now: now(),
        },
    )
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 1, 0, 0).unwrap()
}

fn one(entry: Entry) -> NewEntry {
    let feed = Feed {
        entries: vec![entry],
        ..Feed::default()
    };
    ingest(&feed).entries.remove(0)
}

fn date(year: i32) -> Date {
    let at = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    Date {
        at,
        precision: Precision::Second,
    }
}

#[test]
fn what_a_publisher_left_out_is_filled_in_honestly() {
    let entry = one(Entry {
        content: Some(Text::Html(
            "<p>Một <b>hai</b></p><script>x</script>".to_owned(),
        )),
        ..Entry::default()
    });
    assert_eq!(entry.title, "Một hai");
    assert_eq!(entry.summary, "Một hai");
    assert_eq!(entry.body_html, "<p>Một <b>hai</b></p>");
    assert_eq!(entry.kind, Kind::News);
    assert_eq!(entry.published_at, None);
    let blank = Entry {
        title: Some(Text::Plain("\u{3164} \u{200b}\u{2800}".to_owned())),
        ..Entry::default()
    };
    let linked = one(Entry {
        url: Some("https://stp.example/1".to_owned()),
        ..blank.clone()
    });
    assert_eq!(linked.title, UNTITLED);
    // Nothing to read and nowhere to go: no entry.
    let feed = Feed {
        entries: vec![blank],
        ..Feed::default()
    };
    assert!(ingest(&feed).entries.is_empty());
}

#[test]
fn what_is_hashed_does_not_change() {
    // Or everything that was ever stored would seem to have changed.
    let mut entry = one(Entry {
        title: Some(Text::Plain("Một \"hai\"".to_owned())),
        url: Some("https://stp.example/1".to_owned()),
        published: Some(date(2026)),
        attachments: vec![feeds::Attachment {
            url: "/tep.pdf".to_owned(),
            size: Some(7),
            ..feeds::Attachment::default()
        }],
        ..Entry::default()
    });
    entry.legal = json!({"kind": "document", "basis": [{"instrument": "31/2024/QH15"}]});
    let seen = json!([
        "news",
        "Một \"hai\"",
        "",
        "",
        "https://stp.example/1",
        "2026-01-01T00:00:00.000000Z",
        null,
        null,
        null,
        [],
        [{"url": "https://stp.example/tep.pdf", "media_type": null, "title": null, "size": 7}],
        {"kind": "document", "basis": [{"instrument": "31/2024/QH15"}]},
    ]);
    let expected = hex::encode(Sha256::digest(seen.to_string()));
    assert_eq!(content_hash(&entry), expected);
}

#[test]
fn an_entry_knows_its_place_beside_those_that_say_nothing() {
    let titled = |title: &str| Entry {
        title: Some(Text::Plain(title.to_owned())),
        ..Entry::default()
    };
    let feed = Feed {
        entries: vec![titled("a"), titled(""), titled("b")],
        ..Feed::default()
    };
    let ingested = ingest(&feed);
    let kept: Vec<_> = ingested.entries.iter().map(|e| e.title.as_str()).collect();
    assert_eq!((kept, ingested.places), (vec!["a", "b"], vec![0, 2]));
}

#[test]
fn the_letter_that_was_meant_is_stored() {
    let number = "Nghị định 80/2017/N\u{d0}-CP";
    let entry = one(Entry {
        title: Some(Text::Plain(number.to_owned())),
        content: Some(Text::Plain(number.to_owned())),
        ..Entry::default()
    });
    assert_eq!(entry.title, "Nghị định 80/2017/NĐ-CP");
    assert_eq!(entry.body_html, "<p>Nghị định 80/2017/NĐ-CP</p>");
}

#[test]
fn plain_text_stays_text() {
    let entry = one(Entry {
        title: Some(Text::Plain("a < b".to_owned())),
        content: Some(Text::Plain("1 < 2 & 3\n\n<b>đậm</b>".to_owned())),
        ..Entry::default()
    });
    assert_eq!(entry.title, "a < b");
    assert_eq!(
        entry.body_html,
        "<p>1 &lt; 2 &amp; 3</p><p>&lt;b&gt;đậm&lt;/b&gt;</p>"
    );
}

#[test]
fn control_characters_are_dropped() {
    let entry = one(Entry {
        id: Some("a\0b".to_owned()),
        title: Some(Text::Plain("Luật\0 Đất\u{1b} đai".to_owned())),
        content: Some(Text::Html("<p>Một\0</p>".to_owned())),
        ..Entry::default()
    });
    assert_eq!(entry.title, "Luật Đất đai");
    assert_eq!(entry.body_html, "<p>Một</p>");
    assert!(!entry.identity.contains('\0'));
}

#[test]
fn dates_that_cannot_be_true_are_unknown() {
    for (year, known) in [(1900, false), (2021, true), (9999, false)] {
        let entry = one(Entry {
            title: Some(Text::Plain("x".to_owned())),
            published: Some(date(year)),
            ..Entry::default()
        });
        assert_eq!(entry.published_at.is_some(), known, "{year}");
    }
}

#[test]
fn only_addresses_on_the_web_come_through() {
    for (given, kept) in [
        ("javascript:alert(1)", None),
        ("/tin/1", Some("https://stp.example/tin/1")),
        ("//khac.example/x", Some("https://khac.example/x")),
        ("http://name:word@stp.example/", None),
        ("http://[::1", None),
        ("mailto:a@b.c", None),
    ] {
        let entry = one(Entry {
            title: Some(Text::Plain("x".to_owned())),
            url: Some(given.to_owned()),
            ..Entry::default()
        });
        assert_eq!(entry.url.as_deref(), kept, "{given}");
    }
}

#[test]
fn the_hash_follows_what_readers_see() {
    let plain = Entry {
        title: Some(Text::Plain("x".to_owned())),
        ..Entry::default()
    };
    let legal = Legal {
        kind: Some("qa".to_owned()),
        ..Legal::default()
    };
    let same = one(plain.clone()).content_hash;
    assert_eq!(same, one(plain.clone()).content_hash);
    assert_eq!(
        same,
        one(Entry {
            updated: Some(date(2021)),
            ..plain.clone()
        })
        .content_hash
    );
    assert_ne!(
        same,
        one(Entry {
            legal: Some(Box::new(legal)),
            ..plain
        })
        .content_hash
    );
}

#[test]
fn a_tombstone_names_the_identity_that_its_entry_had() {
    let feed = Feed {
        entries: vec![Entry {
            id: Some("news_1".to_owned()),
            title: Some(Text::Plain("x".to_owned())),
            ..Entry::default()
        }],
        tombstones: vec![Tombstone {
            id: "news_1".to_owned(),
            ..Tombstone::default()
        }],
        ..Feed::default()
    };
    let ingested = ingest(&feed);
    assert_eq!(ingested.withdrawn, [ingested.entries[0].identity.clone()]);
}

#[test]
fn nothing_grows_beyond_its_bound() {
    let entry = one(Entry {
        url: Some(format!("https://stp.example/{}/x", "a".repeat(1_900))),
        content: Some(Text::Html("<a href=x>y</a>".repeat(40_000))),
        legal: Some(Box::new(Legal {
            question: Some("dài ".repeat(100_000)),
            basis: vec![Basis::default(); 1_000],
            ..Legal::default()
        })),
        ..Entry::default()
    });
    assert!(
        entry.body_html.len() <= 4 * MAX_BODY,
        "{}",
        entry.body_html.len()
    );
    assert!(entry.legal.to_string().len() < 50_000);
}

#[test]
fn markup_that_no_reader_needs_costs_no_time() {
    let deep = "<span>".repeat(40_000) + &"</b>".repeat(40_000);
    let entry = one(Entry {
        content: Some(Text::Html(format!("<p>Một</p>{deep}<p>Hai</p>"))),
        ..Entry::default()
    });
    assert_eq!(entry.body_html, "<p>Một Hai</p>");
}

#[test]
fn long_text_is_cut_between_words() {
    assert_eq!(shorten("một hai ba", 6), "một…");
    assert_eq!(shorten("một hai ba", 10), "một hai ba");
}
