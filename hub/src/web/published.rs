//! Entries as the public has them.

use hub_repository::entries::{self, Entry};
use hub_repository::{DbConn, EntryId, Scope};

use super::error::Error;

/// The entry with this number. One that is public no more is gone; one that never was is not there.
pub(super) fn published(conn: &mut DbConn, id: EntryId) -> Result<Entry, Error> {
    let entry = entries::find(conn, &Scope::Province, id)?;
    let entry = entry.filter(Entry::was_public);
    let entry = entry.ok_or(Error::NotFound("entry"))?;
    if entry.withdrawn_at.is_some() {
        return Err(Error::Gone);
    }
    Ok(entry)
}
