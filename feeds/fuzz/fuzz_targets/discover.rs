//! Pages and `Link` fields.
#![no_main]

use feeds::{Hints, discover};

libfuzzer_sys::fuzz_target!(|input: &str| {
    let hints = Hints {
        base: Some("http://a.vn/b/c"),
        ..Hints::default()
    };
    let page = discover::page(input.as_bytes(), &hints);
    assert!(page.feeds.len() <= 50 && page.candidates.len() <= 50);
    let websub = discover::headers(input.lines(), "http://a.vn/b/c");
    assert!(websub.hubs.len() <= 10);
});
