//! What people changed: append-only, each record holding the hash of the one before.
//!
//! A record is written in the transaction of its change, so that there is none without the other.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::ids::{AgencyId, PersonId};
use crate::schema::{audit as table, audit_head as head};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Records that are held at once while they are proven.
const BATCH: i64 = 500;

/// Who changed something.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The person; none for the command line.
    pub person: Option<PersonId>,
    /// The name as it was.
    pub name: &'a str,
    /// From where.
    pub address: &'a str,
}

/// What was changed.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What was done, such as `feed.harvest`.
    pub action: &'static str,
    /// Whose it is; none is the province's.
    pub agency: Option<AgencyId>,
    /// What it was done to, such as `feed 7`.
    pub target: String,
    /// How that was before, where there was something.
    pub before: Option<serde_json::Value>,
    /// How it is now.
    pub after: Option<serde_json::Value>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend), treat_none_as_default_value = false)]
pub struct Record {
    /// Counts from 1, without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who; none is the command line.
    pub person_id: Option<PersonId>,
    /// The name as it was.
    pub name: String,
    /// From where.
    pub address: String,
    /// What was done, such as `feed.harvest`.
    pub action: String,
    /// Whose it was; none is the province's.
    pub agency_id: Option<AgencyId>,
    /// What it was done to, such as `feed 7`.
    pub target: String,
    /// JSON of how that was before.
    pub before_json: Option<String>,
    /// JSON of how it was then.
    pub after_json: Option<String>,
    /// The hash of the record before; empty for the first.
    pub previous: String,
    /// SHA-256 of all of the above, in hexadecimal.
    pub hash: String,
}

/// Which records to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Only those of this agency's things.
    pub agency: Option<AgencyId>,
    /// Only those of this person.
    pub person: Option<PersonId>,
    /// Only those whose action begins so.
    pub action: Option<&'a str>,
    /// Only those before this one.
    pub before: Option<i64>,
}

/// What proving the records came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is as it was written, and none is missing.
    Whole {
        /// How many there are.
        records: i64,
        /// The hash of the last: kept elsewhere, it proves later that the end was not written anew.
        head: String,
    },
    /// Up to the one before this, all is well.
    Broken {
        /// The first record that is not.
        record: i64,
        /// What is wrong with it.
        why: Break,
    },
}

/// What is wrong with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// It is not there.
    Missing,
    /// It does not follow the one before.
    Unlinked,
    /// It is not as it was written.
    Altered,
}

impl Record {
    /// The hash that the record should have: SHA-256 of its other fields as a JSON array, in the order of the columns.
    fn reckoned(&self) -> Result<String, StoreError> {
        let fields = (
            self.id,
            self.at,
            self.person_id,
            &self.name,
            &self.address,
            &self.action,
            self.agency_id,
            &self.target,
            &self.before_json,
            &self.after_json,
            &self.previous,
        );
        let canonical = serde_json::to_vec(&fields).map_err(StoreError::task)?;
        Ok(hex::encode(Sha256::digest(canonical)))
    }
}

/// Appends a record of a change. Call it in the transaction of the change, as the last write: whoever appends waits for
/// the one before.
pub fn append(
    conn: &mut DbConn,
    actor: &Actor<'_>,
    change: &Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    let written = |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string);
    conn.write(|conn| {
        let last = head::table.find(1).select((head::records, head::hash));
        let (records, previous): (i64, String) = last.locked().get_result(conn)?;
        let mut record = Record {
            id: records + 1,
            at: now,
            person_id: actor.person,
            name: without_nul(actor.name),
            address: without_nul(actor.address),
            action: change.action.to_owned(),
            agency_id: change.agency,
            target: without_nul(&change.target),
            before_json: written(&change.before),
            after_json: written(&change.after),
            previous,
            hash: String::new(),
        };
        record.hash = record.reckoned()?;
        diesel::insert_into(table::table)
            .values(&record)
            .execute(conn)?;
        diesel::update(head::table.find(1))
            .set((head::records.eq(record.id), head::hash.eq(&record.hash)))
            .execute(conn)?;
        Ok(())
    })
}

/// Records of the province, the last first.
pub fn list(
    conn: &mut DbConn,
    scope: &Scope,
    filter: &Filter<'_>,
    limit: i64,
) -> Result<Vec<Record>, StoreError> {
    province_only(*scope)?;
    let mut query = table::table
        .order(table::id.desc())
        .limit(limit)
        .select(Record::as_select())
        .into_boxed();
    if let Some(agency) = filter.agency {
        query = query.filter(table::agency_id.eq(agency));
    }
    if let Some(person) = filter.person {
        query = query.filter(table::person_id.eq(person));
    }
    if let Some(action) = filter.action {
        query = if action.ends_with('.') {
            let pattern = format!("{}%", action.replace(['%', '_', '\\'], ""));
            query.filter(table::action.like(pattern))
        } else {
            query.filter(table::action.eq(action))
        };
    }
    if let Some(before) = filter.before {
        query = query.filter(table::id.lt(before));
    }
    Ok(query.load(conn)?)
}

/// How many records there are.
pub fn count(conn: &mut DbConn) -> Result<i64, StoreError> {
    Ok(head::table.find(1).select(head::records).first(conn)?)
}

/// Proves that no record was altered or taken away; `tell` hears how many are proven. What is appended meanwhile is left
/// for the next time.
pub fn verify(conn: &mut DbConn, mut tell: impl FnMut(i64)) -> Result<Verdict, StoreError> {
    let (records, last): (i64, String) = head::table
        .find(1)
        .select((head::records, head::hash))
        .first(conn)?;
    let mut previous = String::new();
    let mut proven = 0;
    while proven < records {
        let batch: Vec<Record> = table::table
            .filter(table::id.gt(proven))
            .filter(table::id.le(records))
            .order(table::id)
            .limit(BATCH)
            .select(Record::as_select())
            .load(conn)?;
        if batch.is_empty() {
            return Ok(broken(proven + 1, Break::Missing));
        }
        for record in batch {
            if record.id != proven + 1 {
                return Ok(broken(proven + 1, Break::Missing));
            }
            if record.previous != previous {
                return Ok(broken(record.id, Break::Unlinked));
            }
            if record.hash != record.reckoned()? {
                return Ok(broken(record.id, Break::Altered));
            }
            previous = record.hash;
            proven = record.id;
        }
        tell(proven);
    }
    if previous != last {
        return Ok(broken(records, Break::Altered));
    }
    // What was appended meanwhile moved the head on; what lies behind the head was put there past it.
    let now: i64 = head::table.find(1).select(head::records).first(conn)?;
    let newest: Option<i64> = table::table
        .order(table::id.desc())
        .select(table::id)
        .first(conn)
        .optional()?;
    if newest.unwrap_or(0) > now {
        return Ok(broken(now + 1, Break::Unlinked));
    }
    Ok(Verdict::Whole {
        records,
        head: last,
    })
}

fn broken(record: i64, why: Break) -> Verdict {
    Verdict::Broken { record, why }
}

/// PostgreSQL stores no NUL, and a change is not to fail for a browser's odd name.
fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}
