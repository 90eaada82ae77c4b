//! An entry as a record: its header, and its metadata in two formats.

use chrono::{DateTime, SecondsFormat, Utc};
use feeds::write::clean;
use hub_repository::Timestamp;
use hub_repository::entries::Entry;
use url::Url;

use super::super::view::{agency_path, kind_label, legal_module};
use super::super::{Snapshot, absolute, entry_id, entry_path};
use super::answer::Sets;
use super::request::Format;

/// A record as the template writes it.
pub(super) struct Record {
    pub(super) identifier: String,
    pub(super) datestamp: String,
    pub(super) deleted: bool,
    pub(super) sets: Vec<String>,
    /// None of a deleted one, and where only headers are asked for.
    pub(super) metadata: Option<Metadata>,
}

/// Both formats are made of the same.
pub(super) struct Metadata {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) body_html: String,
    pub(super) page: String,
    pub(super) original: Option<String>,
    pub(super) author: Option<String>,
    pub(super) agency: String,
    pub(super) agency_page: String,
    pub(super) published: String,
    pub(super) changed: String,
    pub(super) language: String,
    pub(super) kind: &'static str,
    pub(super) kind_label: &'static str,
    pub(super) field: Option<String>,
    pub(super) field_label: Option<String>,
    pub(super) categories: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) situations: Vec<String>,
    pub(super) basis: Vec<Basis>,
    pub(super) document: Option<Document>,
    pub(super) question: Option<String>,
    pub(super) files: Vec<String>,
}

pub(super) struct Basis {
    pub(super) instrument: String,
    pub(super) article: Option<String>,
}

pub(super) struct Document {
    pub(super) number: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) issued: Option<String>,
    pub(super) effective: Option<String>,
}

/// `2026-01-31T07:00:00Z`, the granularity of the repository.
pub(super) fn second(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Record {
    pub(super) fn new(
        entry: &Entry,
        changed: Timestamp,
        sets: &Sets<'_>,
        snapshot: &Snapshot,
        public_url: &Url,
        format: Option<Format>,
    ) -> Self {
        let deleted = entry.withdrawn_at.is_some();
        Self {
            identifier: entry_id(entry, public_url),
            datestamp: second(changed.to_utc()),
            deleted,
            sets: sets.of(entry),
            metadata: format
                .filter(|_| !deleted)
                .map(|format| Metadata::new(entry, changed, sets, snapshot, public_url, format)),
        }
    }
}

impl Metadata {
    fn new(
        entry: &Entry,
        changed: Timestamp,
        sets: &Sets<'_>,
        snapshot: &Snapshot,
        public_url: &Url,
        format: Format,
    ) -> Self {
        let text = |text: &str| clean(text).into_owned();
        let optional = |text: &Option<String>| text.as_deref().map(|text| clean(text).into_owned());
        let all = |texts: &[String]| texts.iter().map(|text| clean(text).into_owned()).collect();
        let agency = snapshot.agency(entry.agency_id);
        let legal = legal_module(entry);
        Self {
            title: text(&entry.title),
            summary: text(&entry.summary),
            body_html: match format {
                Format::Legal => text(&entry.body_html),
                Format::DublinCore => String::new(),
            },
            page: absolute(public_url, &entry_path(entry.id, &entry.title)),
            original: entry.url.as_deref().map(uri),
            author: optional(&entry.author),
            agency: agency.map(|it| text(&it.name)).unwrap_or_default(),
            agency_page: agency
                .map(|it| absolute(public_url, &agency_path(&it.slug)))
                .unwrap_or_default(),
            published: second(entry.published_at.unwrap_or(entry.listed_at).to_utc()),
            changed: second(changed.to_utc()),
            language: text(entry.language.as_deref().unwrap_or("vi")),
            kind: entry.kind.as_str(),
            kind_label: kind_label(entry.kind),
            field: optional(&entry.field),
            field_label: entry
                .field
                .as_deref()
                .and_then(|slug| sets.field_label(slug)),
            categories: all(&entry.categories.0),
            audiences: all(&entry.audiences.0),
            situations: all(&entry.situations.0),
            basis: legal
                .basis
                .iter()
                .map(|basis| Basis {
                    instrument: text(&basis.instrument),
                    article: optional(&basis.article),
                })
                .collect(),
            document: legal.document.as_ref().map(|document| Document {
                number: optional(&document.number),
                kind: optional(&document.document_type),
                issuer: optional(&document.issuer),
                issued: document.issued.map(|day| day.to_string()),
                effective: document.effective.map(|day| day.to_string()),
            }),
            question: optional(&legal.question),
            files: entry
                .attachments
                .0
                .iter()
                .map(|file| uri(&file.url))
                .collect(),
        }
    }
}

/// An address as RFC 3986 has it, which XML Schema asks for: browsers let brackets and the like stand in paths.
fn uri(address: &str) -> String {
    let place = address.find("://").map_or(0, |at| at + 3);
    let path = address[place..]
        .find('/')
        .map_or(address.len(), |at| place + at);
    let mut uri = address[..path].to_owned();
    for character in address[path..].chars() {
        if matches!(
            character,
            '[' | ']' | '{' | '}' | '|' | '\\' | '^' | '`' | '<' | '>' | '"' | ' '
        ) {
            uri.push('%');
            uri.push_str(&hex::encode_upper([character as u8]));
        } else {
            uri.push(character);
        }
    }
    clean(&uri).into_owned()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn addresses_are_uris() {
        for (address, expected) in [
            (
                "https://stp.example/a%20b?c=d",
                "https://stp.example/a%20b?c=d",
            ),
            (
                "http://[::1]:80/t[1]|{x}",
                "http://[::1]:80/t%5B1%5D%7C%7Bx%7D",
            ),
            ("https://stp.example", "https://stp.example"),
            ("urn:a", "urn:a"),
        ] {
            assert_eq!(uri(address), expected);
        }
    }
}
