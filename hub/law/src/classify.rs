//! What a text is about, whom it is for and which situation it helps in: rules that an editor can
//! follow, and what the editor's corrections teach.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of words and texts are far below what f32 tells apart"
)]

mod evaluation;
mod evidence;
mod expressions;
mod learned;
mod parts;
mod signs;

use serde::{Deserialize, Serialize};

pub use self::evaluation::{Evaluation, JudgedText, Miss, Threshold, evaluate};
pub use self::learned::{Learned, LearnedBuilder};

use self::evidence::{Evidence, ReasonAt, Score, has_matter_behind_form, ranked};
use self::expressions::{Buffers, Expressions, Subject};
use self::learned::Features;
use self::signs::expressions_of;
use crate::vocabulary::Vocabulary;

/// Confidence below which the field is for an editor to decide: more than one expression of two
/// syllables in a title against nothing. Measured on judged texts, see [`evaluate`].
pub const UNDECIDED: f32 = 0.85;

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
    /// From 0 to 1: by how much speaks for it and how far it is ahead. How often guesses of a
    /// confidence are right is measured by [`evaluate`], see [`Evaluation::curve`].
    pub confidence: f32,
    /// What speaks for it, weightiest first; at most eight.
    pub reasons: Vec<Reason>,
}

/// What speaks for a guess.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The expression or a part of it, as the vocabulary spells it; for places without words the slug
    /// of the field.
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
            Self::Mapping | Self::Corrections => 6.0,
        }
    }
}

/// Most reasons that a guess gives.
const MAX_REASONS: usize = 8;
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
            .build(vocabulary.fields.len(), &vocabulary.stopwords)
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
        let (evidence, features) = self.read(text);
        let mut fields = evidence.scores(Subject::Field, self.fields.len());
        self.add_context(text, features, &mut fields);
        let (field, runner_up) = self.fields_of(&fields);
        Classification {
            audiences: self.audiences_of(&evidence),
            situations: self.situations_of(&evidence, &fields),
            field,
            runner_up,
        }
    }

    /// What is found in the text, and its features if a model will ask for them: each word is brought
    /// into its normal form once.
    fn read(&self, text: &Text<'_>) -> (Evidence<'_>, Features) {
        let mut evidence = Evidence::default();
        let mut features = Features::default();
        let mut buffers = Buffers::default();
        let mut found = Vec::new();
        let pieces = [
            (Place::Title, text.title),
            (Place::Summary, text.summary),
            (Place::Body, text.body),
        ];
        let tags = text.tags.iter().map(|&tag| (Place::Tags, tag));
        for (place, piece) in tags.chain(pieces) {
            self.expressions.find(piece, &mut buffers, &mut found);
            if place == Place::Title {
                evidence.matter_in_title = has_matter_behind_form(&buffers.words, &found);
                evidence.parts = self.expressions.find_parts(&buffers, &found);
            }
            for found in found.drain(..) {
                evidence.add(place, found, &buffers.words);
            }
            if self.learned.is_some() {
                features.read(&buffers.words);
            }
        }
        (evidence, features)
    }

    /// Adds what is known besides words.
    fn add_context(&self, text: &Text<'_>, features: Features, scores: &mut [Score<'_>]) {
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
            for (slug, probability) in learned.probabilities_by(features) {
                place_of(slug, Place::Corrections, probability);
            }
        }
    }

    fn fields_of(&self, scores: &[Score<'_>]) -> (Option<Guess>, Option<Guess>) {
        let ranked = ranked(scores);
        let best = ranked.first().map(|&(_, score)| score.total);
        let second = ranked.get(1).map(|&(_, score)| score.total);
        let mut guesses = ranked
            .iter()
            .take(2)
            .enumerate()
            .map(|(rank, &(index, score))| {
                let best = best.unwrap_or_default();
                let second = second.unwrap_or_default();
                let sure = confidence(best, second);
                Guess {
                    slug: self.fields[index].clone(),
                    confidence: if rank == 0 {
                        sure
                    } else {
                        (1.0 - sure) * second / best.max(1e-6)
                    },
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
            .filter(|(_, score)| {
                score.total >= MIN_AUDIENCE && score.total >= best * AUDIENCE_SHARE
            })
            .take(MAX_AUDIENCES)
            .map(|&(index, score)| Guess {
                slug: self.audiences[index].clone(),
                confidence: saturated(score.total),
                reasons: self.reasons(score),
            })
            .collect();
        // Groups that only come up on the way do not narrow whom the text is for.
        let narrowed = guesses.iter().any(|guess| {
            let headed = |reason: &Reason| matches!(reason.place, Place::Title | Place::Tags);
            guess.slug == GENERAL_AUDIENCE || guess.reasons.iter().any(headed)
        });
        if !narrowed && self.audiences.iter().any(|slug| slug == GENERAL_AUDIENCE) {
            guesses.truncate(MAX_AUDIENCES - 1);
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
            .filter(|(_, score)| {
                score.total >= MIN_SITUATION && score.total >= best * SITUATION_SHARE
            })
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
const MIN_AUDIENCE: f32 = 1.5;
const AUDIENCE_SHARE: f32 = 0.34;
/// The same for situations, and what is left of the score where the field does not fit.
const MIN_SITUATION: f32 = 3.0;
const SITUATION_SHARE: f32 = 0.5;
const OTHER_FIELD: f32 = 0.5;

/// How often a field is right that is so far ahead of the next one. Fitted to 495 judged texts, each
/// read with a vocabulary that had not seen it: of those ahead by 3 to 4, five in six were right.
fn confidence(best: f32, second: f32) -> f32 {
    1.0 - (-(best - second) / 1.9).exp()
}

fn saturated(score: f32) -> f32 {
    1.0 - (-score / 2.5).exp()
}

fn slugs<T>(entries: &[T], slug: impl Fn(&T) -> &String) -> Vec<String> {
    entries.iter().map(|entry| slug(entry).clone()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vocabulary::{self, Audience, Field, Situation, SituationGroup};

    fn starting() -> Classifier {
        let vocabulary = vocabulary::starting().expect("our own vocabulary");
        Classifier::new(&vocabulary).expect("few expressions")
    }

    fn slugs_of(guesses: &[Guess]) -> Vec<&str> {
        guesses.iter().map(|guess| guess.slug.as_str()).collect()
    }

    fn titled(title: &str) -> Text<'_> {
        Text {
            title,
            ..Text::default()
        }
    }

    #[test]
    fn an_editor_sees_why() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let field = |slug: &str, keywords: &[&str], hints: &[&str], forms: &[&str]| Field {
            slug: slug.to_owned(),
            label: slug.to_owned(),
            english: String::new(),
            keywords: words(keywords),
            hints: words(hints),
            forms: words(forms),
        };
        let vocabulary = Vocabulary {
            fields: vec![
                field("dat-dai", &["thu hồi đất"], &["ruộng"], &[]),
                field("pbgdpl", &[], &[], &["hội nghị phổ biến"]),
            ],
            audiences: vec![Audience {
                slug: "nong-dan".to_owned(),
                label: String::new(),
                english: String::new(),
                law: None,
                cues: words(&["nông dân"]),
            }],
            situations: vec![SituationGroup {
                slug: "nha-dat".to_owned(),
                label: String::new(),
                fields: words(&["dat-dai"]),
                items: vec![Situation {
                    slug: "bi-thu-hoi".to_owned(),
                    label: "Bị thu hồi đất".to_owned(),
                    cues: words(&["thu hồi đất"]),
                }],
            }],
            ..Vocabulary::default()
        };
        let classifier = Classifier::new(&vocabulary).expect("few expressions");
        let read = classifier.classify(&Text {
            title: "Hội nghị phổ biến về thu hồi đất cho nông dân",
            body: "Ruộng. RUỘNG",
            basis: &["dat-dai", "unknown"],
            mapped: Some("pbgdpl"),
            ..Text::default()
        });
        let field = read.field.expect("a field");
        assert_eq!(field.slug, "dat-dai");
        let reasons: Vec<(&str, Place)> = field
            .reasons
            .iter()
            .map(|reason| (reason.expression.as_str(), reason.place))
            .collect();
        assert_eq!(
            reasons,
            [
                ("thu hồi đất", Place::Title),
                ("dat-dai", Place::Basis),
                ("ruộng", Place::Body)
            ]
        );
        assert_eq!(
            read.runner_up.map(|guess| guess.slug).as_deref(),
            Some("pbgdpl")
        );
        assert_eq!(slugs_of(&read.audiences), ["nong-dan"]);
        assert_eq!(slugs_of(&read.situations), ["bi-thu-hoi"]);
        // Without a matter behind it, the form is what the text is about.
        let read = classifier.classify(&titled("Hội nghị phổ biến tại xã có ruộng"));
        assert_eq!(
            read.field.map(|guess| guess.slug).as_deref(),
            Some("pbgdpl")
        );
    }

    #[test]
    fn marks_and_spellings_do_not_matter() {
        let classifier = starting();
        for (title, field, situation) in [
            (
                "Xin ly hôn đơn phương",
                "hon-nhan-gia-dinh",
                "ly-hon-va-chia-tai-san",
            ),
            (
                "xin ly hon don phuong",
                "hon-nhan-gia-dinh",
                "ly-hon-va-chia-tai-san",
            ),
            (
                "XIN LI HÔN ĐƠN PHƯƠNG",
                "hon-nhan-gia-dinh",
                "ly-hon-va-chia-tai-san",
            ),
            ("cap so do lan dau", "dat-dai", "lam-so-do-lan-dau"),
            ("Tách thửa đất", "dat-dai", "tach-thua"),
        ] {
            let read = classifier.classify(&titled(title));
            let guess = read
                .decided()
                .unwrap_or_else(|| panic!("{title} is undecided"));
            assert_eq!(guess.slug, field, "{title}");
            assert_eq!(slugs_of(&read.situations)[0], situation, "{title}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_to_an_editor() {
        let read = starting().classify(&titled("Thông báo số 3"));
        assert!(read.decided().is_none());
        assert_eq!(slugs_of(&read.audiences), [GENERAL_AUDIENCE]);
        assert_eq!(read.situations, []);
        let nothing = Classifier::new(&Vocabulary::default()).expect("no expressions");
        assert_eq!(
            nothing.classify(&titled("đất đai")),
            Classification::default()
        );
    }

    #[test]
    fn the_agency_s_mapping_outweighs_a_hint() {
        let text = Text {
            title: "Thông báo của xã",
            mapped: Some("giao-thong"),
            ..Text::default()
        };
        let read = starting().classify(&text);
        assert_eq!(
            read.decided().map(|guess| guess.slug.as_str()),
            Some("giao-thong")
        );
    }

    proptest! {
        #[test]
        fn anything_is_classified(
            title in "\\PC{0,60}",
            body in "([ .,\n]|đất|dat|thu|hồi|về|phổ biến|pháp luật|\u{301}|\\PC){0,60}",
        ) {
            thread_local! { static CLASSIFIER: Classifier = starting(); }
            let text = Text { title: &title, body: &body, tags: &[&body], ..Text::default() };
            let read = CLASSIFIER.with(|classifier| classifier.classify(&text));
            let guesses = read.field.iter().chain(&read.runner_up).chain(&read.audiences).chain(&read.situations);
            for guess in guesses {
                prop_assert!((0.0..=1.0).contains(&guess.confidence), "{guess:?}");
                prop_assert!(guess.reasons.len() <= MAX_REASONS);
            }
        }
    }
}
