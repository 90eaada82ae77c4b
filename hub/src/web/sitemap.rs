//! `/sitemap.xml`: the addresses of everything, for search engines (sitemaps.org 0.9, with Google's module for news).

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{SecondsFormat, TimeDelta, Utc};
use feeds::write::clean;
use hub_repository::entries::{self, Address, Kind};
use hub_repository::{EntryId, Scope};
use law::vocabulary::Vocabulary;
use url::Url;

use super::error::{Error, PageError};
use super::extract::Segment;
use super::render::kept;
use super::respond::{CachePolicy, respond};
use crate::app::App;
use crate::publish::{
    Document, absolute, agency_path, audience_path, entry_path, field_path, situation_path,
};

/// The portal's path of the list of lists.
pub(super) const PATH: &str = "/sitemap.xml";

const XML: &str = "application/xml; charset=utf-8";

/// Numbers of entries that share a list: new entries change the last one only. A list may have 50,000 addresses.
const PER_LIST: i64 = 10_000;

/// News are listed so long, and so many at most: the module asks for both.
const NEWS: TimeDelta = TimeDelta::days(2);
const MAX_NEWS: i64 = 1_000;

/// The portal's pages that are always there.
const PAGES: [&str; 16] = [
    "/",
    "/tinh-huong",
    "/linh-vuc",
    "/doi-tuong",
    "/hoi-dap",
    "/van-ban",
    "/tin-tuc",
    "/an-pham",
    "/da-phuong-tien",
    "/su-kien",
    "/tro-giup-phap-ly",
    "/don-vi",
    "/thong-ke",
    "/gioi-thieu",
    "/huong-dan",
    "/nhung",
];

#[derive(Template)]
#[template(path = "sitemap_index.xml")]
struct Index {
    lists: Vec<String>,
}

#[derive(Template)]
#[template(path = "sitemap.xml")]
struct List {
    addresses: Vec<Listed>,
    /// The portal's name, where these are news.
    publication: Option<String>,
}

/// An address with when it changed; news with their title and date as well.
struct Listed {
    address: String,
    changed: Option<String>,
    title: String,
    published: String,
}

impl Listed {
    fn of(entry: &Address, public_url: &Url) -> Self {
        let time = |at: chrono::DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            address: absolute(public_url, &entry_path(entry.id, &entry.title)),
            changed: Some(time(entry.changed_at.to_utc())),
            title: clean(&entry.title).into_owned(),
            published: time(entry.listed_at.to_utc()),
        }
    }
}

/// The pages of the topics that entries are read for.
fn topics(vocabulary: &Vocabulary) -> impl Iterator<Item = String> {
    let fields = vocabulary.fields.iter().map(|it| field_path(&it.slug));
    let audiences = vocabulary
        .audiences
        .iter()
        .map(|it| audience_path(&it.slug));
    let situations = vocabulary.situations.iter().flat_map(|group| &group.items);
    let situations = situations.map(|it| situation_path(&it.slug));
    fields.chain(audiences).chain(situations)
}

/// `GET /sitemap.xml`.
pub(super) async fn show_index(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let document = kept(&app, &snapshot, PATH, |app, _, conn| {
        let last = entries::last_id(conn, &Scope::Province)?;
        let lists = last.0.div_euclid(PER_LIST) + 1;
        let names = ["pages", "news"].map(str::to_owned);
        let names = names
            .into_iter()
            .chain((0..lists).map(|list| list.to_string()));
        let public =
            |name: String| absolute(&app.config.public_url, &format!("/sitemap/{name}.xml"));
        let index = Index {
            lists: names.map(public).collect(),
        };
        Ok::<_, Error>(Document::new(XML, index.render()?))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /sitemap/{pages|news|number}.xml`.
pub(super) async fn show_list(
    State(app): State<App>,
    Segment(file): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let name = file
        .strip_suffix(".xml")
        .ok_or(Error::NotFound("sitemap"))?;
    let number = name
        .parse::<u32>()
        .ok()
        .filter(|number| number.to_string() == name);
    if number.is_none() && !matches!(name, "pages" | "news") {
        return Err(Error::NotFound("sitemap").into());
    }
    let is_news = name == "news";
    let snapshot = app.snapshot();
    let address = format!("/sitemap/{file}");
    let document = kept(&app, &snapshot, &address, move |app, snapshot, conn| {
        let public_url = &app.config.public_url;
        let addresses: Vec<Address> = match number {
            Some(number) => {
                let after = i64::from(number) * PER_LIST - 1;
                if after > entries::last_id(conn, &Scope::Province)?.0 {
                    return Err(Error::NotFound("sitemap"));
                }
                let last = EntryId(after + PER_LIST);
                entries::addresses(conn, &Scope::Province, EntryId(after), last)?
            }
            None if is_news => {
                let since = (Utc::now() - NEWS).into();
                entries::addresses_since(conn, &Scope::Province, Kind::News, since, MAX_NEWS)?
            }
            None => Vec::new(),
        };
        let mut listed: Vec<Listed> = addresses
            .iter()
            .map(|it| Listed::of(it, public_url))
            .collect();
        if number.is_none() && !is_news {
            let agencies = snapshot.agencies().iter().map(|it| agency_path(&it.slug));
            let reader = app.harvester.reader.get();
            let pages = PAGES.into_iter().map(str::to_owned);
            let pages = pages.chain(topics(reader.vocabulary())).chain(agencies);
            listed.extend(pages.map(|path| Listed {
                address: absolute(public_url, &path),
                changed: None,
                title: String::new(),
                published: String::new(),
            }));
        }
        let list = List {
            addresses: listed,
            publication: is_news.then(|| clean(&app.config.title).into_owned()),
        };
        Ok::<_, Error>(Document::new(XML, list.render()?))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}
