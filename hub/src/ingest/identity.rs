//! Which entry of an agency is this? The answer must stay the same at every fetch and in every
//! feed of the agency, or the repository would fill with doubles.

use std::collections::HashMap;

use feeds::Entry;
use sha2::{Digest, Sha256};
use url::Url;

const MAX_LENGTH: usize = 500;

/// The site that ids such as `news_12` belong to: the host of the registered feed, with or without
/// `www.`.
pub(super) struct Site(String);

impl Site {
    /// The site of a feed's address.
    pub(super) fn of(feed: &str) -> Self {
        let url = Url::parse(feed).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        Self(host.strip_prefix("www.").unwrap_or(host).to_owned())
    }
}

/// The identities of a document's entries, in its order.
///
/// An id is trusted unless several entries with different addresses share it. Without a
/// trustworthy id the entry's address counts, and without that its title and date.
pub(super) fn identities(entries: &[Entry], site: &Site) -> Vec<String> {
    let mut addresses_of_id: HashMap<&str, Option<&str>> = HashMap::new();
    let mut shared: Vec<&str> = Vec::new();
    for entry in entries {
        let Some(id) = trimmed(entry.id.as_deref()) else {
            continue;
        };
        let address = entry.url.as_deref();
        match addresses_of_id.get(id) {
            Some(known) if *known != address => shared.push(id),
            Some(_) => {}
            None => {
                addresses_of_id.insert(id, address);
            }
        }
    }
    shared.sort_unstable();
    entries
        .iter()
        .map(|entry| {
            let trusted =
                trimmed(entry.id.as_deref()).filter(|id| shared.binary_search(id).is_err());
            match (trusted, entry.url.as_deref()) {
                (Some(id), _) => of_id(id, site),
                (None, Some(url)) => bounded(canonical(url)),
                (None, None) => of_content(entry),
            }
        })
        .collect()
}

/// The identity that an id stands for: an address or URI is one by itself, anything else
/// (`news_123`) only within its site.
pub(super) fn of_id(id: &str, site: &Site) -> String {
    let id = id.trim();
    bounded(match Url::parse(id) {
        Ok(url) if url.has_host() => canonical(id),
        Ok(_) => id.to_owned(),
        Err(_) => format!("{}|{id}", site.0),
    })
}

/// The same page has the same canonical address: scheme, `www.`, default port, fragment, tracking
/// parameters and a final slash make no difference.
fn canonical(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    url.set_fragment(None);
    if url.query().is_some() {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !is_tracking(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if kept.is_empty() {
            url.set_query(None);
        } else {
            url.query_pairs_mut().clear().extend_pairs(kept);
        }
    }
    let text = url.as_str();
    let place = text.split_once("://").map_or(text, |(_, rest)| rest);
    place
        .strip_prefix("www.")
        .unwrap_or(place)
        .trim_end_matches('/')
        .to_owned()
}

fn is_tracking(parameter: &str) -> bool {
    parameter.starts_with("utm_") || matches!(parameter, "fbclid" | "gclid" | "zarsrc")
}

fn of_content(entry: &Entry) -> String {
    let title = entry
        .title
        .as_ref()
        .map(|title| title.plain().into_owned())
        .unwrap_or_default();
    let date = entry
        .published
        .map(|date| date.at.to_rfc3339())
        .unwrap_or_default();
    format!("sha256:{}", hash(&format!("{title}\n{date}")))
}

/// Long ones, and those that no database stores, are kept as their hash.
fn bounded(identity: String) -> String {
    if identity.len() <= MAX_LENGTH && !identity.contains('\0') {
        identity
    } else {
        format!("sha256:{}", hash(&identity))
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn trimmed(id: Option<&str>) -> Option<&str> {
    id.map(str::trim).filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use feeds::Text;

    use super::*;

    fn entry(id: Option<&str>, url: Option<&str>, title: &str) -> Entry {
        Entry {
            id: id.map(str::to_owned),
            url: url.map(str::to_owned),
            title: Some(Text::Plain(title.to_owned())),
            ..Entry::default()
        }
    }

    fn identities_of(entries: &[Entry]) -> Vec<String> {
        identities(entries, &Site::of("https://www.thoxuan.example/rss"))
    }

    #[test]
    fn an_id_counts_before_the_address() {
        let found = identities_of(&[
            entry(Some("urn:uuid:1"), Some("https://a.example/1"), "x"),
            entry(Some("news_12"), Some("https://a.example/2"), "x"),
            entry(Some("https://a.example/3?utm_source=rss#top"), None, "x"),
            entry(None, Some("https://a.example:443/4/"), "x"),
        ]);
        assert_eq!(
            found,
            [
                "urn:uuid:1",
                "thoxuan.example|news_12",
                "a.example/3",
                "a.example/4"
            ]
        );
    }

    #[test]
    fn an_id_that_several_pages_share_is_not_trusted() {
        let found = identities_of(&[
            entry(Some("1"), Some("https://a.example/1"), "x"),
            entry(Some("1"), Some("https://a.example/2"), "y"),
            entry(Some("2"), Some("https://a.example/3"), "z"),
        ]);
        assert_eq!(found, ["a.example/1", "a.example/2", "thoxuan.example|2"]);
    }

    #[test]
    fn without_id_and_address_title_and_date_count() {
        let found = identities_of(&[entry(None, None, "Một"), entry(Some(" "), None, "Hai")]);
        assert_ne!(found[0], found[1]);
        assert_eq!(
            found,
            identities_of(&[entry(None, None, "Một"), entry(None, None, "Hai")])
        );
    }

    #[test]
    fn the_same_page_over_http_and_https_is_one() {
        let https = identities_of(&[entry(None, Some("https://a.example/1"), "x")]);
        assert_eq!(
            https,
            identities_of(&[entry(None, Some("http://www.a.example/1/#c"), "x")])
        );
    }
}
