//! The bytes around a place, so that a webmaster finds them.

use std::fmt::Write as _;

use feeds::Place;

/// Characters before and after the place.
const AROUND: usize = 40;

/// Bytes of a document's beginning.
const BEGINNING: usize = 120;

/// The bytes around a place of a document. For UTF-16 and its like, whose bytes are no lines of
/// text, there is nothing to show.
pub(super) fn around(bytes: &[u8], place: Place, encoding: &str) -> Option<String> {
    if encoding.starts_with("UTF-16") || encoding.starts_with("UTF-32") {
        return None;
    }
    let start = line_start(bytes, place.line)?;
    let rest = &bytes[start..];
    let end = rest.iter().position(|byte| *byte == b'\n');
    // An empty line has nothing to show but its end and what follows.
    let line = match end {
        Some(0) => &rest[..rest.len().min(2 * AROUND)],
        Some(end) => &rest[..end],
        None => rest,
    };
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let characters = characters(line);
    let from = (place.column - 1).saturating_sub(AROUND);
    let shown: String = characters.skip(from).take(2 * AROUND).collect();
    (!shown.is_empty()).then_some(shown)
}

fn line_start(bytes: &[u8], line: usize) -> Option<usize> {
    match line.checked_sub(2) {
        None => Some(0),
        Some(ends_before) => bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .nth(ends_before)
            .map(|(at, _)| at + 1),
    }
}

/// How a document begins.
pub(super) fn beginning(bytes: &[u8]) -> String {
    characters(&bytes[..bytes.len().min(BEGINNING)]).collect()
}

/// Each character of a line; what is none, or cannot be seen, as `\x00`.
fn characters(line: &[u8]) -> impl Iterator<Item = String> {
    line.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid().chars().map(|character| match character {
            '\t' => " ".to_owned(),
            control if control.is_control() => {
                let mut bytes = [0; 4];
                escaped(control.encode_utf8(&mut bytes).as_bytes())
            }
            other => other.to_string(),
        });
        let invalid = Some(chunk.invalid()).filter(|bytes| !bytes.is_empty());
        valid.chain(invalid.map(escaped)).collect::<Vec<_>>()
    })
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\x{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_at_a_place_is_shown_byte_for_byte() {
        let place = |line, column| Place { line, column };
        for (bytes, at, encoding, expected) in [
            (
                &b"<rss>\n<a & b>\n"[..],
                place(2, 4),
                "UTF-8",
                Some("<a & b>"),
            ),
            (
                b"S\xe0 x\x01",
                place(1, 2),
                "windows-1258",
                Some("S\\xe0 x\\x01"),
            ),
            (b"\n\n<?xml", place(1, 1), "UTF-8", Some("\\x0a\\x0a<?xml")),
            (b"x", place(9, 1), "UTF-8", None),
            (b"x", place(1, 1), "UTF-16LE", None),
            (b"", place(1, 1), "UTF-8", None),
        ] {
            assert_eq!(
                around(bytes, at, encoding).as_deref(),
                expected,
                "{bytes:?}"
            );
        }
        let long = format!("{}&{}", "ộ".repeat(100), "b".repeat(100));
        let shown = around(long.as_bytes(), place(1, 101), "UTF-8").unwrap();
        assert_eq!(shown.chars().count(), 80);
        assert_eq!(shown.chars().nth(40), Some('&'));
    }
}
