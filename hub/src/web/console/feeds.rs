//! An agency's feeds: how each does in plain words, its runs, and having it fetched now.

mod breaker;
mod doctor;
mod health;
mod history;
mod listing;
mod moves;
mod resting;

pub(super) use breaker::accept;
pub(super) use doctor::examine;
pub(super) use history::list_runs;
pub(super) use moves::{accept as accept_move, show_move};
pub(super) use resting::{can_be_woken, list_resting, wake};

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::feeds;
use hub_repository::harvests::Trigger;
use hub_repository::runs::Run;
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;

use self::breaker::Frozen;
use self::health::{FeedRow, Known};
use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page};
use super::list::{List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::harvest::story;

/// Runs that are listed.
const LISTED: usize = 50;

/// Runs by which it is known how a feed of the list does.
const LAST: i64 = 50;

/// Runs of which a feed's story is told: about as many as are kept.
const TOLD: i64 = 1_000;

/// Chapters of the story that are told, the last ones.
const CHAPTERS: usize = 20;

#[derive(Template)]
#[template(path = "console/feeds.html")]
struct FeedsPage {
    frame: Frame,
    slug: String,
    list: List,
    faulty: bool,
    rows: Vec<FeedRow>,
    next: Option<String>,
    /// How many of them are not harvested as usual.
    resting: usize,
    may_manage: bool,
}

/// A run, as the list has it.
struct RunRow {
    at: String,
    trigger: &'static str,
    outcome: &'static str,
    status: String,
    bytes: i64,
    counts: String,
    cause: String,
}

#[derive(Template)]
#[template(path = "console/feed.html")]
struct FeedPage {
    frame: Frame,
    feed: FeedRow,
    runs: Vec<RunRow>,
    story: Vec<String>,
    frozen: Option<Frozen>,
    /// Every time that it was frozen, the last first.
    freezes: Vec<String>,
    may_harvest: bool,
    may_manage: bool,
}

/// `GET /console/don-vi/{agency}`
pub(super) async fn list_feeds(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, _) = signed.agency(&snapshot, &slug, Action::SeeFeeds, Action::SeeFeeds)?;
    let scope = Scope::Agency(agency.id);
    let known = signed
        .db(&app)
        .run(move |conn| {
            let feeds = feeds::list(conn, &scope)?.into_iter();
            let known = feeds.map(|feed| Known::read(conn, &scope, feed, LAST));
            known.collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    let all = known.iter().map(FeedRow::new).collect();
    let resting = known
        .iter()
        .filter(|known| can_be_woken(&known.feed, Some(agency)));
    let list = List::of(format!("/console/don-vi/{slug}"), &query, &["loi"])?;
    let (rows, next) = match listing::shown(&list, &query, all).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    page(&FeedsPage {
        slug,
        may_manage: signed.may(Action::ManageFeeds, Some(agency.id)),
        faulty: query.value("loi").is_some(),
        rows,
        next: next.map(|last| list.page_at("sau", &last)),
        list,
        resting: resting.count(),
        frame: Frame::of(&app, &signed, &agency.name, "/console", &query).within(
            &signed,
            agency,
            "nguon-tin",
        ),
    })
}

/// `GET /console/nguon-tin/{feed}`
pub(super) async fn show_feed(
    State(app): State<App>,
    signed: Signed,
    Segment(feed): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let asking = signed.clone();
    let known = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeFeeds, |scope| {
                let feed = feeds::find(conn, scope, id)?;
                feed.map(|feed| Known::read(conn, scope, feed, TOLD))
                    .transpose()
            })
        })
        .await?;
    let snapshot = app.snapshot();
    let of = known.feed.agency_id;
    let row = FeedRow::new(&known);
    let now = Timestamp::now().to_utc();
    let episodes = story::episodes(&known.runs);
    let told = episodes.iter().rev().take(CHAPTERS);
    let frame = Frame::of(&app, &signed, &row.title, "/console", &query);
    let scope = signed.require(Action::ManageFeeds, Some(of)).ok();
    page(&FeedPage {
        runs: known.runs.iter().take(LISTED).map(RunRow::new).collect(),
        story: told.map(|episode| episode.tell(now)).collect(),
        frozen: Frozen::of(&known, scope),
        freezes: breaker::freezes(&episodes),
        may_harvest: signed.may(Action::Harvest, Some(of)),
        may_manage: scope.is_some(),
        frame: match snapshot.agency(of) {
            Some(agency) => frame.within(&signed, agency, "nguon-tin"),
            None => frame,
        },
        feed: row,
    })
}

/// `POST /console/nguon-tin/{feed}/thu-thap`
pub(super) async fn harvest(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    form.signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let feed = signed.find(Action::SeeFeeds, |scope| feeds::find(conn, scope, id))?;
            let scope = signed.require(Action::Harvest, Some(feed.agency_id))?;
            form.change::<StoreError>(conn, |conn| {
                feeds::request(conn, &scope, id, Timestamp::now())?;
                Ok(Change {
                    action: "feed.harvest",
                    agency: Some(feed.agency_id),
                    target: format!("feed {id}"),
                    ..Change::default()
                })
            })?;
            Ok::<_, ConsoleError>(())
        })
        .await?;
    app.due.notify_one();
    let path = format!("/console/nguon-tin/{id}?xong=thu-thap");
    Ok(Redirect::to(&path).into_response())
}

/// `POST /console/nguon-tin/{feed}/ngung`
pub(super) async fn stop(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    manage(&app, &feed, form, "feed.stop", feeds::stop).await?;
    Ok(Redirect::to(&format!("/console/nguon-tin/{feed}?xong=ngung")).into_response())
}

/// `POST /console/nguon-tin/{feed}/mo-lai`
pub(super) async fn resume(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    manage(&app, &feed, form, "feed.resume", feeds::resume).await?;
    app.due.notify_one();
    Ok(Redirect::to(&format!("/console/nguon-tin/{feed}?xong=mo-lai")).into_response())
}

/// Does that to a feed. Sent twice, it is done already, and nothing is noted again.
async fn manage(
    app: &App,
    feed: &str,
    form: Submitted,
    action: &'static str,
    work: fn(&mut DbConn, &Scope, FeedId, Timestamp) -> Result<(), StoreError>,
) -> Result<(), ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let done = form.signed.db(app).run_writing(move |conn| {
        let signed = &form.signed;
        let feed = signed.find(Action::SeeFeeds, |scope| feeds::find(conn, scope, id))?;
        let scope = signed.require(Action::ManageFeeds, Some(feed.agency_id))?;
        let changed = form.change::<StoreError>(conn, |conn| {
            work(conn, &scope, id, Timestamp::now())?;
            Ok(Change {
                action,
                agency: Some(feed.agency_id),
                target: format!("feed {id}"),
                after: Some(json!({ "url": feed.url })),
                ..Change::default()
            })
        });
        match changed {
            Err(StoreError::Conflict(_)) => Ok::<_, ConsoleError>(()),
            changed => Ok(changed?),
        }
    });
    done.await
}

impl RunRow {
    fn new(run: &Run) -> Self {
        Self {
            at: moment(run.started_at),
            trigger: trigger_in_words(run.trigger),
            outcome: story::in_words(run.outcome),
            status: run.status.map_or_else(String::new, |code| code.to_string()),
            bytes: run.bytes,
            counts: format!("{} / {} / {}", run.new, run.updated, run.withdrawn),
            cause: run.cause.clone().unwrap_or_default(),
        }
    }
}

/// Why a harvest began.
fn trigger_in_words(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Schedule => "theo lịch",
        Trigger::Ping => "được báo có tin",
        Trigger::Push => "được đẩy tin",
        Trigger::Manual => "được yêu cầu",
        Trigger::Replay => "đọc lại",
    }
}
