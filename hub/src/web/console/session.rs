//! Who has sent a request, and what they may do.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use hub_repository::agencies::Agency;
use hub_repository::audit::{Actor, Change};
use hub_repository::people::{self, Membership, Person};
use hub_repository::{
    AgencyId, DbConn, Scope, SessionId, StoreError, Timestamp, WalledDb, Walls, audit, decisions,
    sessions,
};

use super::super::error::Error;
use super::super::limit::{Client, Peer};
use super::cookie;
use super::error::ConsoleError;
use crate::access::{self, Action};
use crate::app::App;
use crate::publish::Snapshot;

/// The person of a live session. Handlers that take it are for those who are signed in only.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) person: Person,
    pub(super) session: SessionId,
    pub(super) parts: Vec<Membership>,
    /// Stands in every form, and proves that it was made for this session.
    pub(super) form_token: String,
    /// Where the request came from.
    pub(super) address: String,
    /// How many entries that the person sees wait for somebody to publish them; at most [`MOST_COUNTED`].
    pub(super) waiting: usize,
}

/// Entries that wait are counted up to here.
pub(super) const MOST_COUNTED: usize = 100;

impl FromRequestParts<App> for Signed {
    type Rejection = ConsoleError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ConsoleError> {
        let next = match parts.method {
            Method::GET | Method::HEAD => parts.uri.path(),
            _ => "",
        };
        let address = address(app, parts);
        resume(app, &parts.headers, address)
            .await?
            .ok_or_else(|| ConsoleError::SignInFirst {
                next: safe_next(next).to_owned(),
            })
    }
}

/// Where a request came from, and with what, whoever has sent it.
pub(super) struct Came {
    pub(super) headers: HeaderMap,
    pub(super) address: String,
}

impl FromRequestParts<App> for Came {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self {
            headers: parts.headers.clone(),
            address: address(app, parts),
        })
    }
}

impl Signed {
    /// The scope in which the person may do that to what belongs to an agency, or to the province where there is none.
    pub(super) fn require(
        &self,
        action: Action,
        agency: Option<AgencyId>,
    ) -> Result<Scope, ConsoleError> {
        access::scope(&self.parts, action, agency).ok_or(ConsoleError::Forbidden)
    }

    pub(super) fn may(&self, action: Action, agency: Option<AgencyId>) -> bool {
        access::may(&self.parts, action, agency)
    }

    /// The same where the person sees it only as far as `seen` lets: what lies beyond is not there.
    pub(super) fn require_seen(
        &self,
        seen: Action,
        action: Action,
        agency: Option<AgencyId>,
    ) -> Result<Scope, ConsoleError> {
        if !self.may(seen, agency) && agency.is_some() && !self.belongs_to(agency) {
            return Err(Error::NotFound("thing").into());
        }
        self.require(action, agency)
    }

    /// The agency of an address, and the scope in which the person may do that to what is its own; one that the person does
    /// not see is not there.
    pub(super) fn agency<'s>(
        &self,
        snapshot: &'s Snapshot,
        slug: &str,
        seen: Action,
        action: Action,
    ) -> Result<(&'s Agency, Scope), ConsoleError> {
        let agency = snapshot.agency_by_slug(slug);
        let agency = agency.ok_or(Error::NotFound("agency"))?;
        let scope = self.require_seen(seen, action, Some(agency.id))?;
        Ok((agency, scope))
    }

    /// What `look` finds in the first of the scopes in which the person may do that.
    pub(super) fn find<T>(
        &self,
        action: Action,
        mut look: impl FnMut(&Scope) -> Result<Option<T>, StoreError>,
    ) -> Result<T, ConsoleError> {
        let scopes = access::scopes(&self.parts, action);
        if scopes.is_empty() {
            return Err(ConsoleError::Forbidden);
        }
        for scope in &scopes {
            if let Some(found) = look(scope)? {
                return Ok(found);
            }
        }
        Err(Error::NotFound("thing").into())
    }

    /// The database, as far as there is something for the person in it. What has to know of others (whether a feed is registered anywhere, which
    /// parts somebody has elsewhere) asks `app.db`.
    pub(super) fn db(&self, app: &App) -> WalledDb {
        app.db.within(self.walls())
    }

    pub(super) fn walls(&self) -> Walls {
        access::walls(&self.parts)
    }

    /// Notes a change in the audit. Call it in the transaction of the change.
    pub(super) fn note(&self, conn: &mut DbConn, change: &Change) -> Result<(), StoreError> {
        let actor = Actor {
            person: Some(self.person.id),
            name: &self.person.name,
            address: &self.address,
        };
        audit::append(conn, &actor, change, Timestamp::now())
    }

    fn belongs_to(&self, agency: Option<AgencyId>) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.agency_id.is_none() || part.agency_id == agency)
    }
}

/// Whose live session the request carries.
pub(super) async fn resume(
    app: &App,
    headers: &HeaderMap,
    address: String,
) -> Result<Option<Signed>, ConsoleError> {
    let Some(token) = cookie::SESSION.token(&app.config, headers) else {
        return Ok(None);
    };
    let hash = hash_of(&token);
    let found = app.db.run(move |conn| {
        let Some((session, person)) = sessions::resume(conn, &hash, Timestamp::now())? else {
            return Ok(None);
        };
        let parts = people::memberships(conn, &Scope::Province, person.id)?;
        let mut waiting = 0;
        for scope in access::scopes(&parts, Action::SeeEntries) {
            waiting += decisions::waiting(conn, &scope, MOST_COUNTED)?;
        }
        Ok::<_, StoreError>(Some((session, person, parts, waiting)))
    });
    Ok(found
        .await?
        .map(|(session, person, parts, waiting)| Signed {
            waiting: waiting.min(MOST_COUNTED),
            person,
            session,
            parts,
            form_token: credentials::derive("form", &token),
            address,
        }))
}

/// Where a request came from; a network for IPv6, and nothing where no server noted it.
pub(super) fn address(app: &App, parts: &Parts) -> String {
    let peer = parts.extensions.get::<Peer>();
    peer.map_or_else(String::new, |Peer(peer)| {
        Client::of(*peer, &parts.headers, &app.config.trusted_proxies).to_string()
    })
}

/// What is stored of a session's token.
pub(super) fn hash_of(token: &str) -> String {
    credentials::derive("session", token)
}

/// Only the console: a link can't use the sign-in to lead elsewhere.
pub(super) fn safe_next(next: &str) -> &str {
    let is_inside = next == super::PATH
        || next.strip_prefix("/console/").is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/-".contains(&byte))
        });
    if is_inside { next } else { super::PATH }
}
