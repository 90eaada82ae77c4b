//! Tells the province's hub that something changed (WebSub publish), without anybody waiting.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, StatusCode};
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

/// Changes that come while a round is under way are told right after it, together.
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
                    () = run(&client, &endpoint, &feeds, &news) => {}
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

async fn run(client: &Client, endpoint: &str, feeds: &[String], changed: &Notify) {
    loop {
        changed.notified().await;
        announce(client, endpoint, feeds, changed).await;
    }
}

/// One round: until the hub knows, or says that it does not want to, or was silent too often.
async fn announce(client: &Client, endpoint: &str, feeds: &[String], changed: &Notify) {
    let mut pauses = PAUSES.into_iter();
    loop {
        let cause = match publish(client, endpoint, feeds).await {
            Ok(()) => return,
            Err(Failure::Refused(status)) => {
                tracing::warn!(
                    hub.url = endpoint,
                    %status,
                    "the hub refused to be told of a change: is one of this site's feeds \
                     registered there under this address?"
                );
                return;
            }
            Err(Failure::Unheard(cause)) => cause,
        };
        let Some(pause) = pauses.next() else {
            tracing::warn!(
                hub.url = endpoint,
                cause,
                "hub could not be told of a change, it will see it when it polls"
            );
            return;
        };
        tracing::info!(hub.url = endpoint, cause, "hub not told yet, trying again");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // What is newer does not wait for what is older.
            () = changed.notified() => pauses = PAUSES.into_iter(),
        }
    }
}

/// Why the hub does not know of a change.
enum Failure {
    /// It would say the same again.
    Refused(StatusCode),
    /// It could not be reached, or could not do its work.
    Unheard(String),
}

/// One request for all feeds: the hub knows some of them and takes what it knows.
async fn publish(client: &Client, endpoint: &str, feeds: &[String]) -> Result<(), Failure> {
    let mut form = vec![("hub.mode", "publish")];
    form.extend(feeds.iter().map(|feed| ("hub.url", feed.as_str())));
    let answer = client
        .post(endpoint)
        .form(&form)
        .send()
        .await
        .map_err(|error| Failure::Unheard(in_words(&error)))?;
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else if status.is_server_error() {
        Err(Failure::Unheard(format!("the hub answered {status}")))
    } else {
        Err(Failure::Refused(status))
    }
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::Router;
    use axum::extract::State;
    use axum::routing::post;

    use super::*;

    /// A hub that gives these answers one after the other, the last one first.
    async fn hub(answers: &[StatusCode]) -> (String, Arc<Mutex<Vec<StatusCode>>>) {
        let left = Arc::new(Mutex::new(answers.to_vec()));
        let answer = async |State(left): State<Arc<Mutex<Vec<StatusCode>>>>| {
            left.lock().unwrap().pop().unwrap()
        };
        let routes = Router::new()
            .route("/websub", post(answer))
            .with_state(Arc::clone(&left));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/websub", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        (endpoint, left)
    }

    #[tokio::test]
    async fn only_what_may_help_is_tried_again() {
        let feeds = ["http://node.example/feed.atom".to_owned()];
        for (answers, unused) in [
            ([StatusCode::ACCEPTED, StatusCode::NOT_FOUND], 1),
            ([StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE], 0),
        ] {
            let (endpoint, left) = hub(&answers).await;
            let changed = Notify::new();
            announce(&client().unwrap(), &endpoint, &feeds, &changed).await;
            assert_eq!(left.lock().unwrap().len(), unused, "{answers:?}");
        }
    }

    #[tokio::test]
    async fn a_new_change_does_not_wait_for_the_pause() {
        let (endpoint, left) = hub(&[
            StatusCode::ACCEPTED,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::SERVICE_UNAVAILABLE,
        ])
        .await;
        let changed = Notify::new();
        changed.notify_one();
        let started = tokio::time::Instant::now();
        announce(&client().unwrap(), &endpoint, &[], &changed).await;
        assert!(left.lock().unwrap().is_empty());
        // One short pause, not a short one and a long one.
        assert!(started.elapsed() < PAUSES[0] + PAUSES[1]);
    }
}
