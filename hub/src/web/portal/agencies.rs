//! `/don-vi`: who publishes, and what each agency has published.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::agencies::{self, Agency};
use hub_repository::entries::{self, EntryFilter, Kind};
use hub_repository::{DbConn, Scope};
use law::text::without_marks;

use super::super::error::{Error, PageError};
use super::super::extract::{Parameters, Segment};
use super::super::render::{fresh, kept};
use super::super::respond::{CachePolicy, respond};
use super::metadata::Metadata;
use super::page::{Counted, Link, Page, html};
use super::topics::{Group, topic_link};
use crate::app::App;
use crate::publish::{
    Card, Document, LEVELS, Shows, Snapshot, agency_path, kind_label, level, today,
};
use crate::search::{Facet, Filters, Query};

const PATH: &str = "/don-vi";

const NEWEST: i64 = 20;

/// Legal fields, and agencies below, that an agency's page names.
const FIELDS: usize = 10;
const CHILDREN: usize = 30;

#[derive(Template)]
#[template(path = "agencies.html")]
struct AgenciesPage {
    page: Page,
    /// What was looked for.
    name: String,
    groups: Vec<Group>,
}

#[derive(Template)]
#[template(path = "agency.html")]
struct AgencyPage {
    page: Page,
    agency: Agency,
    parent: Option<Link>,
    successors: Vec<Link>,
    predecessors: Vec<Link>,
    children: Vec<Link>,
    closed_on: Option<String>,
    /// Whether that day has passed.
    is_closed: bool,
    entries: u64,
    newest: Vec<Card>,
    kinds: Vec<Counted>,
    fields: Vec<Counted>,
}

/// `GET /don-vi?ten={name}`.
pub(crate) async fn list_agencies(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let name = parameters.text("ten").to_owned();
    let is_whole = name.is_empty();
    let snapshot = app.snapshot();
    let render =
        move |app: &App, snapshot: &Snapshot, _: &mut DbConn| render_list(app, snapshot, name);
    let document = if is_whole {
        // Which of them have ended changes with the day alone.
        let address = format!("{PATH}#{}", today());
        kept(&app, &snapshot, &address, render).await?
    } else {
        fresh(&app, &snapshot, render).await?.into()
    };
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// `GET /don-vi/{agency}`.
pub(crate) async fn show_agency(
    State(app): State<App>,
    Segment(slug): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot();
    let agency = snapshot
        .agency_by_slug(&slug)
        .ok_or(Error::NotFound("agency"))?
        .clone();
    // Whether it has ended changes with the day alone.
    let address = match agency.valid_until {
        Some(last) => format!("{}#{}", agency_path(&agency.slug), last < today()),
        None => agency_path(&agency.slug),
    };
    let document = kept(&app, &snapshot, &address, |app, snapshot, conn| {
        render_agency(app, snapshot, conn, agency)
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render_list(app: &App, snapshot: &Snapshot, name: String) -> Result<Document, Error> {
    let wanted = without_marks(&name);
    let day = today();
    let mut closed = group("da-ket-thuc", "Đã kết thúc hoạt động");
    let mut groups: Vec<Group> = LEVELS
        .iter()
        .map(|(slug, label)| group(slug, label))
        .collect();
    let mut agencies: Vec<&Agency> = snapshot.agencies().iter().collect();
    agencies.retain(|agency| without_marks(&agency.name).contains(&wanted));
    agencies.sort_by_cached_key(|agency| without_marks(&agency.name));
    for agency in agencies {
        let counted = Counted {
            label: agency.name.clone(),
            path: agency_path(&agency.slug),
            entries: snapshot.entries_of(agency.id),
        };
        if agency.valid_until.is_some_and(|last| last < day) {
            closed.topics.push(counted);
            continue;
        }
        let level = level(agency);
        if let Some(group) = groups.iter_mut().find(|group| group.slug == level) {
            group.topics.push(counted);
        }
    }
    groups.push(closed);
    groups.retain(|group| !group.topics.is_empty());
    let mut page = Page::new(app, "Cơ quan, đơn vị", PATH);
    page.part = PATH;
    "Các cơ quan, đơn vị, xã, phường đăng thông tin pháp luật.".clone_into(&mut page.description);
    let page = html(&AgenciesPage { page, name, groups })?;
    Ok(page.showing(Shows::Entries))
}

fn group(slug: &str, label: &str) -> Group {
    Group {
        slug: slug.to_owned(),
        label: label.to_owned(),
        topics: Vec::new(),
    }
}

fn render_agency(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    agency: Agency,
) -> Result<Document, Error> {
    let id = agency.id;
    let filter = EntryFilter {
        agency: Some(id),
        ..EntryFilter::default()
    };
    let newest = entries::newest(conn, &Scope::Province, &filter, NEWEST)?;
    let successors = agencies::successors(conn, &Scope::Province, id)?;
    let predecessors = snapshot.predecessors(id).into_iter();
    let predecessors = predecessors.filter_map(|id| snapshot.agency(id)).map(link);
    let parent = agency.parent_id.and_then(|parent| snapshot.agency(parent));
    let mut above = Vec::new();
    let mut next = parent;
    // No deeper than a tree of agencies is: a circle ends here.
    while let Some(agency) = next.filter(|_| above.len() < 5) {
        above.insert(0, link(agency));
        next = agency.parent_id.and_then(|parent| snapshot.agency(parent));
    }
    above.insert(0, Link::new("Cơ quan", PATH));
    let mut page = Page::new(app, &agency.name, &agency_path(&agency.slug)).within(PATH, above);
    page.feed = Some(format!("/feeds/agency/{}", agency.slug));
    page.description = format!("Thông tin pháp luật do {} đăng.", agency.name);
    page.metadata = Metadata::of_agency(&agency, parent, &app.config.public_url);
    let (kinds, fields) = counted(app, &agency)?;
    let page = html(&AgencyPage {
        page,
        parent: parent.map(link),
        successors: successors.iter().map(link).collect(),
        predecessors: predecessors.collect(),
        is_closed: agency.valid_until.is_some_and(|last| last < today()),
        children: children(snapshot, &agency),
        closed_on: agency
            .valid_until
            .map(|day| day.format("%d/%m/%Y").to_string()),
        entries: snapshot.entries_of(id),
        newest: newest
            .iter()
            .map(|entry| Card::new(entry, snapshot))
            .collect(),
        kinds,
        fields,
        agency,
    })?;
    Ok(page.showing(Shows::list(Some(id), None)))
}

/// What the agency has published by kind and by legal field, each with its search.
fn counted(app: &App, agency: &Agency) -> Result<(Vec<Counted>, Vec<Counted>), Error> {
    let found = app.index.search(&Query {
        filters: Filters::default().with(Facet::Agency, &agency.slug),
        facets: vec![Facet::Kind, Facet::Field],
        ..Query::default()
    })?;
    let address = |parameter: &str, value: &str| {
        format!(
            "/tim-kiem?don-vi={}&{parameter}={value}&sap-xep=moi-nhat",
            agency.slug
        )
    };
    let kinds = found
        .facets
        .of(Facet::Kind)
        .iter()
        .filter_map(|(name, entries)| {
            Some(Counted {
                label: kind_label(Kind::parse(name)?).to_owned(),
                path: address("loai", name),
                entries: *entries,
            })
        });
    let reader = app.harvester.reader.get();
    let fields = found
        .facets
        .of(Facet::Field)
        .iter()
        .filter_map(|(slug, entries)| {
            Some(Counted {
                label: topic_link(reader.vocabulary(), Facet::Field, slug)?.label,
                path: address("linh-vuc", slug),
                entries: *entries,
            })
        });
    Ok((kinds.collect(), fields.take(FIELDS).collect()))
}

/// The agencies below it, where they are few enough to be named.
fn children(snapshot: &Snapshot, agency: &Agency) -> Vec<Link> {
    let below = |child: &&Agency| child.parent_id == Some(agency.id);
    let children: Vec<Link> = snapshot.agencies().iter().filter(below).map(link).collect();
    if children.len() > CHILDREN {
        return Vec::new();
    }
    children
}

fn link(agency: &Agency) -> Link {
    Link::new(&agency.name, agency_path(&agency.slug))
}
