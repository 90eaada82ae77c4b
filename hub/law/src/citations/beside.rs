//! What stands beside a document's name: the day or year of issue, the issuer's name.

use super::date::{self, Day};
use super::document::Named;
use super::folded::{Folded, is_word_byte};
use super::{Gazetteer, Kind};

/// How many syllables may name a place behind an issuer's name: `UBND tỉnh Thanh Hóa`.
const MAX_PLACE: usize = 6;

/// Index behind `của Bộ Tư pháp` with the issuer's abbreviation.
pub(super) fn issuer<'a>(
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
pub(super) fn take_in(folded: &Folded<'_>, gazetteer: &Gazetteer, named: &mut Named) {
    named.after = named.end;
    let phrase = issuer(folded, gazetteer, named.end).map(|(end, _)| end);
    for at in [Some(named.end), phrase].into_iter().flatten() {
        if let Some((day, end)) = day(folded, at) {
            named.cited.date = Some(day.iso());
            if named.cited.year.is_none() {
                named.cited.year = i32::try_from(day.year).ok();
            }
            named.end = end;
            named.after = end;
            break;
        }
        if let Some((year, end)) = year(folded, at)
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
    let behind = issuer(folded, gazetteer, named.after).map(|(end, _)| end);
    named.after = named
        .after
        .max(phrase.unwrap_or(0))
        .max(behind.unwrap_or(0));
}

/// `, ngày 15/4/2025`, `ký ngày …`, `(15/4/2025)`.
fn day(folded: &Folded<'_>, at: usize) -> Option<(Day, usize)> {
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
pub(super) fn year(folded: &Folded<'_>, at: usize) -> Option<(u32, usize)> {
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
