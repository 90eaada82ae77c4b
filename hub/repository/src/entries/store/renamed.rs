//! Entries whose publisher gave them new ids.
//!
//! Some sites make up a new id for every entry at every fetch, or change all ids when they move. Their entries would
//! come in again and again; their addresses tell that they are the ones that are there already.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;

use super::{CHUNK, Known};
use crate::conn::DbConn;
use crate::entries::NewEntry;
use crate::error::StoreError;
use crate::ids::EntryId;
use crate::leases::Claim;
use crate::schema::{entries, entry_feeds};

/// Gives stored entries the identities under which the feed delivers them now, and adds them to `known`.
///
/// Only where it is certain which entry is meant: nothing else in the document and nothing else that the feed speaks
/// for has the address, and it is not the site's front page, which some sites name for everything.
pub(super) fn by_address(
    conn: &mut DbConn,
    claim: &Claim,
    delivered: &BTreeMap<&str, &NewEntry>,
    known: &mut HashMap<String, Known>,
) -> Result<(), StoreError> {
    let mut identity_at: HashMap<&str, Option<&str>> = HashMap::new();
    for (identity, entry) in delivered {
        if let Some(url) = entry.url.as_deref().filter(|url| !is_front_page(url)) {
            identity_at
                .entry(url)
                .and_modify(|several| *several = None)
                .or_insert(Some(identity));
        }
    }
    identity_at.retain(|_, identity| identity.is_some_and(|one| !known.contains_key(one)));
    let delivered_again: HashSet<EntryId> = known.values().map(|known| known.id).collect();
    let addresses: Vec<&str> = identity_at.keys().copied().collect();
    let mut found: HashMap<String, Option<Known>> = HashMap::new();
    for addresses in addresses.chunks(CHUNK) {
        let rows: Vec<(Option<String>, Known)> = entries::table
            .left_join(
                entry_feeds::table.on(entry_feeds::entry_id
                    .eq(entries::id)
                    .and(entry_feeds::feed_id.eq(claim.feed_id))),
            )
            .filter(entries::feed_id.eq(claim.feed_id))
            .filter(entries::url.eq_any(addresses))
            .filter(entries::withdrawn_at.is_null())
            .select((entries::url, Known::as_select()))
            .load(conn)?;
        for (url, row) in rows {
            found
                .entry(url.unwrap_or_default())
                .and_modify(|several| *several = None)
                .or_insert(Some(row));
        }
    }
    for (url, row) in found {
        let identity = identity_at.get(url.as_str()).copied().flatten();
        let row = row.filter(|row| !delivered_again.contains(&row.id));
        if let (Some(row), Some(identity)) = (row, identity) {
            diesel::update(entries::table.find(row.id))
                .set(entries::identity.eq(identity))
                .execute(conn)?;
            known.insert(identity.to_owned(), row);
        }
    }
    Ok(())
}

fn is_front_page(url: &str) -> bool {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place
        .split_once('/')
        .is_none_or(|(_, path)| path.is_empty())
}
