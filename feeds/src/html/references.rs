//! References in markup: made absolute, and the first picture.

use std::borrow::Cow;

use super::{Token, attributes, decode_entities, escape, tokens};
use crate::addresses;
use crate::allowance::Allowance;

/// Elements with a base of their own that nest deeper keep the base around them.
const MOST_BASES: usize = 32;

/// Of the names of attributes that hold references: `xlink:href`, `background`, `formaction`.
const LONGEST_NAME: usize = 10;

/// References in `href`, `src` and their like made absolute against the base (and `xml:base`), as
/// far as the allowance goes.
pub(crate) fn resolve_references<'a>(
    markup: &'a str,
    base: &str,
    allowance: &mut Allowance,
) -> Cow<'a, str> {
    let mut resolved = String::new();
    let mut kept = 0;
    // Elements that set a base of their own, with how deep they stand.
    let mut bases: Vec<(usize, String)> = Vec::new();
    let has_bases = markup.contains("xml:base");
    let mut depth = 0_usize;
    'tags: for token in tokens(markup) {
        let Token::Tag {
            is_end,
            attributes: text,
            raw,
            ..
        } = token
        else {
            continue;
        };
        if has_bases {
            if is_end {
                bases.retain(|(opened, _)| *opened < depth);
                depth = depth.saturating_sub(1);
            } else if !raw.ends_with("/>") {
                depth += 1;
            }
        }
        if is_end || text.is_empty() {
            continue;
        }
        if has_bases
            && bases.len() < MOST_BASES
            && let Some((_, own)) = attributes(text).find(|(name, _)| *name == "xml:base")
        {
            let outer = bases.last().map_or(base, |(_, base)| base);
            let own = addresses::resolve(&decode_entities(own), Some(outer)).into_owned();
            if addresses::is_base(&own) {
                bases.push((depth, own));
            }
        }
        let base = bases.last().map_or(base, |(_, base)| base);
        for (name, value) in attributes(text) {
            // An attribute without a value stays without one.
            if value.is_empty()
                || !is_reference_attribute(name.as_bytes())
                || addresses::is_absolute(value.trim())
            {
                continue;
            }
            let decoded = decode_entities(value.trim());
            let absolute = if name.eq_ignore_ascii_case("srcset") {
                resolve_candidates(&decoded, base, value.len() + allowance.left())
            } else {
                addresses::resolve(&decoded, Some(base)).into_owned()
            };
            if absolute == decoded {
                continue;
            }
            let absolute = escape(&absolute).replace('"', "&quot;");
            if !allowance.take(absolute.len().saturating_sub(value.len())) {
                break 'tags;
            }
            let start = value.as_ptr() as usize - markup.as_ptr() as usize;
            resolved.push_str(&markup[kept..start]);
            resolved.push_str(&absolute);
            kept = start + value.len();
        }
    }
    if kept == 0 {
        return Cow::Borrowed(markup);
    }
    resolved.push_str(&markup[kept..]);
    Cow::Owned(resolved)
}

/// The address of the first picture.
pub(crate) fn first_image(markup: &str) -> Option<Cow<'_, str>> {
    let bytes = markup.as_bytes();
    // Comments and scripts may hide a picture: then everything is looked at from the start.
    let mut may_be_hidden = false;
    let at = memchr::memchr_iter(b'<', bytes).find(|at| {
        let name = bytes.get(at + 1..at + 4).unwrap_or_default();
        may_be_hidden |= matches!(name, [b'!' | b's' | b'S' | b'x' | b'X' | b'n' | b'N', ..]);
        name.eq_ignore_ascii_case(b"img")
    })?;
    tokens(&markup[if may_be_hidden { 0 } else { at }..]).find_map(|token| match token {
        Token::Tag {
            name,
            is_end: false,
            attributes: text,
            ..
        } if name.eq_ignore_ascii_case("img") => attributes(text)
            .find(|(name, value)| name.eq_ignore_ascii_case("src") && !value.is_empty())
            .map(|(_, value)| decode_entities(value.trim())),
        _ => None,
    })
}

/// What references stand in markup, as far as can be seen without taking it apart.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct References {
    /// Something looks like a relative reference.
    pub relative: bool,
    /// Something looks like the source of a picture.
    pub source: bool,
}

/// Looks for references in markup.
pub(crate) fn references(markup: &str) -> References {
    let bytes = markup.as_bytes();
    let mut found = References::default();
    for at in memchr::memchr_iter(b'=', bytes) {
        let before = bytes[..at].trim_ascii_end();
        let name_start = before
            .iter()
            .rposition(|byte| !byte.is_ascii_alphabetic() && *byte != b':')
            .map_or(0, |last| last + 1);
        // No name is longer, and no letter of a longer text counts twice.
        let name = &before[name_start.max(before.len().saturating_sub(LONGEST_NAME + 1))..];
        if !is_reference_attribute(name) {
            continue;
        }
        found.source |= name.eq_ignore_ascii_case(b"src");
        let value = bytes[at + 1..].trim_ascii_start();
        let value = value
            .strip_prefix(b"\"")
            .or(value.strip_prefix(b"'"))
            .unwrap_or(value);
        found.relative |= !value.starts_with(b"http://") && !value.starts_with(b"https://");
        if found.relative && found.source {
            break;
        }
    }
    found
}

/// `srcset`: candidates separated by commas, each an address and a size. Ends early once it is longer
/// than can be kept: a candidate may be two bytes, and what it becomes as long as the base.
fn resolve_candidates(candidates: &str, base: &str, most: usize) -> String {
    let mut resolved = String::new();
    for candidate in candidates.split(", ").map(str::trim) {
        let end = candidate
            .find(char::is_whitespace)
            .unwrap_or(candidate.len());
        let (address, size) = candidate.split_at(end);
        if !resolved.is_empty() {
            resolved.push_str(", ");
        }
        resolved.push_str(&addresses::resolve(address, Some(base)));
        resolved.push_str(size);
        if resolved.len() > most {
            break;
        }
    }
    resolved
}

fn is_reference_attribute(name: &[u8]) -> bool {
    let known: &[&str] = match name.len() {
        3 => &["src"],
        4 => &["href", "cite", "data"],
        6 => &["srcset", "action", "poster", "usemap"],
        7 => &["classid", "profile"],
        8 => &["longdesc", "codebase"],
        10 => &["background", "xlink:href", "formaction"],
        _ => return false,
    };
    known
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
