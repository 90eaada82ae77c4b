//! What an entry's text is taken for: its legal field, whom it is for, where it helps, what it cites.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use feeds::Legal;
use hub_repository::entries::{Entry, Kind, NewEntry};
use hub_repository::instruments::{Citation, Law, NewInstrument};
use hub_repository::readings::{FieldBy, Reading};
use law::citations::{self, Cited, Gazetteer, InstrumentKey};
use law::classify::{Classification, Classifier, Guess, Learned, Text, TooManyExpressions};
use law::text::{Level, normalise};
use law::vocabulary::Vocabulary;
use serde::Deserialize as _;

use super::assemble::Ingested;
use super::clean::visible_text;

/// To be raised whenever the same text is taken for something else: all entries are read again then.
pub const READER: i32 = 1;

/// More provisions than this are not kept of an entry: a list of everything that was ever decreed is no citation.
const MAX_CITATIONS: usize = 300;

/// The fields that an agency's categories stand for, by the folded category.
pub type CategoryMappings = HashMap<String, String>;

/// Reads texts with one version of the vocabulary. Made once, used by all.
#[derive(Debug)]
pub struct Reader {
    version: i64,
    vocabulary: Vocabulary,
    classifier: Classifier,
    gazetteer: Gazetteer,
    /// Places in the vocabulary's list of laws, by the key of the instrument.
    laws: HashMap<String, usize>,
}

/// Why a vocabulary cannot be read with.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    #[error(transparent)]
    Classifier(#[from] TooManyExpressions),
    #[error("the vocabulary's names of laws and documents cannot be searched for: {0}")]
    Gazetteer(#[from] aho_corasick::BuildError),
}

/// An entry as it is read.
#[derive(Debug, Clone, Copy)]
pub struct Readable<'a> {
    kind: Kind,
    title: &'a str,
    summary: &'a str,
    body_html: &'a str,
    categories: &'a [String],
    legal: &'a serde_json::Value,
}

impl<'a> From<&'a NewEntry> for Readable<'a> {
    fn from(entry: &'a NewEntry) -> Self {
        Self {
            kind: entry.kind,
            title: &entry.title,
            summary: &entry.summary,
            body_html: &entry.body_html,
            categories: &entry.categories,
            legal: &entry.legal,
        }
    }
}

impl<'a> From<&'a Entry> for Readable<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            kind: entry.kind,
            title: &entry.title,
            summary: &entry.summary,
            body_html: &entry.body_html,
            categories: &entry.categories.0,
            legal: &entry.legal.0,
        }
    }
}

impl Reader {
    /// Makes a vocabulary ready, with what corrections taught.
    pub fn new(
        version: i64,
        vocabulary: Vocabulary,
        learned: Option<Learned>,
    ) -> Result<Self, ReaderError> {
        let mut classifier = Classifier::new(&vocabulary)?;
        if let Some(learned) = learned {
            classifier = classifier.with_learned(learned);
        }
        let gazetteer = Gazetteer::new(&vocabulary)?;
        let laws = vocabulary.laws.iter().enumerate();
        let laws = laws.filter_map(|(at, law)| Some((law_key(law)?, at)));
        Ok(Self {
            laws: laws.collect(),
            version,
            vocabulary,
            classifier,
            gazetteer,
        })
    }

    /// The version of the vocabulary.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// What texts are read with.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Classifies texts, as what measures it does.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// Finds citations, as pages that link them do.
    pub fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }

    /// Reads what a feed delivered.
    pub fn read_all(&self, ingested: &mut Ingested, mappings: &CategoryMappings) {
        for (entry, body) in ingested.entries.iter_mut().zip(&ingested.texts) {
            let reading = self.read_text(Readable::from(&*entry), body, mappings);
            let repair = entry.reading.repair.take();
            entry.reading = Reading { repair, ..reading };
        }
    }

    /// What an entry is taken for. The publisher's word for the field counts before the agency's category, and that before
    /// the rules; what an editor decided is the repository's to mind.
    pub fn read(&self, text: Readable<'_>, mappings: &CategoryMappings) -> Reading {
        self.read_text(text, &visible_text(text.body_html), mappings)
    }

    fn read_text(&self, text: Readable<'_>, body: &str, mappings: &CategoryMappings) -> Reading {
        let legal = Legal::deserialize(text.legal).unwrap_or_default();
        let cited = self.cited(text, body, &legal);
        let mapped = self.mapped(text.categories, mappings);
        let classified = self.classify(text, body, &cited, mapped);
        let declared = legal.field.as_ref().filter(|slug| self.knows_field(slug));
        let (field, field_by) = match (declared, mapped, classified.decided()) {
            (Some(slug), _, _) => (Some(slug.clone()), Some(FieldBy::Publisher)),
            (None, Some(slug), _) => (Some(slug.to_owned()), Some(FieldBy::Mapping)),
            (None, None, Some(guess)) => (Some(guess.slug.clone()), Some(FieldBy::Rules)),
            (None, None, None) => (None, None),
        };
        let audience = |slug: &String| self.vocabulary.audiences.iter().any(|a| a.slug == *slug);
        let groups = &self.vocabulary.situations;
        let items = groups.iter().map(|group| &group.items);
        let situation = |slug: &String| items.clone().flatten().any(|item| item.slug == *slug);
        Reading {
            read_with: self.version,
            field,
            field_by,
            confidence: classified
                .field
                .as_ref()
                .map(|guess| guess.confidence.into()),
            audiences: declared_or(legal.audiences, audience, &classified.audiences),
            situations: declared_or(legal.situations, situation, &classified.situations),
            document: self.document(text, legal.document),
            citations: cited.provisions,
            cited: cited.instruments.into_values().collect(),
            repair: None,
        }
    }

    /// What the rules make of an entry, with their reasons.
    pub fn explain(&self, text: Readable<'_>, mappings: &CategoryMappings) -> Classification {
        let body = visible_text(text.body_html);
        let legal = Legal::deserialize(text.legal).unwrap_or_default();
        let cited = self.cited(text, &body, &legal);
        self.classify(text, &body, &cited, self.mapped(text.categories, mappings))
    }

    fn classify(
        &self,
        text: Readable<'_>,
        body: &str,
        cited: &AllCited,
        mapped: Option<&str>,
    ) -> Classification {
        let tags: Vec<&str> = text.categories.iter().map(String::as_str).collect();
        let basis: Vec<&str> = cited
            .instruments
            .keys()
            .filter_map(|key| self.vocabulary.laws[*self.laws.get(key)?].field.as_deref())
            .collect();
        self.classifier.classify(&Text {
            title: text.title,
            tags: &tags,
            summary: own_summary(text.summary, body),
            body,
            basis: &basis,
            mapped,
        })
    }

    fn knows_field(&self, slug: &str) -> bool {
        self.vocabulary
            .fields
            .iter()
            .any(|field| field.slug == slug)
    }

    fn mapped<'m>(&self, categories: &[String], mappings: &'m CategoryMappings) -> Option<&'m str> {
        if mappings.is_empty() {
            return None;
        }
        let mut fields = categories.iter().filter_map(|category| {
            let field = mappings.get(&folded_category(category))?;
            self.knows_field(field).then_some(field.as_str())
        });
        fields.next()
    }

    fn cited(&self, text: Readable<'_>, body: &str, legal: &Legal) -> AllCited {
        let mut all = AllCited::default();
        for basis in &legal.basis {
            let article = basis.article.as_deref().unwrap_or_default();
            let declared = format!("{article} {}", basis.instrument);
            self.cite(&declared, &mut all);
        }
        for part in [text.title, own_summary(text.summary, body), body] {
            self.cite(part, &mut all);
        }
        all
    }

    fn cite(&self, text: &str, all: &mut AllCited) {
        for citation in self.gazetteer.citations(text) {
            let cited = citation.cited;
            let Some(key) = self.gazetteer.instrument(&cited) else {
                continue;
            };
            if all.provisions.len() >= MAX_CITATIONS {
                return;
            }
            let key = key.as_str().to_owned();
            all.provisions.insert(Citation {
                instrument: key.clone(),
                article: cited.article.clone().unwrap_or_default(),
                clause: cited.clause.clone().unwrap_or_default(),
                point: cited.point.clone().unwrap_or_default(),
            });
            let known = all.instruments.entry(key);
            known.or_insert_with_key(|key| self.instrument(key, &cited));
        }
    }

    fn instrument(&self, key: &str, cited: &Cited) -> NewInstrument {
        let law = self.laws.get(key).map(|at| &self.vocabulary.laws[*at]);
        let number = law.and_then(|law| law.number.clone());
        let title = law.map(|law| law.title.clone()).or(cited.title.clone());
        NewInstrument {
            key: key.to_owned(),
            number: (cited.number.clone().or(number))
                .or(title.clone())
                .unwrap_or_else(|| key.to_owned()),
            document_type: cited.document_type.clone(),
            issuer: cited.issuer.clone(),
            year: law.map(|law| law.year).or(cited.year),
            title,
            summary: None,
            issued_on: cited.date.as_deref().and_then(|day| day.parse().ok()),
            effective_on: None,
        }
    }

    /// The record of a legal document, where the entry is one.
    fn document(
        &self,
        text: Readable<'_>,
        record: Option<feeds::Document>,
    ) -> Option<NewInstrument> {
        let record = record.filter(|_| text.kind == Kind::Document)?;
        let number = record.number?;
        let document_type = record
            .document_type
            .as_deref()
            .and_then(|named| self.document_type(named));
        let cited = Cited {
            kind: citations::Kind::Doc,
            number: Some(number.clone()),
            document_type: document_type.clone(),
            year: record.issued.map(|day| day.year()),
            issuer: None,
            title: None,
            date: record.issued.map(|day| day.to_string()),
            article: None,
            clause: None,
            point: None,
            inferred: false,
        };
        let key = self.gazetteer.instrument(&cited)?;
        Some(NewInstrument {
            key: key.as_str().to_owned(),
            number,
            document_type,
            issuer: record.issuer,
            year: record.issued.map(|day| day.year()),
            title: Some(text.title.to_owned()),
            summary: Some(text.summary.to_owned()).filter(|summary| !summary.is_empty()),
            issued_on: record.issued,
            effective_on: record.effective,
        })
    }

    /// The slug of a type of documents that a publisher names in one way or another.
    fn document_type(&self, named: &str) -> Option<String> {
        let fold = |text: &str| normalise(text.trim(), Level::Fold);
        let wanted = fold(named);
        let mut types = self.vocabulary.document_types.iter();
        let found = types.find(|one| {
            [&one.slug, &one.label, &one.abbr]
                .into_iter()
                .any(|name| fold(name) == wanted)
        });
        found.map(|one| one.slug.clone())
    }
}

/// Everything that an entry cites.
#[derive(Default)]
struct AllCited {
    provisions: BTreeSet<Citation>,
    instruments: BTreeMap<String, NewInstrument>,
}

/// A category in the form in which mappings name it.
pub fn folded_category(category: &str) -> String {
    normalise(category.trim(), Level::Fold)
}

/// The vocabulary's laws as instruments.
pub fn laws(vocabulary: &Vocabulary) -> Vec<Law> {
    let mut seen = HashSet::new();
    let effective: HashMap<String, Option<NaiveDate>> = vocabulary
        .laws
        .iter()
        .filter_map(|law| Some((law_key(law)?, day(law.effective.as_deref()))))
        .collect();
    let laws = vocabulary.laws.iter().filter_map(|law| {
        let key = law_key(law)?;
        let replaced_by = law
            .replaced_by
            .as_deref()
            .and_then(InstrumentKey::of_number);
        let replaced_by = replaced_by.map(|key| key.as_str().to_owned());
        Some(Law {
            replaced_on: (replaced_by.as_ref()).and_then(|by| *effective.get(by)?),
            replaced_by,
            instrument: NewInstrument {
                number: law.number.clone().unwrap_or_else(|| law.title.clone()),
                key,
                title: Some(law.title.clone()),
                year: Some(law.year),
                effective_on: day(law.effective.as_deref()),
                ..NewInstrument::default()
            },
        })
    });
    laws.filter(|law| seen.insert(law.instrument.key.clone()))
        .collect()
}

/// As [`Gazetteer::instrument`] names a law: by its number, else by its title and year.
fn law_key(law: &law::vocabulary::Law) -> Option<String> {
    let key = match &law.number {
        Some(number) => InstrumentKey::of_number(number),
        None => InstrumentKey::of_number(&format!("{} {}", law.title, law.year)),
    };
    key.map(|key| key.as_str().to_owned())
}

fn day(text: Option<&str>) -> Option<NaiveDate> {
    text?.parse().ok()
}

/// The summary, unless it is only the body's beginning, which would count twice.
fn own_summary<'s>(summary: &'s str, body: &str) -> &'s str {
    if body.starts_with(summary.trim_end_matches('…')) {
        ""
    } else {
        summary
    }
}

/// What the publisher said, as far as the vocabulary knows it, else what the rules say.
fn declared_or(
    mut declared: Vec<String>,
    is_known: impl FnMut(&String) -> bool,
    guesses: &[Guess],
) -> Vec<String> {
    declared.retain(is_known);
    if declared.is_empty() {
        guesses.iter().map(|guess| guess.slug.clone()).collect()
    } else {
        declared
    }
}
