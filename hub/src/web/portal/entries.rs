//! `/bai/{id}/{slug}`: an entry, who published it, when it came, and where the original stands.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::entries::Entry;
use hub_repository::instruments::{self, Citation, Validity};
use hub_repository::{DbConn, EntryId, Scope, StoreError, clusters};

use super::super::assets;
use super::super::error::{Error, PageError};
use super::super::oembed;
use super::super::published::published;
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::events::EventView;
use super::metadata::Metadata;
use super::page::{Link, Page, html};
use super::record::document_record;
use super::related::related;
use super::topics::topic_link;
use crate::app::App;
use crate::ingest::Reader;
use crate::publish::{
    Card, Document, Part, Shows, Snapshot, absolute, entry_path, history_path, instrument_label,
    instrument_path, kind_path, legal_module, long_date, today, with_linked_pictures, with_links,
};
use crate::search::Facet;

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage {
    page: Page,
    card: Card,
    question: Option<String>,
    body: String,
    author: Option<String>,
    original: Option<String>,
    /// Who published it first, where it came through other hubs, and which those are.
    origin: Option<(String, String)>,
    /// The original's host, so that people see where a link leads.
    original_host: Option<String>,
    published: Option<String>,
    harvested: String,
    changed: Option<String>,
    version: i32,
    history: String,
    /// How others embed it, but for the format.
    oembed: String,
    cited: Vec<Cited>,
    /// Whether some of what it cites does not apply any more.
    is_outdated: bool,
    document: Vec<(&'static str, String)>,
    /// What it is about, each with the search for more of it.
    topics: Vec<Link>,
    categories: Vec<String>,
    attachments: Vec<Link>,
    /// When and where the event takes place that it announces.
    event: Option<EventView>,
    /// The same text at other agencies.
    also_published_by: Vec<Card>,
    /// What others say about the same.
    related: Vec<Card>,
    /// Its address in full, and as a code for cameras.
    share: String,
    code: String,
    /// Address of the script that reads it aloud and shares it.
    script: &'static str,
}

/// A legal document that the entry cites.
struct Cited {
    key: String,
    label: String,
    path: String,
    /// `khoản 2 Điều 8`, one after the other.
    provisions: String,
    /// Whether another has taken its place.
    is_replaced: bool,
    /// That other one.
    next: Option<Link>,
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
    let entry = published(conn, id)?;
    let path = entry_path(entry.id, &entry.title);
    if path != asked {
        return Err(Answer::Elsewhere(path));
    }
    let (cited, instruments) = cited(conn, entry.id)?;
    let others = clusters::also_published_by(conn, &Scope::Province, entry.id)?;
    let ids = [Some(entry.id), entry.cluster_id].into_iter().flatten();
    let ids = ids.chain(others.iter().map(|other| other.id));
    let mut parts: Vec<Part> = ids.map(Part::Entry).collect();
    parts.extend(instruments.into_iter().map(Part::Instrument));
    let mut page = Page::new(app, &entry.title, &path);
    page.description.clone_from(&entry.summary);
    page.part = kind_path(entry.kind);
    let original = entry.url.clone();
    page.canonical = original.or(page.canonical);
    let card = Card::new(&entry, snapshot);
    page.metadata = Metadata::of_entry(&entry, &card, &app.config.public_url);
    let document = cited.first().map(|cited| cited.key.as_str());
    let related = related(app, &entry, document)?;
    // Which entries are related is as of now: with each new one every page of its field would have to be made again.
    parts.extend(related.iter().map(|hit| Part::Entry(EntryId(hit.id))));
    let reader = app.harvester.reader.get();
    let others = others.iter().map(|other| Card::new(other, snapshot));
    let page = html(&EntryPage {
        is_outdated: cited.iter().any(|cited| cited.is_replaced),
        cited,
        also_published_by: others.collect(),
        oembed: oembed::address(&app.config.public_url, &path),
        related: related
            .iter()
            .map(|hit| Card::of_hit(hit, snapshot))
            .collect(),
        event: EventView::new(&entry, snapshot),
        share: absolute(&app.config.public_url, &path),
        code: format!("/bai/{}/ma-qr.svg", entry.id),
        ..entry_page(&reader, snapshot, page, entry)
    })?;
    Ok(page.showing(Shows::only(parts)))
}

/// What the entry cites, the documents in the order of their numbers' spelling; and the keys of all that it shows of them.
fn cited(conn: &mut DbConn, id: EntryId) -> Result<(Vec<Cited>, Vec<String>), StoreError> {
    let mut citations = instruments::citations_of(conn, &Scope::Province, &[id])?;
    let citations = citations.remove(&id).unwrap_or_default();
    let mut keys: Vec<&str> = citations
        .iter()
        .map(|citation| citation.instrument.as_str())
        .collect();
    keys.dedup();
    let known = instruments::find_all(conn, &keys)?;
    let next_keys: Vec<&str> = known
        .iter()
        .filter_map(|known| known.replaced_by.as_deref())
        .collect();
    let next = instruments::find_all(conn, &next_keys)?;
    let day = today();
    let named = keys.iter().filter_map(|key| {
        let instrument = known.iter().find(|known| known.key == *key)?;
        let of_it = citations.iter().filter(|one| one.instrument == *key);
        let provisions: Vec<String> = of_it.filter_map(provision).collect();
        Some(Cited {
            key: (*key).to_owned(),
            label: instrument_label(instrument),
            path: instrument_path(key),
            provisions: provisions.join("; "),
            is_replaced: instrument.validity(day) == Validity::Replaced,
            next: next
                .iter()
                .find(|next| Some(&next.key) == instrument.replaced_by.as_ref())
                .map(Link::of_instrument),
        })
    });
    let shown = keys.iter().chain(&next_keys).map(|key| (*key).to_owned());
    Ok((named.collect(), shown.collect()))
}

/// `điểm a khoản 2 Điều 8`; none for the document as a whole.
fn provision(citation: &Citation) -> Option<String> {
    let parts = [
        ("điểm", &citation.point),
        ("khoản", &citation.clause),
        ("Điều", &citation.article),
    ];
    let parts = parts.iter().filter(|(_, number)| !number.is_empty());
    let parts: Vec<String> = parts
        .map(|(word, number)| format!("{word} {number}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The body with links to the pages of what it cites.
fn linked_body(reader: &Reader, entry: &Entry) -> String {
    let gazetteer = reader.gazetteer();
    let linked = with_links(&entry.body_html, |text| {
        let citations = gazetteer.citations(text).into_iter();
        let linked = citations.filter_map(|citation| {
            let key = gazetteer.instrument(&citation.cited)?;
            Some((citation.range(), instrument_path(key.as_str())))
        });
        linked.collect()
    });
    with_linked_pictures(&linked)
}

/// The host of an address; all of what is no address.
fn host(address: &str) -> &str {
    let place = address
        .split_once("://")
        .map_or(address, |(_, place)| place);
    place.split('/').next().unwrap_or(place)
}

/// The field, the audiences and the situations of an entry as the vocabulary names them.
fn topics(reader: &Reader, entry: &Entry) -> Vec<Link> {
    let field = entry.field.iter().map(|slug| (Facet::Field, slug));
    let audiences = entry.audiences.0.iter().map(|slug| (Facet::Audience, slug));
    let situations = (entry.situations.0.iter()).map(|slug| (Facet::Situation, slug));
    let all = field.chain(audiences).chain(situations);
    all.filter_map(|(facet, slug)| topic_link(reader.vocabulary(), facet, slug))
        .collect()
}

fn entry_page(reader: &Reader, snapshot: &Snapshot, page: Page, entry: Entry) -> EntryPage {
    let legal = legal_module(&entry);
    let topics = topics(reader, &entry);
    let origin = legal.origin.as_ref().map(|origin| {
        let hubs: Vec<&str> = legal.hops.iter().map(|hub| host(hub)).collect();
        let agency = origin.agency.clone();
        (
            agency.unwrap_or_else(|| host(&origin.hub).to_owned()),
            hubs.join(", "),
        )
    });
    let original_host = entry
        .url
        .as_deref()
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    EntryPage {
        page,
        card: Card::new(&entry, snapshot),
        question: legal.question,
        body: linked_body(reader, &entry),
        author: entry.author,
        original: entry.url,
        origin,
        original_host,
        published: entry.published_at.map(|at| long_date(at.to_utc())),
        harvested: long_date(entry.first_seen_at.to_utc()),
        changed: (entry.version > 1).then(|| long_date(entry.changed_at.to_utc())),
        version: entry.version,
        history: history_path(entry.id),
        oembed: String::new(),
        cited: Vec::new(),
        is_outdated: false,
        topics,
        also_published_by: Vec::new(),
        related: Vec::new(),
        event: None,
        share: String::new(),
        code: String::new(),
        script: assets::reading_path(),
        document: legal.document.map(document_record).unwrap_or_default(),
        categories: entry.categories.0,
        attachments: entry.attachments.0.iter().map(Link::of_file).collect(),
    }
}
