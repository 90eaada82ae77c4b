//! The widget's data: a short list of entries that another site shows.

use hub_repository::entries::Entry;
use serde::Serialize;
use url::Url;

use super::feed::absolute;
use super::{Card, Snapshot};

/// What `/widget/entries.json` answers.
#[derive(Debug, Serialize)]
pub struct WidgetEntries {
    pub title: String,
    pub home_url: String,
    pub entries: Vec<WidgetEntry>,
}

/// One entry in a widget. Text is text, never markup.
#[derive(Debug, Serialize)]
pub struct WidgetEntry {
    pub title: String,
    pub url: String,
    pub agency: String,
    pub kind: &'static str,
    /// RFC 3339.
    pub published_at: String,
    /// For people, in Vietnam's time.
    pub date: String,
    pub summary: String,
}

/// The widget's view of `entries`.
pub fn widget_entries(
    title: &str,
    public_url: &Url,
    snapshot: &Snapshot,
    entries: &[Entry],
) -> WidgetEntries {
    WidgetEntries {
        title: title.to_owned(),
        home_url: public_url.to_string(),
        entries: entries
            .iter()
            .map(|entry| Card::new(entry, snapshot))
            .map(|card| WidgetEntry {
                url: absolute(public_url, &card.path),
                title: card.title,
                agency: card.agency,
                kind: card.kind,
                published_at: card.datetime,
                date: card.date,
                summary: card.summary,
            })
            .collect(),
    }
}
