use super::*;

fn guard(allow: &[&str]) -> Guard {
    Guard::new(allow.iter().map(|entry| entry.parse().unwrap()).collect())
}

/// A short name for the cause of a refusal.
pub(in crate::harvest) fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Scheme { .. } => "refused-scheme",
        Refusal::TooLong => "refused-length",
        Refusal::Credentials => "refused-credentials",
        Refusal::Port { .. } => "refused-port",
        Refusal::Address { .. } => "refused-address",
    }
}

/// The name of the refusal, or `ok`.
fn verdict(guard: &Guard, url: &str) -> &'static str {
    match guard.check_url(&Url::parse(url).unwrap()) {
        Ok(()) => "ok",
        Err(refusal) => name(&refusal),
    }
}

#[test]
fn urls_are_judged_by_what_they_show() {
    let guard = guard(&[]);
    for (url, expected) in [
        ("https://sotuphap.example.vn/feed", "ok"),
        ("http://sotuphap.example.vn/feed", "ok"),
        ("http://sotuphap.example.vn:443/", "ok"),
        ("https://1.1.1.1/", "ok"),
        ("https://[2606:4700::1111]/", "ok"),
        ("https://sotuphap.example.vn:8443/", "refused-port"),
        ("http://1.1.1.1:22/", "refused-port"),
        ("http://sotuphap.example.vn:0/", "refused-port"),
        ("file:///etc/passwd", "refused-scheme"),
        ("ftp://sotuphap.example.vn/x", "refused-scheme"),
        ("gopher://127.0.0.1:70/x", "refused-scheme"),
        ("javascript:alert(1)", "refused-scheme"),
        ("data:text/xml,<rss/>", "refused-scheme"),
        ("unix:/var/run/docker.sock", "refused-scheme"),
        ("about:blank", "refused-scheme"),
        ("http://user@sotuphap.example.vn/", "refused-credentials"),
        ("http://:secret@sotuphap.example.vn/", "refused-credentials"),
    ] {
        assert_eq!(verdict(&guard, url), expected, "{url}");
    }
    let long = format!("https://sotuphap.example.vn/{}", "a".repeat(LONGEST_URL));
    assert_eq!(verdict(&guard, &long), "refused-length");
}

#[test]
fn addresses_are_refused_in_every_spelling() {
    let guard = guard(&[]);
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7F.0x0.0x0.0x1",
        "0177.0.0.1",
        "017700000001",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "0xa000001",
        "100.64.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "172.31.255.255",
        "192.168.0.1",
        "198.19.255.255",
        "203.0.113.7",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "4294967295",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::ffff:8.8.8.8]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001:db8::1]",
        "[2002:7f00:1::]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[3fff::1]",
        "[100::1]",
        "[5f00::1]",
    ] {
        assert_eq!(
            verdict(&guard, &format!("http://{host}/")),
            "refused-address",
            "{host}"
        );
    }
}

#[test]
fn entries_of_the_allow_list_open_what_they_name_and_nothing_else() {
    for (allow, url, expected) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", "ok"),
        ("127.0.0.1:8080", "http://0x7f.1:8080/", "ok"),
        (
            "127.0.0.1:8080",
            "http://127.0.0.1:8081/",
            "refused-address",
        ),
        ("127.0.0.1:8080", "http://127.0.0.1/", "refused-address"),
        (
            "127.0.0.1:8080",
            "http://127.0.0.2:8080/",
            "refused-address",
        ),
        (
            "127.0.0.1:8080",
            "http://[::ffff:127.0.0.1]:8080/",
            "refused-address",
        ),
        ("127.0.0.1:8080", "http://1.1.1.1:8080/", "refused-port"),
        ("10.20.0.0/16", "http://10.20.255.1/", "ok"),
        ("10.20.0.0/16", "http://10.20.255.1:8080/", "ok"),
        ("10.20.0.0/16", "http://10.21.0.1/", "refused-address"),
        ("10.20.0.0/16", "http://1.1.1.1:8080/", "refused-port"),
        ("10.20.0.0/16:8080", "http://10.20.1.1:8080/", "ok"),
        ("10.20.0.0/16:8080", "http://10.20.1.1/", "refused-address"),
        ("[fd12:3456::/32]:8080", "http://[fd12:3456::7]:8080/", "ok"),
        (
            "[fd12:3456::/32]:8080",
            "http://[fd12:3456::7]/",
            "refused-address",
        ),
        ("[fd12:3456::]/32:8080", "http://[fd12:3456::7]:8080/", "ok"),
        ("fd12:3456::/32", "http://[fd12:3456::7]:9/", "ok"),
        ("[::1]:8080", "http://[::1]:8080/", "ok"),
        ("::1", "http://[::1]:8080/", "ok"),
        (
            "intra.example.vn:8080",
            "http://intra.example.vn:8080/",
            "ok",
        ),
        (
            "Intra.Example.vn.:8080",
            "http://INTRA.example.vn.:8080/",
            "ok",
        ),
        (
            "intra.example.vn:8080",
            "http://intra.example.vn:8081/",
            "refused-port",
        ),
        (
            "intra.example.vn:8080",
            "http://a.intra.example.vn:8080/",
            "refused-port",
        ),
        (
            "intra.example.vn:8080",
            "http://intra.example.vn.evil.vn:8080/",
            "refused-port",
        ),
    ] {
        assert_eq!(
            verdict(&guard(&[allow]), url),
            expected,
            "{allow} and {url}"
        );
    }
}

#[test]
fn a_name_is_judged_by_each_address_on_the_port_in_use() {
    let permitted = |allow: &[&str], host: &str, port: u16, found: &[&str]| {
        let found = found.iter().map(|ip| ip.parse().unwrap()).collect();
        guard(allow)
            .permitted(host, port, found)
            .map(|kept| {
                kept.iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .map_err(|refusal| name(&refusal))
    };
    let kept = |text: &str| Ok(text.to_owned());
    assert_eq!(
        permitted(&[], "a.vn", 443, &["1.1.1.1", "127.0.0.1"]),
        kept("1.1.1.1")
    );
    assert_eq!(
        permitted(&[], "a.vn", 443, &["127.0.0.1", "::1"]),
        Err("refused-address")
    );
    assert_eq!(
        permitted(&[], "a.vn", 8443, &["1.1.1.1"]),
        Err("refused-port")
    );
    // A name that was allowed may lead anywhere on its port, another name may not.
    let intra = &["intra.vn:8080"];
    assert_eq!(
        permitted(intra, "intra.vn", 8080, &["10.1.1.1"]),
        kept("10.1.1.1")
    );
    assert_eq!(
        permitted(intra, "intra.vn", 80, &["10.1.1.1"]),
        Err("refused-address")
    );
    assert_eq!(
        permitted(intra, "evil.vn", 8080, &["10.1.1.1"]),
        Err("refused-address")
    );
    // An address allowed on one port is not reached on another.
    let two = &["127.0.0.1:8080", "127.0.0.2:9090"];
    assert_eq!(
        permitted(two, "a.vn", 8080, &["127.0.0.1", "127.0.0.2"]),
        kept("127.0.0.1")
    );
    assert_eq!(
        permitted(two, "a.vn", 9090, &["127.0.0.1", "127.0.0.2"]),
        kept("127.0.0.2")
    );
}

#[test]
fn entries_read_back_as_they_are_shown() {
    for (entry, shown) in [
        ("10.20.0.0/16", "10.20.0.0/16"),
        (" 10.20.0.0/16:8080 ", "10.20.0.0/16:8080"),
        ("127.0.0.1", "127.0.0.1/32"),
        ("127.0.0.1:47666", "127.0.0.1/32:47666"),
        ("fc00::/8", "fc00::/8"),
        ("[fd00::]/8:80", "[fd00::/8]:80"),
        ("[::1]:8080", "[::1/128]:8080"),
        ("Bücher.example:80", "xn--bcher-kva.example:80"),
    ] {
        let allowed: Allowed = entry.parse().unwrap();
        assert_eq!(allowed.to_string(), shown);
        assert_eq!(shown.parse(), Ok(allowed), "{shown}");
    }
}

#[test]
fn wrong_entries_say_what_was_expected() {
    for (entry, cause) in [
        ("", "the port is missing"),
        ("*", "the port is missing"),
        ("*:80", "not a plain name"),
        ("*.example.vn:443", "not a plain name"),
        ("example.vn", "the port is missing"),
        ("example.vn:", "not a number from 1 to 65535"),
        ("example.vn:0", "not a number from 1 to 65535"),
        ("example.vn:65536", "not a number from 1 to 65535"),
        ("example.vn:*", "not a number from 1 to 65535"),
        ("http://example.vn:80", "not an IPv4 or IPv6 address"),
        (":80", "not a name or an address"),
        ("10.0.0.0/33", "not an IPv4 or IPv6 address"),
        ("10.0.0.0/", "not an IPv4 or IPv6 address"),
        ("/8", "not an IPv4 or IPv6 address"),
        ("10.20.30.40/16", "did you mean 10.20.0.0/16"),
        ("0.0.0.0/0", "too wide"),
        ("0.0.0.0/0:80", "too wide"),
        ("0.0.0.0/1", "too wide"),
        ("128.0.0.0/1", "too wide"),
        ("::/0", "too wide"),
        ("[::/0]:80", "too wide"),
        ("2000::/3", "too wide"),
        ("fc00::/7", "too wide"),
        ("::ffff:0:0/96", "too wide"),
        ("64:ff9b::/96", "too wide"),
        ("64:ff9b::a00:0/104", "too wide"),
        ("2002:a00::/32", "too wide"),
    ] {
        let error = entry.parse::<Allowed>().unwrap_err().to_string();
        assert!(error.contains(cause), "{entry}: {error}");
        assert!(error.contains("expected a network"), "{entry}: {error}");
    }
}
