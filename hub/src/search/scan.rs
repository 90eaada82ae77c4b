//! Passes over the entries of a segment that a plan's terms stand in, a window at a time, and
//! reckons what each is worth.

use tantivy::fieldnorm::FieldNormReader;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, DocSet, SegmentReader, TERMINATED, Term};

use super::plan::{Group, Name, Plan, Word, Worth};
use super::ranking::{BOTH_NAMES, LENGTH, NAME_PART, PLACE_WEIGHTS, PLACES, saturated};

/// Entries that are reckoned together.
const WINDOW: usize = 4096;

/// An entry that a query finds and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) doc: DocId,
    pub(super) points: f32,
}

/// Average lengths of an index's texts, by place.
pub(super) type Lengths = [f32; PLACES];

/// A plan laid on a segment.
pub(super) struct Scan<'p> {
    plan: &'p Plan,
    groups: Vec<GroupScan<'p>>,
    pairs: Vec<TermScan>,
    phrases: Vec<PhraseScan>,
    excluded: Vec<PhraseScan>,
}

struct GroupScan<'p> {
    group: &'p Group,
    words: Vec<Vec<TermScan>>,
    pairs: Vec<TermScan>,
    names: Vec<Vec<TermScan>>,
}

/// The occurrences of a term, place by place.
struct TermScan {
    points: f32,
    places: Vec<Place>,
}

struct Place {
    postings: SegmentPostings,
    lengths: FieldNormReader,
    /// What one occurrence counts, by the code of the text's length.
    weights: Box<[f32; 256]>,
}

/// Terms that must stand in one place.
struct PhraseScan {
    /// By place; none where one of the terms never stands.
    places: Vec<Vec<SegmentPostings>>,
}

/// What is known of the entries in a window.
struct Window {
    points: Vec<f32>,
    covered: Vec<f32>,
    /// Two words of the query stand together.
    together: Vec<bool>,
}

/// Space for what one group adds to a window.
struct Space {
    points: Vec<f32>,
    covered: Vec<f32>,
    /// Of the word or the name that is being reckoned.
    best: Vec<f32>,
    best_covered: Vec<f32>,
    terms: Vec<u8>,
    frequencies: Frequencies,
}

/// How often a term occurs in each entry of a window, weighed by place.
struct Frequencies {
    of: Vec<f32>,
    touched: Vec<usize>,
}

impl<'p> Scan<'p> {
    pub(super) fn new(
        plan: &'p Plan,
        reader: &SegmentReader,
        fields: [Field; PLACES],
        lengths: Lengths,
    ) -> tantivy::Result<Self> {
        let opener = Opener {
            reader,
            fields,
            lengths,
        };
        let groups = plan
            .groups
            .iter()
            .map(|group| {
                Ok(GroupScan {
                    group,
                    words: group
                        .words
                        .iter()
                        .map(|word| opener.terms(word.spellings.iter().map(|(worth, _)| worth)))
                        .collect::<tantivy::Result<_>>()?,
                    pairs: opener.terms(&group.pairs)?,
                    names: group
                        .names
                        .iter()
                        .map(|name| opener.terms(&name.terms))
                        .collect::<tantivy::Result<_>>()?,
                })
            })
            .collect::<tantivy::Result<_>>()?;
        Ok(Self {
            plan,
            groups,
            pairs: opener.terms(&plan.pairs)?,
            phrases: opener.phrases(&plan.phrases)?,
            excluded: opener.phrases(&plan.excluded)?,
        })
    }

    /// Gives every entry that answers the plan to `take`, in the order of the segment.
    pub(super) fn run(mut self, mut take: impl FnMut(Found)) {
        let mut window = Window::new();
        let mut space = Space::new();
        while let Some(start) = self.next_doc() {
            let end = start.saturating_add(WINDOW as DocId).min(TERMINATED - 1);
            window.clear();
            for group in &mut self.groups {
                group.reckon(start, end, &mut window, &mut space);
            }
            for pair in &mut self.pairs {
                pair.reckon(start, end, &mut space.frequencies, |slot, points| {
                    window.points[slot] += points;
                    window.together[slot] = true;
                });
            }
            for slot in 0..WINDOW {
                if window.covered[slot] < self.plan.needed || window.covered[slot] == 0.0 {
                    continue;
                }
                if self.plan.together && !window.together[slot] {
                    continue;
                }
                let doc = start + slot as DocId;
                if self.phrases.iter_mut().all(|phrase| phrase.holds(doc))
                    && !self.excluded.iter_mut().any(|phrase| phrase.holds(doc))
                {
                    take(Found {
                        doc,
                        points: window.points[slot],
                    });
                }
            }
        }
    }

    /// The first entry that is not yet reckoned.
    fn next_doc(&self) -> Option<DocId> {
        let groups = self.groups.iter().flat_map(|group| {
            let words = group.words.iter().chain(&group.names).flatten();
            words.chain(&group.pairs)
        });
        groups
            .chain(&self.pairs)
            .flat_map(|term| &term.places)
            .map(|place| place.postings.doc())
            .min()
            .filter(|&doc| doc != TERMINATED)
    }
}

impl GroupScan<'_> {
    fn reckon(&mut self, start: DocId, end: DocId, window: &mut Window, space: &mut Space) {
        let terms = self.words.iter().chain(&self.names).flatten();
        if !terms.chain(&self.pairs).any(|term| term.occurs_before(end)) {
            return;
        }
        space.points.fill(0.0);
        space.covered.fill(0.0);
        for (word, spellings) in self.group.words.iter().zip(&mut self.words) {
            reckon_word(word, spellings, start, end, space);
        }
        for pair in &mut self.pairs {
            pair.reckon(start, end, &mut space.frequencies, |slot, points| {
                space.points[slot] += points;
                window.together[slot] = true;
            });
        }
        for (name, terms) in self.group.names.iter().zip(&mut self.names) {
            reckon_name(name, terms, start, end, space, &mut window.together);
        }
        for slot in 0..WINDOW {
            window.points[slot] += space.points[slot];
            window.covered[slot] += space.covered[slot];
        }
    }
}

/// An entry has the points of the best spelling.
fn reckon_word(
    word: &Word,
    spellings: &mut [TermScan],
    start: DocId,
    end: DocId,
    space: &mut Space,
) {
    if !spellings.iter().any(|term| term.occurs_before(end)) {
        return;
    }
    space.best.fill(0.0);
    space.best_covered.fill(0.0);
    for ((_, covers), term) in word.spellings.iter().zip(spellings) {
        term.reckon(start, end, &mut space.frequencies, |slot, points| {
            space.best[slot] = space.best[slot].max(points);
            space.best_covered[slot] = space.best_covered[slot].max(*covers);
        });
    }
    for slot in 0..WINDOW {
        space.points[slot] += space.best[slot];
        space.covered[slot] += space.best_covered[slot];
    }
}

/// Another name counts where enough of it stands: instead of what was typed, or a little beside it.
fn reckon_name(
    name: &Name,
    terms: &mut [TermScan],
    start: DocId,
    end: DocId,
    space: &mut Space,
    together: &mut [bool],
) {
    if !terms.iter().any(|term| term.occurs_before(end)) {
        return;
    }
    space.best.fill(0.0);
    space.terms.fill(0);
    for term in &mut *terms {
        term.reckon(start, end, &mut space.frequencies, |slot, points| {
            space.best[slot] += points;
            space.terms[slot] += 1;
        });
    }
    let enough = enough(terms.len());
    for slot in 0..WINDOW {
        if space.terms[slot] >= enough {
            let (typed, name_points) = (space.points[slot], space.best[slot]);
            space.points[slot] = typed.max(name_points) + BOTH_NAMES * typed.min(name_points);
            space.covered[slot] = space.covered[slot].max(name.covers);
            together[slot] = true;
        }
    }
}

/// How many terms of a name must stand in an entry.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a name has few words"
)]
fn enough(terms: usize) -> u8 {
    (terms as f32 * NAME_PART).ceil() as u8
}

impl TermScan {
    fn occurs_before(&self, end: DocId) -> bool {
        self.places.iter().any(|place| place.postings.doc() < end)
    }

    /// Gives each entry of a window in which the term occurs, with its points.
    fn reckon(
        &mut self,
        start: DocId,
        end: DocId,
        frequencies: &mut Frequencies,
        mut give: impl FnMut(usize, f32),
    ) {
        for place in &mut self.places {
            let mut doc = place.postings.doc();
            while doc < end {
                let slot = (doc - start) as usize;
                let code = usize::from(place.lengths.fieldnorm_id(doc));
                #[expect(clippy::cast_precision_loss, reason = "a text has few words")]
                let occurrences = place.postings.term_freq() as f32;
                if frequencies.of[slot] == 0.0 {
                    frequencies.touched.push(slot);
                }
                frequencies.of[slot] += place.weights[code] * occurrences;
                doc = place.postings.advance();
            }
        }
        for slot in frequencies.touched.drain(..) {
            give(slot, self.points * saturated(frequencies.of[slot]));
            frequencies.of[slot] = 0.0;
        }
    }
}

impl PhraseScan {
    /// Whether all terms stand in one place of the entry. Entries are asked for in order.
    fn holds(&mut self, doc: DocId) -> bool {
        self.places.iter_mut().any(|terms| {
            terms.iter_mut().all(|postings| {
                if postings.doc() < doc {
                    postings.seek(doc);
                }
                postings.doc() == doc
            })
        })
    }
}

/// Opens a segment's postings.
struct Opener<'s> {
    reader: &'s SegmentReader,
    fields: [Field; PLACES],
    lengths: Lengths,
}

impl Opener<'_> {
    fn terms<'w>(
        &self,
        worths: impl IntoIterator<Item = &'w Worth>,
    ) -> tantivy::Result<Vec<TermScan>> {
        worths.into_iter().map(|worth| self.term(worth)).collect()
    }

    fn term(&self, worth: &Worth) -> tantivy::Result<TermScan> {
        let mut places = Vec::new();
        for (at, &field) in self.fields.iter().enumerate() {
            let Some(postings) = self.postings(field, &worth.term, IndexRecordOption::WithFreqs)?
            else {
                continue;
            };
            places.push(Place {
                postings,
                lengths: self.reader.get_fieldnorms_reader(field)?,
                weights: occurrence_weights(at, self.lengths[at]),
            });
        }
        Ok(TermScan {
            points: worth.points,
            places,
        })
    }

    /// All terms of a phrase in one place. Three words `a b c` could also be met as `a b` and `b c`
    /// apart from each other; that is rare and much cheaper than positions.
    fn phrases(&self, phrases: &[Vec<String>]) -> tantivy::Result<Vec<PhraseScan>> {
        let scan = |terms: &Vec<String>| {
            let mut places = Vec::new();
            for field in self.fields {
                let postings: tantivy::Result<Option<Vec<_>>> = terms
                    .iter()
                    .map(|term| self.postings(field, term, IndexRecordOption::Basic))
                    .collect();
                places.extend(postings?);
            }
            Ok(PhraseScan { places })
        };
        phrases.iter().map(scan).collect()
    }

    fn postings(
        &self,
        field: Field,
        term: &str,
        option: IndexRecordOption,
    ) -> tantivy::Result<Option<SegmentPostings>> {
        let index = self.reader.inverted_index(field)?;
        Ok(index.read_postings(&Term::from_field_text(field, term), option)?)
    }
}

/// What one occurrence counts in a text of each length.
#[expect(clippy::cast_precision_loss, reason = "lengths are coded coarsely")]
fn occurrence_weights(place: usize, average: f32) -> Box<[f32; 256]> {
    let mut weights = Box::new([0.0; 256]);
    for (code, weight) in (0..=u8::MAX).zip(weights.iter_mut()) {
        let length = FieldNormReader::id_to_fieldnorm(code) as f32 / average.max(1.0);
        *weight = PLACE_WEIGHTS[place] / (1.0 - LENGTH[place] + LENGTH[place] * length);
    }
    weights
}

impl Window {
    fn new() -> Self {
        Self {
            points: vec![0.0; WINDOW],
            covered: vec![0.0; WINDOW],
            together: vec![false; WINDOW],
        }
    }

    fn clear(&mut self) {
        self.points.fill(0.0);
        self.covered.fill(0.0);
        self.together.fill(false);
    }
}

impl Space {
    fn new() -> Self {
        let zeros = || vec![0.0; WINDOW];
        Self {
            points: zeros(),
            covered: zeros(),
            best: zeros(),
            best_covered: zeros(),
            terms: vec![0; WINDOW],
            frequencies: Frequencies {
                of: zeros(),
                touched: Vec::with_capacity(WINDOW),
            },
        }
    }
}
