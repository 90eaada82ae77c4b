//! `hub feed history`: a feed's runs as a story.

use chrono::Utc;
use hub_repository::{Db, FeedId, Scope, StoreError, feeds, runs};
use serde_json::json;

use super::super::output::{Format, say, say_json};
use super::unknown;
use crate::harvest::story;

/// More runs than these are not kept of a feed for long.
const MOST: i64 = 2_000;

pub(super) async fn run(db: &Db, id: FeedId, format: Format) -> anyhow::Result<()> {
    let (feed, runs) = db
        .run(move |conn| {
            let feed = feeds::find(conn, &Scope::Province, id)?;
            Ok::<_, StoreError>((feed, runs::list(conn, &Scope::Province, id, MOST)?))
        })
        .await?;
    let feed = feed.ok_or_else(|| unknown(id))?;
    let episodes = story::episodes(&runs);
    match format {
        Format::Json => say_json(&json!({
            "id": feed.id,
            "url": feed.url,
            "episodes": episodes,
            "runs": runs,
        })),
        Format::Text => {
            say(&format!("nguồn tin {}: {}", feed.id, feed.url))?;
            if episodes.is_empty() {
                say("chưa lấy lần nào")?;
            }
            let now = Utc::now();
            for episode in &episodes {
                say(&episode.tell(now))?;
            }
            Ok(())
        }
    }
}
