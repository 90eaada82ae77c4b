//! Tells the province's hub that something changed (WebSub publish), without anybody waiting.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use tokio::sync::{Notify, watch};

use crate::feed::Format;
use crate::{Config, NodeError};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Waits between attempts; after the last the hub's own polling remains.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
];

/// Changes that come while a round is under way are told in one more round.
#[derive(Clone)]
pub(crate) struct Pinger {
    changed: Arc<Notify>,
}

impl Pinger {
    /// Starts the task that pings; it ends when `stopped` turns true. Without a hub it does nothing.
    pub(crate) fn start(
        config: &Config,
        stopped: watch::Receiver<bool>,
    ) -> Result<Self, NodeError> {
        let changed = Arc::new(Notify::new());
        if let Some(endpoint) = config.websub() {
            let client = client()?;
            let feeds = Format::ALL.map(|format| config.address(format.path()));
            let news = Arc::clone(&changed);
            tokio::spawn(async move {
                tokio::select! {
                    () = run(&client, &endpoint, feeds, &news) => {}
                    () = crate::wait_for(stopped) => {}
                }
            });
        }
        Ok(Self { changed })
    }

    /// Tells that the feeds changed.
    pub(crate) fn feeds_changed(&self) {
        self.changed.notify_one();
    }
}

fn client() -> Result<Client, NodeError> {
    // Whoever embeds the node may have installed a provider, and then theirs is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder()
        .user_agent(concat!("agency-node/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?)
}

async fn run(client: &Client, endpoint: &str, feeds: [String; 3], changed: &Notify) {
    let [rss, atom, json] = &feeds;
    loop {
        changed.notified().await;
        tokio::join!(
            announce(client, endpoint, rss),
            announce(client, endpoint, atom),
            announce(client, endpoint, json),
        );
    }
}

async fn announce(client: &Client, endpoint: &str, feed: &str) {
    for attempt in 0..=PAUSES.len() {
        let cause = match publish(client, endpoint, feed).await {
            Ok(()) => return,
            Err(cause) => cause,
        };
        if let Some(pause) = PAUSES.get(attempt) {
            tracing::info!(
                hub.url = endpoint,
                feed.url = feed,
                cause,
                "hub not told yet, trying again"
            );
            tokio::time::sleep(*pause).await;
        } else {
            tracing::warn!(
                hub.url = endpoint,
                feed.url = feed,
                cause,
                "hub could not be told of a change, it will see it when it polls"
            );
        }
    }
}

async fn publish(client: &Client, endpoint: &str, feed: &str) -> Result<(), String> {
    let answer = client
        .post(endpoint)
        .form(&[("hub.mode", "publish"), ("hub.url", feed)])
        .send()
        .await
        .map_err(|error| in_words(&error))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(format!("the hub answered {}", answer.status()))
}

fn in_words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        format!("no answer within {} s", TIMEOUT.as_secs())
    } else if error.is_connect() {
        "the hub cannot be reached".to_owned()
    } else {
        error.to_string()
    }
}
