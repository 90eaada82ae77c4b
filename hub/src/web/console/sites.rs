//! `/console/don-vi/{agency}/trang-web`: the sites that are known to be an agency's, and taking that back.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::feeds::{self, Feed};
use hub_repository::proven_sites::{self, ProvenSite, Way};
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;
use url::Url;

use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action::{ManageFeeds, SeeFeeds};
use crate::app::App;
use crate::harvest::ownership;

/// A proven site.
struct SiteRow {
    site: String,
    /// How, when and by whom it was proven.
    said: String,
    feeds: Vec<FeedOfSite>,
    /// How many of the feeds are harvested.
    running: usize,
    /// Whether the homepage that the province has set down is there too.
    is_homepage: bool,
}

/// A feed of a proven site.
struct FeedOfSite {
    id: FeedId,
    title: String,
    is_stopped: bool,
}

#[derive(Template)]
#[template(path = "console/sites.html")]
struct SitesPage {
    frame: Frame,
    slug: String,
    homepage: Option<String>,
    sites: Vec<SiteRow>,
    may_manage: bool,
}

/// `GET /console/don-vi/{agency}/trang-web`
pub(super) async fn list_sites(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, _) = signed.agency(&snapshot, &slug, SeeFeeds, SeeFeeds)?;
    let (id, scope) = (agency.id, Scope::Agency(agency.id));
    let (sites, feeds) = signed
        .db(&app)
        .run(move |conn| {
            let sites = proven_sites::of_agency(conn, &scope, id)?;
            Ok::<_, StoreError>((sites, feeds::list(conn, &scope)?))
        })
        .await?;
    let frame = Frame::of(&app, &signed, "Trang đã xác minh", "/console", &query);
    let homepage = agency.homepage.clone();
    page(&SitesPage {
        frame: frame.within(&signed, agency, "nguon-tin"),
        sites: sites
            .iter()
            .map(|site| SiteRow::new(site, &feeds, homepage.as_deref()))
            .collect(),
        may_manage: signed.may(ManageFeeds, Some(id)),
        slug,
        homepage,
    })
}

/// `POST /console/don-vi/{agency}/trang-web`: takes back that a site is the agency's, and stops its feeds where that is wanted.
pub(super) async fn take_back(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, scope) = form
        .signed
        .agency(&snapshot, &slug, SeeFeeds, ManageFeeds)?;
    let id = agency.id;
    let site = form.fields.raw("trang").to_owned();
    if site.is_empty() {
        return Err(ConsoleError::Invalid(
            "Chưa chọn trang nào để bỏ xác minh.".to_owned(),
        ));
    }
    let done = form.signed.db(&app).run_writing(move |conn| {
        form.change::<StoreError>(conn, |conn| {
            let was = proven_sites::take_back(conn, &scope, id, &site)?;
            let stopped = if form.fields.value("ngung").is_some() {
                stop_all(conn, &Scope::Agency(id), &site)?
            } else {
                Vec::new()
            };
            // The audit waits for others: what is changed comes before what is noted.
            for feed in &stopped {
                let change = Change {
                    action: "feed.stop",
                    agency: Some(id),
                    target: format!("feed {}", feed.id),
                    after: Some(json!({ "url": feed.url })),
                    ..Change::default()
                };
                form.signed.note(conn, &change)?;
            }
            Ok(Change {
                action: "site.take-back",
                agency: Some(id),
                target: format!("site {site}"),
                before: Some(json!({
                    "way": was.way,
                    "proven_at": was.proven_at,
                    "proven_by": was.proven_by,
                })),
                ..Change::default()
            })
        })
    });
    match done.await {
        // Sent twice.
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    let path = format!("/console/don-vi/{slug}/trang-web?xong=bo-xac-minh");
    Ok(Redirect::to(&path).into_response())
}

/// Stops the feeds of a site that are harvested; which they were.
fn stop_all(conn: &mut DbConn, scope: &Scope, site: &str) -> Result<Vec<Feed>, StoreError> {
    let mut found = feeds::list(conn, scope)?;
    found.retain(|feed| feed.stopped_at.is_none() && is_on(feed, site));
    for feed in &found {
        feeds::stop(conn, scope, feed.id, Timestamp::now())?;
    }
    Ok(found)
}

fn is_on(feed: &Feed, site: &str) -> bool {
    site_of(&feed.url).as_deref() == Some(site)
}

fn site_of(address: &str) -> Option<String> {
    ownership::site(&Url::parse(address).ok()?)
}

impl SiteRow {
    fn new(proven: &ProvenSite, feeds: &[Feed], homepage: Option<&str>) -> Self {
        let way = match proven.way {
            Way::Meta => "thẻ meta trên trang chủ",
            Way::File => "tệp trên trang",
            Way::Dns => "bản ghi DNS",
        };
        let own = feeds.iter().filter(|feed| is_on(feed, &proven.site));
        let feeds: Vec<FeedOfSite> = own
            .map(|feed| FeedOfSite {
                id: feed.id,
                title: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
                is_stopped: feed.stopped_at.is_some(),
            })
            .collect();
        Self {
            said: format!(
                "Xác minh bằng {way}, {} bấm kiểm tra lúc {}",
                proven.proven_by,
                moment(proven.proven_at)
            ),
            running: feeds.iter().filter(|feed| !feed.is_stopped).count(),
            feeds,
            is_homepage: homepage.and_then(site_of).as_ref() == Some(&proven.site),
            site: proven.site.clone(),
        }
    }
}
