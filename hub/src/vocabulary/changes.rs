//! What a new version of the vocabulary changes.

use std::collections::BTreeMap;

use law::vocabulary::Vocabulary;
use serde::Serialize;
use serde_json::{Value, json};

/// What becomes of one part of the vocabulary.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The part: `fields`, `laws`, …
    pub part: &'static str,
    /// The names of what is new.
    pub added: Vec<String>,
    /// The names of what goes.
    pub removed: Vec<String>,
    /// The names of what stays and says something else.
    pub changed: Vec<String>,
    /// Whether the same stands in another order, which counts for some parts.
    pub reordered: bool,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.changed.is_empty()
            && !self.reordered
    }
}

/// What changes in each part; parts that stay as they are are missing.
pub fn changes(before: &Vocabulary, after: &Vocabulary) -> Vec<Changes> {
    let (before, after) = (parts(before), parts(after));
    let pairs = before.into_iter().zip(after);
    let all = pairs.map(|((part, before), (_, after))| compare(part, &before, &after));
    all.filter(|changes| !changes.is_empty()).collect()
}

/// Each part's rows with the names that people know them by.
fn parts(vocabulary: &Vocabulary) -> [(&'static str, Vec<(String, Value)>); 8] {
    let v = vocabulary;
    [
        ("fields", named(&v.fields, |field| field.slug.clone())),
        (
            "audiences",
            named(&v.audiences, |audience| audience.slug.clone()),
        ),
        (
            "situations",
            named(&v.situations, |group| group.slug.clone()),
        ),
        (
            "document_types",
            named(&v.document_types, |one| one.slug.clone()),
        ),
        ("issuers", named(&v.issuers, |issuer| issuer.abbr.clone())),
        (
            "laws",
            named(&v.laws, |law| {
                let title_and_year = || format!("{} {}", law.title, law.year);
                law.number.clone().unwrap_or_else(title_and_year)
            }),
        ),
        (
            "synonyms",
            named(&v.synonyms, |synonym| {
                format!("{} → {}", synonym.term, synonym.legal)
            }),
        ),
        ("stopwords", named(&v.stopwords, Clone::clone)),
    ]
}

fn named<T: Serialize>(rows: &[T], name: impl Fn(&T) -> String) -> Vec<(String, Value)> {
    rows.iter().map(|row| (name(row), json!(row))).collect()
}

fn compare(part: &'static str, before: &[(String, Value)], after: &[(String, Value)]) -> Changes {
    let index =
        |rows: &[(String, Value)]| -> BTreeMap<String, Value> { rows.iter().cloned().collect() };
    let (old, new) = (index(before), index(after));
    let mut changes = Changes {
        part,
        ..Changes::default()
    };
    for (name, row) in &new {
        match old.get(name) {
            None => changes.added.push(name.clone()),
            Some(known) if known != row => changes.changed.push(name.clone()),
            Some(_) => {}
        }
    }
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    changes.removed.extend(gone.cloned());
    changes.reordered = changes.is_empty() && before != after;
    changes
}
