//! Titles that continue what is being typed.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use law::text::{Level, normalise};
use tantivy::columnar::Column;
use tantivy::index::SegmentReader;
use tantivy::postings::{SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet as _, InvertedIndexReader, Searcher};

use super::{Beginning, Suggestion};
use crate::search::analyzer::pair;
use crate::search::error::SearchError;
use crate::search::schema::{Fields, LISTED_AT};

/// A shorter beginning of the only word is that of too many.
const SHORTEST: usize = 2;
/// Words, or pairs of them, that the last word may become; each is looked up in every segment.
const MAX_ENDINGS: usize = 50;
/// New entries stand at the end of a segment. So many are looked at first, then so many times more, as long as too few
/// titles are found.
const WINDOW: DocId = 4_096;
const WIDER: DocId = 16;
/// Comparisons of an entry with a term in a segment, whatever is found.
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
        let groups = groups(&titles, wanted)?;
        let Some((rarest, others)) = groups.split_first() else {
            return Ok(Vec::new());
        };
        let compared: usize = others.iter().map(Vec::len).sum();
        let alive = segment.alive_bitset();
        let mut found = Vec::new();
        let mut looked_at = 0;
        let (mut until, mut window) = (segment.max_doc(), WINDOW);
        while until > 0 && found.len() < enough && looked_at < MAX_LOOKED_AT {
            let from = until.saturating_sub(window);
            let mut documents = Vec::new();
            for term in rarest {
                holding(&titles, term, from..until, &mut documents)?;
            }
            documents.sort_unstable();
            documents.dedup();
            // The newest of them, where they are more than can be compared.
            let room = (MAX_LOOKED_AT - looked_at) / compared.max(1);
            documents.drain(..documents.len().saturating_sub(room));
            looked_at += documents.len() * compared.max(1);
            for group in others {
                keep_holding(&titles, group, &mut documents)?;
            }
            documents.retain(|&document| alive.is_none_or(|alive| alive.is_alive(document)));
            found.append(&mut documents);
            until = from;
            window = window.saturating_mul(WIDER);
        }
        Ok(found)
    }

    /// How many titles hold all words of a text next to each other as they stand there, counted up to `enough`.
    pub(super) fn holding(&self, text: &str, enough: usize) -> Result<usize, SearchError> {
        let beginning = Beginning::of(&format!("{text} "));
        let Some(wanted) = beginning.as_ref().and_then(Wanted::of) else {
            return Ok(0);
        };
        let mut count = 0;
        for segment in self.searcher.segment_readers() {
            if count < enough {
                count += self.within(segment, &wanted, enough)?.len();
            }
        }
        Ok(count)
    }
}

/// The terms of a segment of which a title must hold one of each group, the rarest group first; none where a group has
/// no term at all.
fn groups(titles: &InvertedIndexReader, wanted: &Wanted) -> tantivy::Result<Vec<Vec<TermInfo>>> {
    let mut groups = Vec::new();
    for term in &wanted.all {
        match titles.terms().get(term.as_bytes())? {
            Some(term) => groups.push(vec![term]),
            None => return Ok(Vec::new()),
        }
    }
    if let Some(begins) = &wanted.begins {
        let endings = terms_from(titles, begins)?;
        if endings.is_empty() {
            return Ok(Vec::new());
        }
        groups.push(endings);
    }
    let entries = |group: &Vec<TermInfo>| {
        group
            .iter()
            .map(|term| u64::from(term.doc_freq))
            .sum::<u64>()
    };
    groups.sort_by_cached_key(entries);
    Ok(groups)
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
fn terms_from(titles: &InvertedIndexReader, begins: &str) -> tantivy::Result<Vec<TermInfo>> {
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
                _ => terms.push(stream.value().clone()),
            }
        }
        break;
    }
    Ok(terms)
}

/// Adds the entries of a range whose titles hold a term.
fn holding(
    titles: &InvertedIndexReader,
    term: &TermInfo,
    range: Range<DocId>,
    documents: &mut Vec<DocId>,
) -> tantivy::Result<()> {
    let mut postings = titles.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
    let mut document = forward(&mut postings, range.start);
    while document < range.end {
        documents.push(document);
        document = postings.advance();
    }
    Ok(())
}

/// Keeps those of some entries, in their order, whose titles hold one of the terms too.
fn keep_holding(
    titles: &InvertedIndexReader,
    terms: &[TermInfo],
    documents: &mut Vec<DocId>,
) -> tantivy::Result<()> {
    let mut kept: Vec<DocId> = Vec::new();
    for term in terms {
        let mut postings = titles.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
        let held = documents
            .iter()
            .filter(|&&document| forward(&mut postings, document) == document);
        kept.extend(held);
    }
    kept.sort_unstable();
    kept.dedup();
    *documents = kept;
    Ok(())
}

/// Moves on to an entry or, where the term is not in it, the next that has it.
fn forward(postings: &mut SegmentPostings, document: DocId) -> DocId {
    if postings.doc() < document {
        postings.seek(document)
    } else {
        postings.doc()
    }
}

fn listed(listed_at: &Column<i64>, document: DocId) -> i64 {
    listed_at.first(document).unwrap_or_default()
}
