//! Documents made to cost more than they weigh.

use std::time::{Duration, Instant};

use feeds::Hints;

/// Far above what linear work takes in a debug build, far below what quadratic work does.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn the_cost_of_hostile_documents_is_linear() {
    let table = [
        ("", "< <a ", ">"),
        ("<rss><channel><item><description>", "< <a ", ">"),
        ("<rss><channel>", "<a b=\"> ", ""),
        ("<rss><channel>", "<!x <![if ", ">"),
        ("<rss><channel>", "<a></b>", ""),
        ("<rss><channel>", "<item><title>", ""),
        ("<rss><channel>", "<channel>", ""),
        ("<rss><channel><title>", "&#x41;&amp &", ";"),
        ("", "<rdf:RDF xmlns:rdf='x'>", ""),
        ("<a>", "<channel xmlns='x'>", ""),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>",
            "<a xml:base='b/' href='c'>",
            "",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<entry xml:base='b/'>",
            "",
        ),
        (
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry>",
            "<link href='http://a.vn/' rel='enclosure'/><author><name>x</name></author>",
            "",
        ),
        (
            "<rss><channel><item><description><![CDATA[",
            "<script><!-- <a href=\"",
            "]]>",
        ),
        (
            "<rss><channel><item><description><![CDATA[",
            "<a href='x' ",
            "]]>",
        ),
        (
            "<rss><channel><item><description>",
            "&lt;a title=&quot;x&gt;",
            "",
        ),
        (
            "<rss><channel><item><category>",
            "a&amp;b,</category><category>",
            "",
        ),
        (
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[",
            "{\"id\":\"1\"},",
            "",
        ),
    ];
    for (head, piece, tail) in table {
        let document = format!("{head}{}{tail}", piece.repeat(300_000 / piece.len()));
        let started = Instant::now();
        let _ = feeds::parse(
            document.as_bytes(),
            &Hints {
                base: Some("http://a.vn/"),
                ..Hints::default()
            },
        );
        let _ = feeds::opml::read(document.as_bytes());
        let taken = started.elapsed();
        assert!(taken < LONGEST, "{head}{piece}… took {taken:?}");
    }
}
