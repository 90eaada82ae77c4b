//! The answer for people: format, encoding, problems with their places, entries as a table.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use chrono::FixedOffset;
use feeds::{Date, Entry, Feed, Hints, Parsed, Place, Precision, Problem, Text};

/// Where the agencies are.
const VIETNAM: i32 = 7 * 3600;
/// Columns of the table of entries; what is longer is cut.
const TITLE_WIDTH: usize = 60;
const FACT_WIDTH: usize = 100;

pub(crate) fn explain(path: &Path) -> io::Result<ExitCode> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            writeln!(io::stderr(), "{} cannot be read: {error}", path.display())?;
            return Ok(ExitCode::from(2));
        }
    };
    let hints = Hints::default();
    match feeds::parse(&bytes, &hints) {
        Ok(parsed) => {
            let places = feeds::places(&bytes, &hints, &parsed.problems);
            let mut output = io::BufWriter::new(io::stdout().lock());
            write_facts(&mut output, &parsed)?;
            write_problems(&mut output, &parsed.problems, &places)?;
            write_entries(&mut output, &parsed.feed)?;
            output.flush()?;
            Ok(ExitCode::SUCCESS)
        }
        Err(cause) => {
            writeln!(
                io::stderr(),
                "{}: {}",
                path.display(),
                cell(&cause.to_string(), 400)
            )?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn write_facts(output: &mut impl Write, parsed: &Parsed) -> io::Result<()> {
    let feed = &parsed.feed;
    let facts = [
        ("format", Some(parsed.format.name().to_owned())),
        ("encoding", Some(parsed.encoding.to_owned())),
        ("title", feed.title.as_ref().map(shown)),
        ("about", feed.subtitle.as_ref().map(shown)),
        ("site", feed.home_page.clone()),
        ("self", feed.self_url.clone()),
        ("hubs", Some(feed.hubs.join(" "))),
        ("language", feed.language.clone()),
        ("generator", feed.generator.clone()),
        ("published", feed.published.map(date)),
        ("updated", feed.updated.map(date)),
    ];
    for (name, value) in facts {
        let value = cell(&value.unwrap_or_default(), FACT_WIDTH);
        if !value.is_empty() {
            writeln!(output, "{name:<10} {value}")?;
        }
    }
    Ok(())
}

fn write_problems(
    output: &mut impl Write,
    problems: &[Problem],
    places: &[Option<Place>],
) -> io::Result<()> {
    writeln!(output, "\nproblems: {}", problems.len())?;
    for (problem, place) in problems.iter().zip(places) {
        let place = place.map_or_else(String::new, |place| {
            format!("{}:{}", place.line, place.column)
        });
        let code = serde_json::to_value(problem.code)?;
        let code = code.as_str().unwrap_or_default();
        write!(output, "{place:>10}  {code:<21} {}", problem.code.advice())?;
        match &problem.found {
            Some(found) => writeln!(output, " (found: {})", cell(found, TITLE_WIDTH))?,
            None => writeln!(output)?,
        }
    }
    Ok(())
}

fn write_entries(output: &mut impl Write, feed: &Feed) -> io::Result<()> {
    let tombstones = feed.tombstones.len();
    writeln!(
        output,
        "\nentries: {}, withdrawn: {tombstones}",
        feed.entries.len()
    )?;
    for entry in &feed.entries {
        write_entry(output, entry)?;
    }
    for tombstone in &feed.tombstones {
        let when = tombstone.when.map(date).unwrap_or_default();
        writeln!(
            output,
            "{when:<16}  withdrawn: {}",
            cell(&tombstone.id, FACT_WIDTH)
        )?;
    }
    Ok(())
}

fn write_entry(output: &mut impl Write, entry: &Entry) -> io::Result<()> {
    let when = entry
        .published
        .or(entry.updated)
        .map(date)
        .unwrap_or_default();
    let title = cell(
        &entry.title.as_ref().map(shown).unwrap_or_default(),
        TITLE_WIDTH,
    );
    let address = entry.url.as_ref().or(entry.id.as_ref());
    let address = cell(address.map_or("", String::as_str), usize::MAX);
    writeln!(output, "{when:<16}  {title:<TITLE_WIDTH$}  {address}")
}

fn shown(text: &Text) -> String {
    text.plain().into_owned()
}

/// In Vietnam's time, as exactly as the feed gives it.
fn date(date: Date) -> String {
    let format = match date.precision {
        Precision::Year => "%Y",
        Precision::Month => "%Y-%m",
        Precision::Day => "%Y-%m-%d",
        Precision::Minute | Precision::Second => "%Y-%m-%d %H:%M",
    };
    match FixedOffset::east_opt(VIETNAM) {
        Some(offset) => date.at.with_timezone(&offset).format(format).to_string(),
        None => date.at.format(format).to_string(),
    }
}

/// On one line, cut at a width, and without what a terminal would take for a command.
fn cell(text: &str, width: usize) -> String {
    let mut characters = text.chars();
    let mut cell: String = characters
        .by_ref()
        .take(width)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        cell.pop();
        cell.push('…');
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_cut_and_harmless() {
        assert_eq!(cell("Nghị định 28", 20), "Nghị định 28");
        assert_eq!(cell("Nghị định 28", 6), "Nghị …");
        assert_eq!(cell("a\u{1b}[2J\nb", 20), "a [2J b");
    }
}
