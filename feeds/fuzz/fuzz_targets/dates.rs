//! Dates in every form that sites write.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = feeds::dates::parse(text);
});
