//! Requests made from the description, most of them wrong: none breaks anything, and each that is refused is told why.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::super::{Answer, TestHub};
use super::description;

/// Values that some program has choked on.
fn odd_values() -> Vec<String> {
    let mut odd: Vec<String> = [
        "",
        " ",
        "0",
        "1",
        "-1",
        "00",
        "1.5",
        "1e9",
        "NaN",
        "null",
        "true",
        "99999999999999999999",
        "9223372036854775807",
        "-9223372036854775808",
        "2147483648",
        "đất đai",
        "\u{0111}\u{0302}\u{0301}",
        "\u{202e}gnol\u{2066}",
        "\u{0}",
        "a\u{0}b",
        "\u{feff}",
        "\u{fffd}",
        "👩‍⚖️",
        "'",
        "\"",
        "' OR 1=1 --",
        "'; DROP TABLE entries; --",
        "%",
        "%00",
        "%s%n",
        "\\",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "{}",
        "[]",
        "{\"$ne\":1}",
        "a,b,,c",
        ",",
        "a\r\nX-Y: z",
        "2026-02-30",
        "+262142-12-31",
        "-262143-01-01",
        "0000-00-00",
        "1.1",
        "1.2.3.4",
        "ffffffffffffffff.ffffffff.ffffffffffffffff.ffffffffffffffff",
        "7fffffffffffffff.7fc00000.0.0",
        "\"chưa đóng",
        "-",
        "- -",
        "-luật",
        "* ? ~",
        "AND OR NOT",
        "field:dat-dai",
        "(((((",
        "so-tu-phap",
        "news",
        "id",
        "id,id",
        "31/2024/QH15",
    ]
    .map(str::to_owned)
    .to_vec();
    odd.push("ệ".repeat(2_500));
    odd.push("a ".repeat(4_000));
    odd.push("a,".repeat(4_000));
    odd.push("9".repeat(400));
    odd.push("\"".repeat(3_000));
    odd
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

/// In a path a blank is no plus.
fn segment(text: &str) -> String {
    encoded(text).replace('+', "%20")
}

fn check(answer: &Answer, request: &str) {
    let request: String = request.chars().take(200).collect();
    assert!(
        !answer.status.is_server_error(),
        "{request}: {}",
        answer.body
    );
    if answer.status.is_client_error() {
        let media_type = answer.header("content-type");
        assert_eq!(
            media_type, "application/problem+json",
            "{request}: {}",
            answer.status
        );
        let problem = answer.json();
        assert_eq!(problem["status"], answer.status.as_u16(), "{request}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.len() > 10, "{request}: {detail}");
        assert!(
            detail.len() < 4_000,
            "{request}: an answer is not as long as its question"
        );
        if answer.status == 400 {
            let says = ["expected", "there is no parameter"];
            assert!(
                says.iter().any(|word| detail.contains(word)),
                "{request}: {detail}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_that_is_made_from_the_description_breaks_it() {
    let hub = TestHub::new().await;
    hub.fill(3).await;
    let document = description();
    let odd = odd_values();
    let mut sent = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array();
        let parameters: Vec<&Value> = parameters.into_iter().flatten().collect();
        // A right address, which each request makes wrong in one place.
        let mut right = path.clone();
        for parameter in parameters.iter().filter(|one| one["in"] == "path") {
            let example = parameter["example"]
                .as_str()
                .map_or_else(|| parameter["example"].to_string(), str::to_owned);
            let name = parameter["name"].as_str().unwrap();
            right = right.replace(&format!("{{{name}}}"), &example);
        }
        let mut addresses = vec![right.clone(), format!("{right}/"), format!("{right}?")];
        for value in &odd {
            for parameter in &parameters {
                let name = parameter["name"].as_str().unwrap();
                if parameter["in"] == "path" {
                    addresses.push(
                        path.replace(&format!("{{{name}}}"), &segment(value))
                            .replace(['{', '}'], ""),
                    );
                } else {
                    let value = encoded(value);
                    addresses.push(format!("{right}?{name}={value}"));
                    addresses.push(format!("{right}?{name}={value}&{name}={value}"));
                }
            }
            addresses.push(format!("{right}?{}=1", encoded(value)));
        }
        for name in parameters
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
        {
            addresses.push(format!("{right}?{name}"));
            addresses.push(format!("{right}?{name}=%FF%FE"));
            addresses.push(format!("{right}?{name}=%"));
            addresses.push(format!("{right}?{name}[]=1"));
        }
        for address in addresses {
            check(&hub.get(&address).await, &address);
            sent += 1;
        }
        for method in [
            "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "QUERY", "get",
        ] {
            let answer = hub.ask(method, &right, &[]).await;
            if method != "HEAD" {
                check(&answer, &format!("{method} {right}"));
            }
            assert!(!answer.status.is_server_error(), "{method} {right}");
            sent += 1;
        }
        for (name, value) in [
            ("accept", "image/png"),
            ("accept", "application/json;q=0"),
            ("accept", ";;;,,,"),
            ("accept-encoding", "gzip;q=banana, *;q=0"),
            ("accept-language", "xx-XX-xxxx"),
            ("if-none-match", "W/\"\", *, \"unclosed"),
            ("if-modified-since", "yesterday"),
            ("range", "bytes=0-0"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "null"),
        ] {
            let answer = hub.ask("GET", &right, &[(name, value)]).await;
            check(&answer, &format!("{right} with {name}: {value}"));
            sent += 1;
        }
    }
    assert!(sent > 5_000, "{sent} requests");
}
