//! How much memory a document may take, counted where it is asked for. It is a program of its own: other
//! tests would be counted too.

use feeds::Hints;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Documents of a megabyte that would unfold into hundreds: all that is asked for while one is read, and its
/// model, stay within four times its size and 16 MB.
#[test]
fn a_small_document_never_becomes_a_large_model() {
    const SIZE: usize = 1_000_000;
    const MOST: usize = 4 * SIZE + 16_000_000;
    // As long as a base may be.
    let base = format!("http://a.vn/{}/", "b".repeat(2_000));
    let documents = xml(&base).into_iter().chain(json(&base));
    for (head, piece, tail) in documents {
        let count = SIZE.saturating_sub(head.len()) / piece.len();
        let document = format!("{head}{}{tail}", piece.repeat(count));
        let hints = Hints {
            base: Some(&base),
            ..Hints::default()
        };
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let parsed = feeds::parse(document.as_bytes(), &hints).unwrap();
        let taken = MEMORY.peak_usage() - before;
        drop(parsed);
        let head = &head[..head.floor_char_boundary(60)];
        assert!(taken <= MOST, "{head}…{piece}: {taken} bytes");
    }
}

/// The beginning of a document, what is repeated in it, and its end.
type Document = (String, &'static str, &'static str);

fn xml(base: &str) -> Vec<Document> {
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'";
    let long = format!("http://a.vn/{}/", "b".repeat(10_000));
    vec![
        (
            format!("{atom} xml:base='{long}'><entry><content type='html'>"),
            "&lt;a href=x>",
            "",
        ),
        (
            format!("{atom} xml:base='{base}'><entry><content type='html'>"),
            "&lt;a href=x>",
            "",
        ),
        (
            format!("{atom} xml:base='{base}'>"),
            "<entry><content type='html'>&lt;a href=x></content></entry>",
            "",
        ),
        (
            format!("{atom}><entry><content type='xhtml'><div xml:base='{base}'>"),
            "<a href='x'/>",
            "",
        ),
        (
            format!("{atom} xml:base='{base}'><entry>"),
            "<link href='x' rel='enclosure'/>",
            "",
        ),
        (
            format!("<rss><channel><link>{base}</link><item><description>&lt;img srcset='"),
            "a, ",
            "'></description></item>",
        ),
        (
            format!("{atom} xml:base='{base}'>"),
            "<entry><id>x</id></entry>",
            "",
        ),
        (
            format!("<rss><channel><link>{base}</link>"),
            "<item><link>x</link></item>",
            "",
        ),
        (
            format!("<rss><channel><link>{long}</link>"),
            "<item><link>x</link></item>",
            "",
        ),
        (
            "<rss><channel>".into(),
            "<item><link>x</link></item>",
            "<link>http://a.vn/</link>",
        ),
        ("<rss><channel>".into(), "<item/>", ""),
        (
            "<rss><channel>".into(),
            "<item><loa:kind>qa</loa:kind></item>",
            "",
        ),
        (
            "<rss><channel><item>".into(),
            "<category>x</category><category>y</category>",
            "",
        ),
        (
            "<rss><channel><item><georss:line>".into(),
            "1 ",
            "</georss:line>",
        ),
    ]
}

fn json(base: &str) -> Vec<Document> {
    let json = "{\"version\":\"https://jsonfeed.org/version/1.1\"";
    vec![
        (format!("{json},\"items\":["), "{},", "{}]}"),
        (format!("{json},\"items\":["), "{\"id\":{\"\":0}},", "{}]}"),
        (
            format!("{json},\"home_page_url\":\"{base}\",\"items\":["),
            "{\"url\":\"x\"},",
            "{}]}",
        ),
        (
            format!("{json},\"home_page_url\":\"{base}\",\"items\":[{{\"content_html\":\""),
            "<a href=x>",
            "\"}]}",
        ),
        (format!("{json},\"items\":[{{\"tags\":["), "0,", "0]}]}"),
        (
            format!("{json},\"items\":[{{\"_legal\":{{\"basis\":["),
            "1,",
            "1]}}]}",
        ),
        (
            format!("{json},\"items\":[{{\"_legal\":{{\"audience\":["),
            "1,",
            "1]}}]}",
        ),
        (
            format!("{json},\"items\":[{{\"title\":{{"),
            "\"\":1,",
            "\"\":1}}]}",
        ),
        (format!("{json},\"items\":[{{"), "\"\":1,", "\"\":1}]}"),
        (format!("{json},\"items\":["), "{\"_source\":{}},", "{}]}"),
        (format!("{json},\"items\":["), "[],\n,", ""),
        (format!("{json},\"items\":[],\"a\":\"\n\",\"b\":"), "[", ""),
        (
            format!("{json},\"items\":[],\"_tombstones\":["),
            "{\"id\":1},",
            "{}]}",
        ),
        (
            format!("{json},\"items\":[],\"hubs\":["),
            "{\"url\":\"a:b\"},",
            "{}]}",
        ),
        (format!("{json},\"items\":[],"), "\"\":1,", "\"\":1}"),
        (
            format!("{json},\"items\":[{{\"title\":\"a"),
            "\u{301}",
            "\"}]}",
        ),
        (format!("{json},\"items\":[{{\"url\":\"/"), "../", "\"}]}"),
        (
            format!("{json},\"items\":[{{\"title\":\"x\",}},"),
            "{},",
            "{}]}",
        ),
    ]
}
