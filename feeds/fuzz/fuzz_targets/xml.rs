//! RSS and Atom, in UTF-8 with a root element, so that no run ends at the door.
#![no_main]

use feeds::{Hints, Text};

libfuzzer_sys::fuzz_target!(|input: &str| {
    let root = match input.as_bytes().first() {
        Some(b'A') => "<feed xmlns='http://www.w3.org/2005/Atom'>",
        Some(b'R') => "<rss version='2.0'><channel>",
        _ => "",
    };
    let document = format!("{root}{input}");
    let hints = Hints {
        base: Some("http://a.vn/b/c"),
        ..Hints::default()
    };
    if let Ok(parsed) = feeds::parse(document.as_bytes(), &hints) {
        let places = feeds::places(document.as_bytes(), &hints, &parsed.problems);
        assert_eq!(places.len(), parsed.problems.len());
        for entry in &parsed.feed.entries {
            let texts = [&entry.title, &entry.summary, &entry.content];
            for text in texts.into_iter().flatten() {
                let _ = (text.plain(), text.html(), Text::from_html(text.as_str()));
            }
        }
    }
});
