//! `/`: what matters now, and every way on.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::Days;
use hub_repository::entries::Kind;
use hub_repository::{DbConn, Scope, StoreError, pins};

use super::super::error::{Error, PageError};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::events::{EventView, events_between};
use super::metadata::Metadata;
use super::page::{Counted, Link, Page, html};
use super::sections::{Section, newest_of_kinds};
use super::topics::{Group, audiences, fields, situation_groups};
use crate::app::App;
use crate::publish::{Card, Document, Shows, Snapshot, agency_path, kind_path, today};
use crate::search::{Facet, Filters, Query};

/// Entries that are put in front, and of each kind.
const PINNED: i64 = 3;
const OF_EACH_KIND: usize = 4;

/// Life situations of each group, queries, agencies, events.
const SITUATIONS: usize = 3;
const ASKED: usize = 6;
const AGENCIES: usize = 8;
const EVENTS: i64 = 4;

/// Days ahead in which an event is news.
const AHEAD: Days = Days::new(60);

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    page: Page,
    entries: u64,
    publishing: usize,
    /// What many people search for.
    asked: Vec<Link>,
    /// Each with the campaign that it belongs to, which may be empty.
    pinned: Vec<(String, Card)>,
    situations: Vec<Group>,
    sections: Vec<Section>,
    events: Vec<EventView>,
    fields: Vec<Counted>,
    audiences: Vec<Counted>,
    agencies: Vec<Counted>,
}

/// `GET /`.
pub(crate) async fn show_home(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    // What stands in front and which events are to come change with the day.
    let address = format!("/#{}", today());
    let document = kept(&app, &app.snapshot(), &address, render).await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(app: &App, snapshot: &Snapshot, conn: &mut DbConn) -> Result<Document, Error> {
    let reader = app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let counted = app.index.search(&Query {
        facets: vec![Facet::Kind, Facet::Field, Facet::Audience, Facet::Situation],
        ..Query::default()
    })?;
    let search = "/tim-kiem?sap-xep=moi-nhat";
    let filters = Filters::default();
    let mut sections = newest_of_kinds(
        app,
        snapshot,
        &filters,
        &counted.facets,
        search,
        OF_EACH_KIND,
    )?;
    // Events have a list of their own, by the day on which they take place.
    sections.retain(|section| section.name != Kind::Event.as_str());
    for section in &mut sections {
        let kind = Kind::parse(section.name);
        let path = kind.filter(|kind| *kind != Kind::Situation).map(kind_path);
        path.unwrap_or(&section.more)
            .to_owned()
            .clone_into(&mut section.more);
    }
    let mut page = Page::new(app, "Trang chủ", "/");
    "Tin tức, hỏi đáp, tình huống và văn bản pháp luật của các cơ quan trong tỉnh."
        .clone_into(&mut page.description);
    page.metadata = Metadata::of_site(&page.site, &app.config.public_url);
    let page = html(&HomePage {
        page,
        entries: snapshot.entries(),
        publishing: publishing(snapshot).count(),
        asked: asked(app),
        pinned: pins::pinned(conn, &Scope::Province, today(), PINNED)?
            .into_iter()
            .map(|(entry, pin)| (pin.label, Card::new(&entry, snapshot)))
            .collect(),
        situations: situations(situation_groups(vocabulary, &counted.facets)),
        sections,
        events: upcoming(conn, snapshot)?,
        fields: fields(vocabulary, &counted.facets),
        audiences: audiences(vocabulary, &counted.facets),
        agencies: most_active(snapshot),
    })?;
    Ok(page.showing(Shows::Entries))
}

/// What many people search for, each with its search.
fn asked(app: &App) -> Vec<Link> {
    let offered = app.offered();
    let frequent = offered.frequent().iter().take(ASKED);
    let links = frequent.map(|query| {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        address.append_pair("q", query);
        Link::new(query, format!("/tim-kiem?{}", address.finish()))
    });
    links.collect()
}

/// Of each group the situations with the most entries.
fn situations(groups: Vec<Group>) -> Vec<Group> {
    let shortened = groups.into_iter().map(|mut group| {
        group
            .topics
            .sort_by_key(|topic| std::cmp::Reverse(topic.entries));
        group.topics.truncate(SITUATIONS);
        group
    });
    shortened.collect()
}

fn upcoming(conn: &mut DbConn, snapshot: &Snapshot) -> Result<Vec<EventView>, StoreError> {
    let today = today();
    let until = today.checked_add_days(AHEAD).unwrap_or(today);
    events_between(conn, snapshot, today, until, EVENTS)
}

fn publishing(snapshot: &Snapshot) -> impl Iterator<Item = Counted> {
    let agencies = snapshot.agencies().iter().map(|agency| Counted {
        label: agency.name.clone(),
        path: agency_path(&agency.slug),
        entries: snapshot.entries_of(agency.id),
    });
    agencies.filter(|agency| agency.entries > 0)
}

fn most_active(snapshot: &Snapshot) -> Vec<Counted> {
    let mut agencies: Vec<Counted> = publishing(snapshot).collect();
    agencies.sort_by_key(|agency| std::cmp::Reverse(agency.entries));
    agencies.truncate(AGENCIES);
    agencies
}
