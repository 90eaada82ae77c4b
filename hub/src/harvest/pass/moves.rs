//! Where a feed may move by itself.

use hub_repository::harvests::Harvest;
use hub_repository::leases::Claim;
use hub_repository::{Scope, StoreError, agencies, proven_sites};
use url::Url;

use super::Harvester;
use crate::harvest::ownership::{ground, site};

impl Harvester {
    /// Lets a feed that has moved for good move on its own site, back to where it was registered, and to what is known to be
    /// its agency's. Anywhere else it is followed for what it brings, and its address stays until people say otherwise:
    /// from then on the old site has no say any more, and a lost name or a broken-in server would give the feed away.
    pub(super) async fn keep_from_strangers(
        &self,
        claim: &Claim,
        harvest: &mut Harvest,
    ) -> Result<(), StoreError> {
        let Some(target) = harvest.moved_to.as_deref() else {
            return Ok(());
        };
        let site_of = |address: &str| Url::parse(address).ok().as_ref().and_then(site);
        let known = [&*claim.url, claim.identity_url()];
        if known
            .into_iter()
            .any(|known| site_of(known) == site_of(target))
        {
            return Ok(());
        }
        let id = claim.agency_id;
        let (homepage, proven) = self
            .db
            .run(move |conn| {
                let scope = Scope::Agency(id);
                let agency = agencies::find(conn, &scope, id)?;
                let proven = proven_sites::of_agency(conn, &scope, id)?;
                Ok::<_, StoreError>((agency.and_then(|agency| agency.homepage), proven))
            })
            .await?;
        let url = Url::parse(target).ok();
        if url.is_none_or(|url| ground(&url, homepage.as_deref(), &proven).is_none()) {
            harvest.moved_to = None;
        }
        Ok(())
    }
}
