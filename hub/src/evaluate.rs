//! How well the hub finds, cites and classifies, measured on judged sets: `hub evaluate`.
//!
//! The corpus takes the way of everything that is harvested: ingest, repository, index, all of them temporary. What is measured
//! is what citizens would get.

mod corpus;
mod figures;
mod queries;
mod typing;

use std::path::{Path, PathBuf};

use hub_repository::StoreError;
use law::citations::evaluate as citations;
use law::classify;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::figures::{Figure, Figures};

use self::corpus::Corpus;
use crate::app::StartError;
use crate::config::ConfigError;
use crate::search::SearchError;
use crate::work::FollowError;

/// Names of the judged sets in a folder.
const QUERIES: &str = "queries.jsonl";
const CITATIONS: &str = "citations.jsonl";
const CLASSIFY: &str = "classify.jsonl";
const CORPUS: &str = "corpus.jsonl";

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path}, line {line}: {source}")]
    Line {
        path: PathBuf,
        line: usize,
        source: serde_json::Error,
    },
    #[error("{0} holds none of {QUERIES}, {CITATIONS} and {CLASSIFY}")]
    NothingJudged(PathBuf),
    #[error(
        "{queries} needs the entries that are searched: put {CORPUS} beside it or name it with --corpus"
    )]
    NoCorpus { queries: PathBuf },
    #[error("the temporary folder cannot be made: {0}")]
    Temporary(std::io::Error),
    #[error(transparent)]
    Settings(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the temporary repository failed: {0}")]
    Repository(#[from] StoreError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Search(#[from] SearchError),
    #[error("a task broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Everything that was measured; what the folder has no set for is missing.
#[derive(Debug, Default, Serialize)]
pub struct Evaluation {
    /// Each figure beside its target, in the order in which they are shown.
    pub figures: Vec<Figure>,
    /// Whether every figure reaches its target.
    pub passed: bool,
    /// The judged queries, as typed, without accents, and with a typing error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<queries::Outcome>,
    /// Citations in sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<citations::Scores>,
    /// Short texts into fields and audiences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classify: Option<classify::Evaluation>,
    /// The corpus' own entries into their fields, without the publishers' tags and legal basis.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<classify::Evaluation>,
}

/// Measures with every judged set that `folder` holds. `corpus` is searched instead of the folder's own.
pub async fn evaluate(folder: &Path, corpus: Option<&Path>) -> Result<Evaluation, EvaluateError> {
    let set = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let (queries, citations, texts) = (set(QUERIES), set(CITATIONS), set(CLASSIFY));
    if queries.is_none() && citations.is_none() && texts.is_none() {
        return Err(EvaluateError::NothingJudged(folder.to_owned()));
    }
    let corpus = corpus.map(Path::to_owned).or_else(|| set(CORPUS));
    let corpus: Option<Vec<corpus::Line>> = corpus.map(|path| read(&path)).transpose()?;

    let mut hub = Corpus::empty().await?;
    let reader = hub.reader();
    let mut evaluation = Evaluation::default();
    let mut figures = Figures::default();
    if let Some(path) = queries {
        let judged: Vec<queries::Judged> = read(&path)?;
        let lines = corpus
            .as_ref()
            .ok_or(EvaluateError::NoCorpus { queries: path })?;
        hub.store(lines).await?;
        evaluation.queries = queries::measure(&hub, &judged).await?;
        figures.add_queries(&evaluation.queries);
    }
    if let Some(path) = citations {
        let judged: Vec<citations::Judged> = read(&path)?;
        let scores = citations::evaluate(reader.gazetteer(), &judged);
        figures.add_citations(&scores);
        evaluation.citations = Some(scores);
    }
    if let Some(path) = texts {
        let judged: Vec<classify::JudgedText> = read(&path)?;
        let judged = judged.iter().map(|text| {
            (
                text.id.as_str(),
                text.text(),
                text.field.as_str(),
                text.audience.as_slice(),
            )
        });
        let scores = classify::evaluate(reader.classifier(), judged);
        figures.add_texts(&scores);
        evaluation.classify = Some(scores);
        if let Some(lines) = &corpus {
            let scores = corpus::classify(reader.classifier(), lines);
            figures.add_corpus(&scores);
            evaluation.corpus = Some(scores);
        }
    }
    evaluation.figures = figures.into_list();
    evaluation.passed = evaluation.figures.iter().all(|figure| figure.passed);
    Ok(evaluation)
}

/// The lines of a JSON Lines file; blank ones are passed over.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, EvaluateError> {
    let text = std::fs::read_to_string(path).map_err(|source| EvaluateError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let parsed = lines.map(|(number, line)| {
        serde_json::from_str(line).map_err(|source| EvaluateError::Line {
            path: path.to_owned(),
            line: number + 1,
            source,
        })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_judged_sets_reach_their_targets() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/domain");
        assert!(
            folder.exists(),
            "the judged sets must stand at {}",
            folder.display()
        );
        let evaluation = evaluate(&folder, None).await.unwrap();
        let missed: Vec<&Figure> = evaluation
            .figures
            .iter()
            .filter(|figure| !figure.passed)
            .collect();
        assert!(evaluation.passed, "{missed:#?} {:#?}", evaluation.queries);
        assert_eq!(evaluation.figures.len(), 12, "{:#?}", evaluation.figures);
    }

    #[tokio::test]
    async fn what_cannot_be_measured_is_said_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let none = evaluate(folder.path(), None).await.unwrap_err();
        assert!(none.to_string().contains("holds none of"), "{none}");
        let queries = folder.path().join(QUERIES);
        std::fs::write(
            &queries,
            "{\"id\":\"1\",\"q\":\"a\",\"must\":[],\"within\":1}\n",
        )
        .unwrap();
        let no_corpus = evaluate(folder.path(), None).await.unwrap_err();
        assert!(no_corpus.to_string().contains("--corpus"), "{no_corpus}");
        std::fs::write(&queries, "\n{}\n").unwrap();
        let line = evaluate(folder.path(), Some(&queries)).await.unwrap_err();
        assert!(line.to_string().contains("line 2"), "{line}");
    }
}
