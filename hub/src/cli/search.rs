//! `hub search`.

use std::process::ExitCode;

use hub_repository::entries::Kind;
use serde_json::json;

use super::output::{Format, say, say_json};
use super::repository;
use crate::app;
use crate::config::Config;
use crate::publish::{absolute, kind_names};
use crate::search::{Facet, Filters, Query};
use crate::work;

/// What the results are counted by.
const FACETS: [Facet; 5] = [
    Facet::Field,
    Facet::Audience,
    Facet::Situation,
    Facet::Kind,
    Facet::Agency,
];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Words, with or without accents; a document number; a "phrase"
    query: String,
    /// Only this legal field
    #[arg(long, value_name = "SLUG")]
    field: Option<String>,
    /// Only this agency
    #[arg(long, value_name = "SLUG")]
    agency: Option<String>,
    /// Only this kind: news, qa, situation, document, publication, multimedia or event
    #[arg(long, value_parser = kind)]
    kind: Option<Kind>,
    /// How many entries to show
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

fn kind(value: &str) -> Result<Kind, String> {
    Kind::parse(value).ok_or_else(|| format!("expected one of {}", kind_names()))
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    let index = app::open_index(config, &db).await?;
    work::catch_up(&db, &index).await?;
    if let Some(slug) = arguments.agency.clone() {
        db.run(move |conn| super::feed::find_agency(conn, &slug))
            .await?;
    }
    let mut filters = Filters::default();
    for (facet, value) in [
        (Facet::Agency, arguments.agency),
        (Facet::Field, arguments.field),
        (
            Facet::Kind,
            arguments.kind.map(|kind| kind.as_str().to_owned()),
        ),
    ] {
        if let Some(value) = value {
            filters.add(facet, value);
        }
    }
    let query = Query {
        text: arguments.query,
        filters,
        limit: usize::from(arguments.limit),
        facets: FACETS.to_vec(),
        collapse: true,
        ..Query::default()
    };
    let results = tokio::task::spawn_blocking(move || index.search(&query)).await??;
    let url = |path: &str| absolute(&config.public_url, path);
    match arguments.format {
        Format::Json => {
            let entries: Vec<_> = results
                .hits
                .iter()
                .map(|hit| {
                    json!({
                        "id": hit.id,
                        "title": hit.title.text(),
                        "url": url(&hit.path),
                        "agency": hit.agency,
                        "kind": hit.kind,
                        "published_at": hit.listed_at.to_rfc3339(),
                        "snippet": hit.snippet.text(),
                    })
                })
                .collect();
            let counts = |facet: Facet| -> serde_json::Value {
                let counts = results.facets.of(facet).iter();
                counts
                    .map(|(name, count)| (name.clone(), json!(count)))
                    .collect()
            };
            let facets: serde_json::Value = FACETS
                .iter()
                .map(|facet| (facet.name().to_owned(), counts(*facet)))
                .collect();
            say_json(&json!({
                "total": results.total,
                "took_us": u64::try_from(results.took.as_micros()).unwrap_or(u64::MAX),
                "entries": entries,
                "facets": facets,
            }))?;
        }
        Format::Text => {
            for hit in &results.hits {
                say(&format!(
                    "{}\n  {} · {} · {}",
                    hit.title.text(),
                    hit.agency,
                    hit.kind,
                    url(&hit.path)
                ))?;
                say(&format!("  {}", hit.snippet.text()))?;
            }
            say(&format!("{} entries", results.total))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
