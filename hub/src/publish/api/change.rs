//! What has changed.

use chrono::{DateTime, Utc};
use hub_repository::Timestamp;
use hub_repository::entries;
use serde::Serialize;
use utoipa::ToSchema;

use super::Entry;

/// The last change of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Change<T = Entry> {
    /// The entry's number.
    #[schema(example = 4711)]
    pub id: i64,
    /// The revision with which it changed.
    #[schema(example = 1204)]
    pub revision: i64,
    /// Whether it is withdrawn: a copy deletes it. It may come back with a later change.
    pub deleted: bool,
    /// When it was withdrawn.
    pub deleted_at: Option<DateTime<Utc>>,
    /// The entry as it is now; none when it is withdrawn.
    #[schema(value_type = Option<Entry>)]
    pub entry: Option<T>,
}

/// Changes in the order of their revisions, each entry once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangePage<T = Entry> {
    /// The repository's revision.
    #[schema(example = 1204)]
    pub revision: i64,
    /// Everything up to this revision has been given when this page was taken in: go on later with `since` set to it.
    #[schema(example = 1204)]
    pub reached: i64,
    /// The changes of this page.
    #[schema(value_type = Vec<Change>)]
    pub items: Vec<Change<T>>,
    /// Address of the next page; none when everything has been given.
    pub next: Option<String>,
}

impl<T> Change<T> {
    /// The view of a change; `view` shows the entry unless it is withdrawn.
    pub fn new<E>(
        changed: &entries::Entry,
        view: impl FnOnce(&entries::Entry) -> Result<T, E>,
    ) -> Result<Self, E> {
        let deleted = changed.withdrawn_at.is_some();
        Ok(Self {
            id: changed.id.0,
            revision: changed.revision,
            deleted,
            deleted_at: changed.withdrawn_at.map(Timestamp::to_utc),
            entry: if deleted { None } else { Some(view(changed)?) },
        })
    }
}
