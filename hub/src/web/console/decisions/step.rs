//! What somebody does to an entry, and doing it.

use hub_repository::decisions::{self, Kind, NewDecision, Standing};
use hub_repository::{DbConn, EntryId, Scope, StoreError, Timestamp};

use super::asking::Grounds;
use crate::access::Action;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Step {
    Hold,
    Publish,
    Withdraw,
    TakeDown,
    /// Takes a takedown back.
    Restore,
    /// Leaves an entry as it is, whatever its publisher has changed.
    Keep,
}

impl Step {
    /// The last part of its address, and the word with which its page says that it was done.
    pub(in super::super) fn word(self) -> &'static str {
        match self {
            Self::Hold => "giu",
            Self::Publish => "cong-bo",
            Self::Withdraw => "rut",
            Self::TakeDown => "go",
            Self::Restore => "bo-go",
            Self::Keep => "giu-ban-cu",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Hold => "Giữ lại để xem xét",
            Self::Publish => "Công bố",
            Self::Withdraw => "Rút bài",
            Self::TakeDown => "Gỡ bài",
            Self::Restore => "Bỏ lệnh gỡ",
            Self::Keep => "Giữ bản đang hiện",
        }
    }

    pub(super) fn needs(self) -> Action {
        match self {
            Self::Hold | Self::Publish | Self::Withdraw | Self::Keep => Action::Decide,
            Self::TakeDown | Self::Restore => Action::TakeDown,
        }
    }

    /// What the audit calls it.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Hold => "entry.hold",
            Self::Publish => "entry.publish",
            Self::Withdraw => "entry.withdraw",
            Self::TakeDown => "entry.take-down",
            Self::Restore => "entry.restore",
            Self::Keep => "entry.keep",
        }
    }

    /// Whether the agency is told.
    pub(super) fn is_told(self) -> bool {
        matches!(self, Self::TakeDown | Self::Restore)
    }

    /// Whether it would change nothing.
    pub(super) fn is_done(self, standing: &Standing, scope: Scope) -> bool {
        let stands = |kind| {
            let known = standing.of(kind);
            known.is_some_and(|known| known.by_province || scope != Scope::Province)
        };
        match self {
            Self::Hold => stands(Kind::Hold),
            Self::Withdraw => stands(Kind::Withdrawal),
            Self::TakeDown => stands(Kind::Takedown),
            Self::Restore => standing.of(Kind::Takedown).is_none(),
            Self::Publish => [Kind::Hold, Kind::Withdrawal, Kind::Change]
                .iter()
                .all(|kind| standing.of(*kind).is_none()),
            Self::Keep => standing.of(Kind::Change).is_none(),
        }
    }

    /// Whether it is not the province's alone, as what a policy holds is.
    pub(in super::super) fn is_theirs(self, standing: &Standing, scope: Scope) -> bool {
        match self {
            Self::Publish => is_free(standing, scope),
            Self::Keep => is_own_change(standing, scope),
            _ => true,
        }
    }

    /// Does it.
    pub(in super::super) fn take(
        self,
        conn: &mut DbConn,
        scope: Scope,
        id: EntryId,
        grounds: &Grounds,
        by: &str,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let keep_back = |conn: &mut DbConn, kind| {
            let new = NewDecision {
                kind,
                by_province: scope == Scope::Province,
                reason: &grounds.reason,
                basis: &grounds.basis,
                by,
            };
            decisions::keep_back(conn, &scope, id, &new, now)
        };
        match self {
            Self::Hold => keep_back(conn, Kind::Hold),
            Self::Withdraw => keep_back(conn, Kind::Withdrawal),
            Self::TakeDown => keep_back(conn, Kind::Takedown),
            Self::Publish => decisions::publish(conn, &scope, id, by, now),
            Self::Restore => decisions::take_back(conn, &scope, id, Kind::Takedown, now),
            Self::Keep => decisions::take_back(conn, &scope, id, Kind::Change, now),
        }
    }
}

/// Whether somebody may publish something of it: nothing that keeps it back is the province's alone, nor a change where that is all.
fn is_free(standing: &Standing, scope: Scope) -> bool {
    let kept = [Kind::Hold, Kind::Withdrawal];
    let mut kept = kept
        .into_iter()
        .filter_map(|kind| standing.of(kind))
        .peekable();
    if kept.peek().is_none() && standing.of(Kind::Change).is_some() {
        return is_own_change(standing, scope);
    }
    scope == Scope::Province || kept.all(|known| !known.by_province)
}

/// Whether a change that waits is somebody's to decide about.
fn is_own_change(standing: &Standing, scope: Scope) -> bool {
    let change = standing.of(Kind::Change);
    change.is_some_and(|change| scope == Scope::Province || !change.by_province)
}
