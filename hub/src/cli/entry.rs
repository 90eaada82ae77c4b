//! `hub entry …`: what editors decide about entries.

mod front;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use hub_repository::corrections::{self, NewCorrection};
use hub_repository::entries;
use hub_repository::readings;
use hub_repository::{
    AgencyId, Db, EntryId, Scope, StoreError, Timestamp, agencies, category_mappings, clusters,
    instruments,
};
use law::vocabulary::Vocabulary;
use serde_json::json;

use super::output::{Format, say, say_json};
use super::repository;
use crate::config::Config;
use crate::ingest::Readable;
use crate::publish::today;
use crate::vocabulary;

const PROVINCE: &Scope = &Scope::Province;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List entries whose legal field an editor has to decide, the newest first
    Undecided {
        /// Only those before this one
        #[arg(long, value_name = "ID")]
        before: Option<EntryId>,
        #[arg(long, default_value_t = 20)]
        limit: u16,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List entries that cite what does not apply any more, the newest first, and how many each agency has
    #[command(after_help = "Example: hub entry outdated --agency so-tu-phap --format json")]
    Outdated {
        /// Only this agency's
        #[arg(long, value_name = "SLUG")]
        agency: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u16,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Say what the rules make of an entry, and why
    Explain {
        /// Number of the entry
        id: EntryId,
    },
    /// Decide what an entry is about; it counts more than the rules, also when the entry changes
    #[command(after_help = "Example: hub entry classify 4711 --field dat-dai --audience nong-dan")]
    Classify {
        /// Number of the entry
        id: EntryId,
        /// Slug of the legal field
        #[arg(long, value_name = "SLUG")]
        field: Option<String>,
        /// Slug of whom it is for; may be repeated
        #[arg(long, value_name = "SLUG")]
        audience: Vec<String>,
        /// Slug of a situation in which it helps; may be repeated
        #[arg(long, value_name = "SLUG")]
        situation: Vec<String>,
        /// Take back what was decided: the rules count again
        #[arg(long, conflicts_with_all = ["field", "audience", "situation"])]
        undo: bool,
        /// Who decides
        #[arg(long, value_name = "NAME", default_value = "cli")]
        by: String,
    },
    /// Part an entry from those of other agencies that were taken for the same text
    Separate {
        /// Number of the entry
        id: EntryId,
    },
    /// Put an entry in front of all others on the first page; the one pinned last stands first
    #[command(after_help = "Example: hub entry pin 4711 --until 2026-12-31")]
    Pin {
        /// Number of the entry
        id: EntryId,
        /// The last day on which it stands there
        #[arg(long, value_name = "DAY")]
        until: Option<NaiveDate>,
    },
    /// Take an entry back from the front
    Unpin {
        /// Number of the entry
        id: EntryId,
    },
    /// List the entries that stand in front
    Pinned {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Join two entries that are the same text
    Join {
        /// Number of the one
        id: EntryId,
        /// Number of the other
        other: EntryId,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Undecided {
            before,
            limit,
            format,
        } => {
            let found = db
                .run(move |conn| readings::undecided(conn, PROVINCE, before, limit.into()))
                .await?;
            let rows = found.iter().map(|(entry, confidence)| {
                json!({ "id": entry.id, "title": entry.title, "confidence": confidence })
            });
            match format {
                Format::Json => say_json(&rows.collect::<Vec<_>>())?,
                Format::Text => {
                    for (entry, _) in &found {
                        say(&format!("{}\t{}", entry.id, entry.title))?;
                    }
                }
            }
        }
        Command::Outdated {
            agency,
            limit,
            format,
        } => outdated(&db, agency, limit.into(), format).await?,
        Command::Explain { id } => explain(&db, id).await?,
        Command::Classify {
            id,
            field,
            audience,
            situation,
            undo,
            by,
        } => {
            db.run(move |conn| {
                if undo {
                    let undone = corrections::remove(conn, PROVINCE, id);
                    return undone.map_err(|error| match error {
                        StoreError::NotFound => {
                            anyhow::anyhow!("nothing was decided about entry {id}")
                        }
                        other => other.into(),
                    });
                }
                if field.is_none() && audience.is_empty() && situation.is_empty() {
                    bail!("nothing to decide; give --field, --audience or --situation, or --undo");
                }
                let (_, vocabulary) = vocabulary::newest(conn)?;
                check(&vocabulary, field.as_deref(), &audience, &situation)?;
                let new = NewCorrection {
                    field: field.as_deref(),
                    audiences: Some(audience).filter(|slugs| !slugs.is_empty()),
                    situations: Some(situation).filter(|slugs| !slugs.is_empty()),
                    by: &by,
                };
                let decided = corrections::set(conn, PROVINCE, id, &new, Timestamp::now());
                decided.map_err(|error| no_entry(error, id))
            })
            .await?;
        }
        Command::Separate { id } => {
            db.run(move |conn| clusters::separate(conn, PROVINCE, id))
                .await
                .map_err(|error| no_entry(error, id))?;
        }
        Command::Pin { id, until } => front::pin(&db, id, until).await?,
        Command::Unpin { id } => front::unpin(&db, id).await?,
        Command::Pinned { format } => front::list(&db, format).await?,
        Command::Join { id, other } => {
            db.run(move |conn| clusters::join(conn, PROVINCE, id, other))
                .await
                .map_err(|error| match error {
                    StoreError::NotFound => anyhow::anyhow!("no entry has the id {id} or {other}"),
                    error => error.into(),
                })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn no_entry(error: StoreError, id: EntryId) -> anyhow::Error {
    match error {
        StoreError::NotFound => anyhow::anyhow!("no entry has the id {id}"),
        other => other.into(),
    }
}

/// Refuses slugs that the vocabulary does not have.
fn check(
    vocabulary: &Vocabulary,
    field: Option<&str>,
    audiences: &[String],
    situations: &[String],
) -> anyhow::Result<()> {
    if let Some(slug) = field {
        check_field(vocabulary, slug)?;
    }
    for slug in audiences {
        if !vocabulary.audiences.iter().any(|one| one.slug == *slug) {
            bail!(
                "no audience has the slug '{slug}'; taxonomy.json of `hub vocabulary export` lists them"
            );
        }
    }
    for slug in situations {
        let mut items = vocabulary.situations.iter().flat_map(|group| &group.items);
        if !items.any(|one| one.slug == *slug) {
            bail!(
                "no situation has the slug '{slug}'; taxonomy.json of `hub vocabulary export` lists them"
            );
        }
    }
    Ok(())
}

pub(super) fn check_field(vocabulary: &Vocabulary, slug: &str) -> anyhow::Result<()> {
    if vocabulary.fields.iter().any(|field| field.slug == slug) {
        return Ok(());
    }
    bail!(
        "no legal field has the slug '{slug}'; taxonomy.json of `hub vocabulary export` lists them"
    )
}

/// What an editor should look at again since the law changed.
async fn outdated(
    db: &Db,
    agency: Option<String>,
    limit: i64,
    format: Format,
) -> anyhow::Result<()> {
    let day = today();
    let (found, counts, agencies) = db
        .run(move |conn| {
            let agency = match &agency {
                Some(slug) => Some(super::feed::find_agency(conn, slug)?.id),
                None => None,
            };
            let found = instruments::outdated(conn, PROVINCE, agency, day, None, limit)?;
            let mut counts = instruments::outdated_counts(conn, PROVINCE, day)?;
            counts.retain(|(id, _)| agency.is_none_or(|agency| agency == *id));
            Ok::<_, anyhow::Error>((found, counts, agencies::list(conn, PROVINCE)?))
        })
        .await?;
    let slug = |id: AgencyId| {
        let known = agencies.iter().find(|agency| agency.id == id);
        known.map(|agency| agency.slug.as_str()).unwrap_or_default()
    };
    match format {
        Format::Json => {
            let entries = found.iter().map(|outdated| {
                json!({
                    "id": outdated.entry.id,
                    "agency": slug(outdated.entry.agency_id),
                    "title": outdated.entry.title,
                    "published_at": outdated.entry.listed_at.to_string(),
                    "replaced": outdated.replaced,
                })
            });
            let counts = counts
                .iter()
                .map(|(id, count)| (slug(*id).to_owned(), json!(count)));
            say_json(&json!({
                "agencies": counts.collect::<serde_json::Map<_, _>>(),
                "entries": entries.collect::<Vec<_>>(),
            }))?;
        }
        Format::Text => {
            for outdated in &found {
                let replaced: Vec<&str> = outdated
                    .replaced
                    .iter()
                    .map(|instrument| instrument.number.as_str())
                    .collect();
                say(&format!(
                    "{}\t{}\t{}\t{}",
                    outdated.entry.id,
                    slug(outdated.entry.agency_id),
                    replaced.join(", "),
                    outdated.entry.title
                ))?;
            }
            for (id, count) in &counts {
                say(&format!(
                    "{}: {count} entries cite what was replaced",
                    slug(*id)
                ))?;
            }
        }
    }
    Ok(())
}

async fn explain(db: &hub_repository::Db, id: EntryId) -> anyhow::Result<()> {
    let answer = db
        .run(move |conn| {
            let entry = entries::find(conn, PROVINCE, id)?
                .with_context(|| format!("no entry has the id {id}"))?;
            let reader = vocabulary::load(conn)?;
            let mappings = category_mappings::of_agency(conn, PROVINCE, entry.agency_id)?;
            let made = reader.explain(Readable::from(&entry), &mappings);
            let stored = readings::find(conn, PROVINCE, id)?;
            Ok::<_, anyhow::Error>(json!({
                "id": id,
                "title": entry.title,
                "field": entry.field,
                "field_by": stored.and_then(|stored| stored.field_by),
                "read_with": stored.map(|stored| stored.read_with),
                "best": made.field,
                "next_best": made.runner_up,
                "audiences": made.audiences,
                "situations": made.situations,
            }))
        })
        .await?;
    say_json(&answer)
}
