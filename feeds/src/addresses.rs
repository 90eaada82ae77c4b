//! Addresses as feeds write them: made absolute (RFC 3986 §5), otherwise left as they stand.

use std::borrow::Cow;

use crate::text::trim;

/// A longer base is none: each reference against it would grow by that much.
const LONGEST_BASE: usize = 2048;

/// Whether relative references can be counted from the address.
pub(crate) fn is_base(text: &str) -> bool {
    text.len() <= LONGEST_BASE && is_absolute(text)
}

/// Whether the text begins with a scheme.
pub(crate) fn is_absolute(text: &str) -> bool {
    is_usual(text) || scheme(text).is_some()
}

/// Whether a reader may follow the address or keep it; scripts and inline data are refused.
pub(crate) fn is_safe(text: &str) -> bool {
    const REFUSED: [&str; 6] = ["javascript", "vbscript", "data", "file", "about", "blob"];
    scheme(text).is_none_or(|scheme| !REFUSED.iter().any(|bad| scheme.eq_ignore_ascii_case(bad)))
}

pub(crate) fn is_web(text: &str) -> bool {
    is_usual(text)
        || scheme(text).is_some_and(|scheme| {
            scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
        })
}

/// Whether the text begins as nearly all addresses do.
fn is_usual(text: &str) -> bool {
    text.starts_with("https:") || text.starts_with("http:")
}

/// The address without blanks around it, line breaks in it, a doubled host or a default port.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    let bytes = text.as_bytes();
    let has_breaks = memchr::memchr3(b'\n', b'\r', b'\t', bytes).is_some();
    if !has_breaks && memchr::memchr_iter(b':', bytes).nth(1).is_none() {
        // Neither a port nor a second address.
        return Cow::Borrowed(text);
    }
    let mut tidy = Cow::Borrowed(text);
    if has_breaks {
        tidy = Cow::Owned(
            text.chars()
                .filter(|character| !"\n\r\t".contains(*character))
                .collect(),
        );
    }
    if let Some(second) = doubled_host(&tidy) {
        tidy = Cow::Owned(tidy[second..].to_owned());
    }
    if let Some(without_port) = without_default_port(&tidy) {
        tidy = Cow::Owned(without_port);
    }
    tidy
}

/// The reference against a base; as it stands where it is absolute or the base is none.
pub(crate) fn resolve<'a>(reference: &'a str, base: Option<&str>) -> Cow<'a, str> {
    let Some(base) = base.filter(|base| is_base(base)) else {
        return Cow::Borrowed(reference);
    };
    if is_absolute(reference) {
        return Cow::Borrowed(reference);
    }
    let Some(base) = Parts::of(base) else {
        return Cow::Borrowed(reference);
    };
    let reference = reference.replace('\\', "/");
    let (path_and_query, fragment) = match reference.find('#') {
        Some(at) => reference.split_at(at),
        None => (reference.as_str(), ""),
    };
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at(at),
        None => (path_and_query, ""),
    };
    let scheme = base.scheme;
    if path.starts_with("//") {
        return Cow::Owned(format!("{scheme}:{reference}"));
    }
    let Parts {
        authority,
        path: base_path,
        query: base_query,
        ..
    } = base;
    let absolute = if path.is_empty() {
        let query = if query.is_empty() { base_query } else { query };
        format!("{scheme}:{authority}{base_path}{query}{fragment}")
    } else if path.starts_with('/') {
        format!(
            "{scheme}:{authority}{}{query}{fragment}",
            without_dots(path)
        )
    } else {
        let folder = base_path.rfind('/').map_or("/", |at| &base_path[..=at]);
        let path = without_dots(&format!("{folder}{path}"));
        format!("{scheme}:{authority}{path}{query}{fragment}")
    };
    Cow::Owned(absolute)
}

struct Parts<'a> {
    scheme: &'a str,
    /// With its two slashes; empty where there is none.
    authority: &'a str,
    path: &'a str,
    /// With its question mark.
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Option<Self> {
        let (scheme, rest) = address.split_once(':')?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let (hierarchy, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let path_start = match hierarchy.strip_prefix("//") {
            Some(after) => after.find('/').map_or(hierarchy.len(), |at| at + 2),
            None => 0,
        };
        let (authority, path) = hierarchy.split_at(path_start);
        Some(Self {
            scheme,
            authority,
            path,
            query,
        })
    }
}

fn scheme(text: &str) -> Option<&str> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let end = text.bytes().position(|byte| !is_part(byte))?;
    let is_scheme = text.as_bytes()[end] == b':' && text.as_bytes()[0].is_ascii_alphabetic();
    is_scheme.then(|| &text[..end])
}

/// RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut kept = String::with_capacity(path.len());
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        if segment == ".." {
            kept.truncate(kept.rfind('/').unwrap_or(0));
        }
        if !matches!(segment, "." | "..") {
            kept.push('/');
            kept.push_str(segment);
        } else if segments.peek().is_none() {
            kept.push('/');
        }
    }
    kept
}

/// `https://a.vnhttps://a.vn/tin/3`: a template that puts the host before a full address.
fn doubled_host(address: &str) -> Option<usize> {
    let after = address.find("://")? + 3;
    let authority = address[after..].split(['/', '?', '#']).next()?;
    let again = ["https:", "http:"]
        .iter()
        .find(|scheme| authority.ends_with(*scheme))?;
    let at = after + authority.len() - again.len();
    address[at..].contains("://").then_some(at)
}

fn without_default_port(address: &str) -> Option<String> {
    let (port, rest) = if let Some(rest) = address.strip_prefix("https://") {
        (":443", rest)
    } else {
        (":80", address.strip_prefix("http://")?)
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].strip_suffix(port)?;
    let scheme = &address[..address.len() - rest.len()];
    Some(format!("{scheme}{host}{}", &rest[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_resolve_as_the_rfc_says() {
        let base = "http://a.vn/b/c/d;p?q";
        // RFC 3986 §5.4.
        let table = [
            ("g", "http://a.vn/b/c/g"),
            ("./g", "http://a.vn/b/c/g"),
            ("g/", "http://a.vn/b/c/g/"),
            ("/g", "http://a.vn/g"),
            ("//g", "http://g"),
            ("?y", "http://a.vn/b/c/d;p?y"),
            ("g?y#s", "http://a.vn/b/c/g?y#s"),
            ("#s", "http://a.vn/b/c/d;p?q#s"),
            ("", "http://a.vn/b/c/d;p?q"),
            (".", "http://a.vn/b/c/"),
            ("..", "http://a.vn/b/"),
            ("../../../g", "http://a.vn/g"),
            ("mailto:a@b.vn", "mailto:a@b.vn"),
            ("tìm kiếm", "http://a.vn/b/c/tìm kiếm"),
        ];
        for (reference, expected) in table {
            assert_eq!(resolve(reference, Some(base)), expected, "{reference}");
        }
        assert_eq!(resolve("x", Some("http://a.vn")), "http://a.vn/x");
        assert_eq!(resolve("x", None), "x");
    }

    #[test]
    fn addresses_are_tidied() {
        let table = [
            (" https://a.vn:443/x ", "https://a.vn/x"),
            ("http://a.vn:80", "http://a.vn"),
            ("http://a.vn:8080/", "http://a.vn:8080/"),
            ("https://a.vnhttps://a.vn/tin/3", "https://a.vn/tin/3"),
            (
                "https://a.vn/go?to=https://b.vn/",
                "https://a.vn/go?to=https://b.vn/",
            ),
            ("https://a.vn/mot\n  /hai", "https://a.vn/mot  /hai"),
        ];
        for (address, expected) in table {
            assert_eq!(tidy(address), expected, "{address}");
        }
    }
}
