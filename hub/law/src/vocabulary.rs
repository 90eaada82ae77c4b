//! The words of the domain: legal fields, audiences, situations, types of documents, laws, synonyms. All of it is data
//! that a province edits; `hub/law/vocabulary/` holds what a new hub starts with.

mod checks;
mod files;

pub use self::files::{FILES, Files, RowError, read, starting, write};

use serde::{Deserialize, Serialize};

/// Everything that texts are read with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    /// Legal fields, most general first.
    pub fields: Vec<Field>,
    /// Groups of people that texts are for.
    pub audiences: Vec<Audience>,
    /// Life situations by group.
    pub situations: Vec<SituationGroup>,
    /// Types of documents, as in `28/2013/NĐ-CP`.
    pub document_types: Vec<DocumentType>,
    /// Who issues documents.
    pub issuers: Vec<Issuer>,
    /// Laws that are cited by name.
    pub laws: Vec<Law>,
    /// Citizens' words for legal ones.
    pub synonyms: Vec<Synonym>,
    /// Words that say little about what a text is about.
    pub stopwords: Vec<String>,
}

/// A legal field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in addresses: `dat-dai`.
    pub slug: String,
    /// Its name for people: `Đất đai`.
    pub label: String,
    /// Its name in English.
    pub english: String,
    /// Expressions that texts of the field use.
    pub keywords: Vec<String>,
    /// Expressions that texts of the field use, but others too, and names of the
    /// people and agencies concerned: they count less than half.
    #[serde(default)]
    pub hints: Vec<String>,
    /// Expressions that say in which form a text of any field comes: `phiên tòa giả định`. They
    /// count where it names no matter besides.
    #[serde(default)]
    pub forms: Vec<String>,
}

/// A group of people that texts are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audience {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub label: String,
    /// Its name in English.
    pub english: String,
    /// The provision that names the group.
    pub law: Option<String>,
    /// Expressions that speak of the group.
    pub cues: Vec<String>,
}

/// Life situations that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SituationGroup {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub label: String,
    /// Slugs of the legal fields that the situations touch.
    pub fields: Vec<String>,
    /// The situations.
    pub items: Vec<Situation>,
}

/// A life situation: `ly-hon-va-chia-tai-san`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub label: String,
    /// Expressions that speak of the situation.
    #[serde(default)]
    pub cues: Vec<String>,
}

/// A type of document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    /// Its name in addresses: `nghi-dinh`.
    pub slug: String,
    /// Its name for people: `Nghị định`.
    pub label: String,
    /// How numbers name it: `NĐ`; empty where they do not.
    pub abbr: String,
    /// Whether it sets general rules.
    pub normative: bool,
    /// A number of the type.
    pub example: String,
}

/// Who issues documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// How numbers name it: `UBND`.
    pub abbr: String,
    /// Its name for people.
    pub label: String,
    /// What an editor should know.
    pub note: String,
}

/// A law that is cited by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Law {
    /// `31/2024/QH15`; none of the constitution.
    pub number: Option<String>,
    /// `Luật Đất đai`.
    pub title: String,
    /// The year that tells it from laws of the same title.
    pub year: i32,
    /// The day from which it applies, as `2024-08-01`.
    pub effective: Option<String>,
    /// Other names: `BLDS`.
    pub aliases: Vec<String>,
    /// Slug of its legal field.
    pub field: Option<String>,
    /// Number of the law that took its place.
    pub replaced_by: Option<String>,
}

/// A citizen's word for a legal one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synonym {
    /// `sổ đỏ`.
    pub term: String,
    /// `giấy chứng nhận quyền sử dụng đất`.
    pub legal: String,
    /// `colloquial`, `abbr`, `spelling`, `renamed` or `formal`.
    pub kind: String,
    /// What an editor should know.
    pub note: Option<String>,
}
