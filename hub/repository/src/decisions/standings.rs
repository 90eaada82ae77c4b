//! How entries stand.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Decision, Kind};
use crate::conn::DbConn;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::{concealments, decisions as table, entries};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Entries in one `IN` list.
const CHUNK: usize = 500;

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
