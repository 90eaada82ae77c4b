//! What an agency or the province should look at.

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

use crate::conn::{DbConn, MultiBackend, Render};
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
    /// For a silent change: `version`, which the change led to first, and the `title` before it.
    pub detail: Json<serde_json::Value>,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When somebody saw it.
    pub seen_at: Option<Timestamp>,
}

/// The newest notices first; those before `before`, and only those that nobody has seen when `unseen`.
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
    }
    if let Some(before) = before {
        query = query.filter(table::id.lt(before));
    }
    Ok(query.load(conn)?)
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
    pub(crate) agency: AgencyId,
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
    let (title, summary, body): (String, String, String) = entries::table
        .find(change.entry)
        .select((entries::title, entries::summary, entries::body_html))
        .first(conn)?;
    let mut pairs = [&title, &summary, &body].into_iter().zip(change.texts);
    if pairs.all(|(before, after)| same_words(before, after)) {
        return Ok(());
    }
    let detail = json!({ "version": change.version, "title": title });
    diesel::insert_into(table::table)
        .values((
            table::agency_id.eq(change.agency),
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
