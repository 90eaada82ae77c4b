//! `hub feed check`: the source doctor's verdict in words.

use std::process::ExitCode;

use clap::ValueEnum;

use super::super::output::{Format, say, say_json};
use crate::app;
use crate::config::Config;
use crate::harvest::doctor::{self, Evidence, Finding, Severity, Verdict};

/// The language of the advice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Language {
    /// Vietnamese
    #[default]
    Vi,
    /// English
    En,
}

pub(super) async fn run(
    url: &str,
    language: Language,
    format: Format,
    config: &Config,
) -> anyhow::Result<ExitCode> {
    let url = url.parse()?;
    let verdict = doctor::check(&app::fetcher(config)?, &url).await;
    match format {
        Format::Json => say_json(&verdict)?,
        Format::Text => say(&in_words(&verdict, language))?,
    }
    Ok(if verdict.is_serious() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn in_words(verdict: &Verdict, language: Language) -> String {
    let say = |vi: &'static str, en: &'static str| match language {
        Language::Vi => vi,
        Language::En => en,
    };
    let mut lines = vec![verdict.url.clone()];
    for feed in &verdict.announced {
        let title = feed.title.as_deref().unwrap_or_default();
        lines.push(format!(
            "  {} {} {title}",
            say("giới thiệu:", "announces:"),
            feed.url
        ));
    }
    if let Some(feed) = &verdict.feed {
        lines.push(format!(
            "  {} {} ({}, {}, {} {}, {} bytes, {} ms)",
            say("nguồn tin:", "feed:"),
            feed.url,
            feed.format,
            feed.encoding,
            feed.entries,
            say("bài", "entries"),
            feed.bytes,
            feed.milliseconds
        ));
        lines.extend(feed.title.as_ref().map(|title| format!("  {title}")));
    }
    if verdict.findings.is_empty() {
        lines.push(say("Không có gì phải sửa.", "Nothing to mend.").to_owned());
    }
    for finding in &verdict.findings {
        lines.push(String::new());
        lines.extend(finding_in_words(finding, language));
    }
    if !verdict.preview.is_empty() {
        lines.push(String::new());
        lines.push(say("Các bài mới nhất:", "The newest entries:").to_owned());
    }
    for entry in &verdict.preview {
        let date = entry.published_at.map_or_else(
            || say("không rõ ngày", "no date").to_owned(),
            |at| at.to_rfc3339(),
        );
        lines.push(format!("  {date}  {}", entry.title));
        lines.extend(entry.url.as_ref().map(|url| format!("    {url}")));
    }
    lines.join("\n")
}

fn finding_in_words(finding: &Finding, language: Language) -> Vec<String> {
    let (severity, advice) = match (language, finding.severity) {
        (Language::Vi, Severity::Serious) => ("NGHIÊM TRỌNG", finding.advice_vi),
        (Language::Vi, Severity::Warning) => ("cần sửa", finding.advice_vi),
        (Language::Vi, Severity::Hint) => ("gợi ý", finding.advice_vi),
        (Language::En, Severity::Serious) => ("SERIOUS", finding.advice_en),
        (Language::En, Severity::Warning) => ("to mend", finding.advice_en),
        (Language::En, Severity::Hint) => ("hint", finding.advice_en),
    };
    let mut lines = vec![format!("{severity} [{}] {advice}", finding.code)];
    for evidence in &finding.evidence {
        lines.push(format!("    {}", evidence_in_words(evidence, language)));
    }
    lines
}

fn evidence_in_words(evidence: &Evidence, language: Language) -> String {
    let mut parts = Vec::new();
    if let (Some(line), Some(column)) = (evidence.line, evidence.column) {
        parts.push(match language {
            Language::Vi => format!("dòng {line}, cột {column}"),
            Language::En => format!("line {line}, column {column}"),
        });
    }
    let in_vietnamese = evidence
        .found_vi
        .as_ref()
        .filter(|_| language == Language::Vi);
    parts.extend(in_vietnamese.or(evidence.found.as_ref()).cloned());
    parts.extend(
        evidence
            .excerpt
            .as_ref()
            .map(|text| format!("…{}…", text.trim())),
    );
    parts.join(": ")
}
