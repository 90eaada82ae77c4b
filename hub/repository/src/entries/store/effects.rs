//! What the words of a feed do to the entries that are known.

use std::collections::HashSet;

use diesel::prelude::*;

use super::delivery::delivery;
use super::known::Known;
use super::said::Said;
use crate::conn::DbConn;
use crate::entries::{NewEntry, pending, versions};
use crate::error::StoreError;
use crate::ids::{EntryId, FeedId};
use crate::readings::Reading;
use crate::schema::entries;
use crate::types::Timestamp;
use crate::{decisions, notices};

/// The writes of one harvest.
pub(super) struct Store<'c, 'a> {
    pub(super) conn: &'c mut DbConn,
    pub(super) feed: FeedId,
    pub(super) now: Timestamp,
    /// What the feed said that is to be remembered.
    pub(super) said: Vec<Said<'a>>,
    /// How what changed was read.
    pub(super) read: Vec<(EntryId, &'a Reading)>,
    /// What changed and is kept from the public.
    pub(super) concealed: HashSet<EntryId>,
    /// Whether readers could see that it said something else than before.
    pub(super) spoke: bool,
}

/// What a word of the feed's did to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    /// It has changed, and people keep it from the public.
    Unseen,
    /// The public sees a change.
    Seen,
}

impl<'a> Store<'_, 'a> {
    pub(super) fn update(
        &mut self,
        known: &Known,
        entry: &'a NewEntry,
    ) -> Result<Effect, StoreError> {
        let repeated = known.said.as_ref() == Some(&entry.content_hash);
        self.spoke |= !repeated;
        // The same content may have another source, as after a new version of the cleaner.
        if !repeated || known.source != entry.source_hash {
            self.said.push(Said::entry(known.id, entry));
        }
        if repeated && known.primary.is_some() {
            return Ok(Effect::None);
        }
        if known.primary.is_some_and(|primary| primary != self.feed) {
            return Ok(Effect::None);
        }
        // A withdrawn entry comes back when the feed says something else than it said last: other
        // content, or content after its tombstone. That it merely still delivers it is no news.
        let changes = match known.gone_at() {
            Some(_) => !repeated,
            None => known.content_hash != entry.content_hash,
        };
        let row = diesel::update(entries::table.find(known.id));
        if known.waiting.is_some() {
            decisions::forget_change(self.conn, known.id)?;
        }
        if !changes {
            row.set(entries::feed_id.eq(self.feed)).execute(self.conn)?;
            return Ok(Effect::None);
        }
        if let Some(held) = entry.held.as_ref().filter(|held| held.is_for_all())
            && known.withdrawn_at.is_none()
        {
            row.set(entries::feed_id.eq(self.feed)).execute(self.conn)?;
            pending::keep(self.conn, known.id, entry)?;
            decisions::hold_change(self.conn, known.id, held, self.now)?;
            return Ok(Effect::Unseen);
        }
        self.notice(known, entry)?;
        if known.stood() {
            versions::keep(self.conn, known.id, known.version, self.now)?;
        }
        let concealed = self.conceals(known, entry)?;
        let seen = known.first_seen_at;
        let listed_at = entry.published_at.map_or(seen, |at| at.min(seen));
        row.set((
            delivery(entry, self.feed, self.now, listed_at, concealed),
            entries::version.eq(known.version + 1),
        ))
        .execute(self.conn)?;
        self.read.push((known.id, &entry.reading));
        if concealed.is_some() {
            self.concealed.insert(known.id);
        }
        let is_seen = known.withdrawn_at.is_none() || concealed.is_none();
        Ok(if is_seen {
            Effect::Seen
        } else {
            Effect::Unseen
        })
    }

    /// Since when decisions keep the entry from the public as it is now. What holds it back is noted, unless people have published
    /// it with the same before.
    fn conceals(
        &mut self,
        known: &Known,
        entry: &NewEntry,
    ) -> Result<Option<Timestamp>, StoreError> {
        if let Some(held) = &entry.held {
            // Whoever takes back their own decision does not publish what nobody has looked at.
            let is_unseen = known.withdrawn_at.is_some();
            if held.is_for_all() && is_unseen && known.content_hash != entry.content_hash {
                decisions::hold_by_rule(self.conn, known.id, held, self.now)?;
            }
            decisions::hold_again(self.conn, known.id, held, self.now)?;
        }
        decisions::stands_by(self.conn, known.id)
    }

    /// Tells of the change of an old entry that its publisher does not tell of. What the hub itself has mended is no
    /// change of the publisher's.
    fn notice(&mut self, known: &Known, entry: &NewEntry) -> Result<(), StoreError> {
        let is_old = self.now - known.listed_at > notices::OLD;
        let is_declared = entry.updated_at > known.updated_at;
        let is_mended = entry.reading.repair.is_some();
        if !is_old || is_declared || is_mended || known.withdrawn_at.is_some() {
            return Ok(());
        }
        let change = notices::Change {
            entry: known.id,
            version: known.version + 1,
            texts: [&entry.title, &entry.summary, &entry.body_html],
            now: self.now,
        };
        notices::raise_silent_change(self.conn, &change)
    }

    pub(super) fn withdraw(&mut self, known: &Known) -> Result<Effect, StoreError> {
        if known.spoken_of.is_none() || known.said.is_some() {
            self.spoke = true;
            self.said.push(Said::tombstone(known.id));
        }
        if known.gone_at().is_some() {
            return Ok(Effect::None);
        }
        if known.waiting.is_some() {
            decisions::forget_change(self.conn, known.id)?;
        }
        let row = diesel::update(entries::table.find(known.id));
        if known.concealed_at.is_some() {
            row.set(entries::feed_id.eq(self.feed)).execute(self.conn)?;
            decisions::note_gone(self.conn, known.id, Some(self.now))?;
            return Ok(Effect::Unseen);
        }
        row.set((
            entries::feed_id.eq(self.feed),
            entries::withdrawn_at.eq(self.now),
            entries::changed_at.eq(self.now),
        ))
        .execute(self.conn)?;
        Ok(Effect::Seen)
    }
}
