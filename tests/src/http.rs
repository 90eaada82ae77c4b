//! The tests' HTTP client.

use std::sync::Once;
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::Value;

/// A client that follows no redirects and knows no proxy.
pub fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("only this installs a provider");
    });
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()
        .expect("a client without special settings")
}

/// The answer to a GET.
pub async fn get(url: &str) -> Response {
    client()
        .get(url)
        .send()
        .await
        .unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// The text of a GET that is answered with 200.
pub async fn text(url: &str) -> String {
    let response = get(url).await;
    let status = response.status();
    let text = response.text().await.expect("a body");
    assert_eq!(status.as_u16(), 200, "GET {url}: {text}");
    text
}

/// The JSON of a GET that is answered with 200.
pub async fn json(url: &str) -> Value {
    let text = text(url).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("GET {url}: {error}: {text}"))
}

/// The status of a GET; none while nobody answers.
pub async fn status(url: &str) -> Option<u16> {
    let response = client().get(url).send().await.ok()?;
    Some(response.status().as_u16())
}
