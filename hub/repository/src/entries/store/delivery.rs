//! What is written of an entry as a feed delivered it.

use diesel::prelude::*;

use crate::entries::{Attachment, Kind, NewEntry};
use crate::ids::FeedId;
use crate::schema::entries;
use crate::types::{Json, Timestamp};

/// The columns that a delivery sets.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = entries, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct Delivery<'a> {
    feed_id: FeedId,
    kind: Kind,
    title: &'a str,
    summary: &'a str,
    body_html: &'a str,
    url: Option<&'a str>,
    published_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    author: Option<&'a str>,
    language: Option<&'a str>,
    image_url: Option<&'a str>,
    field: Option<&'a str>,
    #[diesel(serialize_as = Json<Vec<String>>)]
    audiences: Vec<String>,
    #[diesel(serialize_as = Json<Vec<String>>)]
    situations: Vec<String>,
    #[diesel(serialize_as = Json<Vec<String>>)]
    categories: Vec<String>,
    #[diesel(serialize_as = Json<Vec<Attachment>>)]
    attachments: Vec<Attachment>,
    #[diesel(serialize_as = Json<serde_json::Value>)]
    legal: serde_json::Value,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    content_hash: &'a str,
    changed_at: Timestamp,
    listed_at: Timestamp,
    withdrawn_at: Option<Timestamp>,
}

/// What is written of a delivery at `now`; `withdrawn_at` is set while decisions keep it from the public.
pub(super) fn delivery(
    entry: &NewEntry,
    feed: FeedId,
    now: Timestamp,
    listed_at: Timestamp,
    withdrawn_at: Option<Timestamp>,
) -> Delivery<'_> {
    Delivery {
        feed_id: feed,
        kind: entry.kind,
        title: &entry.title,
        summary: &entry.summary,
        body_html: &entry.body_html,
        url: entry.url.as_deref(),
        published_at: entry.published_at,
        updated_at: entry.updated_at,
        author: entry.author.as_deref(),
        language: entry.language.as_deref(),
        image_url: entry.image_url.as_deref(),
        field: entry.reading.field.as_deref(),
        audiences: entry.reading.audiences.clone(),
        situations: entry.reading.situations.clone(),
        categories: entry.categories.clone(),
        attachments: entry.attachments.clone(),
        legal: entry.legal.clone(),
        starts_at: entry.starts_at,
        ends_at: entry.ends_at,
        content_hash: &entry.content_hash,
        changed_at: now,
        listed_at,
        withdrawn_at,
    }
}
