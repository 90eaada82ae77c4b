//! Vietnamese in an encoding of old, recognised and written in Unicode.
//!
//! The fonts of the nineties (ABC with TCVN3, VNI) gave the letters of Latin-1 other shapes; text
//! written for them looks broken without them (`LuËt §Êt ®ai`, `Luaät Ñaát ñai`). The same comes of
//! windows-1258 or UTF-8 read as windows-1252. What a text says is decided by the spelling of
//! Vietnamese: words that cannot be Vietnamese as they stand and are after decoding speak for an
//! encoding, words that are spoilt by decoding against it.

mod reading;
mod spelling;
mod tables;
mod utf8;

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use self::reading::Reading;
use self::spelling::is_syllable;

/// An encoding in which text is mistaken for Latin letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// TCVN 5712:1993 (VN3), of the ABC fonts (`.VnTime`).
    Tcvn3,
    /// VNI-Windows (`VNI-Times`).
    Vni,
    /// windows-1258 read as windows-1252.
    Windows1258,
    /// UTF-8 read as windows-1252 or Latin-1, once or several times.
    Utf8,
}

/// A text written anew; see [`repair`].
#[derive(Debug, Clone, PartialEq)]
pub struct Repaired {
    /// The text in composed Unicode.
    pub text: String,
    /// What it was in.
    pub encoding: Encoding,
    /// How sure it is, from 0 to 1: the share of decoded words that are Vietnamese only so, less
    /// the fewer they are. Two words give 0.75, ten without an exception more than 0.99.
    pub confidence: f64,
    /// Share of the text's words that were changed, from 0 to 1. Little means that the rest was in
    /// Unicode already.
    pub share: f64,
}

/// One word alone is Vietnamese in some encoding by chance.
const MIN_SUSPICIOUS: usize = 2;

/// Writes a text in Unicode that is in an encoding of old, wholly or in part. `None` when it is
/// fine as it is: Vietnamese in Unicode, composed or not, or any other language.
///
/// It must be asked before invisible characters are taken out, of which TCVN3 uses one as `ư`. The
/// TCVN3 fonts write capitals with a tone by another font that nothing tells of; they are put back
/// in words of capitals and at the beginning of the text.
pub fn repair(text: &str) -> Option<Repaired> {
    if text.is_ascii() {
        return None;
    }
    if let Some(undone) = utf8::undo(text) {
        let sure = ratio(undone.repaired, undone.repaired + undone.broken);
        return Some(Repaired {
            share: ratio(undone.words, words(&undone.text).len()),
            text: undone.text,
            encoding: Encoding::Utf8,
            confidence: sure * certainty(undone.repaired + 1),
        });
    }
    let words = words(text);
    // Nearly all texts end here, having been looked through once.
    let suspicious = words
        .iter()
        .filter(|at| is_suspicious(&text[at.start..at.end]));
    if suspicious.take(MIN_SUSPICIOUS).count() < MIN_SUSPICIOUS {
        return None;
    }
    [Encoding::Tcvn3, Encoding::Vni, Encoding::Windows1258]
        .into_iter()
        .filter_map(|encoding| Reading::new(text, &words, encoding))
        .max_by(|a, b| a.evidence.total_cmp(&b.evidence))
        .map(Reading::write)
}

/// Whether a word is of Latin-1 and not Vietnamese as it stands.
fn is_suspicious(word: &str) -> bool {
    // In UTF-8, letters beyond Latin-1 begin with C4 or more.
    !word.is_ascii() && word.bytes().all(|byte| byte < 0xc4) && !is_syllable(word)
}

/// Where the words of a text stand. The fonts' letters include signs, so signs of Latin-1 are
/// taken for letters.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        let is_letter = letter.is_alphabetic()
            || matches!(letter, '\u{a1}'..='\u{ff}')
            || is_combining_mark(letter);
        if is_letter {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            words.push(start..at);
        }
    }
    words.extend(start.map(|start| start..text.len()));
    words
}

/// How far so many witnesses can be believed: each halves the doubt.
fn certainty(witnesses: usize) -> f64 {
    1.0 - 0.5_f64.powi(i32::try_from(witnesses).unwrap_or(i32::MAX))
}

fn ratio(part: usize, whole: usize) -> f64 {
    number(part) / number(whole.max(1))
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
