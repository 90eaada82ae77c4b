//! What the circuit breaker does to a harvest before it is stored.

use hub_repository::breakers::{self, Breaker, FrozenBy, Judgement};
use hub_repository::entries::Repeated;
use hub_repository::harvests::{Harvest, Outcome, Trigger};
use hub_repository::leases::Claim;
use hub_repository::{Db, Scope, StoreError};

use super::{Profile, judge, judge_part};

/// Judges what a harvest brought by what is usual for its feed. What must not be taken over is taken
/// out of the harvest, and its outcome says so.
pub(in crate::harvest) async fn watch(
    db: &Db,
    claim: &Claim,
    harvest: &mut Harvest,
) -> Result<(), StoreError> {
    if harvest.judgement.is_none() && claim.frozen_at.is_none() {
        return Ok(());
    }
    let feed = claim.feed_id;
    let known = db
        .run(move |conn| breakers::find(conn, &Scope::Province, feed))
        .await?;
    decide(known.as_ref(), claim.frozen_at.is_some(), harvest);
    Ok(())
}

fn decide(known: Option<&Breaker>, is_frozen: bool, harvest: &mut Harvest) {
    let Some(Judgement::Usual(profile)) = &harvest.judgement else {
        // Nothing new came: a frozen feed stays what it is.
        if is_frozen && matches!(harvest.outcome, Outcome::NotModified | Outcome::Unchanged) {
            harvest.outcome = Outcome::Frozen;
            harvest.cause = known.and_then(|known| known.cause.clone());
        }
        return;
    };
    let offered = Some(profile.clone());
    // A push may hold nothing but what is new, which says little of what is usual: it neither thaws
    // a feed nor becomes what is to be accepted.
    let is_push = harvest.trigger == Trigger::Push;
    let by = known.and_then(|known| known.frozen_by);
    if is_frozen && (is_push || by == Some(FrozenBy::Person)) {
        let cause = known.and_then(|known| known.cause.clone());
        hold(
            harvest,
            by.unwrap_or(FrozenBy::Breaker),
            offered.filter(|_| !is_push),
            cause.unwrap_or_default(),
        );
        return;
    }
    let usual = known
        .and_then(|known| known.usual.as_deref())
        .and_then(Profile::from_json);
    let reason = Profile::from_json(profile).and_then(|profile| {
        if is_push {
            judge_part(usual.as_ref(), &profile)
        } else {
            judge(usual.as_ref(), &profile, is_frozen)
        }
    });
    if let Some(reason) = reason {
        hold(harvest, FrozenBy::Breaker, offered, reason.to_string());
    } else if is_push {
        harvest.judgement = None;
    }
}

/// The validators stay: a feed that does not change need not be sent again while it is frozen.
fn hold(harvest: &mut Harvest, by: FrozenBy, offered: Option<String>, cause: String) {
    harvest.outcome = Outcome::Frozen;
    harvest.cause = Some(cause.clone());
    harvest.entries.clear();
    harvest.repeated = Repeated::default();
    harvest.withdrawn.clear();
    harvest.feed_title = None;
    harvest.moved_to = None;
    harvest.older_page = None;
    harvest.announced = None;
    harvest.document = None;
    harvest.judgement = Some(Judgement::Frozen { by, offered, cause });
}
