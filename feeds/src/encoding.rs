//! Which encoding the bytes are in, and the text in them.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::parse::Hints;
use crate::problem::{ProblemCode, Problems};

/// How far the XML declaration may reach.
const DECLARATION_LENGTH: usize = 400;

/// A document, or its beginning, as text, and the name of the encoding that it was read in: as [`parse`](crate::parse())
/// reads it.
pub fn text<'a>(bytes: &'a [u8], hints: &Hints<'_>) -> (Cow<'a, str>, &'static str) {
    decode(bytes, hints.content_type, &mut Problems::default())
}

/// The whole document as text, and the name of the encoding it was read in.
///
/// A byte-order mark decides; then bytes that are valid UTF-8 with something beyond ASCII in it
/// are UTF-8 whatever is said of them; then HTTP, then the XML declaration.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    problems: &mut Problems,
) -> (Cow<'a, str>, &'static str) {
    if let Some(decoded) = by_mark(bytes, problems) {
        return decoded;
    }
    let http = content_type.and_then(charset).and_then(known);
    let declared = declared_label(bytes).and_then(known);
    let named = [http, declared].into_iter().flatten().find(|named| {
        // A document in UTF-16 has a mark or zero bytes; without either the label is wrong.
        ![UTF_16LE, UTF_16BE].contains(&named.encoding)
    });
    let labels = [content_type.and_then(charset), declared_label(bytes)];
    if let Some(bogus) = labels
        .into_iter()
        .flatten()
        .find(|label| known(label).is_none())
    {
        problems.add_found(ProblemCode::EncodingMismatch, None, bogus);
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return valid_utf8(text, http, declared, named, problems);
    }
    let named = match (http, declared) {
        // What servers say by default loses against what the document says of itself.
        (Some(http), Some(declared)) if http.is_latin1() && !declared.is_utf() => Some(declared),
        _ => named,
    };
    let encoding = match named {
        Some(named) if !named.is_utf() => named,
        _ if is_mostly_utf8(bytes) => Named {
            encoding: UTF_8,
            name: "utf-8",
        },
        _ => guess(bytes),
    };
    // Without a name, XML is in UTF-8.
    if named.map_or(UTF_8, |named| named.encoding) != encoding.encoding {
        problems.add(ProblemCode::EncodingMismatch, None);
    }
    if encoding.encoding == UTF_8 {
        return (spoilt_utf8(bytes, problems), encoding.name);
    }
    let (text, had_errors) = encoding.encoding.decode_without_bom_handling(bytes);
    if had_errors {
        problems.add(ProblemCode::InvalidBytes, None);
    }
    (text, encoding.name)
}

/// UTF-8 with other bytes in it, which are taken as what editors of old wrote.
fn spoilt_utf8<'a>(bytes: &'a [u8], problems: &mut Problems) -> Cow<'a, str> {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    problems.add(ProblemCode::InvalidBytes, Encoding::utf8_valid_up_to(bytes));
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            single @ [_] => text.push_str(&WINDOWS_1252.decode_without_bom_handling(single).0),
            _ => text.push('\u{fffd}'),
        }
    }
    Cow::Owned(text)
}

/// The encoding that the bytes look like where nothing is said of it.
fn guess(bytes: &[u8]) -> Named {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Deny);
    Named {
        encoding,
        name: encoding.name(),
    }
}

/// The charset of a Content-Type header.
pub(crate) fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches(['"', '\'']))
    })
}

#[derive(Debug, Clone, Copy)]
struct Named {
    encoding: &'static Encoding,
    name: &'static str,
}

impl Named {
    fn is_latin1(self) -> bool {
        self.encoding == WINDOWS_1252
    }

    fn is_utf(self) -> bool {
        [UTF_8, UTF_16LE, UTF_16BE].contains(&self.encoding)
    }
}

/// The encoding of a label; Latin-1 and ASCII are decoded as their superset, and keep their names.
fn known(label: &str) -> Option<Named> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    let lower = label.to_ascii_lowercase();
    let name = match lower.as_str() {
        "iso-8859-1" | "latin1" | "iso8859-1" | "iso_8859-1" => "iso-8859-1",
        "us-ascii" | "ascii" => "us-ascii",
        _ if encoding == UTF_8 => "utf-8",
        _ => encoding.name(),
    };
    Some(Named { encoding, name })
}

fn valid_utf8<'a>(
    text: &'a str,
    http: Option<Named>,
    declared: Option<Named>,
    named: Option<Named>,
    problems: &mut Problems,
) -> (Cow<'a, str>, &'static str) {
    if !text.is_ascii() {
        let says_otherwise =
            |named: Option<Named>| named.is_some_and(|named| named.encoding != UTF_8);
        if says_otherwise(declared) || (says_otherwise(http) && declared.is_none()) {
            problems.add(ProblemCode::EncodingMismatch, None);
        } else if says_otherwise(http) {
            problems.add_found(ProblemCode::EncodingMismatch, None, "the charset in HTTP");
        }
        return (Cow::Borrowed(text), "utf-8");
    }
    match named {
        // ISO-2022-JP writes everything in ASCII bytes.
        Some(named) if !named.encoding.is_ascii_compatible() => {
            let (decoded, _) = named.encoding.decode_without_bom_handling(text.as_bytes());
            (Cow::Owned(decoded.into_owned()), named.name)
        }
        Some(named) => (Cow::Borrowed(text), named.name),
        None => {
            if http.is_some() || declared.is_some() {
                problems.add(ProblemCode::EncodingMismatch, None);
            }
            (Cow::Borrowed(text), "utf-8")
        }
    }
}

/// Byte-order marks, and the zero bytes that wide encodings leave around `<` or `{`.
fn by_mark<'a>(bytes: &'a [u8], problems: &mut Problems) -> Option<(Cow<'a, str>, &'static str)> {
    let wide = |text: String, name| Some((Cow::Owned(text), name));
    match bytes {
        [0, 0, 0xfe, 0xff, rest @ ..] => wide(utf32(rest, u32::from_be_bytes), "utf-32be"),
        [0xff, 0xfe, 0, 0, rest @ ..] => wide(utf32(rest, u32::from_le_bytes), "utf-32le"),
        [0, 0, 0, first, ..] if begins_feed(*first) => {
            wide(utf32(bytes, u32::from_be_bytes), "utf-32be")
        }
        [first, 0, 0, 0, ..] if begins_feed(*first) => {
            wide(utf32(bytes, u32::from_le_bytes), "utf-32le")
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => Some((spoilt_utf8(rest, problems), "utf-8")),
        [0xfe, 0xff, rest @ ..] => Some((utf16(rest, UTF_16BE, problems), "utf-16be")),
        [0xff, 0xfe, rest @ ..] => Some((utf16(rest, UTF_16LE, problems), "utf-16le")),
        [0, first, ..] if begins_feed(*first) => {
            Some((utf16(bytes, UTF_16BE, problems), "utf-16be"))
        }
        [first, 0, next, ..] if begins_feed(*first) && *next != 0 => {
            Some((utf16(bytes, UTF_16LE, problems), "utf-16le"))
        }
        _ => None,
    }
}

/// Markup, JSON, or a blank before them.
fn begins_feed(byte: u8) -> bool {
    matches!(byte, b'<' | b'{' | b' ' | b'\n' | b'\r' | b'\t')
}

fn utf16<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    problems: &mut Problems,
) -> Cow<'a, str> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if had_errors {
        problems.add(ProblemCode::InvalidBytes, None);
    }
    text
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let characters = bytes.chunks_exact(4).map(|chunk| {
        let code = unit([chunk[0], chunk[1], chunk[2], chunk[3]]);
        char::from_u32(code).unwrap_or('\u{fffd}')
    });
    characters
        .filter(|character| *character != '\u{feff}')
        .collect()
}

/// The `encoding` of an XML declaration near the start.
fn declared_label(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(DECLARATION_LENGTH)];
    let start = memchr::memmem::find(head, b"<?xml")?;
    let end = start + memchr::memchr(b'>', &head[start..])?;
    let declaration = &head[start..end];
    let at = memchr::memmem::find(declaration, b"encoding")? + b"encoding".len();
    let value = std::str::from_utf8(&declaration[at..]).ok()?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value
        .chars()
        .next()
        .filter(|first| ['"', '\''].contains(first))?;
    value[1..].split(quote).next()
}

/// Whether the bytes are UTF-8 with a few spoilt places, rather than something else.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    let mut rest = bytes;
    while !rest.is_empty() {
        let valid = Encoding::utf8_valid_up_to(rest);
        good += rest[..valid].iter().filter(|byte| **byte >= 0xc0).count();
        if valid == rest.len() {
            break;
        }
        bad += 1;
        if bad > 1000 && bad > good {
            return false;
        }
        rest = &rest[valid + 1..];
    }
    good > bad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], content_type: &str) -> (String, &'static str, bool) {
        let mut problems = Problems::default();
        let (text, name) = decode(bytes, Some(content_type), &mut problems);
        (
            text.into_owned(),
            name,
            problems.has(ProblemCode::EncodingMismatch),
        )
    }

    #[test]
    fn encodings_are_found_where_they_are_named_wrongly() {
        let utf16 =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let table: [(&[u8], &str, &str, &str, bool); 9] = [
            (
                "<a>đ</a>".as_bytes(),
                "text/xml; charset=iso-8859-1",
                "<a>đ</a>",
                "utf-8",
                true,
            ),
            (
                "<?xml encoding='utf-16'?><a>đ</a>".as_bytes(),
                "text/xml",
                "<?xml encoding='utf-16'?><a>đ</a>",
                "utf-8",
                true,
            ),
            (
                b"\xef\xbb\xbf<a>x</a>",
                "text/xml",
                "<a>x</a>",
                "utf-8",
                false,
            ),
            (
                &utf16("<a>đ</a>"),
                "text/xml",
                "<a>đ</a>",
                "utf-16le",
                false,
            ),
            (
                &utf16("\r\n<a>đ</a>"),
                "text/xml; charset=utf-16le",
                "\r\n<a>đ</a>",
                "utf-16le",
                false,
            ),
            (
                b"<a>\xe9</a>",
                "text/xml; charset=iso-8859-1",
                "<a>é</a>",
                "iso-8859-1",
                false,
            ),
            (
                b"<a>\xe9</a>",
                "text/xml; charset=utf-8",
                "<a>é</a>",
                "windows-1252",
                true,
            ),
            (
                b"<?xml encoding=\"Windows-1258\"?>\xd0",
                "text/xml",
                "<?xml encoding=\"Windows-1258\"?>Đ",
                "windows-1258",
                false,
            ),
            ("đđ\u{fffd}".as_bytes(), "", "đđ\u{fffd}", "utf-8", false),
        ];
        for (bytes, content_type, text, name, mismatch) in table {
            assert_eq!(read(bytes, content_type), (text.to_owned(), name, mismatch));
        }
    }
}
