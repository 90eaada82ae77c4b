//! Documents as a text names them by number, and the words that tell their type.

use super::beside;
use super::folded::Folded;
use super::number::{self, Number, Tail};
use super::titles;
use super::{Cited, Gazetteer, Kind};

/// How far a type's word may stand before the number that has it: `Công văn của Sở Tư pháp số`.
const MAX_PHRASE: usize = 60;

/// A document in a text.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Index behind what only describes it further: `của Chính phủ`.
    pub(super) after: usize,
    pub(super) document_type: usize,
    /// The type that a word before it says; a number that goes on with this one is of it too.
    pub(super) word: Option<usize>,
    pub(super) cited: Cited,
}

/// A type's word in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeWord {
    pub(super) document_type: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What was read before a place.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The type's word that was read last.
    pub(super) word: Option<TypeWord>,
    /// Where the last document ended and what type's word it had.
    pub(super) document: Option<(usize, Option<usize>)>,
}

/// A document by its number.
pub(super) fn numbered(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    number: &Number,
    before: &Before,
) -> Option<Named> {
    let word_start = number::with_word(folded, number.start);
    let adjacent = type_word_before(folded, gazetteer, word_start);
    let word = adjacent
        .or_else(|| distant_word(folded, word_start, number.start, before))
        .map(|word| word.document_type)
        .or_else(|| continued_type(folded, word_start, before));
    let issuer = || beside::issuer(folded, gazetteer, number.end).map(|(_, issuer)| issuer);
    let (document_type, cited) = resolve(gazetteer, number, word, issuer)?;
    let mut named = Named {
        start: adjacent.map_or(word_start, |word| word.start),
        end: number.end,
        after: number.end,
        document_type,
        word,
        cited,
    };
    let in_brackets = matches!(number.tail, Tail::Legislature { .. })
        .then(|| titles::in_brackets(folded, gazetteer, number.end))
        .flatten();
    if let Some((title, end)) = in_brackets {
        named.cited.title = Some(title);
        named.end = end;
    }
    beside::take_in(folded, gazetteer, &mut named);
    Some(named)
}

/// `nghị định 168 năm 2024` or `Nghị định 168 (2024)`, behind its type's word.
pub(super) fn spoken(folded: &Folded<'_>, gazetteer: &Gazetteer, word: TypeWord) -> Option<Named> {
    let at = folded.skip_blank(word.end);
    let at = folded
        .words(at, b"so")
        .map_or(at, |end| folded.skip_blank(end));
    let end = folded.digits(at, 6);
    if !(1..=5).contains(&(end - at)) {
        return None;
    }
    let behind = folded.skip_blank(end);
    if folded.at(behind) != b'(' && folded.words(behind, b"nam").is_none() {
        return None;
    }
    let (year, year_end) = beside::year(folded, end)?;
    let ordinal = folded.value(at, end);
    let full = complete(gazetteer, word.document_type, ordinal, year, None)?;
    let mut named = Named {
        start: word.start,
        end: year_end,
        after: year_end,
        document_type: word.document_type,
        word: Some(word.document_type),
        cited: full,
    };
    beside::take_in(folded, gazetteer, &mut named);
    Some(named)
}

/// Type, year and canonical number of what stands in the text. `issuer` is who the words behind name.
fn resolve<'a>(
    gazetteer: &'a Gazetteer,
    number: &Number,
    word: Option<usize>,
    issuer: impl Fn() -> Option<&'a str>,
) -> Option<(usize, Cited)> {
    let of = |types: &[usize]| {
        word.filter(|word| types.contains(word))
            .or_else(|| types.first().copied())
    };
    let mut cited = Cited::new(Kind::Doc);
    cited.year = number.year.and_then(|year| i32::try_from(year).ok());
    let document_type = match &number.tail {
        Tail::Typed {
            types,
            number,
            issuer,
        } => {
            cited.number = Some(number.clone());
            cited.issuer = Some(issuer.clone());
            of(types)?
        }
        Tail::Legislature {
            letters,
            number: written,
        } => {
            let (issuer, usual) = gazetteer.legislature(letters, word)?;
            cited.issuer = Some(issuer.to_owned());
            cited.number = Some(written.clone());
            gazetteer.law_type(written).unwrap_or(usual)
        }
        Tail::Bare { number, issuer } => {
            cited.number = Some(number.clone());
            cited.issuer = Some(issuer.clone());
            word.filter(|&word| gazetteer.types[word].bare)?
        }
        Tail::TypeOnly { types } => {
            let document_type = of(types)?;
            let year = number.year?;
            cited = complete(gazetteer, document_type, number.ordinal, year, issuer())?;
            document_type
        }
        Tail::Nothing => {
            let year = number.year?;
            cited = complete(gazetteer, word?, number.ordinal, year, issuer())?;
            word?
        }
    };
    cited.document_type = Some(gazetteer.types[document_type].slug.clone());
    Some((document_type, cited))
}

/// A citation from ordinal and year where the rest follows from the type or the issuer's name.
fn complete(
    gazetteer: &Gazetteer,
    document_type: usize,
    ordinal: u32,
    year: u32,
    issuer: Option<&str>,
) -> Option<Cited> {
    let row = &gazetteer.types[document_type];
    let mut cited = Cited::new(Kind::Doc);
    cited.document_type = Some(row.slug.clone());
    cited.year = i32::try_from(year).ok();
    cited.inferred = true;
    if let Some(number) = gazetteer.law_number(document_type, ordinal, year) {
        cited.issuer = gazetteer.passes(document_type).map(ToOwned::to_owned);
        cited.number = Some(number.to_owned());
        return Some(cited);
    }
    let token = gazetteer.token(document_type);
    let issuer = gazetteer.sole_issuer(document_type).or(issuer)?;
    let known = gazetteer.types_of(&row.short).first() == Some(&document_type);
    if token.is_empty() || !known || !row.normative {
        return None;
    }
    cited.number = Some(format!("{ordinal}/{year}/{token}-{issuer}"));
    cited.issuer = Some(issuer.to_owned());
    Some(cited)
}

/// The type's word that ends right before `end`, in full or short.
fn type_word_before(folded: &Folded<'_>, gazetteer: &Gazetteer, end: usize) -> Option<TypeWord> {
    let end = end - usize::from(folded.before(end) == b' ');
    if !folded.before(end).is_ascii_alphabetic() {
        return None;
    }
    let rows = gazetteer.types.iter().enumerate();
    let starts = rows.flat_map(|(document_type, row)| {
        let words = [&row.name, &row.short].into_iter();
        words
            .filter(|word| !word.is_empty())
            .filter_map(move |word| {
                let start = folded.words_before(end, word)?;
                Some(TypeWord {
                    document_type,
                    start,
                    end,
                })
            })
    });
    starts.min_by_key(|word| word.start)
}

/// The type's word of `Công văn của Sở Tư pháp số 1301/STP-NV1`.
fn distant_word(
    folded: &Folded<'_>,
    word_start: usize,
    number_start: usize,
    before: &Before,
) -> Option<TypeWord> {
    let word = before.word?;
    let since = before.document.is_none_or(|(end, _)| end <= word.start);
    let near = word.end <= word_start && word_start - word.end <= MAX_PHRASE;
    if !since || !near || word_start == number_start {
        return None;
    }
    let between = &folded.bytes[word.end..word_start];
    let unbroken = !between
        .iter()
        .any(|byte| matches!(byte, b',' | b';' | b'.' | b'(' | b':' | b'\n'));
    unbroken.then_some(word)
}

/// The type of the document before, where this one only goes on with it: `Nghị định số … và số …`.
fn continued_type(folded: &Folded<'_>, word_start: usize, before: &Before) -> Option<usize> {
    let (end, document_type) = before.document?;
    let between = folded.bytes.get(end..word_start)?;
    matches!(between, b", " | b" va " | b" hoac " | b" & " | b", va ")
        .then_some(document_type)
        .flatten()
}
