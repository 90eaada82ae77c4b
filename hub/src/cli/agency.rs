//! `hub agency …`.

mod import;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::{DbConn, Scope, StoreError, category_mappings};
use serde_json::json;

use super::entry::check_field;
use super::output::{Format, say, say_json};
use super::repository;
use crate::config::Config;
use crate::{ingest, vocabulary};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Register an agency
    Add {
        /// Short name in addresses: lower-case letters, digits and hyphens, such as so-tu-phap
        #[arg(long)]
        slug: String,
        /// Name as people read it
        #[arg(long)]
        name: String,
        /// Slug of the agency above it
        #[arg(long, value_name = "SLUG")]
        parent: Option<String>,
        /// The agency's own site
        #[arg(long, value_name = "URL")]
        homepage: Option<String>,
        /// First day of its existence, as 2025-07-01
        #[arg(long, value_name = "DATE")]
        valid_from: Option<NaiveDate>,
        /// Last day of its existence, as 2025-06-30
        #[arg(long, value_name = "DATE")]
        valid_until: Option<NaiveDate>,
    },
    /// Say which legal field an agency's own category stands for; its entries are read again
    #[command(
        after_help = "Example: hub agency map-category so-tu-phap \"Địa chính\" --field dat-dai"
    )]
    MapCategory {
        /// Slug of the agency
        agency: String,
        /// The category as the agency's feeds write it; case and marks do not count
        category: String,
        /// Slug of the legal field; without it the category stands for none
        #[arg(long, value_name = "SLUG")]
        field: Option<String>,
    },
    /// Take in many agencies with their feeds and administrators from a file, all of them or none
    Import(import::Import),
    /// List the agencies
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Import(import) => return import::run(import, config, &db).await,
        Command::Add {
            slug,
            name,
            parent,
            homepage,
            valid_from,
            valid_until,
        } => {
            check_slug(&slug)?;
            if name.trim().is_empty() {
                bail!("--name is empty; expected the agency's name");
            }
            let homepage = homepage.as_deref().map(web_address).transpose()?;
            let agency = db
                .run(move |conn| {
                    let parent_id = match parent {
                        Some(parent) => Some(
                            agencies::find_by_slug(conn, &Scope::Province, &parent)?
                                .with_context(|| {
                                    format!("no agency has the slug '{parent}'; `hub agency list` shows them")
                                })?
                                .id,
                        ),
                        None => None,
                    };
                    let new = NewAgency {
                        slug: &slug,
                        name: name.trim(),
                        parent_id,
                        valid_from,
                        valid_until,
                        homepage: homepage.as_deref(),
                    };
                    agencies::add(conn, &Scope::Province, &new).map_err(|error| match error {
                        StoreError::Conflict(_) => {
                            anyhow::anyhow!("the slug '{slug}' is taken; choose another")
                        }
                        other => other.into(),
                    })
                })
                .await?;
            say(&agency.id.to_string())?;
        }
        Command::MapCategory {
            agency,
            category,
            field,
        } => {
            db.run(move |conn| map_category(conn, &agency, &category, field.as_deref()))
                .await?;
        }
        Command::List { format } => {
            let agencies = db
                .run(|conn| Ok::<_, anyhow::Error>(agencies::list(conn, &Scope::Province)?))
                .await?;
            match format {
                Format::Json => {
                    let rows: Vec<_> = agencies
                        .iter()
                        .map(|agency| {
                            json!({
                                "id": agency.id,
                                "slug": agency.slug,
                                "name": agency.name,
                                "parent": agencies
                                    .iter()
                                    .find(|parent| Some(parent.id) == agency.parent_id)
                                    .map(|parent| &parent.slug),
                                "homepage": agency.homepage,
                                "valid_from": agency.valid_from,
                                "valid_until": agency.valid_until,
                            })
                        })
                        .collect();
                    say_json(&rows)?;
                }
                Format::Text => {
                    for agency in &agencies {
                        say(&format!("{}\t{}", agency.slug, agency.name))?;
                    }
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn map_category(
    conn: &mut DbConn,
    agency: &str,
    category: &str,
    field: Option<&str>,
) -> anyhow::Result<()> {
    let agency = agencies::find_by_slug(conn, &Scope::Province, agency)?.with_context(|| {
        format!("no agency has the slug '{agency}'; `hub agency list` shows them")
    })?;
    if let Some(slug) = field {
        check_field(&vocabulary::newest(conn)?.1, slug)?;
    }
    let category = ingest::folded_category(category);
    category_mappings::set(conn, &Scope::Province, agency.id, &category, field)?;
    Ok(())
}

fn check_slug(slug: &str) -> anyhow::Result<()> {
    let fine = !slug.is_empty()
        && slug.len() <= 80
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !fine {
        bail!(
            "--slug '{slug}' is not right; expected lower-case letters, digits and hyphens, such as so-tu-phap"
        );
    }
    Ok(())
}

/// As [`crate::web_address::web_address`], with the address in the error.
pub(super) fn web_address(address: &str) -> anyhow::Result<String> {
    crate::web_address::web_address(address).map_err(|error| anyhow::anyhow!("'{address}' {error}"))
}
