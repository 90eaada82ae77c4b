//! Vietnamese in the font encodings of old, recognised by letters that no language puts together.
//!
//! They are only reported here: what the text says is worked out where Vietnamese is understood.

use crate::problem::ProblemCode;

/// So many signs make it sure.
const ENOUGH: usize = 3;

/// Which font encoding a text is in, if it is one.
pub(crate) fn detect<'t>(texts: impl Iterator<Item = &'t str>) -> Option<ProblemCode> {
    let (mut tcvn3, mut vni) = (0, 0);
    for text in texts.filter(|text| !text.is_ascii() && !is_unicode_vietnamese(text)) {
        let mut previous = ' ';
        for character in text.chars().take(2000) {
            tcvn3 += usize::from(is_tcvn3(previous, character));
            vni += usize::from(is_vni(previous, character));
            previous = character;
        }
        if tcvn3 >= ENOUGH && tcvn3 >= vni {
            return Some(ProblemCode::LegacyTcvn3);
        }
        if vni >= ENOUGH {
            return Some(ProblemCode::LegacyVni);
        }
    }
    None
}

/// Whether a letter of U+1E80 to U+1EFF stands in it, which no old font gives: E1 BA or E1 BB.
fn is_unicode_vietnamese(text: &str) -> bool {
    memchr::memchr_iter(0xe1, text.as_bytes())
        .any(|at| matches!(text.as_bytes().get(at + 1), Some(0xba | 0xbb)))
}

/// TCVN3 read as Latin-1: signs within a word.
fn is_tcvn3(previous: char, character: char) -> bool {
    let is_sign = |character| {
        matches!(
            character,
            'µ' | '¸'
                | '¶'
                | '·'
                | '¹'
                | '¨'
                | '»'
                | '¾'
                | '¼'
                | '½'
                | '©'
                | 'ª'
                | '«'
                | '¬'
                | '®'
        )
    };
    is_sign(character) && previous.is_ascii_alphabetic()
        || is_sign(previous) && character.is_ascii_lowercase()
}

/// VNI read as Latin-1: each accent stands as a letter of its own after its vowel.
fn is_vni(previous: char, character: char) -> bool {
    matches!(
        character,
        'ä' | 'ø' | 'û' | 'õ' | 'å' | 'ù' | 'ï' | 'Ä' | 'Ø' | 'Û' | 'Õ' | 'Å' | 'Ù' | 'Ï'
    ) && matches!(
        previous,
        'a' | 'e' | 'o' | 'u' | 'ô' | 'A' | 'E' | 'O' | 'U' | 'Ô'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_fonts_are_reported() {
        let table = [
            (
                "Phæ biÕn luËt hßa gi¶i ë c¬ së, v¨n hãa th«n",
                Some(ProblemCode::LegacyTcvn3),
            ),
            ("Luaät Hoøa giaûi ôû cô sôû", Some(ProblemCode::LegacyVni)),
            ("Phổ biến luật hòa giải ở cơ sở, hoà thuận, quả đoán", None),
            ("naïve Noël über Señor façade © 2024", None),
        ];
        for (text, expected) in table {
            assert_eq!(detect([text].into_iter()), expected, "{text}");
        }
    }
}
