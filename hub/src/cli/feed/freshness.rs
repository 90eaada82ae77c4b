//! `hub feed freshness` and `hub feed target`.

use std::time::Duration;

use hub_repository::{
    AgencyId, Db, FeedId, Scope, StoreError, Timestamp, agencies, feeds, freshness,
};
use serde::Serialize;
use serde_json::json;

use super::schedule::{MEASURED, in_words};
use super::{Format, find_agency, remark, say, say_json, slug_of, unknown};
use crate::config::{Config, parse_time};
use crate::harvest::freshness::{Staleness, staleness};
use crate::harvest::schedule::duration_in_words;

#[derive(Debug, Serialize)]
struct OfAgency<'a> {
    agency: &'a str,
    #[serde(flatten)]
    staleness: Staleness,
}

/// Shows how stale entries were when they were found.
pub(super) async fn run(
    db: &Db,
    config: &Config,
    only: Option<String>,
    format: Format,
) -> anyhow::Result<()> {
    let (agencies, found) = db
        .run(move |conn| {
            let scope = match &only {
                Some(slug) => Scope::Agency(find_agency(conn, slug)?.id),
                None => Scope::Province,
            };
            let found = freshness::found_since(conn, &scope, Timestamp::now() + -MEASURED, None)?;
            let agencies = agencies::list(conn, &Scope::Province)?;
            Ok::<_, anyhow::Error>((agencies, found))
        })
        .await?;
    let of =
        |agency: AgencyId| staleness(found.iter().filter(move |found| found.agency_id == agency));
    let by_agency: Vec<OfAgency<'_>> = agencies
        .iter()
        .filter_map(|agency| {
            Some(OfAgency {
                agency: slug_of(agency.id, &agencies),
                staleness: of(agency.id)?,
            })
        })
        .collect();
    let overall = staleness(found.iter());
    match format {
        Format::Json => say_json(&json!({
            "days": MEASURED.num_days(),
            "target_seconds": config.schedule.target.as_secs(),
            "overall": overall,
            "agencies": by_agency,
        })),
        Format::Text => {
            let target = duration_in_words(config.schedule.target);
            match &overall {
                Some(overall) => say(&format!("tất cả: {}; mục tiêu {target}", in_words(overall)))?,
                None => say("chưa đo được: chưa có tin mới nào ghi rõ giờ đăng")?,
            }
            for of in &by_agency {
                say(&format!("{}: {}", of.agency, in_words(&of.staleness)))?;
            }
            Ok(())
        }
    }
}

/// The staleness to aim at; none is the usual one.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Target(pub(super) Option<Duration>);

/// Reads a target as it stands on the command line.
pub(super) fn target(text: &str) -> anyhow::Result<Target> {
    Ok(Target(match text {
        "usual" => None,
        time => Some(parse_time("TIME", time)?),
    }))
}

/// Sets the staleness to aim at for a feed.
pub(super) async fn aim(db: &Db, id: FeedId, target: Option<Duration>) -> anyhow::Result<()> {
    let seconds = target.map(|target| i32::try_from(target.as_secs()).unwrap_or(i32::MAX));
    db.run(move |conn| feeds::set_target(conn, &Scope::Province, id, seconds))
        .await
        .map_err(|error: StoreError| match error {
            StoreError::NotFound => unknown(id),
            other => other.into(),
        })?;
    remark(&format!(
        "feed {id}: {}, from the next fetch on",
        target.map_or_else(
            || "the usual target".to_owned(),
            |target| format!("news within {} s", target.as_secs())
        )
    ));
    Ok(())
}
