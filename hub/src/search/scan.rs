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
const WINDOW_DOCS: DocId = 4096;
/// To go to a certain entry costs as much as to pass over this many occurrences.
const SEEK_COST: usize = 6;

/// A window's first entry, the first behind it, and those of it that count.
type Range<'w> = (DocId, DocId, &'w Candidates);

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
    /// The groups as they are reckoned: those first without which no entry reaches the coverage, the rarest before
    /// others.
    order: Vec<usize>,
    pairs: Vec<TermScan>,
    phrases: Vec<PhraseScan>,
    excluded: Vec<PhraseScan>,
}

struct GroupScan<'p> {
    group: &'p Group,
    /// Without it no entry reaches the coverage.
    required: bool,
    /// What it adds to each entry of the window.
    points: Vec<f32>,
    covered: Vec<f32>,
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
    /// How many entries of a window hold the term on average.
    in_a_window: usize,
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

/// The entries of a window that can still be found.
enum Candidates {
    All,
    /// By their slots, in order.
    Some(Vec<usize>),
}

/// Space for what one group adds to a window.
struct Space {
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

/// The entry in a slot of the window that begins at `start`.
fn doc_at(start: DocId, slot: usize) -> DocId {
    debug_assert!(slot < WINDOW);
    start + DocId::try_from(slot).unwrap_or(WINDOW_DOCS)
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
            .enumerate()
            .map(|(at, group)| {
                Ok(GroupScan {
                    group,
                    required: is_required(plan, at),
                    points: vec![0.0; WINDOW],
                    covered: vec![0.0; WINDOW],
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
            .collect::<tantivy::Result<Vec<_>>>()?;
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|&at| (!groups[at].required, groups[at].in_a_window()));
        Ok(Self {
            plan,
            groups,
            order,
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
            let end = start.saturating_add(WINDOW_DOCS).min(TERMINATED - 1);
            window.clear();
            let mut candidates = Candidates::All;
            for &at in &self.order {
                let group = &mut self.groups[at];
                let range = (start, end, &candidates);
                group.reckon(range, &mut window, &mut space);
                if group.required {
                    candidates.keep(|slot| group.covered[slot] > 0.0);
                }
            }
            // In the order of the plan, so that sums do not depend on the index.
            for group in &self.groups {
                candidates.each(|slot| {
                    window.points[slot] += group.points[slot];
                    window.covered[slot] += group.covered[slot];
                });
            }
            candidates.keep(|slot| {
                window.covered[slot] >= self.plan.needed && window.covered[slot] != 0.0
            });
            for pair in &mut self.pairs {
                let range = (start, end, &candidates);
                pair.reckon(range, &mut space.frequencies, |slot, points| {
                    window.points[slot] += points;
                    window.together[slot] = true;
                });
            }
            candidates.each(|slot| {
                if self.plan.together && !window.together[slot] {
                    return;
                }
                let doc = doc_at(start, slot);
                if self.phrases.iter_mut().all(|phrase| phrase.holds(doc))
                    && !self.excluded.iter_mut().any(|phrase| phrase.holds(doc))
                {
                    take(Found {
                        doc,
                        points: window.points[slot],
                    });
                }
            });
        }
    }

    /// The first entry that is not yet reckoned and may be found.
    fn next_doc(&self) -> Option<DocId> {
        let first = self.order.first().map(|&at| &self.groups[at])?;
        let next = if first.required {
            first.next_doc()
        } else {
            self.groups.iter().map(GroupScan::next_doc).min()?
        };
        (next != TERMINATED).then_some(next)
    }
}

/// Whether all other groups together do not cover enough.
fn is_required(plan: &Plan, at: usize) -> bool {
    let others = plan
        .groups
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != at);
    let covered: f32 = others.map(|(_, group)| group.mass()).sum();
    // Sums in another order differ in their last digits.
    covered < plan.needed * 0.999
}

impl Candidates {
    fn keep(&mut self, mut may_be_found: impl FnMut(usize) -> bool) {
        match self {
            Self::All => *self = Self::Some((0..WINDOW).filter(|&it| may_be_found(it)).collect()),
            Self::Some(slots) => slots.retain(|&slot| may_be_found(slot)),
        }
    }

    fn each(&self, mut act: impl FnMut(usize)) {
        match self {
            Self::All => (0..WINDOW).for_each(act),
            Self::Some(slots) => slots.iter().for_each(|&slot| act(slot)),
        }
    }
}

impl GroupScan<'_> {
    fn reckon(&mut self, range: Range<'_>, window: &mut Window, space: &mut Space) {
        self.points.fill(0.0);
        self.covered.fill(0.0);
        let terms = self.words.iter().chain(&self.names).flatten();
        if !terms.chain(&self.pairs).any(|term| term.occurs_in(range)) {
            return;
        }
        let sums = (&mut *self.points, &mut *self.covered);
        for (word, spellings) in self.group.words.iter().zip(&mut self.words) {
            reckon_word(word, spellings, range, space, (&mut *sums.0, &mut *sums.1));
        }
        for pair in &mut self.pairs {
            pair.reckon(range, &mut space.frequencies, |slot, points| {
                sums.0[slot] += points;
                window.together[slot] = true;
            });
        }
        for (name, terms) in self.group.names.iter().zip(&mut self.names) {
            let sums = (&mut *sums.0, &mut *sums.1);
            reckon_name(name, terms, range, space, sums, &mut window.together);
        }
    }

    /// The first entry that is not yet reckoned and in which anything of it stands that covers.
    fn next_doc(&self) -> DocId {
        let terms = self.words.iter().chain(&self.names).flatten();
        let places = terms.flat_map(|term| &term.places);
        let docs = places.map(|place| place.postings.doc());
        docs.min().unwrap_or(TERMINATED)
    }

    /// How many occurrences there are to reckon.
    fn in_a_window(&self) -> usize {
        let terms = self.words.iter().chain(&self.names).flatten();
        let places = terms.flat_map(|term| &term.places);
        places.map(|place| place.in_a_window).sum()
    }
}

/// An entry has the points of the best spelling.
fn reckon_word(
    word: &Word,
    spellings: &mut [TermScan],
    range: Range<'_>,
    space: &mut Space,
    (sum, covered): (&mut [f32], &mut [f32]),
) {
    if !spellings.iter().any(|term| term.occurs_in(range)) {
        return;
    }
    space.best.fill(0.0);
    space.best_covered.fill(0.0);
    for ((_, covers), term) in word.spellings.iter().zip(spellings) {
        term.reckon(range, &mut space.frequencies, |slot, points| {
            space.best[slot] = space.best[slot].max(points);
            space.best_covered[slot] = space.best_covered[slot].max(*covers);
        });
    }
    for slot in 0..WINDOW {
        sum[slot] += space.best[slot];
        covered[slot] += space.best_covered[slot];
    }
}

/// Another name counts where enough of it stands: instead of what was typed, or a little beside it.
fn reckon_name(
    name: &Name,
    terms: &mut [TermScan],
    range: Range<'_>,
    space: &mut Space,
    (sum, covered): (&mut [f32], &mut [f32]),
    together: &mut [bool],
) {
    if !terms.iter().any(|term| term.occurs_in(range)) {
        return;
    }
    space.best.fill(0.0);
    space.terms.fill(0);
    for term in &mut *terms {
        term.reckon(range, &mut space.frequencies, |slot, points| {
            space.best[slot] += points;
            space.terms[slot] += 1;
        });
    }
    let enough = enough(terms.len());
    for slot in 0..WINDOW {
        if space.terms[slot] >= enough {
            let (typed, name_points) = (sum[slot], space.best[slot]);
            sum[slot] = typed.max(name_points) + BOTH_NAMES * typed.min(name_points);
            covered[slot] = covered[slot].max(name.covers);
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
    /// Whether it may occur: postings may still stand before the window.
    fn occurs_in(&self, (_, end, _): Range<'_>) -> bool {
        self.places.iter().any(|place| place.postings.doc() < end)
    }

    /// Gives each candidate of a window in which the term occurs, with its points. Other entries may be given too.
    fn reckon(
        &mut self,
        (start, end, candidates): Range<'_>,
        frequencies: &mut Frequencies,
        mut give: impl FnMut(usize, f32),
    ) {
        for place in &mut self.places {
            place.go_to(start);
            match candidates {
                Candidates::Some(slots) if slots.len() * SEEK_COST < place.in_a_window => {
                    for &slot in slots {
                        let doc = doc_at(start, slot);
                        place.go_to(doc);
                        if place.postings.doc() == doc {
                            frequencies.add(slot, place.weight_here());
                        }
                    }
                }
                _ => {
                    while place.postings.doc() < end {
                        let slot = (place.postings.doc() - start) as usize;
                        frequencies.add(slot, place.weight_here());
                        place.postings.advance();
                    }
                }
            }
        }
        for slot in frequencies.touched.drain(..) {
            give(slot, self.points * saturated(frequencies.of[slot]));
            frequencies.of[slot] = 0.0;
        }
    }
}

impl Place {
    fn go_to(&mut self, doc: DocId) {
        if self.postings.doc() < doc {
            self.postings.seek(doc);
        }
    }

    /// What the occurrences in the entry that the postings have reached count.
    fn weight_here(&self) -> f32 {
        let code = usize::from(self.lengths.fieldnorm_id(self.postings.doc()));
        #[expect(clippy::cast_precision_loss, reason = "a text has few words")]
        let occurrences = self.postings.term_freq() as f32;
        self.weights[code] * occurrences
    }
}

impl Frequencies {
    fn add(&mut self, slot: usize, weight: f32) {
        if self.of[slot] == 0.0 {
            self.touched.push(slot);
        }
        self.of[slot] += weight;
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
            let holding = postings.doc_freq() as usize;
            places.push(Place {
                in_a_window: holding * WINDOW / self.reader.max_doc().max(1) as usize,
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
