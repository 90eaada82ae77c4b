//! What a text is about, whom it is for and which situation it helps in: rules that an editor can
//! follow, and what the editor's corrections teach.

mod evaluation;
mod expressions;
mod learned;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use self::evaluation::{Evaluation, JudgedText, Miss, Threshold, evaluate};
pub use self::learned::{Learned, LearnedBuilder};

use self::expressions::{Buffers, Expressions, ExpressionsBuilder, Found, Sign, Subject, syllables};
use crate::vocabulary::Vocabulary;

/// Confidence below which the field is for an editor to decide. Measured on judged texts, see
/// [`evaluate`].
pub const UNDECIDED: f32 = 0.75;

/// A text to classify. Parts that it lacks are empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Text<'text> {
    /// Its title.
    pub title: &'text str,
    /// Its feed's tags.
    pub tags: &'text [&'text str],
    /// Its summary.
    pub summary: &'text str,
    /// Its body, without markup.
    pub body: &'text str,
    /// Slugs of the fields of the laws that it cites, one for each law.
    pub basis: &'text [&'text str],
    /// Slug of the field that the agency's category stands for, if it was mapped.
    pub mapped: Option<&'text str>,
}

/// What a text was taken for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Classification {
    /// The legal field, if anything speaks for one; undecided below [`UNDECIDED`].
    pub field: Option<Guess>,
    /// The next best field, for editors who disagree.
    pub runner_up: Option<Guess>,
    /// Whom it is for, surest first; never empty if the vocabulary has a general audience.
    pub audiences: Vec<Guess>,
    /// The situations in which it helps, surest first, often none.
    pub situations: Vec<Guess>,
}

impl Classification {
    /// The field, if it is sure enough to be published without an editor.
    pub fn decided(&self) -> Option<&Guess> {
        self.field
            .as_ref()
            .filter(|guess| guess.confidence >= UNDECIDED)
    }
}

/// A guess with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// Slug of the field, audience or situation.
    pub slug: String,
    /// From 0 to 1: the share of such guesses that are right, as far as it was measured.
    pub confidence: f32,
    /// What speaks for it, weightiest first; at most eight.
    pub reasons: Vec<Reason>,
}

/// What speaks for a guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The expression, as the vocabulary spells it; for places without words the slug of the field.
    pub expression: String,
    /// Where it stands.
    pub place: Place,
    /// How much it adds.
    pub weight: f32,
}

/// Where a reason was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the title.
    Title,
    /// In the feed's tags.
    Tags,
    /// In the summary.
    Summary,
    /// In the body.
    Body,
    /// The law that the text cites.
    Basis,
    /// The field for which the agency's category stands.
    Mapping,
    /// Corrections of texts like it.
    Corrections,
}

impl Place {
    /// What an expression counts here. Bodies carry boilerplate; measured on the shared texts.
    fn weight(self) -> f32 {
        match self {
            Self::Title => 3.0,
            Self::Tags => 2.0,
            Self::Summary => 1.5,
            Self::Body => 0.4,
            Self::Basis => 2.5,
            Self::Mapping => 6.0,
            Self::Corrections => 6.0,
        }
    }
}

/// Most reasons that a guess gives.
const MAX_REASONS: usize = 8;
/// Most times that one expression counts in one place.
const MAX_REPEATS: u32 = 4;
/// Most laws that count: a list of everything that was ever decreed says nothing.
const MAX_BASIS: usize = 6;
/// Most audiences and situations of a text.
const MAX_AUDIENCES: usize = 3;
const MAX_SITUATIONS: usize = 3;
/// The audience of texts that speak of no group.
const GENERAL_AUDIENCE: &str = "nguoi-dan";

/// Reads texts with a vocabulary.
#[derive(Debug)]
pub struct Classifier {
    expressions: Expressions,
    fields: Vec<String>,
    audiences: Vec<String>,
    situations: Vec<SituationOf>,
    learned: Option<Learned>,
}

#[derive(Debug)]
struct SituationOf {
    slug: String,
    /// Places of its group's fields.
    fields: Vec<usize>,
}

impl Classifier {
    /// Learns the vocabulary's expressions. Fails only where they are too many for the search
    /// (some ten million letters), which reading a vocabulary from files does not let through.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, TooManyExpressions> {
        let expressions = expressions_of(vocabulary)
            .build(vocabulary.fields.len())
            .map_err(|_| TooManyExpressions)?;
        let fields: Vec<String> = slugs(&vocabulary.fields, |field| &field.slug);
        let situations = vocabulary.situations.iter().flat_map(|group| {
            let places: Vec<usize> = group
                .fields
                .iter()
                .filter_map(|slug| fields.iter().position(|field| field == slug))
                .collect();
            group.items.iter().map(move |item| SituationOf {
                slug: item.slug.clone(),
                fields: places.clone(),
            })
        });
        Ok(Self {
            expressions,
            situations: situations.collect(),
            audiences: slugs(&vocabulary.audiences, |audience| &audience.slug),
            fields: fields.clone(),
            learned: None,
        })
    }

    /// The classifier that also minds what corrections taught. They count from
    /// [`Learned::MIN_EXAMPLES`] on.
    #[must_use]
    pub fn with_learned(mut self, learned: Learned) -> Self {
        self.learned = learned.is_enough().then_some(learned);
        self
    }

    /// What the text is about, whom it is for, where it helps.
    pub fn classify(&self, text: &Text<'_>) -> Classification {
        let evidence = self.evidence(text);
        let mut fields = evidence.scores(Subject::Field, self.fields.len());
        self.add_context(text, &mut fields);
        let (field, runner_up) = self.fields_of(&fields);
        Classification {
            audiences: self.audiences_of(&evidence),
            situations: self.situations_of(&evidence, &fields),
            field,
            runner_up,
        }
    }

    fn evidence(&self, text: &Text<'_>) -> Evidence<'_> {
        let mut evidence = Evidence::default();
        let mut buffers = Buffers::default();
        let mut found = Vec::new();
        let pieces = [
            (Place::Title, text.title),
            (Place::Summary, text.summary),
            (Place::Body, text.body),
        ];
        let tags = text.tags.iter().map(|&tag| (Place::Tags, tag));
        for (place, piece) in pieces.into_iter().chain(tags) {
            self.expressions.find(piece, &mut buffers, &mut found);
            if place == Place::Title {
                evidence.matter_in_title = has_matter_behind_form(&buffers.words, &found);
            }
            for found in found.drain(..) {
                evidence.add(place, found);
            }
        }
        evidence
    }

    /// Adds what is known besides words.
    fn add_context(&self, text: &Text<'_>, scores: &mut [Score<'_>]) {
        let mut place_of = |slug: &str, place: Place, share: f32| {
            if let Some(index) = self.fields.iter().position(|field| field == slug) {
                let weight = place.weight() * share;
                scores[index].add(ReasonAt::Slug(index), place, weight);
            }
        };
        let basis = &text.basis[..text.basis.len().min(MAX_BASIS)];
        for slug in basis {
            // Two laws of a field say more than one, but not twice as much.
            place_of(slug, Place::Basis, 1.0 / (basis.len() as f32).sqrt());
        }
        if let Some(slug) = text.mapped {
            place_of(slug, Place::Mapping, 1.0);
        }
        if let Some(learned) = &self.learned {
            for (slug, probability) in learned.probabilities(text) {
                place_of(slug, Place::Corrections, probability);
            }
        }
    }

    fn fields_of(&self, scores: &[Score<'_>]) -> (Option<Guess>, Option<Guess>) {
        let ranked = ranked(scores);
        let best = ranked.first().map(|&(_, score)| score.total);
        let second = ranked.get(1).map(|&(_, score)| score.total);
        let mut guesses = ranked.iter().take(2).enumerate().map(|(rank, &(index, score))| {
            let best = best.unwrap_or_default();
            let second = second.unwrap_or_default();
            let sure = confidence(best, second);
            Guess {
                slug: self.fields[index].clone(),
                confidence: if rank == 0 { sure } else { (1.0 - sure) * second / best.max(1e-6) },
                reasons: self.reasons(score),
            }
        });
        (guesses.next(), guesses.next())
    }

    fn audiences_of(&self, evidence: &Evidence<'_>) -> Vec<Guess> {
        let scores = evidence.scores(Subject::Audience, self.audiences.len());
        let ranked = ranked(&scores);
        let best = ranked.first().map_or(0.0, |&(_, score)| score.total);
        let mut guesses: Vec<Guess> = ranked
            .iter()
            .filter(|(_, score)| score.total >= MIN_AUDIENCE && score.total >= best * AUDIENCE_SHARE)
            .take(MAX_AUDIENCES)
            .map(|&(index, score)| Guess {
                slug: self.audiences[index].clone(),
                confidence: saturated(score.total),
                reasons: self.reasons(score),
            })
            .collect();
        if guesses.is_empty() && self.audiences.iter().any(|slug| slug == GENERAL_AUDIENCE) {
            guesses.push(Guess {
                slug: GENERAL_AUDIENCE.to_owned(),
                confidence: 0.5,
                reasons: Vec::new(),
            });
        }
        guesses
    }

    fn situations_of(&self, evidence: &Evidence<'_>, fields: &[Score<'_>]) -> Vec<Guess> {
        let mut scores = evidence.scores(Subject::Situation, self.situations.len());
        let field = ranked(fields).first().map(|&(index, _)| index);
        for (score, situation) in scores.iter_mut().zip(&self.situations) {
            // The field tells apart what shares its words: leaving a job and leaving prison.
            if field.is_none_or(|field| !situation.fields.contains(&field)) {
                score.total *= OTHER_FIELD;
            }
        }
        let ranked = ranked(&scores);
        let best = ranked.first().map_or(0.0, |&(_, score)| score.total);
        ranked
            .iter()
            .filter(|(_, score)| score.total >= MIN_SITUATION && score.total >= best * SITUATION_SHARE)
            .take(MAX_SITUATIONS)
            .map(|&(index, score)| Guess {
                slug: self.situations[index].slug.clone(),
                confidence: saturated(score.total),
                reasons: self.reasons(score),
            })
            .collect()
    }

    fn reasons(&self, score: &Score<'_>) -> Vec<Reason> {
        let mut reasons = score.reasons.clone();
        reasons.sort_by(|(_, _, a), (_, _, b)| b.total_cmp(a));
        reasons
            .into_iter()
            .take(MAX_REASONS)
            .map(|(what, place, weight)| Reason {
                expression: match what {
                    ReasonAt::Words(words) => words.to_owned(),
                    ReasonAt::Slug(index) => self.fields[index].clone(),
                },
                place,
                weight,
            })
            .collect()
    }
}

/// A vocabulary has more expressions than can be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the vocabulary has too many expressions; remove some and load it again")]
pub struct TooManyExpressions;

/// Least score of an audience that is named, and its least share of the best one's.
const MIN_AUDIENCE: f32 = 1.0;
const AUDIENCE_SHARE: f32 = 0.34;
/// The same for situations, and what is left of the score where the field does not fit.
const MIN_SITUATION: f32 = 3.0;
const SITUATION_SHARE: f32 = 0.5;
const OTHER_FIELD: f32 = 0.5;

/// How often a field with the best score is right, by what speaks for it and how far it is ahead
/// of the next one.
fn confidence(best: f32, second: f32) -> f32 {
    let ahead = (best - second) / best.max(1e-6);
    saturated(best) * (0.35 + 0.65 * (ahead * 2.5).min(1.0))
}

fn saturated(score: f32) -> f32 {
    1.0 - (-score / 2.5).exp()
}

/// An expression's weight by its syllables: longer ones are less often meant otherwise.
fn length_weight(text: &str) -> f32 {
    match syllables(text) {
        0 | 1 => 1.0,
        2 => 1.6,
        3 => 2.2,
        4 => 2.7,
        _ => 3.0,
    }
}

/// Whether the title speaks of a matter behind a form: *hội nghị phổ biến pháp luật về hòa giải ở
/// cơ sở* is about the conciliation, *phiên tòa giả định tại trường học* is not about schools.
fn has_matter_behind_form(title: &str, found: &[Found<'_>]) -> bool {
    let form = |found: &Found<'_>| found.expression.signs.iter().any(|sign| sign.form);
    let Some(form_end) = found.iter().find(|found| form(found)).map(|form| form.range.1) else {
        return false;
    };
    found
        .iter()
        .filter(|matter| {
            matter.counts_for[Subject::Field as usize] && matter.range.0 + 1 >= form_end && !form(matter)
        })
        .any(|matter| {
            let between = title.get(form_end..matter.range.0).unwrap_or_default();
            let marker = between
                .split_ascii_whitespace()
                .rev()
                .find(|word| MATTER_FOLLOWS.contains(word) || PLACE_FOLLOWS.contains(word));
            marker.is_none_or(|word| MATTER_FOLLOWS.contains(&word))
        })
}

/// What is left of a form's weight where the text says what it is about, and outside of titles,
/// where forms are boilerplate.
const FORM_SHARE: f32 = 0.15;
/// Words behind which a title says what it is about, with marks and without.
const MATTER_FOLLOWS: [&str; 2] = ["về", "ve"];
/// Words behind which it says where or for whom.
const PLACE_FOLLOWS: [&str; 13] = [
    "tại", "tai", "ở", "o", "cho", "đến", "den", "tới", "toi", "trong", "của", "cua", "trên",
];
/// What hints count.
const HINT_SHARE: f32 = 0.4;
/// What a citizen's word counts for the field of its legal ones.
const SYNONYM_SHARE: f32 = 0.9;

fn expressions_of(vocabulary: &Vocabulary) -> ExpressionsBuilder {
    let mut builder = ExpressionsBuilder::default();
    for (index, field) in vocabulary.fields.iter().enumerate() {
        for form in &field.forms {
            let weight = length_weight(form);
            builder.add(form, Sign { subject: Subject::Field, index, weight, form: true });
        }
    }
    let mut add = |text: &str, subject: Subject, index: usize, share: f32| {
        let weight = length_weight(text) * share;
        builder.add(text, Sign { subject, index, weight, form: false });
    };
    for (index, field) in vocabulary.fields.iter().enumerate() {
        for keyword in &field.keywords {
            add(keyword, Subject::Field, index, 1.0);
        }
        for hint in &field.hints {
            add(hint, Subject::Field, index, HINT_SHARE);
        }
    }
    for (index, audience) in vocabulary.audiences.iter().enumerate() {
        for cue in &audience.cues {
            add(cue, Subject::Audience, index, 1.0);
        }
    }
    let situations = vocabulary.situations.iter().flat_map(|group| &group.items);
    for (index, situation) in situations.enumerate() {
        add(&situation.label, Subject::Situation, index, 1.0);
        for cue in &situation.cues {
            add(cue, Subject::Situation, index, 1.0);
        }
    }
    for law in &vocabulary.laws {
        let field = law.field.as_ref().and_then(|slug| {
            vocabulary.fields.iter().position(|field| field.slug == *slug)
        });
        if let Some(index) = field {
            for name in law.aliases.iter().chain([&law.title]) {
                add(name, Subject::Field, index, 1.0);
            }
        }
    }
    add_synonyms(vocabulary, &mut builder);
    builder
}

/// A citizen's word speaks for what its legal ones speak for.
fn add_synonyms(vocabulary: &Vocabulary, builder: &mut ExpressionsBuilder) {
    let mut signs = Vec::new();
    for synonym in &vocabulary.synonyms {
        // Three letters in lower case may be a word: THA, and *tha* (forgive).
        if synonym.kind == "abbr" && synonym.term.chars().count() <= 3 && synonym.term.contains(['A', 'E', 'I', 'O', 'U', 'Y']) {
            continue;
        }
        for legal in synonym.legal.split(';') {
            signs.extend(builder.signs(legal).iter().map(|sign| Sign {
                weight: (length_weight(&synonym.term) * SYNONYM_SHARE).min(sign.weight),
                ..*sign
            }));
        }
        for sign in signs.drain(..) {
            builder.add(&synonym.term, sign);
        }
    }
}

fn slugs<T>(entries: &[T], slug: impl Fn(&T) -> &String) -> Vec<String> {
    entries.iter().map(|entry| slug(entry).clone()).collect()
}

/// What was found in a text, each expression once a place.
#[derive(Debug, Default)]
struct Evidence<'expressions> {
    /// Whether the title names a matter behind the form in which the text comes.
    matter_in_title: bool,
    found: HashMap<(usize, Place), (Found<'expressions>, u32, [bool; Subject::COUNT]), foldhash::fast::RandomState>,
}

impl<'expressions> Evidence<'expressions> {
    fn add(&mut self, place: Place, found: Found<'expressions>) {
        let entry = self
            .found
            .entry((found.index, place))
            .or_insert((found, 0, [false; Subject::COUNT]));
        entry.1 += 1;
        for (counts, also) in entry.2.iter_mut().zip(found.counts_for) {
            *counts |= also;
        }
    }

    fn scores(&self, subject: Subject, count: usize) -> Vec<Score<'expressions>> {
        let mut scores = vec![Score::default(); count];
        for (&(_, place), &(found, times, counts_for)) in &self.found {
            if !counts_for[subject as usize] {
                continue;
            }
            let expression: &'expressions _ = found.expression;
            let mut share = 1.0 + (times.min(MAX_REPEATS) as f32).ln() * 0.5;
            if found.unmarked {
                share *= expression.unmarked;
            }
            for sign in &expression.signs {
                if sign.subject == subject {
                    let mut weight = sign.weight * place.weight() * share;
                    if sign.form && (place != Place::Title || self.matter_in_title) {
                        weight *= FORM_SHARE;
                    }
                    scores[sign.index].add(ReasonAt::Words(&expression.text), place, weight);
                }
            }
        }
        scores
    }
}

/// What speaks for one thing.
#[derive(Debug, Clone, Default)]
struct Score<'expressions> {
    total: f32,
    reasons: Vec<(ReasonAt<'expressions>, Place, f32)>,
}

#[derive(Debug, Clone, Copy)]
enum ReasonAt<'expressions> {
    Words(&'expressions str),
    /// Place of a field.
    Slug(usize),
}

impl<'expressions> Score<'expressions> {
    fn add(&mut self, what: ReasonAt<'expressions>, place: Place, weight: f32) {
        self.total += weight;
        self.reasons.push((what, place, weight));
    }
}

/// What anything speaks for, best first; equal ones in the vocabulary's order.
fn ranked<'scores, 'expressions>(
    scores: &'scores [Score<'expressions>],
) -> Vec<(usize, &'scores Score<'expressions>)> {
    let mut ranked: Vec<_> = scores
        .iter()
        .enumerate()
        .filter(|(_, score)| score.total > 0.0)
        .collect();
    ranked.sort_by(|(_, a), (_, b)| b.total.total_cmp(&a.total));
    ranked
}
