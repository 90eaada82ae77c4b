//! What is asked of the index, and the Tantivy query it becomes. The query is built by hand: no
//! query language is reachable from outside.

use std::ops::Bound;

use chrono::{Days, FixedOffset, NaiveDate, NaiveTime, TimeZone};
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, Query as TantivyQuery,
    RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::schema::Fields;
use super::wording::{Phrase, Unit, Wording};

/// Results behind this many cannot be paged to: each page costs as much as all before it.
pub const MAX_DEPTH: usize = 10_000;

/// How much a word weighs by where it stands.
const TITLE: f32 = 3.0;
const KEYWORDS: f32 = 2.0;
const SUMMARY: f32 = 1.0;
const BODY: f32 = 1.0;
/// A syllable with the very marks that were typed, beside its folded form.
const ACCENTED: f32 = 0.5;
/// Two neighbouring syllables that stand together in the text too.
const PAIR: f32 = 1.0;
/// A query with this many pairs is a question; an entry must hold one of them. Single syllables are
/// too common in Vietnamese to say anything: without this, words of any kind find something.
const PAIRS_OF_A_QUESTION: usize = 3;
/// A document number, whole.
const NUMBER: f32 = 3.0;
/// `168/2024` where `168/2024/NĐ-CP` was typed.
const NUMBER_BEGINNING: f32 = 1.0;

/// What somebody looks for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// As typed; empty finds everything. Words in quotes must stand together.
    pub text: String,
    /// Slug of the agency.
    pub agency: Option<String>,
    /// Kind of entry.
    pub kind: Option<String>,
    /// Slug of the legal field.
    pub field: Option<String>,
    /// First day in Vietnam, inclusive.
    pub from: Option<NaiveDate>,
    /// Last day in Vietnam, inclusive.
    pub until: Option<NaiveDate>,
    /// Order of the results; without text always by date.
    pub sort: Sort,
    /// How many results to pass over.
    pub offset: usize,
    /// How many results to give; each costs a snippet, so whoever asks for strangers bounds it.
    pub limit: usize,
}

/// Order of results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Best first.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
}

/// The whole query: words and filters.
pub(super) fn build(query: &Query, wording: &Wording, fields: &Fields) -> Box<dyn TantivyQuery> {
    let mut clauses = filters(query, fields);
    if !query.text.trim().is_empty() {
        if wording.units.is_empty() {
            return Box::new(EmptyQuery);
        }
        clauses.extend(words(wording, fields));
    }
    match clauses.len() {
        0 => Box::new(AllQuery),
        _ => Box::new(BooleanQuery::new(clauses)),
    }
}

type Clause = (Occur, Box<dyn TantivyQuery>);

fn words(wording: &Wording, fields: &Fields) -> Vec<Clause> {
    let units: Vec<_> = wording
        .units
        .iter()
        .map(|unit| unit_clause(unit, fields))
        .collect();
    let required = required_units(units.len());
    let units = BooleanQuery::with_minimum_required_clauses(units, required);
    let mut clauses: Vec<Clause> = vec![(Occur::Must, Box::new(units))];
    let pairs: Vec<_> = wording
        .pairs
        .iter()
        .flat_map(|pair| in_every_field(pair, PAIR, fields))
        .collect();
    if wording.pairs.len() >= PAIRS_OF_A_QUESTION {
        clauses.push((Occur::Must, Box::new(BooleanQuery::new(pairs))));
    } else {
        clauses.extend(pairs);
    }
    for phrase in &wording.phrases {
        clauses.push((Occur::Must, phrase_query(phrase, fields)));
    }
    clauses
}

/// How many words of a query an entry must hold. A question in everyday words rarely stands in an
/// answer word for word, so half of a long one is enough, if an expression of it is among them.
fn required_units(units: usize) -> usize {
    match units {
        0..=2 => units,
        3 => 2,
        more => more.div_ceil(2),
    }
}

fn unit_clause(unit: &Unit, fields: &Fields) -> Clause {
    let mut clauses = Vec::new();
    match unit {
        Unit::Word(word) => {
            clauses.extend(in_every_field(&word.folded, 1.0, fields));
            if word.accented != word.folded {
                clauses.extend(in_every_field(&word.accented, ACCENTED, fields));
            }
        }
        Unit::Number(key) => {
            clauses.extend(in_every_field(key, NUMBER, fields));
            if let Some(beginning) = law::text::number::prefixes(key).next() {
                clauses.extend(in_every_field(beginning, NUMBER_BEGINNING, fields));
            }
        }
    }
    (Occur::Should, Box::new(BooleanQuery::new(clauses)))
}

fn in_every_field(term: &str, weight: f32, fields: &Fields) -> [Clause; 4] {
    [
        (fields.title, TITLE),
        (fields.keywords, KEYWORDS),
        (fields.summary, SUMMARY),
        (fields.body, BODY),
    ]
    .map(|(field, field_weight)| {
        let query = TermQuery::new(
            Term::from_field_text(field, term),
            IndexRecordOption::WithFreqs,
        );
        let boosted = BoostQuery::new(Box::new(query), weight * field_weight);
        (Occur::Should, Box::new(boosted) as Box<dyn TantivyQuery>)
    })
}

/// All words and all pairs of a phrase in one field. Three words `a b c` could also be met as
/// `a b` and `b c` apart from each other; that is rare and much cheaper than positions.
fn phrase_query(phrase: &Phrase, fields: &Fields) -> Box<dyn TantivyQuery> {
    let words = phrase.units.iter().map(|unit| match unit {
        Unit::Word(word) => word.accented.as_str(),
        Unit::Number(key) => key,
    });
    let terms: Vec<&str> = words
        .chain(phrase.pairs.iter().map(String::as_str))
        .collect();
    let in_fields = [fields.title, fields.keywords, fields.summary, fields.body].map(|field| {
        let terms = terms.iter().map(|term| exact(field, term)).collect();
        Box::new(BooleanQuery::intersection(terms)) as Box<dyn TantivyQuery>
    });
    unscored(Box::new(BooleanQuery::union(in_fields.into())))
}

fn filters(query: &Query, fields: &Fields) -> Vec<Clause> {
    let values = [
        (fields.agency, &query.agency),
        (fields.kind, &query.kind),
        (fields.field, &query.field),
    ];
    let mut clauses: Vec<Clause> = values
        .into_iter()
        .filter_map(|(field, value)| Some((Occur::Must, unscored(exact(field, value.as_deref()?)))))
        .collect();
    let term = |micros| Term::from_field_i64(fields.listed_at, micros);
    let from = query.from.and_then(day_start).map(term);
    let before = query
        .until
        .and_then(|day| day_start(day.checked_add_days(Days::new(1))?))
        .map(term);
    if from.is_some() || before.is_some() {
        let range = RangeQuery::new(
            from.map_or(Bound::Unbounded, Bound::Included),
            before.map_or(Bound::Unbounded, Bound::Excluded),
        );
        clauses.push((Occur::Must, unscored(Box::new(range))));
    }
    clauses
}

fn exact(field: Field, term: &str) -> Box<dyn TantivyQuery> {
    Box::new(TermQuery::new(
        Term::from_field_text(field, term),
        IndexRecordOption::Basic,
    ))
}

fn unscored(query: Box<dyn TantivyQuery>) -> Box<dyn TantivyQuery> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

/// Midnight in Vietnam, which knows no summer time, in microseconds since 1970.
fn day_start(day: NaiveDate) -> Option<i64> {
    const HOURS_EAST: i32 = 7 * 3600;
    let midnight =
        FixedOffset::east_opt(HOURS_EAST)?.from_local_datetime(&day.and_time(NaiveTime::MIN));
    Some(midnight.single()?.timestamp_micros())
}
