//! Feeds that are not harvested as usual: why, and what people do about it.

use hub_repository::breakers::{self, FrozenBy, Judgement};

use super::*;
use crate::harvest::doctor::tests::{XML, answer, item, rss, site};

impl TestHub {
    /// Stores how a harvest of a feed ended.
    async fn end(&self, feed: FeedId, outcome: Outcome, cause: Option<&str>) {
        let cause = cause.map(str::to_owned);
        let stored = self.app.db.run(move |conn| {
            let now = Timestamp::now();
            let lease = Lease {
                owner: "test",
                now,
                until: now + TimeDelta::minutes(1),
            };
            let claim = leases::claim_one(conn, &lease, feed)?.ok_or(StoreError::NotFound)?;
            let judgement = cause.clone().map(|cause| Judgement::Frozen {
                by: FrozenBy::Breaker,
                offered: Some("{}".to_owned()),
                cause,
            });
            let harvest = Harvest {
                outcome,
                judgement: judgement.filter(|_| outcome == Outcome::Frozen),
                cause,
                next_fetch_at: now + TimeDelta::hours(9),
                next_fetch_reason: "lúc khác, vì đã lỗi".to_owned(),
                ..pass::begin(Trigger::Manual)
            };
            harvests::finish(conn, &claim, &harvest)
        });
        stored.await.unwrap();
    }

    async fn row(&self, feed: FeedId) -> feed_rows::Feed {
        let found = self
            .app
            .db
            .run(move |conn| feed_rows::find(conn, &Scope::Province, feed));
        found.await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn why_a_feed_is_frozen_is_told_and_who_has_looked_takes_what_it_offers() {
    let hub = TestHub::new().await;
    work::follow_once(&hub.app).await.unwrap();
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceAdmin).await;
    let (lan, boss) = (hub.signed_in(&lan).await, hub.signed_in(&boss).await);
    hub.end(hub.feed, Outcome::Stored, None).await;
    let cause = "chín phần mười bài nói về cờ bạc <b>";
    hub.end(hub.feed, Outcome::Frozen, Some(cause)).await;
    let path = format!("/console/nguon-tin/{}", hub.feed);
    let page = lan.get(&path).await;
    for part in [
        "Vì sao chưa nhận bài mới",
        "cờ bạc &#60;b&#62;",
        "Các lần đóng băng",
        "Nội dung ấy là đúng",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }

    let accept = format!("{path}/nhan");
    let unseen = [("nguyen-nhan", "khác")];
    assert_eq!(lan.post(&accept, &unseen).await.status, 409);
    assert!(hub.row(hub.feed).await.frozen_at.is_some());
    let seen = [("nguyen-nhan", cause)];
    assert_eq!(lan.post(&accept, &seen).await.status, 303);
    assert_eq!(hub.row(hub.feed).await.frozen_at, None);
    assert_eq!(lan.post(&accept, &seen).await.status, 409, "sent twice");
    assert_eq!(hub.actions().await, ["feed.accept"]);
    let page = lan.get(&path).await;
    assert!(!page.body.contains("Vì sao chưa nhận"), "{}", page.body);
    assert!(page.body.contains("Các lần đóng băng"), "{}", page.body);

    // What the province has frozen, the agency does not thaw.
    let id = hub.feed;
    let frozen = hub.app.db.run(move |conn| {
        breakers::freeze(
            conn,
            &Scope::Province,
            id,
            "trang bị xâm nhập",
            Timestamp::now(),
        )
    });
    frozen.await.unwrap();
    let page = lan.get(&path).await;
    assert!(
        page.body.contains("Chỉ cấp tỉnh mở lại được"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("Nội dung ấy là đúng"), "{}", page.body);
    let seen = [("nguyen-nhan", "trang bị xâm nhập")];
    assert_eq!(lan.post(&accept, &seen).await.status, 403);
    assert_eq!(boss.post(&accept, &seen).await.status, 303);
}

#[tokio::test]
async fn the_doctor_looks_at_a_feed_when_somebody_asks() {
    let address = site(|head, _| match head.split(' ').nth(1) {
        Some("/rss") => answer("200 OK", XML, rss(&item(1, ""))),
        _ => answer("404 Not Found", "", ""),
    })
    .await;
    let hub = TestHub::with(|config| {
        config.outbound_allow = vec![address.parse().unwrap()];
    })
    .await;
    work::follow_once(&hub.app).await.unwrap();
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    for (path, said) in [("rss", "Thu thập được"), ("khong-co", "404")] {
        let url = format!("http://{address}/{path}");
        let added = hub
            .app
            .db
            .run(move |conn| feed_rows::add(conn, &Scope::Province, own, &url, Timestamp::now()));
        let id = added.await.unwrap().id;
        let examined = guest
            .post(&format!("/console/nguon-tin/{id}/kham"), &[])
            .await;
        assert_eq!(examined.status, 200);
        assert!(examined.body.contains(said), "{said}: {}", examined.body);
    }
    assert_eq!(hub.actions().await, [""; 0]);
}

#[tokio::test]
async fn all_resting_feeds_are_woken_at_once_each_for_its_own_reason() {
    let hub = TestHub::new().await;
    hub.add_agency("so-moi", "Sở mới").await;
    hub.add_agency("so-cu", "Sở cũ").await;
    let feeds = hub.app.db.run(|conn| {
        let all = feed_rows::list(conn, &Scope::Province)?;
        for feed in &all {
            feed_rows::stop(conn, &Scope::Province, feed.id, Timestamp::now())?;
        }
        Ok::<_, StoreError>(all)
    });
    let feeds: Vec<FeedId> = feeds.await.unwrap().iter().map(|feed| feed.id).collect();
    let [first, new, old] = feeds[..] else {
        panic!("three feeds: {feeds:?}");
    };
    let failing = {
        let own = hub.agency("so-tu-phap");
        let added = hub.app.db.run(move |conn| {
            let url = "https://hong.example/rss";
            feed_rows::add(conn, &Scope::Province, own, url, Timestamp::now())
        });
        added.await.unwrap().id
    };
    hub.end(failing, Outcome::Unreachable, Some("không kết nối được"))
        .await;
    let admin = hub.admin().await;
    let gone = [
        ("viec", "giai-the"),
        ("ngay-cuoi", "2025-06-30"),
        ("nguon-tin", "giu"),
        ("xac-nhan", "1"),
    ];
    let version = format!("{}:1", hub.agency("so-cu"));
    let gone = [&gone[..], &[("phien-ban", version.as_str())]].concat();
    assert_eq!(
        admin
            .post("/console/don-vi/so-cu/ket-thuc", &gone)
            .await
            .status,
        303
    );
    work::follow_once(&hub.app).await.unwrap();

    let path = "/console/nguon-tin-nghi";
    assert!(admin.get("/console").await.body.contains(path));
    let page = admin.get(path).await;
    for part in [
        "Có người đã ngừng (2)",
        "Cổng đang để yên (1)",
        "Không liên lạc được, 1 lần liên tiếp",
        "Của đơn vị đã kết thúc hoạt động (1)",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let shown = format!("name=\"nguon\" value=\"{first},{new}\"");
    assert!(page.body.contains(&shown), "{}", page.body);

    // An agency's own people wake their own, whatever the form names.
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let lan = hub.signed_in(&lan).await;
    let everything = format!("{first},{new},{old},{failing},999,x");
    let wake = |deed| [("viec", deed), ("nguon", everything.as_str())];
    for _ in 0..2 {
        assert_eq!(lan.post(path, &wake("mo-lai")).await.status, 303);
    }
    let actions = hub.actions().await;
    assert_eq!(actions[1..], ["feed.resume"]);
    assert_eq!(hub.row(first).await.stopped_at, None);
    assert_eq!(lan.post(path, &wake("thu-lai")).await.status, 303);
    assert!(hub.row(failing).await.next_fetch_at < Timestamp::now() + TimeDelta::hours(8));
    assert_eq!(admin.post(path, &wake("khac")).await.status, 400);
    assert_eq!(admin.post(path, &wake("mo-lai")).await.status, 303);
    assert_eq!(hub.row(new).await.stopped_at, None);
    assert!(
        hub.row(old).await.stopped_at.is_some(),
        "its agency is gone"
    );
    let actions = hub.actions().await;
    assert_eq!(actions[2..], ["feed.harvest", "feed.resume"]);
}
