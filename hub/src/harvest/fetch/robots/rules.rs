//! The rules of one `robots.txt` (RFC 9309 §2.2) that concern one program.

use std::time::Duration;

use url::Url;

/// A longer wait between two pages means "never" and is not worth remembering: the file is believed for no longer.
const LONGEST_DELAY: Duration = Duration::from_hours(24);

/// What one program may read of a site, and how slowly.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    delay: Duration,
}

#[derive(Debug)]
struct Rule {
    allow: bool,
    /// Parts of the path in their order, with anything between them; the first stands at the beginning.
    parts: Vec<String>,
    /// The last part ends the path.
    whole: bool,
    length: usize,
}

impl Rules {
    /// The rules of the groups that name `product`, or else of those for everybody.
    pub(super) fn read(text: &str, product: &str) -> Rules {
        let (mut ours, mut everybodys) = (None::<Rules>, Rules::default());
        // Whom the lines at hand concern, and whether another `User-agent` line would add to them.
        let (mut to_us, mut to_all, mut naming) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !naming {
                    (to_us, to_all, naming) = (false, false, true);
                }
                // What stands behind the name, such as a version, does not matter.
                let name = value.split(['/', ' ']).next().unwrap_or_default();
                to_all |= name == "*";
                if name.eq_ignore_ascii_case(product) {
                    to_us = true;
                    ours.get_or_insert_default();
                }
                continue;
            }
            if !matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                // A `Sitemap` line belongs to no group and ends none.
                continue;
            }
            naming = false;
            if let Some(ours) = ours.as_mut().filter(|_| to_us) {
                ours.add(&key, value);
            }
            if to_all {
                everybodys.add(&key, value);
            }
        }
        ours.unwrap_or(everybodys)
    }

    /// Whether the address may be read: the longest rule that fits it decides, a permission before a prohibition.
    pub(super) fn permit(&self, url: &Url) -> bool {
        let path = match url.query() {
            Some(query) => plain(&format!("{}?{query}", url.path())),
            None => plain(url.path()),
        };
        self.rules
            .iter()
            .filter(|rule| rule.fits(&path))
            .max_by_key(|rule| (rule.length, rule.allow))
            .is_none_or(|rule| rule.allow)
    }

    /// The time between two pages that the site asks for (`Crawl-delay`, which no standard has and many sites use).
    pub(super) fn delay(&self) -> Duration {
        self.delay
    }

    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse().ok();
            self.delay = seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .map_or(self.delay, |delay| delay.min(LONGEST_DELAY));
        } else if !value.is_empty() {
            self.rules.push(Rule::read(key == "allow", value));
        }
    }
}

impl Rule {
    fn read(allow: bool, pattern: &str) -> Rule {
        let pattern = plain(pattern);
        let (open, whole) = match pattern.strip_suffix('$') {
            Some(open) => (open, true),
            None => (pattern.as_str(), false),
        };
        Rule {
            allow,
            parts: open.split('*').map(str::to_owned).collect(),
            whole,
            length: pattern.len(),
        }
    }

    fn fits(&self, path: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else {
            return false;
        };
        let Some(mut rest) = path.strip_prefix(first.as_str()) else {
            return false;
        };
        let Some((last, between)) = others.split_last() else {
            return !self.whole || rest.is_empty();
        };
        for part in between {
            let Some(at) = rest.find(part.as_str()) else {
                return false;
            };
            rest = &rest[at + part.len()..];
        }
        if self.whole {
            rest.ends_with(last.as_str())
        } else {
            rest.contains(last.as_str())
        }
    }
}

/// One spelling of a path: what needs no percent sign has none, everything else has one, in capitals.
fn plain(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, code(after)) {
            (b'%', Some(code)) => {
                rest = &after[2..];
                if code.is_ascii_alphanumeric() || b"-._~".contains(&code) {
                    plain.push(char::from(code));
                } else {
                    push_code(&mut plain, code);
                }
            }
            (byte, _) if byte.is_ascii() => plain.push(char::from(*byte)),
            (byte, _) => push_code(&mut plain, *byte),
        }
    }
    plain
}

fn push_code(plain: &mut String, byte: u8) {
    plain.push('%');
    plain.push_str(&hex::encode_upper([byte]));
}

/// The two hexadecimal digits that `bytes` begin with.
fn code(bytes: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(bytes.get(..2)?).ok()?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_decides() {
        for (text, path, expected) in [
            ("", "/x", true),
            ("user-agent: *\ndisallow: /", "/x", false),
            ("user-agent: *\ndisallow:", "/x", true),
            ("disallow: /", "/x", true),
            (
                "User-Agent: *\r\nDisallow : /tin # all\r\n",
                "/tin/1",
                false,
            ),
            (
                "user-agent: *\ndisallow: /tin\nallow: /tin/rss",
                "/tin/rss.xml",
                true,
            ),
            (
                "user-agent: *\ndisallow: /tin\nallow: /tin/rss",
                "/tin/1",
                false,
            ),
            ("user-agent: *\ndisallow: /tin\nallow: /tin", "/tin/1", true),
            ("user-agent: *\ndisallow: /*.php$", "/a.php", false),
            ("user-agent: *\ndisallow: /*.php$", "/a.php?x", true),
            ("user-agent: *\ndisallow: /*?", "/a?x=1", false),
            ("user-agent: *\ndisallow: /a*b*c", "/a1b2c3", false),
            ("user-agent: *\ndisallow: /a*b*c", "/a1c2b3", true),
            (
                "user-agent: *\ndisallow: /tin-t%E1%BB%a9c",
                "/tin-tức",
                false,
            ),
            (
                "user-agent: *\ndisallow: /tin-tức",
                "/tin-t%e1%bb%a9c",
                false,
            ),
            ("user-agent: *\ndisallow: /%61%2f", "/a%2F", false),
            ("user-agent: *\ndisallow: /100%\nallow: /", "/100", true),
        ] {
            let url = format!("https://a.vn{path}").parse().unwrap();
            assert_eq!(
                Rules::read(text, "loa").permit(&url),
                expected,
                "{text:?} {path}"
            );
        }
    }

    #[test]
    fn our_own_groups_count_before_those_for_everybody() {
        let read = |text: &str| {
            let rules = Rules::read(text, "loa");
            let open = rules.permit(&"https://a.vn/x".parse().unwrap());
            (open, rules.delay().as_secs_f32())
        };
        let everybody = "user-agent: *\ndisallow: /\ncrawl-delay: 9\n\n";
        assert_eq!(read(everybody), (false, 9.0));
        assert_eq!(
            read(&format!("{everybody}user-agent: LOA/2.0\nallow: /")),
            (true, 0.0)
        );
        assert_eq!(
            read(&format!(
                "user-agent: other\nuser-agent: loa\ncrawl-delay: 0.5\n{everybody}"
            )),
            (true, 0.5)
        );
        assert_eq!(
            read(&format!("user-agent: loader\nallow: /\n\n{everybody}")),
            (false, 9.0)
        );
        assert_eq!(
            read("user-agent: loa\nallow: /y\n\nuser-agent: loa\ndisallow: /x"),
            (false, 0.0)
        );
        assert_eq!(
            read("user-agent: *\nsitemap: /s\ndisallow: /x\ncrawl-delay: -1\ncrawl-delay: soon"),
            (false, 0.0)
        );
        for forever in ["10000000000000000000", "1e19", "99999"] {
            let text = format!("user-agent: *\ncrawl-delay: {forever}");
            assert_eq!(read(&text), (true, 86_400.0), "{forever}");
        }
    }
}
