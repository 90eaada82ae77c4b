//! Numbers of documents as they stand in a text, with what they say of type, year and issuer.

use super::Gazetteer;
use super::date;
use super::folded::{Folded, is_blank, is_word_byte};

/// Longest ordinal.
const MAX_FIGURES: usize = 5;
/// Longest run of letters in a type or issuer.
const MAX_LETTERS: usize = 14;
/// Most parts behind the ordinal and year: joint circulars name several issuers.
const MAX_PARTS: usize = 6;
/// Longest token of a type that may be run together with the issuer: `NĐCP`.
const MAX_TOKEN: usize = 4;

/// Words before a number that make it a form's, a judgment's or a file's.
const OTHER_NUMBERS: [&[u8]; 7] = [
    b"mau",
    b"ban an",
    b"vu an",
    b"ho so",
    b"phu luc",
    b"hop dong",
    b"bieu",
];

/// A number in a text.
#[derive(Debug, Clone)]
pub(super) struct Number {
    pub(super) start: usize,
    pub(super) end: usize,
    /// `28` of `28/2013/NĐ-CP`.
    pub(super) ordinal: u32,
    pub(super) year: Option<u32>,
    pub(super) tail: Tail,
}

/// What stands behind ordinal and year.
#[derive(Debug, Clone)]
pub(super) enum Tail {
    /// `NĐ-CP`: the types that it may name, the likeliest first.
    Typed {
        types: Vec<usize>,
        number: String,
        issuer: String,
    },
    /// `NĐ` without an issuer.
    TypeOnly { types: Vec<usize> },
    /// `QH13`: folded letters of a legislature.
    Legislature { letters: Vec<u8>, number: String },
    /// `STP-NV1`: a letter's, where the words before it say so.
    Bare { number: String, issuer: String },
    /// Nothing: `28/2013`.
    Nothing,
}

/// The number of which a stroke is a part.
pub(super) fn around(folded: &Folded<'_>, gazetteer: &Gazetteer, stroke: usize) -> Option<Number> {
    let end = stroke - usize::from(stroke > 0 && folded.before(stroke) == b' ');
    let last = folded.before(end);
    let start = if last.is_ascii_digit() {
        figures_before(folded, end)?
    } else if last.is_ascii_alphabetic() {
        // The party's numbers have the type before the stroke: `66-NQ/TW`.
        let letters = (1..=MAX_TOKEN).take_while(|back| {
            end.checked_sub(*back)
                .is_some_and(|at| folded.at(at).is_ascii_alphabetic())
        });
        let mut at = end - letters.count();
        at -= usize::from(folded.before(at) == b' ');
        if folded.before(at) != b'-' {
            return None;
        }
        at -= 1;
        at -= usize::from(folded.before(at) == b' ');
        figures_before(folded, at)?
    } else {
        return None;
    };
    if !may_begin(folded, gazetteer, start) || is_other(folded, start) {
        return None;
    }
    from(folded, gazetteer, start)
}

/// The number that begins with the figures at `start`.
pub(super) fn from(folded: &Folded<'_>, gazetteer: &Gazetteer, start: usize) -> Option<Number> {
    let end = folded.digits(start, MAX_FIGURES + 1);
    if !(1..=MAX_FIGURES).contains(&(end - start)) {
        return None;
    }
    let ordinal = folded.value(start, end);
    let figures = folded.surface(start, end);
    let (sign, at, _) = joint(folded, end)?;
    let number = |end, year, tail| Number {
        start,
        end,
        ordinal,
        year,
        tail,
    };
    if sign != b'/' {
        let (tail, end) = party(folded, gazetteer, at, &figures)?;
        return Some(number(end, None, tail));
    }
    let year_end = folded.digits(at, 5);
    if year_end > at {
        let plausible = year_end == at + 4
            && !is_word_byte(folded.at(year_end))
            && (1900..2100).contains(&folded.value(at, year_end));
        if !plausible {
            return None;
        }
        let year = folded.value(at, year_end);
        let begin = format!("{figures}/{year}/");
        if let Some((_, at, _)) = joint(folded, year_end)
            && let Some((tail, end)) = tail(folded, gazetteer, at, &begin, true)
        {
            return Some(number(end, Some(year), tail));
        }
        let (_, year_end) = date::year(folded, at)?;
        return Some(number(year_end, Some(year), Tail::Nothing));
    }
    let (tail, end) = tail(folded, gazetteer, at, &format!("{figures}/"), false)?;
    (!matches!(tail, Tail::Legislature { .. } | Tail::TypeOnly { .. }))
        .then(|| number(end, None, tail))
}

/// Index where a number's words begin: `số`, `số:` or the number itself.
pub(super) fn with_word(folded: &Folded<'_>, start: usize) -> usize {
    let mut at = start;
    at -= usize::from(folded.before(at) == b' ');
    if folded.before(at) == b':' {
        at -= 1;
        at -= usize::from(folded.before(at) == b' ');
    }
    folded.words_before(at, b"so").unwrap_or(start)
}

fn figures_before(folded: &Folded<'_>, end: usize) -> Option<usize> {
    let figures = (1..=MAX_FIGURES + 1).take_while(|back| {
        end.checked_sub(*back)
            .is_some_and(|at| folded.at(at).is_ascii_digit())
    });
    let start = end - figures.count();
    (start < end && end - start <= MAX_FIGURES).then_some(start)
}

/// Whether a number may begin here: not inside another number, a word or an address.
fn may_begin(folded: &Folded<'_>, gazetteer: &Gazetteer, start: usize) -> bool {
    let before_that = || folded.before(start - 1);
    match folded.before(start) {
        b'/' | b'.' | b'=' | b'_' | b'@' | b'#' => false,
        b',' | b':' => !before_that().is_ascii_digit(),
        b'-' => !is_word_byte(before_that()) && before_that() != b'/',
        byte if byte.is_ascii_digit() => false,
        byte if is_word_byte(byte) => {
            // `số28/2013/NĐ-CP`, `NĐ168/2024`.
            let mut words = gazetteer.types.iter().map(|row| row.short.as_slice());
            folded.words_before(start, b"so").is_some()
                || words.any(|word| !word.is_empty() && folded.words_before(start, word).is_some())
        }
        _ => true,
    }
}

fn is_other(folded: &Folded<'_>, start: usize) -> bool {
    let word = with_word(folded, start);
    let at = word - usize::from(folded.before(word) == b' ');
    OTHER_NUMBERS
        .iter()
        .any(|words| folded.words_before(at, words).is_some())
}

/// Passes a stroke or dash with a blank on either side at most; answers it, the index behind and
/// whether there was a blank.
fn joint(folded: &Folded<'_>, at: usize) -> Option<(u8, usize, bool)> {
    let sign_at = folded.skip_blank(at);
    let sign = match folded.at(sign_at) {
        b'/' => b'/',
        b'-' | b'_' => b'-',
        _ => return None,
    };
    let next = folded.skip_blank(sign_at + 1);
    Some((sign, next, sign_at > at || next > sign_at + 1))
}

/// A part of a number: letters, `&` among them, and at most two figures behind.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    letters_end: usize,
    end: usize,
}

impl Part {
    fn read(folded: &Folded<'_>, start: usize) -> Option<Self> {
        let is_letter = |at: usize| {
            let byte = folded.at(at);
            (is_word_byte(byte) && !byte.is_ascii_digit())
                || (byte == b'&' && at > start && is_word_byte(folded.at(at + 1)))
        };
        let letters = (start..=start + MAX_LETTERS).take_while(|&at| is_letter(at));
        let letters_end = start + letters.count();
        let end = folded.digits(letters_end, 3);
        let fits = (1..=MAX_LETTERS).contains(&(letters_end - start)) && end - letters_end <= 2;
        (fits && !is_word_byte(folded.at(end))).then_some(Self {
            start,
            letters_end,
            end,
        })
    }

    fn letters<'a>(&self, folded: &'a Folded<'_>) -> &'a [u8] {
        &folded.bytes[self.start..self.letters_end]
    }

    fn has_figures(self) -> bool {
        self.end > self.letters_end
    }

    /// As the issuer writes it: known abbreviations in their case and with their marks.
    fn canonical(&self, folded: &Folded<'_>, gazetteer: &Gazetteer) -> (String, bool) {
        let whole = &folded.bytes[self.start..self.end];
        if let Some(known) = gazetteer.issuer(whole) {
            return (known.to_owned(), true);
        }
        if let Some(known) = gazetteer.issuer(self.letters(folded)) {
            let figures = folded.surface(self.letters_end, self.end);
            return (format!("{known}{figures}"), true);
        }
        let surface = folded.surface(self.start, self.end);
        if surface.contains(char::is_uppercase) {
            (surface, false)
        } else {
            (surface.to_uppercase(), false)
        }
    }

    fn is_capital(self, folded: &Folded<'_>) -> bool {
        (self.start..self.letters_end).all(|at| folded.at(at) == b'&' || folded.is_upper(at))
    }
}

/// Issuers from `at` on. Behind a blank only a known or capital one counts, for there a sentence may
/// go on.
struct Issuers {
    number: String,
    issuer: String,
    end: usize,
}

impl Issuers {
    fn read(folded: &Folded<'_>, gazetteer: &Gazetteer, at: usize, blank: bool) -> Option<Self> {
        let first = Part::read(folded, at)?;
        let (number, known) = first.canonical(folded, gazetteer);
        let long_enough = first.letters_end - first.start >= 2;
        if !long_enough || (blank && !known && !first.is_capital(folded)) {
            return None;
        }
        let mut issuers = Self {
            issuer: issuer_of(folded, gazetteer, first, &number),
            number,
            end: first.end,
        };
        let mut last = first;
        for _ in 1..MAX_PARTS {
            let Some((sign, at, false)) = joint(folded, issuers.end) else {
                break;
            };
            let Some(next) = Part::read(folded, at) else {
                break;
            };
            let same_case = folded.is_upper(first.start) == folded.is_upper(next.start);
            if last.has_figures() || !same_case {
                break;
            }
            let (number, _) = next.canonical(folded, gazetteer);
            let issuer = issuer_of(folded, gazetteer, next, &number);
            for (whole, part) in [(&mut issuers.number, number), (&mut issuers.issuer, issuer)] {
                whole.push(char::from(sign));
                whole.push_str(&part);
            }
            issuers.end = next.end;
            last = next;
        }
        Some(issuers)
    }
}

/// `UBTVQH` of `UBTVQH15`: a known issuer without its term.
fn issuer_of(folded: &Folded<'_>, gazetteer: &Gazetteer, part: Part, written: &str) -> String {
    let known = gazetteer.issuer(part.letters(folded));
    known.unwrap_or(written).to_owned()
}

fn tail(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    at: usize,
    begin: &str,
    dated: bool,
) -> Option<(Tail, usize)> {
    let first = Part::read(folded, at)?;
    let letters = first.letters(folded);
    if first.has_figures() {
        let (issuer, _) = gazetteer.legislature(letters, None)?;
        let figures = folded.surface(first.letters_end, first.end);
        let tail = Tail::Legislature {
            letters: letters.to_vec(),
            number: format!("{begin}{issuer}{figures}"),
        };
        return Some((tail, first.end));
    }
    let types = gazetteer.types_of(letters);
    if let Some(&likeliest) = types.first() {
        let token = gazetteer.token(likeliest);
        let issuers = joint(folded, first.end).and_then(|(sign, at, blank)| {
            Some((sign, Issuers::read(folded, gazetteer, at, blank)?))
        });
        if let Some((sign, issuers)) = issuers {
            let tail = Tail::Typed {
                types: types.to_vec(),
                number: format!("{begin}{token}{}{}", char::from(sign), issuers.number),
                issuer: issuers.issuer,
            };
            return Some((tail, issuers.end));
        }
        let types = types.to_vec();
        return Some((Tail::TypeOnly { types }, first.end));
    }
    if dated && let Some(tail) = run_together(gazetteer, letters, begin) {
        return Some((tail, first.end));
    }
    bare(folded, gazetteer, first, begin)
}

/// `NĐCP` for `NĐ-CP`.
fn run_together(gazetteer: &Gazetteer, letters: &[u8], begin: &str) -> Option<Tail> {
    if gazetteer.issuer(letters).is_some() {
        return None;
    }
    (1..letters.len().min(MAX_TOKEN + 1)).find_map(|middle| {
        let types = gazetteer.types_of(&letters[..middle]);
        let token = gazetteer.token(*types.first()?);
        let issuer = gazetteer.issuer(&letters[middle..])?;
        Some(Tail::Typed {
            types: types.to_vec(),
            number: format!("{begin}{token}-{issuer}"),
            issuer: issuer.to_owned(),
        })
    })
}

/// `STP-NV1` or `VPCP`: capitals, or an issuer that is known.
fn bare(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    first: Part,
    begin: &str,
) -> Option<(Tail, usize)> {
    let (_, known) = first.canonical(folded, gazetteer);
    if !known && !first.is_capital(folded) {
        return None;
    }
    let issuers = Issuers::read(folded, gazetteer, first.start, false)?;
    let (issuer, _) = first.canonical(folded, gazetteer);
    let tail = Tail::Bare {
        number: format!("{begin}{}", issuers.number),
        issuer,
    };
    Some((tail, issuers.end))
}

/// `NQ/TW` behind `66-`.
fn party(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    at: usize,
    figures: &str,
) -> Option<(Tail, usize)> {
    let first = Part::read(folded, at)?;
    let letters = first.letters(folded);
    let mut types = gazetteer.types_of(letters).to_vec();
    let token = gazetteer.token(*types.first()?).to_owned();
    if let Some(usual) = gazetteer.party_type(letters) {
        types.retain(|&document_type| document_type != usual);
        types.insert(0, usual);
    }
    let (b'/', at, blank) = joint(folded, first.end)? else {
        return None;
    };
    let issuers = Issuers::read(folded, gazetteer, at, blank)?;
    let tail = Tail::Typed {
        types,
        number: format!("{figures}-{token}/{}", issuers.number),
        issuer: issuers.issuer,
    };
    (!first.has_figures()).then_some((tail, issuers.end))
}

/// Index behind the address (`https://…`) whose first stroke stands at `stroke`.
pub(super) fn skip_address(folded: &Folded<'_>, stroke: usize) -> Option<usize> {
    if folded.before(stroke) != b':' || folded.at(stroke + 1) != b'/' {
        return None;
    }
    let rest = &folded.bytes[stroke..];
    let length = rest.iter().position(|&byte| is_blank(byte));
    Some(stroke + length.unwrap_or(rest.len()))
}
