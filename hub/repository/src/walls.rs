//! A second wall behind the scope of each query: on PostgreSQL the database itself keeps other agencies' rows away
//! (row-level security). SQLite has none, and there the scopes stand alone.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::conn::{Db, DbConn};
use crate::error::StoreError;
use crate::ids::AgencyId;

/// Which agencies' rows there are for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walls {
    /// Those of all.
    Open,
    /// Those of these only.
    Around(Vec<AgencyId>),
}

/// The pool, for work of somebody who stands within walls.
pub struct WalledDb {
    db: Db,
    walls: Walls,
}

impl Db {
    /// The same database as somebody sees it who stands within these walls.
    pub fn within(&self, walls: Walls) -> WalledDb {
        WalledDb {
            db: self.clone(),
            walls,
        }
    }
}

impl WalledDb {
    /// As [`Db::run`], within the walls.
    pub async fn run<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let walls = self.walls;
        self.db.run(move |conn| conn.within(&walls, work)).await
    }

    /// As [`Db::run_writing`], within the walls.
    pub async fn run_writing<T, E, F>(self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let walls = self.walls;
        self.db
            .run_writing(move |conn| conn.within(&walls, work))
            .await
    }
}

impl DbConn {
    /// Does the work within walls: on PostgreSQL in one transaction, since the setting must not outlive the work on a
    /// connection that others use afterwards.
    pub fn within<T, E: From<StoreError>>(
        &mut self,
        walls: &Walls,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let Walls::Around(agencies) = walls else {
            return work(self);
        };
        if !self.is_postgres() {
            return work(self);
        }
        self.write(|conn| {
            // Nobody has the number 0; an empty setting would open the walls.
            let inside = agencies.iter().map(|agency| agency.0);
            let inside: Vec<String> = [0]
                .into_iter()
                .chain(inside)
                .map(|id| id.to_string())
                .collect();
            diesel::sql_query("SELECT set_config('loa.agencies', $1, true)")
                .bind::<Text, _>(inside.join(","))
                .execute(conn)
                .map_err(StoreError::from)?;
            work(conn)
        })
    }
}
