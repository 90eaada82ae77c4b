//! What an answer shows, without asking anybody.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use feeds::{Entry, Feed, Parsed, Problem};
use url::Url;

use super::{Code, Evidence, Examined, Preview, SLOW, Verdict, excerpt, hints};
use crate::harvest::breaker::{self, Profile};
use crate::harvest::fetch::Body;
use crate::ingest::{self, Ingested};

/// Entries that a verdict shows.
const SHOWN: usize = 8;

/// Places that a finding shows.
const PLACES: usize = 3;

/// A window in which the newest entries of a busy day push out those of the morning.
const SHORT_WINDOW: TimeDelta = TimeDelta::hours(24);

/// A window that holds more can be short and miss nothing.
const MANY_ENTRIES: usize = 40;

/// More entries than these are sent again at every change for nothing.
const TOO_MANY_ENTRIES: usize = 500;

/// A feed without news for so long is likely not written any more.
const STALE: TimeDelta = TimeDelta::days(180);

/// A clock that is off by more shows entries before their time.
const CLOCK: TimeDelta = TimeDelta::hours(1);

/// A document of this size is worth compressing.
const WORTH_COMPRESSING: usize = 20_000;

/// What a certificate should still be valid for: who renews by itself does so 30 days before.
const RENEWED: TimeDelta = TimeDelta::days(21);

/// Characters that make a text and not a headline.
const A_TEXT: usize = 400;

/// What the way to the answer shows.
pub(super) fn transport(
    asked: &Url,
    body: &Body,
    took: Duration,
    now: DateTime<Utc>,
    verdict: &mut Verdict,
) {
    let final_url = &body.final_url;
    if body.downgraded {
        verdict.add(Code::Downgraded, final_url.to_string());
    } else if body.permanent_move.is_some() {
        verdict.add(Code::Moved, final_url.to_string());
    } else if final_url != asked {
        verdict.add(Code::Redirected, final_url.to_string());
    }
    if final_url.scheme() == "http" && !body.downgraded {
        verdict.add(Code::NotEncrypted, final_url.to_string());
    }
    if let Some(until) = body.certificate_until
        && until < now + RENEWED
    {
        verdict.add(Code::CertificateEnds, until.to_string());
    }
    if took > SLOW {
        verdict.add(Code::Slow, format!("{:.1} s", took.as_secs_f64()));
    }
    if body.content_type.is_none() {
        verdict.add(Code::NoContentType, None);
    }
    if body.bytes.len() >= WORTH_COMPRESSING && body.wire_bytes >= body.bytes.len() as u64 {
        verdict.add(Code::Uncompressed, format!("{} bytes", body.bytes.len()));
    }
}

/// What two answers in a row that differ show: where, and whether ids differ with them.
pub(super) fn difference(first: &Body, second: &Body, verdict: &mut Verdict) {
    let ids = |body: &Body| -> HashMap<String, String> {
        let entries = feeds::parse(&body.bytes, &hints(body)).map(|parsed| parsed.feed.entries);
        entries
            .unwrap_or_default()
            .into_iter()
            .filter_map(|entry| Some((entry.url?, entry.id?)))
            .collect()
    };
    let (before, after) = (ids(first), ids(second));
    let changed = before
        .iter()
        .filter_map(|(url, id)| Some((id, after.get(url).filter(|later| *later != id)?)))
        .min();
    if let Some((id, later)) = changed {
        verdict.add(Code::ChangingIds, format!("{id} ≠ {later}"));
        return;
    }
    let pairs = first.bytes.iter().zip(second.bytes.iter());
    let same = pairs.take_while(|(one, other)| one == other).count();
    let before = &first.bytes[..same];
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let place = feeds::Place { line, column };
    let evidence = Evidence {
        line: Some(line),
        column: Some(column),
        excerpt: excerpt::around(&first.bytes, place, "UTF-8"),
        ..Evidence::default()
    };
    verdict.add_seen(Code::ChangesAlways, vec![evidence]);
}

/// What the document shows. It is one, or this says nothing.
pub(super) fn document(body: &Body, took: Duration, now: DateTime<Utc>, verdict: &mut Verdict) {
    let hints = hints(body);
    let Ok(parsed) = feeds::parse(&body.bytes, &hints) else {
        return;
    };
    let asked = Url::parse(&verdict.url).ok();
    let registered = asked.as_ref().unwrap_or(&body.final_url);
    let context = ingest::Context {
        url: &body.final_url,
        registered: registered.as_str(),
        now,
    };
    let ingested = ingest::assemble(&parsed.feed, context);
    repairs(body, &parsed, verdict);
    dates(&parsed.feed, now, verdict);
    links(&parsed.feed, verdict);
    texts(&ingested, verdict);
    let profile = Profile::of(
        &parsed.feed,
        &ingested.sources,
        &[registered, &body.final_url],
    );
    if let Some(reason) = breaker::judge(None, &profile, false) {
        verdict.add(Code::Defaced, reason.to_string());
    }
    verdict.feed = Some(Examined {
        url: body.final_url.to_string(),
        title: ingested.feed_title.clone(),
        format: parsed.format.name(),
        encoding: parsed.encoding,
        entries: parsed.feed.entries.len(),
        bytes: body.bytes.len(),
        milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    });
    let mut entries = ingested.entries;
    // Those without a date stay behind the others, in the order of the document.
    entries.sort_by_key(|entry| Reverse(entry.published_at));
    verdict.preview = entries
        .into_iter()
        .take(SHOWN)
        .map(|entry| Preview {
            title: entry.title.clone(),
            url: entry.url.clone(),
            published_at: entry.published_at.map(hub_repository::Timestamp::to_utc),
            summary: entry.summary.clone(),
            entry,
        })
        .collect();
}

/// What the reader had to repair, each kind once, with its first places.
fn repairs(body: &Body, parsed: &Parsed, verdict: &mut Verdict) {
    let places = feeds::places(&body.bytes, &hints(body), &parsed.problems);
    let mut kinds = Vec::new();
    for problem in &parsed.problems {
        if !kinds.contains(&problem.code) {
            kinds.push(problem.code);
        }
    }
    for kind in kinds {
        let evidence = parsed
            .problems
            .iter()
            .zip(&places)
            .filter(|(problem, _)| problem.code == kind)
            .take(PLACES)
            .map(|(problem, place)| seen(body, parsed, problem, *place))
            .filter(|evidence| *evidence != Evidence::default())
            .collect();
        verdict.add_seen(Code::Repair(kind), evidence);
    }
}

fn seen(body: &Body, parsed: &Parsed, problem: &Problem, place: Option<feeds::Place>) -> Evidence {
    Evidence {
        found: problem.found.clone(),
        found_vi: None,
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        excerpt: place.and_then(|place| excerpt::around(&body.bytes, place, parsed.encoding)),
    }
}

fn dates(feed: &Feed, now: DateTime<Utc>, verdict: &mut Verdict) {
    let date = |entry: &Entry| entry.published.or(entry.updated).map(|date| date.at);
    let dated: Vec<DateTime<Utc>> = feed.entries.iter().filter_map(date).collect();
    let undated = feed.entries.len() - dated.len();
    if undated > 0 {
        verdict.add(Code::NoDates, part(undated, feed.entries.len()));
    }
    let ahead = dated.iter().filter(|at| **at > now + CLOCK).count();
    if ahead > 0 {
        verdict.add(Code::FutureDates, part(ahead, feed.entries.len()));
    }
    let (Some(oldest), Some(newest)) = (dated.iter().min(), dated.iter().max()) else {
        return;
    };
    if *newest + STALE < now {
        verdict.add(Code::Stale, newest.format("%d/%m/%Y").to_string());
    }
    let several = dated.len() >= 3;
    if several && oldest == newest {
        verdict.add(Code::SameDates, newest.to_rfc3339());
    } else if several && dated.len() < MANY_ENTRIES && *newest - *oldest < SHORT_WINDOW {
        let hours = (*newest - *oldest).num_minutes() / 60;
        verdict.add(Code::ShortWindow, format!("{} / {hours} h", dated.len()));
    }
    if feed.entries.len() > TOO_MANY_ENTRIES {
        verdict.add(Code::LongWindow, feed.entries.len().to_string());
    }
}

fn links(feed: &Feed, verdict: &mut Verdict) {
    let entries = &feed.entries;
    let without = entries.iter().filter(|entry| entry.url.is_none()).count();
    if without > 0 {
        verdict.add(Code::NoLinks, part(without, entries.len()));
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for url in entries.iter().filter_map(|entry| entry.url.as_deref()) {
        *counts.entry(url).or_default() += 1;
    }
    let shared = counts.iter().filter(|(_, count)| **count > 1);
    if let Some((url, count)) = shared.max_by_key(|(url, count)| (**count, **url)) {
        verdict.add(Code::SharedLinks, format!("{count} × {url}"));
    }
}

fn texts(ingested: &Ingested, verdict: &mut Verdict) {
    let entries = &ingested.entries;
    let untitled = |title: &str| title.is_empty() || title.starts_with("(không có tiêu đề)");
    let without = entries
        .iter()
        .filter(|entry| untitled(&entry.title))
        .count();
    if without > 0 {
        verdict.add(Code::NoTitles, part(without, entries.len()));
    }
    let short = entries
        .iter()
        .filter(|entry| entry.body_html.chars().take(A_TEXT).count() < A_TEXT)
        .count();
    if short * 2 > entries.len() {
        verdict.add(Code::SummariesOnly, part(short, entries.len()));
    }
}

fn part(some: usize, of: usize) -> String {
    format!("{some} / {of}")
}
