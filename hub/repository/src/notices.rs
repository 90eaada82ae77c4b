//! What an agency or the province should look at.

pub mod letters;

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::decisions::Decision;
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId, NoticeId};
use crate::schema::{entries, notices as table};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// How old an entry is whose change is worth a notice: what is newer is still being worked on.
pub const OLD: TimeDelta = TimeDelta::days(30);

text_enum! {
    /// What a notice is about.
    pub enum NoticeKind {
        /// The text of an old entry has changed, and its publisher gave it no newer date.
        SilentChange = "silent-change",
        /// The province has taken an entry down: for its agency to see.
        Takedown = "takedown",
        /// The province has taken a takedown back: for the agency to see.
        TakedownLifted = "takedown-lifted",
    }
}

impl NoticeKind {
    /// What the province tells an agency.
    const TOLD: [Self; 2] = [Self::Takedown, Self::TakedownLifted];

    /// Whether the province tells it to an agency, and only that can have seen it.
    pub fn is_told(self) -> bool {
        Self::TOLD.contains(&self)
    }
}

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Notice {
    /// Its number.
    pub id: NoticeId,
    /// Whose entry it is about.
    pub agency_id: AgencyId,
    /// The entry.
    pub entry_id: EntryId,
    /// What it is about.
    pub kind: NoticeKind,
    /// For a silent change: `version`, which the change led to first, and the `title` before it. For what the province tells: the
    /// entry's `title` at that moment, and of the takedown `reason`, `basis`, `by` and `decided_at`.
    pub detail: Json<serde_json::Value>,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When somebody saw it.
    pub seen_at: Option<Timestamp>,
}

/// The newest notices first; those before `before`, and only those that nobody has seen when `unseen`. Of what an agency has not
/// seen, the province's unseen ones are without what it has told the agency itself.
pub fn list(
    conn: &mut DbConn,
    scope: &Scope,
    unseen: bool,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>, StoreError> {
    let mut query = table::table
        .filter(scope.covers_column(table::agency_id))
        .order(table::id.desc())
        .limit(limit)
        .select(Notice::as_select())
        .into_boxed();
    if unseen {
        query = query.filter(table::seen_at.is_null());
        if *scope == Scope::Province {
            query = query.filter(table::kind.ne_all(NoticeKind::TOLD));
        }
    }
    if let Some(before) = before {
        query = query.filter(table::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// What the province has told an agency of the scope about an entry, and nobody there has seen.
pub fn told(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Notice>, StoreError> {
    Ok(table::table
        .filter(scope.covers_column(table::agency_id))
        .filter(table::entry_id.eq(entry))
        .filter(table::kind.eq_any(NoticeKind::TOLD))
        .filter(table::seen_at.is_null())
        .order(table::id.desc())
        .select(Notice::as_select())
        .first(conn)
        .optional()?)
}

/// The newest of what the province has told the agencies of the scope, and nobody there has seen.
pub fn all_told(conn: &mut DbConn, scope: &Scope, limit: i64) -> Result<Vec<Notice>, StoreError> {
    Ok(table::table
        .filter(scope.covers_column(table::agency_id))
        .filter(table::kind.eq_any(NoticeKind::TOLD))
        .filter(table::seen_at.is_null())
        .order(table::id.desc())
        .limit(limit)
        .select(Notice::as_select())
        .load(conn)?)
}

/// Tells an agency what the province decided about its entry, in place of what it has not seen of that yet.
pub(crate) fn tell(
    conn: &mut DbConn,
    kind: NoticeKind,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    let entry = decision.entry_id;
    let (agency, title): (AgencyId, String) = entries::table
        .find(entry)
        .select((entries::agency_id, entries::title))
        .first(conn)?;
    let unseen = table::table
        .filter(table::entry_id.eq(entry))
        .filter(table::kind.eq_any(NoticeKind::TOLD))
        .filter(table::seen_at.is_null());
    diesel::delete(unseen).execute(conn)?;
    let detail = json!({
        "title": title,
        "reason": decision.reason,
        "basis": decision.basis,
        "by": decision.decided_by,
        "decided_at": decision.decided_at,
    });
    diesel::insert_into(table::table)
        .values((
            table::agency_id.eq(agency),
            table::entry_id.eq(entry),
            table::kind.eq(kind),
            table::detail.eq(Json(detail)),
            table::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Marks a notice of the scope as seen; the first time counts.
pub fn see(
    conn: &mut DbConn,
    scope: &Scope,
    id: NoticeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = table::table
        .find(id)
        .filter(scope.covers_column(table::agency_id));
    known.select(table::id).first::<NoticeId>(conn)?;
    diesel::update(table::table.find(id))
        .filter(table::seen_at.is_null())
        .set(table::seen_at.eq(now))
        .execute(conn)?;
    Ok(())
}

/// Drops what was seen before `until`; how many notices went.
pub fn trim(conn: &mut DbConn, until: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::delete(table::table.filter(table::seen_at.lt(until))).execute(conn)?)
}

/// An old entry that is about to change.
pub(crate) struct Change<'a> {
    pub(crate) entry: EntryId,
    /// The version that the change leads to.
    pub(crate) version: i32,
    /// Title, summary and body after it.
    pub(crate) texts: [&'a str; 3],
    pub(crate) now: Timestamp,
}

/// Raises a notice of a change that alters an entry's words: other markup, as a new cleaner makes it, is nobody's news.
/// Call it before the entry is written.
pub(crate) fn raise_silent_change(
    conn: &mut DbConn,
    change: &Change<'_>,
) -> Result<(), StoreError> {
    // Whose feed it is now says nothing: an entry keeps its publisher.
    let (agency, title, summary, body): (AgencyId, String, String, String) = entries::table
        .find(change.entry)
        .select((
            entries::agency_id,
            entries::title,
            entries::summary,
            entries::body_html,
        ))
        .first(conn)?;
    let mut pairs = [&title, &summary, &body].into_iter().zip(change.texts);
    if pairs.all(|(before, after)| same_words(before, after)) {
        return Ok(());
    }
    let detail = json!({ "version": change.version, "title": title });
    diesel::insert_into(table::table)
        .values((
            table::agency_id.eq(agency),
            table::entry_id.eq(change.entry),
            table::kind.eq(NoticeKind::SilentChange),
            table::detail.eq(Json(detail)),
            table::created_at.eq(change.now),
        ))
        .on_conflict_do_nothing()
        .on_both()
        .execute(conn)?;
    Ok(())
}

/// Whether two texts differ in nothing but markup and blanks.
fn same_words(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

fn letters(html: &str) -> impl Iterator<Item = char> {
    let mut in_tag = false;
    html.chars().filter(move |&letter| {
        // The cleaner escapes `<` in text.
        match letter {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                return false;
            }
            _ => {}
        }
        !in_tag && !letter.is_whitespace()
    })
}
