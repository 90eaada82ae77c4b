//! A text read in one encoding: which words speak for it, and what they say then.

use std::ops::Range;

use super::spelling::is_syllable;
use super::tables::{from_tcvn3, from_vni, from_windows_1258};
use super::{Encoding, Repaired, certainty, number, ratio};

/// Words that speak for an encoding, less those against it, from which a run of words is decoded.
/// One alone is met by chance: `né` and `thé` would be Vietnamese in TCVN3.
const MIN_EVIDENCE: f64 = 2.0;

/// Vietnamese has up to so many words that are none of its syllables: names, abbreviations. Where
/// there are more, other languages stand in the text, whose accents meet the rules by chance now
/// and then, and more evidence is asked for.
const USUAL_FOREIGN_SHARE: f64 = 0.15;
const EVIDENCE_FOR_FOREIGN: f64 = 12.0;

/// Longest abbreviation (`UBTVQH`); words of capitals up to here say nothing.
const MAX_ABBREVIATION: usize = 7;

/// A text read in an encoding, as far as its words make that likely.
pub(super) struct Reading<'t> {
    text: &'t str,
    encoding: Encoding,
    words: Vec<Word<'t>>,
    /// Which words are to be decoded; in order, apart from each other.
    runs: Vec<Range<usize>>,
    /// What the runs' words say together.
    pub(super) evidence: f64,
}

struct Word<'t> {
    at: Range<usize>,
    text: &'t str,
    /// What it says in the encoding, if that may be something else.
    decoded: Option<String>,
    vote: Vote,
}

/// What a word says about an encoding.
#[derive(Clone, Copy, PartialEq)]
enum Vote {
    /// Vietnamese in this encoding only; with signs within it is no word of any language else.
    For { sign: bool },
    /// Vietnamese as it stands, or either way.
    Neutral,
    /// Plain letters that are no Vietnamese syllable.
    Foreign,
    /// Accents that are Vietnamese neither way.
    ForeignAccents,
    /// Vietnamese as it stands only.
    Against,
    /// With a letter that the encoding does not know: Unicode.
    Unicode,
}

impl Vote {
    fn weight(self) -> f64 {
        match self {
            Self::For { sign: false } => 1.0,
            Self::For { sign: true } => 1.5,
            Self::Neutral => 0.0,
            Self::Foreign => -0.25,
            Self::ForeignAccents | Self::Against => -1.0,
            Self::Unicode => -2.0,
        }
    }

    fn is_for(self) -> bool {
        matches!(self, Self::For { .. })
    }
}

impl<'t> Reading<'t> {
    /// `None` when no part of the text is in the encoding.
    pub(super) fn new(text: &'t str, words: &[Range<usize>], encoding: Encoding) -> Option<Self> {
        let words: Vec<Word<'t>> = words
            .iter()
            .map(|at| Word::read(text, at.clone(), encoding))
            .collect();
        let weights: Vec<f64> = words.iter().map(|word| word.vote.weight()).collect();
        let least = least_evidence(&words);
        let mut evidence = 0.0;
        let mut runs = Vec::new();
        for (run, sum) in heaviest_runs(&weights) {
            if sum >= least {
                evidence += sum;
                runs.push(run);
            }
        }
        if runs.is_empty() {
            return None;
        }
        extend_over_neutral(&mut runs, &words);
        Some(Self {
            text,
            encoding,
            words,
            runs,
            evidence,
        })
    }

    /// The text with its runs decoded.
    pub(super) fn write(self) -> Repaired {
        let mut text = String::with_capacity(self.text.len() + self.text.len() / 4);
        let mut end = 0;
        let (mut changed, mut witnesses, mut exceptions) = (0, 0, 0.0);
        for index in self.runs.iter().cloned().flatten() {
            let word = &self.words[index];
            if word.vote.is_for() {
                witnesses += 1;
            } else {
                exceptions -= word.vote.weight();
            }
            let Some(decoded) = word
                .decoded
                .as_deref()
                .filter(|_| word.is_to_decode(self.text))
            else {
                continue;
            };
            text.push_str(&self.text[end..word.at.start]);
            if self.encoding == Encoding::Tcvn3 {
                text.push_str(&self.with_capitals(index, decoded));
            } else {
                text.push_str(decoded);
            }
            end = word.at.end;
            changed += 1;
        }
        text.push_str(&self.text[end..]);
        let agreeing = number(witnesses);
        Repaired {
            text,
            encoding: self.encoding,
            confidence: agreeing / (agreeing + exceptions) * certainty(witnesses),
            share: ratio(changed, self.words.len()),
        }
    }

    /// A decoded word with the capitals that TCVN3 leaves to the font: all of it beside capitals,
    /// the first letter at the text's beginning and behind a full stop.
    fn with_capitals(&self, index: usize, decoded: &str) -> String {
        let word = &self.words[index];
        if self.is_in_capitals(index) {
            return decoded.to_uppercase();
        }
        let before = self.text[..word.at.start].trim_end();
        let is_first = before.is_empty() || before.ends_with(['.', '!', '?']);
        let mut letters = decoded.chars();
        match letters.next() {
            Some(first) if is_first && !word.text.starts_with(first) => {
                first.to_uppercase().chain(letters).collect()
            }
            _ => decoded.to_owned(),
        }
    }

    /// Whether a word is of capitals, by its own plain letters or else by those of its neighbours.
    fn is_in_capitals(&self, index: usize) -> bool {
        let word = &self.words[index];
        match word.plain_letters() {
            (0 | 1, 0) => {
                let next = self.words.get(index + 1).map(Word::plain_letters);
                let previous = index
                    .checked_sub(1)
                    .map(|previous| self.words[previous].plain_letters());
                let says = |letters: &(usize, usize)| letters.0 + letters.1 >= 2;
                let is_capital = |letters: &(usize, usize)| letters.1 == 0;
                match (previous.filter(says), next.filter(says)) {
                    (Some(previous), Some(next)) => is_capital(&previous) && is_capital(&next),
                    (Some(beside), None) | (None, Some(beside)) => is_capital(&beside),
                    (None, None) => false,
                }
            }
            (_, small) => small == 0,
        }
    }
}

impl<'t> Word<'t> {
    fn read(text: &'t str, at: Range<usize>, encoding: Encoding) -> Self {
        let word = &text[at.clone()];
        let decoded = if word.is_ascii() {
            None
        } else {
            match encoding {
                Encoding::Tcvn3 => from_tcvn3(word),
                Encoding::Vni => from_vni(word),
                Encoding::Windows1258 => from_windows_1258(word),
                Encoding::Utf8 => None,
            }
        };
        let vote = vote(word, decoded.as_deref());
        Self {
            at,
            text: word,
            // In TCVN3 even what stays the same may lack its capitals.
            decoded: decoded.filter(|decoded| encoding == Encoding::Tcvn3 || decoded != word),
            vote,
        }
    }

    /// How many capitals and how many small letters of ASCII it has.
    fn plain_letters(&self) -> (usize, usize) {
        let capitals = self.text.bytes().filter(u8::is_ascii_uppercase).count();
        let small = self.text.bytes().filter(u8::is_ascii_lowercase).count();
        (capitals, small)
    }

    /// Within a run everything is, but what is good as it stands and signs that are signs.
    fn is_to_decode(&self, text: &str) -> bool {
        if self.vote == Vote::Against {
            return false;
        }
        let mut letters = self.text.chars();
        match (letters.next(), letters.next()) {
            (Some(sign), None) if !sign.is_alphabetic() || matches!(sign, 'ª' | 'º' | 'µ') => {
                let beside_figure = text[..self.at.start].ends_with(|c: char| c.is_ascii_digit())
                    || text[self.at.end..].starts_with(|c: char| c.is_ascii_digit());
                // Initials: `T.§.K.`
                let is_initial = sign == '§' && text[self.at.end..].starts_with('.');
                // A bullet would be `ã`, which is no word.
                is_initial
                    || !beside_figure
                        && sign != '·'
                        && self.decoded.as_deref().is_some_and(is_syllable)
            }
            _ => true,
        }
    }
}

fn vote(word: &str, decoded: Option<&str>) -> Vote {
    let is_abbreviation = || {
        word.len() <= 2 * MAX_ABBREVIATION
            && decoded.unwrap_or(word).to_uppercase() == decoded.unwrap_or(word)
    };
    let is_vietnamese = || is_syllable(word);
    if word.is_ascii() {
        return if is_vietnamese() || is_abbreviation() {
            Vote::Neutral
        } else {
            Vote::Foreign
        };
    }
    // Signs about a word say nothing: quotation marks, degrees, "registered".
    let bare = word.trim_matches(|sign: char| !sign.is_alphabetic());
    if bare.is_empty() || (word.chars().count() == 1) {
        return Vote::Neutral;
    }
    if word.chars().any(|letter| letter > '\u{ff}') {
        return Vote::Unicode;
    }
    let Some(decoded) = decoded else {
        return if is_vietnamese() || (bare.is_ascii() && is_syllable(bare)) {
            Vote::Against
        } else {
            Vote::ForeignAccents
        };
    };
    let sign = word.chars().any(is_sign);
    match (is_vietnamese(), is_syllable(decoded)) {
        (false, true) => Vote::For { sign },
        (true, true) => Vote::Neutral,
        (true, false) => Vote::Against,
        (false, false) if is_abbreviation() => Vote::Neutral,
        (false, false) => Vote::ForeignAccents,
    }
}

/// Not a letter of any language, nor a quotation mark.
fn is_sign(letter: char) -> bool {
    !letter.is_ascii() && !letter.is_alphabetic() && !matches!(letter, '«' | '»')
        || matches!(letter, 'ª' | 'º' | 'µ')
}

/// How much a run must have said for it, by what else stands in the text.
fn least_evidence(words: &[Word<'_>]) -> f64 {
    let foreign = words
        .iter()
        .filter(|word| matches!(word.vote, Vote::Foreign | Vote::ForeignAccents))
        .count();
    let beyond = (ratio(foreign, words.len()) - USUAL_FOREIGN_SHARE).max(0.0);
    MIN_EVIDENCE + EVIDENCE_FOR_FOREIGN * beyond
}

/// All the runs of numbers with the greatest sums that cannot be made greater by going on, in
/// order and apart from each other (W. Ruzzo, M. Tompa, "A linear time algorithm for finding all
/// maximal scoring subsequences", 1999).
fn heaviest_runs(weights: &[f64]) -> Vec<(Range<usize>, f64)> {
    struct Run {
        at: Range<usize>,
        /// Sums of all numbers before it and up to its end.
        before: f64,
        behind: f64,
        /// The nearest run before it with a smaller sum before that.
        lower: Option<usize>,
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut total = 0.0;
    for (index, weight) in weights.iter().enumerate() {
        let before = total;
        total += weight;
        if *weight <= 0.0 {
            continue;
        }
        let mut run = Run {
            at: index..index + 1,
            before,
            behind: total,
            lower: None,
        };
        loop {
            let mut lower = runs.len().checked_sub(1);
            while let Some(at) = lower.filter(|&at| runs[at].before >= run.before) {
                lower = runs[at].lower;
            }
            match lower {
                Some(at) if runs[at].behind < run.behind => {
                    run.at.start = runs[at].at.start;
                    run.before = runs[at].before;
                    runs.truncate(at);
                }
                lower => {
                    run.lower = lower;
                    runs.push(run);
                    break;
                }
            }
        }
    }
    runs.into_iter()
        .map(|run| (run.at, run.behind - run.before))
        .collect()
}

/// Words that are Vietnamese either way belong to the run beside them, unless Unicode comes next.
fn extend_over_neutral(runs: &mut [Range<usize>], words: &[Word<'_>]) {
    let is_passed = |word: &Word<'_>| matches!(word.vote, Vote::Neutral | Vote::Foreign);
    let is_good = |word: Option<&Word<'_>>| {
        word.is_some_and(|word| matches!(word.vote, Vote::Against | Vote::Unicode))
    };
    let mut floor = 0;
    for index in 0..runs.len() {
        let ceiling = runs.get(index + 1).map_or(words.len(), |next| next.start);
        let run = &mut runs[index];
        let before = words[floor..run.start]
            .iter()
            .rev()
            .take_while(|word| is_passed(word))
            .count();
        let start = run.start - before;
        if !is_good(start.checked_sub(1).and_then(|before| words.get(before))) {
            run.start = start;
        }
        let behind = words[run.end..ceiling]
            .iter()
            .take_while(|word| is_passed(word))
            .count();
        if !is_good(words.get(run.end + behind)) {
            run.end += behind;
        }
        floor = run.end;
    }
}
