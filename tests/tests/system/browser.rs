//! What people see, in a real browser.

use std::collections::BTreeSet;

use fantoccini::Locator;
use system_tests::browser::{Browser, with_browser};
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::{channel, rss};
use system_tests::hub::{Hub, text};
use system_tests::node::Node;
use system_tests::{http, shared};

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const DOWN: &str = "\u{e015}";
const TITLE: &str = "Thủ tục cấp sổ đỏ lần đầu";

/// More stops of the Tab key than any page of ours has.
const STOPS: usize = 60;

#[tokio::test]
async fn an_agencys_page_shows_the_hubs_entries_under_its_strict_policy() {
    let department = Department::start().await;
    department.serve("/rss", Page::rss(rss(&[("1", TITLE), ("2", "Tin khác")])));
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", &department.url("/rss")).await;
    hub.harvest().await;
    let _hub = hub.serve().await;
    // Another port is another origin.
    let node = Node::new("ubnd-xa-tho-xuan", "UBND xã Thọ Xuân", Some(hub.url("")));
    let _node = node.serve().await;
    let home = node.url("/");
    let policy = http::get(&home).await.headers()["content-security-policy"].clone();
    assert_strict(policy.to_str().unwrap(), &hub.url(""));

    with_browser(|browser| async move {
        browser.open(&home).await;
        let links = browser
            .until(
                "const links = document.querySelector('loa-feed').shadowRoot?.querySelectorAll('li a') ?? [];
                 return links.length > 0 && [...links].map(link => link.textContent);",
            )
            .await;
        let titles: BTreeSet<_> = links.as_array().unwrap().iter().map(text).collect();
        assert_eq!(titles, BTreeSet::from([TITLE, "Tin khác"].map(str::to_owned)));

        let focused = "return document.querySelector('loa-feed').shadowRoot.activeElement?.textContent";
        assert!(
            press_until(&browser, TAB, &format!("{focused} === '{TITLE}'")).await,
            "the keyboard reaches the widget's links"
        );
        press(&browser, ENTER).await;
        browser
            .until(&format!("return document.querySelector('h1')?.textContent === '{TITLE}'"))
            .await;
        assert_eq!(browser.console().await, [""; 0], "errors and refused loads");
    })
    .await;
}

#[tokio::test]
async fn people_search_and_read_in_the_portal() {
    let department = Department::start().await;
    department.serve(
        "/rss",
        Page::rss(rss(&[("1", TITLE), ("2", "Lịch tiếp dân")])),
    );
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", &department.url("/rss")).await;
    hub.harvest().await;
    let _hub = hub.serve().await;
    let home = hub.url("/");

    with_browser(|browser| async move {
        browser.open(&home).await;
        let field = browser.client.find(Locator::Css("#q")).await.unwrap();
        field.send_keys(&format!("so do lan dau{ENTER}")).await.unwrap();
        let found = browser
            .until("return location.pathname === '/tim-kiem' && document.querySelector('.cards h2 a')?.textContent")
            .await;
        assert_eq!(found, TITLE);
        let link = browser.client.find(Locator::Css(".cards h2 a")).await.unwrap();
        link.click().await.unwrap();
        let heading = browser
            .until("return location.pathname.startsWith('/bai/') && document.querySelector('h1').textContent")
            .await;
        assert_eq!(heading, TITLE);

        // What is offered while one types can be chosen with the keyboard alone.
        browser.open(&home).await;
        let field = browser.client.find(Locator::Css("#q")).await.unwrap();
        field.send_keys("so do la").await.unwrap();
        browser
            .until("return document.querySelector('#q').getAttribute('aria-expanded') === 'true'")
            .await;
        let chosen = format!(
            "return document.querySelector('[aria-selected=\"true\"]')?.textContent.startsWith('{TITLE}') \
             && document.querySelector('#q').getAttribute('aria-activedescendant') \
             === document.querySelector('[aria-selected=\"true\"]').id"
        );
        assert!(press_until(&browser, DOWN, &chosen).await, "the title is offered");
        press(&browser, ENTER).await;
        let heading = browser
            .until("return location.pathname.startsWith('/bai/') && document.querySelector('h1').textContent")
            .await;
        assert_eq!(heading, TITLE);
        assert_eq!(browser.console().await, [""; 0], "errors and refused loads");
    })
    .await;
}

#[tokio::test]
async fn hostile_content_runs_nowhere() {
    let department = Department::start().await;
    let quirk = std::fs::read(shared("domain/quirks/37-hostile-content.xml")).unwrap();
    department.serve("/37", Page::rss(quirk));
    department.serve("/rss", Page::rss(hostile_rss()));
    department.serve(
        "/atom",
        Page::of_type("application/atom+xml", hostile_atom()),
    );
    department.serve(
        "/json",
        Page::of_type("application/feed+json", hostile_json()),
    );
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&department.authority);
    let mut feeds = Vec::new();
    for path in ["/37", "/rss", "/atom", "/json"] {
        let slug = path.trim_start_matches('/');
        hub.add_agency(slug, &format!("Cơ quan {slug} <script>pwned=1</script>"))
            .await;
        feeds.push(hub.add_feed(slug, &department.url(path)).await);
    }
    let summary = hub.harvest().await;
    assert_eq!(summary["failed"], 0, "{summary}");
    let _hub = hub.serve().await;
    let node = Node::new("ubnd-xa-tho-xuan", "UBND xã Thọ Xuân", Some(hub.url("")));
    let _node = node.serve().await;

    // The test would notice: this page does everything that none of ours may.
    department.serve("/mau", Page::of_type("text/html", hostile_page()));
    let bad = department.url("/mau");

    let mut pages = vec![
        hub.url("/"),
        hub.url("/don-vi"),
        hub.url("/tim-kiem?q=tin"),
        hub.url("/tim-kiem?q=%3Cscript%3Epwned%3D1%3C%2Fscript%3E%22%3E"),
        hub.url("/embed?limit=50"),
        hub.url("/embed?limit=50&view=cards"),
        hub.url("/embed?limit=50&view=qa&kind=news"),
        hub.url("/embed?limit=50&view=calendar&kind=news"),
        node.url("/"),
    ];
    for feed in &feeds {
        let feed = hub.feed(feed).await;
        let entries = feed["entries"].as_array().unwrap();
        assert!(!entries.is_empty(), "{feed}");
        pages.push(hub.url(&format!("/don-vi/{}", feed["agency"].as_str().unwrap())));
        pages.extend(
            entries
                .iter()
                .map(|entry| entry["url"].as_str().unwrap().to_owned()),
        );
    }
    assert!(pages.len() > 40, "only {} pages", pages.len());

    with_browser(|browser| async move {
        browser.open(&bad).await;
        let found = browser.evaluate(HOSTILE_PARTS).await;
        assert!(found.as_array().unwrap().len() > 5, "{found}");
        assert_ne!(browser.console().await, [""; 0]);
        for page in pages {
            browser.open(&page).await;
            if browser.evaluate("return !!document.querySelector('loa-feed')").await == true {
                browser
                    .until("return document.querySelector('loa-feed').shadowRoot?.querySelectorAll('li').length > 0")
                    .await;
            }
            let found = browser.evaluate(HOSTILE_PARTS).await;
            assert_eq!(found, serde_json::json!([]), "{page}");
            assert_eq!(browser.console().await, [""; 0], "{page}: the cleaning left it to the policy");
        }
    })
    .await;
}

/// What must stand in no page: a script that ran, one that would, an address that is code, a
/// picture or frame of another host.
const HOSTILE_PARTS: &str = r#"
    const found = [];
    if (window.pwned !== undefined || document.title.includes("PWNED")) found.push("a script ran");
    const roots = [document, ...[...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)];
    for (const element of roots.flatMap(root => [...root.querySelectorAll("*")])) {
        const name = element.localName;
        const assets = ["suggest", "display", "reading", "frame"].map(asset => `${location.origin}/assets/${asset}-`);
        const own = name === "script" && (/^https?:.*\/widget\.js$/.test(element.src)
            || (element.parentNode === document.head
                && (element.type === "application/ld+json" || assets.some(asset => element.src.startsWith(asset)))));
        if (name === "script" && !own) found.push("script " + element.outerHTML);
        if (["iframe", "object", "embed", "base", "math", "template"].includes(name)) found.push(name);
        if (name === "meta" && element.httpEquiv) found.push("meta " + element.httpEquiv);
        for (const attribute of element.attributes) {
            if (attribute.name.startsWith("on") || attribute.name === "style" || attribute.name === "srcdoc")
                found.push(name + " " + attribute.name);
            if (["href", "src", "action", "formaction", "xlink:href", "poster"].includes(attribute.name)
                && /^\s*(javascript|data|vbscript|file):/i.test(attribute.value))
                found.push(name + " " + attribute.value);
        }
    }
    return found;
"#;

/// Ways to make a page run code.
const PAYLOADS: [&str; 16] = [
    "<script>pwned=1</script>",
    "<img src=x onerror=pwned=1>",
    "<svg onload=pwned=1></svg>",
    "<svg><script>pwned=1</script></svg>",
    "<iframe src=\"javascript:parent.pwned=1\"></iframe>",
    "<iframe srcdoc=\"<script>parent.pwned=1</script>\"></iframe>",
    "<a href=\"javascript:pwned=1\">bấm</a>",
    "<a href=\"java\tscript:pwned=1\">bấm</a>",
    "<a href=\"data:text/html,<script>pwned=1</script>\">bấm</a>",
    "<form action=\"javascript:pwned=1\"><button>gửi</button></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=pwned=1>",
    "\"><script>pwned=1</script>",
    "' onmouseover='pwned=1",
    "</title></textarea></style></noscript><script>pwned=1</script>",
    "<style>@import url(javascript:pwned=1);*{background:url(javascript:pwned=1)}</style>",
    "<meta http-equiv=refresh content=\"0;url=javascript:pwned=1\"><base href=\"javascript:/\">",
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn hostile_page() -> String {
    format!("<!doctype html><body>{}", PAYLOADS[..10].concat())
}

fn hostile_rss() -> String {
    let items: Vec<_> = PAYLOADS
        .iter()
        .enumerate()
        .map(|(number, payload)| {
            let payload = escaped(payload);
            format!(
                "<item><title>Tin {payload}</title><guid isPermaLink=\"false\">{number}{payload}</guid>\
                 <link>https://stp.example.vn/{number}{payload}</link>\
                 <author>{payload}</author><category domain=\"{payload}\">{payload}</category>\
                 <enclosure url=\"javascript:pwned=1\" type=\"{payload}\" length=\"1\"/>\
                 <description>Tin {payload}</description></item>"
            )
        })
        .collect();
    channel(&items.concat())
}

fn hostile_atom() -> String {
    let entries: Vec<_> = PAYLOADS
        .iter()
        .enumerate()
        .map(|(number, payload)| {
            let payload = escaped(payload);
            format!(
                "<entry><id>urn:{number}</id><title type=\"html\">Tin {number} {payload}</title>\
                 <updated>2026-11-23T08:00:00+07:00</updated>\
                 <link href=\"javascript:pwned=1//{number}\"/><author><name>{payload}</name></author>\
                 <summary type=\"html\">Tin {payload}</summary>\
                 <content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">Tin\
                 <script>pwned=1</script><img src=\"x\" onerror=\"pwned=1\"/>\
                 <svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"pwned=1\"><script>pwned=1</script></svg>\
                 </div></content></entry>"
            )
        })
        .collect();
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:x</id><title>Nguồn lạ</title>\
         <updated>2026-11-23T08:00:00+07:00</updated>{}</feed>",
        entries.concat()
    )
}

fn hostile_json() -> String {
    let items: Vec<_> = PAYLOADS
        .iter()
        .enumerate()
        .map(|(number, payload)| {
            serde_json::json!({
                "id": format!("{number}"),
                "url": "javascript:pwned=1",
                "title": format!("Tin {number} {payload}"),
                "content_html": format!("<p>Tin</p>{payload}"),
                "summary": payload,
                "image": "javascript:pwned=1",
                "tags": [payload],
                "authors": [{"name": payload, "url": "javascript:pwned=1"}],
                "attachments": [{"url": "javascript:pwned=1", "mime_type": payload, "title": payload}],
            })
        })
        .collect();
    serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Nguồn lạ",
        "items": items,
    })
    .to_string()
}

/// `default-src 'self'`, plus the hub's origin for script and connection only.
fn assert_strict(policy: &str, hub: &str) {
    let mut default = "";
    for directive in policy.split(';').map(str::trim) {
        let (name, sources) = directive.split_once(' ').unwrap_or((directive, ""));
        if name == "default-src" {
            default = sources;
        }
        for source in sources.split_whitespace() {
            let own = matches!(source, "'self'" | "'none'");
            let hubs = source == hub && matches!(name, "script-src" | "connect-src");
            assert!(own || hubs, "{directive}");
        }
    }
    assert_eq!(default, "'self'", "{policy}");
}

pub(crate) async fn press(browser: &Browser, key: &str) {
    let element = browser.client.active_element().await.unwrap();
    element.send_keys(key).await.unwrap();
}

/// Presses a key until a condition holds; false when it never does.
pub(crate) async fn press_until(browser: &Browser, key: &str, condition: &str) -> bool {
    for _ in 0..STOPS {
        press(browser, key).await;
        if browser.evaluate(condition).await == true {
            return true;
        }
    }
    false
}
