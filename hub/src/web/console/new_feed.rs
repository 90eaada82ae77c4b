//! `/console/don-vi/{agency}/them-nguon`: adding a feed by pasting any page of its site.

mod preview;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::feeds::{self, Feed, MAX_URL_BYTES};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, category_mappings};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use url::Url;

use self::preview::Preview;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page_with};
use super::ground::{Ground, Unproven};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::harvest::candidates::{self, Candidate, Found};
use crate::harvest::doctor;
use crate::publish::{Snapshot, short_date};

/// Until an answer must be there: requests are given up a little later.
const PATIENCE: Duration = Duration::from_secs(17);

/// Of that, for finding out what an address leads to.
const FINDING: Duration = Duration::from_secs(9);

#[derive(Template)]
#[template(path = "console/new_feed.html")]
struct NewFeedPage {
    frame: Frame,
    slug: String,
    /// The address as it was typed.
    typed: String,
    /// What is wrong with it.
    problem: Option<String>,
    /// What the page is called that the feeds were looked for on.
    searched: Option<String>,
    candidates: Vec<CandidateRow>,
    preview: Option<Preview>,
    /// A feed that is here already: what is said, and where it is.
    known: Option<(String, Option<String>)>,
    /// The feed that could be registered, and on what ground.
    ground: Option<(String, Ground)>,
    /// What the hub saw where it looked for the token.
    seen: Vec<String>,
}

/// An address that may be a feed.
struct CandidateRow {
    url: String,
    title: String,
    said: String,
    is_broken: bool,
    /// Where it is here already.
    known: Option<(String, Option<String>)>,
}

/// `GET /console/don-vi/{agency}/them-nguon`
pub(super) async fn show_form(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, _) = signed.agency(&snapshot, &slug, Action::SeeFeeds, Action::ManageFeeds)?;
    page_with(
        StatusCode::OK,
        &NewFeedPage::new(&app, &signed, agency, &query),
    )
}

/// `POST /console/don-vi/{agency}/them-nguon`: what an address leads to. Nothing is stored.
pub(super) async fn look(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = &form.signed;
    let snapshot = app.snapshot();
    let (agency, scope) = signed.agency(&snapshot, &slug, Action::SeeFeeds, Action::ManageFeeds)?;
    let mut shown = NewFeedPage::new(&app, signed, agency, &Parameters::of(&[]));
    form.fields.text("dia-chi").clone_into(&mut shown.typed);
    let addresses = match addresses(&shown.typed) {
        Ok(addresses) => addresses,
        Err(problem) => return shown.refuse(StatusCode::BAD_REQUEST, problem),
    };
    let visit = match app.visits.begin(signed.person.id) {
        Ok(visit) => visit,
        Err(wait) => return shown.refuse(StatusCode::TOO_MANY_REQUESTS, wait.in_words()),
    };
    let deadline = Instant::now() + PATIENCE;
    let fetcher = &app.harvester.fetcher;
    let mut reached = None;
    let mut problem = String::new();
    for url in addresses {
        let left = deadline.duration_since(Instant::now()).min(FINDING);
        match candidates::find(fetcher, &url, left).await {
            // The first says more about what was meant.
            Found::Nothing(cause) if problem.is_empty() => problem = cause,
            Found::Nothing(_) => {}
            found => {
                reached = Some((url, found));
                break;
            }
        }
    }
    let Some((url, found)) = reached else {
        return shown.refuse(StatusCode::OK, problem);
    };
    match found {
        Found::Page { title, candidates } => {
            let urls = candidates.iter().map(|one| one.url.clone()).collect();
            let known = known(&app, urls).await?;
            let rows = candidates.iter().zip(known);
            shown.candidates = rows
                .map(|(one, known)| CandidateRow::new(one, known.as_ref(), agency.id, &snapshot))
                .collect();
            shown.searched = Some(title.unwrap_or_else(|| url.to_string()));
        }
        Found::Feed => {
            let Ok(verdict) = timeout_at(deadline, doctor::check(fetcher, &url)).await else {
                let slow = "Đây là nguồn tin, nhưng máy chủ trả lời quá chậm nên chưa xem trước được. Hãy thử lại sau ít phút.";
                return shown.refuse(StatusCode::OK, slow.to_owned());
            };
            drop(visit);
            let asked = std::iter::once(url.clone());
            let moved = verdict.feed.as_ref().map(|feed| feed.url.parse());
            let moved = moved.and_then(Result::ok);
            let known = known(&app, asked.chain(moved).collect()).await?;
            if let Some(feed) = known.into_iter().flatten().next() {
                shown.known = Some(where_it_is(&feed, agency.id, &snapshot));
            } else if verdict.feed.is_some() {
                let ground = Ground::of(&app, signed, scope, agency, &url).await?;
                shown.ground = Some((url.to_string(), ground));
            }
            let id = agency.id;
            let mappings = signed
                .db(&app)
                .run(move |conn| category_mappings::of_agency(conn, &scope, id))
                .await?;
            shown.preview = Some(Preview::of(&app, verdict, mappings).await?);
        }
        Found::Nothing(cause) => return shown.refuse(StatusCode::OK, cause),
    }
    page_with(StatusCode::OK, &shown)
}

/// `POST /console/don-vi/{agency}/nguon-tin`: registers a feed, once its site is known to be the agency's.
pub(super) async fn register(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let snapshot = app.snapshot();
    let (agency, scope) = signed.agency(&snapshot, &slug, Action::SeeFeeds, Action::ManageFeeds)?;
    let mut shown = NewFeedPage::new(&app, &signed, agency, &Parameters::of(&[]));
    form.fields.text("nguon").clone_into(&mut shown.typed);
    let url = match address(&shown.typed) {
        Ok(url) => url,
        Err(problem) => return shown.refuse(StatusCode::BAD_REQUEST, problem),
    };
    // Sent twice, or somebody was quicker.
    if let Some(feed) = known(&app, vec![url.clone()]).await?.pop().flatten() {
        return shown.refuse_known(&feed, agency.id, &snapshot);
    }
    let ground = Ground::of(&app, &signed, scope, agency, &url).await?;
    let proof = match ground.prove(&app, &signed, &url).await {
        Ok(proof) => proof,
        Err(Unproven::Wait(problem)) => {
            return shown.refuse(StatusCode::TOO_MANY_REQUESTS, problem);
        }
        Err(Unproven::Seen(seen)) => {
            shown.seen = seen;
            shown.ground = Some((url.to_string(), ground));
            return page_with(StatusCode::CONFLICT, &shown);
        }
    };
    let (id, asked) = (agency.id, url.to_string());
    let added = app
        .db
        .run_writing(move |conn| {
            if let Some(proof) = &proof {
                proof.note(conn, &form, &scope, id)?;
            }
            add(conn, &form, &scope, id, &asked)
        })
        .await;
    match added {
        Ok(feed) => {
            app.due.notify_one();
            let path = format!("/console/nguon-tin/{}?xong=dang-ky", feed.id);
            Ok(Redirect::to(&path).into_response())
        }
        Err(StoreError::Conflict(column)) => match known(&app, vec![url]).await?.pop().flatten() {
            Some(feed) => shown.refuse_known(&feed, agency.id, &snapshot),
            None => Err(StoreError::Conflict(column).into()),
        },
        Err(error) => Err(error.into()),
    }
}

/// Registers a feed of an agency, due at once, and notes it. Wake the harvest afterwards (`app.due`).
pub(super) fn add(
    conn: &mut DbConn,
    form: &Submitted,
    scope: &Scope,
    agency: AgencyId,
    url: &str,
) -> Result<Feed, StoreError> {
    conn.write(|conn| {
        let feed = feeds::add(conn, scope, agency, url, Timestamp::now())?;
        let change = Change {
            action: "feed.add",
            agency: Some(agency),
            target: format!("feed {}", feed.id),
            after: Some(json!({ "url": feed.url })),
            ..Change::default()
        };
        form.signed.note(conn, &change)?;
        Ok(feed)
    })
}

/// The address that somebody has typed; who writes none of the schemes may mean either.
fn addresses(typed: &str) -> Result<Vec<Url>, String> {
    if typed.is_empty() || typed.contains("://") {
        return Ok(vec![address(typed)?]);
    }
    Ok(vec![
        address(&format!("https://{typed}"))?,
        address(&format!("http://{typed}"))?,
    ])
}

fn address(typed: &str) -> Result<Url, String> {
    const EXPECTED: &str = "Hãy dán địa chỉ web như https://sotuphap.example.gov.vn/tin-tuc.";
    if typed.is_empty() {
        return Err(format!("Chưa có địa chỉ. {EXPECTED}"));
    }
    let mut url =
        Url::parse(typed).map_err(|_| format!("Đây không phải là địa chỉ web. {EXPECTED}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("Đây không phải là địa chỉ web. {EXPECTED}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "Địa chỉ không được kèm tên hoặc mật khẩu. {EXPECTED}"
        ));
    }
    url.set_fragment(None);
    if url.as_str().len() > MAX_URL_BYTES {
        return Err(format!("Địa chỉ quá dài. {EXPECTED}"));
    }
    Ok(url)
}

/// The feeds that are at these addresses already, whatever agency has them; http and https lead to the same.
async fn known(app: &App, urls: Vec<Url>) -> Result<Vec<Option<Feed>>, ConsoleError> {
    let found = app.db.run(move |conn| {
        urls.iter()
            .map(|url| {
                let mut other = url.clone();
                let scheme = if url.scheme() == "https" {
                    "http"
                } else {
                    "https"
                };
                // Both are special schemes of the same kind: this does not fail.
                let _ = other.set_scheme(scheme);
                match feeds::find_by_url(conn, &Scope::Province, url.as_str())? {
                    Some(feed) => Ok(Some(feed)),
                    None => feeds::find_by_url(conn, &Scope::Province, other.as_str()),
                }
            })
            .collect::<Result<Vec<_>, StoreError>>()
    });
    Ok(found.await?)
}

/// What is said of a feed that is here already, and where its page is if the person's agency has it.
fn where_it_is(feed: &Feed, own: AgencyId, snapshot: &Snapshot) -> (String, Option<String>) {
    if feed.agency_id == own {
        let path = format!("/console/nguon-tin/{}", feed.id);
        let said = match feed.stopped_at {
            Some(_) => "Đơn vị đã đăng ký nguồn tin này và đang ngừng thu thập; có thể mở lại.",
            None => "Đơn vị đã đăng ký nguồn tin này.",
        };
        return (said.to_owned(), Some(path));
    }
    let name = snapshot.agency(feed.agency_id);
    let name = name.map_or("một đơn vị khác", |agency| agency.name.as_str());
    let said = format!(
        "Nguồn tin này đã được đăng ký cho {name}. Nếu đó là nguồn tin của đơn vị bạn, hãy báo quản trị cấp tỉnh."
    );
    (said, None)
}

impl NewFeedPage {
    fn new(app: &App, signed: &Signed, agency: &Agency, query: &Parameters) -> Self {
        let frame = Frame::of(app, signed, "Thêm nguồn tin", "/console", query);
        Self {
            frame: frame.within(signed, agency, "nguon-tin"),
            slug: agency.slug.clone(),
            typed: String::new(),
            problem: None,
            searched: None,
            candidates: Vec::new(),
            preview: None,
            known: None,
            ground: None,
            seen: Vec::new(),
        }
    }

    fn refuse(mut self, status: StatusCode, problem: String) -> Result<Response, ConsoleError> {
        self.problem = Some(problem);
        page_with(status, &self)
    }

    fn refuse_known(
        mut self,
        feed: &Feed,
        own: AgencyId,
        snapshot: &Snapshot,
    ) -> Result<Response, ConsoleError> {
        self.known = Some(where_it_is(feed, own, snapshot));
        page_with(StatusCode::CONFLICT, &self)
    }
}

impl CandidateRow {
    fn new(
        candidate: &Candidate,
        known: Option<&Feed>,
        own: AgencyId,
        snapshot: &Snapshot,
    ) -> Self {
        let said = match &candidate.state {
            candidates::State::Feed {
                format,
                entries,
                newest,
            } => match newest {
                Some(newest) => {
                    format!("{format}, {entries} bài, mới nhất {}", short_date(*newest))
                }
                None => format!("{format}, {entries} bài, không ghi ngày"),
            },
            candidates::State::Broken(cause) => {
                format!("Trang giới thiệu địa chỉ này nhưng không đọc được: {cause}")
            }
            candidates::State::Untried => "Trang giới thiệu địa chỉ này; chưa kịp xem.".to_owned(),
        };
        let url = candidate.url.to_string();
        Self {
            title: candidate.title.clone().unwrap_or_else(|| url.clone()),
            url,
            said,
            is_broken: matches!(candidate.state, candidates::State::Broken(_)),
            known: known.map(|feed| where_it_is(feed, own, snapshot)),
        }
    }
}
