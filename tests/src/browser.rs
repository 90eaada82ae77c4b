//! A real browser: Chromium without a window, driven by chromedriver.

use std::future::Future;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::process::Command;

use crate::process::Process;
use crate::{http, ports, wait, workspace};

/// A browser in use.
#[derive(Debug, Clone)]
pub struct Browser {
    /// What drives the page.
    pub client: Client,
    driver: String,
}

/// Runs `test` with a fresh browser, and closes it whatever the test does.
pub async fn with_browser<Test>(test: impl FnOnce(Browser) -> Test)
where
    Test: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = ports::free_port();
    let mut command = Command::new("chromedriver");
    command.arg(format!("--port={port}"));
    let driver = format!("http://127.0.0.1:{port}");
    let mut process = Process::start("chromedriver", command, folder.path());
    process.until_ready(&format!("{driver}/status")).await;

    let profile = folder.path().join("profile");
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities(&profile.to_string_lossy()))
        .connect(&driver)
        .await
        .expect("a session of the browser");
    let browser = Browser {
        client: client.clone(),
        driver,
    };
    // A task of its own, so that a test that fails still closes its browser.
    let outcome = tokio::spawn(test(browser)).await;
    let closed = client.close().await;
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure.into_panic());
    }
    closed.expect("the browser closes");
}

impl Browser {
    /// Opens a page.
    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("the page opens");
    }

    /// What `script` returns in the page.
    pub async fn evaluate(&self, script: &str) -> Value {
        self.client
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What `script` returns in the page, once that is neither null nor false.
    pub async fn until(&self, script: &str) -> Value {
        wait::until(script, || async {
            let value = self.evaluate(script).await;
            (!value.is_null() && value != false).then_some(value)
        })
        .await
    }

    /// What axe finds wrong with the page, or with the part of it that a selector names: rule, what it says, and where.
    pub async fn violations(&self, selector: &str) -> Vec<String> {
        let axe = workspace().join("tests/tools/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe)
            .expect("axe-core is in tests/tools: tests/run installs it");
        self.evaluate(&axe).await;
        let found = self
            .client
            .execute_async(
                "const [selector, done] = arguments;
                 axe.run(selector).then(
                     ({violations}) => done(violations.flatMap(({id, help, nodes}) =>
                         nodes.map(node => `${id}: ${help}: ${node.target.join(' ')} ${node.html}`))),
                     error => done([`axe failed: ${error}`]));",
                vec![json!(selector)],
            )
            .await
            .expect("axe runs");
        serde_json::from_value(found).expect("a list of texts")
    }

    /// What pages have written to the console since the last call: scripts' messages, errors,
    /// refused loads, violations of a page's policy.
    pub async fn console(&self) -> Vec<String> {
        let session = self.client.session_id().await.expect("a session");
        let url = format!(
            "{}/session/{}/se/log",
            self.driver,
            session.expect("an open session")
        );
        let body = json!({"type": "browser"}).to_string();
        let answer = http::client()
            .post(&url)
            .body(body)
            .send()
            .await
            .expect("chromedriver answers");
        let text = answer.text().await.expect("a body");
        let log: Value = serde_json::from_str(&text).expect("JSON");
        let messages = log["value"]
            .as_array()
            .unwrap_or_else(|| panic!("no log: {text}"));
        messages
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }
}

fn capabilities(profile: &str) -> Map<String, Value> {
    let arguments = [
        "--headless=new",
        "--no-sandbox", // tests may run as root, where Chromium has no sandbox
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--accept-lang=vi",
        &format!("--user-data-dir={profile}"),
    ];
    let capabilities = json!({
        "goog:chromeOptions": {"args": arguments},
        "goog:loggingPrefs": {"browser": "ALL"},
    });
    match capabilities {
        Value::Object(capabilities) => capabilities,
        _ => Map::new(),
    }
}
