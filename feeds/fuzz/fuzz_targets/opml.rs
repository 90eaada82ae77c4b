//! Lists of feeds; one that was read is written and read again alike.
#![no_main]

use feeds::opml;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(list) = opml::read(bytes) {
        let _ = list.feeds();
        let document = opml::write(&list);
        assert_eq!(opml::read(document.as_bytes()), Ok(list), "{document}");
    }
});
