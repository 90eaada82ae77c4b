//! What the index promises.

mod durability;
mod finding;
mod plain;

use chrono::{DateTime, Utc};

use super::{Change, Document, Index, Query, Results, Writer};

/// An index in a folder of its own, filled at revision 1.
struct Filled {
    folder: tempfile::TempDir,
    index: Index,
}

fn filled(documents: impl IntoIterator<Item = Document>) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    Writer::open(&index)
        .unwrap()
        .apply(documents.into_iter().map(put), 1)
        .unwrap();
    Filled { folder, index }
}

fn put(document: Document) -> Change {
    Change::Put(Box::new(document))
}

fn document(id: i64, title: &str) -> Document {
    Document {
        id,
        agency: "so-tu-phap".into(),
        kind: "news".into(),
        field: None,
        title: title.into(),
        summary: String::new(),
        body_text: String::new(),
        categories: Vec::new(),
        number: None,
        basis: Vec::new(),
        instruments: Vec::new(),
        audiences: Vec::new(),
        situations: Vec::new(),
        level: None,
        language: "vi".into(),
        has_attachment: false,
        validity: None,
        cluster: None,
        path: format!("/bai/{id}"),
        listed_at: day("2026-03-01T00:00:00Z"),
    }
}

fn day(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn ask(text: &str) -> Query {
    Query {
        text: text.into(),
        limit: 10,
        ..Query::default()
    }
}

fn ids(results: &Results) -> Vec<i64> {
    results.hits.iter().map(|hit| hit.id).collect()
}
