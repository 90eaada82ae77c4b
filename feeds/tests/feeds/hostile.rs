//! Documents made to cost more than they weigh.

use std::time::{Duration, Instant};

use feeds::{Attachment, Entry, Feed, Hints, Link, write};

/// Far above what linear work takes in a debug build, far below what quadratic work does.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn the_cost_of_hostile_documents_is_linear() {
    let table = [
        ("", "< <a ", ">"),
        ("<rss><channel><item><description>", "< <a ", ">"),
        ("<rss><channel>", "<a b=\"> ", ""),
        ("<rss><channel>", "<!x <![if ", ">"),
        ("<rss><channel>", "<!DOCTYPE <>", ""),
        ("<rss><channel><item>", "<title><![CDATA[</title>", ""),
        ("<rss><channel><item><title>", "<?x>", ""),
        ("<rss><channel><item>", "<itunes:image href='x'>", ""),
        ("<rss><channel>", "<a '<b \"<c ", ""),
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
    let blanks = format!("<rss><channel><title>{}x", " ".repeat(300_000));
    let long_heads = [(blanks.as_str(), "<![CDATA[]]>", "")];
    for (head, piece, tail) in table.into_iter().chain(long_heads) {
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
        assert!(taken < LONGEST, "{head:.80}{piece}… took {taken:?}");
    }
}

#[test]
fn many_attributes_and_links_cost_no_square() {
    let attributes: Vec<String> = (0..70_000).map(|number| format!("a{number}='b'")).collect();
    let document = format!(
        "<opml><body><outline {}/></body></opml>",
        attributes.join(" ")
    );
    let addresses = |host: &str| -> Vec<String> {
        let numbers = 0..30_000;
        numbers
            .map(|number| format!("https://{host}.example.vn/{number}"))
            .collect()
    };
    let links = addresses("bai").into_iter().map(|href| Link {
        href,
        ..Link::default()
    });
    let attachments = addresses("tep").into_iter().map(|url| Attachment {
        url,
        ..Attachment::default()
    });
    let feed = Feed {
        hubs: addresses("hub"),
        links: links.clone().collect(),
        entries: vec![Entry {
            links: links.collect(),
            attachments: attachments.collect(),
            ..Entry::default()
        }],
        ..Feed::default()
    };
    let started = Instant::now();
    let list = feeds::opml::read(document.as_bytes()).unwrap();
    assert_eq!(list.outlines[0].others.len(), 64);
    for write in [write::rss, write::rss1, write::atom, write::json] {
        let _ = write(&feed);
    }
    let taken = started.elapsed();
    assert!(taken < LONGEST, "{taken:?}");
}

/// Documents of a megabyte of which a part would unfold on the way into the model, however small that is.
#[test]
fn a_small_document_is_read_in_little_memory() {
    const SIZE: usize = 1_000_000;
    // In kilobytes of addresses, which a program has many of that it never fills.
    const MOST: &str = "32768";
    let head = format!(
        "<rss><channel><link>http://a.vn/{}/</link><item>",
        "b".repeat(2_000)
    );
    let table = [
        ("<description>&lt;img srcset='", "a, ", "'></description>"),
        ("<link>/.", "/", "</link>"),
    ];
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("unfolding.xml");
    for (before, piece, after) in table {
        let document = format!("{head}{before}{}{after}", piece.repeat(SIZE / piece.len()));
        std::fs::write(&path, document).unwrap();
        let command = format!("ulimit -v {MOST}; echo \"$1\" | \"$0\"");
        let output = std::process::Command::new("sh")
            .args(["-c", &command, env!("CARGO_BIN_EXE_feeds-json")])
            .arg(&path)
            .output()
            .unwrap();
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(answer.contains("\"items\":"), "{before}{piece}…");
    }
}

#[test]
fn a_base_that_is_too_long_is_reported_and_not_used() {
    let long = "b/".repeat(2_000);
    let document = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://a.vn/{long}'><title>x</title>\
         <entry><link href='x'/><content type='html'>&lt;a href=y></content></entry></feed>"
    );
    let hints = Hints {
        base: Some("http://b.vn/"),
        ..Hints::default()
    };
    let parsed = feeds::parse(document.as_bytes(), &hints).unwrap();
    assert_eq!(parsed.feed.entries[0].url.as_deref(), Some("http://b.vn/x"));
    assert_eq!(
        parsed.feed.entries[0].content.as_ref().unwrap().as_str(),
        "<a href=http://b.vn/y>"
    );
    let is_reported = |problem: &feeds::Problem| problem.code == feeds::ProblemCode::LongBase;
    assert!(parsed.problems.iter().any(is_reported));
}

#[test]
fn an_entry_stays_however_much_its_parts_ask_for() {
    let links = "<a:link rel='x' href='http://a.vn/'/>".repeat(100_000);
    let document = format!(
        "<rss xmlns:a='http://www.w3.org/2005/Atom'><channel><item><title>A</title>{links}</item>"
    );
    let parsed = feeds::parse(document.as_bytes(), &Hints::default()).unwrap();
    let is_reported = |problem: &feeds::Problem| problem.code == feeds::ProblemCode::TooLarge;
    assert!(parsed.problems.iter().any(is_reported));
    assert_eq!(parsed.feed.entries.len(), 1);
}

#[test]
fn an_attribute_without_a_value_stays_without_one() {
    let document = "<rss><channel><link>http://a.vn/</link><item><description>&lt;a href&gt;b\
                    &lt;img src=&gt;&lt;a href=''&gt;</description></item></channel></rss>";
    let parsed = feeds::parse(document.as_bytes(), &Hints::default()).unwrap();
    let summary = parsed.feed.entries[0].summary.as_ref().unwrap();
    assert_eq!(summary.as_str(), "<a href>b<img src=><a href=''>");
}
