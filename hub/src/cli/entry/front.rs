//! Which entries stand in front of all others on the portal's first page.

use chrono::NaiveDate;
use hub_repository::pins::{self, NewPin};
use hub_repository::{Db, EntryId, StoreError, Timestamp};
use serde_json::json;

use super::super::output::{Format, say, say_json};
use super::{PROVINCE, no_entry};
use crate::publish::today;

/// Entries that are listed; the first page shows the first few.
const LISTED: i64 = 100;

pub(super) async fn pin(db: &Db, id: EntryId, until: Option<NaiveDate>) -> anyhow::Result<()> {
    if let Some(day) = until.filter(|day| *day < today()) {
        anyhow::bail!("--until {day} is over; give a day from today on");
    }
    db.run(move |conn| {
        let new = NewPin {
            entry: id,
            since: None,
            until,
            label: "",
        };
        pins::pin(conn, PROVINCE, &new, Timestamp::now())
    })
    .await
    .map_err(|error| no_entry(error, id))
}

pub(super) async fn unpin(db: &Db, id: EntryId) -> anyhow::Result<()> {
    db.run(move |conn| pins::unpin(conn, PROVINCE, id))
        .await
        .map_err(|error| match error {
            StoreError::NotFound => anyhow::anyhow!("entry {id} does not stand in front"),
            other => other.into(),
        })
}

pub(super) async fn list(db: &Db, format: Format) -> anyhow::Result<()> {
    let pinned = db
        .run(|conn| pins::pinned(conn, PROVINCE, today(), LISTED))
        .await?;
    match format {
        Format::Json => {
            let rows = pinned
                .iter()
                .map(|(entry, pin)| json!({ "id": entry.id, "title": entry.title, "label": pin.label, "until": pin.until }));
            say_json(&rows.collect::<Vec<_>>())
        }
        Format::Text => pinned
            .iter()
            .try_for_each(|(entry, _)| say(&format!("{}\t{}", entry.id, entry.title))),
    }
}
