//! An agency's feeds: how each does in plain words, its runs, and having it fetched now.

mod listing;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::breakers::{self, Breaker};
use hub_repository::feeds::{self, Feed};
use hub_repository::harvests::Trigger;
use hub_repository::runs::{self, Run};
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};
use serde_json::json;

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
use crate::harvest::story::{self, Episode, State as Doing};

/// Runs that are listed.
const RUNS: i64 = 50;

/// How a feed does, as its agency reads it.
#[derive(Clone)]
struct Health {
    /// Names the look: `good`, `bad` or `waiting`.
    tone: &'static str,
    /// In a few words.
    state: String,
    /// Since when.
    since: Option<String>,
    /// What the webmaster should change.
    advice: Option<String>,
}

/// A feed among those of its agency.
#[derive(Clone)]
struct FeedRow {
    id: FeedId,
    title: String,
    url: String,
    health: Health,
    last: String,
    next: String,
    is_stopped: bool,
}

#[derive(Template)]
#[template(path = "console/feeds.html")]
struct FeedsPage {
    frame: Frame,
    slug: String,
    list: List,
    faulty: bool,
    rows: Vec<FeedRow>,
    next: Option<String>,
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
    let agency = snapshot.agency_by_slug(&slug);
    let agency = agency.ok_or(Error::NotFound("agency"))?;
    // Of another agency nobody learns whether it is there.
    if !signed.may(Action::SeeFeeds, Some(agency.id)) {
        return Err(Error::NotFound("agency").into());
    }
    let scope = Scope::Agency(agency.id);
    let known = signed
        .db(&app)
        .run(move |conn| {
            let mut known = Vec::new();
            for feed in feeds::list(conn, &scope)? {
                let runs = runs::list(conn, &scope, feed.id, RUNS)?;
                let breaker = breakers::find(conn, &scope, feed.id)?;
                known.push((feed, runs, breaker));
            }
            Ok::<_, StoreError>(known)
        })
        .await?;
    let rows = known.iter();
    let all = rows
        .map(|(feed, runs, breaker)| FeedRow::new(feed, runs, breaker.as_ref()))
        .collect();
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
    let (feed, runs, breaker) = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeFeeds, |scope| {
                let Some(feed) = feeds::find(conn, scope, id)? else {
                    return Ok(None);
                };
                let runs = runs::list(conn, scope, id, RUNS)?;
                Ok(Some((feed, runs, breakers::find(conn, scope, id)?)))
            })
        })
        .await?;
    let snapshot = app.snapshot();
    let agency = snapshot.agency(feed.agency_id);
    let row = FeedRow::new(&feed, &runs, breaker.as_ref());
    let now = Timestamp::now().to_utc();
    let mut story: Vec<String> = story::episodes(&runs)
        .iter()
        .map(|episode| episode.tell(now))
        .collect();
    story.reverse();
    let frame = Frame::of(&app, &signed, &row.title, "/console", &query);
    page(&FeedPage {
        runs: runs.iter().map(RunRow::new).collect(),
        story,
        may_harvest: signed.may(Action::Harvest, Some(feed.agency_id)),
        may_manage: signed.may(Action::ManageFeeds, Some(feed.agency_id)),
        frame: match agency {
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

impl FeedRow {
    fn new(feed: &Feed, runs: &[Run], breaker: Option<&Breaker>) -> Self {
        Self {
            id: feed.id,
            title: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
            url: feed.url.clone(),
            health: Health::of(feed, story::episodes(runs).last(), breaker),
            last: feed
                .last_run_at
                .map_or_else(|| "chưa lần nào".to_owned(), moment),
            next: match feed.stopped_at {
                Some(_) => "không".to_owned(),
                None => format!(
                    "{} ({})",
                    moment(feed.next_fetch_at),
                    feed.next_fetch_reason
                ),
            },
            is_stopped: feed.stopped_at.is_some(),
        }
    }
}

impl Health {
    fn of(feed: &Feed, last: Option<&Episode>, breaker: Option<&Breaker>) -> Self {
        let since = last.map(|episode| moment(episode.since));
        if let Some(at) = feed.stopped_at {
            return Self {
                tone: "waiting",
                state: "Đã ngừng thu thập: bài cũ giữ nguyên".to_owned(),
                since: Some(moment(at)),
                advice: None,
            };
        }
        if let Some(at) = feed.frozen_at {
            return Self {
                tone: "bad",
                state: "Đang đóng băng: bài cũ giữ nguyên, chưa nhận bài mới".to_owned(),
                since: Some(moment(at)),
                advice: breaker.and_then(|breaker| breaker.cause.clone()),
            };
        }
        let Some(episode) = last else {
            return Self {
                tone: "waiting",
                state: "Chưa thu thập lần nào".to_owned(),
                since: None,
                advice: None,
            };
        };
        match episode.state {
            Doing::Healthy => Self {
                tone: "good",
                state: "Hoạt động tốt".to_owned(),
                since,
                advice: None,
            },
            Doing::Failing | Doing::Frozen => Self {
                tone: "bad",
                state: feed.last_outcome.map_or_else(
                    || "Không lấy được".to_owned(),
                    |outcome| capitalised(story::in_words(outcome)),
                ),
                since,
                advice: feed.last_cause.clone(),
            },
        }
    }
}

impl RunRow {
    fn new(run: &Run) -> Self {
        Self {
            at: moment(run.started_at),
            trigger: match run.trigger {
                Trigger::Schedule => "theo lịch",
                Trigger::Ping => "được báo có tin",
                Trigger::Push => "được đẩy tin",
                Trigger::Manual => "được yêu cầu",
                Trigger::Replay => "đọc lại",
            },
            outcome: story::in_words(run.outcome),
            status: run.status.map_or_else(String::new, |code| code.to_string()),
            bytes: run.bytes,
            counts: format!("{} / {} / {}", run.new, run.updated, run.withdrawn),
            cause: run.cause.clone().unwrap_or_default(),
        }
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
