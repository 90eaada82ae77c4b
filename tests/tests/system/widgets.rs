//! The hub's widgets on other sites' pages, in a real browser.

mod frames;
mod host;

use fantoccini::Locator;
use system_tests::browser::{Browser, with_browser};
use system_tests::{http, wait};

use self::host::{Host, TITLES, VIEWS};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// The widgets' links, of which each must lead to the web.
const LINKS: &str = "return [...document.querySelectorAll('loa-feed')]
    .flatMap(feed => [...feed.shadowRoot?.querySelectorAll('a') ?? []].map(link => link.href))";

/// Whether every widget of the page has what it asked for.
const SHOWN: &str = "const feeds = [...document.querySelectorAll('loa-feed')];
    return feeds.length > 0 && feeds.every(feed => feed.getAttribute('aria-busy') === 'false')";

#[tokio::test]
async fn every_view_is_shown_under_the_strictest_policy() {
    let host = Host::start().await;
    let policy = host.policy();
    for view in VIEWS {
        for (lang, theme) in [("vi", "auto"), ("en", "dark"), ("vi", "light")] {
            let widget = host.widget(&format!(
                "view=\"{view}\" entry=\"1\" lang=\"{lang}\" theme=\"{theme}\""
            ));
            host.serve(
                &format!("/{view}/{lang}/{theme}"),
                &policy,
                &host.script(),
                &widget,
            );
        }
    }
    host.serve("/none", &policy, "", "<loa-feed></loa-feed>");
    let (hub, here) = (host.hub.url(""), host.site.url(""));

    with_browser(|browser| async move {
        browser.open(&host.site.url("/none")).await;
        let before = browser.evaluate(GLOBALS).await;
        for view in VIEWS {
            for (lang, theme) in [("vi", "auto"), ("en", "dark"), ("vi", "light")] {
                let page = host.site.url(&format!("/{view}/{lang}/{theme}"));
                browser.open(&page).await;
                browser.until(SHOWN).await;
                let text = browser
                    .evaluate("return document.querySelector('loa-feed').shadowRoot.textContent")
                    .await;
                let expected = match (view, lang) {
                    ("search", "vi") => "Tìm trong pháp luật",
                    ("search", _) => "Search the province",
                    ("calendar", _) => TITLES[2],
                    ("qa", _) => TITLES[1],
                    _ => TITLES[0],
                };
                assert!(text.as_str().unwrap().contains(expected), "{page}: {text}");
                // Before axe comes, which has globals of its own.
                let changed = browser.evaluate(GLOBALS).await;
                let before = before.as_array().unwrap();
                let changed: Vec<_> = changed
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|it| !before.contains(it))
                    .collect();
                assert!(changed.is_empty(), "{page}: {changed:?}");
                let links = browser.evaluate(LINKS).await;
                let links = links.as_array().unwrap();
                assert_eq!(links.is_empty(), view == "search", "{page}: {links:?}");
                let ours = links
                    .iter()
                    .all(|link| link.as_str().unwrap().starts_with(&hub));
                assert!(ours, "{page}: {links:?}");
                assert_eq!(browser.violations("loa-feed").await, [""; 0], "{page}");
                assert_eq!(browser.console().await, [""; 0], "{page}");
                let loaded = browser
                    .evaluate("return performance.getEntriesByType('resource').map(it => it.name)")
                    .await;
                for address in loaded
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                {
                    assert!(
                        address.starts_with(&hub) || address.starts_with(&here),
                        "{page} loads {address}"
                    );
                    assert!(!address.contains("secret"), "{page} tells {address}");
                }
                let kept = browser.evaluate(KEPT).await;
                assert_eq!(kept, serde_json::json!(["secret=1", 1, "1"]), "{page}");
            }
        }
    })
    .await;
}

/// Names of globals and of what prototypes hold, but for the driver's own.
const GLOBALS: &str = "return Object.entries({window, object: Object.prototype, array: Array.prototype, element: HTMLElement.prototype, text: String.prototype})
    .flatMap(([of, it]) => Object.getOwnPropertyNames(it).map(name => `${of}.${name}`))
    .filter(name => !/\\.(\\d+|ret_nodes|.*cdc_.*)$/.test(name))";

/// What the host keeps in the browser, which it has put there itself.
const KEPT: &str = "return [document.cookie, localStorage.length + sessionStorage.length, localStorage.getItem('secret')]";

#[tokio::test]
async fn odd_pages_show_it_all_the_same() {
    let host = Host::start().await;
    let policy = host.policy();
    let widget = host.widget("view=\"cards\"");
    let (script, short) = (
        host.script(),
        format!(
            "<script src=\"{}\" async></script>",
            host.hub.url("/widget.js")
        ),
    );
    host.serve("/async", &policy, &short, &widget);
    host.serve("/two", &policy, &script, &widget.repeat(2));
    let after = format!("{widget}{script}");
    host.serve("/last", &policy, "", &after);
    host.serve(
        "/foreign",
        &policy,
        &format!("<link rel=\"stylesheet\" href=\"/foreign.css\">{script}"),
        &widget,
    );
    host.serve(
        "/polluted",
        &policy,
        &format!("<script src=\"/polluted.js\"></script>{script}"),
        &widget,
    );
    host.serve(
        "/trusted",
        &format!("{policy}; require-trusted-types-for 'script'; trusted-types 'none'"),
        &script,
        &widget,
    );
    host.serve_latin("/latin", &policy, &script, &host.widget("view=\"search\""));

    with_browser(|browser| async move {
        for page in ["/async", "/two", "/last", "/foreign", "/polluted", "/trusted"] {
            browser.open(&host.site.url(page)).await;
            browser.until(SHOWN).await;
            let seen = browser
                .evaluate("return [...document.querySelectorAll('loa-feed')].map(feed =>
                    [...feed.shadowRoot.querySelectorAll('.entry > a')].filter(link => link.checkVisibility() && link.getBoundingClientRect().width > 40)
                        .map(link => link.textContent))")
                .await;
            for titles in seen.as_array().unwrap() {
                assert_eq!(titles.as_array().unwrap().len(), TITLES.len(), "{page}: {seen}");
                assert!(titles.to_string().contains(TITLES[0]), "{page}: {seen}");
            }
            // axe itself does not work with such prototypes.
            if page != "/polluted" {
                assert_eq!(browser.violations("loa-feed").await, [""; 0], "{page}");
            }
            assert_eq!(browser.console().await, [""; 0], "{page}");
        }

        // A page in another encoding neither garbles the words nor what is searched for.
        browser.open(&host.site.url("/latin")).await;
        browser.until(SHOWN).await;
        assert_eq!(browser.evaluate("return document.characterSet").await, "windows-1252");
        let label = browser.evaluate("return document.querySelector('loa-feed').shadowRoot.querySelector('label').textContent").await;
        assert_eq!(label, "Tìm trong pháp luật của tỉnh");
        browser.evaluate("const root = document.querySelector('loa-feed').shadowRoot;
            root.querySelector('input').value = 'sổ đỏ'; root.querySelector('button').click()").await;
        browser.until("return location.pathname === '/tim-kiem' && document.querySelector('#q')?.value === 'sổ đỏ'").await;
        assert_eq!(browser.console().await, [""; 0]);
    })
    .await;
}

#[tokio::test]
async fn nothing_of_the_page_moves_where_the_documented_height_is_kept() {
    let host = Host::start().await;
    let policy = host.policy();
    let guide = http::text(&host.hub.url("/nhung")).await;
    let below = "<p>Sau</p>";
    let mut pages = Vec::new();
    for view in VIEWS {
        let row = guide
            .split(&format!("<tr><td><code>{view}</code></td>"))
            .nth(1)
            .unwrap();
        let cells = row
            .split("<code>")
            .map(|cell| cell.split('<').next().unwrap());
        let heights = cells.filter(|cell| cell.ends_with("rem")).take(2);
        for (width, height) in ["60rem", "20.5rem"].into_iter().zip(heights) {
            let path = format!("/{view}/{width}");
            let css = format!(
                "main {{ width: {width} }} loa-feed {{ display: block; min-height: {height} }}"
            );
            host.serve_style(&format!("{path}.css"), &css);
            let head = format!(
                "<link rel=\"stylesheet\" href=\"{path}.css\">{}",
                host.script()
            );
            let widget = host.widget(&format!("view=\"{view}\" limit=\"6\" entry=\"1\""));
            host.serve(&path, &policy, &head, &format!("{widget}{below}"));
            pages.push(path);
        }
    }
    // The test would notice: without a reserve what is below moves.
    host.serve(
        "/unreserved",
        &policy,
        &host.script(),
        &format!("{}{below}", host.widget("")),
    );

    with_browser(|browser| async move {
        browser.client.set_window_size(1_300, 2_400).await.unwrap();
        browser.open(&host.site.url("/unreserved")).await;
        browser.until(SHOWN).await;
        assert_ne!(shifts(&browser).await, [""; 0]);
        for page in pages {
            browser.open(&host.site.url(&page)).await;
            browser.until(SHOWN).await;
            let height = "return document.querySelector('loa-feed').shadowRoot.querySelector('.loa').scrollHeight / 16";
            let height = browser.evaluate(height).await;
            assert_eq!(shifts(&browser).await, [""; 0], "{page}: the widget is {height}rem high");
        }
    })
    .await;
}

/// What has moved in the page so far, and how much.
async fn shifts(browser: &Browser) -> Vec<String> {
    let script = "const [done] = arguments;
        const seen = [];
        const add = list => list.forEach(({value, sources}) => seen.push(value + sources.map(({node, previousRect, currentRect}) =>
            ` ${node?.nodeName} ${node?.textContent}: ${JSON.stringify(previousRect)} ${JSON.stringify(currentRect)}`)));
        const observer = new PerformanceObserver(list => add(list.getEntries()));
        observer.observe({type: 'layout-shift', buffered: true});
        // What was there already comes before the next picture but one.
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { add(observer.takeRecords()); done(seen); })));";
    let seen = browser.client.execute_async(script, Vec::new()).await;
    serde_json::from_value(seen.unwrap()).unwrap()
}

#[tokio::test]
async fn the_ticker_stops_for_whoever_reads_and_whoever_says_so() {
    let host = Host::start().await;
    let policy = host.policy();
    let clock = "<script src=\"/clock.js\"></script>";
    let ticker = host.widget("view=\"ticker\"");
    host.serve(
        "/moving",
        &policy,
        &format!("{clock}{}", host.script()),
        &ticker,
    );
    host.serve(
        "/still",
        &policy,
        &format!(
            "{clock}<script src=\"/still.js\"></script>{}",
            host.script()
        ),
        &ticker,
    );

    with_browser(|browser| async move {
        let tick = || async { browser.evaluate(&format!("ticks.forEach(tick => tick()); {HEADLINE}")).await };
        let press = |key: &'static str| async {
            browser.client.active_element().await.unwrap().send_keys(key).await.unwrap();
        };
        browser.open(&host.site.url("/moving")).await;
        browser.until(SHOWN).await;
        let first = browser.evaluate(HEADLINE).await;
        let second = tick().await;
        assert_ne!(first, second, "it moves by itself");

        // The first stop is the headline that shows; while it has the focus nothing moves.
        press(TAB).await;
        assert_eq!(browser.evaluate(FOCUSED).await, second);
        assert_eq!(tick().await, second);
        press(TAB).await;
        press(TAB).await;
        assert_eq!(browser.evaluate(FOCUSED).await, "Tạm dừng");
        press(ENTER).await;
        assert_eq!(browser.evaluate(FOCUSED).await, "Tiếp tục");
        browser.evaluate("document.activeElement.blur()").await;
        assert_eq!(tick().await, second, "it was stopped");
        assert_eq!(browser.violations("loa-feed").await, [""; 0]);

        // One who stopped it goes on by hand.
        let next = browser.evaluate(&format!("document.querySelector('loa-feed').shadowRoot.querySelector('.controls > :last-child').click(); {HEADLINE}")).await;
        assert_ne!(next, second);
        browser.evaluate("document.querySelector('loa-feed').shadowRoot.querySelector('[aria-label=\"Tiếp tục\"]').click()").await;
        assert_ne!(tick().await, next);

        browser.open(&host.site.url("/still")).await;
        browser.until(SHOWN).await;
        let first = browser.evaluate(HEADLINE).await;
        assert_eq!(tick().await, first, "who wants no motion sees none");
        assert_eq!(browser.console().await, [""; 0]);
    })
    .await;
}

const HEADLINE: &str = "return document.querySelector('loa-feed').shadowRoot.querySelector('.shown .title').textContent";
const FOCUSED: &str = "const focused = document.querySelector('loa-feed').shadowRoot.activeElement;
    return focused.getAttribute('aria-label') ?? focused.textContent";

#[tokio::test]
async fn without_the_hub_the_page_shows_what_it_had_or_its_own() {
    let mut host = Host::start().await;
    let policy = host.policy();
    let known = host.widget("");
    host.serve("/known", &policy, &host.script(), &known);
    host.serve("/new", &policy, &host.script(), &host.widget("limit=\"7\""));
    let empty = format!(
        "<loa-feed src=\"{}\" lang=\"en\" limit=\"9\"></loa-feed>",
        host.hub.url("")
    );
    host.serve("/empty", &policy, &host.script(), &empty);
    let removed = host
        .hub
        .answer(&["widget", "add", "--owner", "so-tu-phap"])
        .await;
    let of_removed = format!("/widget/entries.json?widget={removed}");
    host.hub.until_status(&of_removed, 200).await;
    let widget = host.widget(&format!("widget=\"{removed}\""));
    host.serve("/removed", &policy, &host.script(), &widget);
    host.serve(
        "/wrong",
        &policy,
        &host.script(),
        &host.widget("kind=\"x\""),
    );

    with_browser(|browser| async move {
        browser.open(&host.site.url("/known")).await;
        browser.until(SHOWN).await;
        browser.until(&keeps(1)).await;
        browser.open(&host.site.url("/removed")).await;
        browser.until(SHOWN).await;
        browser.until(&keeps(2)).await;
        host.hub.answer(&["widget", "remove", &removed]).await;
        host.hub.until_status(&of_removed, 404).await;
        browser.open(&host.site.url("/removed")).await;
        browser.until(SHOWN).await;
        browser.until(&keeps(1)).await;
        assert_eq!(browser.evaluate(OWN).await, true, "what was removed is forgotten");
        browser.open(&host.site.url("/wrong")).await;
        browser.until(SHOWN).await;
        assert_eq!(browser.evaluate(OWN).await, true, "a mistake shows the page's own content");

        host.stop_hub();
        wait::until("the hub is gone", || async {
            http::status(&host.hub.url("/healthz")).await.is_none().then_some(())
        })
        .await;
        browser.open(&host.site.url("/known")).await;
        browser.until(SHOWN).await;
        let text = browser.evaluate("return document.querySelector('loa-feed').shadowRoot.querySelector('[role=status]').textContent").await;
        let today = browser.evaluate("return new Date().toLocaleDateString('vi-VN')").await;
        assert_eq!(text, format!("Đang hiện tin đã lưu ngày {}", today.as_str().unwrap()));
        let links = browser.evaluate(LINKS).await;
        assert_eq!(links.as_array().unwrap().len(), TITLES.len() + 1, "{links}");
        assert_eq!(browser.violations("loa-feed").await, [""; 0]);

        browser.open(&host.site.url("/new")).await;
        browser.until(SHOWN).await;
        assert_eq!(browser.evaluate(OWN).await, true);
        browser.open(&host.site.url("/empty")).await;
        browser.until(SHOWN).await;
        let status = browser.client.find(Locator::Css("loa-feed")).await.unwrap().text().await.unwrap();
        assert_eq!(status, "The news could not be loaded.");
    })
    .await;
}

/// Whether the browser keeps the content of so many addresses.
fn keeps(addresses: usize) -> String {
    format!(
        "return caches.open('loa-feed').then(store => store.keys()).then(keys => keys.length === {addresses})"
    )
}

/// Whether the widget shows what the page has put into it.
const OWN: &str = "return document.querySelector('loa-feed a').checkVisibility() && !document.querySelector('loa-feed').shadowRoot.querySelector('li')";
