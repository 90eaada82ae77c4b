//! What would be harvested, before anything is stored.

use hub_repository::StoreError;

use super::super::super::error::Error;
use super::super::error::ConsoleError;
use super::super::findings::FindingRow;
use crate::app::App;
use crate::harvest::doctor::{Examined, Verdict};
use crate::ingest::{CategoryMappings, Readable};
use crate::publish::{kind_label, long_date};

/// A feed as the hub would take it.
pub(super) struct Preview {
    pub(super) title: String,
    pub(super) url: String,
    /// Format, encoding, entries, bytes, time.
    pub(super) about: String,
    /// Whether nothing prevents the harvest.
    pub(super) is_usable: bool,
    pub(super) findings: Vec<FindingRow>,
    pub(super) entries: Vec<EntryRow>,
}

/// An entry as it would be stored.
pub(super) struct EntryRow {
    pub(super) title: String,
    pub(super) url: Option<String>,
    pub(super) kind: &'static str,
    pub(super) date: String,
    pub(super) field: String,
    pub(super) summary: String,
    /// What is wrong with it.
    pub(super) problems: Vec<&'static str>,
}

impl Preview {
    /// Reads the entries that the doctor has seen as a harvest would.
    pub(super) async fn of(
        app: &App,
        verdict: Verdict,
        mappings: CategoryMappings,
    ) -> Result<Self, ConsoleError> {
        let reader = app.harvester.reader.get();
        let reading = tokio::task::spawn_blocking(move || {
            let vocabulary = reader.vocabulary();
            let rows = verdict.preview.iter().map(|seen| {
                let reading = reader.read(Readable::from(&seen.entry), &mappings);
                let mut fields = vocabulary.fields.iter();
                let field = fields.find(|field| reading.field.as_ref() == Some(&field.slug));
                EntryRow {
                    title: seen.title.clone(),
                    url: seen.url.clone(),
                    kind: kind_label(seen.entry.kind),
                    date: seen
                        .published_at
                        .map_or_else(|| "không rõ ngày".to_owned(), long_date),
                    field: field.map_or_else(
                        || "chưa rõ lĩnh vực".to_owned(),
                        |field| field.label.clone(),
                    ),
                    summary: seen.summary.clone(),
                    problems: problems(&seen.entry),
                }
            });
            let entries = rows.collect();
            (verdict, entries)
        });
        let read = reading.await;
        let (verdict, entries) =
            read.map_err(|error| Error::from(StoreError::Task(error.into())))?;
        let feed = verdict.feed.as_ref();
        let about = feed.map_or_else(String::new, Examined::in_words);
        let title = feed.and_then(|feed| feed.title.clone());
        Ok(Self {
            title: title.unwrap_or_else(|| verdict.url.clone()),
            about,
            is_usable: feed.is_some() && !verdict.is_serious(),
            findings: verdict.findings.iter().map(FindingRow::new).collect(),
            entries,
            url: verdict.url,
        })
    }
}

/// What a reader of the entry would miss.
fn problems(entry: &hub_repository::entries::NewEntry) -> Vec<&'static str> {
    let all = [
        (entry.published_at.is_none(), "Không ghi ngày đăng."),
        (entry.url.is_none(), "Không có địa chỉ của bài gốc."),
        (
            entry.body_html.is_empty() && entry.attachments.is_empty(),
            "Không có nội dung, chỉ có tiêu đề.",
        ),
    ];
    let seen = all.into_iter().filter(|(is_so, _)| *is_so);
    seen.map(|(_, said)| said).collect()
}
