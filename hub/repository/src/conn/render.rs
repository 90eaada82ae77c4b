//! Query nodes that the live connection's own backend renders, because `MultiBackend` refuses them.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;

use super::{DbConn, MultiBackend};

/// A statement that both databases understand although `MultiBackend` refuses it (`ON CONFLICT`).
#[derive(Debug, Clone, Copy, QueryId)]
pub(crate) struct OnBoth<Q>(Q);

/// A query whose rows stay locked until the transaction ends. On SQLite it renders as the plain
/// query: a write transaction there already holds the only write lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Locked<Q> {
    query: Q,
    lock: Lock,
}

pub(crate) trait Render: Sized {
    fn on_both(self) -> OnBoth<Self> {
        OnBoth(self)
    }

    /// Waits for rows that others hold.
    fn locked(self) -> Locked<Self> {
        Locked {
            query: self,
            lock: Lock::Wait,
        }
    }

    /// Leaves out rows that others hold.
    fn locked_or_skipped(self) -> Locked<Self> {
        Locked {
            query: self,
            lock: Lock::Skip,
        }
    }
}

impl<Q> Render for Q {}

impl<Q> QueryFragment<MultiBackend> for OnBoth<Q>
where
    Q: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<Q: Query> Query for OnBoth<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<DbConn> for OnBoth<Q> {}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Locked<Q> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.query.walk_ast(pass.reborrow())?;
        MultiBackend::walk_variant_ast(&self.lock, pass)
    }
}

impl<Q> QueryId for Locked<Q> {
    type QueryId = ();
    // The lock is a value, not a type, so the type alone does not name the SQL.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Locked<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<DbConn> for Locked<Q> {}

#[derive(Debug, Clone, Copy)]
enum Lock {
    Wait,
    Skip,
}

impl QueryFragment<Pg> for Lock {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // NO KEY: rows that refer to the locked one can still be inserted by others.
        pass.push_sql(match self {
            Self::Wait => " FOR NO KEY UPDATE",
            Self::Skip => " FOR NO KEY UPDATE SKIP LOCKED",
        });
        Ok(())
    }
}

impl QueryFragment<Sqlite> for Lock {
    fn walk_ast<'b>(&'b self, _pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        Ok(())
    }
}
