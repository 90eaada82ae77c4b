//! The aggregate's feeds: which there are, what each holds, and which of them a change shows in.

use std::collections::HashSet;

use hub_repository::entries::{self, Entry, EntryFilter, Kind, Touched, archives};
use hub_repository::{DbConn, EntryId, Scope, StoreError};
use url::Url;

use super::view::{agency_path, kind_label, kind_path};
use super::{Cursor, Document, FeedAbout, FeedFormat, Part, Shows, Snapshot, feed_document};

/// Entries in a feed. Whoever asks once a day still misses nothing of a busy province.
const ENTRIES: u16 = 50;

/// Entries in an archive.
const ARCHIVED: i64 = 50;

/// One of the feeds under `/feeds/`.
#[derive(Debug)]
pub struct Aggregate {
    format: FeedFormat,
    about: FeedAbout,
    before: Option<Cursor>,
    filter: EntryFilter,
}

impl Aggregate {
    /// The feed at a path; none when there is no such feed. `site` is the portal's title.
    pub fn at(path: &str, site: &str, snapshot: &Snapshot) -> Option<Self> {
        let (place, extension) = path.strip_prefix("/feeds/")?.rsplit_once('.')?;
        let format = FeedFormat::of_extension(extension)?;
        let (title, page, filter) = match place.split_once('/') {
            None if place == "all" => (site.to_owned(), "/".to_owned(), EntryFilter::default()),
            Some(("agency", slug)) => {
                let agency = snapshot.agency_by_slug(slug)?;
                let filter = EntryFilter {
                    agency: Some(agency.id),
                    ..EntryFilter::default()
                };
                (
                    format!("{} – {site}", agency.name),
                    agency_path(slug),
                    filter,
                )
            }
            Some(("kind", name)) => {
                let kind = Kind::parse(name)?;
                let filter = EntryFilter {
                    kind: Some(kind),
                    ..EntryFilter::default()
                };
                let page = kind_path(kind).to_owned();
                (format!("{} – {site}", kind_label(kind)), page, filter)
            }
            _ => return None,
        };
        let about = FeedAbout {
            title,
            path: path.to_owned(),
            page,
            before: None,
            next: None,
            is_topic: true,
            archive: None,
            previous_archive: None,
        };
        Some(Self {
            format,
            about,
            before: None,
            filter,
        })
    }

    /// The same feed's page that begins there.
    #[must_use]
    pub fn before(mut self, cursor: Option<Cursor>) -> Self {
        self.about.before = cursor.map(|cursor| cursor.to_string());
        self.before = cursor;
        self
    }

    /// The archive of the same feed with this number, counted from 1.
    #[must_use]
    pub fn archive(mut self, number: i64) -> Self {
        self.about.archive = Some(number);
        self
    }

    /// The address of this page, `rel=self`.
    pub fn address(&self, public_url: &Url) -> String {
        self.about.self_address(public_url)
    }

    /// Reads the entries and writes the document. None when there is no archive of that number yet.
    ///
    /// Archives hold every entry but the last few that came, which do not fill one: these stand on the first page
    /// whatever their dates are, and on no other. So the first page and all archives are the whole feed (RFC 5005 §4), and
    /// so are all pages (§3).
    pub fn document(
        mut self,
        conn: &mut DbConn,
        public_url: &Url,
        snapshot: &Snapshot,
    ) -> Result<Option<Document>, StoreError> {
        let whole = archives::ever(conn, &Scope::Province, &self.filter)? / ARCHIVED;
        if let Some(number) = self.about.archive {
            if !(1..=whole).contains(&number) {
                return Ok(None);
            }
            self.about.previous_archive = Some(number - 1).filter(|number| *number > 0);
            let skipped = (number - 1) * ARCHIVED;
            let all = archives::stretch(conn, &Scope::Province, &self.filter, skipped, ARCHIVED)?;
            return Ok(Some(self.written(public_url, snapshot, all)));
        }
        let before = self.before.map(|Cursor(at, id)| (at, id));
        let filter = EntryFilter {
            before,
            ..self.filter
        };
        // One more than is shown tells whether there is a next page.
        let mut newest = entries::newest(conn, &Scope::Province, &filter, i64::from(ENTRIES) + 1)?;
        if newest.len() > usize::from(ENTRIES) {
            newest.truncate(ENTRIES.into());
            let last = newest.last();
            let next = last.map(|last| Cursor(last.listed_at, last.id));
            self.about.next = next.map(|cursor| cursor.to_string());
        }
        let skipped = whole * ARCHIVED;
        let last_come = archives::stretch(conn, &Scope::Province, &filter, skipped, ARCHIVED)?;
        if before.is_some() {
            newest.retain(|entry| last_come.iter().all(|last| last.id != entry.id));
            return Ok(Some(self.written(public_url, snapshot, newest)));
        }
        self.about.previous_archive = Some(whole).filter(|number| *number > 0);
        let known: HashSet<EntryId> = newest.iter().map(|entry| entry.id).collect();
        let published = last_come
            .into_iter()
            .filter(|entry| entry.withdrawn_at.is_none());
        newest.extend(published.filter(|entry| !known.contains(&entry.id)));
        // What is gone is news: it stands on the first page.
        newest.extend(entries::withdrawn(
            conn,
            &Scope::Province,
            &filter,
            i64::from(ENTRIES),
        )?);
        Ok(Some(self.written(public_url, snapshot, newest)))
    }

    fn written(&self, public_url: &Url, snapshot: &Snapshot, entries: Vec<Entry>) -> Document {
        // What was never public is nobody's to know of, but the document changes when it becomes so.
        let shown: Vec<Part> = entries.iter().map(|entry| Part::Entry(entry.id)).collect();
        let (withdrawn, mut published): (Vec<Entry>, Vec<Entry>) = entries
            .into_iter()
            .filter(Entry::was_public)
            .partition(|entry| entry.withdrawn_at.is_some());
        published.sort_by_key(|entry| std::cmp::Reverse((entry.listed_at, entry.id)));
        let document = feed_document(
            self.format,
            &self.about,
            public_url,
            snapshot,
            &published,
            &withdrawn,
        );
        document.showing(match self.about.archive {
            // That it is there does not change, and no other entry comes into it, but for those that become of another kind.
            Some(_) if self.filter.kind.is_none() => Shows::only(shown),
            _ => Shows::list(self.filter.agency, self.filter.kind),
        })
    }
}

/// The paths of the feeds that these changes may show in, each once.
pub fn touched_feeds(touched: &[Touched], snapshot: &Snapshot) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    if !touched.is_empty() {
        places.push("all".to_owned());
    }
    for list in touched {
        places.extend(
            snapshot
                .agency(list.agency_id)
                .map(|agency| format!("agency/{}", agency.slug)),
        );
        // An entry that is not new may have had any kind before.
        let kinds = if list.edited { Kind::ALL } else { &[list.kind] };
        places.extend(kinds.iter().map(|kind| format!("kind/{kind}")));
    }
    places.sort_unstable();
    places.dedup();
    places
        .iter()
        .flat_map(|place| {
            FeedFormat::ALL.map(|format| format!("/feeds/{place}.{}", format.extension()))
        })
        .collect()
}
