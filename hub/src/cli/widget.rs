//! `hub widget …`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use chrono::{Days, NaiveDate};
use clap::ValueEnum;
use hub_repository::entries::{self, Kind};
use hub_repository::widgets::{self, Filters, Language, NewWidget, Theme, View, Widget, views};
use hub_repository::{DbConn, EntryId, Json, Scope, StoreError, Timestamp, agencies};
use serde_json::{Value, json};

use super::output::{Format, say, say_json};
use super::repository;
use crate::config::Config;
use crate::publish::{absolute, kind_names, new_widget_id, site_origin, today};
use crate::vocabulary;

/// Looked back at where nothing else is said, in days.
const RECENT: Days = Days::new(30);

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Set up a widget; prints the id that pages name it by
    #[command(
        after_help = "Example: hub widget add --owner so-tu-phap --view qa --field dat-dai \\\n    \
        --origin https://stp.thanhhoa.gov.vn --origin 'https://*.thanhhoa.gov.vn'\n\
        The page then has <loa-feed widget=\"ID\">, or a frame of /embed?widget=ID. /nhung is the guide."
    )]
    Add(Described),
    /// Set a widget up anew; pages that name it show the new one a moment later
    Change {
        /// Id of the widget
        id: String,
        #[command(flatten)]
        described: Described,
    },
    /// List the widgets
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show a widget and what to paste into a page
    Show {
        /// Id of the widget
        id: String,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Remove a widget; pages that name it show their own content from then on
    Remove {
        /// Id of the widget
        id: String,
    },
    /// How often widgets were asked for, by day
    #[command(
        after_help = "Counted is every request that was answered, also with \"you have it already\"; what browsers and caches \
        answer by themselves is not. A widget of '-' is every page without a configuration. 'fragment' counts servers, not people."
    )]
    Stats {
        /// Only of this widget
        #[arg(long, value_name = "ID")]
        widget: Option<String>,
        /// Only from this day on, as 2026-11-01 [default: 30 days ago]
        #[arg(long, value_name = "DAY")]
        since: Option<NaiveDate>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// What a widget is to be.
#[derive(Debug, clap::Args)]
pub(super) struct Described {
    /// Slug of the agency whose widget it is
    #[arg(long, value_name = "SLUG")]
    owner: String,
    /// What it is called [default: what it is narrowed to]
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// How it shows its entries
    #[arg(long, value_enum, default_value = "list")]
    view: Shown<View>,
    /// Only entries of these agencies
    #[arg(long, value_name = "SLUG", value_delimiter = ',')]
    agency: Vec<String>,
    /// Only entries of these kinds: news, qa, …
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// Only entries of these legal fields
    #[arg(long, value_name = "SLUG", value_delimiter = ',')]
    field: Vec<String>,
    /// Only entries for these
    #[arg(long, value_name = "SLUG", value_delimiter = ',')]
    audience: Vec<String>,
    /// Only entries for these situations in life
    #[arg(long, value_name = "SLUG", value_delimiter = ',')]
    situation: Vec<String>,
    /// The one entry that the view 'entry' shows
    #[arg(long, value_name = "ID")]
    entry: Option<EntryId>,
    /// Entries at most
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(i32).range(1..=i64::from(widgets::MAX_ENTRIES)))]
    limit: i32,
    /// Language of its labels
    #[arg(long, value_enum, default_value = "vi")]
    lang: Shown<Language>,
    /// Its colours
    #[arg(long, value_enum, default_value = "auto")]
    theme: Shown<Theme>,
    /// A site that may show it, with its scheme; a * stands for all sites of a domain [default: every site]
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
}

/// A word of the repository's as the command line takes it.
#[derive(Debug, Clone, Copy)]
struct Shown<T>(T);

macro_rules! shown {
    ($($word:ident),+) => {$(
        impl ValueEnum for Shown<$word> {
            fn value_variants<'a>() -> &'a [Self] {
                static ALL: std::sync::LazyLock<Vec<Shown<$word>>> =
                    std::sync::LazyLock::new(|| $word::ALL.iter().copied().map(Shown).collect());
                &ALL
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                Some(self.0.as_str().into())
            }
        }
    )+};
}
shown!(View, Language, Theme);

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Add(described) => {
            let id = new_widget_id();
            say(&db
                .run(move |conn| {
                    let new = described.widget(conn, &id)?;
                    Ok::<_, anyhow::Error>(widgets::add(conn, &Scope::Province, &new)?.id)
                })
                .await?)?;
        }
        Command::Change { id, described } => {
            db.run(move |conn| {
                let new = described.widget(conn, &id)?;
                widgets::change(conn, &Scope::Province, &new).map_err(|error| unknown(error, &id))
            })
            .await?;
        }
        Command::List { format } => {
            let all = db
                .run(|conn| {
                    let all = widgets::list(conn, &Scope::Province)?;
                    with_owners(conn, all)
                })
                .await?;
            match format {
                Format::Json => {
                    let rows = all.iter().map(|(widget, owner)| as_json(widget, owner));
                    say_json(&rows.collect::<Vec<_>>())?;
                }
                Format::Text => {
                    for (widget, owner) in &all {
                        let Widget {
                            id, view, title, ..
                        } = widget;
                        say(&format!("{id}\t{owner}\t{view}\t{title}"))?;
                    }
                }
            }
        }
        Command::Show { id, format } => {
            let (widget, owner) = db.run(move |conn| find(conn, &id)).await?;
            match format {
                Format::Json => say_json(&as_json(&widget, &owner))?,
                Format::Text => say(&as_text(&widget, &owner, config))?,
            }
        }
        Command::Remove { id } => {
            db.run(move |conn| {
                widgets::remove(conn, &Scope::Province, &id).map_err(|error| unknown(error, &id))
            })
            .await?;
        }
        Command::Stats {
            widget,
            since,
            format,
        } => {
            let since = since.or_else(|| today().checked_sub_days(RECENT));
            let since = since.unwrap_or(NaiveDate::MIN);
            let mut counts = db
                .run(move |conn| views::since(conn, &Scope::Province, since))
                .await?;
            counts.retain(|row| widget.as_ref().is_none_or(|id| *id == row.widget));
            match format {
                Format::Json => say_json(&counts)?,
                Format::Text => {
                    for row in &counts {
                        let widget = Some(&*row.widget).filter(|id| !id.is_empty());
                        let widget = widget.unwrap_or("-");
                        say(&format!(
                            "{}\t{widget}\t{}\t{}",
                            row.day, row.form, row.count
                        ))?;
                    }
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Described {
    /// The widget, once everything that it names is there.
    fn widget<'a>(&'a self, conn: &mut DbConn, id: &'a str) -> anyhow::Result<NewWidget<'a>> {
        let all = agencies::list(conn, &Scope::Province)?;
        let slugs: Vec<&str> = all.iter().map(|agency| agency.slug.as_str()).collect();
        known("--owner", std::slice::from_ref(&self.owner), &slugs)?;
        known("--agency", &self.agency, &slugs)?;
        let owner = all.iter().find(|agency| agency.slug == self.owner);
        let owner = owner.context("the owner has gone")?;
        for kind in &self.kind {
            if Kind::parse(kind).is_none() {
                bail!("--kind '{kind}' is not right; expected {}", kind_names());
            }
        }
        let (_, words) = vocabulary::newest(conn)?;
        let fields: Vec<&str> = words.fields.iter().map(|it| it.slug.as_str()).collect();
        known("--field", &self.field, &fields)?;
        let audiences: Vec<&str> = words.audiences.iter().map(|it| it.slug.as_str()).collect();
        known("--audience", &self.audience, &audiences)?;
        let situations = words.situations.iter().flat_map(|group| &group.items);
        let situations: Vec<&str> = situations.map(|it| it.slug.as_str()).collect();
        known("--situation", &self.situation, &situations)?;
        if let Some(entry) = self.entry
            && entries::find(conn, &Scope::Province, entry)?.is_none()
        {
            bail!(
                "--entry {entry} names no entry; its number stands in its address: /bai/NUMBER/…"
            );
        }
        Ok(NewWidget {
            id,
            agency_id: owner.id,
            title: self.title.trim(),
            view: self.view.0,
            filters: Json(Filters {
                agency: self.agency.clone(),
                kind: self.kind.clone(),
                field: self.field.clone(),
                audience: self.audience.clone(),
                situation: self.situation.clone(),
            }),
            entry_id: self.entry,
            entries: self.limit,
            language: self.lang.0,
            theme: self.theme.0,
            allowed_origins: Json(self.sites()?),
            created_at: Timestamp::now(),
        })
    }

    fn sites(&self) -> anyhow::Result<Vec<String>> {
        let sites = self.origins.iter().map(|text| {
            site_origin(text).with_context(|| {
                format!(
                    "--origin '{text}' is not a site; expected https://stp.example.vn or \
                     https://*.example.vn, without a path"
                )
            })
        });
        sites.collect()
    }
}

fn known(option: &str, given: &[String], known: &[&str]) -> anyhow::Result<()> {
    for value in given {
        if !known.contains(&value.as_str()) {
            let some = known.get(..5).unwrap_or(known).join(", ");
            bail!("{option} '{value}' names nothing; there are {some}, …");
        }
    }
    Ok(())
}

fn find(conn: &mut DbConn, id: &str) -> anyhow::Result<(Widget, String)> {
    let widget = widgets::find(conn, &Scope::Province, id)?;
    let widget = widget.ok_or_else(|| unknown(StoreError::NotFound, id))?;
    let mut found = with_owners(conn, vec![widget])?;
    found.pop().context("the widget has gone")
}

/// Each with the slug of its agency.
fn with_owners(conn: &mut DbConn, all: Vec<Widget>) -> anyhow::Result<Vec<(Widget, String)>> {
    let owners = agencies::list(conn, &Scope::Province)?;
    let with_owner = |widget: Widget| {
        let owner = owners.iter().find(|agency| agency.id == widget.agency_id);
        let slug = owner.map(|agency| agency.slug.clone());
        (widget, slug.unwrap_or_default())
    };
    Ok(all.into_iter().map(with_owner).collect())
}

fn unknown(error: StoreError, id: &str) -> anyhow::Error {
    match error {
        StoreError::NotFound => {
            anyhow::anyhow!("no widget has the id '{id}'; `hub widget list` shows them")
        }
        other => other.into(),
    }
}

fn as_json(widget: &Widget, owner: &str) -> Value {
    json!({
        "id": widget.id,
        "owner": owner,
        "title": widget.title,
        "view": widget.view,
        "filters": widget.filters,
        "entry": widget.entry_id,
        "limit": widget.entries,
        "language": widget.language,
        "theme": widget.theme,
        "origins": widget.allowed_origins,
        "created_at": widget.created_at,
    })
}

fn as_text(widget: &Widget, owner: &str, config: &Config) -> String {
    let filters = &widget.filters.0;
    let named = [
        ("agency", &filters.agency),
        ("kind", &filters.kind),
        ("field", &filters.field),
        ("audience", &filters.audience),
        ("situation", &filters.situation),
        ("origin", &widget.allowed_origins.0),
    ];
    let mut lines = vec![
        format!("owner\t{owner}"),
        format!("title\t{}", widget.title),
        format!("view\t{}", widget.view),
        format!("limit\t{}", widget.entries),
        format!("language\t{}", widget.language),
        format!("theme\t{}", widget.theme),
    ];
    if let Some(entry) = widget.entry_id {
        lines.push(format!("entry\t{entry}"));
    }
    for (name, values) in named.iter().filter(|(_, values)| !values.is_empty()) {
        lines.push(format!("{name}\t{}", values.join(", ")));
    }
    let script = absolute(&config.public_url, "/widget.js");
    let home = absolute(&config.public_url, "/");
    let id = &widget.id;
    lines.push(format!(
        "\n<script src=\"{script}\" defer></script>\n<loa-feed widget=\"{id}\"><a href=\"{home}\">{home}</a></loa-feed>"
    ));
    lines.join("\n")
}
