//! On what ground a person may have the hub harvest an address for an agency.

use hub_repository::agencies::Agency;
use hub_repository::audit::Change;
use hub_repository::proven_sites::{self, ProvenSite, Way};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp, revision};
use serde_json::json;
use url::Url;

use super::error::ConsoleError;
use super::form::Submitted;
use super::session::Signed;
use super::start::moment;
use crate::app::App;
use crate::harvest::ownership;

/// Why a person may have an address harvested.
pub(super) enum Ground {
    /// The reason, in words.
    Given(String),
    /// It must be proven that the site is the agency's.
    Unproven {
        site: String,
        token: String,
        page: String,
        file: String,
        record: Option<String>,
    },
}

/// A site that was just proven to be an agency's, and how.
pub(super) struct Proof {
    site: String,
    way: Way,
}

/// Why a site is not proven.
pub(super) enum Unproven {
    /// The person has had the hub look at too much for now; until when, in words.
    Wait(String),
    /// What the hub saw where it looked for the token.
    Seen(Vec<String>),
}

impl Ground {
    /// The ground on which somebody with this scope may have an address harvested for an agency.
    pub(super) async fn of(
        app: &App,
        signed: &Signed,
        scope: Scope,
        agency: &Agency,
        url: &Url,
    ) -> Result<Self, ConsoleError> {
        let Some(site) = ownership::site(url) else {
            return Err(ConsoleError::Invalid(
                "Địa chỉ không có tên máy chủ.".to_owned(),
            ));
        };
        if scope == Scope::Province {
            return Ok(Self::Given(
                "Bạn làm việc ở cấp tỉnh nên có thể làm ngay.".to_owned(),
            ));
        }
        let id = agency.id;
        let (sites, repository) = signed
            .db(app)
            .run(move |conn| {
                let sites = proven_sites::of_agency(conn, &scope, id)?;
                Ok::<_, StoreError>((sites, revision::repository_name(conn)?))
            })
            .await?;
        match ownership::ground(url, agency.homepage.as_deref(), &sites) {
            Some(ownership::Ground::Homepage) => {
                return Ok(Self::Given(format!(
                    "{site} là trang chính thức mà tỉnh đã ghi cho đơn vị."
                )));
            }
            Some(ownership::Ground::Proven(proven)) => {
                return Ok(Self::Given(format!(
                    "{site} đã được xác minh là của đơn vị lúc {}.",
                    moment(proven.proven_at)
                )));
            }
            None => {}
        }
        let at = |path: &str| {
            url.join(path)
                .map_or_else(|_| path.to_owned(), String::from)
        };
        Ok(Self::Unproven {
            token: ownership::token(&repository, agency.id, &site),
            page: at("/"),
            file: at(ownership::FILE),
            record: ownership::record(url),
            site,
        })
    }

    /// Has the hub look for the token where that is needed; what is proven then is to be noted with the change.
    pub(super) async fn prove(
        &self,
        app: &App,
        signed: &Signed,
        url: &Url,
    ) -> Result<Option<Proof>, Unproven> {
        let Self::Unproven { site, token, .. } = self else {
            return Ok(None);
        };
        let visit = app.visits.begin(signed.person.id);
        let _visit = visit.map_err(|wait| Unproven::Wait(wait.in_words()))?;
        match ownership::check(&app.harvester.fetcher, url, token).await {
            Ok(way) => {
                let site = site.clone();
                Ok(Some(Proof { site, way }))
            }
            Err(seen) => {
                let said = seen.into_iter().map(|seen| seen.said);
                Err(Unproven::Seen(said.collect()))
            }
        }
    }
}

impl Proof {
    /// Keeps it for the agency, with the change that it is needed for.
    pub(super) fn note(
        &self,
        conn: &mut DbConn,
        form: &Submitted,
        scope: &Scope,
        agency: AgencyId,
    ) -> Result<(), StoreError> {
        form.change(conn, |conn| {
            let proven = ProvenSite {
                agency_id: agency,
                site: self.site.clone(),
                way: self.way,
                proven_at: Timestamp::now(),
                proven_by: form.signed.person.name.clone(),
            };
            proven_sites::note(conn, scope, &proven)?;
            Ok(Change {
                action: "site.prove",
                agency: Some(agency),
                target: format!("site {}", self.site),
                after: Some(json!({ "way": self.way })),
                ..Change::default()
            })
        })
    }
}
