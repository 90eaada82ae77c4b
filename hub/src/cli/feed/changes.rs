//! What somebody decides about a feed: each is noted in the audit, as in the console.

use hub_repository::audit::{self, Actor, Change};
use hub_repository::feeds::{self, Feed};
use hub_repository::{Db, DbConn, FeedId, Scope, StoreError, Timestamp, agencies, schedules};
use serde_json::json;

use super::super::output::{Format, remark, say, say_json};
use super::{describe, explain, unknown};
use crate::harvest::schedule::moved_for_good;

const PROVINCE: &Scope = &Scope::Province;

/// How the audit calls whoever works at the command line.
const ACTOR: Actor<'static> = Actor {
    person: None,
    name: "hub feed",
    address: "",
};

/// `hub feed stop`
pub(super) async fn stop(db: &Db, id: FeedId, format: Format) -> anyhow::Result<()> {
    let done = manage(db, id, "feed.stop", feeds::stop).await?;
    let said = if done {
        format!("feed {id} is not harvested any more; `hub feed resume {id}` ends that")
    } else {
        format!("feed {id} was stopped already; nothing was changed")
    };
    tell(db, id, format, &said).await
}

/// `hub feed resume`
pub(super) async fn resume(db: &Db, id: FeedId, format: Format) -> anyhow::Result<()> {
    let done = manage(db, id, "feed.resume", feeds::resume).await?;
    let said = if done {
        format!("feed {id} is harvested again, as soon as its site may be asked")
    } else {
        format!("feed {id} was not stopped; nothing was changed")
    };
    tell(db, id, format, &said).await
}

/// `hub feed move`
pub(super) async fn accept_move(db: &Db, id: FeedId, format: Format) -> anyhow::Result<()> {
    let moved = db
        .run_writing(move |conn| {
            conn.write(|conn| {
                let feed = feeds::find(conn, PROVINCE, id)?.ok_or(StoreError::NotFound)?;
                let known = schedules::find(conn, PROVINCE, id)?;
                let now = Timestamp::now();
                let to = known.as_ref().and_then(|known| moved_for_good(known, now));
                let Some(to) = to else {
                    return Ok(None);
                };
                feeds::accept_move(conn, PROVINCE, id, to, now)?;
                let change = Change {
                    before: Some(json!({ "url": feed.url })),
                    after: Some(json!({ "url": to })),
                    ..of(&feed, "feed.move")
                };
                audit::append(conn, &ACTOR, &change, now)?;
                Ok(Some(to.to_owned()))
            })
        })
        .await;
    let said = match moved {
        Ok(Some(url)) => format!("feed {id} is at {url} from now on and is fetched at once"),
        Ok(None) => anyhow::bail!(
            "feed {id} has nowhere to move: its site does not redirect for good; `hub feed show {id}` tells what it does"
        ),
        Err(StoreError::Conflict(_)) => anyhow::bail!(
            "another feed has the address that feed {id} would move to; `hub feed list` shows which"
        ),
        Err(error) => return Err(explain(error, id)),
    };
    tell(db, id, format, &said).await
}

/// Does that to a feed and notes it; false when it was so already.
async fn manage(
    db: &Db,
    id: FeedId,
    action: &'static str,
    work: fn(&mut DbConn, &Scope, FeedId, Timestamp) -> Result<(), StoreError>,
) -> anyhow::Result<bool> {
    let done = db
        .run_writing(move |conn| {
            conn.write(|conn| {
                let feed = feeds::find(conn, PROVINCE, id)?.ok_or(StoreError::NotFound)?;
                let now = Timestamp::now();
                work(conn, PROVINCE, id, now)?;
                let change = Change {
                    after: Some(json!({ "url": feed.url })),
                    ..of(&feed, action)
                };
                audit::append(conn, &ACTOR, &change, now)
            })
        })
        .await;
    match done {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict(_)) => Ok(false),
        Err(error) => Err(explain(error, id)),
    }
}

fn of(feed: &Feed, action: &'static str) -> Change {
    Change {
        action,
        agency: Some(feed.agency_id),
        target: format!("feed {}", feed.id),
        ..Change::default()
    }
}

/// Says what was done; to programs, how the feed stands now.
async fn tell(db: &Db, id: FeedId, format: Format, said: &str) -> anyhow::Result<()> {
    match format {
        Format::Text => say(said),
        Format::Json => {
            remark(said);
            let (feed, agencies) = db
                .run(move |conn| {
                    let feed = feeds::find(conn, PROVINCE, id)?;
                    Ok::<_, StoreError>((feed, agencies::list(conn, PROVINCE)?))
                })
                .await?;
            let feed = feed.ok_or_else(|| unknown(id))?;
            say_json(&describe(&feed, &agencies))
        }
    }
}
