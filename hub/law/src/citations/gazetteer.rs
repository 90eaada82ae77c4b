//! The vocabulary made ready for reading citations: which words and numbers mean which documents.

mod rows;

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError, MatchKind};

use self::rows::{
    beginning, examples, initials, issuer_names, issuers, legislature_of, spellings, tokens,
};
pub(super) use self::rows::{misspelt, syllables};
use super::folded::{Folded, fold, is_word_byte};
use super::instrument;
use crate::vocabulary::{DocumentType, Vocabulary};

/// Document types that one body alone issues (Law 64/2025/QH15, article 4), by how numbers name
/// both: `Nghị định 168/2024` can only be the Government's.
const SOLE_ISSUERS: [(&str, &str); 2] = [("NĐ", "CP"), ("L", "CTN")];

/// What citations are read with. Compiled once for an edition of the vocabulary.
#[derive(Debug)]
pub struct Gazetteer {
    pub(super) searcher: AhoCorasick,
    /// What each pattern of the searcher means.
    pub(super) patterns: Vec<Pattern>,
    pub(super) types: Vec<Type>,
    pub(super) titles: Vec<Title>,
    /// Which types a number's token may stand for, the likeliest first.
    tokens: HashMap<Vec<u8>, Vec<usize>>,
    /// Which type a token stands for in numbers of the party's shape.
    party: HashMap<Vec<u8>, usize>,
    issuers: HashMap<Vec<u8>, String>,
    /// Folded names of issuers, longest first, with what numbers call them.
    issuer_names: Vec<(Vec<u8>, String)>,
    /// Who makes laws, by how numbers name it.
    legislatures: HashMap<Vec<u8>, Legislature>,
    /// Type of each law of the vocabulary by the key of its number.
    numbers: HashMap<String, usize>,
    /// Full numbers of the laws by type and beginning: `31/2024`.
    beginnings: HashMap<(usize, u32, u32), String>,
    /// Numbers of the laws by title and year, newest last, with whether they still apply.
    editions: HashMap<String, Vec<Edition>>,
}

/// What a pattern of the searcher means where it stands as whole words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    /// The stroke that every number has.
    Stroke,
    Type(usize),
    Title(usize),
    Provision(Rank),
}

/// Ranks of provisions, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Point,
    Clause,
    Article,
}

impl Rank {
    pub(super) const ALL: [Self; 3] = [Self::Point, Self::Clause, Self::Article];

    pub(super) fn word(self) -> &'static [u8] {
        match self {
            Self::Point => b"diem",
            Self::Clause => b"khoan",
            Self::Article => b"dieu",
        }
    }
}

#[derive(Debug)]
pub(super) struct Type {
    pub(super) slug: String,
    /// Folded name; empty for one that cannot be looked for.
    pub(super) name: Vec<u8>,
    spelling: Vec<String>,
    /// Folded short form before a number: `nd`.
    pub(super) short: Vec<u8>,
    /// How numbers name it: `NĐ`.
    token: String,
    /// Whether its numbers may lack it: `1301/STP-NV1`.
    pub(super) bare: bool,
    /// Whether it sets general rules, and so has the year in its numbers.
    pub(super) normative: bool,
    sole_issuer: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct Title {
    /// The law's title, whichever of its names was looked for.
    pub(super) name: String,
    pub(super) document_type: usize,
    /// The spelling that was looked for, in parts of one syllable.
    pub(super) spelling: Vec<String>,
    /// Whether the spelling is an abbreviation too short to be taken in lower case.
    pub(super) capitals: bool,
    /// The year, where the spelling names it.
    pub(super) year: Option<i32>,
}

#[derive(Debug)]
struct Legislature {
    issuer: String,
    /// The type of a number that nothing else tells of.
    usual: usize,
    /// Types whose numbers name the legislature alone.
    types: HashSet<usize>,
}

#[derive(Debug)]
struct Edition {
    year: i32,
    number: Option<String>,
    replaced: bool,
}

impl Gazetteer {
    /// Compiles a vocabulary. Rows without a name are passed over.
    ///
    /// # Errors
    /// Where the titles are too many or too long for a searcher (2³¹ letters).
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, BuildError> {
        let types: Vec<Type> = vocabulary.document_types.iter().map(Type::new).collect();
        let issuers = issuers(vocabulary);
        let (tokens, party) = tokens(vocabulary, &types);
        let mut gazetteer = Self {
            searcher: AhoCorasick::new([""; 0])?,
            patterns: Vec::new(),
            types,
            titles: Vec::new(),
            tokens,
            party,
            issuers,
            issuer_names: issuer_names(vocabulary),
            legislatures: HashMap::new(),
            numbers: HashMap::new(),
            beginnings: HashMap::new(),
            editions: HashMap::new(),
        };
        gazetteer.add_legislatures(vocabulary);
        let words = gazetteer.add_laws(vocabulary);
        gazetteer.compile(words)?;
        Ok(gazetteer)
    }

    /// Types that a number's token may stand for: `NĐ`.
    pub(super) fn types_of(&self, token: &[u8]) -> &[usize] {
        self.tokens.get(token).map_or(&[], Vec::as_slice)
    }

    pub(super) fn party_type(&self, token: &[u8]) -> Option<usize> {
        self.party.get(token).copied()
    }

    pub(super) fn token(&self, document_type: usize) -> &str {
        &self.types[document_type].token
    }

    pub(super) fn issuer(&self, folded: &[u8]) -> Option<&str> {
        self.issuers.get(folded).map(String::as_str)
    }

    /// The issuer whose name or abbreviation stands first in a folded text, and the name's length.
    pub(super) fn issuer_named(&self, folded: &[u8]) -> Option<(usize, &str)> {
        self.issuer_names
            .iter()
            .find(|(name, _)| {
                folded.starts_with(name)
                    && !folded.get(name.len()).is_some_and(|&b| is_word_byte(b))
            })
            .map(|(name, issuer)| (name.len(), issuer.as_str()))
    }

    /// Who makes laws and numbers them `QH15`, by the letters; with the type that the word before
    /// says, if a legislature's acts can be of it, else the usual one.
    pub(super) fn legislature(&self, folded: &[u8], word: Option<usize>) -> Option<(&str, usize)> {
        let legislature = self.legislatures.get(folded)?;
        let mut all = self.legislatures.values();
        let document_type = word
            .filter(|word| all.any(|legislature| legislature.types.contains(word)))
            .unwrap_or(legislature.usual);
        Some((&legislature.issuer, document_type))
    }

    /// The type of the law with a number, where the vocabulary holds it.
    pub(super) fn law_type(&self, number: &str) -> Option<usize> {
        self.numbers.get(&instrument::spelling(number)).copied()
    }

    /// The full number of a law of which only `31/2024` is said.
    pub(super) fn law_number(&self, document_type: usize, ordinal: u32, year: u32) -> Option<&str> {
        self.beginnings
            .get(&(document_type, ordinal, year))
            .map(String::as_str)
    }

    pub(super) fn sole_issuer(&self, document_type: usize) -> Option<&'static str> {
        self.types[document_type].sole_issuer
    }

    /// Who passes what is cited by title: of acts of a type the legislature whose usual type it is,
    /// else the one that passes most laws.
    pub(super) fn passes(&self, document_type: usize) -> Option<&str> {
        let own = self
            .legislatures
            .values()
            .find(|legislature| legislature.usual == document_type);
        let any = || {
            self.legislatures
                .values()
                .max_by_key(|legislature| (legislature.types.len(), &legislature.issuer))
        };
        own.or_else(any)
            .map(|legislature| legislature.issuer.as_str())
    }

    /// The number of a law by its title: of a year, else the one that applies.
    pub(super) fn number_of(&self, title: &str, year: Option<i32>) -> Option<(i32, Option<&str>)> {
        let editions = self.editions.get(title)?;
        let edition = match year {
            Some(year) => editions.iter().find(|edition| edition.year == year)?,
            None => editions
                .iter()
                .max_by_key(|edition| (!edition.replaced, edition.year))?,
        };
        Some((edition.year, edition.number.as_deref()))
    }

    fn type_of_title(&self, folded: &[u8]) -> Option<usize> {
        (0..self.types.len())
            .filter(|&index| {
                let name = &self.types[index].name;
                !name.is_empty() && folded.starts_with(name)
            })
            .max_by_key(|&index| self.types[index].name.len())
    }

    /// Legislatures are those whose numbers end in their term: `91/2015/QH13`.
    fn add_legislatures(&mut self, vocabulary: &Vocabulary) {
        let mut passed: HashMap<(Vec<u8>, usize), usize> = HashMap::new();
        for law in &vocabulary.laws {
            let title = fold(&law.title);
            if let (Some(number), Some(law_type)) = (&law.number, self.type_of_title(&title))
                && let Some(issuer) = legislature_of(number)
            {
                *passed.entry((issuer, law_type)).or_default() += 1;
            }
        }
        for (document_type, row) in vocabulary.document_types.iter().enumerate() {
            for issuer in examples(row).filter_map(legislature_of) {
                passed.entry((issuer, document_type)).or_default();
            }
        }
        let mut most: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut passed: Vec<_> = passed.into_iter().collect();
        passed.sort_unstable();
        for ((issuer, document_type), count) in passed {
            let written = self.issuers.get(&issuer).cloned();
            let written =
                written.unwrap_or_else(|| String::from_utf8_lossy(&issuer).to_uppercase());
            let legislature =
                self.legislatures
                    .entry(issuer.clone())
                    .or_insert_with(|| Legislature {
                        issuer: written,
                        usual: document_type,
                        types: HashSet::new(),
                    });
            legislature.types.insert(document_type);
            let most = most.entry(issuer).or_default();
            if count > *most {
                *most = count;
                legislature.usual = document_type;
            }
        }
    }

    /// Takes the laws in and answers the words by which they are looked for.
    fn add_laws(&mut self, vocabulary: &Vocabulary) -> Vec<(Vec<u8>, Pattern)> {
        let mut words = Vec::new();
        for law in &vocabulary.laws {
            let Some(document_type) = self.type_of_title(&fold(&law.title)) else {
                continue;
            };
            if let Some(number) = &law.number {
                self.numbers
                    .insert(instrument::spelling(number), document_type);
                if let Some((ordinal, year)) = beginning(number) {
                    self.beginnings
                        .insert((document_type, ordinal, year), number.clone());
                }
            }
            self.editions
                .entry(law.title.clone())
                .or_default()
                .push(Edition {
                    year: law.year,
                    number: law.number.clone(),
                    replaced: law.replaced_by.is_some(),
                });
            for name in std::iter::once(&law.title).chain(&law.aliases) {
                let folded = fold(name);
                let letters = folded.iter().filter(|byte| byte.is_ascii_alphabetic());
                let (says_year, stem) = match folded.len().checked_sub(5) {
                    Some(at) if folded[at..] == *format!(" {}", law.year).as_bytes() => (true, at),
                    _ => (false, folded.len()),
                };
                let abbreviation = !name.contains(char::is_lowercase);
                self.titles.push(Title {
                    name: law.title.clone(),
                    document_type,
                    spelling: syllables(name),
                    capitals: abbreviation && letters.count() < 4,
                    year: says_year.then_some(law.year),
                });
                if stem > 0 {
                    let pattern = Pattern::Title(self.titles.len() - 1);
                    words.extend(spellings(&folded).into_iter().map(|word| (word, pattern)));
                }
            }
        }
        words
    }

    /// Of words that mean several things the first meaning counts: titles, types, provisions.
    fn compile(&mut self, mut words: Vec<(Vec<u8>, Pattern)>) -> Result<(), BuildError> {
        for (index, document_type) in self.types.iter().enumerate() {
            if !document_type.name.is_empty() {
                words.push((document_type.name.clone(), Pattern::Type(index)));
            }
        }
        for rank in Rank::ALL {
            words.push((rank.word().to_vec(), Pattern::Provision(rank)));
        }
        words.push((b"/".to_vec(), Pattern::Stroke));
        let mut seen = HashSet::new();
        words.retain(|(word, _)| seen.insert(word.clone()));
        self.searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words.iter().map(|(word, _)| word))?;
        self.patterns = words.into_iter().map(|(_, pattern)| pattern).collect();
        Ok(())
    }
}

impl Type {
    /// Whether the marks in the text are the name's, where its folded name stands.
    pub(super) fn is_at(&self, folded: &Folded<'_>, start: usize) -> bool {
        let end = start + self.name.len();
        misspelt(&syllables(&folded.surface(start, end)), &self.spelling) == Some(0)
    }

    fn new(row: &DocumentType) -> Self {
        let name = fold(&row.label);
        let token = if row.abbr.is_empty() {
            initials(&row.label)
        } else {
            row.abbr.clone()
        };
        let sole_issuer = SOLE_ISSUERS
            .iter()
            .find(|(token, _)| *token == row.abbr)
            .map(|&(_, issuer)| issuer);
        let bare = row.abbr.is_empty()
            && examples(row).any(|example| {
                let parts: Vec<&str> = example.split(['/', '-']).collect();
                parts.len() > 2 && beginning(example).is_none()
            });
        Self {
            slug: row.slug.clone(),
            short: fold(&token),
            spelling: syllables(&row.label),
            name,
            token,
            bare,
            normative: row.normative,
            sole_issuer,
        }
    }
}
