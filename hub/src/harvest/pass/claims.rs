//! Taking feeds to be harvested, with what the schedule knows of them, and putting them off.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{DurationRound as _, TimeDelta, Utc};
use hub_repository::leases::{self, Claim, Lease};
use hub_repository::{DbConn, FeedId, StoreError, Timestamp, schedules};
use url::Url;

use super::{Harvester, Which};
use crate::harvest::hosts::{self, Hosts};
use crate::harvest::schedule::Known;

/// How long a claim is good for. Longer than waiting for the host, fetching and reading may take
/// together, short enough that the work of a hub that died is taken over within a minute: the
/// others look every two seconds.
const LEASE: TimeDelta = TimeDelta::seconds(57);

/// Feeds of one host that a serving hub holds at once, under way or waiting for their turn: as many as a host serves
/// while they wait, if it takes a second for each. More would only wait in vain, and in the place of others.
const OF_A_HOST: usize = 16;

/// As many more may be those that somebody asked for.
const OF_A_HOST_ASKED_FOR: usize = 2 * OF_A_HOST;

/// For how long a feed is put off, in seconds: soon, as its host may be free in a moment, and not all at once.
const SOON: RangeInclusive<i64> = 2..=5;

/// A body for which there was no room has been fetched in part, and the host where a redirect led was busy: a site is not
/// asked for that every few seconds.
const LATER: i64 = 10;

/// When a feed that the hub has no time for is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PutOff {
    /// At once: the pass ends when all are done.
    Never,
    /// When others have had their turn.
    Soon,
}

impl PutOff {
    /// When its host was busy.
    pub(super) fn of_host(self) -> Timestamp {
        self.by(1)
    }

    /// When it was asked in vain.
    pub(super) fn of_fetch(self) -> Timestamp {
        self.by(LATER)
    }

    /// To the second, so that many are looked at together.
    fn by(self, factor: i64) -> Timestamp {
        let now = Utc::now();
        let due_at = match self {
            Self::Never => now,
            Self::Soon => now + TimeDelta::seconds(rand::random_range(SOON) * factor),
        };
        due_at
            .duration_trunc(TimeDelta::seconds(1))
            .unwrap_or(due_at)
            .into()
    }
}

impl Harvester {
    /// Claims what is due, and sees when the next feed becomes due that is not due yet.
    pub(super) async fn claim_due(
        &self,
        limit: usize,
    ) -> Result<(Vec<(Claim, Known)>, Option<Timestamp>), StoreError> {
        let owner = Arc::clone(&self.owner);
        let hosts = self.hosts.clone();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.db
            .run_writing(move |conn| {
                let lease = lease(&owner);
                let claims = if limit > 0 {
                    leases::claim_due(conn, &lease, limit)?
                } else {
                    Vec::new()
                };
                let (claims, too_many) = within_hosts(&hosts, claims);
                leases::postpone_all(conn, &too_many, || PutOff::Soon.of_host())?;
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

    /// Lets others come first.
    pub(super) async fn postpone(&self, claim: Claim, due_at: Timestamp) -> Result<(), StoreError> {
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

/// The claims that are not too many for their host, and those that are.
fn within_hosts(hosts: &Hosts, claims: Vec<Claim>) -> (Vec<Claim>, Vec<Claim>) {
    let mut busy = HashMap::new();
    claims.into_iter().partition(|claim| {
        let Ok(url) = Url::parse(&claim.url) else {
            return true;
        };
        let key = hosts::key(&url);
        let busy = busy.entry(key).or_insert_with_key(|key| hosts.busy(key));
        let most = match claim.requested_at {
            Some(_) => OF_A_HOST_ASKED_FOR,
            None => OF_A_HOST,
        };
        let fits = *busy < most;
        *busy += usize::from(fits);
        fits
    })
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
