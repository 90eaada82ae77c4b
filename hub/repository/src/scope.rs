//! Whose data a caller may see and change.

use diesel::backend::Backend;
use diesel::dsl::Eq;
use diesel::expression::{AppearsOnTable, SelectableExpression, ValidGrouping};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool};

use crate::ids::AgencyId;

/// Whose data a caller may see and change. What lies outside of it does not exist for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The province: everything.
    Province,
    /// One agency: its own.
    Agency(AgencyId),
}

impl Scope {
    /// True when the scope covers the agency's data.
    pub fn covers(self, agency: AgencyId) -> bool {
        match self {
            Self::Province => true,
            Self::Agency(own) => own == agency,
        }
    }

    /// The condition that `column`, which holds a row's agency, lies in the scope.
    pub(crate) fn covers_column<C>(self, column: C) -> Covers<Eq<C, AgencyId>>
    where
        C: Expression<SqlType = BigInt> + ExpressionMethods,
    {
        Covers(match self {
            Self::Province => None,
            Self::Agency(own) => Some(column.eq(own)),
        })
    }
}

/// A condition that may be none, and then always holds. Unlike a boxed one it stands in
/// subqueries, and in updates, of both databases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Covers<E>(Option<E>);

impl<E: Expression> Expression for Covers<E> {
    type SqlType = Bool;
}

impl<E: ValidGrouping<G>, G> ValidGrouping<G> for Covers<E> {
    type IsAggregate = E::IsAggregate;
}

impl<E: AppearsOnTable<T>, T> AppearsOnTable<T> for Covers<E> {}

impl<E: SelectableExpression<T>, T> SelectableExpression<T> for Covers<E> {}

impl<E> QueryId for Covers<E> {
    type QueryId = ();
    // Whether there is a condition is a value, not a type, so the type does not name the SQL.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<E: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Covers<E> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if let Some(condition) = &self.0 {
            return condition.walk_ast(pass);
        }
        pass.push_sql("TRUE");
        Ok(())
    }
}
