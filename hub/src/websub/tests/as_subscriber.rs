//! A subscriber to feeds that name another hub.

use hmac::{Hmac, KeyInit, Mac};
use hub_repository::pushes::State;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::*;

/// Another hub takes what it is asked.
fn accepting() -> Page {
    Page::Says(202, vec![], String::new())
}

/// A hub, and a site with a feed that names a hub on the same site.
struct Set {
    hub: TestHub,
    site: Site,
    feed: FeedId,
}

impl Set {
    async fn start() -> Self {
        let (hub, site) = (TestHub::start().await, Site::start().await);
        site.serve("/hub", accepting());
        let links = format!(
            "<{}>; rel=hub, <{}>; rel=self",
            site.url("/hub"),
            site.url("/topic")
        );
        site.serve("/rss", feed_page(&[&links], "", &["0"]));
        let feed = hub.add_feed(&site.url("/rss")).await;
        Self { hub, site, feed }
    }

    async fn request(&self, number: usize) -> Asked {
        self.site
            .until_asked("POST", "/hub", number)
            .await
            .remove(number - 1)
    }

    /// Asks a callback as a hub does.
    async fn ask(&self, callback: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut callback = Url::parse(callback).unwrap();
        callback.query_pairs_mut().extend_pairs(parameters);
        let answer = self.hub.client.get(callback).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Confirms a subscription for so many seconds; returns the callback and the secret.
    async fn confirm(&self, lease: &str) -> (String, String) {
        let request = self.request(1).await;
        let callback = request.value("hub.callback").to_owned();
        let parameters = [
            ("hub.mode", "subscribe"),
            ("hub.topic", &self.site.url("/topic")),
            ("hub.challenge", "<b>xyz</b>"),
            ("hub.lease_seconds", lease),
        ];
        let answer = self.ask(&callback, &parameters).await;
        assert_eq!(answer, (200, "<b>xyz</b>".to_owned()));
        (callback, request.value("hub.secret").to_owned())
    }

    async fn titles_count(&self) -> usize {
        let feed = self.feed;
        let list = move |conn: &mut _| entries::of_feed(conn, &Scope::Province, feed, 999);
        self.hub.db.run(list).await.unwrap().len()
    }

    async fn push(&self, callback: &str, signature: Option<String>, body: String) -> u16 {
        let mut request = self.hub.client.post(callback).body(body);
        request = request.header("content-type", "application/atom+xml");
        if let Some(signature) = signature {
            request = request.header("x-hub-signature", signature);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

fn hmac<M: Mac + KeyInit>(secret: &str, body: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn sha256(secret: &str, body: &str) -> String {
    format!("sha256={}", hmac::<Hmac<sha2::Sha256>>(secret, body))
}

#[tokio::test]
async fn the_hub_and_the_topic_are_found_wherever_they_are_named() {
    let (hub, site) = (TestHub::start().await, Site::start().await);
    let url = |path: &str| site.url(path);
    site.serve("/hub-a", accepting());
    site.serve("/hub-b", accepting());
    let in_body = |hub: &str, topic: &str| {
        format!("<link rel=\"hub\" href=\"{hub}\"/><link rel=\"self\" href=\"{topic}\"/>")
    };
    let header = format!(
        "<{}>; rel=\"hub\", <{}>; rel=\"self\"",
        url("/hub-a"),
        url("/t1")
    );
    let (unquoted, second) = (
        "</hub-a>; REL=HUB".to_owned(),
        format!("<{}>;rel=Self", url("/t2")),
    );
    let both = format!("<{}>; rel=hub", url("/hub-a"));
    let other = in_body(&url("/hub-b"), &url("/t3"));
    let rss = format!(
        "<rss version=\"2.0\" xmlns:a=\"http://www.w3.org/2005/Atom\"><channel><title>x</title>\
         <a:link rel=\"hub\" href=\"{}\"/><a:link rel=\"self\" href=\"{}\"/></channel></rss>",
        url("/hub-b"),
        url("/t5")
    );
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"x\",\"items\":[],\
         \"feed_url\":\"{}\",\"hubs\":[{{\"type\":\"WebSub\",\"url\":\"{}\"}}]}}",
        url("/t6"),
        url("/hub-b")
    );
    let moved = |status| Page::Says(status, vec![("location", url("/f7"))], String::new());
    for (path, page, named, topic) in [
        ("/f1", feed_page(&[&header], "", &["a"]), "/hub-a", "/t1"),
        (
            "/f2",
            feed_page(&[&unquoted, &second], "", &["a"]),
            "/hub-a",
            "/t2",
        ),
        ("/f3", feed_page(&[&both], &other, &["a"]), "/hub-a", "/t3"),
        (
            "/f4",
            feed_page(&[], &in_body(&url("/hub-b"), &url("/t4")), &["a"]),
            "/hub-b",
            "/t4",
        ),
        ("/f5", Page::Says(200, vec![], rss), "/hub-b", "/t5"),
        ("/f6", Page::Says(200, vec![], json), "/hub-b", "/t6"),
        (
            "/f7",
            feed_page(&["</hub-a>; rel=hub"], "", &["a"]),
            "/hub-a",
            "/f7",
        ),
        ("/f8", moved(302), "/hub-a", "/f7"),
    ] {
        site.serve(path, page);
        let feed = hub.add_feed(&site.url(path)).await;
        let push = until("a subscription is wanted", async || hub.push_of(feed).await).await;
        assert_eq!(
            (push.hub, push.topic),
            (site.url(named), site.url(topic)),
            "{path}"
        );
        until("the hub was asked", async || {
            let asked = site.asked("POST", named);
            let asked = asked
                .iter()
                .find(|asked| asked.value("hub.callback").ends_with(&push.token));
            asked.map(|asked| {
                assert_eq!(asked.value("hub.mode"), "subscribe");
                assert_eq!(asked.value("hub.topic"), site.url(topic));
                assert!((16..200).contains(&asked.value("hub.secret").len()));
                assert!(push.token.len() >= 20);
            })
        })
        .await;
    }
    let asked = [site.asked("POST", "/hub-a"), site.asked("POST", "/hub-b")].concat();
    for name in ["hub.callback", "hub.secret"] {
        let mut values: Vec<_> = asked.iter().map(|asked| asked.value(name)).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), asked.len(), "each has its own {name}");
    }
}

#[tokio::test]
async fn redirects_of_a_hub_are_followed_and_a_feed_that_names_this_hub_needs_none() {
    let (hub, site) = (TestHub::start().await, Site::start().await);
    for (number, status) in [307, 308].into_iter().enumerate() {
        let (old, new) = (format!("/old{number}"), format!("/new{number}"));
        site.serve(
            &old,
            Page::Says(status, vec![("location", new.clone())], String::new()),
        );
        site.serve(&new, accepting());
        let path = format!("/f{number}");
        let link = format!("<{old}>; rel=hub");
        site.serve(&path, feed_page(&[&link], "", &["a"]));
        hub.add_feed(&site.url(&path)).await;
        let asked = site.until_asked("POST", &new, 1).await.remove(0);
        assert_eq!(asked.value("hub.mode"), "subscribe");
        assert_eq!(asked.body, site.asked("POST", &old)[0].body);
    }
    let own = format!("<{}>; rel=hub", hub.url("/websub"));
    site.serve("/own", feed_page(&[&own], "", &["a"]));
    let feed = hub.add_feed(&site.url("/own")).await;
    let push = until("it is left alone", async || {
        let push = hub.push_of(feed).await?;
        (push.next_request_at > Timestamp::now()).then_some(push)
    })
    .await;
    assert_eq!((push.state, push.asked_at), (State::Wanted, None));
}

#[tokio::test]
async fn only_what_was_meant_is_confirmed() {
    let set = Set::start().await;
    let request = set.request(1).await;
    let callback = request.value("hub.callback").to_owned();
    let topic = set.site.url("/topic");
    let ask = |mode, topic, challenge| {
        [
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.challenge", challenge),
            ("hub.lease_seconds", "60"),
        ]
    };
    let other = set.site.url("/other");
    for (parameters, status) in [
        (ask("subscribe", other.as_str(), "x"), 404),
        (ask("unsubscribe", topic.as_str(), "x"), 404),
        (ask("subscribe", topic.as_str(), ""), 400),
        (ask("obey", topic.as_str(), "x"), 404),
        (ask("subscribe", topic.as_str(), "x"), 200),
        (ask("denied", other.as_str(), ""), 404),
        (ask("denied", topic.as_str(), ""), 200),
    ] {
        assert_eq!(
            set.ask(&callback, &parameters).await.0,
            status,
            "{parameters:?}"
        );
    }
    let denied = set.hub.push_of(set.feed).await.unwrap();
    assert_eq!(denied.state, State::Denied);
    let nobody = set.hub.url("/websub/callback/0123456789012345678901234567");
    assert_eq!(
        set.ask(&nobody, &ask("subscribe", &topic, "x")).await.0,
        404
    );
    assert_eq!(set.push(&nobody, None, String::new()).await, 404);
}

#[tokio::test]
async fn a_push_is_taken_in_when_its_signature_is_true() {
    let set = Set::start().await;
    let (callback, secret) = set.confirm("6000").await;
    let secret = secret.as_str();
    let document = |title: &str| atom("", &[title]);
    let signed = |method: &str, title: &str| {
        let body = document(title);
        let mac = match method {
            "sha1" => hmac::<Hmac<sha1::Sha1>>(secret, &body),
            "sha256" => hmac::<Hmac<sha2::Sha256>>(secret, &body),
            "sha384" => hmac::<Hmac<sha2::Sha384>>(secret, &body),
            _ => hmac::<Hmac<sha2::Sha512>>(secret, &body),
        };
        Some(format!("{method}={mac}"))
    };
    let mut wanted = vec!["0"];
    for method in ["sha1", "sha256", "sha384", "sha512"] {
        let status = set
            .push(&callback, signed(method, method), document(method))
            .await;
        assert_eq!(status, 202, "{method}");
        wanted.push(method);
        set.hub.until_titles(set.feed, &wanted).await;
    }
    for (signature, title) in [
        (Some(sha256("other", &document("wrong"))), "wrong"),
        (None, "missing"),
        (signed("md5", "unknown"), "unknown"),
        (Some("x".to_owned()), "junk"),
    ] {
        assert_eq!(
            set.push(&callback, signature, document(title)).await,
            202,
            "{title}"
        );
    }
    // The same again does no harm, and neither does what is no feed.
    let again = set
        .push(&callback, signed("sha256", "sha256"), document("sha256"))
        .await;
    let broken = "<html>lỗi";
    assert_eq!(again, 202);
    assert_eq!(
        set.push(&callback, Some(sha256(secret, broken)), broken.to_owned())
            .await,
        202
    );
    let large = atom(&format!("<!--{}-->", "x".repeat(21 << 20)), &["large"]);
    assert_eq!(
        set.push(&callback, Some(sha256(secret, &large)), large)
            .await,
        413
    );
    let middle = atom(&format!("<!--{}-->", "x".repeat(804 << 10)), &["zz"]);
    assert_eq!(
        set.push(&callback, Some(sha256(secret, &middle)), middle)
            .await,
        202
    );
    wanted.push("zz");
    set.hub.until_titles(set.feed, &wanted).await;
    until("all are counted", async || {
        let push = set.hub.push_of(set.feed).await?;
        ((push.received, push.ignored) == (6, 5)).then_some(())
    })
    .await;
    let list = move |conn: &mut _| feeds::find(conn, &Scope::Province, set.feed);
    let feed = set.hub.db.run(list).await.unwrap().unwrap();
    assert_eq!(feed.push_trust, 5, "what is pushed twice earns nothing");
    assert_eq!(feed.failures, 0);
    // What was pushed is found and shown like all else.
    until("the portal shows it", async || {
        let all = set.hub.get("/feeds/all.rss").await.text().await.unwrap();
        all.contains("sha512").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_renewed_and_a_removed_feed_unsubscribed() {
    let set = Set::start().await;
    let (callback, _) = set.confirm("8").await;
    let confirmed = Instant::now();
    let renewal = set.request(2).await;
    let waited = confirmed.elapsed().as_secs();
    assert!((5..8).contains(&waited), "{waited} s");
    assert_eq!(renewal.value("hub.mode"), "subscribe");
    assert_eq!(renewal.value("hub.callback"), callback);
    let feed = set.feed;
    let remove = move |conn: &mut _| feeds::remove(conn, &Scope::Province, feed);
    set.hub.db.run(remove).await.unwrap();
    let end = set.request(3).await;
    assert_eq!(end.value("hub.mode"), "unsubscribe");
    assert_eq!(end.value("hub.callback"), callback);
    assert_eq!(set.push(&callback, None, String::new()).await, 410);
    let topic = set.site.url("/topic");
    let parameters = [
        ("hub.mode", "unsubscribe"),
        ("hub.topic", topic.as_str()),
        ("hub.challenge", "bye"),
    ];
    assert_eq!(
        set.ask(&callback, &parameters).await,
        (200, "bye".to_owned())
    );
    assert_eq!(set.ask(&callback, &parameters).await.0, 404);
}

#[tokio::test]
async fn a_new_hub_is_subscribed_to_and_the_old_one_left_and_a_refusal_waited_out() {
    let set = Set::start().await;
    let (callback, _) = set.confirm("6000").await;
    // As if the old one had been asked long ago: what was just asked for is kept for a while.
    let push = set.hub.push_of(set.feed).await.unwrap();
    let rest = move |conn: &mut _| pushes::rest(conn, &push, push.next_request_at);
    set.hub.db.run(rest).await.unwrap();
    set.site
        .serve("/second", Page::Says(400, vec![], String::new()));
    set.site
        .serve("/rss", feed_page(&["</second>; rel=hub"], "", &["0", "1"]));
    set.hub.ping(&set.site.url("/rss")).await;
    let end = set.request(2).await;
    assert_eq!(
        (end.value("hub.mode"), end.value("hub.callback")),
        ("unsubscribe", &*callback)
    );
    let push = until("the refusal is recorded", async || {
        let push = set.hub.push_of(set.feed).await?;
        push.cause.is_some().then_some(push)
    })
    .await;
    assert_eq!(push.hub, set.site.url("/second"));
    assert!(push.cause.unwrap().contains("400"));
    assert!(push.next_request_at > Timestamp::now() + chrono::TimeDelta::minutes(4));
    assert_eq!(set.site.asked("POST", "/second").len(), 1);
}

/// A request as a hub writes it, byte by byte.
fn raw(callback: &str, signature: &str, length: usize) -> (String, String) {
    let callback = Url::parse(callback).unwrap();
    let address = format!("127.0.0.1:{}", callback.port().unwrap());
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\
         X-Hub-Signature: {signature}\r\n\r\n",
        callback.path()
    );
    (address, head)
}

#[tokio::test]
async fn a_hub_that_does_not_wait_for_the_answer_loses_nothing() {
    let set = Set::start().await;
    let (callback, secret) = set.confirm("6000").await;
    let titles: Vec<_> = (0..300).map(|number| format!("bài {number:03}")).collect();
    let titles: Vec<_> = titles.iter().map(String::as_str).collect();
    let body = atom("", &titles);
    let (address, head) = raw(&callback, &sha256(&secret, &body), body.len());
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    // Once it is claimed, the hub goes away.
    let feed = set.feed;
    until("it is being stored", async || {
        let find = move |conn: &mut _| feeds::find(conn, &Scope::Province, feed);
        let feed = set.hub.db.run(find).await.unwrap()?;
        let stored = set.titles_count().await > 1;
        (feed.lease_owner.is_some() || stored).then_some(())
    })
    .await;
    drop(stream);
    until("all of it is stored", async || {
        (set.titles_count().await == 301).then_some(())
    })
    .await;
    let find = move |conn: &mut _| feeds::find(conn, &Scope::Province, feed);
    let feed = set.hub.db.run(find).await.unwrap().unwrap();
    assert_eq!(feed.lease_owner, None);
}

#[tokio::test]
async fn a_hub_that_sends_slowly_keeps_only_its_own_waiting() {
    let set = Set::start().await;
    let (callback, _) = set.confirm("6000").await;
    let (other, other_hub) = (Site::start().await, "</hub>; rel=hub");
    other.serve("/hub", accepting());
    other.serve("/rss", feed_page(&[other_hub], "", &["x"]));
    let feed = set.hub.add_feed(&other.url("/rss")).await;
    let request = other.until_asked("POST", "/hub", 1).await.remove(0);
    let mut slow = Vec::new();
    for _ in 0..12 {
        let (address, head) = raw(&callback, "sha256=00", 1_000_000);
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all((head + "<feed").as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let body = atom("", &["y"]);
    let signature = sha256(request.value("hub.secret"), &body);
    let begun = Instant::now();
    let status = set
        .push(request.value("hub.callback"), Some(signature), body)
        .await;
    assert_eq!(status, 202);
    set.hub.until_titles(feed, &["x", "y"]).await;
    assert!(begun.elapsed() < Duration::from_secs(4));
}
