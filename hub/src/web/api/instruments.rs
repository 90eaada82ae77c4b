//! `/api/v1/instruments`: legal documents. Whether one applies can change with the day alone, so all is read every time.

use axum::response::Response;
use hub_repository::entries::{Kind, find};
use hub_repository::instruments::{self, CitingFilter, Listed};
use hub_repository::{DbConn, Scope};
use law::citations::InstrumentKey;
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::extract::Segment;
use super::super::respond::CachePolicy;
use super::call::Call;
use super::entries::PageParameters;
use crate::app::App;
use crate::publish::api::{
    Attachment, Count, EntrySummary, Instrument, InstrumentSummary, KindName, Page, Words,
};
use crate::publish::{Cursor, Shows, absolute, kind_label, today};

const USUAL: usize = 20;
const MOST: usize = 100;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct InstrumentParameters {
    /// Only of the type with this slug.
    #[param(required = false, example = "luat")]
    r#type: String,
    /// Only of this year.
    #[param(required = false, minimum = 1, maximum = 9999, example = 2024)]
    year: u16,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct CitingParameters {
    /// Only those that cite this article.
    #[param(required = false, max_length = 20, example = "137")]
    article: String,
    /// Only of this kind.
    #[param(required = false)]
    kind: KindName,
    /// Only of the agency with this slug.
    #[param(required = false)]
    agency: String,
}

/// Danh sách văn bản pháp luật
///
/// The legal documents that the repository knows: cited by entries, published as entries, or laws of the vocabulary.
#[utoipa::path(
    get,
    path = "/api/v1/instruments",
    tag = "instruments",
    params(InstrumentParameters, PageParameters),
    responses((status = 200, body = Page<InstrumentSummary>))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let limit = call.limit(USUAL, MOST)?;
    let fields = call.fields()?;
    let document_type = call.parameters.value("type").map(str::to_owned);
    if let Some(slug) = &document_type {
        let reader = call.app.harvester.reader.get();
        let types = &reader.vocabulary().document_types;
        if !types.iter().any(|known| known.slug == *slug) {
            let known: Vec<&str> = types.iter().map(|known| known.slug.as_str()).collect();
            return Err(Error::BadParameter {
                name: "type",
                expected: format!("one of {}", known.join(", ")),
            }
            .into());
        }
    }
    let year = call.parameters.number("year", 1..=9_999, 0)?;
    let year = i32::try_from(year).ok().filter(|year| *year > 0);
    let is_key = |text: &str| {
        let key = InstrumentKey::of_number(text)?;
        (key.as_str() == text).then(|| text.to_owned())
    };
    let after = call.cursor(is_key)?;
    let next = call.following();
    call.fresh(CachePolicy::Minute, move |app, _, conn| {
        let listed = Listed {
            document_type: document_type.as_deref(),
            year,
            after: after.as_deref(),
        };
        let mut found = instruments::list(conn, &listed, database_limit(limit) + 1)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        let cited = instruments::citing_counts(conn, &Scope::Province, &keys)?;
        let reader = app.harvester.reader.get();
        let words = Words {
            vocabulary: reader.vocabulary(),
            day: today(),
            public_url: &app.config.public_url,
        };
        let items = found.iter().map(|one| {
            let cited_by = cited.get(&one.key).copied().unwrap_or(0);
            fields.of(InstrumentSummary::new(one, cited_by, &words))
        });
        Ok(Page {
            items: items.collect::<Result<_, Error>>()?,
            next: found.last().filter(|_| more).map(|last| next.at(&last.key)),
        })
    })
    .await
}

/// Một văn bản pháp luật
///
/// A legal document, by its key or any spelling of its number, and how entries cite it.
#[utoipa::path(
    get,
    path = "/api/v1/instruments/{key}",
    tag = "instruments",
    params(("key" = String, Path, description = "The document's key, or its number with `/` written as `%2F`.", example = "31-2024-qh15")),
    responses((status = 200, body = Instrument))
)]
pub(super) async fn show(Segment(number): Segment, call: Call) -> Result<Response, ApiError> {
    let key = key(&number)?;
    call.fresh(CachePolicy::Minute, move |app, _, conn| {
        read(app, conn, key.as_str())
    })
    .await
}

/// Bài viết viện dẫn văn bản
///
/// The published entries that cite a legal document, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/instruments/{key}/entries",
    tag = "instruments",
    params(
        ("key" = String, Path, description = "The document's key, or its number with `/` written as `%2F`.", example = "31-2024-qh15"),
        CitingParameters,
        PageParameters,
    ),
    responses((status = 200, body = Page<EntrySummary>))
)]
pub(super) async fn entries(Segment(number): Segment, call: Call) -> Result<Response, ApiError> {
    let key = key(&number)?;
    let limit = call.limit(USUAL, MOST)?;
    let fields = call.fields()?;
    let kind = call.parameters.kind("kind")?;
    let agency = call.agency("agency")?;
    let article = call.parameters.value("article").map(str::to_owned);
    let before = call.cursor(Cursor::parse)?;
    let next = call.following();
    call.kept(
        CachePolicy::Minute,
        Shows::Entries,
        move |app, snapshot, conn| {
            let known = instruments::find(conn, key.as_str())?;
            known.ok_or(Error::NotFound("legal document"))?;
            let filter = CitingFilter {
                kind,
                agency,
                article: article.as_deref(),
                before: before.map(|Cursor(at, id)| (at, id)),
            };
            let most = database_limit(limit) + 1;
            let mut found =
                instruments::citing(conn, &Scope::Province, key.as_str(), &filter, most)?;
            let more = found.len() > limit;
            found.truncate(limit);
            let public_url = &app.config.public_url;
            let items = found
                .iter()
                .map(|entry| fields.of(EntrySummary::new(entry, snapshot, public_url)))
                .collect::<Result<_, Error>>()?;
            let last = found.last().filter(|_| more);
            Ok(Page {
                items,
                next: last.map(|last| next.at(&Cursor(last.listed_at, last.id).to_string())),
            })
        },
    )
    .await
}

fn key(number: &str) -> Result<InstrumentKey, Error> {
    InstrumentKey::of_number(number).ok_or(Error::NotFound(
        "legal document: expected its key or number",
    ))
}

fn read(app: &App, conn: &mut DbConn, key: &str) -> Result<Instrument, Error> {
    let instrument = instruments::find(conn, key)?;
    let instrument = instrument.ok_or(Error::NotFound("legal document"))?;
    let by_kind = instruments::citing_by_kind(conn, &Scope::Province, key)?;
    let by_article = instruments::citing_by_article(conn, &Scope::Province, key)?;
    let replaces = instruments::replaced_by(conn, key)?;
    let published = match instrument.entry_id {
        Some(id) => find(conn, &Scope::Province, id)?,
        None => None,
    };
    let published = published.filter(|entry| entry.withdrawn_at.is_none());
    let reader = app.harvester.reader.get();
    let words = Words {
        vocabulary: reader.vocabulary(),
        day: today(),
        public_url: &app.config.public_url,
    };
    let count = |value: String, label: String, entries: i64| Count {
        value,
        label,
        entries: u64::try_from(entries).unwrap_or(0),
    };
    let cited_by = by_kind.iter().map(|(_, entries)| entries).sum();
    let kind = |(kind, entries): (Kind, i64)| {
        count(
            kind.as_str().to_owned(),
            kind_label(kind).to_owned(),
            entries,
        )
    };
    let article = |(article, entries): (String, i64)| {
        let label = match article.as_str() {
            "" => "Không nêu điều".to_owned(),
            number => format!("Điều {number}"),
        };
        count(article, label, entries)
    };
    let entries_url = format!("/api/v1/instruments/{key}/entries");
    Ok(Instrument {
        summary: InstrumentSummary::new(&instrument, cited_by, &words),
        replaces: replaces.into_iter().map(|one| one.key).collect(),
        attachments: published
            .map(|entry| Attachment::all(&entry.attachments.0))
            .unwrap_or_default(),
        cited_by_kind: by_kind.into_iter().map(kind).collect(),
        cited_by_article: by_article.into_iter().map(article).collect(),
        entries_url: absolute(&app.config.public_url, &entries_url),
    })
}

fn database_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1)
}
