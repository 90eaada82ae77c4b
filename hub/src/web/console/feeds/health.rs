//! How a feed does, as its agency reads it.

use hub_repository::breakers::{self, Breaker};
use hub_repository::feeds::Feed;
use hub_repository::runs::{self, Run};
use hub_repository::schedules::{self, Schedule};
use hub_repository::{DbConn, FeedId, Scope, StoreError, Timestamp};

use super::super::start::moment;
use crate::harvest::schedule::moved_for_good;
use crate::harvest::story::{self, Episode, State as Doing};

/// What is known of a feed.
pub(super) struct Known {
    pub(super) feed: Feed,
    pub(super) runs: Vec<Run>,
    pub(super) breaker: Option<Breaker>,
    pub(super) schedule: Option<Schedule>,
}

/// A feed among those of its agency.
#[derive(Clone)]
pub(super) struct FeedRow {
    pub(super) id: FeedId,
    pub(super) title: String,
    pub(super) url: String,
    pub(super) health: Health,
    pub(super) last: String,
    pub(super) next: String,
    pub(super) is_stopped: bool,
    /// Where its site says that it has moved for good, and since when; it waits for people to say so too.
    pub(super) moved: Option<(String, String)>,
}

/// How a feed does.
#[derive(Clone)]
pub(super) struct Health {
    /// Names the look: `good`, `bad` or `waiting`.
    pub(super) tone: &'static str,
    /// In a few words.
    pub(super) state: String,
    /// Since when.
    pub(super) since: Option<String>,
    /// What the webmaster should change.
    pub(super) advice: Option<String>,
}

impl Known {
    /// All of it, with so many of its last runs.
    pub(super) fn read(
        conn: &mut DbConn,
        scope: &Scope,
        feed: Feed,
        last_runs: i64,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            runs: runs::list(conn, scope, feed.id, last_runs)?,
            breaker: breakers::find(conn, scope, feed.id)?,
            schedule: schedules::find(conn, scope, feed.id)?,
            feed,
        })
    }

    /// Where its redirects lead for good, while it has not moved there.
    pub(super) fn moved_to(&self) -> Option<&str> {
        moved_for_good(self.schedule.as_ref()?, Timestamp::now())
    }
}

impl FeedRow {
    pub(super) fn new(known: &Known) -> Self {
        let Known {
            feed,
            runs,
            breaker,
            schedule,
        } = known;
        let since = schedule.as_ref().and_then(|it| it.moved_since);
        Self {
            id: feed.id,
            title: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
            url: feed.url.clone(),
            health: Health::of(feed, story::episodes(runs).last(), breaker.as_ref()),
            last: feed
                .last_run_at
                .map_or_else(|| "chưa lần nào".to_owned(), moment),
            next: next(feed),
            is_stopped: feed.stopped_at.is_some(),
            moved: known.moved_to().map(str::to_owned).zip(since.map(moment)),
        }
    }
}

/// When a feed is fetched next, and why then and not before.
fn next(feed: &Feed) -> String {
    let reason = &feed.next_fetch_reason;
    match feed.stopped_at {
        Some(_) => "không".to_owned(),
        // The schedule's own sentence begins with the moment.
        None if reason.starts_with("lúc ") => reason.clone(),
        None => format!("{} ({reason})", moment(feed.next_fetch_at)),
    }
}

impl Health {
    fn of(feed: &Feed, last: Option<&Episode>, breaker: Option<&Breaker>) -> Self {
        let since = last.map(|episode| moment(episode.since));
        if let Some(at) = feed.stopped_at {
            return Self {
                tone: "waiting",
                state: "Đã ngừng thu thập: bài cũ giữ nguyên".to_owned(),
                since: Some(moment(at)),
                advice: None,
            };
        }
        if let Some(at) = feed.frozen_at {
            return Self {
                tone: "bad",
                state: "Đang đóng băng: bài cũ giữ nguyên, chưa nhận bài mới".to_owned(),
                since: Some(moment(at)),
                advice: breaker.and_then(|breaker| breaker.cause.clone()),
            };
        }
        let Some(episode) = last else {
            return Self {
                tone: "waiting",
                state: "Chưa thu thập lần nào".to_owned(),
                since: None,
                advice: None,
            };
        };
        match episode.state {
            Doing::Healthy => Self {
                tone: "good",
                state: "Hoạt động tốt".to_owned(),
                since,
                advice: None,
            },
            Doing::Failing | Doing::Frozen => Self {
                tone: "bad",
                state: feed.last_outcome.map_or_else(
                    || "Không lấy được".to_owned(),
                    |outcome| capitalised(story::in_words(outcome)),
                ),
                since,
                advice: feed.last_cause.clone(),
            },
        }
    }
}

/// With a capital letter in front.
pub(super) fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
