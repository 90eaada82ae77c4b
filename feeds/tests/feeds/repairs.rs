//! What damaged and unusual documents are read as.

use std::fmt::Write as _;

use feeds::{Entry, Hints, Parsed, ProblemCode};

fn parse(document: &str) -> Parsed {
    feeds::parse(document.as_bytes(), &Hints::default())
        .unwrap_or_else(|cause| panic!("{document}: {cause}"))
}

fn rss(inner: &str) -> String {
    format!("<rss version='2.0'><channel><title>T</title>{inner}</channel></rss>")
}

fn atom(inner: &str) -> String {
    format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title>{inner}</feed>")
}

fn codes(document: &str) -> Vec<ProblemCode> {
    let problems = parse(document).problems;
    problems.iter().map(|problem| problem.code).collect()
}

/// The entries in short: what is there of each, by its name.
fn entries(document: &str) -> String {
    let feed = parse(document).feed;
    let entries: Vec<String> = feed.entries.iter().map(entry).collect();
    entries.join(" | ")
}

fn entry(entry: &Entry) -> String {
    let text = |text: &Option<feeds::Text>| text.as_ref().map(|text| text.as_str().to_owned());
    let people = |people: &[feeds::Person]| {
        let names = people.iter().filter_map(|person| person.name.clone());
        Some(names.collect::<Vec<_>>().join("+")).filter(|names| !names.is_empty())
    };
    let fields = [
        ("id", entry.id.clone()),
        ("title", text(&entry.title)),
        ("url", entry.url.clone()),
        ("by", people(&entry.authors)),
        ("on", entry.published.map(|date| date.at.to_rfc3339())),
        ("summary", text(&entry.summary)),
        ("content", text(&entry.content)),
        ("comments", entry.comments_url.clone()),
        ("image", entry.image.clone()),
        ("at", entry.geo.as_ref().map(|geo| format!("{geo:?}"))),
    ];
    let mut short = String::new();
    for (name, value) in fields {
        if let Some(value) = value {
            let _ = write!(short, "{name}={value} ");
        }
    }
    for category in &entry.categories {
        let _ = write!(short, "in={} ", category.term);
    }
    for attachment in &entry.attachments {
        let _ = write!(short, "with={} ", attachment.url);
    }
    short.trim_end().to_owned()
}

#[track_caller]
fn check(table: &[(String, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(document, expected)| (document, entries(document), expected))
        .filter(|(_, read, expected)| read != *expected)
        .map(|(document, read, expected)| format!("{document}\n  read {read}\n  not  {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_closed_takes_nothing_from_what_follows() {
    let item = |inner: &str| rss(&format!("<item>{inner}</item>"));
    check(&[
        (
            item("<link>http://e.vn/1<title>A</title><description>d</description>"),
            "title=A url=http://e.vn/1 summary=d",
        ),
        (
            item("<guid>1<title>A</title><link>http://e.vn/1</link>"),
            "id=1 title=A url=http://e.vn/1",
        ),
        (
            item("<pubDate>Sat, 27 Jan 2024 14:15:00 +0700<title>A</title>"),
            "title=A on=2024-01-27T07:15:00+00:00",
        ),
        (
            item("<category>c<title>A</title><category>d</category>"),
            "title=A in=c in=d",
        ),
        (
            item("<author>An<title>A</title><link>http://e.vn/1</link>"),
            "title=A url=http://e.vn/1 by=An",
        ),
        (
            item("<dc:creator>An<title>A</title><guid>1</guid>"),
            "id=1 title=A by=An",
        ),
        (
            item(
                "<enclosure url='http://e.vn/a.mp3'><title>A</title><source url='http://e.vn/'>S<guid>1</guid>",
            ),
            "id=1 title=A with=http://e.vn/a.mp3",
        ),
        (
            item("<enclosure url='http://e.vn/a.mp3'><title>M</title></enclosure><title>A</title>"),
            "title=A with=http://e.vn/a.mp3",
        ),
        (
            item("<itunes:image href='http://e.vn/a.png'><title>A</title>"),
            "title=A image=http://e.vn/a.png",
        ),
        (
            atom(
                "<entry><link href='http://e.vn/1'><id>1</id><link rel='x' href='/'></link><title>A</title></entry>",
            ),
            "id=1 title=A url=http://e.vn/1",
        ),
        (
            item("<br><title>A</title><IMG src='/x'><link>http://e.vn/1</link>"),
            "title=A url=http://e.vn/1",
        ),
        (
            item("<title>Foo</b> bar</title><description>a</p> b</i> c</description>"),
            "title=Foo bar summary=a b c",
        ),
        (
            item("<title>Foo</titel><description>a</title><guid>1</guid>"),
            "id=1 title=Foo summary=a",
        ),
        (
            atom("<entry><id>1<title>A</title><updated>2024<link href='http://e.vn/1'/></entry>"),
            "id=1 title=A url=http://e.vn/1",
        ),
    ]);
}

#[test]
fn people_are_read_in_whatever_stands_around_them() {
    let nested = "<author><title>An</title><email>a@e.vn</email></author><title>A</title>";
    check(&[
        (rss(&format!("<item>{nested}</item>")), "title=A by=An"),
        (
            atom(
                "<entry><id>1</id><source><author><name>B</name></author></source>\
                 <author><name>A</name></author></entry>",
            ),
            "id=1 by=A",
        ),
        (
            // RFC 4287 §4.2.1.
            atom("<entry><id>1</id><source><author><name>B</name></author></source></entry>"),
            "id=1 by=B",
        ),
    ]);
}

#[test]
fn places_are_read_where_they_can_be() {
    let item = |inner: &str| rss(&format!("<item><guid>1</guid>{inner}</item>"));
    let point = "id=1 at=Point([106.5, 10.5])";
    check(&[
        (
            item("<geo:Point><geo:lat>10.5</geo:lat><geo:long>106.5</geo:long></geo:Point>"),
            point,
        ),
        (item("<georss:point>10.5 106.5</georss:point>"), point),
        (item("<georss:point>999 -999</georss:point>"), "id=1"),
        (
            item("<geo:lat>10.5</geo:lat><geo:long>999</geo:long>"),
            "id=1",
        ),
        (item("<georss:polygon></georss:polygon>"), "id=1"),
        (item("<georss:line>10.5 106.5</georss:line>"), "id=1"),
    ]);
    let bad = item("<georss:line>10.5 106.5</georss:line>");
    assert!(codes(&bad).contains(&ProblemCode::OddValue));
}

#[test]
fn declared_prefixes_are_never_reported() {
    let unknown = "<rss xmlns:foo='http://e.vn/foo'><channel><foo:bar/></channel></rss>";
    assert!(!codes(unknown).contains(&ProblemCode::UndeclaredPrefix));
    let undeclared = "<rss xmlns:foo='http://e.vn/foo'><channel><foe:bar/></channel></rss>";
    assert!(codes(undeclared).contains(&ProblemCode::UndeclaredPrefix));
    let mut many = String::new();
    for number in 0..1000 {
        let _ = write!(many, " xmlns:n{number}='http://e.vn/{number}'");
    }
    let many = format!(
        "<rss{many} xmlns:a='http://www.w3.org/2005/Atom'><channel><n999:x/>\
         <item><a:id>1</a:id></item></channel></rss>"
    );
    assert_eq!(entries(&many), "id=1");
    assert!(!codes(&many).contains(&ProblemCode::UndeclaredPrefix));
    assert!(!codes(&many).contains(&ProblemCode::TooManyNamespaces));
}

#[test]
fn prefixes_of_xhtml_are_none_in_html() {
    let content =
        "<xh:div xmlns:xh='http://www.w3.org/1999/xhtml'><xh:p>A <xh:br/>B</xh:p></xh:div>";
    let document = format!("<entry><id>1</id><content type='xhtml'>{content}</content></entry>");
    check(&[(atom(&document), "id=1 content=<p>A <br>B</p>")]);
}

#[test]
fn the_attributes_of_links_have_any_case() {
    let links = "<ENTRY><ID>1</ID><LINK HREF='http://e.vn/1'/>\
                 <LINK REL='enclosure' HREF='http://e.vn/a.mp3' TYPE='audio/mpeg' LENGTH='5' LENGTH='6'/></ENTRY>";
    let document = atom(links);
    check(&[(
        document.clone(),
        "id=1 url=http://e.vn/1 with=http://e.vn/a.mp3",
    )]);
    let attachment = &parse(&document).feed.entries[0].attachments[0];
    assert_eq!(attachment.size, Some(5));
    assert_eq!(attachment.media_type.as_deref(), Some("audio/mpeg"));
}

#[test]
fn of_a_document_that_was_cut_off_what_is_whole_is_kept() {
    let cut = |rest: &str| {
        let head =
            "<rss version='2.0'><channel><title>T</title><item><title>A</title></item><item>";
        format!("{head}{rest}")
    };
    check(&[
        (
            cut("<title>Hai</title><description>abc"),
            "title=A | title=Hai summary=abc",
        ),
        (
            cut("<title>Hai</title><link>http://e.vn/2</link><guid>http://e.vn/ha"),
            "title=A | title=Hai url=http://e.vn/2",
        ),
        (cut("<title>Hai</title><link>http://e.vn/ha"), "title=A"),
        (cut("<title>Ha"), "title=A"),
        (cut("<guid>2</guid><link>http://e.vn/2</link>"), "title=A"),
    ]);
    let truncated = |document: &str| {
        let codes = codes(document);
        codes
            .iter()
            .filter(|code| **code == ProblemCode::Truncated)
            .count()
    };
    assert_eq!(truncated(&cut("<title>Hai</title><link")), 1);
}

#[test]
fn a_feed_is_found_behind_whatever_stands_before_it() {
    let item = "<item><title>A</title></item>";
    let upper = "<RSS VERSION='2.0'><CHANNEL><ITEM><TITLE>A</TITLE></ITEM></CHANNEL></RSS>";
    let prefixed =
        "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:id>1</a:id></a:entry></a:feed>";
    let latin = "<!ENTITY % HTMLlat1 PUBLIC \"-//W3C//ENTITIES Latin 1 for XHTML//EN\" \"http://www.w3.org/x.ent\">";
    check(&[
        (format!("<br />\n{upper}"), "title=A"),
        (format!("<b>Warning</b>{prefixed}"), "id=1"),
        (
            format!(
                "[12-Feb-2024 10:00:00] PHP Notice: x\n<?xml version='1.0'?>{}",
                rss(item)
            ),
            "title=A",
        ),
        (
            format!("<!DOCTYPE rss [{latin} %HTMLlat1;]>{}", rss(item)),
            "title=A",
        ),
    ]);
    for declaration in [
        "<!ENTITY b \"<i>&a;&a;</i>\">",
        "<!ENTITY b \"it's &a;\">",
        "<!ENTITY b SYSTEM 'file:///etc/passwd'>",
    ] {
        let document = format!("<!DOCTYPE rss [{declaration}]>{}", rss(item));
        let refusal = feeds::parse(document.as_bytes(), &Hints::default());
        let expected = Err(feeds::NotAFeed::EntityDeclarations);
        assert_eq!(refusal, expected, "{declaration}");
    }
}

#[test]
fn what_stands_before_the_root_is_reported_where_it_is_wrong() {
    let has = |document: &str| codes(document).contains(&ProblemCode::JunkBeforeRoot);
    assert!(!has(&format!("\n{}", rss(""))));
    assert!(has(&format!("\n<?xml version='1.0'?>{}", rss(""))));
    assert!(codes(&format!("{} &amp;", rss(""))).contains(&ProblemCode::JunkAfterRoot));
}

#[test]
fn sections_and_instructions_end_where_they_must() {
    check(&[
        (
            rss(
                "<item><guid>1</guid><description><![CDATA[a <b>c</b></description></item>\
                 <item><title>B</title></item>",
            ),
            "id=1 summary=a <b>c</b> | title=B",
        ),
        (
            rss("<item><title>A <?x a>b ?>c</title></item><?y><item><title>B</title></item>"),
            "title=A c | title=B",
        ),
    ]);
}

#[test]
fn references_are_absolute_wherever_the_base_stands() {
    let item = "<item><enclosure url='/m.mp3'/><link>/1</link>\
                <description>&lt;img src=\"/a.png\"&gt;</description></item>";
    let entry =
        "<entry><link href='/1'/><content type='html'>&lt;a href=\"/a\"&gt;b</content></entry>";
    check(&[
        (
            rss(&format!("{item}<link>http://e.vn/</link>")),
            "url=http://e.vn/1 summary=<img src=\"http://e.vn/a.png\"> image=http://e.vn/a.png with=http://e.vn/m.mp3",
        ),
        (
            atom(&format!(
                "{entry}<link rel='self' href='http://e.vn/feed'/>"
            )),
            "url=http://e.vn/1 content=<a href=\"http://e.vn/a\">b",
        ),
    ]);
    let early = rss(&format!("{item}<link>http://e.vn/</link>"));
    let late = rss(&format!("<link>http://e.vn/</link>{item}"));
    assert_eq!(parse(&early).feed, parse(&late).feed);
}

/// Unicode's composed form, however the letters were written.
#[test]
fn everything_that_people_read_is_composed() {
    let (decomposed, referenced, escaped) = ("a\u{301}", "a&#x301;", "a&amp;#x301;");
    for text in [decomposed, referenced, escaped] {
        let document = rss(&format!(
            "<generator>{text}</generator><itunes:category text='{text}'/>\
             <item><title>{text}</title><description><![CDATA[{text}]]></description>\
             <author>{text}</author><category>{text}</category>\
             <source>{text}</source><atom:link rel='x' href='http://e.vn/' title='{text}'/></item>"
        ));
        let feed = parse(&document).feed;
        let entry = &feed.entries[0];
        let read = [
            feed.categories[0].term.as_str(),
            entry.title.as_ref().unwrap().as_str(),
            entry.authors[0].name.as_deref().unwrap(),
            entry.categories[0].term.as_str(),
            entry.source.as_ref().unwrap().title.as_deref().unwrap(),
            entry.links[0].title.as_deref().unwrap(),
            feed.generator.as_deref().unwrap(),
        ];
        // Escaped twice, an attribute or a name keeps what it says.
        let is_composed = |text: &str| text == "á" || text == "a&#x301;";
        assert!(read.into_iter().all(is_composed), "{text}: {read:?}");
        assert_eq!(read[1], "á", "{text}");
    }
    let encoded = "YcyBAGI=";
    let entry = format!("<entry><id>1</id><title mode='base64'>{encoded}</title></entry>");
    check(&[(atom(&entry), "id=1 title=áb")]);
}

#[test]
fn smaller_elements_mean_what_they_say() {
    let item = |inner: &str| rss(&format!("<link>http://e.vn/</link><item>{inner}</item>"));
    check(&[
        (
            item("<comments>http://e.vn/c</comments><comments/>"),
            "comments=http://e.vn/c",
        ),
        (
            item("<title>A</title><at:comment>b</at:comment>"),
            "title=A",
        ),
        (
            item("<guid isPermaLink='true'>tin/1</guid>"),
            "id=http://e.vn/tin/1 url=http://e.vn/tin/1",
        ),
    ]);
    let replies = "<entry><link rel='replies' href='http://e.vn/c' thr:count='7'/></entry>";
    let feed = parse(&atom(replies)).feed;
    let discussion = feed.entries[0].discussion.as_ref().unwrap();
    assert_eq!(discussion.comments, Some(7));
    for bad in ["<ttl>often</ttl>", "<skipHours><hour>25</hour></skipHours>"] {
        assert!(codes(&rss(bad)).contains(&ProblemCode::OddValue), "{bad}");
    }
}
