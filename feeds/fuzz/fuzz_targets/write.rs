//! What was read is written in every format, and each of the documents is read again.
#![no_main]

use feeds::{Hints, write};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(parsed) = feeds::parse(bytes, &Hints::default()) else {
        return;
    };
    let feed = &parsed.feed;
    for document in [
        write::rss(feed),
        write::rss1(feed),
        write::atom(feed),
        write::json(feed),
    ] {
        let again = feeds::parse(document.as_bytes(), &Hints::default());
        let entries = again.map(|again| again.feed.entries.len());
        assert_eq!(entries, Ok(feed.entries.len()), "{document}");
    }
});
