//! What a pasted address leads to: a feed, or a page and the feeds that it names or that stand where feeds usually do.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use feeds::{Hints, NotAFeed, Parsed, discover};
use futures_util::StreamExt as _;
use tokio::time::Instant;
use url::Url;

use super::causes::Cause;
use super::fetch::{Body, Fetched, Fetcher, Request};

/// Addresses that are tried.
const MOST_TRIED: usize = 12;

/// At once: what a small site bears beside its visitors.
const AT_ONCE: usize = 2;

/// What an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is a feed.
    Feed,
    /// It is a page. The feeds that it announces come first.
    Page {
        title: Option<String>,
        candidates: Vec<Candidate>,
    },
    /// Nothing that can be read; why not, in Vietnamese.
    Nothing(String),
}

/// An address that may be a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub url: Url,
    /// As the page or the feed calls it.
    pub title: Option<String>,
    pub state: State,
}

/// What is known of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is one.
    Feed {
        format: &'static str,
        entries: usize,
        newest: Option<DateTime<Utc>>,
    },
    /// The page announces it, but it is none; why not, in Vietnamese.
    Broken(String),
    /// The page announces it, and there was no time to look.
    Untried,
}

/// Looks at an address for no longer than `patience`.
pub async fn find(fetcher: &Fetcher, url: &Url, patience: Duration) -> Found {
    let deadline = Instant::now() + patience;
    let looked = tokio::time::timeout_at(deadline, visit(fetcher, url)).await;
    let Ok(visited) = looked else {
        let seconds = patience.as_secs();
        return Found::Nothing(format!(
            "Trang không trả lời xong trong {seconds} giây. Hãy thử lại, hoặc dán thẳng địa chỉ của nguồn tin."
        ));
    };
    let page = match visited {
        Ok(Visited::Feed) => return Found::Feed,
        Ok(Visited::Page(page)) => page,
        Err(cause) => return Found::Nothing(cause.in_vietnamese()),
    };
    let mut states = vec![State::Untried; page.announced.len()];
    let mut others = Vec::new();
    let mut trying = futures_util::stream::iter(page.addresses().into_iter().enumerate())
        .map(async |(place, url)| (place, url.clone(), read(fetcher, &url).await))
        .buffer_unordered(AT_ONCE);
    while let Ok(Some((place, url, tried))) = tokio::time::timeout_at(deadline, trying.next()).await
    {
        match (states.get_mut(place), tried) {
            (Some(state), Ok((_, feed))) => *state = feed,
            (Some(state), Err(cause)) => *state = State::Broken(cause),
            // What was guessed need not exist.
            (None, Err(_)) => {}
            (None, Ok((title, state))) => others.push((place, Candidate { url, title, state })),
        }
    }
    others.sort_by_key(|(place, _)| *place);
    let others = others.into_iter().map(|(_, candidate)| candidate);
    let announced = page.announced.into_iter().zip(states);
    let announced = announced.map(|((url, title), state)| Candidate { url, title, state });
    let mut seen = HashSet::new();
    let mut candidates: Vec<Candidate> = announced.chain(others).collect();
    candidates.retain(|candidate| seen.insert(candidate.url.clone()));
    Found::Page {
        title: page.title,
        candidates,
    }
}

enum Visited {
    Feed,
    Page(Page),
}

/// A page, and what it says of feeds.
struct Page {
    title: Option<String>,
    announced: Vec<(Url, Option<String>)>,
    guessed: Vec<Url>,
}

impl Page {
    /// What is worth trying, the announced first.
    fn addresses(&self) -> Vec<Url> {
        let announced = self.announced.iter().map(|(url, _)| url);
        let all = announced.chain(&self.guessed);
        all.take(MOST_TRIED).cloned().collect()
    }
}

async fn visit(fetcher: &Fetcher, url: &Url) -> Result<Visited, Cause> {
    // Somebody has named it: it is asked for as a feed is.
    let body = match fetcher.fetch(&Request::unconditional(url.clone())).await? {
        Fetched::Body(body) => body,
        Fetched::NotModified => return Err(Cause::NotAFeed(NotAFeed::Empty)),
    };
    let reading = tokio::task::spawn_blocking(move || match parse(&body) {
        Ok(_) => Ok(Visited::Feed),
        Err(NotAFeed::Html { title }) => Ok(Visited::Page(of_page(&body, title))),
        // A page on which somebody can sign in may be the first page all the same.
        Err(NotAFeed::LoginPage) => {
            let page = of_page(&body, None);
            if page.announced.is_empty() {
                return Err(Cause::NotAFeed(NotAFeed::LoginPage));
            }
            Ok(Visited::Page(page))
        }
        Err(refusal) => Err(Cause::NotAFeed(refusal)),
    });
    reading.await.unwrap_or(Err(Cause::HubFault))
}

fn of_page(body: &Body, title: Option<String>) -> Page {
    let found = discover::page(&body.bytes, &hints(body));
    let address = |href: &str| {
        let mut url = Url::parse(href).ok()?;
        url.set_fragment(None);
        Some(url)
    };
    let announced = found.feeds.iter();
    let announced = announced.filter_map(|link| Some((address(&link.href)?, link.title.clone())));
    let guessed = found.candidates.iter().filter_map(|href| address(href));
    Page {
        title,
        announced: announced.collect(),
        guessed: guessed.collect(),
    }
}

/// What a candidate is; else why it is no feed.
async fn read(fetcher: &Fetcher, url: &Url) -> Result<(Option<String>, State), String> {
    // Nobody has named this address: the site's `robots.txt` is asked about it.
    let body = fetcher.page(url).await;
    let body = body.map_err(|error| Cause::from(error).in_vietnamese())?;
    let reading = tokio::task::spawn_blocking(move || {
        let parsed = parse(&body).map_err(Cause::NotAFeed)?;
        let dates = parsed.feed.entries.iter();
        let dates = dates.filter_map(|entry| entry.published.or(entry.updated));
        let state = State::Feed {
            format: parsed.format.name(),
            entries: parsed.feed.entries.len(),
            newest: dates.map(|date| date.at).max(),
        };
        let title = parsed.feed.title.as_ref().map(feeds::Text::plain);
        Ok((title.map(std::borrow::Cow::into_owned), state))
    });
    let read = reading.await.unwrap_or(Err(Cause::HubFault));
    read.map_err(|cause| cause.in_vietnamese())
}

fn parse(body: &Body) -> Result<Parsed, NotAFeed> {
    feeds::parse(&body.bytes, &hints(body))
}

fn hints(body: &Body) -> Hints<'_> {
    Hints {
        content_type: body.content_type.as_deref(),
        base: Some(body.final_url.as_str()),
    }
}

#[cfg(test)]
mod tests;
