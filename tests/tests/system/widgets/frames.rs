//! Frames of the hub on other sites' pages.

use std::collections::BTreeMap;

use system_tests::browser::with_browser;
use system_tests::{http, validity};

use super::host::{Host, TITLES, VIEWS};

#[tokio::test]
async fn a_frame_shows_its_content_in_a_sandbox_and_grows_with_it() {
    let host = Host::start().await;
    let hub = host.hub.url("");
    let frame = |attributes: &str, view: &str| {
        format!(
            "<iframe src=\"{hub}/embed?view={view}&amp;entry=1\" title=\"{view}\" width=\"100%\" height=\"40\" {attributes}></iframe>"
        )
    };
    let resizer = format!("<script src=\"{hub}/widget/resize.js\" defer></script>");
    for view in VIEWS {
        host.serve(
            &format!("/{view}"),
            &host.policy(),
            &resizer,
            &frame("sandbox=\"allow-scripts allow-popups allow-forms\"", view),
        );
    }
    host.serve(
        "/script-free",
        &host.policy(),
        &resizer,
        &frame("sandbox", "cards"),
    );
    host.serve(
        "/fixed",
        &host.policy(),
        &resizer,
        &frame("data-loa-fixed", "cards"),
    );

    with_browser(|browser| async move {
        for view in VIEWS {
            browser.open(&host.site.url(&format!("/{view}"))).await;
            browser
                .until("const { height } = document.querySelector('iframe'); return height !== '40' && Number(height) > 60")
                .await;
            browser.client.enter_frame(0).await.unwrap();
            let text = browser.evaluate("return document.body.textContent").await;
            let expected = match view {
                "search" => "Tìm trong pháp luật",
                "calendar" => TITLES[2],
                "qa" => TITLES[1],
                _ => TITLES[0],
            };
            assert!(text.as_str().unwrap().contains(expected), "{view}: {text}");
            let fits = "return document.documentElement.scrollHeight <= innerHeight";
            browser.until(fits).await;
            browser.client.enter_parent_frame().await.unwrap();
            assert_eq!(browser.console().await, [""; 0], "{view}");

            browser.open(&host.hub.url(&format!("/embed?view={view}&entry=1"))).await;
            assert_eq!(browser.violations("html").await, [""; 0], "{view}");
        }
        // No script runs in an empty sandbox, and none is needed.
        browser.open(&host.site.url("/script-free")).await;
        browser.client.enter_frame(0).await.unwrap();
        let shown = "return getComputedStyle(document.querySelector('.loa-cards')).display === 'grid'";
        browser.until(shown).await;
        browser.open(&host.site.url("/fixed")).await;
        let answered = "const [done] = arguments;
            addEventListener('message', () => setTimeout(() => done(document.querySelector('iframe').height)));
            document.querySelector('iframe').src += '&lang=en';";
        let height = browser.client.execute_async(answered, Vec::new()).await.unwrap();
        assert_eq!(height, "40");
    })
    .await;
}

#[tokio::test]
async fn a_configuration_is_shown_where_it_may_be() {
    let host = Host::start().await;
    let add = |origin: String| {
        let hub = &host.hub;
        async move {
            hub.answer(&[
                "widget",
                "add",
                "--owner",
                "so-tu-phap",
                "--view",
                "qa",
                "--title",
                "Hỏi đáp",
                "--origin",
                &origin,
            ])
            .await
        }
    };
    let (here, elsewhere) = (
        add(host.site.url("")).await,
        add("https://*.khac.example".to_owned()).await,
    );
    for id in [&here, &elsewhere] {
        host.hub
            .until_status(&format!("/embed?widget={id}"), 200)
            .await;
        let widget = host.widget(&format!("widget=\"{id}\""));
        let frame = format!(
            "<iframe src=\"{}\" title=\"Khung\"></iframe>",
            host.hub.url(&format!("/embed?widget={id}"))
        );
        host.serve(
            &format!("/{id}"),
            &host.policy(),
            &host.script(),
            &format!("{widget}{frame}"),
        );
    }
    let listed = host.hub.json(&["widget", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");

    with_browser(|browser| async move {
        browser.open(&host.site.url(&format!("/{here}"))).await;
        browser.until(super::SHOWN).await;
        let text = "return document.querySelector('loa-feed').shadowRoot.querySelector('section').getAttribute('aria-label')";
        assert_eq!(browser.evaluate(text).await, "Hỏi đáp");
        browser.client.enter_frame(0).await.unwrap();
        browser.until(&format!("return document.body.textContent.includes('{}')", TITLES[1])).await;
        assert_eq!(browser.console().await, [""; 0]);

        browser.open(&host.site.url(&format!("/{elsewhere}"))).await;
        browser.until(super::SHOWN).await;
        assert_eq!(browser.evaluate(super::OWN).await, true);
        let console = browser.console().await.join("\n");
        assert!(console.contains("Access-Control-Allow-Origin"), "{console}");
        assert!(console.contains("frame-ancestors"), "{console}");
    })
    .await;
}

#[tokio::test]
async fn a_configuration_is_kept_changed_counted_and_removed() {
    let host = Host::start().await;
    let hub = &host.hub;
    let about = [
        "--owner",
        "so-tu-phap",
        "--view",
        "list",
        "--kind",
        "news,qa",
        "--lang",
        "en",
    ];
    let id = hub.answer(&[&["widget", "add"][..], &about].concat()).await;
    assert_eq!(id.len(), 12, "{id}");
    let shown = hub.json(&["widget", "show", &id]).await;
    assert_eq!(shown["filters"]["kind"], serde_json::json!(["news", "qa"]));
    assert_eq!(shown["owner"], "so-tu-phap");
    let told = hub.answer(&["widget", "show", &id]).await;
    assert!(
        told.contains(&format!("<loa-feed widget=\"{id}\">")),
        "{told}"
    );

    let data = format!("/widget/entries.json?widget={id}");
    hub.until_status(&data, 200).await;
    let entries = http::json(&hub.url(&data)).await;
    assert_eq!(entries["entries"].as_array().unwrap().len(), 2);
    let changed = [
        "widget",
        "change",
        &id,
        "--owner",
        "so-tu-phap",
        "--view",
        "calendar",
    ];
    hub.answer(&changed).await;
    hub.until_page_has(&data, TITLES[2]).await;
    hub.answer(&["widget", "remove", &id]).await;
    hub.until_status(&data, 404).await;
    assert_eq!(hub.json(&["widget", "list"]).await, serde_json::json!([]));

    // What was counted is written down in the end.
    let mut host = host;
    host.end_hub().await;
    let stats = host.hub.json(&["widget", "stats", "--widget", &id]).await;
    assert_eq!(stats[0]["form"], "element", "{stats}");
    assert!(stats[0]["count"].as_i64().unwrap() >= 3, "{stats}");
    let lines = host.hub.answer(&["widget", "stats"]).await;
    assert!(lines.contains(&format!("\t{id}\telement\t")), "{lines}");
}

#[tokio::test]
async fn frames_and_fragments_are_valid_html() {
    let host = Host::start().await;
    let mut pages = BTreeMap::new();
    for view in VIEWS {
        for lang in ["vi", "en"] {
            let query = format!("view={view}&entry=1&lang={lang}");
            let frame = http::text(&host.hub.url(&format!("/embed?{query}"))).await;
            pages.insert(format!("/embed?{query}"), frame);
            let fragment =
                http::text(&host.hub.url(&format!("/widget/entries.html?{query}"))).await;
            let around = format!(
                "<!doctype html><html lang=\"vi\"><head><title>Trang</title></head><body><main><h1>Trang</h1>{fragment}</main></body></html>"
            );
            pages.insert(format!("/widget/entries.html?{query}"), around);
        }
    }
    assert_eq!(validity::faults(&pages), [""; 0]);
}
