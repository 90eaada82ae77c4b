//! Documents as a text names them: by number, by title, by both; what stands beside the name.

use aho_corasick::Input;

use super::date::{self, Day};
use super::folded::{Folded, is_word_byte};
use super::gazetteer::{Pattern, is_spelt, syllables};
use super::number::{self, Number, Tail};
use super::{Cited, Gazetteer, Kind};

/// How far a type's word may stand before the number that has it: `Công văn của Sở Tư pháp số`.
const MAX_PHRASE: usize = 60;
/// How many syllables may name a place behind an issuer's name: `UBND tỉnh Thanh Hóa`.
const MAX_PLACE: usize = 6;

/// Longest title that is looked for in brackets, in letters.
const MAX_TITLE: usize = 300;

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

/// A document in a text.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Index behind what only describes it further: `của Chính phủ`.
    pub(super) after: usize,
    pub(super) document_type: usize,
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
) -> Option<(Named, Option<usize>)> {
    let word_start = number::with_word(folded, number.start);
    let adjacent = type_word_before(folded, gazetteer, word_start);
    let word = adjacent
        .or_else(|| distant_word(folded, word_start, number.start, before))
        .map(|word| word.document_type)
        .or_else(|| continued_type(folded, word_start, before));
    let mut after = Surroundings::new(folded, gazetteer, number.end);
    let (document_type, cited) = resolve(gazetteer, number, word, &mut after)?;
    let mut named = Named {
        start: adjacent.map_or(word_start, |word| word.start),
        end: number.end,
        after: number.end,
        document_type,
        cited,
    };
    let in_brackets = matches!(number.tail, Tail::Legislature { .. })
        .then(|| title_in_brackets(folded, gazetteer, number.end))
        .flatten();
    if let Some((title, end)) = in_brackets {
        named.cited.title = Some(title);
        named.end = end;
    }
    finish(folded, gazetteer, &mut named);
    Some((named, word))
}

/// `nghị định 168 năm 2024`, behind its type's word.
pub(super) fn spoken(folded: &Folded<'_>, gazetteer: &Gazetteer, word: TypeWord) -> Option<Named> {
    let at = folded.skip_blank(word.end);
    let at = folded
        .words(at, b"so")
        .map_or(at, |end| folded.skip_blank(end));
    let end = folded.digits(at, 6);
    if !(1..=5).contains(&(end - at)) {
        return None;
    }
    let nam = folded.words(folded.skip_blank(end), b"nam")?;
    let (year, year_end) = date::year(folded, folded.skip_blank(nam))?;
    let ordinal = folded.value(at, end);
    let full = complete(gazetteer, word.document_type, ordinal, year, None)?;
    let mut named = Named {
        start: word.start,
        end: year_end,
        after: year_end,
        document_type: word.document_type,
        cited: full,
    };
    finish(folded, gazetteer, &mut named);
    Some(named)
}

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
    cited.title = Some(title.title.clone());
    cited.document_type = Some(gazetteer.types[title.document_type].slug.clone());
    cited.issuer = gazetteer.passes(title.document_type).map(ToOwned::to_owned);
    cited.year = title.year;
    let mut named = Named {
        start,
        end,
        after: end,
        document_type: title.document_type,
        cited,
    };
    if is_amended(folded, start) {
        return Some(named);
    }
    let plain_end = named.end;
    let amended = skip_amended(folded, named.end);
    if named.cited.year.is_none()
        && let Some((year, end)) = year_behind(folded, amended)
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
        finish(folded, gazetteer, &mut named);
        if outside {
            let close = folded.skip_blank(named.end);
            if folded.at(close) == b')' {
                named.end = close + 1;
            }
            if named.cited.date.is_none() {
                finish(folded, gazetteer, &mut named);
            }
        }
        return Some(named);
    }
    finish(folded, gazetteer, &mut named);
    if named.end == plain_end && title_goes_on(folded, plain_end) {
        return None;
    }
    if named.cited.date.is_none() && named.end == plain_end {
        named.after = named.after.max(amended);
    }
    Some(named)
}

/// Type, year and canonical number of what stands in the text.
fn resolve(
    gazetteer: &Gazetteer,
    number: &Number,
    word: Option<usize>,
    after: &mut Surroundings<'_, '_>,
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
            cited = complete(
                gazetteer,
                document_type,
                number.ordinal,
                year,
                after.issuer(),
            )?;
            document_type
        }
        Tail::Nothing => {
            let year = number.year?;
            cited = complete(gazetteer, word?, number.ordinal, year, after.issuer())?;
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

/// The words behind a document, looked at only when needed.
struct Surroundings<'a, 'text> {
    folded: &'a Folded<'text>,
    gazetteer: &'a Gazetteer,
    end: usize,
}

impl<'a, 'text> Surroundings<'a, 'text> {
    fn new(folded: &'a Folded<'text>, gazetteer: &'a Gazetteer, end: usize) -> Self {
        Self {
            folded,
            gazetteer,
            end,
        }
    }

    /// `của Bộ Tư pháp`: how numbers name who issued it.
    fn issuer(&mut self) -> Option<&'a str> {
        let (_, issuer) = issuer_phrase(self.folded, self.gazetteer, self.end)?;
        Some(issuer)
    }
}

/// Index behind `của Bộ Tư pháp` with the issuer's abbreviation.
fn issuer_phrase<'a>(
    folded: &Folded<'_>,
    gazetteer: &'a Gazetteer,
    at: usize,
) -> Option<(usize, &'a str)> {
    let at = folded.skip_blank(at);
    let at = folded.skip_blank(at + usize::from(folded.at(at) == b','));
    let at = folded.skip_blank(folded.words(at, b"cua")?);
    let rest = folded.bytes.get(at..)?;
    let (length, issuer) = gazetteer.issuer_named(rest)?;
    let mut end = at + length;
    // `tỉnh Thanh Hóa`: a level in lower case, then capitals.
    for count in 0..MAX_PLACE {
        let next = folded.skip_blank(end);
        if next == end || !is_word_byte(folded.at(next)) {
            break;
        }
        let word_end = next
            + folded.bytes[next..]
                .iter()
                .take(12)
                .take_while(|&&b| is_word_byte(b))
                .count();
        let level = [
            &b"tinh"[..],
            b"xa",
            b"phuong",
            b"huyen",
            b"thanh",
            b"pho",
            b"thi",
        ];
        let is_level = count < 2 && level.contains(&&folded.bytes[next..word_end]);
        if !is_level && !folded.is_upper(next) {
            break;
        }
        end = word_end;
    }
    Some((end, issuer))
}

/// Takes in the day or year behind a document and passes what describes it.
fn finish(folded: &Folded<'_>, gazetteer: &Gazetteer, named: &mut Named) {
    named.after = named.end;
    let phrase = issuer_phrase(folded, gazetteer, named.end).map(|(end, _)| end);
    for at in [Some(named.end), phrase].into_iter().flatten() {
        if let Some((day, end)) = day_behind(folded, at) {
            named.cited.date = Some(day.iso());
            if named.cited.year.is_none() {
                named.cited.year = i32::try_from(day.year).ok();
            }
            named.end = end;
            named.after = end;
            break;
        }
        if let Some((year, end)) = year_behind(folded, at)
            && named.cited.kind == Kind::Doc
            && at == named.end
        {
            if named.cited.year.is_none() {
                named.cited.year = i32::try_from(year).ok();
                named.end = end;
            }
            named.after = end;
            break;
        }
    }
    let behind = issuer_phrase(folded, gazetteer, named.after).map(|(end, _)| end);
    named.after = named
        .after
        .max(phrase.unwrap_or(0))
        .max(behind.unwrap_or(0));
}

/// `, ngày 15/4/2025`, `ký ngày …`, `(15/4/2025)`.
fn day_behind(folded: &Folded<'_>, at: usize) -> Option<(Day, usize)> {
    let mut at = folded.skip_blank(at);
    let bracket = folded.at(at) == b'(';
    if bracket || folded.at(at) == b',' {
        at = folded.skip_blank(at + 1);
    }
    for words in [&b"ban hanh"[..], b"ki"] {
        at = folded
            .words(at, words)
            .map_or(at, |end| folded.skip_blank(end));
    }
    at = match folded.words(at, b"ngay") {
        Some(end) => folded.skip_blank(end),
        None if bracket => at,
        None => return None,
    };
    let (day, end) = date::day(folded, at)?;
    if !bracket {
        return Some((day, end));
    }
    let close = folded.skip_blank(end);
    (folded.at(close) == b')').then_some((day, close + 1))
}

/// ` năm 2024`, ` 2024`, ` (2024)`, ` (năm 2024)`.
fn year_behind(folded: &Folded<'_>, at: usize) -> Option<(u32, usize)> {
    let mut at = folded.skip_blank(at);
    let bracket = folded.at(at) == b'(';
    if bracket {
        at = folded.skip_blank(at + 1);
    }
    at = folded
        .words(at, b"nam")
        .map_or(at, |end| folded.skip_blank(end));
    let (year, end) = date::year(folded, at)?;
    if !bracket {
        return Some((year, end));
    }
    let close = folded.skip_blank(end);
    (folded.at(close) == b')').then_some((year, close + 1))
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
fn title_in_brackets(
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
    whole.then(|| (title.title.clone(), close + 1))
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
        && year_behind(folded, end).is_none();
    if compound || subject || common {
        return false;
    }
    is_spelt(&syllables(&folded.surface(start, end)), spelling)
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
                return year_behind(folded, at).is_some();
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
    matches!(
        between,
        b", " | b"; " | b" va " | b" hoac " | b" & " | b", va "
    )
    .then_some(document_type)
    .flatten()
}
