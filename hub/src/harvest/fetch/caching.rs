//! For how long a server calls its answer fresh (RFC 9111).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap, HeaderName};

/// The time that is left of the answer's freshness: `max-age` or else `Expires`, less the `Age` that a cache on the way
/// states. None where nothing is said, or where the answer may not be kept.
pub(super) fn fresh_for(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let directives: Vec<(&str, &str)> = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.split_once('=').unwrap_or((directive, "")))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .collect();
    let says = |name: &str| {
        directives
            .iter()
            .find(|(said, _)| said.eq_ignore_ascii_case(name))
    };
    if says("no-store").is_some() || says("no-cache").is_some() {
        return None;
    }
    let fresh = if let Some((_, seconds)) = says("max-age") {
        delta_seconds(seconds)?
    } else {
        let expires = date(headers, &header::EXPIRES)?;
        let from = date(headers, &header::DATE).unwrap_or(now);
        (expires - from).to_std().ok()?
    };
    let age = text(headers, &header::AGE).and_then(delta_seconds);
    Some(fresh.saturating_sub(age.unwrap_or_default())).filter(|fresh| !fresh.is_zero())
}

/// Digits only; more than fit mean "very long" (RFC 9111 §1.2.2).
fn delta_seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u32::MAX.into())))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(text(headers, name)?).ok()?;
    Some(date.to_utc())
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_is_read_from_caches_headers() {
        let date = "Mon, 23 Nov 2026 08:00:00 GMT";
        for (lines, seconds) in [
            ("", None),
            ("cache-control: max-age=600", Some(600)),
            ("cache-control: public,MAX-AGE=\"600\" , x", Some(600)),
            (
                "cache-control: public\ncache-control: max-age=600",
                Some(600),
            ),
            ("cache-control: max-age=600\nage: 100", Some(500)),
            ("cache-control: max-age=600\nage: 601", None),
            ("cache-control: max-age=600\nage: x", Some(600)),
            ("cache-control: max-age=0", None),
            ("cache-control: max-age=-5", None),
            ("cache-control: max-age=", None),
            ("cache-control: max-age=3153600000", Some(3_153_600_000)),
            (
                "cache-control: max-age=99999999999999999999999",
                Some(u32::MAX.into()),
            ),
            ("cache-control: no-cache, max-age=600", None),
            ("cache-control: max-age=600, no-store", None),
            ("expires: Mon, 23 Nov 2026 08:10:00 GMT", Some(600)),
            ("expires: Mon, 23 Nov 2026 07:00:00 GMT", None),
            ("expires: 0", None),
            // The server's clock is its own.
            (
                "expires: Tue, 24 Nov 2026 08:10:00 GMT\ndate: Tue, 24 Nov 2026 08:00:00 GMT",
                Some(600),
            ),
            (
                "expires: Mon, 23 Nov 2026 08:10:00 GMT\ncache-control: max-age=60",
                Some(60),
            ),
        ] {
            let headers: HeaderMap = lines
                .lines()
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
                .fold(HeaderMap::new(), |mut headers, (name, value)| {
                    headers.append(name, value);
                    headers
                });
            let now = DateTime::parse_from_rfc2822(date).unwrap().to_utc();
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(fresh_for(&headers, now), expected, "{lines}");
        }
    }
}
