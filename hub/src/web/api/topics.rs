//! `/api/v1/fields`, `/api/v1/audiences`, `/api/v1/situations`: the words of the vocabulary, each with what it stands for.

use std::collections::HashMap;

use axum::response::Response;
use law::vocabulary::Vocabulary;

use super::super::error::ApiError;
use super::super::respond::CachePolicy;
use super::call::Call;
use crate::publish::absolute;
use crate::publish::api::{Topic, TopicList};
use crate::search::{Facet, Query, Sort};

/// A word of the vocabulary.
struct Word<'v> {
    slug: &'v str,
    label: &'v str,
    english: Option<&'v str>,
    group: Option<&'v str>,
}

/// Các lĩnh vực pháp luật
///
/// The legal fields, in the vocabulary's order.
#[utoipa::path(
    get,
    path = "/api/v1/fields",
    tag = "topics",
    responses((status = 200, body = TopicList))
)]
pub(super) async fn fields(call: Call) -> Result<Response, ApiError> {
    list(&call, Facet::Field, |vocabulary| {
        let fields = vocabulary.fields.iter();
        let word = fields.map(|field| Word {
            slug: &field.slug,
            label: &field.label,
            english: Some(&field.english),
            group: None,
        });
        word.collect()
    })
    .await
}

/// Các nhóm đối tượng
///
/// The groups of people that entries are for, in the vocabulary's order.
#[utoipa::path(
    get,
    path = "/api/v1/audiences",
    tag = "topics",
    responses((status = 200, body = TopicList))
)]
pub(super) async fn audiences(call: Call) -> Result<Response, ApiError> {
    list(&call, Facet::Audience, |vocabulary| {
        let audiences = vocabulary.audiences.iter();
        let word = audiences.map(|audience| Word {
            slug: &audience.slug,
            label: &audience.label,
            english: Some(&audience.english),
            group: None,
        });
        word.collect()
    })
    .await
}

/// Các tình huống trong đời sống
///
/// The life situations in which entries help, group by group.
#[utoipa::path(
    get,
    path = "/api/v1/situations",
    tag = "topics",
    responses((status = 200, body = TopicList))
)]
pub(super) async fn situations(call: Call) -> Result<Response, ApiError> {
    list(&call, Facet::Situation, |vocabulary| {
        let groups = vocabulary.situations.iter();
        let words = groups.flat_map(|group| {
            group.items.iter().map(|situation| Word {
                slug: &situation.slug,
                label: &situation.label,
                english: None,
                group: Some(&group.label),
            })
        });
        words.collect()
    })
    .await
}

async fn list(
    call: &Call,
    facet: Facet,
    words: fn(&Vocabulary) -> Vec<Word<'_>>,
) -> Result<Response, ApiError> {
    // The vocabulary can change without the revision.
    call.found(CachePolicy::Minute, move |app, _| {
        let results = app.index.search(&Query {
            sort: Sort::Newest,
            facets: vec![facet],
            as_typed: true,
            ..Query::default()
        })?;
        let counts: HashMap<&str, u64> = results
            .facets
            .of(facet)
            .iter()
            .map(|(value, entries)| (value.as_str(), *entries))
            .collect();
        let reader = app.harvester.reader.get();
        let public_url = &app.config.public_url;
        let (name, english) = (facet.name(), |text: &str| text.to_owned());
        let items = words(reader.vocabulary()).into_iter().map(|word| Topic {
            slug: word.slug.to_owned(),
            label: word.label.to_owned(),
            english: word.english.filter(|text| !text.is_empty()).map(english),
            group: word.group.map(str::to_owned),
            entries: counts.get(word.slug).copied().unwrap_or(0),
            feed_url: absolute(public_url, &format!("/feeds/{name}/{}.atom", word.slug)),
            entries_url: absolute(public_url, &format!("/api/v1/entries?{name}={}", word.slug)),
        });
        Ok(TopicList {
            vocabulary: reader.version(),
            items: items.collect(),
        })
    })
    .await
}
