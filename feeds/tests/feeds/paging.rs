//! Where the other documents of a feed are.

use feeds::Hints;

#[test]
fn relations_of_the_document_count_from_its_own_address() {
    for (base, expected) in [
        ("", "https://nguon.example.vn/rss?trang=2"),
        (
            " xml:base='https://kho.example.vn/'",
            "https://kho.example.vn/?trang=2",
        ),
    ] {
        let document = format!(
            "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'{base}><channel><title>Tin</title>\
             <link>https://cong.example.vn/</link><a:link href='?trang=2' rel='next'/>\
             <item><title>Một</title><link>/tin/1</link></item></channel></rss>"
        );
        let hints = Hints {
            base: Some("https://nguon.example.vn/rss"),
            ..Hints::default()
        };
        let feed = feeds::parse(document.as_bytes(), &hints).unwrap().feed;
        assert_eq!(feed.paging.next.as_deref(), Some(expected));
        let page = if base.is_empty() { "cong" } else { "kho" };
        let url = format!("https://{page}.example.vn/tin/1");
        assert_eq!(feed.entries[0].url, Some(url), "entries belong to the page");
    }
}
