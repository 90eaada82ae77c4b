//! `/hoi-dap`, `/van-ban`, `/tin-tuc`, `/an-pham`, `/da-phuong-tien`: all entries of a kind, each with what is its kind's own.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::entries::{self, Entry, EntryFilter, Kind};
use hub_repository::instruments::{self, Instrument};
use hub_repository::{DbConn, Scope};
use law::citations::InstrumentKey;

use super::super::error::{Error, PageError};
use super::super::extract::Parameters;
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::page::{Counted, Link, Page, html};
use super::record::document_record;
use super::topics::fields;
use crate::app::App;
use crate::publish::{
    Card, Cursor, Document, Shows, Snapshot, instrument_path, kind_label, kind_path, legal_module,
    today, validity_label,
};
use crate::search::{Facet, Filters, Query};

/// Entries on one page.
const ENTRIES: i64 = 20;

#[derive(Template)]
#[template(path = "kind.html")]
struct KindPage {
    page: Page,
    heading: &'static str,
    lead: &'static str,
    kind: &'static str,
    total: u64,
    fields: Vec<Counted>,
    items: Vec<Item>,
    /// The first page, where this is another.
    newest: Option<&'static str>,
    older: Option<String>,
}

/// An entry with what is its kind's own.
struct Item {
    card: Card,
    question: Option<String>,
    record: Vec<(&'static str, String)>,
    /// The page of the legal document that it is, and whether that applies.
    instrument: Option<(String, (&'static str, &'static str))>,
    files: Vec<Link>,
}

/// `GET /hoi-dap?truoc={cursor}`.
pub(crate) async fn show_questions(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, Kind::Qa, &parameters, &headers).await
}

/// `GET /van-ban?truoc={cursor}`.
pub(crate) async fn show_documents(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, Kind::Document, &parameters, &headers).await
}

/// `GET /tin-tuc?truoc={cursor}`.
pub(crate) async fn show_news(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, Kind::News, &parameters, &headers).await
}

/// `GET /an-pham?truoc={cursor}`.
pub(crate) async fn show_publications(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, Kind::Publication, &parameters, &headers).await
}

/// `GET /da-phuong-tien?truoc={cursor}`.
pub(crate) async fn show_multimedia(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, Kind::Multimedia, &parameters, &headers).await
}

async fn show(
    app: &App,
    kind: Kind,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let before = parameters.cursor("truoc")?;
    let snapshot = app.snapshot();
    let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
        render(app, snapshot, conn, kind, before)
    };
    let document = match before {
        // Whether a document applies can change with the day alone.
        None => {
            let address = format!("{}#{}", kind_path(kind), today());
            kept(app, &snapshot, &address, render).await?
        }
        Some(_) => fresh(app, &snapshot, render).await?.into(),
    };
    Ok(respond(&document, headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    kind: Kind,
    before: Option<Cursor>,
) -> Result<Document, Error> {
    let filter = EntryFilter {
        kind: Some(kind),
        before: before.map(|Cursor(at, id)| (at, id)),
        ..EntryFilter::default()
    };
    let newest = entries::newest(conn, &Scope::Province, &filter, ENTRIES)?;
    let counted = app.index.search(&Query {
        filters: Filters::default().with(Facet::Kind, kind.as_str()),
        facets: vec![Facet::Field],
        ..Query::default()
    })?;
    let reader = app.harvester.reader.get();
    let mut fields = fields(reader.vocabulary(), &counted.facets);
    fields.retain(|field| field.entries > 0);
    fields.sort_by_key(|field| std::cmp::Reverse(field.entries));
    for field in &mut fields {
        let slug = field.path.rsplit('/').next().unwrap_or_default();
        field.path = format!(
            "/tim-kiem?loai={}&linh-vuc={slug}&sap-xep=moi-nhat",
            kind.as_str()
        );
    }
    let path = kind_path(kind);
    let (heading, lead) = words(kind);
    let mut page = Page::new(app, heading, path);
    page.part = path;
    page.feed = Some(format!("/feeds/kind/{}", kind.as_str()));
    lead.clone_into(&mut page.description);
    let last = newest.last().map(|last| Cursor(last.listed_at, last.id));
    let is_full = i64::try_from(newest.len()).is_ok_and(|length| length == ENTRIES);
    let page = html(&KindPage {
        page,
        heading,
        lead,
        kind: kind.as_str(),
        total: snapshot.entries_of_kind(kind),
        fields,
        items: items(snapshot, conn, newest)?,
        newest: before.is_some().then_some(path),
        older: last
            .filter(|_| is_full)
            .map(|last| format!("{path}?truoc={last}")),
    })?;
    Ok(page.showing(Shows::list(None, Some(kind))))
}

fn items(snapshot: &Snapshot, conn: &mut DbConn, newest: Vec<Entry>) -> Result<Vec<Item>, Error> {
    let key = |entry: &Entry| {
        let document = legal_module(entry).document?;
        InstrumentKey::of_number(&document.number?)
    };
    let keys: Vec<_> = newest.iter().map(key).collect();
    let named: Vec<&str> = keys.iter().flatten().map(InstrumentKey::as_str).collect();
    let known: Vec<Instrument> = instruments::find_all(conn, &named)?;
    let day = today();
    let items = newest.into_iter().zip(&keys).map(|(entry, key)| {
        let legal = legal_module(&entry);
        let instrument = key.as_ref().and_then(|key| {
            let known = known.iter().find(|known| known.key == key.as_str())?;
            let validity = validity_label(known.validity(day));
            Some((instrument_path(&known.key), validity))
        });
        Item {
            card: Card::new(&entry, snapshot),
            question: legal.question.filter(|_| entry.kind == Kind::Qa),
            record: legal.document.map(document_record).unwrap_or_default(),
            instrument,
            files: entry.attachments.0.iter().map(Link::of_file).collect(),
        }
    });
    Ok(items.collect())
}

/// What a kind's page is called, and what stands there.
fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Qa => (
            "Hỏi đáp pháp luật",
            "Câu hỏi của người dân, doanh nghiệp và trả lời của cơ quan có trách nhiệm.",
        ),
        Kind::Document => (
            "Văn bản",
            "Văn bản do các cơ quan trong tỉnh đăng, có số hiệu, ngày ban hành và hiệu lực.",
        ),
        Kind::News => (
            "Tin tức",
            "Tin phổ biến, giáo dục pháp luật của các cơ quan trong tỉnh.",
        ),
        Kind::Publication => (
            "Ấn phẩm",
            "Sổ tay, tờ gấp, tài liệu pháp luật để đọc, in và phát.",
        ),
        Kind::Multimedia => (
            "Âm thanh, hình ảnh",
            "Chương trình phát thanh, phim ngắn, hình ảnh về pháp luật.",
        ),
        Kind::Situation | Kind::Event => (kind_label(kind), ""),
    }
}
