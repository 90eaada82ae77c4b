//! Versions of entries.

use chrono::{DateTime, Utc};
use hub_repository::Timestamp;
use hub_repository::entries::{self, EntryVersion, VersionHead};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Attachment, KindName};

/// A version of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionSummary {
    /// Counts from 1.
    #[schema(example = 2)]
    pub version: i32,
    /// Its title.
    pub title: String,
    /// Since when it stood in the repository.
    pub changed_at: DateTime<Utc>,
    /// When the next version took its place; none of the present one.
    pub replaced_at: Option<DateTime<Utc>>,
    /// When it was withdrawn; the next version is then its publication anew.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A version of an entry with what it said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Version {
    #[serde(flatten)]
    pub summary: VersionSummary,
    /// What it was.
    pub kind: KindName,
    /// Its summary, as text.
    pub summary_text: String,
    /// Its content as cleaned HTML.
    pub content_html: String,
    /// Its page on the agency's own site.
    pub source_url: Option<String>,
    /// Slug of its legal field.
    pub field: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Its language (BCP 47).
    pub language: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// The categories that the agency gave it.
    pub categories: Vec<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// When the agency said that it published it.
    pub published_at: Option<DateTime<Utc>>,
    /// When the agency said that it changed it.
    pub updated_at: Option<DateTime<Utc>>,
}

/// The versions of an entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionList {
    /// The newest first; of an entry that changed very often the oldest are not kept.
    pub items: Vec<VersionSummary>,
}

impl VersionSummary {
    /// The present version.
    pub fn present(entry: &entries::Entry) -> Self {
        Self {
            version: entry.version,
            title: entry.title.clone(),
            changed_at: entry.changed_at.to_utc(),
            replaced_at: None,
            withdrawn_at: entry.withdrawn_at.map(Timestamp::to_utc),
        }
    }

    /// An earlier version.
    pub fn earlier(version: VersionHead) -> Self {
        Self {
            version: version.version,
            title: version.title,
            changed_at: version.changed_at.to_utc(),
            replaced_at: Some(version.replaced_at.to_utc()),
            withdrawn_at: version.withdrawn_at.map(Timestamp::to_utc),
        }
    }
}

impl Version {
    /// The present version.
    pub fn present(entry: &entries::Entry) -> Self {
        Self {
            summary: VersionSummary::present(entry),
            kind: entry.kind.into(),
            summary_text: entry.summary.clone(),
            content_html: entry.body_html.clone(),
            source_url: entry.url.clone(),
            field: entry.field.clone(),
            author: entry.author.clone(),
            language: entry.language.clone(),
            image_url: entry.image_url.clone(),
            categories: entry.categories.0.clone(),
            attachments: Attachment::all(&entry.attachments.0),
            published_at: entry.published_at.map(Timestamp::to_utc),
            updated_at: entry.updated_at.map(Timestamp::to_utc),
        }
    }

    /// An earlier version.
    pub fn earlier(version: &EntryVersion) -> Self {
        Self {
            summary: VersionSummary::earlier(VersionHead {
                version: version.version,
                title: version.title.clone(),
                changed_at: version.changed_at,
                withdrawn_at: version.withdrawn_at,
                replaced_at: version.replaced_at,
            }),
            kind: version.kind.into(),
            summary_text: version.summary.clone(),
            content_html: version.body_html.clone(),
            source_url: version.url.clone(),
            field: version.field.clone(),
            author: version.author.clone(),
            language: version.language.clone(),
            image_url: version.image_url.clone(),
            categories: version.categories.0.clone(),
            attachments: Attachment::all(&version.attachments.0),
            published_at: version.published_at.map(Timestamp::to_utc),
            updated_at: version.updated_at.map(Timestamp::to_utc),
        }
    }
}
