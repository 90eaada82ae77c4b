//! What a pass brought: each feed's end, and the sums.

use hub_repository::FeedId;
use hub_repository::harvests::{Counts, Outcome};
use serde::Serialize;

/// How one feed's harvest ended.
#[derive(Debug, Clone, Serialize)]
pub struct Finished {
    pub feed: FeedId,
    pub url: String,
    pub outcome: Outcome,
    pub cause: Option<String>,
    pub bytes: i64,
    #[serde(flatten)]
    pub counts: Counts,
}

/// The sums of a pass.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub feeds: u64,
    pub bytes: i64,
    pub new: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub withdrawn: u64,
    pub failed: u64,
    /// Feeds whose content was not taken over.
    pub frozen: u64,
    /// Those that failed and those that are frozen.
    pub failures: Vec<Finished>,
}

impl Summary {
    /// Adds one feed's end.
    pub fn add(&mut self, finished: &Finished) {
        self.feeds += 1;
        self.bytes += finished.bytes;
        self.new += u64::from(finished.counts.new);
        self.updated += u64::from(finished.counts.updated);
        self.unchanged += u64::from(finished.counts.unchanged);
        self.withdrawn += u64::from(finished.counts.withdrawn);
        let is_frozen = finished.outcome == Outcome::Frozen;
        self.failed += u64::from(finished.outcome.is_failure());
        self.frozen += u64::from(is_frozen);
        if finished.outcome.is_failure() || is_frozen {
            self.failures.push(finished.clone());
        }
    }
}
