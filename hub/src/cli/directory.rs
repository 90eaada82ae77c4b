//! `hub directory …`: who helps citizens with the law, and where.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use hub_repository::Scope;
use hub_repository::legal_services::{self, LegalService, ServiceKind};

use super::output::{say, say_json};
use super::repository;
use crate::config::Config;

/// A larger file is no directory of a province.
const MAX_FILE: u64 = 16 << 20;

/// Wrong rows that are named.
const NAMED: usize = 20;

/// Characters in one column at most.
const MAX_TEXT: usize = 500;

const COLUMNS: [&str; 8] = [
    "kind", "name", "area", "address", "phone", "email", "hours", "note",
];

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Put a CSV file in place of the whole directory, all of it or nothing
    #[command(
        after_help = "The first line names the columns: kind,name,area,address,phone,email,hours,note. The first three must be \
        there and filled in; kind is tro-giup-phap-ly, hoa-giai or tu-van; area is the commune or ward. Commas or semicolons \
        part them; the text is UTF-8.\n\
        Example: hub directory list --format csv >directory.csv; edit it; hub directory import directory.csv\n\
        Exit status: 0 taken over, 1 when a row is wrong (each is named)."
    )]
    Import {
        /// The file
        file: PathBuf,
        /// Say what is wrong, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the directory
    List {
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
}

/// How the directory is listed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
pub(super) enum ListFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// As `import` takes it
    Csv,
}

pub(super) async fn run(command: Command, config: &Config) -> anyhow::Result<ExitCode> {
    match command {
        Command::Import { file, dry_run } => {
            let size = std::fs::metadata(&file)
                .with_context(|| format!("cannot read {}", file.display()))?
                .len();
            if size > MAX_FILE {
                bail!(
                    "{} has {size} bytes; expected at most {MAX_FILE}",
                    file.display()
                );
            }
            let bytes =
                std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let services = read(&bytes)?;
            let count = services.len();
            if dry_run {
                say(&format!(
                    "{count} services, nothing wrong; nothing was changed"
                ))?;
                return Ok(ExitCode::SUCCESS);
            }
            let db = repository(config).await?;
            db.run(move |conn| legal_services::replace(conn, &Scope::Province, &services))
                .await?;
            say(&format!("{count} services"))?;
        }
        Command::List { format } => {
            let db = repository(config).await?;
            let services = db.run(legal_services::list).await?;
            list(&services, format)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(services: &[LegalService], format: ListFormat) -> anyhow::Result<()> {
    match format {
        ListFormat::Json => say_json(&services),
        ListFormat::Text => services.iter().try_for_each(|service| {
            say(&format!(
                "{}\t{}\t{}",
                service.area, service.kind, service.name
            ))
        }),
        ListFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(COLUMNS)?;
            for service in services {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                writer.write_record([
                    service.kind.as_str().to_owned(),
                    service.name.clone(),
                    service.area.clone(),
                    text(&service.address),
                    text(&service.phone),
                    text(&service.email),
                    text(&service.hours),
                    text(&service.note),
                ])?;
            }
            say(String::from_utf8(writer.into_inner()?)?.trim_end())
        }
    }
}

/// The services of a file; an error names every row that is wrong.
fn read(bytes: &[u8]) -> anyhow::Result<Vec<LegalService>> {
    let text = std::str::from_utf8(bytes)
        .context("the file is not UTF-8; save it as \"CSV UTF-8\" in the spreadsheet program")?;
    let text = text.trim_start_matches('\u{feff}');
    let heading = text.lines().next().unwrap_or_default();
    let delimiter = if heading.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers()?.iter().map(str::to_lowercase).collect();
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        bail!(
            "there is no column '{unknown}'; expected {}",
            COLUMNS.join(", ")
        );
    }
    if let Some(missing) = COLUMNS[..3]
        .iter()
        .find(|name| !names.iter().any(|it| it == *name))
    {
        bail!("the column '{missing}' is missing in the first line");
    }
    let mut services = Vec::new();
    let mut wrong = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        match service(&names, &record) {
            Ok(service) => services.push(service),
            Err(reason) => wrong.push(format!("line {line}: {reason}")),
        }
    }
    if wrong.is_empty() {
        return Ok(services);
    }
    let mut message = format!("{} rows are wrong, nothing was changed:", wrong.len());
    for reason in wrong.iter().take(NAMED) {
        write!(message, "\n  {reason}")?;
    }
    if wrong.len() > NAMED {
        write!(message, "\n  and {} more", wrong.len() - NAMED)?;
    }
    bail!(message)
}

/// The service of a row, or what is wrong with the row.
fn service(names: &[String], record: &csv::StringRecord) -> Result<LegalService, String> {
    if record.len() != names.len() {
        return Err(format!(
            "{} columns; expected {}, as in the first line",
            record.len(),
            names.len()
        ));
    }
    let column = |name: &str| {
        let at = names.iter().position(|known| known == name);
        at.and_then(|at| record.get(at))
            .filter(|text| !text.is_empty())
    };
    for name in COLUMNS {
        if column(name).is_some_and(|text| text.chars().count() > MAX_TEXT) {
            return Err(format!("{name} is longer than {MAX_TEXT} characters"));
        }
    }
    let required = |name: &str| column(name).ok_or(format!("{name} is empty"));
    let kind = required("kind")?;
    let kind = ServiceKind::parse(kind).ok_or_else(|| {
        let known: Vec<&str> = ServiceKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("kind '{kind}'; expected {}", known.join(", "))
    })?;
    let optional = |name: &str| column(name).map(str::to_owned);
    Ok(LegalService {
        kind,
        name: required("name")?.to_owned(),
        area: required("area")?.to_owned(),
        address: optional("address"),
        phone: optional("phone"),
        email: optional("email"),
        hours: optional("hours"),
        note: optional("note"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_as_spreadsheets_write_it() {
        for text in [
            "kind,name,area,phone\nhoa-giai,Tổ 1,Xã A,\"0237, máy lẻ 2\"\n",
            "\u{feff}Area;Kind;Name;Phone\r\nXã A;hoa-giai;Tổ 1;0237, máy lẻ 2\r\n",
        ] {
            let services = read(text.as_bytes()).unwrap();
            let [service] = services.as_slice() else {
                panic!("{services:?}")
            };
            assert_eq!(service.area, "Xã A");
            assert_eq!(service.phone.as_deref(), Some("0237, máy lẻ 2"));
            assert_eq!(service.email, None);
        }
    }

    #[test]
    fn every_wrong_row_is_named() {
        let text =
            "kind,name,area\nhoa-giai,,Xã A\nluat,Tổ 2,Xã A\nhoa-giai,Tổ 3\nhoa-giai,Tổ 4,Xã A\n";
        let error = read(text.as_bytes()).unwrap_err().to_string();
        for part in [
            "3 rows",
            "line 2: name is empty",
            "line 3: kind 'luat'",
            "line 4: 2 columns",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
        for (text, part) in [
            (&b"kind,name,area,fax\n"[..], "no column 'fax'"),
            (b"kind,name\n", "'area' is missing"),
            (b"kind,name,area\nhoa-giai,T\xe1,X\n", "CSV UTF-8"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
