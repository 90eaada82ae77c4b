//! Reads addresses and their query strings: every parameter optional, every wrong value named with what was expected.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use chrono::NaiveDate;
use hub_repository::agencies::Agency;
use hub_repository::entries::Kind;

use super::error::Error;
use crate::publish::{Cursor, Snapshot, kind_names};

/// Characters of a search; the form takes no more either.
const MAX_TEXT: usize = 500;

/// The one part of a path that its route leaves open. What is no text names nothing, so it is
/// empty, and every handler says in its own way that there is no such thing.
#[derive(Debug)]
pub(crate) struct Segment(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::from_request_parts(parts, state).await;
        Ok(Self(path.map(|Path(text)| text).unwrap_or_default()))
    }
}

/// The two parts of a path that its route leaves open; both are empty where one is no text.
#[derive(Debug)]
pub(crate) struct Segments(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Segments {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::from_request_parts(parts, state).await;
        let (first, second) = path.map(|Path(both)| both).unwrap_or_default();
        Ok(Self(first, second))
    }
}

/// The parameters of a request, decoded (WHATWG URL, `application/x-www-form-urlencoded`).
#[derive(Debug, Clone)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Parameters {
    /// The parameters of a query string, or of a form.
    pub(crate) fn parse(query: &str) -> Self {
        Self(
            url::form_urlencoded::parse(query.as_bytes())
                .take(100)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// Parameters that nobody has sent.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter();
        Self(
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    /// All of them, as they stand.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of this name that is not blank.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .0
            .iter()
            .find(|(n, value)| n == name && !value.trim().is_empty())?;
        Some(value.trim())
    }

    /// The first value of this name as it was typed, blanks included; empty when it is missing.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    /// Free text, cut to a length that a person may type; empty when it is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        let value = self.value(name).unwrap_or_default();
        match value.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => &value[..end],
            None => value,
        }
    }

    /// A whole number within `range`, or `default` when it is missing.
    pub(crate) fn number(
        &self,
        name: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, Error> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        let number = value.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| Error::BadParameter {
            name,
            expected: format!("{}–{}", range.start(), range.end()),
        })
    }

    /// A kind of entry.
    pub(crate) fn kind(&self, name: &'static str) -> Result<Option<Kind>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        Kind::parse(value)
            .map(Some)
            .ok_or_else(|| Error::BadParameter {
                name,
                expected: kind_names(),
            })
    }

    /// An agency that exists, by its slug.
    pub(crate) fn agency<'s>(
        &self,
        name: &'static str,
        snapshot: &'s Snapshot,
    ) -> Result<Option<&'s Agency>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        snapshot
            .agency_by_slug(value)
            .map(Some)
            .ok_or_else(|| Error::BadParameter {
                name,
                expected: "so-tu-phap, ubnd-xa-… (/don-vi)".to_owned(),
            })
    }

    /// Where a page of a feed begins.
    pub(crate) fn cursor(&self, name: &'static str) -> Result<Option<Cursor>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        Cursor::parse(value)
            .map(Some)
            .ok_or_else(|| Error::BadParameter {
                name,
                expected: "a place as in the feed's link with rel=next, 1763860000000000.7"
                    .to_owned(),
            })
    }

    /// A day, as `2026-11-23`.
    pub(crate) fn day(&self, name: &'static str) -> Result<Option<NaiveDate>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        value.parse().map(Some).map_err(|_| Error::BadParameter {
            name,
            expected: "2026-11-23".to_owned(),
        })
    }

    /// One of a few words, or the first of them when it is missing.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<T, Error> {
        let value = self.value(name).unwrap_or(choices[0].0);
        choices
            .iter()
            .find(|(word, _)| *word == value)
            .map(|(_, choice)| *choice)
            .ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                Error::BadParameter {
                    name,
                    expected: words.join(", "),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_values_say_what_was_expected() {
        let parameters = Parameters::parse("limit=99&kind=x&from=23/11/2026&sort=up&q=%20");
        assert_eq!(parameters.text("q"), "");
        for (error, expected) in [
            (parameters.number("limit", 1..=50, 10).unwrap_err(), "1–50"),
            (parameters.kind("kind").unwrap_err(), "news, qa"),
            (parameters.day("from").unwrap_err(), "2026-11-23"),
            (
                parameters
                    .choice("sort", &[("a", 1), ("b", 2)])
                    .unwrap_err(),
                "a, b",
            ),
            (
                parameters.agency("kind", &Snapshot::default()).unwrap_err(),
                "so-tu-phap",
            ),
        ] {
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_missing_or_blank_has_its_default() {
        let parameters = Parameters::parse("limit=&q=%C4%91%E1%BA%A5t+%C4%91ai");
        assert_eq!(parameters.number("limit", 1..=50, 10).unwrap(), 10);
        assert_eq!(parameters.text("q"), "đất đai");
        assert_eq!(parameters.kind("kind").unwrap(), None);
        let long = Parameters(vec![("q".to_owned(), "ệ".repeat(501))]);
        assert_eq!(long.text("q"), "ệ".repeat(500));
    }
}
