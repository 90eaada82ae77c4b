//! `hub feed show`: everything about one feed.

use hub_repository::agencies::{self, Agency};
use hub_repository::breakers::{self, Breaker};
use hub_repository::entries::{self, Entry};
use hub_repository::feeds::{self as rows, Feed};
use hub_repository::harvests::Outcome;
use hub_repository::histories::{self, End, History};
use hub_repository::pushes::{self, Push};
use hub_repository::runs::{self, Run};
use hub_repository::{Db, DbConn, FeedId, Scope};
use serde_json::{Value, json};

use super::schedule::{self, Standing};
use super::{describe, slug_of, unknown, utc};
use crate::cli::output::{Format, say, say_json};
use crate::config::Config;
use crate::publish::{absolute, entry_path};
use crate::websub;

/// Entries that are listed.
const SHOWN: i64 = 1_000;

/// Runs that are listed.
const RUNS: i64 = 20;

/// What is known of a feed.
struct Known {
    feed: Feed,
    agencies: Vec<Agency>,
    entries: Vec<Entry>,
    runs: Vec<Run>,
    /// Why it is frozen, when it is.
    frozen: Option<Breaker>,
    schedule: Standing,
    push: Option<Push>,
    history: Option<History>,
}

pub(super) async fn run(
    db: &Db,
    config: &Config,
    id: FeedId,
    format: Format,
) -> anyhow::Result<()> {
    let known = db.run(move |conn| read(conn, id)).await?;
    match format {
        Format::Json => say_json(&known.to_json(config)),
        Format::Text => known.in_words(config).iter().try_for_each(|line| say(line)),
    }
}

fn read(conn: &mut DbConn, id: FeedId) -> anyhow::Result<Known> {
    let scope = &Scope::Province;
    let feed = rows::find(conn, scope, id)?.ok_or_else(|| unknown(id))?;
    Ok(Known {
        agencies: agencies::list(conn, scope)?,
        entries: entries::of_feed(conn, scope, id, SHOWN)?,
        runs: runs::list(conn, scope, id, RUNS)?,
        frozen: breakers::find(conn, scope, id)?.filter(|_| feed.frozen_at.is_some()),
        schedule: schedule::read(conn, scope, &feed)?,
        push: pushes::of_feed(conn, scope, id)?,
        history: histories::find(conn, scope, id)?,
        feed,
    })
}

impl Known {
    fn to_json(&self, config: &Config) -> Value {
        let frozen = self.frozen.as_ref();
        let mut answer = describe(&self.feed, &self.agencies);
        answer["frozen_by"] = json!(frozen.and_then(|known| known.frozen_by));
        answer["frozen_cause"] = json!(frozen.and_then(|known| known.cause.as_ref()));
        answer["schedule"] = self.schedule.to_json(config);
        answer["push"] = self.describe_push(config);
        answer["history"] = self.history.as_ref().map_or(Value::Null, describe_history);
        let entries = self.entries.iter();
        answer["entries"] = entries.map(|entry| describe_entry(entry, config)).collect();
        answer["runs"] = self.runs.iter().map(describe_run).collect();
        answer
    }

    fn describe_push(&self, config: &Config) -> Value {
        let push = self.push.as_ref();
        json!({
            "text": self.push_in_words(config),
            "trust": self.feed.push_trust,
            "state": push.map(|push| push.state.as_str()),
            "hub": push.map(|push| &push.hub),
            "topic": push.map(|push| &push.topic),
            "expires_at": push.and_then(|push| push.expires_at).map(utc),
            "last_push_at": push.and_then(|push| push.last_push_at).map(utc),
            "received": push.map(|push| push.received),
            "ignored": push.map(|push| push.ignored),
            "cause": push.and_then(|push| push.cause.as_ref()),
        })
    }

    fn push_in_words(&self, config: &Config) -> String {
        websub::in_words(self.push.as_ref(), self.feed.push_trust, &config.public_url)
    }

    fn in_words(&self, config: &Config) -> Vec<String> {
        let feed = &self.feed;
        let outcome = feed.last_outcome.map_or("never fetched", Outcome::as_str);
        let mut lines = vec![
            format!("feed {}: {}", feed.id, feed.url),
            format!("agency: {}", slug_of(feed.agency_id, &self.agencies)),
            format!("last: {outcome}"),
        ];
        if let (Some(at), Some(known)) = (feed.frozen_at, &self.frozen) {
            let cause = known.cause.as_deref().unwrap_or_default();
            lines.push(format!("frozen: since {at}, {cause}"));
            lines.push(format!(
                "        `hub feed accept {}` takes over what it offers",
                feed.id
            ));
        }
        if let Some(cause) = &feed.last_cause {
            lines.push(format!("cause: {cause}"));
        }
        lines.push(format!(
            "next: {} ({})",
            feed.next_fetch_at, feed.next_fetch_reason
        ));
        lines.extend(self.schedule.in_words(config));
        lines.push(format!("đẩy tin (WebSub): {}", self.push_in_words(config)));
        lines.extend(self.history.as_ref().map(history_in_words));
        lines.push(format!("entries: {}", self.entries.len()));
        lines.extend(
            self.entries
                .iter()
                .map(|entry| format!("  {}\t{}\t{}", entry.id, entry.listed_at, entry.title)),
        );
        lines
    }
}

fn describe_entry(entry: &Entry, config: &Config) -> Value {
    json!({
        "id": entry.id,
        "identity": entry.identity,
        "kind": entry.kind.as_str(),
        "title": entry.title,
        "summary": entry.summary,
        "original_url": entry.url,
        "url": absolute(&config.public_url, &entry_path(entry.id, &entry.title)),
        "published_at": entry.published_at.map(utc),
        "updated_at": entry.updated_at.map(utc),
        "first_seen_at": utc(entry.first_seen_at),
        "version": entry.version,
        "withdrawn_at": entry.withdrawn_at.map(utc),
    })
}

fn describe_run(run: &Run) -> Value {
    json!({
        "started_at": utc(run.started_at),
        "finished_at": utc(run.finished_at),
        "trigger": run.trigger.as_str(),
        "outcome": run.outcome.as_str(),
        "status": run.status,
        "cause": run.cause,
        "bytes": run.bytes,
        "new": run.new,
        "updated": run.updated,
        "unchanged": run.unchanged,
        "withdrawn": run.withdrawn,
        "waited_ms": run.waited_ms,
        "fetch_ms": run.fetch_ms,
        "read_ms": run.read_ms,
        "store_ms": run.store_ms,
        "gap_since": run.gap_since.map(utc),
    })
}

fn describe_history(history: &History) -> Value {
    json!({
        "reason": history.reason.as_str(),
        "pages": history.pages,
        "new": history.entries_new,
        "started_at": utc(history.started_at),
        "next_url": history.next_url,
        "next_at": history.due_at.map(utc),
        "ended": history.ended.map(End::as_str),
        "cause": history.cause,
    })
}

fn history_in_words(history: &History) -> String {
    let state = match (history.ended, history.due_at) {
        (Some(end), _) => format!("ended: {end}"),
        (None, Some(due_at)) => format!("next page {} at {due_at}", history.next_url),
        (None, None) => String::new(),
    };
    let cause = history
        .cause
        .as_ref()
        .map_or(String::new(), |cause| format!(" ({cause})"));
    format!(
        "history ({}): {} pages, {} new, {state}{cause}",
        history.reason, history.pages, history.entries_new
    )
}
