//! What an entry is made of. The same source gives the same entry, so that what a feed repeats need not be cleaned again:
//! nearly all of a document that has changed is what it was before.

use std::collections::HashSet;
use std::io;

use feeds::{Date, Entry, Feed};
use sha2::{Digest, Sha256};

use super::assemble::{AHEAD, Context, taken};
use super::identity;

/// To be raised whenever something else is made of the same source: then all that feeds still deliver is made anew.
const VERSION: u32 = 2;

/// An entry of a document before it is cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What names it within the agency.
    pub identity: String,
    /// Half a SHA-256, in hexadecimal digits, over all that counts for what is made of it. None where the day counts
    /// too, and for entries of one document that have one identity.
    pub hash: Option<String>,
}

/// The sources of the entries of a document, in its order.
pub fn all(feed: &Feed, context: Context<'_>) -> Vec<Source> {
    let entries = taken(feed);
    let site = identity::Site::of(context.registered);
    let identities = identity::identities(entries, &site);
    let several = more_than_once(&identities);
    let hashes: Vec<Option<String>> = entries
        .iter()
        .zip(&identities)
        .map(|(entry, identity)| {
            let is_certain = !several.contains(identity.as_str()) && !is_ahead(entry, context);
            is_certain
                .then(|| hash(feed, entry, identity, context))
                .flatten()
        })
        .collect();
    let together = identities.into_iter().zip(hashes);
    together
        .map(|(identity, hash)| Source { identity, hash })
        .collect()
}

/// A date that is not believed today will be one day.
fn is_ahead(entry: &Entry, context: Context<'_>) -> bool {
    let ahead = |date: &Date| date.at > context.now + AHEAD;
    entry.published.as_ref().is_some_and(ahead) || entry.updated.as_ref().is_some_and(ahead)
}

fn hash(feed: &Feed, entry: &Entry, identity: &str, context: Context<'_>) -> Option<String> {
    let mut hash = Hash(Sha256::new());
    let from_feed = (&feed.language, &feed.authors);
    let source = (VERSION, identity, context.url.as_str(), from_feed, entry);
    serde_json::to_writer(&mut hash, &source).ok()?;
    let digest = hash.0.finalize();
    Some(hex::encode(&digest[..digest.len() / 2]))
}

fn more_than_once(identities: &[String]) -> HashSet<&str> {
    let mut seen = HashSet::with_capacity(identities.len());
    identities
        .iter()
        .map(String::as_str)
        .filter(|identity| !seen.insert(*identity))
        .collect()
}

struct Hash(Sha256);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};
    use feeds::{Precision, Text};
    use url::Url;

    use super::*;

    fn sources(feed: &Feed, url: &str, now: DateTime<Utc>) -> Vec<Source> {
        let url = Url::parse(url).unwrap();
        let registered = "https://stp.example/rss";
        all(
            feed,
            Context {
                url: &url,
                registered,
                now,
            },
        )
    }

    fn entry(id: &str, content: &str) -> Entry {
        Entry {
            id: Some(id.to_owned()),
            content: Some(Text::Html(content.to_owned())),
            ..Entry::default()
        }
    }

    #[test]
    fn a_source_is_the_same_until_something_else_can_be_made_of_it() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let feed = Feed {
            entries: vec![entry("a", "<p>x</p>"), entry("b", "<p>x</p>")],
            ..Feed::default()
        };
        let here = "https://stp.example/rss";
        let first = sources(&feed, here, now);
        assert!(first[0].hash.is_some() && first[0].hash != first[1].hash);
        assert_eq!(sources(&feed, here, now + TimeDelta::days(1)), first);
        assert_ne!(sources(&feed, "https://stp.example/tin/rss", now), first);
        let mut other = feed.clone();
        other.language = Some("vi".to_owned());
        assert_ne!(sources(&other, here, now)[0].hash, first[0].hash);
        let mut other = feed.clone();
        other.entries[0].content = Some(Text::Html("<p class=a>x</p>".to_owned()));
        let changed = sources(&other, here, now);
        assert_ne!(changed[0].hash, first[0].hash);
        assert_eq!(changed[1], first[1]);
    }

    #[test]
    fn what_another_day_or_a_neighbour_decides_has_no_hash() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut feed = Feed {
            entries: vec![
                entry("a", "1"),
                entry("a", "2"),
                entry("b", "3"),
                entry("c", "4"),
            ],
            ..Feed::default()
        };
        feed.entries[2].published = Some(Date {
            at: now + TimeDelta::days(2),
            precision: Precision::Second,
        });
        let hashes: Vec<bool> = sources(&feed, "https://stp.example/rss", now)
            .iter()
            .map(|source| source.hash.is_some())
            .collect();
        assert_eq!(hashes, [false, false, false, true]);
    }
}
