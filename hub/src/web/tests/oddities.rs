//! Whatever anybody asks of any public address: a right status with words that say what is expected, and never a fault of ours.

use std::fmt::Write as _;

use super::{TestHub, entry};

/// The public addresses that take parameters, with those that they take.
const ADDRESSES: [(&str, &[&str]); 22] = [
    ("/", &[]),
    (
        "/tim-kiem",
        &[
            "q",
            "loai",
            "linh-vuc",
            "doi-tuong",
            "tinh-huong",
            "don-vi",
            "don-vi-lien-quan",
            "cap",
            "van-ban",
            "hieu-luc",
            "ngon-ngu",
            "tep",
            "tu",
            "den",
            "sap-xep",
            "trang",
            "nguyen-van",
        ],
    ),
    ("/tim-kiem/goi-y", &["q"]),
    ("/hoi-dap", &["truoc"]),
    ("/van-ban", &["truoc"]),
    ("/van-ban/31-2024-qh15", &["loai", "dieu", "truoc"]),
    ("/su-kien", &["thang"]),
    ("/tro-giup-phap-ly", &["ten", "loai"]),
    ("/don-vi", &["ten"]),
    ("/bai/1/tin-mot/lich-su", &["truoc"]),
    ("/bai/1/lich-su", &["truoc"]),
    ("/feeds/all.rss", &["before"]),
    ("/feeds/agency/so-tu-phap.json", &["before"]),
    ("/feeds/field/dat-dai.atom", &["before"]),
    ("/feeds/search.rdf", &["q", "linh-vuc", "tu", "before"]),
    ("/opml.xml", &[]),
    (
        "/oai",
        &[
            "verb",
            "metadataPrefix",
            "from",
            "until",
            "set",
            "resumptionToken",
            "identifier",
        ],
    ),
    ("/widget/entries.json", &WIDGET),
    ("/widget/entries.html", &WIDGET),
    ("/embed", &WIDGET),
    ("/oembed", &["url", "format", "maxwidth", "maxheight"]),
    ("/sitemap.xml", &[]),
];

const WIDGET: [&str; 11] = [
    "widget",
    "view",
    "agency",
    "kind",
    "field",
    "audience",
    "situation",
    "entry",
    "limit",
    "lang",
    "theme",
];

/// Values that no form sends, as they stand in an address.
const VALUES: [&str; 22] = [
    "",
    "%20",
    "0",
    "-1",
    "1",
    "99999999999999999999999",
    "1e9",
    "NaN",
    "1.5",
    "%00",
    "%FF%FE",
    "%E2%80%AE%E2%81%A6",
    "%F0%9F%91%A8%E2%80%8D%F0%9F%91%A9",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "'%20OR%201=1--",
    "..%2F..%2Fetc%2Fpasswd",
    "9999-99-99",
    "2026-02-30",
    "1763860000000001.7",
    "-9223372036854775808.9223372036854775807",
    "http://[::1",
    "%25%32%35%%%",
];

/// Paths of which a part is open.
const OPEN: [&str; 19] = [
    "/bai/{}",
    "/bai/1/{}",
    "/bai/{}/ma-qr.svg",
    "/bai/{}/lich-su",
    "/linh-vuc/{}",
    "/doi-tuong/{}",
    "/tinh-huong/{}",
    "/don-vi/{}",
    "/van-ban/{}",
    "/feeds/{}",
    "/feeds/agency/{}",
    "/feeds/kind/{}",
    "/feeds/{}/x.rss",
    "/embed/bai/{}",
    "/widget/{}/loa.js",
    "/widget/0123456789ab/{}",
    "/assets/{}",
    "/sitemap/{}",
    "/{}",
];

const CONDITIONS: [(&str, &str); 9] = [
    ("if-none-match", "*"),
    ("if-none-match", "\"a\", W/\"b\",,, \"unclosed"),
    ("if-none-match", ""),
    ("if-modified-since", "yesterday"),
    ("if-modified-since", "Sat, 01 Jan 0000 00:00:00 GMT"),
    ("accept", "image/png;q=x, */*;q=-1"),
    ("accept-encoding", "gzip;q=9, br;q=, *;q=0"),
    ("range", "bytes=5-2,-1,0-"),
    ("origin", "null"),
];

struct Asked {
    hub: TestHub,
    faults: String,
    count: u32,
}

impl Asked {
    /// Asks, and notes what is not as it should be.
    async fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let answer = self.hub.ask(method, path, headers).await;
        self.count += 1;
        let status = answer.status.as_u16();
        let is_right = match status {
            200..=399 => true,
            // To a HEAD nobody says anything.
            400..=499 => method == "HEAD" || !answer.body.trim().is_empty(),
            501 => path.starts_with("/oembed"),
            _ => false,
        };
        let is_html = answer.header("content-type").starts_with("text/html");
        let echoes = is_html && answer.body.contains("<script>alert(1)");
        if !is_right || echoes || !answer.headers.contains_key("content-security-policy") {
            writeln!(
                self.faults,
                "{method} {path} {headers:?}: {status} {:.200}",
                answer.body
            )
            .unwrap();
        }
    }
}

async fn asked() -> Asked {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("1", "Tin một"), entry("2", "Tin hai")], &[])
        .await;
    Asked {
        hub,
        faults: String::new(),
        count: 0,
    }
}

#[tokio::test]
async fn no_parameter_is_too_odd() {
    let mut asked = asked().await;
    let long = "a".repeat(60_000);
    let values: Vec<&str> = VALUES.into_iter().chain([long.as_str()]).collect();
    for (path, parameters) in ADDRESSES {
        for name in parameters.iter().chain(&["unknown"]) {
            for value in &values {
                asked
                    .ask("GET", &format!("{path}?{name}={value}"), &[])
                    .await;
            }
            let twice = format!("{path}?{name}=1&{name}=x&{name}");
            asked.ask("GET", &twice, &[]).await;
        }
        let many = "x=1&".repeat(5_000);
        asked.ask("GET", &format!("{path}?{many}"), &[]).await;
    }
    for open in OPEN {
        for value in &values {
            if !value.contains("%%") && !value.contains('[') {
                asked.ask("GET", &open.replace("{}", value), &[]).await;
            }
        }
    }
    assert!(asked.count > 1_500, "{} requests", asked.count);
    assert!(asked.faults.is_empty(), "{}", asked.faults);
}

#[tokio::test]
async fn no_method_and_no_header_is_too_odd() {
    let mut asked = asked().await;
    for (path, _) in ADDRESSES {
        for method in [
            "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW",
        ] {
            asked.ask(method, path, &[]).await;
        }
        for condition in CONDITIONS {
            asked.ask("GET", path, &[condition]).await;
        }
        asked.ask("GET", path, &CONDITIONS).await;
    }
    assert!(asked.faults.is_empty(), "{}", asked.faults);
}
