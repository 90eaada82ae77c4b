//! What was read is written in every format, and each of the documents is read again. A letter in
//! front gives the input a root element, so that no run ends at the door.
#![no_main]

use feeds::{Hints, write};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let root = match bytes.first() {
        Some(b'A') => "<feed xmlns='http://www.w3.org/2005/Atom'><entry>",
        Some(b'J') => "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"",
        Some(b'R') => "<rss version='2.0'><channel><item>",
        _ => "",
    };
    let start = usize::from(!root.is_empty());
    let document = [root.as_bytes(), &bytes[start..]].concat();
    let Ok(parsed) = feeds::parse(&document, &Hints::default()) else {
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
