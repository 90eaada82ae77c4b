//! The hub of its agencies and of its own feeds.

use hub_repository::subscriptions::contents;

use super::*;
use crate::websub::signature;

const ALL: &str = "/feeds/all.atom";

/// A hub, and a site with a feed and callbacks.
struct Set {
    hub: TestHub,
    site: Site,
    feed: FeedId,
    published: Vec<String>,
}

impl Set {
    async fn start() -> Self {
        let (hub, site) = (TestHub::start().await, Site::start().await);
        site.serve("/rss", feed_page(&[], "", &["0"]));
        let feed = hub.add_feed(&site.url("/rss")).await;
        until("the first entry has gone out", async || {
            let told = |conn: &mut _| {
                let revision = hub_repository::revision::current(conn)?;
                Ok::<_, StoreError>(contents::reached(conn)? == revision)
            };
            hub.db.run(told).await.unwrap().then_some(())
        })
        .await;
        Self {
            hub,
            site,
            feed,
            published: vec!["0".to_owned()],
        }
    }

    /// Publishes one more entry and pings.
    async fn publish(&mut self, title: &str) {
        self.published.push(title.to_owned());
        let titles: Vec<_> = self.published.iter().map(String::as_str).collect();
        self.site.serve("/rss", feed_page(&[], "", &titles));
        self.hub.ping(&self.site.url("/rss")).await;
    }

    /// Asks the hub for something about `topic` and a callback of the site.
    async fn ask(&self, mode: &str, topic: &str, place: &str, others: &[(&str, &str)]) {
        let callback = self.site.url(place);
        let form = [
            ("hub.mode", mode),
            ("hub.topic", topic),
            ("hub.callback", &callback),
        ];
        let (status, text) = self.hub.post(&[&form, others].concat()).await;
        assert_eq!(status, 202, "{text}");
    }

    /// Subscribes a callback of the site and waits until the hub knows.
    async fn subscribe(&self, topic: &str, callback: &str, more: &[(&str, &str)]) {
        let before = self.subscriptions().await;
        let asked = self.site.asked("GET", callback).len();
        self.ask("subscribe", topic, callback, more).await;
        self.site.until_asked("GET", callback, asked + 1).await;
        until("the subscription began", async || {
            let now = self.subscriptions().await;
            (now > before || asked > 0).then_some(())
        })
        .await;
        self.until_asked_out().await;
    }

    async fn subscriptions(&self) -> i64 {
        let count = |conn: &mut _| hub_repository::subscriptions::count(conn, Timestamp::now());
        self.hub.db.run(count).await.unwrap()
    }

    /// Waits until no callback is to be asked any more.
    async fn until_asked_out(&self) {
        until("all callbacks were asked", async || {
            let claim = |conn: &mut hub_repository::DbConn| {
                hub_repository::subscriptions::intents::waiting(conn)
            };
            (self.hub.db.run(claim).await.unwrap() == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn only_who_confirms_is_told_and_nobody_holds_up_the_others() {
    let mut set = Set::start().await;
    let topic = set.hub.url(ALL);
    let says = |status, headers, body: &str| Page::Says(status, headers, body.to_owned());
    let elsewhere = vec![("location", set.site.url("/elsewhere"))];
    for (callback, page) in [
        ("/good", Page::Callback),
        ("/slow", Page::Slow(Duration::from_secs(3))),
        ("/hangs", Page::Hangs),
        ("/404", says(404, vec![], "")),
        ("/wrong", says(200, vec![], "wrong")),
        ("/empty", says(200, vec![], "")),
        ("/500", says(500, vec![], "")),
        ("/redirect", says(302, elsewhere, "")),
    ] {
        set.site.serve(callback, page);
        let started = Instant::now();
        let with_query = format!("{callback}?user=7&x=a%20b");
        let more = [
            ("hub.lease_seconds", "4321"),
            ("hub.secret", "geheim"),
            ("x", "y"),
        ];
        set.ask("subscribe", &topic, &with_query, &more).await;
        assert!(started.elapsed() < Duration::from_secs(2), "asked later");
        let asked = set.site.until_asked("GET", callback, 1).await.remove(0);
        for (name, value) in [
            ("hub.mode", "subscribe"),
            ("hub.topic", &topic),
            ("hub.lease_seconds", "4321"),
            ("user", "7"),
            ("x", "a b"),
            ("hub.secret", ""),
        ] {
            assert_eq!(asked.value(name), value, "{callback} {name}");
        }
        assert!(asked.value("hub.challenge").len() >= 20);
    }
    set.until_asked_out().await;
    assert_eq!(set.subscriptions().await, 3);
    set.site.serve("/slow", Page::Callback);
    let started = Instant::now();
    set.publish("1").await;
    for callback in ["/good", "/slow", "/hangs"] {
        set.site.until_asked("POST", callback, 1).await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    for callback in [
        "/404",
        "/wrong",
        "/empty",
        "/500",
        "/redirect",
        "/elsewhere",
    ] {
        assert!(set.site.asked("POST", callback).is_empty(), "{callback}");
    }
    assert!(set.site.asked("GET", "/elsewhere").is_empty());
}

#[tokio::test]
async fn a_delivery_is_the_topics_content_signed() {
    let mut set = Set::start().await;
    let feed = set.site.url("/rss");
    let topics = [
        set.hub.url("/feeds/all.rss"),
        set.hub.url("/feeds/agency/so-tu-phap.json"),
        set.hub.url("/feeds/kind/news.atom"),
        feed.clone(),
    ];
    for (number, topic) in topics.iter().enumerate() {
        for (kind, more) in [
            ("plain", &[] as &[_]),
            ("signed", &[("hub.secret", "khóa")]),
        ] {
            let callback = format!("/{kind}{number}");
            set.site.serve(&callback, Page::Callback);
            set.subscribe(topic, &callback, more).await;
        }
    }
    set.site.serve("/other", Page::Callback);
    set.subscribe(&set.hub.url("/feeds/kind/qa.atom"), "/other", &[])
        .await;
    set.publish("1").await;
    for (number, topic) in topics.iter().enumerate() {
        let plain = set
            .site
            .until_asked("POST", &format!("/plain{number}"), 1)
            .await
            .remove(0);
        let signed = set
            .site
            .until_asked("POST", &format!("/signed{number}"), 1)
            .await
            .remove(0);
        assert_eq!(plain.header("x-hub-signature"), None);
        let signature = signed.header("x-hub-signature");
        assert_eq!(signature::check(signature, "khóa", &signed.body), Ok(()));
        assert!(signature.unwrap().starts_with("sha256="));
        let links = format!(
            "<{}>; rel=\"hub\", <{topic}>; rel=\"self\"",
            set.hub.url("/websub")
        );
        for delivery in [&plain, &signed] {
            assert_eq!(delivery.header("link"), Some(links.as_str()));
            assert!(!format!("{delivery:?}").contains("khóa"));
        }
        let served = set.hub.client.get(topic).send().await.unwrap();
        let content_type = served.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(plain.header("content-type"), Some(content_type.as_str()));
        assert_eq!(plain.body, served.bytes().await.unwrap(), "{topic}");
        assert_eq!(signed.body, plain.body);
    }
    // A ping without a change sends nothing: what comes next is the next publication, once.
    set.hub.ping(&feed).await;
    set.publish("2").await;
    let second = set.site.until_asked("POST", "/plain0", 2).await;
    assert!(String::from_utf8_lossy(&second[1].body).contains("<title>2</title>"));
    set.site.until_asked("POST", "/plain3", 2).await;
    for number in 0..topics.len() {
        let deliveries = set
            .site
            .until_asked("POST", &format!("/plain{number}"), 2)
            .await;
        assert_eq!(deliveries.len(), 2, "{number}");
    }
    assert!(set.site.asked("POST", "/other").is_empty());
}

#[tokio::test]
async fn a_delivery_is_tried_until_it_is_taken() {
    let mut set = Set::start().await;
    let topic = set.hub.url(ALL);
    let takes = |answers: &[u16]| Page::Takes(answers.to_vec());
    let away = Page::Takes(vec![302, 200]);
    for (callback, page) in [
        ("/late", takes(&[500, 503, 204])),
        ("/away", away),
        ("/gone", takes(&[410])),
        ("/hangs", Page::Hangs),
        ("/good", Page::Callback),
    ] {
        set.site.serve(callback, page);
        set.subscribe(&topic, callback, &[]).await;
    }
    set.publish("1").await;
    let tries = set.site.until_asked("POST", "/late", 3).await;
    assert!(tries.iter().all(|one| one.body == tries[0].body));
    set.site.until_asked("POST", "/away", 2).await;
    until("the one that is gone is forgotten", async || {
        (set.subscriptions().await == 4).then_some(())
    })
    .await;
    set.publish("2").await;
    set.site.until_asked("POST", "/good", 2).await;
    set.site.until_asked("POST", "/late", 4).await;
    set.site.until_asked("POST", "/away", 3).await;
    for (callback, times) in [("/good", 2), ("/late", 4), ("/away", 3), ("/gone", 1)] {
        assert_eq!(set.site.asked("POST", callback).len(), times, "{callback}");
    }
}

#[tokio::test]
async fn a_subscription_is_renewed_ends_and_is_ended() {
    let mut set = Set::start().await;
    let topic = set.hub.url(ALL);
    for callback in ["/twice", "/short", "/leaves", "/stays", "/last"] {
        set.site.serve(callback, Page::Callback);
    }
    set.subscribe(&topic, "/short", &[("hub.lease_seconds", "1")])
        .await;
    set.subscribe(&topic, "/twice", &[("hub.secret", "old")])
        .await;
    set.subscribe(&topic, "/twice", &[("hub.secret", "new")])
        .await;
    let asked = set.site.asked("GET", "/twice");
    assert_ne!(
        asked[0].value("hub.challenge"),
        asked[1].value("hub.challenge")
    );
    set.subscribe(&topic, "/leaves", &[]).await;
    set.subscribe(&topic, "/stays", &[]).await;
    set.ask("unsubscribe", &topic, "/leaves", &[]).await;
    let asked = set.site.until_asked("GET", "/leaves", 2).await;
    assert_eq!(asked[1].value("hub.mode"), "unsubscribe");
    assert_eq!(asked[1].value("hub.topic"), topic);
    // One that is not confirmed changes nothing, and so does one for what never was.
    set.site
        .serve("/stays", Page::Says(404, vec![], String::new()));
    set.ask("unsubscribe", &topic, "/stays", &[]).await;
    set.ask("unsubscribe", &topic, "/never", &[]).await;
    set.until_asked_out().await;
    set.site.serve("/stays", Page::Callback);
    until("the short lease has ended", async || {
        (set.subscriptions().await == 2).then_some(())
    })
    .await;
    set.subscribe(&topic, "/last", &[]).await;
    set.publish("1").await;
    for callback in ["/twice", "/stays", "/last"] {
        set.site.until_asked("POST", callback, 1).await;
    }
    let twice = set.site.asked("POST", "/twice");
    assert_eq!(twice.len(), 1);
    let signed = twice[0].header("x-hub-signature");
    assert_eq!(signature::check(signed, "new", &twice[0].body), Ok(()));
    for callback in ["/short", "/leaves"] {
        assert!(set.site.asked("POST", callback).is_empty(), "{callback}");
    }
}

#[tokio::test]
async fn a_restart_loses_nothing_and_doubles_nothing() {
    let mut set = Set::start().await;
    let topic = set.hub.url(ALL);
    for (callback, page) in [("/down", Page::Takes(vec![500])), ("/up", Page::Callback)] {
        set.site.serve(callback, page);
        set.subscribe(&topic, callback, &[]).await;
    }
    set.publish("1").await;
    set.site.until_asked("POST", "/up", 1).await;
    set.site.until_asked("POST", "/down", 1).await;
    set.hub.stop().await;
    let before = set.site.asked("POST", "/down").len();
    set.site.serve("/down", Page::Callback);
    set.hub.start_again().await;
    let tries = set.site.until_asked("POST", "/down", before + 1).await;
    assert_eq!(tries[before].body, tries[0].body);
    set.publish("2").await;
    set.site.until_asked("POST", "/down", before + 2).await;
    set.site.until_asked("POST", "/up", 2).await;
    assert_eq!(set.site.asked("POST", "/up").len(), 2);
    assert_eq!(set.site.asked("POST", "/down").len(), before + 2);
}

#[tokio::test]
async fn subscribers_of_a_feed_that_goes_are_told() {
    let set = Set::start().await;
    set.site.serve("/cb", Page::Callback);
    set.subscribe(&set.site.url("/rss"), "/cb", &[]).await;
    let feed = set.feed;
    let remove = move |conn: &mut _| feeds::remove(conn, &Scope::Province, feed);
    set.hub.db.run(remove).await.unwrap();
    let asked = set.site.until_asked("GET", "/cb", 2).await;
    assert_eq!(asked[1].value("hub.mode"), "denied");
    assert_eq!(asked[1].value("hub.topic"), set.site.url("/rss"));
    assert!(!asked[1].value("hub.reason").is_empty());
    assert_eq!(set.subscriptions().await, 0);
}

#[tokio::test]
async fn what_the_hub_does_not_serve_is_refused_in_plain_words() {
    let set = Set::start().await;
    let callback = set.site.url("/cb");
    for (topic, status) in [
        ("https://elsewhere.example/rss".to_owned(), 404),
        (set.hub.url("/feeds/agency/nobody.rss"), 404),
        (set.hub.url("/"), 404),
        ("không phải địa chỉ".to_owned(), 404),
        (set.hub.url(ALL).replace("http:", "HTTP:"), 400),
    ] {
        let form = [
            ("hub.mode", "subscribe"),
            ("hub.topic", topic.as_str()),
            ("hub.callback", callback.as_str()),
        ];
        let (answered, text) = set.hub.post(&form).await;
        assert_eq!(answered, status, "{topic}: {text}");
        assert!(
            text.starts_with("hub.topic") || text.starts_with("there is no"),
            "{text}"
        );
        let ping = [("hub.mode", "publish"), ("hub.url", topic.as_str())];
        assert!([202, 404].contains(&set.hub.post(&ping).await.0), "{topic}");
    }
    let own = set.hub.url("/feeds/all.rss");
    assert_eq!(
        set.hub
            .post(&[("hub.mode", "publish"), ("hub.topic", &own)])
            .await
            .0,
        202
    );
    assert_eq!(set.hub.get("/websub").await.status().as_u16(), 405);
}

#[tokio::test]
async fn the_hubs_own_feeds_name_it() {
    let set = Set::start().await;
    let hub = set.hub.url("/websub");
    for path in [
        "/feeds/all.rss",
        "/feeds/agency/so-tu-phap.atom",
        "/feeds/kind/news.json",
    ] {
        let topic = set.hub.url(path);
        let links = format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"");
        let head = set.hub.client.head(&topic).send().await.unwrap();
        let answer = set.hub.get(path).await;
        for response in [&head, &answer] {
            let fields: Vec<_> = response.headers().get_all("link").iter().collect();
            assert_eq!(fields, [links.as_str()]);
        }
        let bytes = answer.bytes().await.unwrap();
        let document = ::feeds::parse(&bytes, &::feeds::Hints::default())
            .unwrap()
            .feed;
        assert_eq!(document.hubs, [hub.as_str()], "{path}");
        assert_eq!(document.self_url, Some(topic));
    }
}
