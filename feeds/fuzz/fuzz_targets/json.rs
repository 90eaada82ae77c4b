//! JSON Feed, with the version that lets it in.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let hints = feeds::Hints {
        base: Some("http://a.vn/b/c"),
        ..feeds::Hints::default()
    };
    let _ = feeds::parse(input.as_bytes(), &hints);
    let document =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{{{input}}}]}}");
    let _ = feeds::parse(document.as_bytes(), &hints);
});
