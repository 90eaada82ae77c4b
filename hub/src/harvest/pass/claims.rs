//! Taking feeds to be harvested, with what the schedule knows of them, and putting them off.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::{DbConn, FeedId, StoreError, Timestamp, schedules};

use super::{Harvester, Which};
use crate::harvest::schedule::Known;

/// How long a claim is good for. Longer than waiting for the host, fetching and reading may take
/// together, short enough that the work of a hub that died is taken over within a minute: the
/// others look every two seconds.
const LEASE: TimeDelta = TimeDelta::seconds(57);

impl Harvester {
    /// Claims what is due, and sees when the next feed becomes due that is not due yet.
    pub(super) async fn claim_due(
        &self,
        limit: usize,
    ) -> Result<(Vec<(Claim, Known)>, Option<Timestamp>), StoreError> {
        let owner = Arc::clone(&self.owner);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run_writing(move |conn| {
                let lease = lease(&owner);
                let claims = if limit > 0 {
                    leases::claim_due(conn, &lease, limit)?
                } else {
                    Vec::new()
                };
                let next_due = leases::next_due(conn, lease.now)?;
                Ok((what_is_known(conn, claims)?, next_due))
            })
            .await
    }

    pub(in crate::harvest) async fn claim(
        &self,
        which: Which,
        started: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Claim, Known)>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let owner = Arc::clone(&self.owner);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run_writing(move |conn| {
                let lease = lease(&owner);
                let claims = match which {
                    Which::Due => leases::claim_due(conn, &lease, limit)?,
                    Which::All => leases::claim_all(conn, &lease, started, limit)?,
                    Which::One(feed) => {
                        leases::claim_one(conn, &lease, feed)?.into_iter().collect()
                    }
                };
                what_is_known(conn, claims)
            })
            .await
    }

    /// Lets others come first: this feed's host is busy.
    pub(super) async fn postpone(
        &self,
        claim: Claim,
        put_off: TimeDelta,
    ) -> Result<(), StoreError> {
        let due_at = Timestamp::from(Utc::now() + put_off);
        match self
            .db
            .run_writing(move |conn| leases::postpone(conn, &claim, due_at))
            .await
        {
            Err(StoreError::LeaseLost) => Ok(()),
            other => other,
        }
    }
}

/// What the schedule knows of feeds that were just claimed.
fn what_is_known(conn: &mut DbConn, claims: Vec<Claim>) -> Result<Vec<(Claim, Known)>, StoreError> {
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<FeedId> = claims.iter().map(|claim| claim.feed_id).collect();
    let mut known = schedules::of_feeds(conn, &ids)?;
    let hosts: HashSet<&str> = known.values().map(|known| known.host.as_str()).collect();
    let demand = schedules::demand(conn, &hosts.into_iter().collect::<Vec<_>>())?;
    let known_of = |claim: Claim| {
        let schedule = known.remove(&claim.feed_id);
        let neighbours = schedule.as_ref().map_or(0.0, |schedule| {
            demand.get(&schedule.host).copied().unwrap_or(0.0) - schedule.demand
        });
        let known = Known {
            schedule,
            neighbours,
        };
        (claim, known)
    };
    Ok(claims.into_iter().map(known_of).collect())
}

/// A claim from now on.
fn lease(owner: &str) -> Lease<'_> {
    let now = Utc::now();
    Lease {
        owner,
        now: now.into(),
        until: (now + LEASE).into(),
    }
}
