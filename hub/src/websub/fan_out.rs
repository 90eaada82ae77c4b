//! From the repository's revision to the subscribers of the aggregate's feeds: work in proportion
//! to what changed, and to who asked for it.

use hub_repository::subscriptions::contents::{self, NewContent};
use hub_repository::subscriptions::{any, subscribed};
use hub_repository::{Scope, StoreError, Timestamp, entries, feeds};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::publish::{Aggregate, absolute, touched_feeds};

/// Whether this hub tells of a topic's changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Served {
    Yes,
    /// Under another spelling.
    As(String),
    No,
}

/// Whether this hub tells of a topic's changes: of its own feeds, and of those that it harvests.
pub(crate) async fn is_served(app: &App, topic: &str) -> Result<Served, StoreError> {
    if own(app, topic).is_some() {
        return Ok(Served::Yes);
    }
    let Ok(address) = url::Url::parse(topic).map(String::from) else {
        return Ok(Served::No);
    };
    let found = own(app, &address).is_some() || {
        let address = address.clone();
        app.db
            .run(move |conn| feeds::find_by_url(conn, &Scope::Province, &address))
            .await?
            .is_some()
    };
    Ok(match found {
        true if address == topic => Served::Yes,
        true => Served::As(address),
        false => Served::No,
    })
}

/// Puts on the queue what subscribers of the aggregate's feeds have not got of the revision that the
/// pages show, and remembers how far that has come.
pub(crate) async fn fan_out(app: &App) -> Result<(), StoreError> {
    let db = app.db.clone();
    let (app, snapshot) = (app.clone(), app.snapshot());
    db.run(move |conn| {
        let reached = contents::reached(conn)?;
        if reached >= snapshot.revision {
            return Ok(());
        }
        let now = Timestamp::now();
        if any(conn, now)? {
            let touched = entries::touched(conn, reached, snapshot.revision)?;
            let paths = touched_feeds(&touched, &snapshot);
            let public_url = &app.config.public_url;
            let topics: Vec<String> = paths
                .iter()
                .map(|path| absolute(public_url, path))
                .collect();
            for topic in subscribed(conn, &topics, now)? {
                let Some(feed) = own(&app, &topic) else {
                    continue;
                };
                let Some(document) = feed.document(conn, public_url, &snapshot)? else {
                    continue;
                };
                let content = NewContent {
                    topic: &topic,
                    content_type: document.content_type,
                    hash: &hex::encode(Sha256::digest(&document.plain)),
                    body: &document.plain,
                };
                contents::publish_aggregate(conn, snapshot.revision, &content, now)?;
            }
        }
        contents::reach(conn, snapshot.revision)
    })
    .await
}

/// The feed of this hub that has this address.
fn own(app: &App, topic: &str) -> Option<Aggregate> {
    let public_url = app.config.public_url.as_str().trim_end_matches('/');
    let path = topic.strip_prefix(public_url)?;
    Aggregate::at(path, &app.config.title, &app.snapshot())
}
