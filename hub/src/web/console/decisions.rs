//! Whether an entry is public, as people decide it: hold, publish, withdraw, take down, and taking that back.

mod asking;
mod step;
mod wording;

pub(super) use asking::Grounds;
pub(super) use step::Step;
pub(super) use wording::{kind_in_words, noted, version, without_words};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::decisions::{self, Kind, Standing};
use hub_repository::entries::Entry;
use hub_repository::notices::letters;
use hub_repository::{EntryId, StoreError, Timestamp};

use self::asking::{Asking, Problem};
use self::wording::{state, told};
use super::super::extract::{Parameters, Segment};
use super::entry::{EntryPage, Seen, number};
use super::error::ConsoleError;
use super::form::Submitted;
use super::queue;
use super::session::Signed;
use crate::access::Action;
use crate::app::App;

/// What `tu` says on an entry's page that was opened from the queue.
pub(super) const QUEUE: &str = "duyet";

/// The part of an entry's page that is about whether it is public.
pub(super) struct Deciding {
    pub(super) state: &'static str,
    pub(super) is_public: bool,
    /// What was decided, in words; a takedown stands above.
    pub(super) told: Vec<String>,
    /// What somebody may do with one button: the step and what that says.
    pub(super) at_once: Vec<(Step, &'static str)>,
    pub(super) asking: Vec<Asking>,
    /// What the forms say they were made of.
    pub(super) version: String,
    /// What somebody else has decided meanwhile.
    pub(super) conflict: Option<String>,
}

impl Deciding {
    pub(super) fn of(signed: &Signed, entry: &Entry, standing: &Standing) -> Self {
        let may = |step: Step| {
            let scope = signed.require(step.needs(), Some(entry.agency_id)).ok()?;
            (!step.is_done(standing, scope)).then_some(scope)
        };
        let asking = [Step::Hold, Step::Withdraw, Step::TakeDown];
        let asking = asking.into_iter().filter(|step| may(*step).is_some());
        let is_public = entry.withdrawn_at.is_none();
        let at_once = [Step::Publish, Step::Keep, Step::Restore].into_iter();
        let at_once = at_once
            .filter(|step| may(*step).is_some_and(|scope| step.is_theirs(standing, scope)))
            .map(|step| match step {
                Step::Publish if is_public => (step, "Công bố bản mới"),
                step => (step, step.label()),
            });
        Self {
            state: state(standing),
            is_public,
            told: told(standing, |kind| kind != Kind::Takedown),
            at_once: at_once.collect(),
            asking: asking.map(Asking::for_step).collect(),
            version: version(entry.version, standing),
            conflict: None,
        }
    }

    /// Fills the form of a step in again.
    fn refill(&mut self, step: Step, grounds: &Grounds, problem: Option<Problem>) {
        for asking in &mut self.asking {
            if asking.step == step {
                grounds.clone_into(&mut asking.grounds);
                asking.problem = problem;
            }
        }
    }
}

/// What came of a step.
enum Taken {
    /// It is so; the entry had this place in the queue.
    Done(Option<(Timestamp, EntryId)>),
    /// Somebody else has decided since the form was made.
    Stale(Box<Seen>),
    /// What was typed is not right.
    Invalid(Box<Seen>, Problem),
}

macro_rules! step {
    ($(#[$doc:meta])* $name:ident, $step:expr) => {
        $(#[$doc])*
        pub(super) async fn $name(
            State(app): State<App>,
            Segment(entry): Segment,
            form: Submitted,
        ) -> Result<Response, ConsoleError> {
            take(app, number(&entry)?, form, $step).await
        }
    };
}

step!(
    /// `POST /console/bai/{entry}/giu`
    hold,
    Step::Hold
);
step!(
    /// `POST /console/bai/{entry}/cong-bo`
    publish,
    Step::Publish
);
step!(
    /// `POST /console/bai/{entry}/rut`
    withdraw,
    Step::Withdraw
);
step!(
    /// `POST /console/bai/{entry}/go`
    take_down,
    Step::TakeDown
);
step!(
    /// `POST /console/bai/{entry}/giu-ban-cu`
    keep,
    Step::Keep
);
step!(
    /// `POST /console/bai/{entry}/bo-go`
    restore,
    Step::Restore
);

async fn take(
    app: App,
    id: EntryId,
    form: Submitted,
    step: Step,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    let from_queue = form.fields.value("tu") == Some(QUEUE);
    let grounds = Grounds::read(&form.fields);
    let given = grounds.clone();
    let by_mail = app.config.mail.is_some();
    let taken = form
        .signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let seen = signed.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id))?;
            let agency = seen.entry.agency_id;
            let scope = signed.require(step.needs(), Some(agency))?;
            if let Some(problem) = given.problem(step) {
                return Ok(Taken::Invalid(Box::new(seen), problem));
            }
            let held = seen.standing.of(Kind::Hold);
            let held = held.or(seen.standing.of(Kind::Change));
            let held = held.map(|held| (held.decided_at, id));
            let mut met = None;
            let changed = form.change(conn, |conn| {
                decisions::lock(conn, &scope, id)?;
                let before = decisions::standing(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
                let is_done = step.is_done(&before, scope);
                if is_done || form.fields.raw("phien-ban") != version(before.version, &before) {
                    met = Some((is_done, before));
                    return Err(StoreError::Stale.into());
                }
                if !step.is_theirs(&before, scope) {
                    return Err(ConsoleError::Forbidden);
                }
                step.take(conn, scope, id, &given, &signed.person.name)?;
                if by_mail && step.is_told() {
                    letters::post(conn, &scope, id, Timestamp::now())?;
                }
                let after = decisions::standing(conn, &scope, id)?.ok_or(StoreError::NotFound)?;
                Ok(Change {
                    action: step.name(),
                    agency: Some(agency),
                    target: format!("entry {id}"),
                    before: Some(noted(&before)),
                    after: Some(noted(&after)),
                })
            });
            match met {
                None => changed.map(|()| Taken::Done(held)),
                // Sent twice, or another was quicker.
                Some((true, _)) => Ok(Taken::Done(held)),
                Some((false, _)) => {
                    let now =
                        signed.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id))?;
                    Ok(Taken::Stale(Box::new(now)))
                }
            }
        })
        .await?;
    let query = Parameters::of(&[("tu", if from_queue { QUEUE } else { "" })]);
    match taken {
        Taken::Done(held) => {
            app.stored.notify_one();
            if step.is_told() {
                app.letters.notify_one();
            }
            let place = match held.filter(|_| from_queue) {
                Some(held) => {
                    let db = signed.db(&app);
                    db.run(move |conn| queue::after(conn, &signed, held))
                        .await?
                }
                None => format!("/console/bai/{id}?"),
            };
            let address = format!("{place}xong={}", step.word());
            Ok(Redirect::to(&address).into_response())
        }
        Taken::Invalid(seen, problem) => {
            let mut page = EntryPage::new(&app, &signed, &query, &seen);
            page.deciding.refill(step, &grounds, Some(problem));
            page.answer(StatusCode::BAD_REQUEST)
        }
        Taken::Stale(seen) => {
            let mut page = EntryPage::new(&app, &signed, &query, &seen);
            let now = told(&seen.standing, |_| true).into_iter().next();
            let now = now.unwrap_or_else(|| "người khác đã bỏ quyết định trước đó".to_owned());
            page.deciding.conflict = Some(format!(
                "Trong lúc bạn xem, có thay đổi: {now}. Bạn định: {}. Chưa có gì được đổi; hãy xem lại rồi gửi lại nếu vẫn muốn.",
                step.label().to_lowercase()
            ));
            page.deciding.refill(step, &grounds, None);
            page.answer(StatusCode::CONFLICT)
        }
    }
}
