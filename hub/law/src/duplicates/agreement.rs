//! Whether two texts are one: they agree word by word where they overlap, facts included.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::text::alignment::{Match, align};
use crate::text::{Level, normalise_into};

use super::MIN_WORDS;

/// Comparisons of words for one decision, some 10 ms; two articles take a hundredth of it.
const WORK: usize = 2_000_000;

/// Words in a row that are not the same by chance.
const MIN_RUN: usize = 4;

/// A run at either end of what is in common that is shorter must stand near the next.
const MIN_EDGE: usize = 12;

/// Of the shorter text's words so many must stand in the other. A reprint cut to four tenths adds a
/// header and a source to them; articles of one template have up to 0.6 in common.
const MIN_CONTAINMENT: f64 = 0.6;

/// Of the words from the first in common to the last so many must be. Paragraphs that only one of
/// them has do not count.
const MIN_OVERLAP: f64 = 0.85;

/// Most words before the first in common, and behind the last, that both may have: the headers and
/// sources of two reprints. Longer ones, or more than a fifth of the shorter text, are two beginnings or two endings.
const MAX_FRAME: usize = 20;

/// How much two texts that are one share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Share of the shorter text's words that stand in the longer one, in order; from 0 to 1.
    pub containment: f64,
    /// Words in common of all words of both; from 0 to 1. Nearly 1 for a full reprint, 0.4 for one
    /// that was cut to four tenths.
    pub resemblance: f64,
}

/// Whether one text is a reprint of the other, and how much they share; `None` when they are two.
/// Symmetric. Texts as they are read, in any normal form that has not lost its capitals, and
/// without titles.
///
/// A reprint may be cut, may have a header, a by-line, a source or paragraphs of its own, another
/// place of accents or date. Texts of one template are told from reprints by what they say
/// otherwise at the same place: another figure, another name. One that stands somewhere within a
/// collection is not the collection, unless at its beginning.
pub fn same_text(a: &str, b: &str) -> Option<Similarity> {
    let mut reader = Reader::default();
    let (a, b) = (reader.read(a), reader.read(b));
    let (shorter, longer) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if shorter.len() < MIN_WORDS || !may_be_one(&shorter, &longer) {
        return None;
    }
    let runs = common_runs(&shorter, &longer);
    let (first, last) = (runs.first()?, runs.last()?);
    let shared = Shared {
        words: runs.iter().map(|run| run.len).sum(),
        in_shorter: last.old + last.len - first.old,
        in_longer: last.new + last.len - first.new,
    };
    let containment = ratio(shared.words, shorter.len());
    let overlap = ratio(shared.words, shared.in_shorter.min(shared.in_longer));
    let is_at_beginning = first.new <= longer.len() / 2;
    let heads = first.old.min(first.new);
    let tails = (shorter.len() - last.old - last.len).min(longer.len() - last.new - last.len);
    if containment < MIN_CONTAINMENT
        || overlap < MIN_OVERLAP
        || !is_at_beginning
        || heads.max(tails) > MAX_FRAME
    {
        return None;
    }
    let mut differences = Differences::default();
    for pair in runs.windows(2) {
        differences.add(
            &shorter[pair[0].old + pair[0].len..pair[1].old],
            &longer[pair[0].new + pair[0].len..pair[1].new],
        );
    }
    differences.are_editing(shared.words).then(|| Similarity {
        containment,
        resemblance: ratio(shared.words, shorter.len() + longer.len() - shared.words),
    })
}

/// Whether enough shingles are in common for the words to be. It costs much less to see than which
/// words they are.
fn may_be_one(shorter: &[Word], longer: &[Word]) -> bool {
    let shingles = |words: &[Word]| -> Vec<[u32; MIN_RUN]> {
        words
            .windows(MIN_RUN)
            .map(|words| std::array::from_fn(|at| words[at].id))
            .collect()
    };
    let of_longer: HashSet<_> = shingles(longer).into_iter().collect();
    let of_shorter = shingles(shorter);
    let common = of_shorter
        .iter()
        .filter(|shingle| of_longer.contains(*shingle))
        .count();
    // An edit takes away four shingles, and there is one every 40 words at most.
    ratio(common, of_shorter.len()) >= MIN_CONTAINMENT * 0.75
}

/// What both texts have in common, without what is only alike by chance.
fn common_runs(shorter: &[Word], longer: &[Word]) -> Vec<Match> {
    let mut runs = align(&ids(shorter), &ids(longer), &mut { WORK });
    let begins_or_ends_both = |run: &Match| {
        let begins = run.old == 0 && run.new == 0;
        let ends = run.old + run.len == shorter.len() && run.new + run.len == longer.len();
        run.len > 1 && (begins || ends)
    };
    runs.retain(|run| run.len >= MIN_RUN || begins_or_ends_both(run));
    // A phrase far from the rest is one of a header or a source.
    let is_stray = |run: &Match, left: &Match, right: &Match| {
        let gap = (right.old - left.old - left.len).max(right.new - left.new - left.len);
        run.len < MIN_EDGE && gap > 2 * run.len
    };
    while let [.., left, right] = &runs[..]
        && is_stray(right, left, right)
    {
        runs.pop();
    }
    let strays = runs
        .windows(2)
        .take_while(|pair| is_stray(&pair[0], &pair[0], &pair[1]))
        .count();
    runs.drain(..strays);
    runs
}

struct Shared {
    words: usize,
    /// Words from the first in common to the last, in each text.
    in_shorter: usize,
    in_longer: usize,
}

/// What stands otherwise at the same places of two texts. The same change made several times is
/// one.
#[derive(Default)]
struct Differences {
    figures: HashSet<(Vec<u32>, Vec<u32>)>,
    names: HashSet<(Vec<u32>, Vec<u32>)>,
    dates: HashSet<(Vec<u32>, Vec<u32>)>,
    words: usize,
}

impl Differences {
    fn add(&mut self, a: &[Word], b: &[Word]) {
        // What only one of them has was left out or put in.
        if a.is_empty() || b.is_empty() {
            return;
        }
        let of = |words: &[Word], kind| -> Vec<u32> {
            words
                .iter()
                .filter(|word| word.kind == kind)
                .map(|word| word.id)
                .collect()
        };
        let differs = |kind| {
            let pair = (of(a, kind), of(b, kind));
            (pair.0 != pair.1).then_some(pair)
        };
        let figures = differs(Kind::Figure);
        let names = differs(Kind::Name);
        let dates = differs(Kind::Date);
        if figures.is_none() && names.is_none() && dates.is_none() {
            self.words += 1;
        }
        self.figures.extend(figures);
        self.names.extend(names);
        self.dates.extend(dates);
    }

    /// Whether no more differs than an editor changes, given so many words in common: a date
    /// every 60 words, two every 300, a name every 300, a word every 40, a figure (a correction)
    /// every 400.
    fn are_editing(&self, words: usize) -> bool {
        let dates = self.dates.len();
        let names = self.names.len();
        self.figures.len() <= words / 400
            && dates <= usize::from(words >= 60) + words / 300
            && names <= words / 300
            && (names == 0 || dates == 0 || names + dates <= words / 300)
            && self.words <= words / 40
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    /// Written with a capital, and not because a sentence begins.
    Name,
    Figure,
    /// Part of a date or a time.
    Date,
}

struct Word {
    id: u32,
    kind: Kind,
}

fn ids(words: &[Word]) -> Vec<u32> {
    words.iter().map(|word| word.id).collect()
}

/// Reads the words of texts, equal ones with equal numbers.
#[derive(Default)]
struct Reader<'t> {
    numbers: HashMap<String, u32>,
    /// Words as they are written: most come again.
    known: HashMap<&'t str, u32>,
    normal: String,
}

impl<'t> Reader<'t> {
    fn read(&mut self, text: &'t str) -> Vec<Word> {
        let mut words: Vec<Word> = Vec::with_capacity(text.len() / 5);
        let (mut end, mut date_end) = (0, 0);
        let mut before = "";
        for at in word_ranges(text) {
            let word = &text[at.clone()];
            let between = text[end..at.start].trim();
            let kind = if word.starts_with(|first: char| first.is_ascii_digit()) {
                if at.start >= date_end {
                    date_end = at.start + date(&text[at.start..]).unwrap_or(0);
                }
                // A month or a year without its day is what a text is about.
                let is_named = match before.to_lowercase().as_str() {
                    "ngày" => true,
                    "tháng" | "năm" => {
                        matches!(
                            words[..],
                            [
                                ..,
                                Word {
                                    kind: Kind::Date,
                                    ..
                                },
                                _
                            ]
                        )
                    }
                    _ => false,
                };
                if at.start < date_end || (is_named && between.is_empty()) || is_time(word) {
                    Kind::Date
                } else {
                    Kind::Figure
                }
            } else if word.starts_with(char::is_uppercase)
                && !words.is_empty()
                && (between.is_empty() || between == ",")
            {
                Kind::Name
            } else {
                Kind::Word
            };
            let id = self.number(word);
            words.push(Word { id, kind });
            before = word;
            end = at.end;
        }
        words
    }

    fn number(&mut self, word: &'t str) -> u32 {
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        normalise_into(word, Level::Iy, &mut self.normal);
        let without_zeros = self.normal.trim_start_matches('0');
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(without_zeros.to_owned()).or_insert(next);
        self.known.insert(word, number);
        number
    }
}

fn word_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(char::is_alphanumeric)?;
        let length = text[start..]
            .find(|letter: char| {
                !letter.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(letter)
            })
            .unwrap_or(text.len() - start);
        at = start + length;
        Some(start..at)
    })
}

/// How long the day is that a text begins with: `21/05/2026`, `21.5.2026`, `8/3`. The month
/// `05/2026` and the number `11/2/NĐ-CP` are none.
fn date(text: &str) -> Option<usize> {
    let figures = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let within = |figures: &str, most: u8| matches!(figures.parse::<u8>(), Ok(value) if (1..=most).contains(&value));
    let is_year = |figures: &str| {
        figures.len() == 4 && (figures.starts_with("19") || figures.starts_with("20"))
    };
    let first = figures(text);
    let separator = text[first..]
        .chars()
        .next()
        .filter(|next| "/-.".contains(*next))?;
    let rest = &text[first + 1..];
    let second = figures(rest);
    let mut end = first + 1 + second;
    let continues = |end: usize| {
        let mut rest = text[end..].chars();
        rest.next().is_some_and(|next| "/-".contains(next))
            && rest.next().is_some_and(char::is_alphanumeric)
    };
    if !within(&text[..first], 31) || !within(&rest[..second], 12) {
        return None;
    }
    let has_year = text[end..].starts_with(separator) && {
        let year = &text[end + 1..];
        is_year(&year[..figures(year)])
    };
    if has_year {
        end += 5;
    }
    // `1.5` may be any number.
    ((has_year || separator == '/') && !continues(end)).then_some(end)
}

/// Whether a word of figures is a time: `14h30`.
fn is_time(word: &str) -> bool {
    word.split_once(['h', 'H']).is_some_and(|(hours, minutes)| {
        hours.parse::<u8>().is_ok() && minutes.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole.max(1))
}
