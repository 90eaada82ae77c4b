//! The HTTP `Link` field, read leniently (RFC 8288 §3 and appendix B.2).

use std::borrow::Cow;

/// One link of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldLink<'a> {
    pub target: &'a str,
    /// Relation types, separated by blanks.
    pub relations: Cow<'a, str>,
    pub anchor: Option<Cow<'a, str>>,
}

/// The links of a field value; what is none is passed over.
pub(super) fn links(field: &str) -> impl Iterator<Item = FieldLink<'_>> {
    let mut rest = field;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let Some((target, parameters)) = after.split_once('>') else {
            rest = "";
            return None;
        };
        let mut link = FieldLink {
            target: target.trim(),
            relations: Cow::Borrowed(""),
            anchor: None,
        };
        rest = parameters;
        let mut has_relations = false;
        while let Some((name, value, after)) = parameter(rest) {
            rest = after;
            if name.eq_ignore_ascii_case("rel") && !has_relations {
                // RFC 8288 §3.3: only the first counts.
                has_relations = true;
                link.relations = value;
            } else if name.eq_ignore_ascii_case("anchor") {
                link.anchor.get_or_insert(value);
            }
        }
        Some(link)
    })
}

/// The next `; name=value` of a link, and what follows; `None` at the link's end.
fn parameter(text: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let text = text.trim_start().strip_prefix(';')?.trim_start();
    let name_end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, after) = text.split_at(name_end);
    let name = name.trim_end();
    let Some(value) = after.strip_prefix('=') else {
        return Some((name, Cow::Borrowed(""), after));
    };
    let value = value.trim_start();
    if let Some(quoted) = value.strip_prefix('"') {
        let (value, after) = unquote(quoted);
        return Some((name, value, after));
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    let (value, after) = value.split_at(end);
    Some((name, Cow::Borrowed(value.trim_end()), after))
}

/// The text up to the closing quotation mark, or to the end where there is none.
fn unquote(text: &str) -> (Cow<'_, str>, &str) {
    let Some(end) = text.find(['"', '\\']) else {
        return (Cow::Borrowed(text), "");
    };
    if text.as_bytes()[end] == b'"' {
        return (Cow::Borrowed(&text[..end]), &text[end + 1..]);
    }
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (Cow::Owned(value), &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (Cow::Owned(value), "")
}
