//! Sites that may show a widget: origins (RFC 6454), or all below a domain, as `frame-ancestors` takes them.

use url::Url;

/// `https://*.example.vn` stands for every site below the domain, not for the domain's own.
const ANY: &str = "*.";

/// A site's origin in its one spelling; none where the text names no site.
pub fn site_origin(text: &str) -> Option<String> {
    let (scheme, host) = text.trim().split_once("://")?;
    let (any, host) = match host.strip_prefix(ANY) {
        Some(host) => (ANY, host),
        None => ("", host),
    };
    let url = Url::parse(&format!("{scheme}://{host}")).ok()?;
    let is_site = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        // Others could end a directive of a policy.
        && url.host_str().is_some_and(|host| {
            host.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
        });
    let origin = url.origin().ascii_serialization();
    let (scheme, host) = origin.split_once("://")?;
    is_site.then(|| format!("{scheme}://{any}{host}"))
}

/// Whether `origin`, as a browser sends it, is one of `sites`.
pub fn is_allowed(sites: &[String], origin: &str) -> bool {
    sites.iter().any(|site| match site.split_once(ANY) {
        None => site == origin,
        Some((scheme, domain)) => origin
            .strip_prefix(scheme)
            .and_then(|host| host.strip_suffix(domain))
            .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_one_spelling() {
        for (text, origin) in [
            ("https://STP.Example.VN", Some("https://stp.example.vn")),
            (
                "https://stp.example.vn:443/",
                Some("https://stp.example.vn"),
            ),
            (" http://127.0.0.1:8080 ", Some("http://127.0.0.1:8080")),
            ("https://*.example.vn", Some("https://*.example.vn")),
            ("https://thọxuân.vn", Some("https://xn--thxun-2ra3573b.vn")),
            ("https://a.*.vn", None),
            ("https://*.*.vn", None),
            ("https://stp.example.vn/tin", None),
            ("https://a@b.vn", None),
            ("ftp://stp.example.vn", None),
            ("stp.example.vn", None),
            ("https://a.vn; script-src *", None),
            ("https://a.vn;sandbox", None),
            ("https://a.vn,b.vn", None),
            ("*", None),
        ] {
            let found = site_origin(text);
            if text.contains('ọ') {
                assert!(found.is_some_and(|it| it.starts_with("https://xn--")));
            } else {
                assert_eq!(found.as_deref(), origin, "{text}");
            }
        }
    }

    #[test]
    fn a_domain_stands_for_the_sites_below_it() {
        let sites = ["https://stp.example.vn", "https://*.gov.vn"].map(str::to_owned);
        for (origin, allowed) in [
            ("https://stp.example.vn", true),
            ("https://xa.gov.vn", true),
            ("https://a.b.gov.vn", true),
            ("https://gov.vn", false),
            ("https://.gov.vn", false),
            ("https://evilgov.vn", false),
            ("http://xa.gov.vn", false),
            ("https://xa.gov.vn:8443", false),
            ("https://stp.example.vn.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(&sites, origin), allowed, "{origin}");
        }
        assert!(!is_allowed(&[], "https://xa.gov.vn"));
    }
}
