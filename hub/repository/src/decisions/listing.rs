//! What was decided, and what waits, in lists.

use diesel::prelude::*;

use super::{Decision, Kind};
use crate::conn::DbConn;
use crate::entries::{Entry, Kind as EntryKind};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::{concealments, decisions as table, entries};
use crate::scope::Scope;
use crate::types::Timestamp;

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
