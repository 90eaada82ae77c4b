//! Character references and named entities.

use std::borrow::Cow;

/// Character references and HTML's named entities decoded once; what is none stays as it stands.
pub(crate) fn decode_entities(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut decoded = String::new();
    let (mut kept, mut at) = (0, first);
    loop {
        let rest = &text[at + 1..];
        let end = rest
            .bytes()
            .take(40)
            .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'#'))
            .unwrap_or(rest.len().min(40));
        let mut step = 1;
        if rest.as_bytes().get(end) == Some(&b';')
            && let Some(character) = reference(&rest[..end])
        {
            decoded.push_str(&text[kept..at]);
            character.push_to(&mut decoded);
            step = end + 2;
            kept = at + step;
        }
        match memchr::memchr(b'&', &text.as_bytes()[at + step..]) {
            Some(next) => at += step + next,
            None => break,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    decoded.push_str(&text[kept..]);
    Cow::Owned(decoded)
}

/// What a reference stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Referenced {
    Character(char),
    Named(&'static str),
    /// A number that is no character: dropped.
    Nothing,
}

impl Referenced {
    /// Whether it surely has nothing to compose with.
    pub(crate) fn is_composed(self) -> bool {
        match self {
            Self::Character(character) => character < '\u{300}',
            Self::Named(characters) => characters.chars().all(|character| character < '\u{300}'),
            Self::Nothing => true,
        }
    }

    pub(crate) fn push_to(self, text: &mut String) {
        match self {
            Self::Character(character) => text.push(character),
            Self::Named(characters) => text.push_str(characters),
            Self::Nothing => {}
        }
    }
}

/// The meaning of what stands between `&` and `;`.
pub(crate) fn reference(name: &str) -> Option<Referenced> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Some(Referenced::Character('&')),
            "lt" => Some(Referenced::Character('<')),
            "gt" => Some(Referenced::Character('>')),
            "quot" => Some(Referenced::Character('"')),
            "apos" => Some(Referenced::Character('\'')),
            "nbsp" => Some(Referenced::Character('\u{a0}')),
            _ => html_escape::NAMED_ENTITIES
                .binary_search_by(|(known, _)| (*known).cmp(name.as_bytes()))
                .ok()
                .map(|index| Referenced::Named(html_escape::NAMED_ENTITIES[index].1)),
        };
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    if number.is_empty() || number.starts_with('+') {
        return None;
    }
    let code = match code {
        Ok(code) => code,
        Err(error) => match error.kind() {
            std::num::IntErrorKind::PosOverflow => return Some(Referenced::Nothing),
            _ => return None,
        },
    };
    Some(match char::from_u32(code) {
        Some(character) if is_xml_character(character) => {
            Referenced::Character(windows_1252(character))
        }
        _ => Referenced::Nothing,
    })
}

/// XML 1.0 §2.2.
pub(crate) fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// U+0080 to U+009F mean Windows-1252, as browsers read them.
pub(crate) fn windows_1252(character: char) -> char {
    let Ok(byte @ 0x80..=0x9f) = u8::try_from(character) else {
        return character;
    };
    let (text, _) =
        encoding_rs::WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
    text.chars().next().unwrap_or(character)
}
