//! What is asked of the hub (WebSub §5.1), read and checked.

use hub_repository::subscriptions::intents::{Limits, Mode};
use hub_repository::subscriptions::{MAX_CALLBACK_BYTES, MAX_TOPIC_BYTES};
use url::Url;

use super::{DEFAULT_LEASE, LONGEST_LEASE, Settings};
use crate::harvest::guard::Guard;

/// Topics in one ping.
const MAX_TOPICS: usize = 20;

/// What is kept of subscriptions. One that waits costs a GET at somebody's server, whoever asked.
pub(crate) const LIMITS: Limits = Limits {
    subscriptions_per_host: 20_000,
    subscriptions: 200_000,
    intents_per_host: 1_000,
    intents: 20_000,
};

/// Longer secrets are refused (WebSub §5.1).
const SECRET_BYTES: usize = 200;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Something has changed at these topics.
    Publish(Vec<String>),
    /// Somebody wants a callback to be told of a topic's changes, or no more.
    Intent(Wish),
}

/// What a callback is to be asked to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) mode: Mode,
    pub(crate) topic: String,
    pub(crate) callback: Url,
    pub(crate) secret: Option<String>,
    pub(crate) lease_seconds: i32,
}

impl Wish {
    /// The callback's `host:port`, which limits go by.
    pub(crate) fn callback_host(&self) -> String {
        let port = self.callback.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.callback.host_str().unwrap_or_default())
    }
}

impl Request {
    /// Reads a form; the error says what was expected. Parameters that are not known are ignored.
    pub(crate) fn read(
        form: &[(String, String)],
        settings: &Settings,
        guard: &Guard,
    ) -> Result<Self, String> {
        let value = |name: &str| {
            form.iter()
                .find(|(own, value)| own == name && !value.is_empty())
                .map(|(_, value)| value.as_str())
        };
        let mode = match value("hub.mode") {
            Some("publish") => return publish(form),
            Some("subscribe") => Mode::Subscribe,
            Some("unsubscribe") => Mode::Unsubscribe,
            Some(_) => {
                return Err("hub.mode: expected subscribe, unsubscribe or publish".to_owned());
            }
            None => {
                return Err(
                    "expected a form (application/x-www-form-urlencoded) with hub.mode".to_owned(),
                );
            }
        };
        // PostgreSQL stores no such text, and nobody means it.
        if form.iter().any(|(_, value)| value.contains('\0')) {
            return Err("expected a form without the character U+0000".to_owned());
        }
        let topic = value("hub.topic").ok_or("expected hub.topic: the feed's rel=self address")?;
        if topic.len() > MAX_TOPIC_BYTES {
            return Err(format!(
                "hub.topic: expected at most {MAX_TOPIC_BYTES} bytes"
            ));
        }
        let callback = value("hub.callback").ok_or("expected hub.callback")?;
        let secret = value("hub.secret").map(str::to_owned);
        if secret
            .as_ref()
            .is_some_and(|secret| secret.len() >= SECRET_BYTES)
        {
            return Err(format!(
                "hub.secret: expected less than {SECRET_BYTES} bytes"
            ));
        }
        Ok(Self::Intent(Wish {
            mode,
            topic: topic.to_owned(),
            callback: read_callback(callback, guard)?,
            secret,
            lease_seconds: lease(value("hub.lease_seconds"), settings)?,
        }))
    }
}

fn publish(form: &[(String, String)]) -> Result<Request, String> {
    let topics: Vec<String> = form
        .iter()
        .filter(|(name, value)| {
            matches!(name.as_str(), "hub.url" | "hub.topic") && !value.is_empty()
        })
        .map(|(_, value)| value.clone())
        .take(MAX_TOPICS)
        .collect();
    if topics.is_empty() {
        return Err("expected hub.url: the feed that has changed".to_owned());
    }
    Ok(Request::Publish(topics))
}

fn read_callback(text: &str, guard: &Guard) -> Result<Url, String> {
    let wrong = |cause: &dyn std::fmt::Display| format!("hub.callback: {cause}");
    let callback = Url::parse(text).map_err(|error| {
        wrong(&format_args!(
            "{error}; expected an absolute http or https address"
        ))
    })?;
    if callback.as_str().len() > MAX_CALLBACK_BYTES {
        return Err(wrong(&format_args!(
            "expected at most {MAX_CALLBACK_BYTES} bytes"
        )));
    }
    // What a name leads to is judged at every connection; here what can be seen without asking.
    guard
        .check_url(&callback)
        .map_err(|refusal| wrong(&refusal))?;
    Ok(callback)
}

/// Seconds, between the shortest and the longest that are granted.
fn lease(asked: Option<&str>, settings: &Settings) -> Result<i32, String> {
    let seconds = match asked.map(str::trim) {
        None | Some("0") => DEFAULT_LEASE.as_secs(),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().unwrap_or(u64::MAX)
        }
        Some(_) => return Err("hub.lease_seconds: expected a whole number of seconds".to_owned()),
    };
    let granted = seconds.clamp(settings.min_lease.as_secs(), LONGEST_LEASE.as_secs());
    // A month of seconds fits.
    Ok(i32::try_from(granted).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLBACK: &str = "https://reader.example/cb?user=7";

    fn read(parameters: &[(&str, &str)]) -> Result<Request, String> {
        let form: Vec<_> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let guard = Guard::new(vec!["127.0.0.1:47666".parse().unwrap()]);
        Request::read(&form, &Settings::default(), &guard)
    }

    fn subscribe<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let least = [("hub.mode", "subscribe"), ("hub.topic", "https://a.vn/rss")];
        [&least[..], more, &[("hub.callback", CALLBACK)]].concat()
    }

    fn wish(parameters: &[(&str, &str)]) -> Wish {
        match read(parameters) {
            Ok(Request::Intent(wish)) => wish,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn leases_are_kept_within_bounds() {
        let day = 24 * 3_600;
        for (asked, granted) in [
            (None, 10 * day),
            (Some(""), 10 * day),
            (Some("0"), 10 * day),
            (Some("1"), 300),
            (Some("3600"), 3_600),
            (Some("1000000000"), 30 * day),
            (Some("99999999999999999999999"), 30 * day),
        ] {
            let more: Vec<_> = asked
                .iter()
                .map(|asked| ("hub.lease_seconds", *asked))
                .collect();
            assert_eq!(wish(&subscribe(&more)).lease_seconds, granted, "{asked:?}");
        }
        for asked in ["abc", "-5", "1e9", "1.5"] {
            let error = read(&subscribe(&[("hub.lease_seconds", asked)])).unwrap_err();
            assert!(error.contains("whole number"), "{asked}: {error}");
        }
    }

    #[test]
    fn secrets_are_shorter_than_two_hundred_bytes() {
        let (most, more) = ("x".repeat(199), "x".repeat(200));
        let taken = wish(&subscribe(&[("hub.secret", &most), ("hub.unknown", "y")]));
        assert_eq!(taken.secret, Some(most));
        assert!(read(&subscribe(&[("hub.secret", &more)])).is_err());
        assert_eq!(taken.callback_host(), "reader.example:443");
    }

    #[test]
    fn what_is_missing_or_dangerous_is_refused() {
        for callback in [
            "",
            "javascript:alert(1)",
            "ftp://127.0.0.1/x",
            "/relative",
            "http://",
            "http://[::1",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:169.254.169.254]/",
            "http://0.0.0.0:1/",
            "http://2852039166/",
            "http://127.0.0.1:47667/",
            "https://user:secret@reader.example/",
            "https://reader.example:8443/",
        ] {
            let form = [
                ("hub.mode", "subscribe"),
                ("hub.topic", "https://a.vn/rss"),
                ("hub.callback", callback),
            ];
            let error = read(&form).unwrap_err();
            assert!(error.contains("hub.callback"), "{callback}: {error}");
        }
        for form in [
            &[] as &[_],
            &[("hub.mode", "obey")],
            &[("hub.mode", "subscribe"), ("hub.callback", CALLBACK)],
            &[("hub.mode", "publish")],
            &subscribe(&[("hub.secret", "a\0b")]),
        ] {
            assert!(read(form).is_err(), "{form:?}");
        }
        let allowed = [
            ("hub.mode", "unsubscribe"),
            ("hub.topic", "https://a.vn/rss"),
            ("hub.callback", "http://127.0.0.1:47666/cb"),
        ];
        assert_eq!(wish(&allowed).mode, Mode::Unsubscribe);
    }
}
