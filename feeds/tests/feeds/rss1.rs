//! RSS 1.0 reads back equal as far as it can carry a feed, and is valid XML whatever the feed holds.

use feeds::{Attachment, Category, Entry, Feed, Format, Hints, Legal, Source, Text, write};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::round_trip::{assert_valid, feed, in_rss, link, read, without_skips};

/// What RSS 1.0 cannot carry left out, what it writes as links put among them.
fn in_rss1(feed: Feed) -> Feed {
    let mut feed = in_rss(feed);
    without_skips(&mut feed);
    for entry in &mut feed.entries {
        let comments = entry.comments_url.iter().map(|url| link("replies", url));
        entry.links = comments.chain(entry.links.clone()).collect();
    }
    feed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn rss1_reads_back_equal(feed in feed(), source_id in proptest::option::of("urn:[a-z]{1,9}"), id in "[a-z0-9]{1,9}") {
        let mut feed = feed;
        if let Some(entry) = feed.entries.first_mut() {
            // An id that is no address, and an attribution with an id.
            entry.id = Some(id);
            if let Some(source) = &mut entry.source {
                source.id = source_id;
            }
        }
        let document = write::rss1(&feed);
        prop_assert_eq!(read(&document), in_rss1(feed), "{}", document);
    }

    #[test]
    fn rss1_is_valid_whatever_the_entries_hold(anything in vec(any::<char>(), 0..40)) {
        let anything: String = anything.into_iter().collect();
        let text = Some(Text::Html(anything.clone()));
        let entry = Entry {
            id: Some(anything.clone()),
            url: Some(anything.clone()),
            title: text.clone(),
            content: text.clone(),
            categories: vec![Category { term: anything.clone(), scheme: Some(anything.clone()), label: None }],
            attachments: vec![Attachment { url: anything.clone(), ..Attachment::default() }],
            source: Some(Box::new(Source { title: Some(anything.clone()), ..Source::default() })),
            legal: Some(Box::new(Legal { question: Some(anything.clone()), ..Legal::default() })),
            ..Entry::default()
        };
        let feed = Feed { title: text, logo: Some(anything.clone()), entries: vec![entry, Entry::default()], ..Feed::default() };
        assert_valid(&write::rss1(&feed));
    }
}

#[test]
fn it_is_recognised_as_rss_1() {
    let document = write::rss1(&Feed::default());
    let parsed = feeds::parse(document.as_bytes(), &Hints::default());
    assert_eq!(parsed.map(|parsed| parsed.format), Ok(Format::Rss10));
}
