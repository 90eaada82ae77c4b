//! Entries whose publisher gave them new ids.
//!
//! Some sites make up a new id for every entry at every fetch, or change all ids when they move. Their entries would
//! come in again and again. Their addresses tell that they are the ones that are there already, or, where these change
//! too, as with the number of a session in them, what they say and when.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

use chrono::{FixedOffset, NaiveTime};
use diesel::prelude::*;

use super::known::Known;
use super::{CHUNK, Source};
use crate::conn::DbConn;
use crate::entries::NewEntry;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::schema::{concealments, entries, entry_feeds, pending_versions};
use crate::types::Timestamp;

/// The stored entries, withdrawn ones included, that the feed delivers under identities that are not among `known`. Those
/// that are `taken` it delivers under their own.
///
/// Only where it is certain which entry is meant: nothing else in the document and nothing else that the feed speaks
/// for looks the same.
pub(super) fn find(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&str, &NewEntry>,
    known: &HashMap<String, Known>,
    mut taken: HashSet<EntryId>,
) -> Result<Vec<(String, Known)>, StoreError> {
    let mut unknown: HashSet<&str> = delivered.keys().copied().collect();
    unknown.retain(|identity| !known.contains_key(*identity));
    let mut found = Vec::new();
    if unknown.is_empty() {
        return Ok(found);
    }
    let speaks = speaks(conn, source)?;
    // What people keep from the public does not come back by another of the agency's feeds either.
    let likenesses: &[Find] = if speaks {
        &[by_address, by_content, concealed_by_address]
    } else {
        &[concealed_by_address]
    };
    for likeness in likenesses {
        if unknown.is_empty() {
            break;
        }
        for (identity, row) in likeness(conn, source, delivered, &unknown)? {
            if taken.insert(row.id) {
                unknown.remove(identity);
                found.push((identity.to_owned(), row));
            }
        }
    }
    Ok(found)
}

/// Looks for stored entries that look like what is delivered.
type Find = for<'a> fn(
    &mut DbConn,
    Source<'_>,
    &BTreeMap<&'a str, &NewEntry>,
    &HashSet<&str>,
) -> Result<Vec<(&'a str, Known)>, StoreError>;

/// Whether the feed speaks for any entry: a new one does not, and delivers the most.
fn speaks(conn: &mut DbConn, source: Source) -> Result<bool, StoreError> {
    let any = entries::table
        .filter(entries::feed_id.eq(source.feed))
        .select(entries::id)
        .first::<EntryId>(conn)
        .optional()?;
    Ok(any.is_some())
}

/// Those of the feed, by their address.
fn by_address<'a>(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&'a str, &NewEntry>,
    unknown: &HashSet<&str>,
) -> Result<Vec<(&'a str, Known)>, StoreError> {
    with_addresses(conn, source, delivered, unknown, true)
}

/// Those of the agency that decisions keep from the public, by their address.
fn concealed_by_address<'a>(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&'a str, &NewEntry>,
    unknown: &HashSet<&str>,
) -> Result<Vec<(&'a str, Known)>, StoreError> {
    with_addresses(conn, source, delivered, unknown, false)
}

/// By their address, when it is not the site's front page, which some sites name for everything: those of the feed, or those of the
/// agency that decisions keep from the public.
fn with_addresses<'a>(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&'a str, &NewEntry>,
    unknown: &HashSet<&str>,
    of_feed: bool,
) -> Result<Vec<(&'a str, Known)>, StoreError> {
    let address = |entry: &NewEntry| entry.url.clone().filter(|url| !is_front_page(url));
    let wanted = only(
        delivered
            .iter()
            .filter_map(|(identity, entry)| Some((address(entry)?, *identity))),
    );
    let wanted = of_unknown(wanted, unknown);
    let addresses: Vec<&str> = wanted.keys().map(String::as_str).collect();
    let mut rows: Vec<(Option<String>, Known)> = Vec::new();
    for addresses in addresses.chunks(CHUNK) {
        let some = entries::table
            .left_join(
                entry_feeds::table.on(entry_feeds::entry_id
                    .eq(entries::id)
                    .and(entry_feeds::feed_id.eq(source.feed))),
            )
            .left_join(concealments::table)
            .left_join(pending_versions::table)
            .filter(entries::url.eq_any(addresses))
            .select((entries::url, Known::as_select()))
            .into_boxed();
        let some = if of_feed {
            some.filter(entries::feed_id.eq(source.feed))
        } else {
            some.filter(entries::agency_id.eq(source.agency))
                .filter(concealments::since.nullable().is_not_null())
        };
        rows.extend(some.load(conn)?);
    }
    let rows = rows.into_iter().filter_map(|(url, row)| Some((url?, row)));
    Ok(pairs(wanted, rows))
}

/// Title, moment of publication, summary and body.
type Content = (String, Option<Timestamp>, String, String);

/// By their title and date, and by their text where the date says too little.
fn by_content<'a>(
    conn: &mut DbConn,
    source: Source<'_>,
    delivered: &BTreeMap<&'a str, &NewEntry>,
    unknown: &HashSet<&str>,
) -> Result<Vec<(&'a str, Known)>, StoreError> {
    let wanted = only(delivered.iter().filter_map(|(identity, entry)| {
        let text = (entry.summary.clone(), entry.body_html.clone());
        let likeness = Likeness::of(entry.title.clone(), entry.published_at, text)?;
        Some((likeness, *identity))
    }));
    let wanted = of_unknown(wanted, unknown);
    let likenesses: Vec<&Likeness> = wanted.keys().collect();
    let mut rows: Vec<(Content, Known)> = Vec::new();
    for likenesses in likenesses.chunks(CHUNK) {
        let titles = likenesses.iter().map(|like| like.title.as_str());
        let dates = likenesses.iter().filter_map(|like| like.published_at);
        let undated = likenesses.iter().any(|like| like.published_at.is_none());
        // Two queries, each in the order of the index.
        let some = || {
            entries::table
                .left_join(
                    entry_feeds::table.on(entry_feeds::entry_id
                        .eq(entries::id)
                        .and(entry_feeds::feed_id.eq(source.feed))),
                )
                .left_join(concealments::table)
                .left_join(pending_versions::table)
                .filter(entries::feed_id.eq(source.feed))
                .filter(entries::title.eq_any(titles.clone()))
        };
        let likeness = (
            entries::title,
            entries::published_at,
            entries::summary,
            entries::body_html,
        );
        let select = (likeness, Known::as_select());
        let of_dates = some().filter(entries::published_at.eq_any(dates));
        rows.extend(of_dates.select(select).load(conn)?);
        if undated {
            let of_none = some().filter(entries::published_at.is_null());
            rows.extend(of_none.select(select).load(conn)?);
        }
    }
    let rows = rows.into_iter().filter_map(|(row, known)| {
        let (title, published_at, summary, body) = row;
        Some((Likeness::of(title, published_at, (summary, body))?, known))
    });
    Ok(pairs(wanted, rows))
}

/// What two entries have in common that are one.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    title: String,
    published_at: Option<Timestamp>,
    /// Summary and body, where title and date could be another entry's: notices of one day often have one title.
    text: Option<(String, String)>,
}

impl Likeness {
    /// None of entries that say too little to be told apart.
    fn of(
        title: String,
        published_at: Option<Timestamp>,
        text: (String, String),
    ) -> Option<Likeness> {
        let moment = published_at.filter(|at| !is_midnight(*at));
        let is_certain = moment.is_some() && !title.is_empty();
        if !is_certain && text.0.is_empty() && text.1.is_empty() {
            return None;
        }
        Some(Likeness {
            title,
            published_at,
            text: Some(text).filter(|_| !is_certain),
        })
    }
}

/// A day that was written as its first moment, in the province's time or in UTC.
fn is_midnight(at: Timestamp) -> bool {
    let at = at.to_utc();
    let province = FixedOffset::east_opt(7 * 3600).map(|zone| at.with_timezone(&zone).time());
    at.time() == NaiveTime::MIN || province == Some(NaiveTime::MIN)
}

/// The keys that stand for one thing alone.
fn only<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, V> {
    let mut found: HashMap<K, Option<V>> = HashMap::new();
    for (key, value) in pairs {
        found
            .entry(key)
            .and_modify(|several| *several = None)
            .or_insert(Some(value));
    }
    found
        .into_iter()
        .filter_map(|(key, one)| Some((key, one?)))
        .collect()
}

fn of_unknown<'a, K: Eq + Hash>(
    mut wanted: HashMap<K, &'a str>,
    unknown: &HashSet<&str>,
) -> HashMap<K, &'a str> {
    wanted.retain(|_, identity| unknown.contains(*identity));
    wanted
}

/// What is wanted with the one that is stored, in the order of the identities. Beside a published entry its withdrawn
/// predecessors do not count.
fn pairs<K: Eq + Hash>(
    wanted: HashMap<K, &str>,
    rows: impl Iterator<Item = (K, Known)>,
) -> Vec<(&str, Known)> {
    let mut stored: HashMap<K, Vec<Known>> = HashMap::new();
    for (key, row) in rows {
        stored.entry(key).or_default().push(row);
    }
    let mut pairs: Vec<_> = wanted
        .into_iter()
        .filter_map(|(key, identity)| {
            let mut rows = stored.remove(&key)?;
            if rows.iter().any(Known::is_standing) {
                rows.retain(Known::is_standing);
            }
            let row = rows.pop()?;
            rows.is_empty().then_some((identity, row))
        })
        .collect();
    pairs.sort_by_key(|(identity, _)| *identity);
    pairs
}

fn is_front_page(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place
        .split_once('/')
        .is_none_or(|(_, path)| path.is_empty())
}
