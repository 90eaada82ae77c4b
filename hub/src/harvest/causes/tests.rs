use std::collections::HashSet;

use url::Url;

use super::*;

fn fetch_errors() -> Vec<FetchError> {
    let cause = || "invalid peer certificate: Expired".to_owned();
    let invalid = Url::parse("http://[").unwrap_err();
    let mut errors = vec![
        FetchError::Dns { cause: cause() },
        FetchError::Connect { cause: cause() },
        FetchError::Tls { cause: cause() },
        FetchError::Encoding { cause: cause() },
        FetchError::Protocol { cause: cause() },
        FetchError::TooLarge { limit: 1_000 },
        FetchError::NoRoom,
        FetchError::HostBusy,
        FetchError::Gone,
    ];
    errors.extend(
        [
            Refusal::Scheme {
                scheme: "ftp".to_owned(),
            },
            Refusal::TooLong,
            Refusal::Credentials,
            Refusal::Port {
                host: "a.vn".to_owned(),
                port: 8080,
            },
            Refusal::Address {
                host: "a.vn".to_owned(),
                address: [10, 0, 0, 1].into(),
                what: "a private address",
            },
        ]
        .map(FetchError::Refused),
    );
    errors.extend(
        [
            RobotsRefusal::Page,
            RobotsRefusal::Delay {
                delay: Duration::from_mins(2),
            },
            RobotsRefusal::OutOfOrder(Box::new(FetchError::NoRoom)),
        ]
        .map(FetchError::Robots),
    );
    errors.extend(
        [Awaited::Connection, Awaited::Anything, Awaited::End].map(|awaited| FetchError::Timeout {
            awaited,
            limit: Duration::from_secs(10),
        }),
    );
    errors.extend(
        [
            BadRedirect::TooMany { most: 5 },
            BadRedirect::Circle,
            BadRedirect::Nowhere,
            BadRedirect::Several,
            BadRedirect::TooLong { longest: 8_192 },
            BadRedirect::NotText,
            BadRedirect::NotAnAddress(invalid),
        ]
        .map(FetchError::Redirects),
    );
    errors.extend(
        [204, 401, 403, 404, 407, 429, 451, 500, 503].map(|code| FetchError::Status {
            code,
            retry_after: None,
        }),
    );
    errors.push(FetchError::AfterRedirect {
        url: "https://b.vn/".to_owned(),
        error: Box::new(FetchError::Gone),
    });
    errors
}

fn refusals() -> Vec<NotAFeed> {
    vec![
        NotAFeed::Empty,
        NotAFeed::Html {
            title: Some("Bảo trì".to_owned()),
        },
        NotAFeed::Html { title: None },
        NotAFeed::LoginPage,
        NotAFeed::Sitemap,
        NotAFeed::OtherXml {
            root: "invoice".to_owned(),
        },
        NotAFeed::NoRoot,
        NotAFeed::EntityDeclarations,
        NotAFeed::OtherJson,
        NotAFeed::BrokenJson {
            cause: "line 1".to_owned(),
        },
        NotAFeed::Binary { kind: "a picture" },
        NotAFeed::PlainText,
    ]
}

#[test]
fn every_cause_says_in_vietnamese_what_is_wrong_and_what_to_change() {
    let mut causes: Vec<Cause> = fetch_errors().into_iter().map(Cause::from).collect();
    causes.extend(refusals().into_iter().map(Cause::from));
    causes.extend([
        Cause::Address(Url::parse("http://[").unwrap_err()),
        Cause::BrokeOff,
        Cause::TooSlow {
            limit: Duration::from_secs(15),
        },
        Cause::HubFault,
        Cause::NotStorable("a text of 9 MB".to_owned()),
        Cause::Suspicious(Reason::Spam { entries: 3, of: 4 }),
    ]);
    let mut said = HashSet::new();
    for cause in &causes {
        let words = cause.in_vietnamese();
        let (advice, details) = match words.split_once(" Chi tiết: ") {
            Some((advice, details)) => (advice, Some(details)),
            None => (words.as_str(), None),
        };
        for sentence in advice.split_inclusive(". ") {
            assert!(!sentence.is_ascii(), "{cause:?}: {sentence}");
        }
        assert!(advice.to_lowercase().contains("hãy"), "{cause:?}: {words}");
        assert!(advice.ends_with('.'), "{cause:?}: {words}");
        assert!(details != Some(""), "{cause:?}");
        assert!(!words.contains("  "), "{words}");
        assert!(
            said.insert(words.clone()),
            "{cause:?} is told from others: {words}"
        );
    }
}

#[test]
fn what_was_seen_stands_beside_what_to_change() {
    let seen = |cause: Cause, expected: &[&str]| {
        let words = cause.in_vietnamese();
        for part in expected {
            assert!(words.contains(part), "{words} should hold {part}");
        }
    };
    seen(
        FetchError::Status {
            code: 503,
            retry_after: None,
        }
        .into(),
        &["nhật ký lỗi", "503"],
    );
    let expired = "invalid peer certificate: Expired";
    let tls = FetchError::Tls {
        cause: expired.to_owned(),
    };
    let after = FetchError::AfterRedirect {
        url: "https://b.vn/".to_owned(),
        error: Box::new(tls),
    };
    seen(after.into(), &["chứng thư", "https://b.vn/", expired]);
    let html = NotAFeed::Html {
        title: Some("Bảo trì".to_owned()),
    };
    seen(html.into(), &["địa chỉ của chính nguồn tin", "“Bảo trì”"]);
}
