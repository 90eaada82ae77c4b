//! The encodings of old, as their bytes look when they are read as Latin-1 or windows-1252.

use unicode_normalization::UnicodeNormalization;

/// Code and letter of TCVN 5712:1993 (VN3), the encoding of the ABC fonts.
#[rustfmt::skip]
const TCVN3: [(char, char); 74] = [
    ('¡', 'Ă'), ('¢', 'Â'), ('£', 'Ê'), ('¤', 'Ô'), ('¥', 'Ơ'), ('¦', 'Ư'), ('§', 'Đ'),
    ('¨', 'ă'), ('©', 'â'), ('ª', 'ê'), ('«', 'ô'), ('¬', 'ơ'), ('\u{ad}', 'ư'), ('®', 'đ'),
    ('µ', 'à'), ('¶', 'ả'), ('·', 'ã'), ('¸', 'á'), ('¹', 'ạ'),
    ('»', 'ằ'), ('¼', 'ẳ'), ('½', 'ẵ'), ('¾', 'ắ'), ('Æ', 'ặ'),
    ('Ç', 'ầ'), ('È', 'ẩ'), ('É', 'ẫ'), ('Ê', 'ấ'), ('Ë', 'ậ'),
    ('Ì', 'è'), ('Î', 'ẻ'), ('Ï', 'ẽ'), ('Ð', 'é'), ('Ñ', 'ẹ'),
    ('Ò', 'ề'), ('Ó', 'ể'), ('Ô', 'ễ'), ('Õ', 'ế'), ('Ö', 'ệ'),
    ('×', 'ì'), ('Ø', 'ỉ'), ('Ü', 'ĩ'), ('Ý', 'í'), ('Þ', 'ị'),
    ('ß', 'ò'), ('á', 'ỏ'), ('â', 'õ'), ('ã', 'ó'), ('ä', 'ọ'),
    ('å', 'ồ'), ('æ', 'ổ'), ('ç', 'ỗ'), ('è', 'ố'), ('é', 'ộ'),
    ('ê', 'ờ'), ('ë', 'ở'), ('ì', 'ỡ'), ('í', 'ớ'), ('î', 'ợ'),
    ('ï', 'ù'), ('ñ', 'ủ'), ('ò', 'ũ'), ('ó', 'ú'), ('ô', 'ụ'),
    ('õ', 'ừ'), ('ö', 'ử'), ('÷', 'ữ'), ('ø', 'ứ'), ('ù', 'ự'),
    ('ú', 'ỳ'), ('û', 'ỷ'), ('ü', 'ỹ'), ('ý', 'ý'), ('þ', 'ỵ'),
];

/// A letter of VNI-Windows that stands alone.
#[rustfmt::skip]
const VNI_SINGLE: [(char, char); 9] = [
    ('ì', 'ì'), ('í', 'í'), ('æ', 'ỉ'), ('ó', 'ĩ'), ('ò', 'ị'), ('î', 'ỵ'), ('ñ', 'đ'), ('ô', 'ơ'),
    ('ö', 'ư'),
];

/// A letter of VNI-Windows and the accent behind it, which is a letter of its own there.
#[rustfmt::skip]
const VNI_PAIRS: [(char, char, char); 58] = [
    ('a', 'ø', 'à'), ('a', 'ù', 'á'), ('a', 'û', 'ả'), ('a', 'õ', 'ã'), ('a', 'ï', 'ạ'),
    ('a', 'â', 'â'), ('a', 'à', 'ầ'), ('a', 'á', 'ấ'), ('a', 'å', 'ẩ'), ('a', 'ã', 'ẫ'),
    ('a', 'ä', 'ậ'),
    ('a', 'ê', 'ă'), ('a', 'è', 'ằ'), ('a', 'é', 'ắ'), ('a', 'ú', 'ẳ'), ('a', 'ü', 'ẵ'),
    ('a', 'ë', 'ặ'),
    ('e', 'ø', 'è'), ('e', 'ù', 'é'), ('e', 'û', 'ẻ'), ('e', 'õ', 'ẽ'), ('e', 'ï', 'ẹ'),
    ('e', 'â', 'ê'), ('e', 'à', 'ề'), ('e', 'á', 'ế'), ('e', 'å', 'ể'), ('e', 'ã', 'ễ'),
    ('e', 'ä', 'ệ'),
    ('o', 'ø', 'ò'), ('o', 'ù', 'ó'), ('o', 'û', 'ỏ'), ('o', 'õ', 'õ'), ('o', 'ï', 'ọ'),
    ('o', 'â', 'ô'), ('o', 'à', 'ồ'), ('o', 'á', 'ố'), ('o', 'å', 'ổ'), ('o', 'ã', 'ỗ'),
    ('o', 'ä', 'ộ'),
    ('ô', 'ø', 'ờ'), ('ô', 'ù', 'ớ'), ('ô', 'û', 'ở'), ('ô', 'õ', 'ỡ'), ('ô', 'ï', 'ợ'),
    ('u', 'ø', 'ù'), ('u', 'ù', 'ú'), ('u', 'û', 'ủ'), ('u', 'õ', 'ũ'), ('u', 'ï', 'ụ'),
    ('ö', 'ø', 'ừ'), ('ö', 'ù', 'ứ'), ('ö', 'û', 'ử'), ('ö', 'õ', 'ữ'), ('ö', 'ï', 'ự'),
    ('y', 'ø', 'ỳ'), ('y', 'ù', 'ý'), ('y', 'û', 'ỷ'), ('y', 'õ', 'ỹ'),
];

/// Letters of windows-1258 whose bytes are others in windows-1252. The tones are combining marks.
#[rustfmt::skip]
const WINDOWS_1258: [(char, char); 13] = [
    ('Ã', 'Ă'), ('ã', 'ă'), ('Ð', 'Đ'), ('ð', 'đ'), ('Õ', 'Ơ'), ('õ', 'ơ'), ('Ý', 'Ư'), ('ý', 'ư'),
    ('Ì', '\u{300}'), ('Ò', '\u{309}'), ('Þ', '\u{303}'), ('ì', '\u{301}'), ('ò', '\u{323}'),
];

/// What windows-1252 puts in the place of the control codes 80 to 9F.
#[rustfmt::skip]
const WINDOWS_1252: [(char, u8); 27] = [
    ('€', 0x80), ('‚', 0x82), ('ƒ', 0x83), ('„', 0x84), ('…', 0x85), ('†', 0x86), ('‡', 0x87),
    ('ˆ', 0x88), ('‰', 0x89), ('Š', 0x8a), ('‹', 0x8b), ('Œ', 0x8c), ('Ž', 0x8e), ('‘', 0x91),
    ('’', 0x92), ('“', 0x93), ('”', 0x94), ('•', 0x95), ('–', 0x96), ('—', 0x97), ('˜', 0x98),
    ('™', 0x99), ('š', 0x9a), ('›', 0x9b), ('œ', 0x9c), ('ž', 0x9e), ('Ÿ', 0x9f),
];

/// The byte that gives a letter when read as windows-1252 or Latin-1.
pub(super) fn byte(letter: char) -> Option<u8> {
    u8::try_from(letter).ok().or_else(|| {
        WINDOWS_1252
            .iter()
            .find(|(special, _)| *special == letter)
            .map(|(_, byte)| *byte)
    })
}

/// A word in TCVN3 as Unicode, in the case it was typed in. Vowels with a tone have no capitals
/// there. `None` when a letter has no meaning in it.
pub(super) fn from_tcvn3(word: &str) -> Option<String> {
    word.chars()
        .map(|letter| {
            if letter.is_ascii() {
                return Some(letter);
            }
            TCVN3
                .iter()
                .find(|(code, _)| *code == letter)
                .map(|(_, meaning)| *meaning)
        })
        .collect()
}

/// A word in VNI-Windows as Unicode. `None` when an accent has no letter.
pub(super) fn from_vni(word: &str) -> Option<String> {
    let mut decoded = String::with_capacity(word.len());
    let mut letters = word.chars().peekable();
    while let Some(letter) = letters.next() {
        let base = lower(letter);
        let mark = letters.peek().copied().map(lower);
        let pair = VNI_PAIRS
            .iter()
            .find(|(first, second, _)| *first == base && Some(*second) == mark);
        let meaning = if let Some((_, _, meaning)) = pair {
            letters.next();
            *meaning
        } else if letter.is_ascii() {
            base
        } else {
            VNI_SINGLE.iter().find(|(code, _)| *code == base)?.1
        };
        if letter == base {
            decoded.push(meaning);
        } else {
            decoded.extend(meaning.to_uppercase());
        }
    }
    Some(decoded)
}

/// A word in windows-1258 that was read as windows-1252. `None` when a tone has no vowel.
pub(super) fn from_windows_1258(word: &str) -> Option<String> {
    let mut decoded = String::with_capacity(word.len() + 4);
    let mut after_vowel = false;
    for letter in word.chars() {
        let meaning = WINDOWS_1258
            .iter()
            .find(|(code, _)| *code == letter)
            .map_or(letter, |(_, meaning)| *meaning);
        let is_tone = matches!(meaning, '\u{300}'..='\u{323}');
        if (is_tone && !after_vowel) || u8::try_from(letter).is_err() {
            return None;
        }
        after_vowel = matches!(
            lower(meaning),
            'a' | 'ă' | 'â' | 'e' | 'ê' | 'i' | 'o' | 'ô' | 'ơ' | 'u' | 'ư' | 'y'
        );
        decoded.push(meaning);
    }
    Some(decoded.nfc().collect())
}

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}
