//! Entries that come through other hubs: what is this hub's own goes no further, and nothing wanders for ever.

use feeds::{Entry, Feed, Legal};
use url::{Host, Url};

/// Hubs that an entry may have passed: a commune's, a province's, the nation's, and as many again.
pub const MAX_HOPS: usize = 8;

/// Entries of a document that were not looked at any further.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TurnedBack {
    /// They had been published by this hub.
    pub own: usize,
    /// They had passed more than [`MAX_HOPS`] hubs.
    pub too_far: usize,
}

impl TurnedBack {
    /// For the agency; none where there is nothing to tell.
    pub fn in_vietnamese(self) -> Option<String> {
        let own = (self.own > 0)
            .then(|| format!("{} bài của chính cổng này quay về, không lưu lại", self.own));
        let too_far = (self.too_far > 0).then(|| {
            format!(
                "{} bài đã qua hơn {MAX_HOPS} cổng, không nhận",
                self.too_far
            )
        });
        let told: Vec<String> = own.into_iter().chain(too_far).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What begins the ids that the hub at this address gives (RFC 4151).
pub fn ids_of(hub: &Url) -> String {
    format!("tag:{},2026:bai/", hub.host_str().unwrap_or("loa"))
}

/// Takes out of a document what this hub, at `own`, has published itself, and what has passed too many hubs.
pub fn turn_back(feed: &mut Feed, own: &Url) -> TurnedBack {
    let mut turned = TurnedBack::default();
    let ids = ids_of(own);
    feed.entries.retain(|entry| {
        let is_own = is_own(entry, own, &ids);
        let hops = entry.legal.as_ref().map_or(0, |legal| legal.hops.len());
        let is_too_far = !is_own && hops > MAX_HOPS;
        turned.own += usize::from(is_own);
        turned.too_far += usize::from(is_too_far);
        !is_own && !is_too_far
    });
    for entry in &mut feed.entries {
        let legal = entry.legal.as_deref_mut();
        if let Some(legal) = legal.filter(|legal| !is_credible(legal, own)) {
            legal.origin = None;
            legal.hops.clear();
        }
    }
    turned
}

/// Whether the origin that an entry names can be true: its id is one that the hub which it names gives, and not one that this hub
/// gives. Otherwise anybody's feed could put the ids of others' entries on its own, and withdraw them by it.
fn is_credible(legal: &Legal, own: &Url) -> bool {
    let Some(origin) = &legal.origin else {
        return true;
    };
    let Ok(hub) = Url::parse(origin.hub.trim()) else {
        return false;
    };
    let ids = ids_of(&hub);
    // Hubs side by side on one machine, as in tests, have one host for all.
    let is_apart = ids != ids_of(own) || is_at(&origin.hub, own) || is_loopback(own);
    matches!(hub.scheme(), "http" | "https") && origin.id.starts_with(&ids) && is_apart
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_own(entry: &Entry, own: &Url, ids: &str) -> bool {
    let legal = entry.legal.as_deref();
    let origin = legal.and_then(|legal| legal.origin.as_ref());
    let passed = legal.into_iter().flat_map(|legal| &legal.hops);
    let mut named = passed.chain(origin.map(|origin| &origin.hub));
    // Somebody else's program may have dropped the module, and kept the id.
    let is_credible = legal.is_some_and(|legal| legal.origin.is_some() && is_credible(legal, own));
    let has_own_id = || {
        let id = entry.id.as_deref();
        id.is_some_and(|id| id.trim().starts_with(ids))
    };
    named.any(|hub| is_at(hub, own)) || (!is_credible && has_own_id())
}

/// Whether a hub's address, as somebody wrote it, is this one.
fn is_at(hub: &str, own: &Url) -> bool {
    let place = |url: &Url| {
        let path = url.path().trim_end_matches('/').to_owned();
        (
            url.host_str().map(str::to_owned),
            url.port_or_known_default(),
            path,
        )
    };
    Url::parse(hub.trim()).is_ok_and(|hub| place(&hub) == place(own))
}

#[cfg(test)]
mod tests {
    use feeds::{Legal, Origin};

    use super::*;

    fn entry(id: &str, origin: Option<&str>, hops: &[&str]) -> Entry {
        let origin = origin.map(|hub| Origin {
            hub: hub.to_owned(),
            id: id.to_owned(),
            ..Origin::default()
        });
        Entry {
            id: Some(id.to_owned()),
            legal: Some(Box::new(Legal {
                origin,
                hops: hops.iter().map(|&hop| hop.to_owned()).collect(),
                ..Legal::default()
            })),
            ..Entry::default()
        }
    }

    #[test]
    fn what_is_ones_own_and_what_wanders_is_turned_back() {
        let own: Url = "https://phapluat.example".parse().unwrap();
        let far = vec!["https://xa.example/"; MAX_HOPS + 1];
        let table = [
            (entry("urn:1", None, &[]), TurnedBack::default()),
            (
                entry(
                    "tag:xa.example,2026:bai/1",
                    Some("https://xa.example/"),
                    &["https://xa.example/"],
                ),
                TurnedBack::default(),
            ),
            (
                entry("x", Some("https://phapluat.example/"), &[]),
                TurnedBack { own: 1, too_far: 0 },
            ),
            (
                entry(
                    "x",
                    Some("https://xa.example/"),
                    &["https://xa.example/", "HTTPS://PhapLuat.example:443"],
                ),
                TurnedBack { own: 1, too_far: 0 },
            ),
            (
                entry("tag:phapluat.example,2026:bai/7", None, &[]),
                TurnedBack { own: 1, too_far: 0 },
            ),
            (
                // Another hub on the same host would give the same ids.
                entry(
                    "tag:phapluat.example,2026:bai/7",
                    Some("https://phapluat.example:8443/"),
                    &[],
                ),
                TurnedBack { own: 1, too_far: 0 },
            ),
            (
                entry("x", Some("https://phapluat.example/thu"), &[]),
                TurnedBack::default(),
            ),
            (
                entry("x", Some("https://xa.example/"), &far),
                TurnedBack { own: 0, too_far: 1 },
            ),
            (
                entry("x", Some("https://xa.example/"), &far[1..]),
                TurnedBack::default(),
            ),
            (
                entry("x", Some("nowhere"), &["", "::"]),
                TurnedBack::default(),
            ),
        ];
        for (entry, expected) in table {
            let mut feed = Feed {
                entries: vec![entry.clone()],
                ..Feed::default()
            };
            let turned = turn_back(&mut feed, &own);
            assert_eq!(turned, expected, "{entry:?}");
            assert_eq!(feed.entries.is_empty(), turned != TurnedBack::default());
            assert_eq!(
                turned.in_vietnamese().is_none(),
                turned == TurnedBack::default()
            );
        }
    }

    #[test]
    fn nobody_puts_anothers_ids_on_what_is_theirs() {
        let own: Url = "https://phapluat.example".parse().unwrap();
        let claim = |hub: &str, id: &str| {
            let mut entry = entry("urn:1", Some(hub), &["https://a.example/"]);
            let legal = entry.legal.as_mut().unwrap();
            legal.origin.as_mut().unwrap().id = id.to_owned();
            let mut feed = Feed {
                entries: vec![entry],
                ..Feed::default()
            };
            turn_back(&mut feed, &own);
            let legal = feed.entries[0].legal.clone().unwrap();
            (legal.origin.is_some(), legal.hops.len())
        };
        assert_eq!(
            claim("https://xa.example/", "tag:xa.example,2026:bai/5"),
            (true, 1)
        );
        for (hub, id) in [
            // Of an entry of this hub, or of a third one.
            ("https://xa.example/", "tag:phapluat.example,2026:bai/5"),
            ("https://xa.example/", "tag:tinh.example,2026:bai/5"),
            (
                "https://phapluat.example:8443/",
                "tag:phapluat.example,2026:bai/5",
            ),
            ("https://xa.example/", "urn:1"),
            ("javascript:x", "tag:loa,2026:bai/5"),
            ("", ""),
        ] {
            assert_eq!(claim(hub, id), (false, 0), "{hub} {id}");
        }
    }
}
