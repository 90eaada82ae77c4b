//! What people decided about whether an entry is public.
//!
//! An entry is public while its publisher stands by it and no decision keeps it back. Decisions last: whatever a feed says of the
//! entry later is taken in, and stays out of sight. Three of them keep an entry back, each by itself: a hold, until somebody has
//! looked at it; a withdrawal; and a takedown by the province. A change of a public entry may wait too, while the entry stays public as it
//! is. That it was published after a look is remembered too, so that the
//! same words do not hold it back again.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::entries::{Entry, Kind as EntryKind, pending};
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::ids::{AgencyId, EntryId};
use crate::locks;
use crate::notices::{self, NoticeKind};
use crate::readings;
use crate::revision::{self, Reach};
use crate::schema::{concealments, decisions as table, entries};
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// Entries in one `IN` list.
const CHUNK: usize = 500;

/// The longest reason, in characters.
pub const MAX_REASON: usize = 1000;

/// The longest provision that a takedown rests on, in characters.
pub const MAX_BASIS: usize = 300;

text_enum! {
    /// What was decided.
    pub enum Kind {
        /// It is not public until somebody publishes it.
        Hold = "hold",
        /// It is public no more.
        Withdrawal = "withdrawal",
        /// The province has taken it down: nobody but the province takes that back.
        Takedown = "takedown",
        /// Somebody looked at it and published it.
        Publication = "publication",
        /// A later version of it is not public until somebody publishes that; the one before is meanwhile.
        Change = "change",
    }
}

/// What was decided about an entry.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Decision {
    /// The entry.
    pub entry_id: EntryId,
    /// What was decided.
    pub kind: Kind,
    /// Whether only the province takes it back.
    pub by_province: bool,
    /// Why, for people; may be empty.
    pub reason: String,
    /// Of a hold, the words for which a rule holds it back; of a publication, those with which it was published.
    pub words: Json<Vec<String>>,
    /// Who decided; empty for a rule.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
    /// The provision that a takedown rests on, for people; may be empty.
    pub basis: String,
}

/// A decision to keep an entry back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDecision<'a> {
    /// What is decided: one that keeps an entry back.
    pub kind: Kind,
    /// Whether only the province takes it back.
    pub by_province: bool,
    /// Why, for people; at most [`MAX_REASON`] characters. A takedown needs one.
    pub reason: &'a str,
    /// The provision that a takedown rests on, for people; may be empty. At most [`MAX_BASIS`] characters.
    pub basis: &'a str,
    /// Who decides.
    pub by: &'a str,
}

/// Why a rule holds an entry back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// A Vietnamese sentence.
    pub reason: String,
    /// The words of the rule that stand in it; none where everything is held.
    pub words: Vec<String>,
}

impl Held {
    /// Whether it is held whatever it says.
    pub(crate) fn is_for_all(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().chain([&self.reason]).map(String::as_str)
    }
}

impl Kind {
    /// Whether it keeps an entry from the public.
    pub fn keeps_back(self) -> bool {
        !matches!(self, Self::Publication | Self::Change)
    }
}

/// How an entry stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What was decided about it, each kind once.
    pub decisions: Vec<Decision>,
    /// When its publisher withdrew it.
    pub gone_at: Option<Timestamp>,
    /// The entry's version: what somebody decides about is what that says.
    pub version: i32,
}

impl Standing {
    /// What was decided of this kind.
    pub fn of(&self, kind: Kind) -> Option<&Decision> {
        self.decisions.iter().find(|one| one.kind == kind)
    }
}

/// Which decisions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Those of this kind.
    pub kind: Kind,
    /// Only about this agency's entries.
    pub agency: Option<AgencyId>,
    /// Only about entries of this kind.
    pub entry_kind: Option<EntryKind>,
    /// Only those after this one in the list: when it was decided, and the entry.
    pub before: Option<(Timestamp, EntryId)>,
}

impl Filter {
    /// All of a kind.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            agency: None,
            entry_kind: None,
            before: None,
        }
    }
}

/// Decisions about entries of the scope with these, the last decided first. Of what is held, only what its publisher stands by, as the rest
/// needs nobody; and with it the changes that wait.
pub fn list(
    conn: &mut DbConn,
    scope: &Scope,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(Entry, Decision)>, StoreError> {
    let mut query = table::table
        .inner_join(entries::table.left_join(concealments::table))
        .filter(scope.covers_column(entries::agency_id))
        .order((table::decided_at.desc(), table::entry_id.desc()))
        .limit(limit)
        .select((Entry::as_select(), Decision::as_select()))
        .into_boxed();
    query = match filter.kind {
        Kind::Hold => query.filter(waits()),
        kind => query.filter(table::kind.eq(kind)),
    };
    if let Some(agency) = filter.agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    if let Some(kind) = filter.entry_kind {
        query = query.filter(entries::kind.eq(kind));
    }
    if let Some((at, id)) = filter.before {
        query = query
            .filter(table::decided_at.le(at))
            .filter(table::decided_at.lt(at).or(table::entry_id.lt(id)));
    }
    Ok(query.load(conn)?)
}

/// The condition that a decision keeps something waiting for somebody to publish it.
#[diesel::dsl::auto_type]
fn waits() -> _ {
    let (hold, change): (Kind, Kind) = (Kind::Hold, Kind::Change);
    let is_held = table::kind.eq(hold).and(concealments::gone_at.is_null());
    let is_changed = table::kind.eq(change).and(entries::withdrawn_at.is_null());
    is_held.or(is_changed)
}

/// How many entries of the scope wait for somebody to publish them; at most `most` are counted.
pub fn waiting(conn: &mut DbConn, scope: &Scope, most: usize) -> Result<usize, StoreError> {
    let held: Vec<EntryId> = table::table
        .inner_join(entries::table.left_join(concealments::table))
        .filter(scope.covers_column(entries::agency_id))
        .filter(waits())
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .select(table::entry_id)
        .load(conn)?;
    Ok(held.len())
}

/// How an entry of the scope stands.
pub fn standing(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
) -> Result<Option<Standing>, StoreError> {
    Ok(standings(conn, scope, &[entry])?.remove(&entry))
}

/// How these entries of the scope stand.
pub fn standings(
    conn: &mut DbConn,
    scope: &Scope,
    ids: &[EntryId],
) -> Result<HashMap<EntryId, Standing>, StoreError> {
    type At = Option<Timestamp>;
    let mut found = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let rows: Vec<(EntryId, At, At, At, i32)> = entries::table
            .left_join(concealments::table)
            .filter(scope.covers_column(entries::agency_id))
            .filter(entries::id.eq_any(ids))
            .select((
                entries::id,
                entries::withdrawn_at,
                concealments::since.nullable(),
                concealments::gone_at.nullable(),
                entries::version,
            ))
            .load(conn)?;
        for (id, withdrawn_at, concealed_at, gone_unseen_at, version) in rows {
            let standing = Standing {
                decisions: Vec::new(),
                gone_at: match concealed_at {
                    Some(_) => gone_unseen_at,
                    None => withdrawn_at,
                },
                version,
            };
            found.insert(id, standing);
        }
        let decided: Vec<Decision> = table::table
            .filter(table::entry_id.eq_any(ids))
            .order((table::entry_id, table::kind))
            .select(Decision::as_select())
            .load(conn)?;
        for decision in decided {
            if let Some(standing) = found.get_mut(&decision.entry_id) {
                standing.decisions.push(decision);
            }
        }
    }
    Ok(found)
}

/// Holds back all who decide about entries of the same agency, and its harvests, until the transaction ends.
pub fn lock(conn: &mut DbConn, scope: &Scope, entry: EntryId) -> Result<(), StoreError> {
    locks::of_entry(conn, scope, entry)
}

/// Keeps an entry of the scope from the public. Raises the revision when it was public. A takedown is told to the agency, and so is
/// its end: a notice. What the province has decided of the same
/// kind already stays as it is for everybody else.
pub fn keep_back(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    new: &NewDecision<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if new.kind == Kind::Takedown || new.by_province {
        province_only(*scope)?;
    }
    check(new)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known: Option<bool> = table::table
            .find((entry, new.kind))
            .select(table::by_province)
            .first(conn)
            .optional()?;
        if known == Some(true) && !new.by_province {
            return Ok(());
        }
        let row = Decision {
            entry_id: entry,
            kind: new.kind,
            by_province: new.by_province,
            reason: new.reason.to_owned(),
            words: Json(Vec::new()),
            decided_by: new.by.to_owned(),
            decided_at: now,
            basis: new.basis.to_owned(),
        };
        save(conn, &row)?;
        if new.kind == Kind::Takedown {
            notices::tell(conn, NoticeKind::Takedown, &row, now)?;
        }
        conceal(conn, entry, now)
    })
}

/// Takes back what keeps an entry of the scope from the public. Raises the revision when it is public then. Of a change that waits
/// nothing is left, and the entry stays as it is. `NotFound` when
/// nothing of the kind was decided, or only the province takes it back.
pub fn take_back(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    kind: Kind,
    now: Timestamp,
) -> Result<(), StoreError> {
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let known: Decision = table::table
            .find((entry, kind))
            .select(Decision::as_select())
            .first(conn)?;
        if known.by_province {
            province_only(*scope)?;
        }
        diesel::delete(table::table.find((entry, kind))).execute(conn)?;
        if kind == Kind::Change {
            return pending::remove(conn, entry);
        }
        if kind == Kind::Takedown {
            notices::tell(conn, NoticeKind::TakedownLifted, &known, now)?;
        }
        reveal(conn, entry, now)
    })
}

/// Takes back a hold and a withdrawal of an entry of the scope, puts a change that waits in its place, and remembers that somebody looked
/// at it. Raises the revision when the public sees any of it. `NotFound` when only the province takes one of them back.
pub fn publish(
    conn: &mut DbConn,
    scope: &Scope,
    entry: EntryId,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    no_nul(by)?;
    conn.write(|conn| {
        locks::of_entry(conn, scope, entry)?;
        let standing = standing(conn, scope, entry)?.ok_or(StoreError::NotFound)?;
        let is_foreign = |known: &Decision| known.by_province && *scope != Scope::Province;
        let kept = [Kind::Hold, Kind::Withdrawal].map(|kind| standing.of(kind));
        let kept: Vec<&Decision> = kept.into_iter().flatten().collect();
        let change = standing.of(Kind::Change);
        // Who may not publish the change takes back what is theirs.
        let new = change.filter(|change| !is_foreign(change));
        if kept.iter().any(|known| is_foreign(known))
            || (kept.is_empty() && change.is_some() && new.is_none())
        {
            return Err(StoreError::NotFound);
        }
        let mut words = Vec::new();
        for known in kept.into_iter().chain(new) {
            words.extend(known.words.0.iter().cloned());
            diesel::delete(table::table.find((entry, known.kind))).execute(conn)?;
        }
        if let Some(known) = standing.of(Kind::Publication) {
            words.extend(known.words.0.iter().cloned());
        }
        words.sort_unstable();
        words.dedup();
        let row = Decision {
            entry_id: entry,
            kind: Kind::Publication,
            by_province: *scope == Scope::Province,
            reason: String::new(),
            words: Json(words),
            decided_by: by.to_owned(),
            decided_at: now,
            basis: String::new(),
        };
        save(conn, &row)?;
        let is_new = new.is_some() && pending::take_over(conn, entry, now)?;
        if is_new && !is_concealed(conn, entry)? {
            return give_revision(conn, entry);
        }
        reveal(conn, entry, now)
    })
}

/// Notes that a rule keeps a change of a public entry waiting, whose text the caller keeps.
pub(crate) fn hold_change(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = Decision {
        entry_id: entry,
        kind: Kind::Change,
        by_province: true,
        reason: held.reason.clone(),
        words: Json(Vec::new()),
        decided_by: String::new(),
        decided_at: now,
        basis: String::new(),
    };
    save(conn, &row)
}

/// Forgets a change that waits: its publisher has said something else since.
pub(crate) fn forget_change(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    diesel::delete(table::table.find((entry, Kind::Change))).execute(conn)?;
    pending::remove(conn, entry)
}

/// Notes that a rule holds an entry back. Who holds it back already, and why, stays: only the province publishes it then.
pub(crate) fn hold_by_rule(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known: Option<String> = table::table
        .find((entry, Kind::Hold))
        .select(table::decided_by)
        .first(conn)
        .optional()?;
    if known.is_some_and(|by| !by.is_empty()) {
        diesel::update(table::table.find((entry, Kind::Hold)))
            .set((
                table::by_province.eq(true),
                table::words.eq(Json(held.words.clone())),
            ))
            .execute(conn)?;
        return Ok(());
    }
    let row = Decision {
        entry_id: entry,
        kind: Kind::Hold,
        by_province: true,
        reason: held.reason.clone(),
        words: Json(held.words.clone()),
        decided_by: String::new(),
        decided_at: now,
        basis: String::new(),
    };
    save(conn, &row)?;
    note(conn, entry, None, now)
}

/// Holds back an entry that has changed, when a rule finds words in it with which nobody has published it.
pub(crate) fn hold_again(
    conn: &mut DbConn,
    entry: EntryId,
    held: &Held,
    now: Timestamp,
) -> Result<(), StoreError> {
    let published_with: Option<Json<Vec<String>>> = table::table
        .find((entry, Kind::Publication))
        .select(table::words)
        .first(conn)
        .optional()?;
    let published_with = published_with.map_or_else(Vec::new, |words| words.0);
    let is_new = |word: &&String| !published_with.contains(word);
    let words: Vec<String> = held.words.iter().filter(is_new).cloned().collect();
    if words.is_empty() {
        return Ok(());
    }
    let held = Held {
        reason: held.reason.clone(),
        words,
    };
    hold_by_rule(conn, entry, &held, now)
}

/// Since when decisions keep an entry from the public that its publisher stands by.
pub(crate) fn stands_by(
    conn: &mut DbConn,
    entry: EntryId,
) -> Result<Option<Timestamp>, StoreError> {
    note_gone(conn, entry, None)?;
    Ok(concealments::table
        .find(entry)
        .select(concealments::since)
        .first(conn)
        .optional()?)
}

/// Notes when its publisher withdrew an entry that decisions keep from the public, or that it did not.
pub(crate) fn note_gone(
    conn: &mut DbConn,
    entry: EntryId,
    gone_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    diesel::update(concealments::table.find(entry))
        .set(concealments::gone_at.eq(gone_at))
        .execute(conn)?;
    Ok(())
}

fn check(new: &NewDecision<'_>) -> Result<(), StoreError> {
    [new.reason, new.basis, new.by]
        .into_iter()
        .try_for_each(no_nul)?;
    if new.basis.chars().count() > MAX_BASIS {
        return Err(StoreError::invalid(format!(
            "a legal basis may have {MAX_BASIS} characters: shorten it"
        )));
    }
    if new.reason.chars().count() > MAX_REASON {
        return Err(StoreError::invalid(format!(
            "a reason may have {MAX_REASON} characters: shorten it"
        )));
    }
    if new.kind == Kind::Takedown && new.reason.trim().is_empty() {
        return Err(StoreError::invalid(
            "a takedown needs a reason, which the agency reads: give one",
        ));
    }
    if !new.kind.keeps_back() {
        return Err(StoreError::invalid(
            "that keeps nothing back: publish it instead",
        ));
    }
    Ok(())
}

fn save(conn: &mut DbConn, row: &Decision) -> Result<(), StoreError> {
    diesel::insert_into(table::table)
        .values((
            table::entry_id.eq(row.entry_id),
            table::kind.eq(row.kind),
            table::by_province.eq(row.by_province),
            table::reason.eq(&row.reason),
            table::words.eq(row.words.clone()),
            table::decided_by.eq(&row.decided_by),
            table::decided_at.eq(row.decided_at),
            table::basis.eq(&row.basis),
        ))
        .on_conflict((table::entry_id, table::kind))
        .do_update()
        .set((
            table::by_province.eq(excluded(table::by_province)),
            table::reason.eq(excluded(table::reason)),
            table::words.eq(excluded(table::words)),
            table::decided_by.eq(excluded(table::decided_by)),
            table::decided_at.eq(excluded(table::decided_at)),
            table::basis.eq(excluded(table::basis)),
        ))
        .on_both()
        .execute(conn)?;
    Ok(())
}

/// Notes that decisions keep an entry from the public, unless that is known.
fn note(
    conn: &mut DbConn,
    entry: EntryId,
    gone_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = entries::table.find(entry);
    let version: i32 = row.select(entries::version).first(conn)?;
    diesel::insert_into(concealments::table)
        .values((
            concealments::version.eq(version),
            concealments::entry_id.eq(entry),
            concealments::since.eq(now),
            concealments::gone_at.eq(gone_at),
        ))
        .on_conflict(concealments::entry_id)
        .do_nothing()
        .on_both()
        .execute(conn)?;
    Ok(())
}

fn is_concealed(conn: &mut DbConn, entry: EntryId) -> Result<bool, StoreError> {
    let known: Option<EntryId> = concealments::table
        .find(entry)
        .select(concealments::entry_id)
        .first(conn)
        .optional()?;
    Ok(known.is_some())
}

/// Takes an entry from the public, if it is not already.
fn conceal(conn: &mut DbConn, entry: EntryId, now: Timestamp) -> Result<(), StoreError> {
    if is_concealed(conn, entry)? {
        return Ok(());
    }
    let row = entries::table.find(entry);
    let gone_at: Option<Timestamp> = row.select(entries::withdrawn_at).first(conn)?;
    note(conn, entry, gone_at, now)?;
    if gone_at.is_some() {
        return Ok(());
    }
    diesel::update(row)
        .set((entries::withdrawn_at.eq(now), entries::changed_at.eq(now)))
        .execute(conn)?;
    give_revision(conn, entry)
}

/// Gives an entry to the public, if nothing keeps it back any more. It is to be read again: the public learns then what it cites and
/// which document it is.
fn reveal(conn: &mut DbConn, entry: EntryId, now: Timestamp) -> Result<(), StoreError> {
    let kept: Vec<Kind> = table::table
        .filter(table::entry_id.eq(entry))
        .select(table::kind)
        .load(conn)?;
    if kept.into_iter().any(Kind::keeps_back) || !is_concealed(conn, entry)? {
        return Ok(());
    }
    let concealment = concealments::table.find(entry);
    let gone_at: Option<Timestamp> = concealment.select(concealments::gone_at).first(conn)?;
    diesel::delete(concealment).execute(conn)?;
    let row = entries::table.find(entry);
    diesel::update(row)
        .set(entries::withdrawn_at.eq(gone_at))
        .execute(conn)?;
    readings::expire(conn, entry)?;
    if gone_at.is_some() {
        return Ok(());
    }
    diesel::update(row)
        .set(entries::changed_at.eq(now))
        .execute(conn)?;
    give_revision(conn, entry)
}

fn give_revision(conn: &mut DbConn, entry: EntryId) -> Result<(), StoreError> {
    let revision = revision::next(conn, Reach::Entries)?;
    diesel::update(entries::table.find(entry))
        .set(entries::revision.eq(revision))
        .execute(conn)?;
    Ok(())
}
