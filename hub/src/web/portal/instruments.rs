//! `/van-ban/{number}`: a legal document, whether it applies, and all that the province has said about it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::entries::{self, Attachment, Kind};
use hub_repository::instruments::{self, CitingFilter, Instrument, Validity};
use hub_repository::{DbConn, Scope};
use law::citations::InstrumentKey;

use super::super::error::{Error, PageError};
use super::super::extract::{Parameters, Segment};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Page, html};
use crate::app::App;
use crate::publish::{
    Card, Cursor, Document, Snapshot, entry_path, instrument_path, kind_label, today,
};

/// Entries on one page.
const ENTRIES: i64 = 20;

/// Articles that are listed.
const ARTICLES: usize = 60;

#[derive(Template)]
#[template(path = "instrument.html")]
struct InstrumentPage {
    page: Page,
    heading: String,
    /// Where its number is searched for.
    search: String,
    /// What Decree 42/2022/NĐ-CP asks to be shown, in its order.
    record: Vec<(&'static str, String)>,
    validity: (&'static str, &'static str),
    summary: Option<String>,
    replaced_by: Option<Named>,
    replaces: Vec<Named>,
    /// The entry that publishes it.
    entry: Option<Named>,
    files: Vec<Attachment>,
    kinds: Vec<Choice>,
    articles: Vec<Choice>,
    /// Where neither is chosen.
    all: Choice,
    entries: Vec<Card>,
    older: Option<String>,
}

/// Something with a page of its own.
struct Named {
    label: String,
    path: String,
}

/// A part of the entries that cite the document.
struct Choice {
    label: String,
    path: String,
    count: i64,
    is_chosen: bool,
}

/// What is asked for beside the document.
#[derive(Clone, Default)]
struct Asked {
    kind: Option<Kind>,
    article: Option<String>,
    before: Option<Cursor>,
}

/// `GET /van-ban/{number}?loai={kind}&dieu={article}&truoc={cursor}`. Every spelling of the number leads to its one address.
pub(crate) async fn show_instrument(
    State(app): State<App>,
    Segment(number): Segment,
    uri: Uri,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let key = InstrumentKey::of_number(&number).ok_or(Error::NotFound("instrument"))?;
    let path = instrument_path(key.as_str());
    if uri.path() != path {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return Ok((
            [(header::CACHE_CONTROL, "public, max-age=86400")],
            Redirect::permanent(&(path + &query)),
        )
            .into_response());
    }
    let asked = Asked {
        kind: parameters.kind("loai")?,
        article: Some(parameters.text("dieu").to_owned()).filter(|article| !article.is_empty()),
        before: parameters.cursor("truoc")?,
    };
    let address = uri.path_and_query().map_or(uri.path(), |path| path.as_str());
    let day = today();
    // Whether a document applies can change with the day alone.
    let address = format!("{address}#{day}");
    let document = kept(&app, &app.snapshot(), &address, move |app, snapshot, conn| {
        render(app, snapshot, conn, key.as_str(), &asked, day)
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    key: &str,
    asked: &Asked,
    day: NaiveDate,
) -> Result<Document, Error> {
    let instrument = instruments::find(conn, key)?.ok_or(Error::NotFound("instrument"))?;
    let filter = CitingFilter {
        kind: asked.kind,
        article: asked.article.as_deref(),
        before: asked.before.map(|Cursor(at, id)| (at, id)),
        agency: None,
    };
    let citing = instruments::citing(conn, &Scope::Province, key, &filter, ENTRIES)?;
    let kinds = instruments::citing_by_kind(conn, &Scope::Province, key)?;
    let articles = instruments::citing_by_article(conn, &Scope::Province, key)?;
    let next = match &instrument.replaced_by {
        Some(next) => instruments::find(conn, next)?,
        None => None,
    };
    let before = instruments::replaced_by(conn, key)?;
    let published = match instrument.entry_id {
        Some(id) => entries::find(conn, &Scope::Province, id)?,
        None => None,
    };
    let published = published.filter(|entry| entry.withdrawn_at.is_none());

    let path = instrument_path(key);
    let address = |kind: Option<Kind>, article: Option<&str>, before: Option<Cursor>| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = kind {
            query.append_pair("loai", kind.as_str());
        }
        if let Some(article) = article {
            query.append_pair("dieu", article);
        }
        if let Some(before) = before {
            query.append_pair("truoc", &before.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.clone() } else { format!("{path}?{query}") }
    };
    let total = kinds.iter().map(|(_, count)| count).sum();
    let heading = heading(&instrument);
    let mut page = Page::new(app, &heading, &path);
    page.description = instrument
        .summary
        .clone()
        .unwrap_or_else(|| format!("{heading}: hiệu lực và {total} bài của các cơ quan trong tỉnh nhắc đến."));
    html(&InstrumentPage {
        page,
        record: record(app, &instrument),
        validity: validity(&instrument, day),
        replaced_by: next.as_ref().map(Named::of),
        replaces: before.iter().map(Named::of).collect(),
        files: published.as_ref().map(|entry| entry.attachments.0.clone()).unwrap_or_default(),
        entry: published.map(|entry| Named {
            path: entry_path(entry.id, &entry.title),
            label: entry.title,
        }),
        all: Choice {
            label: "Tất cả".to_owned(),
            path: address(None, None, None),
            count: total,
            is_chosen: asked.kind.is_none() && asked.article.is_none(),
        },
        kinds: kinds
            .into_iter()
            .map(|(kind, count)| Choice {
                label: kind_label(kind).to_owned(),
                path: address(Some(kind), asked.article.as_deref(), None),
                count,
                is_chosen: asked.kind == Some(kind),
            })
            .collect(),
        articles: articles
            .into_iter()
            .filter(|(article, _)| !article.is_empty())
            .take(ARTICLES)
            .map(|(article, count)| Choice {
                path: address(asked.kind, Some(&article), None),
                is_chosen: asked.article.as_ref() == Some(&article),
                label: format!("Điều {article}"),
                count,
            })
            .collect(),
        older: citing
            .last()
            .filter(|_| i64::try_from(citing.len()).is_ok_and(|length| length == ENTRIES))
            .map(|last| address(asked.kind, asked.article.as_deref(), Some(Cursor(last.listed_at, last.id)))),
        entries: citing.iter().map(|entry| Card::new(entry, snapshot)).collect(),
        heading,
        search: format!(
            "/tim-kiem?{}",
            url::form_urlencoded::Serializer::new(String::new())
                .append_pair("q", &instrument.number)
                .finish()
        ),
        summary: instrument.summary,
    })
}

impl Named {
    fn of(instrument: &Instrument) -> Self {
        Self {
            label: match &instrument.title {
                Some(title) => format!("{title} ({})", instrument.number),
                None => instrument.number.clone(),
            },
            path: instrument_path(&instrument.key),
        }
    }
}

/// What people call it: its title with the year that tells it from others of that title, or its number.
fn heading(instrument: &Instrument) -> String {
    match (&instrument.title, instrument.year) {
        (Some(title), Some(year)) => format!("{title} năm {year}"),
        (Some(title), None) => title.clone(),
        (None, _) => instrument.number.clone(),
    }
}

fn record(app: &App, instrument: &Instrument) -> Vec<(&'static str, String)> {
    let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
    let reader = app.reader();
    let vocabulary = reader.vocabulary();
    let document_type = instrument.document_type.as_deref().map(|slug| {
        let known = vocabulary.document_types.iter().find(|known| known.slug == slug);
        known.map_or_else(|| slug.to_owned(), |known| known.label.clone())
    });
    let issuer = instrument.issuer.as_deref().map(|abbr| {
        let known = vocabulary.issuers.iter().find(|known| known.abbr == abbr);
        known.map_or_else(|| abbr.to_owned(), |known| known.label.clone())
    });
    [
        ("Loại văn bản", document_type),
        ("Số, ký hiệu", Some(instrument.number.clone())),
        ("Cơ quan ban hành", issuer),
        ("Ngày ban hành", instrument.issued_on.map(day)),
        ("Ngày có hiệu lực", instrument.effective_on.map(day)),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect()
}

/// The state's words for whether it applies, and a name for the style.
fn validity(instrument: &Instrument, day: NaiveDate) -> (&'static str, &'static str) {
    match instrument.validity(day) {
        Validity::Pending => ("Chưa có hiệu lực", "pending"),
        Validity::InForce => ("Còn hiệu lực", "in-force"),
        Validity::Replaced => ("Hết hiệu lực", "replaced"),
        Validity::Unknown => ("Chưa rõ hiệu lực", "unknown"),
    }
}
