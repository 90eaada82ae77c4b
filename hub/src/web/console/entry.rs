//! `/console/bai/{entry}`: an entry as its editors see it, with what was decided about it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hub_repository::corrections::{self, Correction};
use hub_repository::decisions::{self, Kind, Standing};
use hub_repository::entries::{self, Entry, PendingVersion};
use hub_repository::notices::letters::{self, Posted};
use hub_repository::notices::{self, Notice};
use hub_repository::{DbConn, EntryId, NoticeId, Scope, StoreError};

use super::super::differences::{self, Part, Piece};
use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::classification::Classification;
use super::decisions::{Deciding, QUEUE};
use super::error::ConsoleError;
use super::frame::{Frame, page_with};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::publish::{entry_path, kind_label};
use crate::told::{NEXT_STEPS, Told};

/// An entry with all that people decided about it.
pub(super) struct Seen {
    pub(super) entry: Entry,
    pub(super) standing: Standing,
    pub(super) correction: Option<Correction>,
    /// What the province has told the agency of it, and nobody there has seen, with the letters about it.
    pub(super) told: Option<(Notice, Vec<Posted>)>,
    /// A version that waits for somebody to publish it.
    pub(super) pending: Option<PendingVersion>,
}

/// A version that waits for somebody to publish it.
pub(super) struct Waiting {
    /// In what it differs from the one that stands.
    pub(super) changes: Vec<Part>,
    pub(super) summary: String,
    pub(super) body: String,
}

/// What the province tells the agency.
struct ToldPart {
    told: Told,
    /// Whether the person works in the agency.
    is_own: bool,
    /// The notice that the person can say was seen.
    to_tick: Option<NoticeId>,
    /// Where the province is reached: address and label.
    contact: Option<(String, String)>,
    /// For the province: whether the agency knows.
    letters: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/entry.html")]
pub(super) struct EntryPage {
    frame: Frame,
    id: EntryId,
    title: String,
    summary: String,
    body: String,
    agency: String,
    kind: &'static str,
    published: String,
    /// Whether the person goes through the queue.
    from_queue: bool,
    /// Its page on the portal, while it is public.
    path: Option<String>,
    original: Option<String>,
    told: Option<ToldPart>,
    waiting: Option<Waiting>,
    pub(super) deciding: Deciding,
    pub(super) classification: Classification,
}

impl Seen {
    /// The entry as it stands, where it lies in the scope.
    pub(super) fn find(
        conn: &mut DbConn,
        scope: &Scope,
        id: EntryId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(entry) = entries::find(conn, scope, id)? else {
            return Ok(None);
        };
        let standing = decisions::standing(conn, scope, id)?;
        let told = match notices::told(conn, scope, id)? {
            Some(notice) => {
                let letters = letters::list(conn, scope, notice.id)?;
                Some((notice, letters))
            }
            None => None,
        };
        Ok(Some(Self {
            entry,
            standing: standing.ok_or(StoreError::NotFound)?,
            correction: corrections::find(conn, scope, id)?,
            told,
            pending: entries::pending(conn, scope, &[id])?.remove(&id),
        }))
    }
}

impl Waiting {
    pub(super) fn new(entry: &Entry, new: &PendingVersion) -> Self {
        Self {
            changes: differences::between(
                &differences::of_entry(entry),
                &differences::of_pending(new),
            ),
            summary: new.summary.clone(),
            body: new.body_html.clone(),
        }
    }
}

impl ToldPart {
    /// A takedown that holds, or the end of one that nobody in the agency has seen.
    fn of(app: &App, signed: &Signed, seen: &Seen) -> Option<Self> {
        let agency = Some(seen.entry.agency_id);
        let unseen = seen.told.as_ref();
        let told = match seen.standing.of(Kind::Takedown) {
            Some(takedown) => Told::of_takedown(&seen.entry.title, takedown),
            None => Told::of(&unseen?.0),
        };
        let is_own = signed.may(Action::TickTold, agency);
        let may_take_down = signed.may(Action::TakeDown, agency);
        let contact = app.config.contact.as_ref().map(|contact| {
            let label = contact.as_str();
            let label = label.strip_prefix("mailto:").unwrap_or(label);
            (contact.to_string(), label.to_owned())
        });
        Some(Self {
            told,
            is_own,
            to_tick: unseen.filter(|_| is_own).map(|(notice, _)| notice.id),
            contact,
            letters: unseen
                .filter(|_| may_take_down)
                .map(|(_, letters)| told_of_letters(letters))
                .unwrap_or_default(),
        })
    }
}

/// Whether the agency knows, for the province.
fn told_of_letters(letters: &[Posted]) -> Vec<String> {
    let mut told = vec!["Đơn vị chưa đánh dấu là đã xem.".to_owned()];
    let sent = letters.iter().filter(|letter| letter.sent_at.is_some());
    let waiting = letters
        .iter()
        .filter(|letter| letter.next_attempt_at.is_some());
    let (sent, waiting) = (sent.count(), waiting.count());
    let failed = letters.len() - sent - waiting;
    let counts = [
        (sent, "đã gửi"),
        (waiting, "chờ gửi"),
        (failed, "không gửi được"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{what} {count}"))
        .collect();
    if !counts.is_empty() {
        let counts = counts.join(", ");
        told.push(format!("Thư cho quản trị viên của đơn vị: {counts}."));
    }
    let causes = letters.iter().filter_map(|one| one.last_cause.as_ref());
    told.extend(causes.map(|cause| format!("Lần gửi gần nhất: {cause}.")));
    told
}

impl EntryPage {
    pub(super) fn new(app: &App, signed: &Signed, query: &Parameters, seen: &Seen) -> Self {
        let entry = &seen.entry;
        let agency = app.snapshot().agency(entry.agency_id).cloned();
        let is_public = entry.withdrawn_at.is_none();
        Self {
            frame: Frame::of(app, signed, &entry.title, "/console/bai", query),
            id: entry.id,
            from_queue: query.value("tu") == Some(QUEUE),
            title: entry.title.clone(),
            summary: entry.summary.clone(),
            body: entry.body_html.clone(),
            agency: agency.map_or_else(String::new, |agency| agency.name),
            kind: kind_label(entry.kind),
            published: moment(entry.listed_at),
            path: is_public.then(|| entry_path(entry.id, &entry.title)),
            original: entry.url.clone(),
            told: ToldPart::of(app, signed, seen),
            waiting: seen.pending.as_ref().map(|new| Waiting::new(entry, new)),
            deciding: Deciding::of(signed, entry, &seen.standing),
            classification: Classification::of(app, signed, seen),
        }
    }

    /// The page as an answer.
    pub(super) fn answer(&self, status: StatusCode) -> Result<Response, ConsoleError> {
        page_with(status, self)
    }
}

/// `GET /console/bai/{entry}`
pub(super) async fn show_entry(
    State(app): State<App>,
    signed: Signed,
    Segment(entry): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id = number(&entry)?;
    let asking = signed.clone();
    let seen = signed
        .db(&app)
        .run(move |conn| asking.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id)))
        .await?;
    EntryPage::new(&app, &signed, &query, &seen).answer(StatusCode::OK)
}

/// The number that a path names.
pub(super) fn number(segment: &str) -> Result<EntryId, Error> {
    let number = segment.parse();
    number.map(EntryId).map_err(|_| Error::NotFound("entry"))
}
