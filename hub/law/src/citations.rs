//! Citations of legal documents in a text: by number, by title, of single provisions.
//!
//! A text is folded once (one byte a letter, no marks), a searcher goes over it for strokes, types,
//! titles and provisions' words, and what stands around each is read by hand. Every word that names
//! a document is the vocabulary's; here stand only the words that join them.

mod attach;
mod beside;
mod date;
mod document;
pub mod evaluate;
mod folded;
mod gazetteer;
mod instrument;
mod number;
mod provision;
#[cfg(test)]
mod tests;
mod titles;

use std::ops::Range;

use aho_corasick::Input;
use serde::{Deserialize, Serialize};

pub use self::gazetteer::Gazetteer;
pub use self::instrument::InstrumentKey;

use self::attach::Mention;
use self::document::{Before, TypeWord};
use self::folded::Folded;
use self::gazetteer::Pattern;

/// A citation with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Byte offset of its first letter.
    pub start: usize,
    /// Byte offset behind its last letter.
    pub end: usize,
    /// What is cited.
    #[serde(flatten)]
    pub cited: Cited,
}

impl Citation {
    /// Byte offsets in the text; both lie on borders of characters.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// What a citation cites, in canonical form: as much as the text says and no more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cited {
    /// A document by number, a law by title, or a provision of either.
    pub kind: Kind,
    /// `28/2013/NĐ-CP`: composed, with plain hyphens, without blanks, type and issuer in their case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Slug of the document's type: `nghi-dinh`. None only of a provision whose document is not
    /// said.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub document_type: Option<String>,
    /// The year that the number, the title or the date says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i32>,
    /// As numbers name it, without the term: `CP`, `QH`, `CP-UBTƯMTTQVN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The vocabulary's title, where the text says a title or an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The day of issue that stands beside: `2025-04-15`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// `8`, `217a`, or a range `624-648`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// `2`, `1a`, or a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// `a`, `đ`, or a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// Whether the number was completed from what the text does not say: `Nghị định 168/2024`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
}

impl Cited {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            number: None,
            document_type: None,
            year: None,
            issuer: None,
            title: None,
            date: None,
            article: None,
            clause: None,
            point: None,
            inferred: false,
        }
    }
}

/// What kind of thing is cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A document by its number.
    Doc,
    /// A law by its title alone.
    Law,
    /// A point, clause or article.
    Provision,
}

impl Gazetteer {
    /// The citations of a text in its order, none overlapping another. Cost is linear in the text;
    /// what lies behind its first 4 GiB is not read.
    pub fn citations(&self, text: &str) -> Vec<Citation> {
        let folded = Folded::new(text);
        attach::citations(&folded, self, mentions(&folded, self))
    }
}

/// Documents, provisions and words that point back, in the text's order.
fn mentions(folded: &Folded<'_>, gazetteer: &Gazetteer) -> Vec<Mention> {
    let mut mentions = Vec::new();
    let mut before = Before::default();
    let mut at = 0;
    // Where the last mention ended: a number's beginning is looked for backwards, no further.
    let mut last_end = 0;
    let whole = || Input::new(&folded.bytes);
    while let Some(found) = gazetteer
        .searcher
        .find(whole().range(at..folded.bytes.len()))
    {
        let (start, end) = (found.start(), found.end());
        let pattern = gazetteer.patterns[found.pattern().as_usize()];
        if pattern != Pattern::Stroke && !(folded.is_border(start) && folded.is_border(end)) {
            at = start + 1;
            continue;
        }
        // A word that names nothing may hold one that does: `công bố Luật` has no `bộ luật`.
        at = start + 1;
        let mention = match pattern {
            Pattern::Stroke => match number::skip_address(folded, start) {
                Some(end) => {
                    at = end;
                    None
                }
                None => number::around(folded, gazetteer, start)
                    .filter(|number| number.start >= last_end)
                    .and_then(|number| document::numbered(folded, gazetteer, &number, &before))
                    .map(|mut named| {
                        named.start = named.start.max(last_end);
                        Mention::Document(Box::new(named))
                    }),
            },
            Pattern::Type(document_type)
                if !gazetteer.types[document_type].is_at(folded, start) =>
            {
                None
            }
            Pattern::Type(document_type) => {
                let word = TypeWord {
                    document_type,
                    start,
                    end,
                };
                before.word = Some(word);
                attach::pointer(folded, word).or_else(|| {
                    document::spoken(folded, gazetteer, word)
                        .map(Box::new)
                        .map(Mention::Document)
                })
            }
            Pattern::Title(title) => titles::titled(folded, gazetteer, title, start, end)
                .map(Box::new)
                .map(Mention::Document),
            Pattern::Provision(rank) => match provision::chain(folded, gazetteer, start, rank) {
                Ok(chain) => Some(Mention::Provisions(chain)),
                Err(read) => {
                    at = read;
                    None
                }
            },
        };
        if let Some(mention) = mention {
            at = mention.end();
            last_end = at;
            if let Mention::Document(named) = &mention {
                before.document = Some((named.end, named.word));
            }
            mentions.push(mention);
        }
    }
    mentions
}
