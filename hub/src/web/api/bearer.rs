//! Programs that act for a person, with a token in `Authorization: Bearer …` (RFC 6750).

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use hub_repository::api_tokens::{self, ApiToken};
use hub_repository::audit::{Actor, Change};
use hub_repository::people::{self, Membership, Person};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, WalledDb, Walls, audit};

use super::super::error::{ApiError, Error};
use super::super::limit::{Client, Peer};
use crate::access::{self, Action};
use crate::app::App;

/// The name of the scheme, as RFC 6750 §2.1 has it; names of schemes know no capitals (RFC 9110 §11.1).
const SCHEME: &str = "bearer";

/// The program of a good token.
#[derive(Debug, Clone)]
pub(super) struct Bearer {
    pub(super) token: ApiToken,
    pub(super) person: Person,
    parts: Vec<Membership>,
    address: String,
}

impl FromRequestParts<App> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let given = parts.headers.get(header::AUTHORIZATION);
        let given = given.and_then(|value| value.to_str().ok()?.split_once(' '));
        let token = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(SCHEME));
        let (_, token) = token.ok_or(Error::Unauthorized)?;
        let hash = access::api_token_hash(token.trim());
        let address = parts.extensions.get::<Peer>().map(|Peer(peer)| {
            Client::of(*peer, &parts.headers, &app.config.trusted_proxies).to_string()
        });
        let address = address.unwrap_or_default();
        let from = address.clone();
        let found = app.db.run(move |conn| {
            let Some((token, person)) = api_tokens::resume(conn, &hash, &from, Timestamp::now())?
            else {
                return Ok(None);
            };
            let parts = people::memberships(conn, &Scope::Province, person.id)?;
            Ok::<_, StoreError>(Some((token, person, parts)))
        });
        let (token, person, parts) = found.await?.ok_or(Error::Unauthorized)?;
        Ok(Self {
            token,
            person,
            parts,
            address,
        })
    }
}

impl Bearer {
    /// The scopes in which the program may do that; `Forbidden` when there are none, naming the token's scope that it takes.
    pub(super) fn scopes(&self, action: Action, takes: &'static str) -> Result<Vec<Scope>, Error> {
        let scopes = access::token_scopes(&self.token, &self.parts, action);
        if scopes.is_empty() {
            return Err(Error::Forbidden(takes));
        }
        Ok(scopes)
    }

    /// The scope in which the program may do that to what is this agency's.
    pub(super) fn scope(
        &self,
        action: Action,
        takes: &'static str,
        agency: AgencyId,
    ) -> Result<Scope, Error> {
        let scopes = self.scopes(action, takes)?;
        let covers = scopes.iter().any(|scope| scope.covers(agency));
        covers
            .then_some(Scope::Agency(agency))
            .ok_or(Error::Forbidden(takes))
    }

    /// The database, as far as there is something for the program in it, whatever a query forgets.
    pub(super) fn db(&self, app: &App) -> WalledDb {
        let walls = match self.token.agency_id {
            Some(agency) => Walls::Around(vec![agency]),
            None => access::walls(&self.parts),
        };
        app.db.within(walls)
    }

    /// Notes a change in the audit, with the token's name. Call it in the transaction of the change.
    pub(super) fn note(&self, conn: &mut DbConn, change: &Change) -> Result<(), StoreError> {
        let actor = Actor {
            person: Some(self.person.id),
            name: &format!("{} (khóa API “{}”)", self.person.name, self.token.name),
            address: &self.address,
        };
        audit::append(conn, &actor, change, Timestamp::now())
    }
}
