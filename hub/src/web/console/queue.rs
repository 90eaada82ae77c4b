//! `/console/duyet`: what is kept from the public, above all what waits for somebody to look at it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::decisions::{self, Decision, Filter, Kind as Decided};
use hub_repository::entries::{self, Entry, Kind, PendingVersion};
use hub_repository::{DbConn, EntryId, StoreError, Timestamp};

use super::super::differences::Piece;
use super::super::error::Error;
use super::super::extract::Parameters;
use super::decisions::{Grounds, Step, kind_in_words, noted, version, without_words};
use super::entry::{Seen, Waiting};
use super::error::ConsoleError;
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, Place, page_with};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::{Cursor, Snapshot, kind_label};

/// Entries on a page, each with its text.
const PAGE: usize = 20;

/// What of the kept entries is listed: word, label.
const STATES: [(&str, &str, Decided); 3] = [
    ("", "Chờ duyệt", Decided::Hold),
    ("rut", "Đã rút", Decided::Withdrawal),
    ("go", "Tỉnh đã gỡ", Decided::Takedown),
];

/// An entry of the queue.
struct Row {
    id: EntryId,
    title: String,
    summary: String,
    body: String,
    kind: &'static str,
    agency: String,
    at: String,
    told: String,
    words: String,
    version: String,
    /// A version that waits, where another one stands.
    waiting: Option<Waiting>,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
struct QueuePage {
    frame: Frame,
    list: List,
    choices: Vec<Agency>,
    has_all: bool,
    slug: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    is_waiting: bool,
    may_decide: bool,
    /// What was not done of what somebody has sent.
    conflict: Option<String>,
    rows: Vec<Row>,
    next: Option<String>,
}

/// A decision with its entry, how that stands, and the version of it that waits.
struct Kept {
    entry: Entry,
    decision: Decision,
    version: String,
    pending: Option<PendingVersion>,
}

impl list::Row for Kept {
    type Place = (Timestamp, EntryId);

    fn place(&self) -> Self::Place {
        (self.decision.decided_at, self.entry.id)
    }

    fn texts(&self) -> Vec<&str> {
        vec![
            &self.entry.title,
            &self.entry.summary,
            &self.decision.reason,
        ]
    }
}

/// `GET /console/duyet`
pub(super) async fn list_queue(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    show(&app, &signed, &query, None).await
}

async fn show(
    app: &App,
    signed: &Signed,
    query: &Parameters,
    conflict: Option<String>,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let place = Place::of(signed, Action::SeeEntries, query, &snapshot)?;
    let entry_kind = query.kind("loai")?;
    let state = query.value("trang-thai").unwrap_or_default();
    let state = STATES.iter().find(|(word, ..)| *word == state);
    let (state, _, kind) = *state.unwrap_or(&STATES[0]);
    let before = query.cursor("truoc")?.map(|Cursor(at, id)| (at, id));
    let list = List::of("/console/duyet", query, &["don-vi", "loai", "trang-thai"])?;
    let (scope, agency, asked, names) = (place.scope, place.agency, list.clone(), snapshot.clone());
    let shown = signed.db(app).run(move |conn| {
        let read = |before, limit| {
            let filter = Filter {
                kind,
                agency,
                entry_kind,
                before,
            };
            let found = decisions::list(conn, &scope, &filter, limit)?;
            let ids: Vec<EntryId> = found.iter().map(|(entry, _)| entry.id).collect();
            let standings = decisions::standings(conn, &scope, &ids)?;
            let mut pending = entries::pending(conn, &scope, &ids)?;
            let kept = found.into_iter().map(|(entry, decision)| Kept {
                version: standings
                    .get(&entry.id)
                    .map_or_else(String::new, |it| version(entry.version, it)),
                pending: pending.remove(&entry.id),
                entry,
                decision,
            });
            Ok(kept.collect())
        };
        asked.shown(before, PAGE, read, |kept| cells(kept, &names))
    });
    let columns = &[
        "Số",
        "Tên bài",
        "Loại",
        "Đơn vị",
        "Quyết định",
        "Lúc",
        "Lý do",
        "Từ ngữ",
    ];
    let shown = shown.await?;
    let (found, next) = match shown.or_file("duyet-bai", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let status = match conflict {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let shown = QueuePage {
        rows: found
            .into_iter()
            .map(|kept| Row::new(kept, &snapshot))
            .collect(),
        kinds: Kind::ALL
            .iter()
            .map(|one| (one.as_str(), kind_label(*one), entry_kind == Some(*one)))
            .collect(),
        states: STATES
            .iter()
            .map(|(word, label, _)| (*word, *label, *word == state))
            .collect(),
        is_waiting: kind == Decided::Hold,
        may_decide: !access::scopes(&signed.parts, Action::Decide).is_empty()
            && kind != Decided::Takedown,
        conflict,
        next: next.map(|(at, id)| list.page_at("truoc", &Cursor(at, id))),
        list,
        frame: Frame::of(app, signed, "Duyệt bài", "/console/duyet", query)
            .within_place(signed, &place, "duyet"),
        slug: place.slug,
        choices: place.choices,
        has_all: place.has_all,
    };
    page_with(status, &shown)
}

impl QueuePage {
    /// Whether changes of public entries are among them.
    fn has_changes(&self) -> bool {
        self.rows.iter().any(|row| row.waiting.is_some())
    }
}

impl Row {
    fn new(kept: Kept, snapshot: &Snapshot) -> Self {
        let Kept {
            entry,
            decision,
            version,
            pending,
        } = kept;
        let waiting = pending.filter(|_| decision.kind == Decided::Change);
        let agency = snapshot.agency(entry.agency_id);
        Self {
            id: entry.id,
            agency: agency.map_or_else(String::new, |agency| agency.name.clone()),
            kind: kind_label(entry.kind),
            at: moment(entry.listed_at),
            told: without_words(&decision),
            words: decision.words.join(", "),
            version,
            waiting: waiting.map(|new| Waiting::new(&entry, &new)),
            title: entry.title,
            summary: entry.summary,
            body: entry.body_html,
        }
    }
}

fn cells(kept: Kept, snapshot: &Snapshot) -> Vec<Cell> {
    let Kept {
        entry, decision, ..
    } = kept;
    let agency = snapshot.agency(entry.agency_id);
    vec![
        entry.id.0.into(),
        entry.title.into(),
        kind_label(entry.kind).into(),
        agency.map(|agency| agency.name.clone()).into(),
        kind_in_words(decision.kind).into(),
        decision.decided_at.into(),
        decision.reason.into(),
        decision.words.join(", ").into(),
    ]
}

/// `POST /console/duyet`
pub(super) async fn decide_several(
    State(app): State<App>,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    if access::scopes(&signed.parts, Action::Decide).is_empty() {
        return Err(ConsoleError::Forbidden);
    }
    let step = match form.fields.value("viec") {
        Some("cong-bo") => Step::Publish,
        Some("rut") => Step::Withdraw,
        Some("giu-ban-cu") => Step::Keep,
        _ => {
            let told = "Hãy chọn việc cần làm với các bài đã đánh dấu.".to_owned();
            return show(&app, &signed, &filters(&form.fields), Some(told)).await;
        }
    };
    let mut chosen: Vec<(EntryId, String)> = Vec::new();
    for (name, value) in form.fields.pairs() {
        if let Some(id) = (name == "bai").then(|| value.parse().ok()).flatten() {
            let version = form.fields.raw(&format!("phien-ban-{id}")).to_owned();
            chosen.push((EntryId(id), version));
        }
    }
    chosen.dedup();
    if chosen.is_empty() {
        let told = "Hãy đánh dấu ít nhất một bài.".to_owned();
        return show(&app, &signed, &filters(&form.fields), Some(told)).await;
    }
    let back = filters(&form.fields);
    let asked = chosen.len();
    let walls = form.signed.walls();
    // Each in a transaction of its own: who waits for an agency holds nothing that its harvests wait for.
    let done = app.db.run_writing(move |conn| {
        let mut done = 0;
        for (id, version) in &chosen {
            let decided = conn.within(&walls, |conn| decide(conn, &form, step, *id, version));
            done += usize::from(match decided {
                Err(ConsoleError::Forbidden | ConsoleError::Other(Error::NotFound(_))) => false,
                decided => decided?,
            });
        }
        Ok::<_, ConsoleError>(done)
    });
    let done = done.await?;
    app.stored.notify_one();
    if done == asked {
        let query = address(&back);
        return Ok(Redirect::to(&format!("/console/duyet?{query}")).into_response());
    }
    let told = format!(
        "Đã làm xong {done} trong {asked} bài. Những bài còn lại đã được người khác quyết định, được sửa, hoặc chỉ tỉnh mới công bố được; hãy xem lại."
    );
    show(&app, &signed, &back, Some(told)).await
}

/// Whether it was done: not where somebody else has decided since, or it is not this person's to do.
fn decide(
    conn: &mut DbConn,
    form: &Submitted,
    step: Step,
    id: EntryId,
    of: &str,
) -> Result<bool, ConsoleError> {
    let signed = &form.signed;
    let seen = signed.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id))?;
    let agency = seen.entry.agency_id;
    let scope = signed.require(Action::Decide, Some(agency))?;
    let changed = form.change::<StoreError>(conn, |conn| {
        decisions::lock(conn, &scope, id)?;
        let before = decisions::standing(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
        if version(before.version, &before) != of || !step.is_theirs(&before, scope) {
            return Err(StoreError::Stale);
        }
        step.take(conn, scope, id, &Grounds::default(), &signed.person.name)?;
        let after = decisions::standing(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
        Ok(Change {
            action: step.name(),
            agency: Some(agency),
            target: format!("entry {id}"),
            before: Some(noted(&before)),
            after: Some(noted(&after)),
        })
    });
    match changed {
        Ok(()) => Ok(true),
        Err(StoreError::Stale) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The filters that a form was sent from.
fn filters(fields: &Parameters) -> Parameters {
    let names = ["don-vi", "loai", "trang-thai", "tim"];
    let kept = names.map(|name| (name, fields.raw(name)));
    Parameters::of(&kept)
}

fn address(filters: &Parameters) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in filters.pairs() {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair("xong", "duyet").finish()
}

/// The address of the entry that waits behind this one, or else of the queue, to be gone on with.
pub(super) fn after(
    conn: &mut DbConn,
    signed: &Signed,
    decided: (Timestamp, EntryId),
) -> Result<String, StoreError> {
    for scope in access::scopes(&signed.parts, Action::Decide) {
        let filter = Filter {
            before: Some(decided),
            ..Filter::of(Decided::Hold)
        };
        if let Some((next, _)) = decisions::list(conn, &scope, &filter, 1)?.first() {
            return Ok(format!("/console/bai/{}?tu=duyet&", next.id));
        }
    }
    Ok("/console/duyet?".to_owned())
}
