//! Bytes under every label: the first byte chooses what HTTP says.
#![no_main]

use feeds::Hints;

const CONTENT_TYPES: [Option<&str>; 12] = [
    None,
    Some("text/xml"),
    Some("text/xml; charset=utf-8"),
    Some("text/xml; charset=utf-16"),
    Some("text/xml; charset=utf-16le"),
    Some("text/xml; charset=utf-32"),
    Some("text/xml; charset=\"windows-1258\""),
    Some("text/xml;charset=iso-8859-1"),
    Some("text/xml; charset=iso-2022-jp"),
    Some("text/xml; charset=gb18030"),
    Some("text/xml; charset=shift_jis"),
    Some("application/json; charset=utf-7"),
];

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let hints = Hints {
        content_type: CONTENT_TYPES[usize::from(choice) % CONTENT_TYPES.len()],
        base: None,
    };
    let _ = feeds::parse(bytes, &hints);
});
