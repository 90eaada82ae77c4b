//! `/van-ban/{number}`: a legal document, whether it applies, and all that the province has said about it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use hub_repository::entries::{self, Entry, Kind};
use hub_repository::instruments::{self, CitingFilter, Instrument};
use hub_repository::{DbConn, Scope};
use law::citations::InstrumentKey;

use super::super::error::{Error, PageError};
use super::super::extract::{Parameters, Segment};
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::metadata::Metadata;
use super::page::{Link, Page, html};
use crate::app::App;
use crate::publish::{
    Card, Cursor, Document, Snapshot, entry_path, instrument_path, kind_label, today,
    validity_label,
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
    replaced_by: Option<Link>,
    replaces: Vec<Link>,
    /// The entry that publishes it.
    entry: Option<Link>,
    files: Vec<Link>,
    kinds: Vec<Choice>,
    articles: Vec<Choice>,
    /// Where neither is chosen.
    all: Choice,
    entries: Vec<Card>,
    older: Option<String>,
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
        let query = uri
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
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
    let day = today();
    // Whether a document applies can change with the day alone.
    let address = format!("{}#{day}", asked.address(key.as_str()));
    // Of articles and further pages there are as many as somebody makes up.
    let is_usual = asked.article.is_none() && asked.before.is_none();
    let render = move |app: &App, snapshot: &Snapshot, conn: &mut DbConn| {
        render(app, snapshot, conn, key.as_str(), &asked, day)
    };
    let snapshot = app.snapshot();
    let document = if is_usual {
        kept(&app, &snapshot, &address, render).await?
    } else {
        fresh(&app, &snapshot, render).await?.into()
    };
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

    let validity = instrument.validity(day);
    let total = kinds.iter().map(|(_, count)| count).sum();
    let heading = heading(&instrument);
    let mut page = Page::new(app, &heading, &instrument_path(key));
    page.feed = Some(format!("/feeds/instrument/{key}"));
    page.description = instrument.summary.clone().unwrap_or_else(|| {
        format!("{heading}: hiệu lực và {total} bài của các cơ quan trong tỉnh nhắc đến.")
    });
    page.part = "/van-ban";
    let issuer = issuer(app, &instrument);
    page.metadata = Metadata::of_instrument(
        &instrument,
        &heading,
        issuer.as_deref(),
        validity,
        &app.config.public_url,
    );
    html(&InstrumentPage {
        page,
        record: record(app, &instrument, issuer),
        validity: validity_label(validity),
        replaced_by: next.as_ref().map(Link::of_instrument),
        replaces: before.iter().map(Link::of_instrument).collect(),
        files: published
            .as_ref()
            .into_iter()
            .flat_map(|entry| &entry.attachments.0)
            .map(Link::of_file)
            .collect(),
        entry: published.map(|entry| Link {
            path: entry_path(entry.id, &entry.title),
            label: entry.title,
        }),
        all: Choice {
            label: "Tất cả".to_owned(),
            path: Asked::default().address(key),
            count: total,
            is_chosen: asked.kind.is_none() && asked.article.is_none(),
        },
        kinds: by_kind(key, asked, kinds),
        articles: by_article(key, asked, articles),
        older: older(key, asked, &citing),
        entries: citing
            .iter()
            .map(|entry| Card::new(entry, snapshot))
            .collect(),
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

impl Asked {
    fn address(&self, key: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = self.kind {
            query.append_pair("loai", kind.as_str());
        }
        if let Some(article) = &self.article {
            query.append_pair("dieu", article);
        }
        if let Some(before) = self.before {
            query.append_pair("truoc", &before.to_string());
        }
        let (path, query) = (instrument_path(key), query.finish());
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        }
    }
}

/// Where the entries behind those of a full page stand.
fn older(key: &str, asked: &Asked, page: &[Entry]) -> Option<String> {
    let last = page.last()?;
    let is_full = i64::try_from(page.len()).is_ok_and(|length| length == ENTRIES);
    let before = Some(Cursor(last.listed_at, last.id));
    is_full.then(|| {
        Asked {
            before,
            ..asked.clone()
        }
        .address(key)
    })
}

/// The choice of each kind, with the article that is chosen.
fn by_kind(key: &str, asked: &Asked, counts: Vec<(Kind, i64)>) -> Vec<Choice> {
    let choice = |(kind, count)| Choice {
        label: kind_label(kind).to_owned(),
        path: Asked {
            kind: Some(kind),
            before: None,
            ..asked.clone()
        }
        .address(key),
        count,
        is_chosen: asked.kind == Some(kind),
    };
    counts.into_iter().map(choice).collect()
}

/// The choice of each article, with the kind that is chosen.
fn by_article(key: &str, asked: &Asked, counts: Vec<(String, i64)>) -> Vec<Choice> {
    let named = counts
        .into_iter()
        .filter(|(article, _)| !article.is_empty());
    let choice = |(article, count)| Choice {
        label: format!("Điều {article}"),
        is_chosen: asked.article.as_ref() == Some(&article),
        path: Asked {
            article: Some(article),
            before: None,
            ..asked.clone()
        }
        .address(key),
        count,
    };
    named.take(ARTICLES).map(choice).collect()
}

/// What people call it: its title with the year that tells it from others of that title, or its number.
fn heading(instrument: &Instrument) -> String {
    match (&instrument.title, instrument.year) {
        (Some(title), Some(year)) => format!("{title} năm {year}"),
        (Some(title), None) => title.clone(),
        (None, _) => instrument.number.clone(),
    }
}

/// Who issued it, in words.
fn issuer(app: &App, instrument: &Instrument) -> Option<String> {
    let reader = app.harvester.reader.get();
    let abbr = instrument.issuer.as_deref()?;
    let mut issuers = reader.vocabulary().issuers.iter();
    let known = issuers.find(|known| known.abbr == abbr);
    Some(known.map_or_else(|| abbr.to_owned(), |known| known.label.clone()))
}

fn record(
    app: &App,
    instrument: &Instrument,
    issuer: Option<String>,
) -> Vec<(&'static str, String)> {
    let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
    let reader = app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let document_type = instrument.document_type.as_deref().map(|slug| {
        let known = vocabulary
            .document_types
            .iter()
            .find(|known| known.slug == slug);
        known.map_or_else(|| slug.to_owned(), |known| known.label.clone())
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
