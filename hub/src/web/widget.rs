//! `/widget.js` and its data: what an agency's page embeds.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use hub_repository::agencies::Agency;
use hub_repository::entries::{self, Entry, EntryFilter, Kind};
use hub_repository::{DbConn, Scope, StoreError};

use super::error::{ApiError, Error};
use super::extract::Parameters;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{Document, Shows, Snapshot, kind_label, widget_entries};

const MAX_ENTRIES: usize = 50;
const DEFAULT_ENTRIES: usize = 6;

static SCRIPT: LazyLock<Document> = LazyLock::new(|| {
    Document::fixed(
        "text/javascript; charset=utf-8",
        include_str!("../../assets/widget.js"),
    )
});

/// Another origin may load the script and read the data; neither carries anybody's secrets.
const OPEN: [(HeaderName, HeaderValue); 2] = [
    (
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
];

/// What a widget shows: the parameters `agency`, `kind` and `limit`.
pub(super) struct Selection {
    agency: Option<Agency>,
    kind: Option<Kind>,
    limit: usize,
}

impl Selection {
    pub(super) fn read(parameters: &Parameters, snapshot: &Snapshot) -> Result<Self, Error> {
        Ok(Self {
            agency: parameters.agency("agency", snapshot)?.cloned(),
            kind: parameters.kind("kind")?,
            limit: parameters.number("limit", 1..=MAX_ENTRIES, DEFAULT_ENTRIES)?,
        })
    }

    /// One name for every spelling of the same selection.
    pub(super) fn address(&self, path: &str) -> String {
        let agency = self.agency.as_ref().map_or("", |agency| &agency.slug);
        let kind = self.kind.map_or("", Kind::as_str);
        format!("{path}?agency={agency}&kind={kind}&limit={}", self.limit)
    }

    /// What the list is called.
    pub(super) fn title(&self, app: &App) -> String {
        match (self.kind, &self.agency) {
            (Some(kind), Some(agency)) => format!("{} – {}", kind_label(kind), agency.name),
            (Some(kind), None) => kind_label(kind).to_owned(),
            (None, Some(agency)) => agency.name.clone(),
            (None, None) => app.config.title.clone(),
        }
    }

    /// What a list of it shows.
    pub(super) fn shows(&self) -> Shows {
        Shows::list(self.agency.as_ref().map(|agency| agency.id), self.kind)
    }

    /// The newest entries that it selects.
    pub(super) fn entries(&self, conn: &mut DbConn) -> Result<Vec<Entry>, StoreError> {
        let filter = EntryFilter {
            agency: self.agency.as_ref().map(|agency| agency.id),
            kind: self.kind,
            ..EntryFilter::default()
        };
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        entries::newest(conn, &Scope::Province, &filter, limit)
    }
}

/// `GET /widget.js`.
pub(super) async fn show_script(headers: HeaderMap) -> Response {
    let mut response = respond(&SCRIPT, &headers, CachePolicy::Minute);
    response.headers_mut().extend(OPEN);
    response
}

/// `GET /widget/entries.json?agency=…&kind=…&limit=…`.
pub(super) async fn list_entries(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let snapshot = app.snapshot();
    let selection = Selection::read(&parameters, &snapshot)?;
    let address = selection.address("/widget/entries.json");
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let entries = selection.entries(conn)?;
        let title = selection.title(app);
        let data = widget_entries(&title, &app.config.public_url, snapshot, &entries);
        let text = serde_json::to_string(&data)?;
        let document = Document::new("application/json", text);
        Ok::<_, Error>(document.showing(selection.shows()))
    })
    .await?;
    let mut response = respond(&document, &headers, CachePolicy::Revalidate);
    response.headers_mut().extend(OPEN);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_stays_small() {
        let bytes = SCRIPT.gzip.as_ref().unwrap().len();
        assert!(bytes <= 8 * 1024, "{bytes} bytes compressed");
    }
}
