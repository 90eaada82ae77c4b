//! `hub agency import`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use hub_repository::audit::{self, Actor};
use hub_repository::{Db, DbConn, Scope, StoreError, Timestamp};
use serde_json::json;

use super::super::output::{Format, remark, say, say_json};
use crate::access;
use crate::config::Config;
use crate::onboarding::{self, AgencyPlan, MAX_FILE, PersonPlan, Plan, RowPlan};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The first line names the columns, in any order: Tên đơn vị, Mã, Trực thuộc, Trang chủ, Nguồn tin, Họ tên quản trị, Thư điện \
        tử; or name, slug, parent, homepage, feed, administrator, email. Only the name is needed. Commas, semicolons or tabs part them; several \
        feeds of one agency stand in one cell with blanks between. In OPML folders are agencies, by name or slug.\n\
        Example: hub agency import tiep-nhan.csv --dry-run\n\
        Exit status: 0 all rows are carried out, 1 none, as a row is wrong (each is named)."
)]
pub(in super::super) struct Import {
    /// CSV or OPML
    file: PathBuf,
    /// Say what each row would do, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Reads the file, says what its rows do, and does it unless one is wrong.
pub(super) async fn run(import: Import, config: &Config, db: &Db) -> anyhow::Result<ExitCode> {
    let Import {
        file,
        dry_run,
        format,
    } = import;
    let shown = file.display();
    let size = std::fs::metadata(&file).with_context(|| format!("cannot read {shown}"))?;
    if size.len() > MAX_FILE as u64 {
        bail!(
            "{shown} has {} bytes; expected at most {MAX_FILE}",
            size.len()
        );
    }
    let bytes = std::fs::read(&file).with_context(|| format!("cannot read {shown}"))?;
    let list =
        onboarding::read(&bytes).with_context(|| format!("{shown} is no list of agencies"))?;
    if let Some(said) = &list.remark {
        remark(said);
    }
    let by_mail = config.mail.is_some();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let target = format!("onboarding {name}");
    let plan = db
        .run(move |conn| {
            conn.write(|conn| {
                let plan = onboarding::plan(conn, &Scope::Province, &list.rows, None)?;
                if plan.is_sound() && !dry_run {
                    carry_out(conn, &plan, target, by_mail)?;
                }
                Ok::<_, StoreError>(plan)
            })
        })
        .await?;
    tell(&plan, format)?;
    if !plan.is_sound() {
        remark("nothing was changed: mend the rows that are wrong, and import the file again");
        return Ok(ExitCode::FAILURE);
    }
    if dry_run {
        remark("nothing was changed");
    } else if !by_mail {
        remark("mail is not set up: make links with `hub person invite`, or in the console");
    }
    Ok(ExitCode::SUCCESS)
}

fn carry_out(
    conn: &mut DbConn,
    plan: &Plan,
    target: String,
    by_mail: bool,
) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let applied = onboarding::apply(conn, &Scope::Province, plan, now)?;
    if by_mail {
        for person in &applied.invited {
            access::invite(conn, &Scope::Province, *person, by_mail, now)?;
        }
    }
    let actor = Actor {
        person: None,
        name: "hub agency import",
        address: "",
    };
    audit::append(conn, &actor, &applied.change(target), now)
}

fn tell(plan: &Plan, format: Format) -> anyhow::Result<()> {
    let [agencies, feeds, people] = plan.adds();
    if format == Format::Json {
        let rows: Vec<_> = plan.rows.iter().map(row).collect();
        let adds = json!({ "agencies": agencies, "feeds": feeds, "people": people });
        return say_json(&json!({ "rows": rows, "adds": adds }));
    }
    for one in &plan.rows {
        for problem in &one.problems {
            say(&format!("{}\t{}\t{problem}", one.row.line, one.row.name))?;
        }
    }
    say(&format!(
        "{} rows: {agencies} agencies, {feeds} feeds, {people} administrators to add",
        plan.rows.len()
    ))
}

fn row(one: &RowPlan) -> serde_json::Value {
    let person = one.person.as_ref().map(|person| match person {
        PersonPlan::New => "new",
        PersonPlan::Joins => "joins",
        PersonPlan::Known => "known",
    });
    let new = one.feeds.iter().filter(|(_, is_new)| *is_new);
    json!({
        "line": one.row.line,
        "name": one.row.name,
        "slug": one.slug,
        "agency": if one.agency == AgencyPlan::New { "new" } else { "known" },
        "new_feeds": new.map(|(url, _)| url).collect::<Vec<_>>(),
        "person": person,
        "problems": one.problems,
    })
}
