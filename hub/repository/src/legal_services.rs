//! Who helps citizens with the law, and where: one directory of the province.

use diesel::prelude::*;

use crate::agencies::province_only;
use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::revision::{self, Reach};
use crate::schema::legal_services as table;
use crate::scope::Scope;
use crate::text_enum::text_enum;

/// Rows in one `INSERT`.
const CHUNK: usize = 500;

text_enum! {
    /// How somebody helps.
    pub enum ServiceKind {
        /// Legal aid without charge (Law on Legal Aid 2017).
        LegalAid = "tro-giup-phap-ly",
        /// Mediation at the grass roots (Law 35/2013/QH13).
        Mediation = "hoa-giai",
        /// Advice on the law.
        Consulting = "tu-van",
    }
}

/// Somebody who helps.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct LegalService {
    /// How.
    pub kind: ServiceKind,
    /// The name of the centre, the team or the office.
    pub name: String,
    /// The commune or ward that it is there for; the province's name where it is for all.
    pub area: String,
    /// Where it is.
    pub address: Option<String>,
    /// Its telephone number, as people write it.
    pub phone: Option<String>,
    /// Its address for e-mail.
    pub email: Option<String>,
    /// When it is open.
    pub hours: Option<String>,
    /// What else there is to know.
    pub note: Option<String>,
}

/// The whole directory, by area, kind and name.
pub fn list(conn: &mut DbConn) -> Result<Vec<LegalService>, StoreError> {
    Ok(table::table
        .order((table::area, table::kind, table::name, table::id))
        .select(LegalService::as_select())
        .load(conn)?)
}

/// Puts `services` in place of the whole directory. Raises the revision. `Invalid` where a text holds U+0000.
pub fn replace(
    conn: &mut DbConn,
    scope: &Scope,
    services: &[LegalService],
) -> Result<(), StoreError> {
    province_only(*scope)?;
    for service in services {
        let optional = [
            &service.address,
            &service.phone,
            &service.email,
            &service.hours,
            &service.note,
        ];
        [&service.name, &service.area]
            .into_iter()
            .chain(optional.into_iter().flatten())
            .map(String::as_str)
            .try_for_each(no_nul)?;
    }
    conn.write(|conn| {
        diesel::delete(table::table).execute(conn)?;
        for services in services.chunks(CHUNK) {
            match conn {
                DbConn::Postgres(conn) => {
                    diesel::insert_into(table::table)
                        .values(services)
                        .execute(conn)?;
                }
                DbConn::Sqlite(conn) => {
                    diesel::insert_into(table::table)
                        .values(services)
                        .execute(conn)?;
                }
            }
        }
        revision::next(conn, Reach::Everything)?;
        Ok(())
    })
}
