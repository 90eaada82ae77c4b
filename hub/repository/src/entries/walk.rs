//! Walks over the whole repository in pages of a bounded size, for those who keep a copy of it.

use diesel::prelude::*;

use super::{Entry, UNSEEN};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::entries;
use crate::scope::Scope;

/// A place in the order of changes: behind the entry with this number as it changed with this revision. `(R, i64::MAX)` is behind
/// all of revision `R`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace {
    /// The revision of the entry's last change.
    pub revision: i64,
    /// The entry.
    pub entry: EntryId,
}

impl ChangePlace {
    /// Behind everything that led to a revision.
    pub fn behind(revision: i64) -> Self {
        Self {
            revision,
            entry: EntryId(i64::MAX),
        }
    }
}

impl Entry {
    /// Where its last change stands among all.
    pub fn change_place(&self) -> ChangePlace {
        ChangePlace {
            revision: self.revision,
            entry: self.id,
        }
    }
}

/// The next entries behind `after` that changed last with a revision of at most `up_to`, withdrawn ones included, in the order of
/// their changes; at most `limit`. What has never been public is not among them.
///
/// Unlike [`changed_since`](super::changed_since) it splits revisions. An entry that changes between two pages moves behind them,
/// so that whoever walks to the end has every entry as it was last.
pub fn changes(
    conn: &mut DbConn,
    scope: &Scope,
    after: ChangePlace,
    up_to: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        // The first condition alone lets the index find the place.
        .filter(entries::revision.ge(after.revision.max(UNSEEN + 1)))
        .filter(
            entries::revision
                .gt(after.revision)
                .or(entries::id.gt(after.entry)),
        )
        .filter(entries::revision.le(up_to))
        .order((entries::revision, entries::id))
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}

/// The next published entries behind `after`, in the order of their numbers; at most `limit`.
pub fn published(
    conn: &mut DbConn,
    scope: &Scope,
    after: EntryId,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::id.gt(after))
        .order(entries::id)
        .limit(limit)
        .select(Entry::as_select())
        .load(conn)?)
}
