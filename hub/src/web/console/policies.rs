//! `/console/don-vi/{agency}/kiem-duyet`: whether what an agency's feeds bring is public at once.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::feeds::{self, Feed};
use hub_repository::policies::{self, MAX_WORD, MAX_WORDS, NewPolicy, Policy, Rule};
use hub_repository::{FeedId, Scope, StoreError, Timestamp};
use serde_json::{Value, json};

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page_with};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;

/// A place that a policy may be set for: all feeds of the agency, or one.
struct Place {
    /// The feed's number; empty for the agency.
    feed: String,
    title: String,
    /// What counts now, in words.
    now: String,
    /// Word, label, chosen.
    rules: Vec<(&'static str, &'static str, bool)>,
    /// One on a line.
    words: String,
    version: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "console/policies.html")]
struct PoliciesPage {
    frame: Frame,
    slug: String,
    may_set: bool,
    conflict: Option<String>,
    places: Vec<Place>,
}

/// What a form asks for.
#[derive(Clone)]
struct Wanted {
    feed: Option<FeedId>,
    rule: Option<Rule>,
    words: Vec<String>,
    /// As typed.
    typed: String,
}

impl Wanted {
    fn read(fields: &Parameters) -> Result<Self, Error> {
        let feed = match fields.value("nguon") {
            None => None,
            Some(number) => Some(FeedId(number.parse().map_err(|_| Error::NotFound("feed"))?)),
        };
        let typed = fields.raw("tu-ngu").to_owned();
        let words: BTreeSet<&str> = typed
            .split(['\n', ','])
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .collect();
        Ok(Self {
            feed,
            rule: fields.value("quy-tac").and_then(Rule::parse),
            words: words.into_iter().map(str::to_owned).collect(),
            typed,
        })
    }

    /// What is wrong with it.
    fn problem(&self) -> Option<String> {
        if self.typed.contains('\0') {
            return Some("Danh sách có ký tự không hợp lệ.".to_owned());
        }
        if self.words.len() > MAX_WORDS {
            let count = self.words.len();
            return Some(format!("Nhiều nhất {MAX_WORDS} từ ngữ, hiện có {count}."));
        }
        let wrong = self.words.iter().find(|word| {
            word.chars().count() > MAX_WORD || !word.chars().any(char::is_alphanumeric)
        });
        if let Some(word) = wrong {
            let shown: String = word.chars().take(40).collect();
            return Some(format!(
                "“{shown}” chưa đúng: mỗi từ ngữ có chữ hoặc số và dài nhất {MAX_WORD} ký tự."
            ));
        }
        let is_missing = self.rule == Some(Rule::Words) && self.words.is_empty();
        is_missing.then(|| "Hãy ghi ít nhất một từ ngữ, mỗi dòng một từ ngữ.".to_owned())
    }
}

fn label(rule: Rule) -> &'static str {
    match rule {
        Rule::Publish => "Công bố ngay",
        Rule::Review => "Giữ mọi bài mới và bản sửa để xem trước",
        Rule::Words => "Giữ bài có từ ngữ trong danh sách",
    }
}

/// What a form says it was made of.
fn version(policy: Option<&Policy>) -> String {
    policy.map_or_else(String::new, |policy| policy.set_at.to_string())
}

fn noted(policy: Option<&Policy>) -> Option<Value> {
    policy.map(|policy| json!({ "rule": policy.rule, "words": policy.words.0 }))
}

impl Place {
    fn new(feed: Option<&Feed>, known: &[Policy]) -> Self {
        let of = |id: Option<FeedId>| known.iter().find(|policy| policy.feed_id == id);
        let own = of(feed.map(|feed| feed.id));
        let now = match own {
            Some(policy) => format!(
                "{} ({} đặt lúc {})",
                label(policy.rule),
                policy.set_by,
                moment(policy.set_at)
            ),
            None if feed.is_some() => match of(None) {
                Some(policy) => format!("Theo đơn vị: {}", label(policy.rule)),
                None => "Theo đơn vị: công bố ngay".to_owned(),
            },
            None => label(Rule::Publish).to_owned(),
        };
        let chosen = own.map_or("", |policy| policy.rule.as_str());
        let none = feed.map(|_| ("", "Theo đơn vị", chosen.is_empty()));
        let rules = Rule::ALL.iter().map(|rule| {
            let is_chosen = chosen == rule.as_str()
                || (chosen.is_empty() && feed.is_none() && *rule == Rule::Publish);
            (rule.as_str(), label(*rule), is_chosen)
        });
        Self {
            feed: feed.map_or_else(String::new, |feed| feed.id.to_string()),
            title: match feed {
                None => "Mọi nguồn tin của đơn vị".to_owned(),
                Some(feed) => feed.title.clone().unwrap_or_else(|| feed.url.clone()),
            },
            now,
            rules: none.into_iter().chain(rules).collect(),
            words: own.map_or_else(String::new, |policy| policy.words.join("\n")),
            version: version(own),
            problem: None,
        }
    }

    /// Fills the form in again.
    fn refill(&mut self, wanted: &Wanted, problem: Option<String>) {
        let chosen = wanted.rule.map_or("", Rule::as_str);
        for (word, _, is_chosen) in &mut self.rules {
            *is_chosen = *word == chosen;
        }
        self.words.clone_from(&wanted.typed);
        self.problem = problem;
    }
}

/// The agency of a path, where the person sees its entries.
fn agency(app: &App, signed: &Signed, slug: &str) -> Result<Agency, ConsoleError> {
    let snapshot = app.snapshot();
    let agency = snapshot.agency_by_slug(slug);
    let agency = agency.filter(|agency| signed.may(Action::SeeEntries, Some(agency.id)));
    Ok(agency.ok_or(Error::NotFound("agency"))?.clone())
}

async fn policies_page(
    app: &App,
    signed: &Signed,
    agency: &Agency,
    query: &Parameters,
) -> Result<PoliciesPage, ConsoleError> {
    let (scope, id) = (Scope::Agency(agency.id), agency.id);
    let known = signed.db(app).run(move |conn| {
        let feeds = feeds::list(conn, &scope)?;
        Ok::<_, StoreError>((feeds, policies::of_agency(conn, &scope, id)?))
    });
    let (feeds, known) = known.await?;
    let of_feeds = feeds.iter().map(|feed| Place::new(Some(feed), &known));
    Ok(PoliciesPage {
        frame: Frame::of(app, signed, "Kiểm duyệt", "/console", query).within(
            signed,
            agency,
            "kiem-duyet",
        ),
        slug: agency.slug.clone(),
        may_set: signed.may(Action::SetPolicies, Some(agency.id)),
        conflict: None,
        places: [Place::new(None, &known)]
            .into_iter()
            .chain(of_feeds)
            .collect(),
    })
}

/// `GET /console/don-vi/{agency}/kiem-duyet`
pub(super) async fn show_policies(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let agency = agency(&app, &signed, &slug)?;
    let shown = policies_page(&app, &signed, &agency, &query).await?;
    page_with(StatusCode::OK, &shown)
}

/// `POST /console/don-vi/{agency}/kiem-duyet`
pub(super) async fn set_policy(
    State(app): State<App>,
    Segment(slug): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let agency = agency(&app, &signed, &slug)?;
    let scope = signed.require(Action::SetPolicies, Some(agency.id))?;
    let wanted = Wanted::read(&form.fields)?;
    let again = |status, conflict: Option<&str>, problem| {
        let (app, signed, agency) = (app.clone(), signed.clone(), agency.clone());
        let (wanted, conflict) = (wanted.clone(), conflict.map(str::to_owned));
        async move {
            let query = Parameters::of(&[]);
            let mut shown = policies_page(&app, &signed, &agency, &query).await?;
            shown.conflict = conflict;
            let feed = wanted
                .feed
                .map_or_else(String::new, |feed| feed.to_string());
            if let Some(place) = shown.places.iter_mut().find(|place| place.feed == feed) {
                place.refill(&wanted, problem);
            }
            page_with(status, &shown)
        }
    };
    if let Some(problem) = wanted.problem() {
        return again(StatusCode::BAD_REQUEST, None, Some(problem)).await;
    }
    let (id, asked) = (agency.id, wanted.clone());
    let set = form
        .signed
        .db(&app)
        .run_writing(move |conn| {
            form.change::<StoreError>(conn, |conn| {
                policies::lock(conn, &scope, id)?;
                let known = policies::of_agency(conn, &scope, id)?;
                let before = known.iter().find(|policy| policy.feed_id == asked.feed);
                if form.fields.raw("phien-ban") != version(before) {
                    return Err(StoreError::Stale);
                }
                let new = NewPolicy {
                    agency: id,
                    feed: asked.feed,
                    rule: asked.rule,
                    words: asked.words,
                    by: &form.signed.person.name,
                };
                policies::set(conn, &scope, &new, Timestamp::now())?;
                let known = policies::of_agency(conn, &scope, id)?;
                let after = known.iter().find(|policy| policy.feed_id == new.feed);
                Ok(Change {
                    action: "policy.set",
                    agency: Some(id),
                    target: match new.feed {
                        Some(feed) => format!("feed {feed}"),
                        None => format!("agency {id}"),
                    },
                    before: noted(before),
                    after: noted(after),
                })
            })
        })
        .await;
    match set {
        Err(StoreError::Stale) => {
            let told = "Người khác vừa đổi quy tắc này. Quy tắc mới hiện ở dòng “Hiện nay”; nội dung bạn nhập còn trong biểu mẫu, gửi lại nếu vẫn muốn đổi.";
            again(StatusCode::CONFLICT, Some(told), None).await
        }
        set => {
            set?;
            let path = format!("/console/don-vi/{slug}/kiem-duyet?xong=quy-tac");
            Ok(Redirect::to(&path).into_response())
        }
    }
}
