//! What a document looks like, in a few numbers that are kept.

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use feeds::{Entry, Feed, Text};
use serde::{Deserialize, Serialize};
use url::Url;

use super::terms;
use crate::ingest::Source;

/// Entries whose identity is remembered: the window of nearly every feed.
const REMEMBERED: usize = 500;

/// Bytes of an entry's markup that are looked through.
const LOOKED_THROUGH: usize = 64 * 1024;

/// Bytes of a text whose letters are counted.
const READ: usize = 1024;

/// Markup that acts or hides, before cleaning.
const SCRIPTS: [&str; 9] = [
    "<script",
    "javascript:",
    "onerror=",
    "onload=",
    "display:none",
    "display: none",
    "visibility:hidden",
    "font-size:0",
    "text-indent:-9",
];

/// A document of a feed, described for the circuit breaker. Kept as JSON: a field that is missing
/// counts as 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    pub entries: u32,
    /// Eight hexadecimal digits for each entry's identity.
    identities: String,
    /// Letters in titles and in the beginnings of summaries, or of texts without one.
    pub letters: u32,
    /// Of these, letters that only Vietnamese has.
    pub vietnamese: u32,
    /// Of these, letters that are not Latin.
    pub other_script: u32,
    /// Entries that speak like advertising for gambling.
    pub suspicious: u32,
    /// Entries with markup that acts or hides.
    pub scripted: u32,
    /// Entries that lead to another site than the feed's.
    pub strangers: u32,
    /// Entries that are declared withdrawn.
    pub withdrawn: u32,
}

impl Profile {
    /// Describes a document, whose entries `sources` names. `own` are the addresses that are the feed's own: registered
    /// and final.
    pub fn of(feed: &Feed, sources: &[Source], own: &[&Url]) -> Self {
        let own: Vec<&str> = own.iter().filter_map(|url| site(url)).collect();
        let mut profile = Self {
            entries: count(sources.len()),
            withdrawn: count(feed.tombstones.len()),
            ..Self::default()
        };
        for (entry, source) in feed.entries.iter().zip(sources) {
            if profile.identities.len() < 8 * REMEMBERED {
                profile.identities.push_str(&digest(&source.identity));
            }
            let letters = profile.letters;
            let marked = profile.vietnamese;
            let summary = entry.summary.as_ref().or(entry.content.as_ref());
            for text in [entry.title.as_ref(), summary].into_iter().flatten() {
                profile.count_letters(&law::text::clean(&beginning(text).plain()));
            }
            let is_marked = (profile.vietnamese - marked) * 50 > profile.letters - letters;
            let texts = texts(entry);
            let title = entry.title.as_ref().map_or("", Text::as_str);
            let spam = terms::are_suspicious(title, &texts, is_marked);
            profile.suspicious += u32::from(spam);
            let scripted = texts.iter().any(|text| is_scripted(text));
            profile.scripted += u32::from(scripted);
            let page = entry.url.as_deref().and_then(|url| Url::parse(url).ok());
            let elsewhere = page
                .as_ref()
                .and_then(site)
                .is_some_and(|site| !own.contains(&site));
            profile.strangers += u32::from(elsewhere);
        }
        profile
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        // Numbers and a text under names always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As it was kept; none when that cannot be read, as if the feed were new.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether the document held an entry with this identity. One in four thousand million others
    /// is taken for it.
    pub fn holds(&self, identity: &str) -> bool {
        let digest = digest(identity);
        self.each_identity().any(|known| known == digest)
    }

    /// How many entries' identities are remembered.
    pub(super) fn known(&self) -> usize {
        self.identities.len() / 8
    }

    /// How many of the remembered entries a later document still holds.
    pub(super) fn still_there(&self, later: &Self) -> usize {
        let later: HashSet<&str> = later.each_identity().collect();
        self.each_identity()
            .filter(|known| later.contains(known))
            .count()
    }

    fn each_identity(&self) -> impl Iterator<Item = &str> {
        (0..self.identities.len() / 8)
            .filter_map(|index| self.identities.get(8 * index..8 * index + 8))
    }

    fn count_letters(&mut self, text: &str) {
        for letter in text.chars() {
            if letter.is_ascii_alphabetic() {
                self.letters = self.letters.saturating_add(1);
            } else if is_vietnamese(letter) {
                self.letters = self.letters.saturating_add(1);
                self.vietnamese += 1;
            } else if letter.is_alphabetic() {
                self.letters = self.letters.saturating_add(1);
                self.other_script += u32::from(letter > '\u{24f}');
            }
        }
    }
}

/// A letter of Vietnamese and of no other language in use: ă, đ, ơ, ư and those with a tone beside
/// another mark.
fn is_vietnamese(letter: char) -> bool {
    matches!(
        letter,
        'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}'
    )
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// FNV-1a in 32 bits: short, and the same in every version of the hub.
fn digest(identity: &str) -> String {
    let hash = identity.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("{hash:08x}")
}

/// As much of a text as tells its language.
fn beginning(text: &Text) -> Text {
    let cut = |text: &str| text[..text.floor_char_boundary(READ)].to_owned();
    match text {
        Text::Plain(text) => Text::Plain(cut(text)),
        Text::Html(text) => Text::Html(cut(text)),
    }
}

fn texts(entry: &Entry) -> Vec<&str> {
    [&entry.summary, &entry.content]
        .into_iter()
        .flatten()
        .map(Text::as_str)
        .chain(entry.url.as_deref())
        .map(|text| &text[..text.floor_char_boundary(LOOKED_THROUGH)])
        .collect()
}

fn is_scripted(markup: &str) -> bool {
    SCRIPT
        .as_ref()
        .is_some_and(|script| script.is_match(markup))
}

/// Nothing in these patterns can be refused.
static SCRIPT: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(SCRIPTS)
        .ok()
});

/// The part of a host's name that one owner has, near enough: `stp.thanhhoa.gov.vn` is of
/// `thanhhoa.gov.vn`, `a.example.com` of `example.com`.
fn site(url: &Url) -> Option<&str> {
    let url::Host::Domain(host) = url.host()? else {
        return url.host_str();
    };
    let labels: Vec<(usize, &str)> = std::iter::once(0)
        .chain(host.match_indices('.').map(|(at, _)| at + 1))
        .map(|start| (start, &host[start..]))
        .collect();
    let is_country = labels.last().is_some_and(|(_, top)| top.len() == 2);
    let is_second_level = labels
        .len()
        .checked_sub(2)
        .and_then(|index| labels.get(index))
        .and_then(|(_, rest)| rest.split('.').next())
        .is_some_and(|second| {
            matches!(
                second,
                "gov" | "com" | "edu" | "org" | "net" | "ac" | "co" | "info" | "name"
            )
        });
    let kept = if is_country && is_second_level { 3 } else { 2 };
    let start = labels.len().saturating_sub(kept);
    labels.get(start).map(|(_, rest)| *rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_what_one_owner_has() {
        for (url, expected) in [
            ("https://stp.thanhhoa.gov.vn/rss", "thanhhoa.gov.vn"),
            ("https://thanhhoa.gov.vn/", "thanhhoa.gov.vn"),
            ("https://www.example.com/", "example.com"),
            ("https://nha-cai.vip/", "nha-cai.vip"),
            ("https://bao.vn/", "bao.vn"),
            ("http://127.0.0.1:80/", "127.0.0.1"),
            ("http://localhost/", "localhost"),
        ] {
            assert_eq!(site(&Url::parse(url).unwrap()), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_what_is_broken_is_as_if_new() {
        let profile = Profile {
            entries: 2,
            identities: digest("a") + &digest("b"),
            letters: 7,
            ..Profile::default()
        };
        assert_eq!(
            Profile::from_json(&profile.to_json()),
            Some(profile.clone())
        );
        assert!(profile.holds("a") && profile.holds("b") && !profile.holds("c"));
        assert_eq!(Profile::from_json("{\"entries\":1}").unwrap().entries, 1);
        assert_eq!(Profile::from_json("x"), None);
        let odd = Profile::from_json("{\"identities\":\"ộộộộộộ\"}").unwrap();
        assert_eq!(odd.still_there(&profile), 0);
    }
}
