//! `hub evaluate`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::Value;

use super::output::{Format, say, say_json};
use crate::evaluate::{Evaluation, evaluate};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder with any of queries.jsonl, citations.jsonl and classify.jsonl
    folder: PathBuf,
    /// The entries that are searched [default: corpus.jsonl in the folder]
    #[arg(long, value_name = "FILE")]
    corpus: Option<PathBuf>,
    /// Also list what was missed
    #[arg(long)]
    misses: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Ends with 1 where a figure is below its target.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let evaluation = evaluate(&arguments.folder, arguments.corpus.as_deref()).await?;
    match arguments.format {
        Format::Json => {
            let mut report =
                serde_json::to_value(&evaluation).context("the figures cannot be written")?;
            if !arguments.misses {
                remove_misses(&mut report);
            }
            say_json(&report)?;
        }
        Format::Text => {
            show(&evaluation)?;
            if arguments.misses {
                show_misses(&evaluation)?;
            }
        }
    }
    Ok(if evaluation.passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(evaluation: &Evaluation) -> anyhow::Result<()> {
    for figure in &evaluation.figures {
        let passed = if figure.passed { "ok" } else { "MISSED" };
        say(&format!(
            "{:<58} {:>6.3}   target {:.2}   {passed}",
            figure.name, figure.value, figure.target
        ))?;
    }
    for outcome in &evaluation.queries {
        say(&format!(
            "{}: {} of {} entries found, {} of {} queries without an answer find nothing, 95 % of searches within {:.1} ms",
            outcome.spelling,
            outcome.found,
            outcome.musts,
            outcome.negatives_empty,
            outcome.negatives,
            outcome.took_p95.as_secs_f64() * 1000.0,
        ))?;
    }
    Ok(())
}

fn show_misses(evaluation: &Evaluation) -> anyhow::Result<()> {
    for outcome in &evaluation.queries {
        for miss in &outcome.misses {
            let what = match (&miss.entry, miss.place) {
                (None, _) => "found something".to_owned(),
                (Some(entry), None) => format!("{entry} is not among the first"),
                (Some(entry), Some(place)) => format!("{entry} stands at {place}"),
            };
            let searched = miss
                .searched
                .as_ref()
                .map(|text| format!(", searched as “{text}”"));
            say(&format!(
                "{} {} “{}”{}: {what}",
                outcome.spelling,
                miss.query,
                miss.typed,
                searched.unwrap_or_default()
            ))?;
        }
    }
    for miss in evaluation
        .citations
        .iter()
        .flat_map(|scores| &scores.misses)
    {
        say(&format!(
            "citations {}: missing {}, too many {}",
            miss.id,
            serde_json::to_string(&miss.missing)?,
            serde_json::to_string(&miss.surplus)?
        ))?;
    }
    for (set, scores) in [
        ("classify", &evaluation.classify),
        ("corpus", &evaluation.corpus),
    ] {
        for miss in scores.iter().flat_map(|scores| &scores.misses) {
            let found = miss.found.as_deref().unwrap_or("nothing");
            say(&format!(
                "{set} {}: {}, not {found} ({:.2}): {}",
                miss.id, miss.expected, miss.confidence, miss.text
            ))?;
        }
    }
    Ok(())
}

fn remove_misses(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("misses");
            members.values_mut().for_each(remove_misses);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_misses),
        _ => {}
    }
}
