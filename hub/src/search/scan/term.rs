//! Where a term stands in a segment, and what that is worth.

use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{BlockSegmentPostings, Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, InvertedIndexReader, SegmentReader, TERMINATED, Term};

use super::super::plan::Worth;
use super::super::ranking::{LENGTH, PLACE_WEIGHTS, PLACES, saturated};
use super::bits::{Bits, WINDOW};
use super::{Lengths, Range, doc_at};

/// To go to a certain entry costs as much as to pass over this many occurrences.
const SEEK_COST: usize = 24;

/// The occurrences of a term, place by place.
pub(super) struct TermScan {
    pub(super) points: f32,
    pub(super) places: Vec<Place>,
    /// The candidates of the window that hold it; others may be among them.
    pub(super) held: Bits,
    /// What it adds to the entry that was asked for last.
    last: Option<(DocId, f32)>,
}

pub(super) struct Place {
    pub(super) docs: Docs,
    /// How many entries of a window hold the term on average.
    pub(super) in_a_window: usize,
    /// Read only where points are reckoned.
    frequencies: SegmentPostings,
    lengths: FieldNormReader,
    weights: Arc<Weights>,
}

/// Entries that hold a term in one place, block by block.
pub(super) struct Docs {
    blocks: BlockSegmentPostings,
    at: usize,
}

/// What one occurrence counts, by the code of the text's length.
type Weights = [f32; 256];

/// Terms that must stand in one place.
pub(super) struct PhraseScan {
    /// By place; none where one of the terms never stands.
    places: Vec<Vec<Docs>>,
}

impl TermScan {
    /// Looks for it in the candidates of a window.
    pub(super) fn find(&mut self, range: Range, candidates: &Bits, count: usize) {
        self.held.clear();
        for place in &mut self.places {
            if count * SEEK_COST < place.in_a_window {
                candidates.each(|slot| {
                    if place.docs.has(doc_at(range.start, slot)) {
                        self.held.insert(slot);
                    }
                });
            } else {
                place.docs.mark(range, &mut self.held);
            }
        }
    }

    /// What it adds to an entry of the window. Entries are asked for in order.
    pub(super) fn points_in(&mut self, slot: usize, doc: DocId) -> f32 {
        if !self.held.contains(slot) {
            return 0.0;
        }
        if let Some((_, points)) = self.last.filter(|(last, _)| *last == doc) {
            return points;
        }
        let places = self.places.iter_mut();
        let frequency: f32 = places.fold(0.0, |sum, place| sum + place.frequency_in(doc));
        let points = self.points * saturated(frequency);
        self.last = Some((doc, points));
        points
    }
}

impl Place {
    /// How often the term stands in an entry, weighed.
    fn frequency_in(&mut self, doc: DocId) -> f32 {
        if self.frequencies.doc() < doc {
            self.frequencies.seek(doc);
        }
        if self.frequencies.doc() != doc {
            return 0.0;
        }
        let code = usize::from(self.lengths.fieldnorm_id(doc));
        #[expect(clippy::cast_precision_loss, reason = "a text has few words")]
        let occurrences = self.frequencies.term_freq() as f32;
        self.weights[code] * occurrences
    }
}

impl Docs {
    /// The first entry that is not yet passed; [`TERMINATED`] behind the last.
    fn next(&self) -> DocId {
        self.blocks
            .docs()
            .get(self.at)
            .copied()
            .unwrap_or(TERMINATED)
    }

    /// The first entry from `doc`.
    pub(super) fn from(&mut self, doc: DocId) -> DocId {
        if self.next() < doc {
            self.at = self.blocks.seek(doc);
        }
        self.next()
    }

    fn has(&mut self, doc: DocId) -> bool {
        self.from(doc) == doc
    }

    /// Takes all of a window in and passes them.
    fn mark(&mut self, range: Range, held: &mut Bits) {
        self.from(range.start);
        loop {
            let block = self.blocks.docs();
            let rest = block.get(self.at..).unwrap_or_default();
            let here = match rest.last() {
                None => return,
                Some(&last) if last < range.end => rest.len(),
                Some(_) => rest.partition_point(|&doc| doc < range.end),
            };
            held.extend(range.start, &rest[..here]);
            self.at += here;
            if here < rest.len() {
                return;
            }
            self.blocks.advance();
            self.at = 0;
        }
    }
}

impl PhraseScan {
    /// Whether all terms stand in one place of the entry. Entries are asked for in order.
    pub(super) fn holds(&mut self, doc: DocId) -> bool {
        let mut places = self.places.iter_mut();
        places.any(|terms| terms.iter_mut().all(|term| term.has(doc)))
    }
}

/// Opens a segment's postings.
pub(super) struct Opener<'s> {
    reader: &'s SegmentReader,
    places: Vec<OpenPlace>,
}

struct OpenPlace {
    field: Field,
    index: Arc<InvertedIndexReader>,
    lengths: FieldNormReader,
    weights: Arc<Weights>,
}

impl<'s> Opener<'s> {
    pub(super) fn new(
        reader: &'s SegmentReader,
        fields: [Field; PLACES],
        lengths: Lengths,
    ) -> tantivy::Result<Self> {
        let open = |(at, field): (usize, Field)| {
            Ok(OpenPlace {
                field,
                index: reader.inverted_index(field)?,
                lengths: reader.get_fieldnorms_reader(field)?,
                weights: Arc::new(occurrence_weights(at, lengths[at])),
            })
        };
        Ok(Self {
            reader,
            places: fields
                .into_iter()
                .enumerate()
                .map(open)
                .collect::<tantivy::Result<_>>()?,
        })
    }

    pub(super) fn terms<'w>(
        &self,
        worths: impl IntoIterator<Item = &'w Worth>,
    ) -> tantivy::Result<Vec<TermScan>> {
        worths.into_iter().map(|worth| self.term(worth)).collect()
    }

    pub(super) fn term(&self, worth: &Worth) -> tantivy::Result<TermScan> {
        let mut places = Vec::new();
        for place in &self.places {
            let term = Term::from_field_text(place.field, &worth.term);
            let Some(info) = place.index.get_term_info(&term)? else {
                continue;
            };
            let holding = info.doc_freq as usize;
            places.push(Place {
                docs: place.docs(&term)?,
                in_a_window: holding * WINDOW / self.reader.max_doc().max(1) as usize,
                frequencies: place
                    .index
                    .read_postings_from_terminfo(&info, IndexRecordOption::WithFreqs)?,
                lengths: place.lengths.clone(),
                weights: Arc::clone(&place.weights),
            });
        }
        Ok(TermScan {
            points: worth.points,
            places,
            held: Bits::none(),
            last: None,
        })
    }

    /// All terms of a phrase in one place. Three words `a b c` could also be met as `a b` and `b c`
    /// apart from each other; that is rare and much cheaper than positions.
    pub(super) fn phrases(&self, phrases: &[Vec<String>]) -> tantivy::Result<Vec<PhraseScan>> {
        let scan = |terms: &Vec<String>| {
            let mut places = Vec::new();
            for place in &self.places {
                let docs = terms.iter().map(|term| {
                    let term = Term::from_field_text(place.field, term);
                    let known = place.index.get_term_info(&term)?.is_some();
                    known.then(|| place.docs(&term)).transpose()
                });
                places.extend(docs.collect::<tantivy::Result<Option<Vec<_>>>>()?);
            }
            Ok(PhraseScan { places })
        };
        phrases.iter().map(scan).collect()
    }
}

impl OpenPlace {
    fn docs(&self, term: &Term) -> tantivy::Result<Docs> {
        let postings = self
            .index
            .read_block_postings(term, IndexRecordOption::Basic)?;
        Ok(Docs {
            blocks: postings.unwrap_or_else(BlockSegmentPostings::empty),
            at: 0,
        })
    }
}

/// What one occurrence counts in a text of each length.
#[expect(clippy::cast_precision_loss, reason = "lengths are coded coarsely")]
fn occurrence_weights(place: usize, average: f32) -> Weights {
    let mut weights = [0.0; 256];
    for (code, weight) in (0..=u8::MAX).zip(weights.iter_mut()) {
        let length = FieldNormReader::id_to_fieldnorm(code) as f32 / average.max(1.0);
        *weight = PLACE_WEIGHTS[place] / (1.0 - LENGTH[place] + LENGTH[place] * length);
    }
    weights
}
