//! `/linh-vuc`, `/doi-tuong`, `/tinh-huong`: what there is about a legal field, for a group of people, in a life situation.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hub_repository::instruments::{self, Validity};
use hub_repository::{DbConn, StoreError};
use law::vocabulary::Vocabulary;

use super::super::error::{Error, PageError};
use super::super::extract::Segment;
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Counted, Link, Page, html};
use super::sections::{Section, newest_of_kinds};
use crate::app::App;
use crate::publish::{
    Document, Shows, Snapshot, agency_path, audience_path, field_path, instrument_label,
    instrument_path, situation_path, today,
};
use crate::search::{Facet, Facets, Filters, Query};

/// Entries of each kind that a topic's page shows.
const OF_EACH_KIND: usize = 4;

/// Legal documents and neighbouring topics that it names.
const LAWS: usize = 8;
const NEIGHBOURS: usize = 10;

/// Topics of one sort.
#[derive(Debug)]
struct Family {
    facet: Facet,
    /// The page that lists them.
    root: &'static str,
    /// What that page is called, in full and in a line of others.
    short: &'static str,
    name: &'static str,
    /// What it is for.
    lead: &'static str,
    /// The parameter of the search that stands for them.
    parameter: &'static str,
    /// The folder of their feeds.
    feeds: &'static str,
    /// What other topics stand beside one of them.
    neighbours: &'static [Facet],
}

static FIELDS: Family = Family {
    facet: Facet::Field,
    root: "/linh-vuc",
    short: "Lĩnh vực",
    name: "Lĩnh vực pháp luật",
    lead: "Chọn lĩnh vực để xem hỏi đáp, tình huống, văn bản và tin tức của các cơ quan trong tỉnh.",
    parameter: "linh-vuc",
    feeds: "field",
    neighbours: &[Facet::Situation, Facet::Audience, Facet::Agency],
};

static AUDIENCES: Family = Family {
    facet: Facet::Audience,
    root: "/doi-tuong",
    short: "Đối tượng",
    name: "Pháp luật cho từng đối tượng",
    lead: "Những điều mỗi nhóm người dân, doanh nghiệp cần biết.",
    parameter: "doi-tuong",
    feeds: "audience",
    neighbours: &[Facet::Field, Facet::Situation, Facet::Agency],
};

static SITUATIONS: Family = Family {
    facet: Facet::Situation,
    root: "/tinh-huong",
    short: "Tình huống",
    name: "Bạn đang gặp chuyện gì?",
    lead: "Chọn tình huống gần với chuyện của bạn nhất.",
    parameter: "tinh-huong",
    feeds: "situation",
    neighbours: &[Facet::Field, Facet::Audience, Facet::Agency],
};

#[derive(Template)]
#[template(path = "topics.html")]
struct TopicsPage {
    page: Page,
    heading: &'static str,
    lead: &'static str,
    groups: Vec<Group>,
}

/// Topics that belong together; one group without a name where they are not grouped.
pub(super) struct Group {
    pub(super) slug: String,
    pub(super) label: String,
    pub(super) topics: Vec<Counted>,
}

#[derive(Template)]
#[template(path = "topic.html")]
struct TopicPage {
    page: Page,
    heading: String,
    total: u64,
    /// Where all entries of the topic are searched.
    search: String,
    sections: Vec<Section>,
    laws: Vec<Law>,
    neighbours: Vec<(&'static str, Vec<Counted>)>,
    /// The other topics of its group.
    siblings: Vec<Link>,
}

/// A legal document that the topic's entries cite.
struct Law {
    label: String,
    path: String,
    entries: u64,
    is_replaced: bool,
}

/// `GET /linh-vuc`.
pub(crate) async fn list_fields(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    list(&app, &FIELDS, &headers).await
}

/// `GET /linh-vuc/{field}`.
pub(crate) async fn show_field(
    State(app): State<App>,
    Segment(slug): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, &FIELDS, slug, &headers).await
}

/// `GET /doi-tuong`.
pub(crate) async fn list_audiences(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    list(&app, &AUDIENCES, &headers).await
}

/// `GET /doi-tuong/{audience}`.
pub(crate) async fn show_audience(
    State(app): State<App>,
    Segment(slug): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, &AUDIENCES, slug, &headers).await
}

/// `GET /tinh-huong`.
pub(crate) async fn list_situations(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    list(&app, &SITUATIONS, &headers).await
}

/// `GET /tinh-huong/{situation}`.
pub(crate) async fn show_situation(
    State(app): State<App>,
    Segment(slug): Segment,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    show(&app, &SITUATIONS, slug, &headers).await
}

/// A topic by its name in addresses; none where the vocabulary does not have it.
pub(super) fn topic_link(vocabulary: &Vocabulary, facet: Facet, slug: &str) -> Option<Link> {
    let (label, path) = match facet {
        Facet::Field => {
            let field = vocabulary.fields.iter().find(|it| it.slug == slug)?;
            (&field.label, field_path(slug))
        }
        Facet::Audience => {
            let audience = vocabulary.audiences.iter().find(|it| it.slug == slug)?;
            (&audience.label, audience_path(slug))
        }
        Facet::Situation => {
            let mut all = vocabulary.situations.iter().flat_map(|group| &group.items);
            let situation = all.find(|it| it.slug == slug)?;
            (&situation.label, situation_path(slug))
        }
        _ => return None,
    };
    Some(Link::new(label, path))
}

/// The life situations in their groups, with how many entries each has.
pub(super) fn situation_groups(vocabulary: &Vocabulary, facets: &Facets) -> Vec<Group> {
    let counts = counts(facets, Facet::Situation);
    let groups = vocabulary.situations.iter().map(|group| Group {
        slug: group.slug.clone(),
        label: group.label.clone(),
        topics: group
            .items
            .iter()
            .map(|situation| Counted {
                label: situation.label.clone(),
                path: situation_path(&situation.slug),
                entries: counts.get(situation.slug.as_str()).copied().unwrap_or(0),
            })
            .collect(),
    });
    groups.collect()
}

/// The legal fields, with how many entries each has.
pub(super) fn fields(vocabulary: &Vocabulary, facets: &Facets) -> Vec<Counted> {
    let counts = counts(facets, Facet::Field);
    let fields = vocabulary.fields.iter().map(|field| Counted {
        label: field.label.clone(),
        path: field_path(&field.slug),
        entries: counts.get(field.slug.as_str()).copied().unwrap_or(0),
    });
    fields.collect()
}

/// The groups of people, with how many entries there are for each.
pub(super) fn audiences(vocabulary: &Vocabulary, facets: &Facets) -> Vec<Counted> {
    let counts = counts(facets, Facet::Audience);
    let audiences = vocabulary.audiences.iter().map(|audience| Counted {
        label: audience.label.clone(),
        path: audience_path(&audience.slug),
        entries: counts.get(audience.slug.as_str()).copied().unwrap_or(0),
    });
    audiences.collect()
}

fn counts(facets: &Facets, facet: Facet) -> HashMap<&str, u64> {
    let counted = facets.of(facet).iter();
    counted
        .map(|(slug, entries)| (slug.as_str(), *entries))
        .collect()
}

async fn list(
    app: &App,
    family: &'static Family,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(app, &app.snapshot(), family.root, move |app, _, _| {
        let reader = app.harvester.reader.get();
        let vocabulary = reader.vocabulary();
        let results = app.index.search(&Query {
            facets: vec![family.facet],
            ..Query::default()
        })?;
        let alone = |topics| {
            vec![Group {
                slug: String::new(),
                label: String::new(),
                topics,
            }]
        };
        let mut page = Page::new(app, family.name, family.root);
        family.lead.clone_into(&mut page.description);
        page.part = family.root;
        let page = html(&TopicsPage {
            page,
            heading: family.name,
            lead: family.lead,
            groups: match family.facet {
                Facet::Situation => situation_groups(vocabulary, &results.facets),
                Facet::Audience => alone(audiences(vocabulary, &results.facets)),
                _ => alone(fields(vocabulary, &results.facets)),
            },
        })?;
        Ok::<_, Error>(page.showing(Shows::Entries))
    })
    .await?;
    Ok(respond(&document, headers, CachePolicy::Minute))
}

async fn show(
    app: &App,
    family: &'static Family,
    slug: String,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    let path = format!("{}/{slug}", family.root);
    let document = kept(app, &app.snapshot(), &path, move |app, snapshot, conn| {
        render(app, snapshot, conn, family, &slug)
    })
    .await?;
    Ok(respond(&document, headers, CachePolicy::Minute))
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    family: &Family,
    slug: &str,
) -> Result<Document, Error> {
    let reader = app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let topic = topic_link(vocabulary, family.facet, slug).ok_or(Error::NotFound("topic"))?;
    let filters = Filters::default().with(family.facet, slug);
    let mut facets = vec![Facet::Kind, Facet::Instrument];
    facets.extend(family.neighbours);
    let results = app.index.search(&Query {
        filters: filters.clone(),
        facets,
        ..Query::default()
    })?;
    let search = format!("/tim-kiem?{}={slug}&sap-xep=moi-nhat", family.parameter);
    let group = vocabulary.situations.iter().find(|group| {
        family.facet == Facet::Situation && group.items.iter().any(|it| it.slug == slug)
    });
    let mut above = vec![Link::new(family.short, family.root)];
    above.extend(group.map(|group| Link::new(&group.label, format!("/tinh-huong#{}", group.slug))));
    let mut page = Page::new(app, &topic.label, &topic.path).within(family.root, above);
    page.feed = Some(format!("/feeds/{}/{slug}", family.feeds));
    page.description = format!(
        "{}: hỏi đáp, tình huống, văn bản và tin tức của các cơ quan trong tỉnh.",
        topic.label
    );
    let siblings = group.into_iter().flat_map(|group| &group.items);
    let page = html(&TopicPage {
        page,
        total: u64::try_from(results.total).unwrap_or(u64::MAX),
        sections: newest_of_kinds(
            app,
            snapshot,
            &filters,
            &results.facets,
            &search,
            OF_EACH_KIND,
        )?,
        laws: laws(conn, &results.facets)?,
        neighbours: neighbours(vocabulary, snapshot, family, &results.facets),
        siblings: siblings
            .filter(|situation| situation.slug != slug)
            .map(|situation| Link::new(&situation.label, situation_path(&situation.slug)))
            .collect(),
        heading: topic.label,
        search,
    })?;
    Ok(page.showing(Shows::Entries))
}

fn laws(conn: &mut DbConn, facets: &Facets) -> Result<Vec<Law>, StoreError> {
    let cited: Vec<_> = facets.of(Facet::Instrument).iter().take(LAWS).collect();
    let keys: Vec<&str> = cited.iter().map(|(key, _)| key.as_str()).collect();
    let known = instruments::find_all(conn, &keys)?;
    let day = today();
    let laws = cited.into_iter().filter_map(|(key, entries)| {
        let instrument = known.iter().find(|known| known.key == *key)?;
        Some(Law {
            label: instrument_label(instrument),
            path: instrument_path(key),
            entries: *entries,
            is_replaced: instrument.validity(day) == Validity::Replaced,
        })
    });
    Ok(laws.collect())
}

fn neighbours(
    vocabulary: &Vocabulary,
    snapshot: &Snapshot,
    family: &Family,
    facets: &Facets,
) -> Vec<(&'static str, Vec<Counted>)> {
    let named = family.neighbours.iter().map(|facet| {
        let heading = match facet {
            Facet::Situation => "Tình huống hay gặp",
            Facet::Audience => "Dành cho",
            Facet::Field => "Lĩnh vực liên quan",
            _ => "Cơ quan đăng nhiều",
        };
        let link = |slug: &str| match facet {
            Facet::Agency => {
                let agency = snapshot.agency_by_slug(slug)?;
                Some(Link::new(&agency.name, agency_path(slug)))
            }
            _ => topic_link(vocabulary, *facet, slug),
        };
        let counted = facets.of(*facet).iter();
        let counted = counted.filter_map(|(slug, entries)| {
            let Link { label, path } = link(slug)?;
            Some(Counted {
                label,
                path,
                entries: *entries,
            })
        });
        (heading, counted.take(NEIGHBOURS).collect::<Vec<_>>())
    });
    named.filter(|(_, counted)| !counted.is_empty()).collect()
}
