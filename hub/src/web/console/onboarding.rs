//! `/console/tiep-nhan`: taking in many agencies at once, and how far each has come.

mod upload;

pub(super) use upload::{apply, show_plan, show_template, upload};

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::{self, Agency};
use hub_repository::audit::Change;
use hub_repository::onboardings::{self, Onboarding, Progress};
use hub_repository::{AgencyId, StoreError, Timestamp, people};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::{self, Action, Way};
use crate::app::App;
use crate::publish::{absolute, today};

const PATH: &str = "/console/tiep-nhan";

/// Agencies on a page, and lists that are named.
const PAGE: usize = 100;
const RECENT: i64 = 5;

/// What an agency needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Administrator,
    SignIn,
    Feed,
    Harvest,
    Entry,
    Widget,
    Nothing,
}

impl Step {
    const ALL: [Self; 7] = [
        Self::Administrator,
        Self::SignIn,
        Self::Feed,
        Self::Harvest,
        Self::Entry,
        Self::Widget,
        Self::Nothing,
    ];

    fn of(progress: Progress, entries: u64) -> Self {
        if progress.administrators == 0 {
            Self::Administrator
        } else if progress.signed_in == 0 {
            Self::SignIn
        } else if progress.feeds == 0 {
            Self::Feed
        } else if progress.harvested == 0 {
            Self::Harvest
        } else if entries == 0 {
            Self::Entry
        } else if !progress.widget_shown {
            Self::Widget
        } else {
            Self::Nothing
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Administrator => "quan-tri",
            Self::SignIn => "dang-nhap",
            Self::Feed => "nguon-tin",
            Self::Harvest => "thu-thap",
            Self::Entry => "bai",
            Self::Widget => "tien-ich",
            Self::Nothing => "xong",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Administrator => "Cần mời người quản trị",
            Self::SignIn => "Chờ người quản trị đăng nhập",
            Self::Feed => "Cần đăng ký nguồn tin",
            Self::Harvest => "Chờ thu thập được lần đầu",
            Self::Entry => "Chờ bài đầu tiên",
            Self::Widget => "Cần gắn tiện ích ở trang của đơn vị",
            Self::Nothing => "Đã xong",
        }
    }
}

/// An agency on its way.
#[derive(Clone)]
struct Row {
    slug: String,
    name: String,
    next: &'static str,
    /// Names the look: `good`, `bad` or `waiting`.
    tone: &'static str,
    facts: String,
}

/// How many of the agencies have come so far.
struct Reached {
    label: &'static str,
    count: usize,
}

#[derive(Template)]
#[template(path = "console/onboarding.html")]
struct ProgressPage {
    frame: Frame,
    /// The list that it is narrowed to: id and file.
    of: Option<(String, String)>,
    list: List,
    /// Word, label, chosen.
    steps: Vec<(&'static str, &'static str, bool)>,
    total: usize,
    reached: Vec<Reached>,
    rows: Vec<Row>,
    next: Option<String>,
    /// Id, file, when, whether it was carried out.
    recent: Vec<(String, String, String, bool)>,
    may_manage: bool,
    has_mail: bool,
    /// Administrators of the agencies who have never signed in.
    waiting: usize,
}

#[derive(Template)]
#[template(path = "console/onboarding_links.html")]
struct LinksPage {
    frame: Frame,
    /// Name, address, link.
    links: Vec<(String, String, String)>,
}

/// `GET /console/tiep-nhan`
pub(super) async fn list_progress(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeAgencies, None)?;
    let of = query.value("dot").map(str::to_owned);
    let (known, progress, recent, onboarding, waiting) = app
        .db
        .run(move |conn| {
            let known = agencies::list(conn, &scope)?;
            let onboarding = match of {
                Some(id) => {
                    Some(onboardings::find(conn, &scope, &id)?.ok_or(StoreError::NotFound)?)
                }
                None => None,
            };
            let known = members(known, onboarding.as_ref());
            let ids = known.iter().map(|agency| agency.id).collect();
            Ok::<_, StoreError>((
                known,
                onboardings::progress(conn, &scope)?,
                onboardings::recent(conn, &scope, RECENT)?,
                onboarding,
                onboardings::waiting(conn, &scope, &ids)?.len(),
            ))
        })
        .await?;
    let snapshot = app.snapshot();
    let of = |agency: &Agency| progress.get(&agency.id).copied().unwrap_or_default();
    let entries = |agency: &Agency| snapshot.entries_of(agency.id);
    let count = |test: &dyn Fn(&Agency) -> bool| known.iter().filter(|it| test(it)).count();
    let reached = [
        ("Đã đăng nhập", count(&|it| of(it).signed_in > 0)),
        ("Đã có nguồn tin", count(&|it| of(it).feeds > 0)),
        ("Đã thu thập", count(&|it| of(it).harvested > 0)),
        ("Đã có bài", count(&|it| entries(it) > 0)),
        ("Đã gắn tiện ích", count(&|it| of(it).widget_shown)),
    ];
    let list = List::of(PATH, &query, &["buoc", "dot"])?;
    let step = query.text("buoc");
    let shown = known
        .iter()
        .filter(|it| step.is_empty() || Step::of(of(it), entries(it)).word() == step);
    let all: Vec<Row> = shown.map(|it| Row::of(it, of(it), entries(it))).collect();
    let after = query.value("sau").map(str::to_owned);
    let columns = &["Đơn vị", "Mã", "Bước tiếp theo", "Hiện có"];
    let shown = list.shown_of(&all, after, PAGE, Row::cells)?;
    let (rows, next) = match shown.or_file("tiep-nhan", columns).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    page(&ProgressPage {
        of: onboarding.map(|it| (it.id, it.file_name)),
        steps: Step::ALL
            .map(|it| (it.word(), it.label(), it.word() == step))
            .to_vec(),
        total: known.len(),
        reached: reached
            .map(|(label, count)| Reached { label, count })
            .into_iter()
            .collect(),
        rows,
        next: next.map(|last| list.page_at("sau", &last)),
        list,
        recent: recent
            .into_iter()
            .map(|it| {
                let at = moment(it.uploaded_at);
                (it.id, it.file_name, at, it.applied_at.is_some())
            })
            .collect(),
        may_manage: signed.may(Action::ManageAgencies, None),
        has_mail: app.config.mail.is_some(),
        waiting,
        frame: Frame::of(&app, &signed, "Tiếp nhận đơn vị", PATH, &query),
    })
}

impl list::Row for Row {
    type Place = String;

    fn place(&self) -> String {
        self.slug.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name, &self.slug]
    }
}

/// `POST /console/tiep-nhan/moi-lai`: sends, or shows, a link for every administrator who has never signed in.
pub(super) async fn invite(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let scope = form.signed.require(Action::ManageAgencies, None)?;
    let signed = form.signed.clone();
    let of = form.fields.value("dot").map(str::to_owned);
    let by_mail = app.config.mail.is_some();
    let invited = app
        .db
        .run_writing(move |conn| {
            let onboarding = match of {
                Some(id) => Some(
                    onboardings::find(conn, &scope, &id)?.ok_or(Error::NotFound("onboarding"))?,
                ),
                None => None,
            };
            let known = members(agencies::list(conn, &scope)?, onboarding.as_ref());
            let ids = known.iter().map(|agency| agency.id).collect();
            let mut invited = Vec::new();
            form.change::<StoreError>(conn, |conn| {
                let now = Timestamp::now();
                for person in onboardings::waiting(conn, &scope, &ids)? {
                    let way = access::invite(conn, &scope, person, by_mail, now)?;
                    let person = people::find(conn, &scope, person)?.ok_or(StoreError::NotFound)?;
                    invited.push((person, way));
                }
                let people: Vec<&str> = invited.iter().map(|(it, _)| it.email.as_str()).collect();
                Ok(Change {
                    action: "person.invite-all",
                    target: "people".to_owned(),
                    after: Some(json!({ "people": people, "by_mail": by_mail })),
                    ..Change::default()
                })
            })?;
            Ok::<_, ConsoleError>(invited)
        })
        .await?;
    if by_mail {
        app.letters.notify_one();
        return Ok(Redirect::to(&format!("{PATH}?xong=moi-lai")).into_response());
    }
    let links = invited.into_iter().filter_map(|(person, way)| match way {
        Way::Link(token) => {
            let link = absolute(&app.config.public_url, &access::invitation_path(&token));
            Some((person.name, person.email, link))
        }
        Way::Mail => None,
    });
    let query = Parameters::of(&[]);
    page(&LinksPage {
        links: links.collect(),
        frame: Frame::of(&app, &signed, "Liên kết mời", PATH, &query),
    })
}

/// The agencies of a list, or all that are there.
fn members(mut known: Vec<Agency>, onboarding: Option<&Onboarding>) -> Vec<Agency> {
    let day = today();
    known.retain(|agency| agency.valid_until.is_none_or(|last| last >= day));
    if let Some(onboarding) = onboarding {
        let named: BTreeSet<AgencyId> = onboarding.agencies.0.iter().copied().collect();
        known.retain(|agency| named.contains(&agency.id));
    }
    known
}

impl Row {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.name.into(),
            self.slug.into(),
            self.next.into(),
            self.facts.into(),
        ]
    }

    fn of(agency: &Agency, progress: Progress, entries: u64) -> Self {
        let step = Step::of(progress, entries);
        let widget = if progress.widget_shown {
            "tiện ích đã hiện"
        } else {
            "tiện ích chưa hiện"
        };
        Self {
            slug: agency.slug.clone(),
            name: agency.name.clone(),
            next: match step {
                Step::Harvest if progress.failing > 0 => "Thu thập đang lỗi: xem nguồn tin",
                step => step.label(),
            },
            tone: match step {
                Step::Nothing => "good",
                Step::Harvest if progress.failing > 0 => "bad",
                _ => "waiting",
            },
            facts: format!(
                "quản trị đã vào {} trên {} · nguồn tin thu được {} trên {} · {entries} bài · {widget}",
                progress.signed_in, progress.administrators, progress.harvested, progress.feeds
            ),
        }
    }
}
