//! Entries by what they cite.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::dsl::{count, count_star};
use diesel::prelude::*;

use super::{Instrument, citations_of, find_all};
use crate::conn::DbConn;
use crate::entries::{Entry, Kind};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::schema::{entries, entry_citations, instruments};
use crate::scope::Scope;
use crate::types::Timestamp;

/// Which of the entries that cite an instrument to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct CitingFilter<'a> {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only this agency's.
    pub agency: Option<AgencyId>,
    /// Only those that cite this article.
    pub article: Option<&'a str>,
    /// Only those after this one in the list: its `listed_at` and its id.
    pub before: Option<(Timestamp, EntryId)>,
}

/// An entry whose basis does not apply any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Outdated {
    /// The entry.
    pub entry: Entry,
    /// The instruments that it cites and that others have taken the place of. The entry was published after the change
    /// where its `listed_at` is later than their `replaced_on`.
    pub replaced: Vec<Instrument>,
}

/// Published entries that cite an instrument, the newest first.
pub fn citing(
    conn: &mut DbConn,
    scope: &Scope,
    key: &str,
    filter: &CitingFilter<'_>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let cite = entry_citations::table
        .filter(entry_citations::instrument.eq(key))
        .select(entry_citations::entry_id);
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .order((entries::listed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    query = match filter.article {
        Some(article) => {
            let cite = cite.filter(entry_citations::article.eq(article));
            query.filter(entries::id.eq_any(cite))
        }
        None => query.filter(entries::id.eq_any(cite)),
    };
    if let Some(kind) = filter.kind {
        query = query.filter(entries::kind.eq(kind));
    }
    if let Some(agency) = filter.agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    if let Some((at, id)) = filter.before {
        query = query
            .filter(entries::listed_at.le(at))
            .filter(entries::listed_at.lt(at).or(entries::id.lt(id)));
    }
    Ok(query.load(conn)?)
}

/// How many published entries of each kind cite an instrument.
pub fn citing_by_kind(
    conn: &mut DbConn,
    scope: &Scope,
    key: &str,
) -> Result<Vec<(Kind, i64)>, StoreError> {
    let cite = entry_citations::table
        .filter(entry_citations::instrument.eq(key))
        .select(entry_citations::entry_id);
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::id.eq_any(cite))
        .group_by(entries::kind)
        .order(entries::kind)
        .select((entries::kind, count_star()))
        .load(conn)?)
}

/// How many published entries cite each article of an instrument, the most cited first; an empty text stands for those
/// that name none.
pub fn citing_by_article(
    conn: &mut DbConn,
    scope: &Scope,
    key: &str,
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut counts: Vec<(String, i64)> = entry_citations::table
        .inner_join(entries::table)
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entry_citations::instrument.eq(key))
        .group_by(entry_citations::article)
        .select((
            entry_citations::article,
            count(entry_citations::entry_id).aggregate_distinct(),
        ))
        .load(conn)?;
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts)
}

/// Published entries that cite what does not apply any more on `day`, the newest first; those before `before`.
pub fn outdated(
    conn: &mut DbConn,
    scope: &Scope,
    agency: Option<AgencyId>,
    day: NaiveDate,
    before: Option<(Timestamp, EntryId)>,
    limit: i64,
) -> Result<Vec<Outdated>, StoreError> {
    let cite = entry_citations::table
        .inner_join(instruments::table)
        .filter(instruments::replaced_by.is_not_null())
        .filter(instruments::replaced_on.le(day))
        .select(entry_citations::entry_id);
    let mut query = entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::id.eq_any(cite))
        .order((entries::listed_at.desc(), entries::id.desc()))
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(agency) = agency {
        query = query.filter(entries::agency_id.eq(agency));
    }
    if let Some((at, id)) = before {
        query = query
            .filter(entries::listed_at.le(at))
            .filter(entries::listed_at.lt(at).or(entries::id.lt(id)));
    }
    let found: Vec<Entry> = query.load(conn)?;
    let ids: Vec<EntryId> = found.iter().map(|entry| entry.id).collect();
    let citations = citations_of(conn, scope, &ids)?;
    let mut keys: Vec<&str> = citations
        .values()
        .flatten()
        .map(|citation| citation.instrument.as_str())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let replaced: HashMap<String, Instrument> = find_all(conn, &keys)?
        .into_iter()
        .filter(|known| known.replaced_by.is_some())
        .filter(|known| known.replaced_on.is_some_and(|on| on <= day))
        .map(|known| (known.key.clone(), known))
        .collect();
    let outdated = found.into_iter().map(|entry| {
        let cited = citations.get(&entry.id).map(Vec::as_slice);
        let mut keys: Vec<&str> = cited
            .unwrap_or_default()
            .iter()
            .map(|citation| citation.instrument.as_str())
            .collect();
        keys.dedup();
        let replaced = keys.iter().filter_map(|key| replaced.get(*key).cloned());
        let replaced = replaced.collect();
        Outdated { entry, replaced }
    });
    Ok(outdated.collect())
}

/// How many published entries of each agency cite what does not apply any more on `day`.
pub fn outdated_counts(
    conn: &mut DbConn,
    scope: &Scope,
    day: NaiveDate,
) -> Result<Vec<(AgencyId, i64)>, StoreError> {
    let cite = entry_citations::table
        .inner_join(instruments::table)
        .filter(instruments::replaced_by.is_not_null())
        .filter(instruments::replaced_on.le(day))
        .select(entry_citations::entry_id);
    Ok(entries::table
        .filter(scope.covers_column(entries::agency_id))
        .filter(entries::withdrawn_at.is_null())
        .filter(entries::id.eq_any(cite))
        .group_by(entries::agency_id)
        .order(entries::agency_id)
        .select((entries::agency_id, count_star()))
        .load(conn)?)
}
