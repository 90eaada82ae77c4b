//! `hub person …`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use hub_repository::audit::{self, Actor, Change};
use hub_repository::people::{self, NewMember, Person, Role};
use hub_repository::{DbConn, PersonId, Scope, StoreError, Timestamp};
use serde_json::json;

use super::feed::find_agency;
use super::output::{Format, remark, say, say_json};
use super::repository;
use crate::access::{self, Way};
use crate::config::Config;
use crate::publish::absolute;

const PROVINCE: &Scope = &Scope::Province;

/// How the audit calls whoever works at the command line.
const ACTOR: Actor<'static> = Actor {
    person: None,
    name: "hub person",
    address: "",
};

/// People that are listed at once.
const PAGE: i64 = 500;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Give somebody a part; who is new is sent a link to set a password with, or it is printed where no mail is set up
    #[command(
        after_help = "Example: hub person add --email lan@tinh.example.vn --name \"Trần Thị Lan\" --role province-admin"
    )]
    Add {
        /// Mail address: the person signs in with it
        #[arg(long)]
        email: String,
        /// Name as others read it
        #[arg(long)]
        name: String,
        /// province-admin, province-editor, auditor, agency-admin or agency-editor
        #[arg(long, value_parser = role)]
        role: Role,
        /// Slug of the agency, for agency-admin and agency-editor
        #[arg(long, value_name = "SLUG")]
        agency: Option<String>,
        /// Print the link, whether mail is set up or not
        #[arg(long)]
        link: bool,
    },
    /// List the people with their parts
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Send or print another link for who has not come yet or has lost the password; earlier ones end
    Invite {
        /// Mail address
        email: String,
        /// Print the link, whether mail is set up or not
        #[arg(long)]
        link: bool,
    },
    /// Let somebody sign in no more; sessions end at once
    Disable {
        /// Mail address
        email: String,
    },
    /// Let somebody sign in again
    Enable {
        /// Mail address
        email: String,
    },
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    let db = repository(config).await?;
    match command {
        Command::Add {
            email,
            name,
            role,
            agency,
            link,
        } => {
            let by_mail = config.mail.is_some() && !link;
            let way = db
                .run(move |conn| {
                    conn.write(|conn| add(conn, &email, &name, role, agency.as_deref(), by_mail))
                })
                .await?;
            tell(config, &way)?;
        }
        Command::List { format } => {
            let people = db.run(list).await?;
            match format {
                Format::Json => say_json(&people)?,
                Format::Text => {
                    for person in &people {
                        let word = |key: &str| person[key].as_str().unwrap_or_default().to_owned();
                        let parts = person["parts"].as_array().into_iter().flatten();
                        let parts: Vec<_> = parts
                            .map(|part| match part["agency"].as_str() {
                                Some(agency) => format!("{} of {agency}", text(&part["role"])),
                                None => text(&part["role"]),
                            })
                            .collect();
                        say(&format!(
                            "{}\t{}\t{}",
                            word("email"),
                            word("name"),
                            parts.join(", ")
                        ))?;
                    }
                }
            }
        }
        Command::Invite { email, link } => {
            let by_mail = config.mail.is_some() && !link;
            let way = db
                .run(move |conn| {
                    conn.write(|conn| {
                        let person = find(conn, &email)?;
                        if person.disabled_at.is_some() {
                            bail!("{email} is disabled; `hub person enable {email}` ends that");
                        }
                        let way =
                            access::invite(conn, PROVINCE, person.id, by_mail, Timestamp::now())?;
                        let after = json!({ "invited": way });
                        note(conn, "person.invite", person.id, Some(after))?;
                        Ok(way)
                    })
                })
                .await?;
            tell(config, &way)?;
        }
        Command::Disable { email } => {
            let since = Some(Timestamp::now());
            db.run(move |conn| set_disabled(conn, &email, since))
                .await?;
        }
        Command::Enable { email } => {
            db.run(move |conn| set_disabled(conn, &email, None)).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn add(
    conn: &mut DbConn,
    email: &str,
    name: &str,
    role: Role,
    agency: Option<&str>,
    by_mail: bool,
) -> anyhow::Result<Way> {
    let agency = match agency {
        Some(slug) => Some(find_agency(conn, slug)?.id),
        None => None,
    };
    let new = NewMember {
        email,
        name,
        agency,
        role,
    };
    let person = people::enrol(conn, PROVINCE, &new, Timestamp::now()).map_err(|error| {
        match error {
            StoreError::Conflict(_) => anyhow::anyhow!(
                "{email} has a part there already; `hub person list` shows it, the console changes it"
            ),
            other => other.into(),
        }
    })?;
    if person.disabled_at.is_some() {
        bail!("{email} is disabled; `hub person enable {email}` ends that");
    }
    let way = access::invite(conn, PROVINCE, person.id, by_mail, Timestamp::now())?;
    let after = json!({ "email": person.email, "role": role, "agency": agency, "invited": way });
    note(conn, "person.enrol", person.id, Some(after))?;
    Ok(way)
}

fn list(conn: &mut DbConn) -> anyhow::Result<Vec<serde_json::Value>> {
    let agencies = hub_repository::agencies::list(conn, PROVINCE)?;
    let mut rows = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = people::list(conn, PROVINCE, None, after.as_deref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(rows);
        };
        after = Some(last.email.clone());
        rows.extend(page.iter().map(|(person, parts)| {
            let parts = parts.iter().map(|part| {
                let mut agencies = agencies.iter();
                let agency = agencies.find(|agency| Some(agency.id) == part.agency_id);
                json!({ "role": part.role, "agency": agency.map(|agency| &agency.slug) })
            });
            json!({
                "id": person.id,
                "email": person.email,
                "name": person.name,
                "created_at": person.created_at,
                "signed_in_at": person.signed_in_at,
                "disabled_at": person.disabled_at,
                "parts": parts.collect::<Vec<_>>(),
            })
        }));
    }
}

fn set_disabled(conn: &mut DbConn, email: &str, since: Option<Timestamp>) -> anyhow::Result<()> {
    conn.write(|conn| {
        let person = find(conn, email)?;
        people::set_disabled(conn, PROVINCE, person.id, None, since)?;
        let action = if since.is_some() {
            "person.disable"
        } else {
            "person.enable"
        };
        note(conn, action, person.id, None)
    })
}

fn note(
    conn: &mut DbConn,
    action: &'static str,
    person: PersonId,
    after: Option<serde_json::Value>,
) -> anyhow::Result<()> {
    let change = Change {
        action,
        target: format!("person {person}"),
        after,
        ..Change::default()
    };
    Ok(audit::append(conn, &ACTOR, &change, Timestamp::now())?)
}

fn find(conn: &mut DbConn, email: &str) -> anyhow::Result<Person> {
    people::find_by_email(conn, PROVINCE, email)?
        .with_context(|| format!("nobody has the address {email}; `hub person list` shows them"))
}

/// Prints the link, or says that it is sent.
fn tell(config: &Config, way: &Way) -> anyhow::Result<()> {
    match way {
        Way::Link(token) => say(&absolute(
            &config.public_url,
            &access::invitation_path(token),
        )),
        Way::Mail => {
            remark("the link goes out by mail while `hub serve` runs; --link prints it instead");
            Ok(())
        }
    }
}

fn role(text: &str) -> Result<Role, String> {
    let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("expected one of {}", known.join(", ")))
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
