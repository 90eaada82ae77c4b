//! Titles that continue what is being typed.

use std::cmp::Reverse;
use std::collections::HashSet;

use law::text::{Level, normalise};
use tantivy::columnar::Column;
use tantivy::index::SegmentReader;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet as _, InvertedIndexReader, Searcher};

use super::{Beginning, Suggestion};
use crate::search::analyzer::pair;
use crate::search::error::SearchError;
use crate::search::schema::{Fields, LISTED_AT};

/// A shorter beginning of the only word is that of too many.
const SHORTEST: usize = 2;
/// Words, or pairs of them, that the last word may become; each is looked up in every segment.
const MAX_ENDINGS: usize = 100;
/// New entries stand at the end of a segment. So many are looked at first, then so many times more, as long as too few
/// titles are found.
const WINDOW: DocId = 4_096;
const WIDER: DocId = 16;
/// Entries that are looked at in a segment, whatever is found.
const MAX_LOOKED_AT: usize = 60_000;

pub(super) struct Titles<'i> {
    pub(super) searcher: &'i Searcher,
    pub(super) fields: &'i Fields,
}

/// What a title must hold.
struct Wanted {
    /// Every one of these terms.
    all: Vec<String>,
    /// One of the terms that begin so; none where the last word is whole.
    begins: Option<String>,
}

/// A title that will do: newest first.
type Found = (Reverse<i64>, DocAddress);

impl Titles<'_> {
    /// At most `limit` titles, the newest of those looked at first.
    pub(super) fn continuing(
        &self,
        beginning: &Beginning,
        limit: usize,
    ) -> Result<Vec<Suggestion>, SearchError> {
        let Some(wanted) = Wanted::of(beginning).filter(|_| limit > 0) else {
            return Ok(Vec::new());
        };
        let mut found: Vec<Found> = Vec::new();
        for (ordinal, segment) in self.searcher.segment_readers().iter().enumerate() {
            let ordinal = u32::try_from(ordinal).unwrap_or(u32::MAX);
            // Reprints have one title.
            let enough = 4 * limit;
            let listed_at = segment.fast_fields().i64(LISTED_AT)?;
            for document in self.within(segment, &wanted, enough)? {
                let at = listed(&listed_at, document);
                found.push((Reverse(at), DocAddress::new(ordinal, document)));
            }
        }
        found.sort_unstable();
        let mut known = HashSet::new();
        let mut suggestions = Vec::new();
        for (_, address) in found.into_iter().take(4 * limit) {
            let stored = self.fields.decode(&self.searcher.doc(address)?);
            if known.insert(normalise(&stored.title, Level::Tone)) {
                suggestions.push(Suggestion::Entry {
                    title: stored.title,
                    path: stored.path,
                });
            }
            if suggestions.len() == limit {
                break;
            }
        }
        Ok(suggestions)
    }

    /// Entries of a segment with such a title, from its end on, until there are `enough`.
    fn within(
        &self,
        segment: &SegmentReader,
        wanted: &Wanted,
        enough: usize,
    ) -> tantivy::Result<Vec<DocId>> {
        let titles = segment.inverted_index(self.fields.title)?;
        let endings = match &wanted.begins {
            Some(begins) => Some(terms_from(&titles, begins)?),
            None => None,
        };
        let mut found = Vec::new();
        let mut looked_at = 0;
        let (mut until, mut window) = (segment.max_doc(), WINDOW);
        while until > 0 && found.len() < enough && looked_at < MAX_LOOKED_AT {
            let from = until.saturating_sub(window);
            let room = MAX_LOOKED_AT - looked_at;
            let mut documents: Option<Vec<DocId>> = None;
            if let Some(endings) = &endings {
                let mut any = Vec::new();
                for ending in endings {
                    any.extend(holding(&titles, ending, from..until, room)?);
                }
                any.sort_unstable();
                any.dedup();
                looked_at += any.len();
                documents = Some(any);
            }
            for term in &wanted.all {
                let held = match documents {
                    None => {
                        let held = holding(&titles, term, from..until, room)?;
                        looked_at += held.len();
                        held
                    }
                    Some(documents) => keep_holding(&titles, term, documents)?,
                };
                documents = Some(held);
            }
            let alive = segment.alive_bitset();
            found.extend(
                documents
                    .into_iter()
                    .flatten()
                    .filter(|&document| alive.is_none_or(|alive| alive.is_alive(document))),
            );
            until = from;
            window = window.saturating_mul(WIDER);
        }
        Ok(found)
    }
}

impl Wanted {
    /// None where too little was typed.
    fn of(beginning: &Beginning) -> Option<Self> {
        let words = &beginning.words;
        let mut all: Vec<String> = words
            .windows(2)
            .map(|two| pair(&two[0].folded, &two[1].folded))
            .collect();
        // With its marks a word is rarer; the pairs have none.
        let marked = words
            .iter()
            .filter(|word| words.len() == 1 || !word.is_bare());
        all.extend(marked.map(|word| word.accented.clone()));
        let begins = match (&beginning.rest, words.last()) {
            (Some(rest), Some(before)) => Some(pair(&before.folded, rest)),
            (Some(rest), None) if rest.len() >= SHORTEST => Some(rest.clone()),
            (Some(_), None) => return None,
            (None, _) => None,
        };
        (begins.is_some() || !all.is_empty()).then_some(Self { all, begins })
    }
}

/// The terms of titles that begin so; of single words only such.
fn terms_from(titles: &InvertedIndexReader, begins: &str) -> tantivy::Result<Vec<String>> {
    let of_two = begins.contains(' ');
    let mut terms = Vec::new();
    let mut from = begins.to_owned();
    'next: while terms.len() < MAX_ENDINGS {
        let mut stream = titles.terms().range().ge(from.as_bytes()).into_stream()?;
        while stream.advance() {
            let Ok(term) = std::str::from_utf8(stream.key()) else {
                break 'next;
            };
            if !term.starts_with(begins) || terms.len() == MAX_ENDINGS {
                break 'next;
            }
            match term.split_once(' ') {
                // Past the pairs of this word: a blank comes before all that words are made of.
                Some((word, _)) if !of_two => {
                    from = format!("{word}!");
                    continue 'next;
                }
                _ => terms.push(term.to_owned()),
            }
        }
        break;
    }
    Ok(terms)
}

/// The entries of a range whose titles hold a term, at most `most`.
fn holding(
    titles: &InvertedIndexReader,
    term: &str,
    range: std::ops::Range<DocId>,
    most: usize,
) -> tantivy::Result<Vec<DocId>> {
    let mut documents = Vec::new();
    let Some(info) = titles.terms().get(term.as_bytes())? else {
        return Ok(documents);
    };
    let mut postings = titles.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
    let mut document = if postings.doc() < range.start {
        postings.seek(range.start)
    } else {
        postings.doc()
    };
    while document < range.end && documents.len() < most {
        documents.push(document);
        document = postings.advance();
    }
    Ok(documents)
}

/// Those of some entries, in their order, whose titles hold a term too.
fn keep_holding(
    titles: &InvertedIndexReader,
    term: &str,
    mut documents: Vec<DocId>,
) -> tantivy::Result<Vec<DocId>> {
    let Some(info) = titles.terms().get(term.as_bytes())? else {
        return Ok(Vec::new());
    };
    let mut postings = titles.read_postings_from_terminfo(&info, IndexRecordOption::Basic)?;
    documents.retain(|&document| {
        let at = if postings.doc() < document {
            postings.seek(document)
        } else {
            postings.doc()
        };
        at == document
    });
    Ok(documents)
}

fn listed(listed_at: &Column<i64>, document: DocId) -> i64 {
    listed_at.first(document).unwrap_or_default()
}
