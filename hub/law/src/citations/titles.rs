//! Laws by their titles.

use aho_corasick::Input;

use super::beside;
use super::document::Named;
use super::folded::{Folded, is_word_byte};
use super::gazetteer::{Pattern, misspelt, syllables};
use super::number::{self, Number, Tail};
use super::{Cited, Gazetteer, Kind};
use crate::text::may_mean;

/// Longest title that is looked for in brackets, in letters.
const MAX_TITLE: usize = 300;

/// One syllable of so many may have wrong marks.
const MISSPELT: usize = 4;

/// Syllables before `luật` that make another word of it: `pháp luật`, `kỷ luật`.
const COMPOUNDS: [&[u8]; 6] = [b"phap", b"ki", b"quy", b"dinh", b"du", b"trat"];
/// Words before a title that make it the name of a subject or faculty.
const SUBJECTS: [&[u8]; 5] = [b"khoa", b"nganh", b"mon", b"dai hoc", b"luat"];
/// Words that may follow a title and end it: what follows others is a longer title when a year or
/// number comes soon.
const TITLE_ENDS: [&[u8]; 42] = [
    b"ap", b"ban", b"bi", b"bo", b"cam", b"cac", b"cho", b"co", b"cua", b"da", b"dang", b"de",
    b"dieu", b"do", b"duoc", b"gom", b"hien", b"hoac", b"khi", b"khong", b"la", b"moi", b"nam",
    b"nay", b"ngay", b"nhu", b"o", b"quy", b"sau", b"se", b"so", b"sua", b"tai", b"theo", b"thi",
    b"thong", b"trong", b"truoc", b"tu", b"va", b"ve", b"vao",
];

/// A law by its title, which the searcher found from `start` to `end`.
pub(super) fn titled(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    title: usize,
    start: usize,
    end: usize,
) -> Option<Named> {
    let title = &gazetteer.titles[title];
    if !is_title(folded, &title.spelling, title.capitals, start, end) {
        return None;
    }
    let mut cited = Cited::new(Kind::Law);
    cited.title = Some(title.name.clone());
    cited.document_type = Some(gazetteer.types[title.document_type].slug.clone());
    cited.issuer = gazetteer.passes(title.document_type).map(ToOwned::to_owned);
    cited.year = title.year;
    let mut named = Named {
        start,
        end,
        after: end,
        document_type: title.document_type,
        word: None,
        cited,
    };
    if is_amended(folded, start) {
        return Some(named);
    }
    let plain_end = named.end;
    let amended = skip_amended(folded, named.end);
    if named.cited.year.is_none()
        && let Some((year, end)) = beside::year(folded, amended)
    {
        named.cited.year = i32::try_from(year).ok();
        named.end = end;
    }
    let number_at = named.end.max(amended);
    if let Some((number, inside, outside)) = law_number_behind(folded, gazetteer, number_at) {
        if let Tail::Legislature {
            letters,
            number: written,
        } = &number.tail
            && let Some((issuer, _)) = gazetteer.legislature(letters, None)
        {
            named.cited.issuer = Some(issuer.to_owned());
            named.cited.number = Some(written.clone());
        }
        named.cited.kind = Kind::Doc;
        named.cited.year = number.year.and_then(|year| i32::try_from(year).ok());
        named.end = inside;
        beside::take_in(folded, gazetteer, &mut named);
        if outside {
            let close = folded.skip_blank(named.end);
            if folded.at(close) == b')' {
                named.end = close + 1;
            }
            if named.cited.date.is_none() {
                beside::take_in(folded, gazetteer, &mut named);
            }
        }
        return Some(named);
    }
    beside::take_in(folded, gazetteer, &mut named);
    if named.end == plain_end && title_goes_on(folded, plain_end) {
        return None;
    }
    if named.cited.date.is_none() && named.end == plain_end {
        named.after = named.after.max(amended);
    }
    Some(named)
}

/// The number behind a law's title: ` số 31/2024/QH15`, ` (số …)`, ` (Luật số …)`; with the index
/// behind the number and whether a bracket is open.
fn law_number_behind(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    at: usize,
) -> Option<(Number, usize, bool)> {
    let mut at = folded.skip_blank(at);
    let bracket = folded.at(at) == b'(';
    if bracket || matches!(folded.at(at), b',' | b'-') {
        at = folded.skip_blank(at + 1);
    }
    if bracket {
        let named = gazetteer.types.iter().filter(|row| !row.name.is_empty());
        let longest = named.filter_map(|row| folded.words(at, &row.name)).max();
        at = longest.map_or(at, |end| folded.skip_blank(end));
    }
    if let Some(end) = folded.words(at, b"so") {
        at = folded.skip_blank(end);
        at = folded.skip_blank(at + usize::from(folded.at(at) == b':'));
    }
    let number = number::from(folded, gazetteer, at)?;
    let end = number.end;
    matches!(number.tail, Tail::Legislature { .. }).then_some((number, end, bracket))
}

/// ` (Luật Đất đai)` behind a number.
pub(super) fn in_brackets(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    at: usize,
) -> Option<(String, usize)> {
    let open = folded.skip_blank(at);
    if folded.at(open) != b'(' {
        return None;
    }
    let start = folded.skip_blank(open + 1);
    let input = Input::new(&folded.bytes).range(start..folded.bytes.len().min(start + MAX_TITLE));
    let found = gazetteer.searcher.find(input)?;
    let pattern = gazetteer.patterns[found.pattern().as_usize()];
    let (Pattern::Title(index), true) = (pattern, found.start() == start) else {
        return None;
    };
    let title = &gazetteer.titles[index];
    let close = folded.skip_blank(found.end());
    let whole = folded.at(close) == b')'
        && is_title(folded, &title.spelling, title.capitals, start, found.end());
    whole.then(|| (title.name.clone(), close + 1))
}

/// Whether what the searcher found is the title as a name: its marks agree and no word before it
/// makes something else of it.
fn is_title(
    folded: &Folded<'_>,
    spelling: &[String],
    capitals: bool,
    start: usize,
    end: usize,
) -> bool {
    if capitals
        && !(start..end).all(|at| !folded.at(at).is_ascii_alphabetic() || folded.is_upper(at))
    {
        return false;
    }
    let before = start - usize::from(folded.before(start) == b' ');
    let is_law = folded.words(start, b"luat").is_some();
    let compound = is_law
        && before < start
        && COMPOUNDS
            .iter()
            .any(|word| folded.words_before(before, word).is_some());
    let subject = SUBJECTS
        .iter()
        .any(|word| before < start && folded.words_before(before, word).is_some());
    // `hiến pháp` in lower case is any constitution.
    let common = spelling.len() == 2
        && !is_law
        && !folded.is_upper(start)
        && beside::year(folded, end).is_none();
    if compound || subject || common {
        return false;
    }
    let found = syllables(&folded.surface(start, end));
    // Scanned and hasty texts have a wrong mark here and there, but `công bố luật` has no `bộ luật`.
    found
        .first()
        .zip(spelling.first())
        .is_some_and(|(found, expected)| may_mean(found, expected))
        && misspelt(&found, spelling).is_some_and(|wrong| wrong <= spelling.len() / MISSPELT)
}

/// Whether the title is that of a law which another law amends: what follows is the other's.
fn is_amended(folded: &Folded<'_>, start: usize) -> bool {
    [
        &b"luat sua doi, bo sung mot so dieu cua "[..],
        b"luat sua doi bo sung mot so dieu cua ",
        b"luat sua doi mot so dieu cua ",
    ]
    .iter()
    .any(|words| {
        start
            .checked_sub(words.len())
            .is_some_and(|at| folded.starts_with(at, words))
    })
}

/// Index behind ` (sửa đổi)`.
fn skip_amended(folded: &Folded<'_>, at: usize) -> usize {
    [&b" (sua doi)"[..], b" (sua doi, bo sung)", b" sua doi"]
        .iter()
        .find_map(|words| folded.starts_with(at, words).then_some(at + words.len()))
        .filter(|&end| !is_word_byte(folded.at(end)))
        .unwrap_or(at)
}

/// Whether a title that the vocabulary does not hold begins with one that it does: `Luật Giáo dục
/// nghề nghiệp năm 2014`.
fn title_goes_on(folded: &Folded<'_>, end: usize) -> bool {
    let mut at = end;
    for count in 0..6 {
        let next = folded.skip_blank(at);
        if next == at {
            return false;
        }
        if count > 0 {
            let behind = folded
                .words(next, b"nam")
                .or_else(|| folded.words(next, b"so"));
            if let Some(behind) = behind {
                return folded.at(folded.skip_blank(behind)).is_ascii_digit();
            }
            if folded.at(next) == b'(' {
                return beside::year(folded, at).is_some();
            }
        }
        let letters = folded.bytes[next..].iter().take(10);
        let word_end = next
            + letters
                .take_while(|byte| byte.is_ascii_alphabetic())
                .count();
        let word = &folded.bytes[next..word_end];
        if word.is_empty() || TITLE_ENDS.contains(&word) {
            return false;
        }
        at = word_end;
    }
    false
}
