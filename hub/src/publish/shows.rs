//! What a document shows: for as long as nothing of it changes, the document is right.

use std::collections::{BTreeSet, HashMap};

use hub_repository::changes::Changes;
use hub_repository::entries::Kind;
use hub_repository::{AgencyId, EntryId};

/// Parts whose last change is remembered one by one. Beyond it everything before counts as changed.
const MAX_REMEMBERED: usize = 50_000;

/// What a document shows.
///
/// Agencies' names and succession, the vocabulary and what the calendar changes need not be named: when one of them
/// changes, no document is right any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shows {
    /// Anything: a change of whatever kind makes it wrong.
    #[default]
    Everything,
    /// Entries of every agency and kind, or how many there are.
    Entries,
    /// These parts.
    Parts(BTreeSet<Part>),
}

/// Something that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// One entry. That which stands for a cluster changes with each that joins the cluster.
    Entry(EntryId),
    /// An agency's entries, or how many they are.
    Agency(AgencyId),
    /// The entries of a kind.
    Kind(Kind),
    /// What is known of a legal document, by its key.
    Instrument(String),
}

impl Shows {
    /// These parts and nothing else.
    pub fn only(parts: impl IntoIterator<Item = Part>) -> Self {
        Self::Parts(parts.into_iter().collect())
    }

    /// One entry, and nothing that another one can change.
    pub fn entry(id: EntryId) -> Self {
        Self::only([Part::Entry(id)])
    }

    /// A list of the entries of an agency, of a kind, of both, or of all.
    pub fn list(agency: Option<AgencyId>, kind: Option<Kind>) -> Self {
        match (agency, kind) {
            (Some(agency), _) => Self::only([Part::Agency(agency)]),
            (None, Some(kind)) => Self::only([Part::Kind(kind)]),
            (None, None) => Self::Entries,
        }
    }
}

/// When which part changed last, in a hub's count of the states that its pages have shown.
#[derive(Debug, Default)]
pub(super) struct LastChanged {
    /// Anything at all.
    any: u64,
    /// Any entry.
    entries: u64,
    /// What no document names.
    rest: u64,
    parts: HashMap<Part, u64>,
}

impl LastChanged {
    /// Notes what a state changed; none is everything.
    pub(super) fn note(&mut self, state: u64, changes: Option<Changes>) {
        self.any = state;
        let Some(changes) = changes else {
            self.rest = state;
            self.parts.clear();
            return;
        };
        if !changes.entries.is_empty() {
            self.entries = state;
        }
        let entries = changes.entries.into_iter().map(Part::Entry);
        let agencies = changes.agencies.into_iter().map(Part::Agency);
        let kinds = changes.kinds.into_iter().map(Part::Kind);
        let instruments = changes.instruments.into_iter().map(Part::Instrument);
        let parts = entries.chain(agencies).chain(kinds).chain(instruments);
        self.parts.extend(parts.map(|part| (part, state)));
        if self.parts.len() > MAX_REMEMBERED {
            self.rest = state;
            self.parts.clear();
        }
    }

    /// Whether what was made in a state is right now.
    pub(super) fn is_right(&self, shows: &Shows, made: u64) -> bool {
        let changed = match shows {
            Shows::Everything => self.any,
            Shows::Entries => self.entries.max(self.rest),
            Shows::Parts(parts) => {
                let last = parts.iter().filter_map(|part| self.parts.get(part)).max();
                self.rest.max(last.copied().unwrap_or(0))
            }
        };
        changed <= made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(entry: i64, agency: i64, kind: Kind) -> Changes {
        Changes {
            entries: [EntryId(entry)].into(),
            agencies: [AgencyId(agency)].into(),
            kinds: [kind].into(),
            instruments: BTreeSet::new(),
            withdrawn: false,
        }
    }

    #[test]
    fn a_change_makes_wrong_what_shows_it_and_nothing_else() {
        let mut changed = LastChanged::default();
        changed.note(2, Some(changes(7, 1, Kind::News)));
        for (shows, made, is_right) in [
            (Shows::Everything, 1, false),
            (Shows::Entries, 1, false),
            (Shows::Entries, 2, true),
            (Shows::list(Some(AgencyId(1)), None), 1, false),
            (Shows::list(Some(AgencyId(2)), Some(Kind::News)), 1, true),
            (Shows::list(None, Some(Kind::News)), 1, false),
            (Shows::list(None, Some(Kind::Qa)), 1, true),
            (Shows::only([Part::Entry(EntryId(7))]), 1, false),
            (Shows::only([Part::Entry(EntryId(8))]), 1, true),
            (
                Shows::only([Part::Entry(EntryId(8)), Part::Entry(EntryId(7))]),
                1,
                false,
            ),
        ] {
            assert_eq!(changed.is_right(&shows, made), is_right, "{shows:?} {made}");
        }
        changed.note(3, Some(Changes::default()));
        assert!(changed.is_right(&Shows::Entries, 2), "no entry has changed");
        assert!(!changed.is_right(&Shows::Everything, 2));
        changed.note(4, None);
        assert!(!changed.is_right(&Shows::only([Part::Entry(EntryId(8))]), 3));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_forgotten_counts_as_changed() {
        let mut changed = LastChanged::default();
        let many = i64::try_from(MAX_REMEMBERED).unwrap() + 10;
        for entry in 1..=many {
            changed.note(entry.unsigned_abs(), Some(changes(entry, 1, Kind::News)));
        }
        assert!(changed.parts.len() <= MAX_REMEMBERED);
        assert!(!changed.is_right(&Shows::only([Part::Entry(EntryId(1))]), 0));
        assert!(!changed.is_right(&Shows::only([Part::Entry(EntryId(1))]), 1));
    }
}
