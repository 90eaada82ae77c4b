//! `/bai/{id}/{slug}`: an entry, who published it, when it came, and where the original stands.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::entries::{self, Attachment, Entry};
use hub_repository::{EntryId, Scope};

use super::super::error::{Error, PageError};
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{Card, Document, entry_path, legal_module, long_date, with_linked_pictures};

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
    versions: usize,
    basis: Vec<String>,
    document: Vec<(&'static str, String)>,
    categories: Vec<String>,
    attachments: Vec<Attachment>,
}

/// `GET /bai/{id}/{slug}`; another slug leads to the present one.
pub(crate) async fn show_entry(
    State(app): State<App>,
    Path(parts): Path<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let value = |name: &str| {
        parts
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let id: i64 = value("id").parse().map_err(|_| Error::NotFound("entry"))?;
    let asked = format!("/bai/{id}/{}", value("slug"));
    let revision = app.snapshot().revision;
    let found = app
        .cache
        .get_or_render(revision, &asked, render(&app, id, &asked))
        .await;
    match found {
        Ok(document) => Ok(respond(&document, &headers, CachePolicy::Minute)),
        Err(Answer::Elsewhere(path)) => Ok(Redirect::permanent(&path).into_response()),
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

async fn render(app: &App, id: i64, asked: &str) -> Result<Document, Answer> {
    let (entry, versions) = app
        .db
        .run(move |conn| {
            let id = EntryId(id);
            let entry = entries::find(conn, &Scope::Province, id)?;
            let versions = entries::versions(conn, &Scope::Province, id)?.len();
            Ok::<_, Error>((entry, versions))
        })
        .await?;
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
    Ok(html(&entry_page(app, page, entry, versions))?)
}

fn entry_page(app: &App, page: Page, entry: Entry, versions: usize) -> EntryPage {
    let legal = legal_module(&entry);
    let original_host = entry
        .url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    EntryPage {
        page,
        card: Card::new(&entry, &app.snapshot()),
        question: legal.question,
        body: with_linked_pictures(&entry.body_html),
        author: entry.author,
        original: entry.url,
        original_host,
        published: entry.published_at.map(|at| long_date(at.to_utc())),
        harvested: long_date(entry.first_seen_at.to_utc()),
        changed: (versions > 0).then(|| long_date(entry.changed_at.to_utc())),
        versions: versions + 1,
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
