//! Whether an entry is public, as people decide it: hold, publish, withdraw, take down, and taking that back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::decisions::{
    self, Decision, Kind, MAX_BASIS, MAX_REASON, NewDecision, Standing,
};
use hub_repository::entries::Entry;
use hub_repository::notices::letters;
use hub_repository::{DbConn, EntryId, Scope, StoreError, Timestamp};
use serde_json::{Value, json};

use super::super::extract::{Parameters, Segment};
use super::entry::{EntryPage, Seen, number};
use super::error::ConsoleError;
use super::form::Submitted;
use super::queue;
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;

/// What `tu` says on an entry's page that was opened from the queue.
pub(super) const QUEUE: &str = "duyet";

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Hold,
    Publish,
    Withdraw,
    TakeDown,
    /// Takes a takedown back.
    Restore,
    /// Leaves an entry as it is, whatever its publisher has changed.
    Keep,
}

/// A step that asks for a reason before it is done.
pub(super) struct Asking {
    pub(super) step: Step,
    /// What the button says.
    pub(super) label: &'static str,
    /// What comes of it, and how it is undone.
    pub(super) hint: &'static str,
    pub(super) is_reason_needed: bool,
    /// Whether the provision is asked for that the step rests on.
    pub(super) has_basis: bool,
    /// What was typed before.
    pub(super) grounds: Grounds,
    /// What is wrong with that.
    pub(super) problem: Option<Problem>,
}

/// What somebody gives for a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Grounds {
    pub(super) reason: String,
    /// The provision that a takedown rests on.
    pub(super) basis: String,
}

/// What is wrong with grounds, in words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Problem {
    Reason(&'static str),
    Basis(&'static str),
}

/// The part of an entry's page that is about whether it is public.
pub(super) struct Deciding {
    pub(super) state: &'static str,
    pub(super) is_public: bool,
    /// What was decided, in words.
    pub(super) told: Vec<String>,
    /// What somebody may do with one button: the step and what that says.
    pub(super) at_once: Vec<(Step, &'static str)>,
    pub(super) asking: Vec<Asking>,
    /// What the forms say they were made of.
    pub(super) version: String,
    /// What somebody else has decided meanwhile.
    pub(super) conflict: Option<String>,
}

impl Step {
    /// The last part of its address, and the word with which its page says that it was done.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hold => "giu",
            Self::Publish => "cong-bo",
            Self::Withdraw => "rut",
            Self::TakeDown => "go",
            Self::Restore => "bo-go",
            Self::Keep => "giu-ban-cu",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Hold => "Giữ lại để xem xét",
            Self::Publish => "Công bố",
            Self::Withdraw => "Rút bài",
            Self::TakeDown => "Gỡ bài",
            Self::Restore => "Bỏ lệnh gỡ",
            Self::Keep => "Giữ bản đang hiện",
        }
    }

    fn needs(self) -> Action {
        match self {
            Self::Hold | Self::Publish | Self::Withdraw | Self::Keep => Action::Decide,
            Self::TakeDown | Self::Restore => Action::TakeDown,
        }
    }

    /// What the audit calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hold => "entry.hold",
            Self::Publish => "entry.publish",
            Self::Withdraw => "entry.withdraw",
            Self::TakeDown => "entry.take-down",
            Self::Restore => "entry.restore",
            Self::Keep => "entry.keep",
        }
    }

    /// Whether the agency is told.
    fn is_told(self) -> bool {
        matches!(self, Self::TakeDown | Self::Restore)
    }

    /// Whether it would change nothing.
    fn is_done(self, standing: &Standing, scope: Scope) -> bool {
        let stands = |kind| {
            let known = standing.of(kind);
            known.is_some_and(|known| known.by_province || scope != Scope::Province)
        };
        match self {
            Self::Hold => stands(Kind::Hold),
            Self::Withdraw => stands(Kind::Withdrawal),
            Self::TakeDown => stands(Kind::Takedown),
            Self::Restore => standing.of(Kind::Takedown).is_none(),
            Self::Publish => [Kind::Hold, Kind::Withdrawal, Kind::Change]
                .iter()
                .all(|kind| standing.of(*kind).is_none()),
            Self::Keep => standing.of(Kind::Change).is_none(),
        }
    }

    /// Whether it is not the province's alone, as what a policy holds is.
    pub(super) fn is_theirs(self, standing: &Standing, scope: Scope) -> bool {
        match self {
            Self::Publish => is_free(standing, scope),
            Self::Keep => is_own_change(standing, scope),
            _ => true,
        }
    }

    /// Does it.
    pub(super) fn take(
        self,
        conn: &mut DbConn,
        scope: Scope,
        id: EntryId,
        grounds: &Grounds,
        by: &str,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let keep_back = |conn: &mut DbConn, kind| {
            let new = NewDecision {
                kind,
                by_province: scope == Scope::Province,
                reason: &grounds.reason,
                basis: &grounds.basis,
                by,
            };
            decisions::keep_back(conn, &scope, id, &new, now)
        };
        match self {
            Self::Hold => keep_back(conn, Kind::Hold),
            Self::Withdraw => keep_back(conn, Kind::Withdrawal),
            Self::TakeDown => keep_back(conn, Kind::Takedown),
            Self::Publish => decisions::publish(conn, &scope, id, by, now),
            Self::Restore => decisions::take_back(conn, &scope, id, Kind::Takedown, now),
            Self::Keep => decisions::take_back(conn, &scope, id, Kind::Change, now),
        }
    }
}

impl Asking {
    fn for_step(step: Step) -> Self {
        Self {
            step,
            label: step.label(),
            hint: match step {
                Step::TakeDown => {
                    "Bài biến mất khỏi cổng, nguồn tin, tìm kiếm và tiện ích, kể cả khi đơn vị đăng lại. Đơn vị đọc được lý do và không tự bỏ lệnh gỡ; tỉnh bỏ được bất cứ lúc nào."
                }
                Step::Withdraw => {
                    "Bài biến mất khỏi cổng, kể cả khi trang của đơn vị còn đăng. Có thể công bố lại bất cứ lúc nào."
                }
                _ => "Bài không hiện với công chúng cho đến khi có người công bố.",
            },
            is_reason_needed: step == Step::TakeDown,
            has_basis: step == Step::TakeDown,
            grounds: Grounds::default(),
            problem: None,
        }
    }

    /// Whether the form is shown opened.
    pub(super) fn is_open(&self) -> bool {
        self.problem.is_some() || !self.grounds.reason.is_empty()
    }

    /// What is wrong with the reason.
    pub(super) fn reason_problem(&self) -> Option<&'static str> {
        match self.problem {
            Some(Problem::Reason(told)) => Some(told),
            _ => None,
        }
    }

    /// What is wrong with the provision.
    pub(super) fn basis_problem(&self) -> Option<&'static str> {
        match self.problem {
            Some(Problem::Basis(told)) => Some(told),
            _ => None,
        }
    }
}

impl Grounds {
    fn read(fields: &Parameters) -> Self {
        let typed = |name| fields.raw(name).trim().to_owned();
        Self {
            reason: typed("ly-do"),
            basis: typed("can-cu"),
        }
    }

    /// What is wrong with them for a step.
    fn problem(&self, step: Step) -> Option<Problem> {
        if step == Step::TakeDown && self.reason.is_empty() {
            return Some(Problem::Reason("Hãy ghi lý do: đơn vị sẽ đọc."));
        }
        if self.reason.chars().count() > MAX_REASON {
            let told = "Lý do dài quá 1000 ký tự; hãy viết ngắn lại.";
            return Some(Problem::Reason(told));
        }
        if self.basis.chars().count() > MAX_BASIS {
            let told = "Căn cứ dài quá 300 ký tự; hãy viết ngắn lại.";
            return Some(Problem::Basis(told));
        }
        if self.reason.contains('\0') {
            return Some(Problem::Reason("Lý do có ký tự không hợp lệ."));
        }
        let is_broken = self.basis.contains('\0');
        is_broken.then_some(Problem::Basis("Căn cứ có ký tự không hợp lệ."))
    }
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
            told: told(standing),
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

/// Whether somebody may publish something of it: nothing that keeps it back is the province's alone, nor a change where that is all.
fn is_free(standing: &Standing, scope: Scope) -> bool {
    let kept = [Kind::Hold, Kind::Withdrawal];
    let mut kept = kept
        .into_iter()
        .filter_map(|kind| standing.of(kind))
        .peekable();
    if kept.peek().is_none() && standing.of(Kind::Change).is_some() {
        return is_own_change(standing, scope);
    }
    scope == Scope::Province || kept.all(|known| !known.by_province)
}

/// Whether a change that waits is somebody's to decide about.
fn is_own_change(standing: &Standing, scope: Scope) -> bool {
    let change = standing.of(Kind::Change);
    change.is_some_and(|change| scope == Scope::Province || !change.by_province)
}

fn state(standing: &Standing) -> &'static str {
    if standing.of(Kind::Takedown).is_some() {
        "Bị tỉnh gỡ"
    } else if standing.of(Kind::Withdrawal).is_some() {
        "Đã rút"
    } else if standing.of(Kind::Hold).is_some() {
        "Đang giữ để xem xét"
    } else if standing.gone_at.is_some() {
        "Trang của đơn vị đã rút bài"
    } else if standing.of(Kind::Change).is_some() {
        "Đang công bố bản cũ, bản mới chờ duyệt"
    } else {
        "Đang công bố"
    }
}

/// What was decided, in words, the newest first.
pub(super) fn told(standing: &Standing) -> Vec<String> {
    let mut decided: Vec<&Decision> = standing.decisions.iter().collect();
    decided.sort_by_key(|known| std::cmp::Reverse(known.decided_at));
    let gone = standing.gone_at;
    let gone = gone.map(|at| format!("Trang của đơn vị đã rút bài lúc {}.", moment(at)));
    decided.into_iter().map(told_of).chain(gone).collect()
}

/// A decision, in words.
pub(super) fn told_of(known: &Decision) -> String {
    let words = match &*known.words.0 {
        [] => String::new(),
        words => format!(". Từ ngữ: {}", words.join(", ")),
    };
    format!("{}{words}", without_words(known))
}

/// The same without the words of a rule.
pub(super) fn without_words(known: &Decision) -> String {
    let what = match known.kind {
        Kind::Hold => "giữ bài",
        Kind::Withdrawal => "rút bài",
        Kind::Takedown => "gỡ bài",
        Kind::Publication => "công bố bài",
        Kind::Change => "giữ bản mới để xem xét",
    };
    let who = match (&*known.decided_by, known.by_province) {
        ("", _) => "Quy tắc của tỉnh".to_owned(),
        (name, true) => format!("{name} (tỉnh)"),
        (name, false) => name.to_owned(),
    };
    let at = moment(known.decided_at);
    let reason = match &*known.reason {
        "" => String::new(),
        reason => format!(". Lý do: {reason}"),
    };
    let basis = match &*known.basis {
        "" => String::new(),
        basis => format!(". Căn cứ: {basis}"),
    };
    format!("{who} đã {what} lúc {at}{reason}{basis}")
}

/// What a form says it was made of: the entry in the version that it shows, and what was decided about it.
pub(super) fn version(shown: i32, standing: &Standing) -> String {
    let decided = standing.decisions.iter();
    let decided = decided.map(|known| format!("{} {}", known.kind, known.decided_at));
    let parts = [shown.to_string()].into_iter().chain(decided);
    parts.collect::<Vec<_>>().join(";")
}

/// How an entry stands, for the audit.
pub(super) fn noted(standing: &Standing) -> Value {
    let decided = standing.decisions.iter();
    let decided = decided.map(|known| {
        json!({
            "kind": known.kind,
            "by": known.decided_by,
            "by_province": known.by_province,
            "reason": known.reason,
            "basis": known.basis,
            "words": known.words.0,
        })
    });
    json!({ "decisions": decided.collect::<Vec<_>>(), "gone": standing.gone_at })
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
            let now = page.deciding.told.first().cloned();
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
