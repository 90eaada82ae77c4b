//! What the vocabulary says about words: which expressions mean the same, which words say little.

use std::collections::{HashMap, HashSet};

use law::text::{may_mean, number, tokens};
use law::vocabulary::{Law, Vocabulary};

use super::analyzer::{Forms, forms, pair};
use super::correction::is_syllable;

/// The longest expression that is looked for, in syllables.
const LONGEST: usize = 12;
/// An expression's meaning may be looked up again this many times: `xổ đỏ`, `sổ đỏ`, `giấy chứng nhận …`.
const STEPS: usize = 3;
/// Meanings of one expression that are searched for; each costs time.
const MAX_MEANINGS: usize = 6;
/// What a meaning counts beside what was typed, by where it comes from.
const SAME_WORD: f32 = 1.0;
const LEGAL_TERM: f32 = 0.9;
const EVERYDAY_WORD: f32 = 0.5;
const LAW_OF_THE_NAME: f32 = 0.8;
const LAW_OF_THE_NUMBER: f32 = 0.3;

/// The vocabulary as searches use it. Compiled once and exchanged whole when an editor changes it.
#[derive(Debug, Default)]
pub struct Lexicon {
    /// By the folded syllables of the expression.
    entries: HashMap<String, Vec<Entry>>,
    /// The words of all expressions without marks, each with its spellings.
    words: HashMap<String, Vec<String>>,
    /// Their neighbours, folded.
    pairs: HashSet<String>,
    /// Abbreviations, in small letters.
    abbreviations: Vec<String>,
    /// Names of laws by the keys of their numbers.
    numbers: HashMap<String, Vec<Meaning>>,
    /// Words that say little, with their marks.
    light: HashSet<String>,
    /// The same without marks.
    light_folded: HashSet<String>,
}

#[derive(Debug)]
struct Entry {
    /// Its syllables with their marks.
    accented: Vec<String>,
    /// An abbreviation that could be read as a syllable (`THA`) must be typed in capitals.
    capitals: bool,
    meanings: Vec<Meaning>,
}

/// Another way to say what was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Meaning {
    /// For people.
    pub(super) label: String,
    pub(super) words: Vec<Forms>,
    /// Folded neighbours.
    pub(super) pairs: Vec<String>,
    /// The key of a document number, instead of words.
    pub(super) number: Option<String>,
    /// What it counts beside what was typed, at most 1.
    pub(super) weight: f32,
}

/// A syllable of a query, as the lexicon reads it.
pub(super) struct Syllable<'q> {
    pub(super) forms: &'q Forms,
    /// As typed.
    pub(super) text: &'q str,
}

/// Which expression means which other.
#[derive(Default)]
struct Links {
    /// From the words of an expression to others, each with its weight.
    to: HashMap<String, Vec<(String, f32)>>,
    abbreviations: HashSet<String>,
}

impl Links {
    fn add(&mut self, from: &str, to: &str, weight: f32) {
        let (from, to) = (spelt(from), spelt(to));
        if from.is_empty() || to.is_empty() || from == to {
            return;
        }
        let links = self.to.entry(from).or_default();
        if !links.iter().any(|(known, _)| *known == to) {
            links.push((to, weight));
        }
    }

    /// Everything that an expression means, nearest first.
    fn meanings(&self, of: &str) -> Vec<(String, f32)> {
        let mut found: Vec<(String, f32)> = Vec::new();
        let mut last = vec![(of.to_owned(), 1.0_f32)];
        for _ in 0..STEPS {
            let mut next = Vec::new();
            for (from, weight) in &last {
                for (to, further) in self.to.get(from).into_iter().flatten() {
                    let known = to == of || found.iter().any(|(known, _)| known == to);
                    if !known && found.len() < MAX_MEANINGS {
                        found.push((to.clone(), weight * further));
                        next.push((to.clone(), weight * further));
                    }
                }
            }
            last = next;
        }
        found
    }
}

impl Lexicon {
    /// Compiles a vocabulary.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut links = Links::default();
        for synonym in &vocabulary.synonyms {
            let (there, back) = match synonym.kind.as_str() {
                "abbr" => (SAME_WORD, Some(SAME_WORD)),
                "renamed" => (SAME_WORD, Some(LEGAL_TERM)),
                "spelling" => (SAME_WORD, None),
                "formal" => (LEGAL_TERM, Some(LEGAL_TERM)),
                _ => (LEGAL_TERM, Some(EVERYDAY_WORD)),
            };
            for legal in synonym.legal.split(';') {
                links.add(&synonym.term, legal, there);
                if let Some(back) = back {
                    links.add(legal, &synonym.term, back);
                }
            }
            if synonym.kind == "abbr" {
                links.abbreviations.insert(spelt(&synonym.term));
            }
        }
        for law in &vocabulary.laws {
            add_law(&mut links, law);
        }
        let mut lexicon = Self::default();
        for law in &vocabulary.laws {
            if let Some(key) = law.number.as_deref().and_then(number::key) {
                let title = Meaning::new(&law.title, LAW_OF_THE_NUMBER);
                lexicon.numbers.insert(key, title.into_iter().collect());
            }
        }
        for expression in links.to.keys() {
            lexicon.add(expression, &links);
        }
        for word in &vocabulary.stopwords {
            let word = spelt(word);
            let folded = law::text::normalise(&word, law::text::Level::Fold);
            lexicon.light_folded.insert(folded);
            lexicon.light.insert(word);
        }
        lexicon
    }

    fn add(&mut self, expression: &str, links: &Links) {
        let words = words(expression);
        if words.is_empty() || words.len() > LONGEST {
            return;
        }
        let meanings: Vec<Meaning> = links
            .meanings(expression)
            .into_iter()
            .filter_map(|(text, weight)| Meaning::new(&text, weight))
            .collect();
        if meanings.is_empty() {
            return;
        }
        let folded: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
        let is_abbreviation = links.abbreviations.contains(expression);
        let capitals = is_abbreviation && is_syllable(&folded.concat());
        if is_abbreviation && !capitals {
            self.abbreviations.push(folded.concat());
        }
        for word in &words {
            let spellings = self.words.entry(word.folded.clone()).or_default();
            if !spellings.contains(&word.accented) {
                spellings.push(word.accented.clone());
            }
        }
        let neighbours = folded.windows(2).map(|two| pair(two[0], two[1]));
        self.pairs.extend(neighbours);
        self.entries
            .entry(folded.join(" "))
            .or_default()
            .push(Entry {
                accented: words.into_iter().map(|word| word.accented).collect(),
                capitals,
                meanings,
            });
    }

    /// The longest expression at the beginning of `syllables`: how many of them, and what else it
    /// means.
    pub(super) fn longest(&self, syllables: &[Syllable<'_>]) -> Option<(usize, Vec<&Meaning>)> {
        (1..=syllables.len().min(LONGEST)).rev().find_map(|length| {
            let syllables = &syllables[..length];
            let folded: Vec<&str> = syllables
                .iter()
                .map(|syllable| syllable.forms.folded.as_str())
                .collect();
            let entries = self.entries.get(&folded.join(" "))?;
            let mut meanings: Vec<&Meaning> = Vec::new();
            for entry in entries.iter().filter(|entry| entry.reads(syllables)) {
                for meaning in &entry.meanings {
                    if !meanings.contains(&meaning) {
                        meanings.push(meaning);
                    }
                }
            }
            meanings.truncate(MAX_MEANINGS);
            (!meanings.is_empty()).then_some((length, meanings))
        })
    }

    /// The spellings in which expressions hold a word.
    pub(super) fn spellings(&self, folded: &str) -> &[String] {
        self.words.get(folded).map_or(&[], Vec::as_slice)
    }

    /// Whether an expression holds two words together.
    pub(super) fn joins(&self, pair: &str) -> bool {
        self.pairs.contains(pair)
    }

    /// Abbreviations that nobody could take for a word, in small letters.
    pub(super) fn abbreviations(&self) -> &[String] {
        &self.abbreviations
    }

    /// What else a document number means: the name of the law.
    pub(super) fn of_number(&self, key: &str) -> Option<Vec<&Meaning>> {
        let meanings = self.numbers.get(key)?;
        Some(meanings.iter().collect())
    }

    /// How many syllables at the beginning of `syllables` say little.
    pub(super) fn light(&self, syllables: &[Syllable<'_>]) -> usize {
        (1..=syllables.len().min(3))
            .rev()
            .find(|&length| {
                let syllables = &syllables[..length];
                let spelt = |form: fn(&Forms) -> &str| {
                    let words: Vec<&str> = syllables
                        .iter()
                        .map(|syllable| form(syllable.forms))
                        .collect();
                    words.join(" ")
                };
                self.light.contains(&spelt(|forms| &forms.accented))
                    // Without marks it may be that word.
                    || (syllables.iter().all(|syllable| syllable.forms.is_bare())
                        && self.light_folded.contains(&spelt(|forms| &forms.folded)))
            })
            .unwrap_or(0)
    }
}

/// A law is asked for by its name, its other names and its number.
fn add_law(links: &mut Links, law: &Law) {
    let Some(number) = &law.number else {
        return;
    };
    let dated = format!("{} {}", law.title, law.year);
    links.add(&dated, number, LAW_OF_THE_NAME);
    for alias in &law.aliases {
        links.add(alias, &law.title, SAME_WORD);
        links.add(alias, number, LAW_OF_THE_NAME);
        if !alias.contains(' ') {
            links.abbreviations.insert(spelt(alias));
        }
    }
    if law.replaced_by.is_none() {
        links.add(&law.title, number, LAW_OF_THE_NAME);
    }
}

impl Entry {
    fn reads(&self, syllables: &[Syllable<'_>]) -> bool {
        if self.capitals {
            return syllables
                .iter()
                .all(|syllable| syllable.text.chars().all(|letter| !letter.is_lowercase()));
        }
        syllables
            .iter()
            .zip(&self.accented)
            .all(|(syllable, accented)| may_mean(&syllable.forms.accented, accented))
    }
}

impl Meaning {
    fn new(text: &str, weight: f32) -> Option<Self> {
        if let Some(key) = number::key(text) {
            return Some(Self {
                label: text.to_owned(),
                words: Vec::new(),
                pairs: Vec::new(),
                number: Some(key),
                weight,
            });
        }
        let words = words(text);
        let pairs = words
            .windows(2)
            .map(|two| pair(&two[0].folded, &two[1].folded))
            .collect();
        (!words.is_empty()).then(|| Self {
            label: text.to_owned(),
            words,
            pairs,
            number: None,
            weight,
        })
    }
}

/// An expression's words in one spelling; a document number as it stands.
fn spelt(text: &str) -> String {
    if number::key(text).is_some() {
        return text.trim().to_owned();
    }
    let words: Vec<String> = words(text).into_iter().map(|word| word.accented).collect();
    words.join(" ")
}

fn words(text: &str) -> Vec<Forms> {
    tokens(text).filter_map(|token| forms(&token)).collect()
}
