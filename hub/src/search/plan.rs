//! What a query's words come to in an index: which terms are looked up and what each is worth.

use tantivy::schema::Field;
use tantivy::{Searcher, Term};

use super::ranking::{
    COVERAGE, LIGHT, NUMBER, NUMBER_BEGINNING, OTHER_MARKS, PAIR, PAIRS_OF_A_QUESTION, PLACES,
    SHORT_COVERAGE, information,
};
use super::wording::{Content, Unit, Wording};

/// So many words and expressions that entries hold stand for a query without those that none holds.
const KNOWN: usize = 2;

/// How the words of a query are looked up.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) groups: Vec<Group>,
    /// Neighbours that belong to two groups.
    pub(super) pairs: Vec<Worth>,
    /// The coverage that an entry must reach.
    pub(super) needed: f32,
    /// Whether an entry must hold two words of the query together.
    pub(super) together: bool,
    /// Terms that must stand in one place, phrase by phrase.
    pub(super) phrases: Vec<Vec<String>>,
    /// The same, of what must not stand there.
    pub(super) excluded: Vec<Vec<String>>,
}

/// A word, or an expression that has other names.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) words: Vec<Word>,
    pub(super) pairs: Vec<Worth>,
    pub(super) names: Vec<Name>,
}

/// A term and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worth {
    pub(super) term: String,
    pub(super) points: f32,
}

/// A word in its spellings: an entry has the points of the best one.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Each with what it covers.
    pub(super) spellings: Vec<(Worth, f32)>,
}

/// Another name of an expression.
#[derive(Debug)]
pub(super) struct Name {
    /// Neighbours, or the one word or number that it is.
    pub(super) terms: Vec<Worth>,
    /// What the whole name covers.
    pub(super) covers: f32,
}

/// What of the index the worth of terms depends on.
pub(super) struct Statistics<'i> {
    searcher: &'i Searcher,
    fields: [Field; PLACES],
    entries: u64,
}

impl<'i> Statistics<'i> {
    pub(super) fn new(searcher: &'i Searcher, fields: [Field; PLACES]) -> Self {
        Self {
            searcher,
            fields,
            entries: searcher.num_docs(),
        }
    }

    /// In how many entries a term occurs, by the place where it does most often.
    pub(super) fn holding(&self, term: &str) -> tantivy::Result<u64> {
        let mut most = 0;
        for field in self.fields {
            most = most.max(
                self.searcher
                    .doc_freq(&Term::from_field_text(field, term))?,
            );
        }
        Ok(most)
    }

    fn worth(&self, term: &str, weight: f32) -> tantivy::Result<Worth> {
        let points = weight * information(self.holding(term)?, self.entries);
        Ok(Worth {
            term: term.to_owned(),
            points,
        })
    }
}

impl Plan {
    pub(super) fn new(wording: &Wording, statistics: &Statistics<'_>) -> tantivy::Result<Self> {
        let mut plan = Self {
            phrases: wording.phrases.iter().map(|it| it.terms.clone()).collect(),
            excluded: wording.excluded.iter().map(|it| it.terms.clone()).collect(),
            together: wording.pairs.len() >= PAIRS_OF_A_QUESTION,
            ..Self::default()
        };
        let (mut mass, mut unknown) = (0.0, 0.0);
        let mut known = 0;
        let mut at = 0;
        let mut expressions = wording.expressions.iter().peekable();
        while at < wording.units.len() {
            let expression = expressions.next_if(|expression| expression.units.start == at);
            let units = expression.map_or(at..at + 1, |expression| expression.units.clone());
            let mut group = Group::default();
            let mut whole = 0.0;
            for unit in wording.units[units.clone()]
                .iter()
                .filter(|unit| !unit.repeated)
            {
                let word = word(unit, statistics)?;
                whole += word.mass();
                group.words.push(word);
            }
            for pair in &wording.pairs {
                let inside = units.contains(&pair.first) && units.contains(&(pair.first + 1));
                if inside {
                    group.pairs.push(statistics.worth(&pair.term, PAIR)?);
                }
            }
            for meaning in expression
                .iter()
                .flat_map(|expression| &expression.meanings)
            {
                let terms: Vec<&str> = match &meaning.number {
                    Some(key) => vec![key],
                    None if meaning.pairs.is_empty() => meaning
                        .words
                        .iter()
                        .map(|word| word.accented.as_str())
                        .collect(),
                    None => meaning.pairs.iter().map(String::as_str).collect(),
                };
                // Like the words and pairs that it stands for.
                let typed = units.len().max(2) * 2 - 1;
                let share = weight_of(typed, terms.len()) * meaning.weight;
                group.names.push(Name {
                    terms: terms
                        .into_iter()
                        .map(|term| statistics.worth(term, share))
                        .collect::<tantivy::Result<_>>()?,
                    covers: whole * meaning.weight,
                });
            }
            let unit = &wording.units[units.start];
            if group.names.is_empty() && occurs_nowhere(unit, statistics)? {
                unknown += whole;
            } else {
                known += usize::from(!unit.light);
                mass += whole;
            }
            at = units.end;
            plan.groups.push(group);
        }
        for pair in &wording.pairs {
            let term = &pair.term;
            let inside = plan
                .groups
                .iter()
                .any(|group| group.pairs.iter().any(|it| it.term == *term));
            if !inside {
                let light = [pair.first, pair.first + 1]
                    .iter()
                    .all(|&at| wording.units[at].light);
                let weight = if light { PAIR * LIGHT } else { PAIR };
                plan.pairs.push(statistics.worth(term, weight)?);
            }
        }
        let content = wording
            .units
            .iter()
            .filter(|unit| !unit.light && !unit.repeated);
        let part = if content.count() <= 2 {
            SHORT_COVERAGE
        } else {
            COVERAGE
        };
        // A word that stands in no entry must not hide what several others find; beside a single one it says that the other
        // is not meant.
        if known < KNOWN {
            mass += unknown;
        }
        plan.needed = mass * part;
        Ok(plan)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a query has few words")]
fn weight_of(typed: usize, terms: usize) -> f32 {
    typed as f32 / terms as f32
}

fn occurs_nowhere(unit: &Unit, statistics: &Statistics<'_>) -> tantivy::Result<bool> {
    match &unit.content {
        Content::Word(word) => Ok(statistics.holding(&word.folded)? == 0),
        Content::Number(_) => Ok(false),
    }
}

fn word(unit: &Unit, statistics: &Statistics<'_>) -> tantivy::Result<Word> {
    let weight = if unit.light { LIGHT } else { 1.0 };
    let mut spellings = Vec::new();
    match &unit.content {
        Content::Word(forms) => {
            let exact = statistics.worth(&forms.accented, weight)?;
            let trusted = !forms.is_bare() && statistics.holding(&forms.accented)? > 0;
            let folded = if trusted { OTHER_MARKS } else { 1.0 };
            let mut other = statistics.worth(&forms.folded, weight)?;
            let covers = folded * other.points.max(if trusted { exact.points } else { 0.0 });
            other.points *= folded;
            spellings.push((other, covers));
            if trusted {
                let covers = exact.points;
                spellings.push((exact, covers));
            }
        }
        Content::Number(key) => {
            let whole = statistics.worth(key, NUMBER)?;
            if let Some(beginning) = law::text::number::prefixes(key).next() {
                let mut beginning = statistics.worth(beginning, NUMBER)?;
                beginning.points *= NUMBER_BEGINNING;
                spellings.push((beginning, whole.points));
            }
            let covers = whole.points;
            spellings.push((whole, covers));
        }
    }
    Ok(Word { spellings })
}

impl Group {
    /// The most that it covers.
    pub(super) fn mass(&self) -> f32 {
        self.words.iter().map(Word::mass).sum()
    }
}

impl Word {
    /// What the word covers where it stands as typed.
    pub(super) fn mass(&self) -> f32 {
        self.spellings
            .iter()
            .map(|(_, covers)| *covers)
            .fold(0.0, f32::max)
    }
}
