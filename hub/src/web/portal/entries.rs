//! `/bai/{id}/{slug}`: an entry, who published it, when it came, and where the original stands.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::entries::{self, Attachment, Entry};
use hub_repository::{DbConn, EntryId, Scope};

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{
    Card, Document, Snapshot, entry_path, history_path, legal_module, long_date,
    with_linked_pictures,
};

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    page: Page,
    card: Card,
    question: Option<String>,
    body: String,
    author: Option<String>,
    original: Option<String>,
    /// The original's host, so that people see where a link leads.
    original_host: Option<String>,
    published: Option<String>,
    harvested: String,
    changed: Option<String>,
    version: i32,
    history: String,
    basis: Vec<String>,
    document: Vec<(&'static str, String)>,
    categories: Vec<String>,
    attachments: Vec<Attachment>,
}

/// `GET /bai/{id}/{slug}`; another slug leads to the present one.
pub(crate) async fn show_entry(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let asked = uri.path().to_owned();
    let id = asked.split('/').nth(2).and_then(|id| id.parse().ok());
    let id = EntryId(id.ok_or(Error::NotFound("entry"))?);
    let found = kept(
        &app,
        &app.snapshot(),
        uri.path(),
        move |app, snapshot, conn| render(app, snapshot, conn, id, &asked),
    )
    .await;
    match found {
        Ok(document) => Ok(respond(&document, &headers, CachePolicy::Minute)),
        // A title can change back, so nobody may keep where it led.
        Err(Answer::Elsewhere(path)) => Ok((
            [(header::CACHE_CONTROL, "no-cache")],
            Redirect::permanent(&path),
        )
            .into_response()),
        Err(Answer::Failed(error)) => Err(error.into()),
    }
}

/// Why there is no page at this address.
enum Answer {
    Elsewhere(String),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Answer {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    id: EntryId,
    asked: &str,
) -> Result<Document, Answer> {
    let entry = entries::find(conn, &Scope::Province, id)?;
    let entry = entry.ok_or(Error::NotFound("entry"))?;
    if entry.withdrawn_at.is_some() {
        return Err(Error::Gone.into());
    }
    let path = entry_path(entry.id, &entry.title);
    if path != asked {
        return Err(Answer::Elsewhere(path));
    }
    let mut page = Page::new(app, &entry.title, &path);
    page.description.clone_from(&entry.summary);
    Ok(html(&entry_page(snapshot, page, entry))?)
}

fn entry_page(snapshot: &Snapshot, page: Page, entry: Entry) -> EntryPage {
    let legal = legal_module(&entry);
    let original_host = entry
        .url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    EntryPage {
        page,
        card: Card::new(&entry, snapshot),
        question: legal.question,
        body: with_linked_pictures(&entry.body_html),
        author: entry.author,
        original: entry.url,
        original_host,
        published: entry.published_at.map(|at| long_date(at.to_utc())),
        harvested: long_date(entry.first_seen_at.to_utc()),
        changed: (entry.version > 1).then(|| long_date(entry.changed_at.to_utc())),
        version: entry.version,
        history: history_path(entry.id),
        basis: legal
            .basis
            .into_iter()
            .map(|basis| match basis.article {
                Some(article) => format!("{article}, {}", basis.instrument),
                None => basis.instrument,
            })
            .collect(),
        document: legal.document.map(document_record).unwrap_or_default(),
        categories: entry.categories.0,
        attachments: entry.attachments.0,
    }
}

/// What Decree 42/2022/NĐ-CP asks to be shown of a document, in its order.
fn document_record(document: feeds::Document) -> Vec<(&'static str, String)> {
    let day = |day: chrono::NaiveDate| day.format("%d/%m/%Y").to_string();
    [
        ("Loại văn bản", document.document_type),
        ("Số, ký hiệu", document.number),
        ("Cơ quan ban hành", document.issuer),
        ("Ngày ban hành", document.issued.map(day)),
        ("Ngày có hiệu lực", document.effective.map(day)),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect()
}
