//! Adding a feed by pasting a page of its site.

use std::sync::{Arc, Mutex};

use hub_repository::agencies::{self as agency_rows, NewAgency};
use hub_repository::proven_sites;
use hub_repository::schedules::Schedule;

use super::*;
use crate::harvest::doctor::tests::{XML, answer, item, rss, site};

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

/// Path, headers, content.
type Page = (&'static str, &'static str, String);

/// A site whose pages a test changes.
#[derive(Clone, Default)]
struct Site(Arc<Mutex<Vec<Page>>>);

impl Site {
    fn put(&self, path: &'static str, headers: &'static str, body: impl Into<String>) {
        let mut pages = self.0.lock().unwrap();
        pages.retain(|(known, ..)| *known != path);
        pages.push((path, headers, body.into()));
    }

    /// The site's address, and a hub that may reach it.
    async fn start(&self) -> (String, TestHub) {
        let pages = self.clone();
        let address = site(move |head, _| {
            let asked = head.split(' ').nth(1).unwrap_or_default();
            let pages = pages.0.lock().unwrap();
            match pages.iter().find(|(path, ..)| *path == asked) {
                Some((_, headers, body)) => answer("200 OK", headers, body),
                None => answer("404 Not Found", "", ""),
            }
        })
        .await;
        let hub = TestHub::with(|config| {
            config.outbound_allow = vec![address.parse().unwrap()];
        })
        .await;
        work::follow_once(&hub.app).await.unwrap();
        (address, hub)
    }
}

const ADD: &str = "/console/don-vi/so-tu-phap/them-nguon";
const REGISTER: &str = "/console/don-vi/so-tu-phap/nguon-tin";

/// The token that a page says to put on the site.
fn token(answer: &Answer) -> String {
    let (_, rest) = answer.body.split_once("id=\"ma\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_pasted_page_leads_to_a_feed_that_is_registered_once_the_site_is_proven() {
    let pages = Site::default();
    pages.put(
        "/gioi-thieu",
        HTML,
        "<title>Giới thiệu</title><link rel=alternate type=application/rss+xml href=/rss title='Tin &lt;b&gt;'>",
    );
    let land = "<item><guid>a</guid><title>Cấp sổ đỏ lần đầu &lt;script&gt;alert(1)&lt;/script&gt;</title>\
        <description>Thủ tục cấp giấy chứng nhận quyền sử dụng đất theo Luật Đất đai 2024.</description></item>";
    pages.put("/rss", XML, rss(&format!("{land}{}", item(1, ""))));
    let (address, hub) = pages.start().await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    assert!(guest.get(ADD).await.body.contains("Thêm nguồn tin"));

    // Without a scheme, as people paste it.
    let pasted = format!("{address}/gioi-thieu");
    let found = guest.post(ADD, &[("dia-chi", &pasted)]).await;
    assert_eq!(found.status, 200);
    for part in ["Tin &#60;b&#62;", "RSS 2.0, 2 bài, mới nhất", "Xem trước"] {
        assert!(found.body.contains(part), "{part}: {}", found.body);
    }
    let feed = format!("http://{address}/rss");
    let preview = guest.post(ADD, &[("dia-chi", &feed)]).await;
    for part in [
        "Thu thập được. Chưa có gì được lưu.",
        "Cấp sổ đỏ lần đầu",
        "Đất đai",
        "Không ghi ngày đăng.",
        "nội dung có thể bị sửa trên đường đi",
        "Kiểm tra và đăng ký",
        "/.well-known/loa-verification.txt",
    ] {
        assert!(preview.body.contains(part), "{part}: {}", preview.body);
    }
    assert!(!preview.body.contains("<script>alert"), "{}", preview.body);
    assert_eq!(hub.actions().await, [""; 0], "nothing was stored");

    let wanted = [("nguon", feed.as_str())];
    let refused = guest.post(REGISTER, &wanted).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("Chưa thấy mã"), "{}", refused.body);
    assert_eq!(token(&refused), token(&preview), "the same every time");
    pages.put(
        "/",
        HTML,
        format!("<meta name=loa-verification content={}>", token(&preview)),
    );
    let registered = guest.post(REGISTER, &wanted).await;
    assert_eq!(registered.status, 303, "{}", registered.body);
    let path = registered.header("location").to_owned();
    assert!(path.ends_with("?xong=dang-ky"), "{path}");
    assert!(
        guest
            .get(&path)
            .await
            .body
            .contains("yêu cầu thu thập ngay")
    );
    assert_eq!(hub.actions().await, ["site.prove", "feed.add"]);
    let (site, stored_at) = (address.clone(), feed.clone());
    let stored = hub.app.db.run(move |conn| {
        let feed = feed_rows::find_by_url(conn, &Scope::Agency(own), &stored_at)?;
        let due = feed_rows::due_count(conn, &Scope::Agency(own), Timestamp::now())?;
        Ok::<_, StoreError>((
            feed,
            due,
            proven_sites::of_agency(conn, &Scope::Province, own)?,
        ))
    });
    let (row, due, proven) = stored.await.unwrap();
    assert_eq!((due, &*proven[0].site), (2, &*site), "due at once");

    // Sent twice; and a second feed of the site needs no proof, though the token has gone.
    let again = guest.post(REGISTER, &wanted).await;
    assert_eq!(again.status, 409);
    let id = row.unwrap().id;
    assert!(again.body.contains(&format!("/console/nguon-tin/{id}\"")));
    pages.put("/", HTML, "");
    let second = format!("http://{address}/tin-moi");
    let registered = guest.post(REGISTER, &[("nguon", &second)]).await;
    assert_eq!(registered.status, 303, "{}", registered.body);

    let stop = format!("/console/nguon-tin/{id}/ngung");
    for _ in 0..2 {
        assert_eq!(
            guest.post(&stop, &[]).await.status,
            303,
            "twice does no harm"
        );
    }
    let page = guest.get(&format!("/console/nguon-tin/{id}")).await;
    assert!(page.body.contains("Đã ngừng thu thập") && page.body.contains("Mở lại"));
    let resume = format!("/console/nguon-tin/{id}/mo-lai");
    assert_eq!(guest.post(&resume, &[]).await.status, 303);
    let actions = hub.actions().await;
    assert_eq!(actions[3..], ["feed.stop", "feed.resume"]);
}

#[tokio::test]
async fn a_site_of_others_is_not_taken_over() {
    let pages = Site::default();
    pages.put("/rss", XML, rss(&item(1, "")));
    let (address, hub) = pages.start().await;
    add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    let homepage = format!("http://{address}/");
    let added = hub.app.db.run(move |conn| {
        let new = NewAgency {
            slug: "xa-moi",
            name: "Xã Mới",
            parent_id: None,
            valid_from: None,
            valid_until: None,
            homepage: Some(&homepage),
        };
        agency_rows::add(conn, &Scope::Province, &new)
    });
    added.await.unwrap();
    work::follow_once(&hub.app).await.unwrap();
    let enrol = async |slug| {
        let email = format!("{slug}@tinh.vn");
        let agency = hub.agency(slug);
        hub.enrol(&email, Some(agency), Role::AgencyAdmin).await
    };
    let (own, other) = (enrol("so-tu-phap").await, enrol("cong-an-tinh").await);
    let local = enrol("xa-moi").await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceEditor).await;
    let (own, other) = (hub.signed_in(&own).await, hub.signed_in(&other).await);
    let local = hub.signed_in(&local).await;
    let boss = hub.signed_in(&boss).await;

    // The token of one agency proves nothing for another.
    let feed = format!("http://{address}/rss");
    let wanted = [("nguon", feed.as_str())];
    let refused = own.post(REGISTER, &wanted).await;
    pages.put("/.well-known/loa-verification.txt", "", token(&refused));
    let foreign = "/console/don-vi/cong-an-tinh/nguon-tin";
    let answer = other.post(foreign, &wanted).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("không có dòng nào là mã cần có"),
        "{}",
        answer.body
    );
    assert_eq!(other.post(REGISTER, &wanted).await.status, 404);
    assert_eq!(hub.actions().await, [""; 0]);

    // The province has said whose homepage it is, and may add what it likes.
    let ground = local
        .post("/console/don-vi/xa-moi/them-nguon", &[("dia-chi", &feed)])
        .await;
    assert!(ground.body.contains("trang chính thức"), "{}", ground.body);
    let answer = boss.post(foreign, &wanted).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(hub.actions().await, ["feed.add"]);
    let known = own.post(ADD, &[("dia-chi", &feed)]).await;
    assert!(
        known.body.contains("đã được đăng ký cho Công an tỉnh"),
        "{}",
        known.body
    );
    assert!(!known.body.contains("Đăng ký nguồn tin"), "{}", known.body);
    let secure = feed.replace("http://", "https://");
    assert_eq!(own.post(REGISTER, &[("nguon", &secure)]).await.status, 409);
}

#[tokio::test]
async fn what_cannot_be_visited_is_told_beside_what_was_typed() {
    let pages = Site::default();
    pages.put("/trong", HTML, "<title>Trống</title>");
    let (address, hub) = pages.start().await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let empty = format!("http://{address}/trong");
    for (typed, status, said) in [
        ("", 400, "Chưa có địa chỉ"),
        ("javascript:alert(1)", 400, "không phải là địa chỉ web"),
        ("https://a:b@so.example/", 400, "không được kèm tên"),
        ("ftp://so.example/", 400, "không phải là địa chỉ web"),
        ("http://127.0.0.1:1/\"><script>", 200, "mạng nội bộ"),
        ("http://169.254.169.254/latest", 200, "mạng nội bộ"),
        (&empty, 200, "không giới thiệu nguồn tin nào"),
    ] {
        let answer = guest.post(ADD, &[("dia-chi", typed)]).await;
        assert_eq!(answer.status, status, "{typed}: {}", answer.body);
        assert!(answer.body.contains(said), "{typed}: {}", answer.body);
        let kept = typed
            .replace('"', "&#34;")
            .replace('<', "&#60;")
            .replace('>', "&#62;");
        assert!(
            answer.body.contains(&format!("value=\"{kept}\"")),
            "{typed}"
        );
    }
    for _ in 3..30 {
        let answer = guest.post(ADD, &[("dia-chi", "http://127.0.0.1:1/")]).await;
        assert_eq!(answer.status, 200);
    }
    let answer = guest.post(ADD, &[("dia-chi", &empty)]).await;
    assert_eq!(answer.status, 429);
    assert!(answer.body.contains("Hãy thử lại sau"), "{}", answer.body);
}

#[tokio::test]
async fn what_was_proven_is_taken_back() {
    let pages = Site::default();
    let (address, hub) = pages.start().await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyAdmin).await;
    let guest = hub.signed_in(&lan).await;
    let feed = format!("http://{address}/rss");
    let wanted = [("nguon", feed.as_str())];
    let refused = guest.post(REGISTER, &wanted).await;
    pages.put("/.well-known/loa-verification.txt", "", token(&refused));
    assert_eq!(guest.post(REGISTER, &wanted).await.status, 303);
    pages.put("/.well-known/loa-verification.txt", "", "");

    let sites = "/console/don-vi/so-tu-phap/trang-web";
    let listed = guest.get(sites).await;
    for part in [
        &address,
        "tệp trên trang, Trần Thị Lan",
        &feed,
        "1 nguồn tin đang thu thập",
    ] {
        assert!(listed.body.contains(part), "{part}: {}", listed.body);
    }
    let chosen = [("trang", address.as_str()), ("ngung", "1")];
    for _ in 0..2 {
        let taken = guest.post(sites, &chosen).await;
        assert_eq!(taken.status, 303, "twice does no harm");
    }
    let actions = hub.actions().await;
    assert_eq!(actions[2..], ["feed.stop", "site.take-back"]);
    let listed = guest.get(sites).await;
    assert!(
        listed.body.contains("chưa xác minh trang nào"),
        "{}",
        listed.body
    );
    let second = format!("http://{address}/tin-moi");
    let refused = guest.post(REGISTER, &[("nguon", &second)]).await;
    assert_eq!(refused.status, 409, "it must be proven again");
}

impl TestHub {
    /// Lets a day pass in which this feed of the agency was redirected there for good.
    async fn redirect_for_good(&self, feed: FeedId, to: &str) {
        let to = to.to_owned();
        let stored = self.app.db.run(move |conn| {
            let now = Timestamp::now();
            let lease = Lease {
                owner: "test",
                now,
                until: now + TimeDelta::minutes(1),
            };
            let claim = leases::claim_one(conn, &lease, feed)?.ok_or(StoreError::NotFound)?;
            let schedule = Schedule {
                host: "cu.example:443".to_owned(),
                demand: 0.1,
                rhythm: String::new(),
                window_entries: 1,
                fresh_seconds: None,
                skip_hours: 0,
                skip_days: 0,
                update_minutes: None,
                whole_at: now,
                unconditional_until: None,
                moved_to: Some(to),
                moved_since: Some(now + TimeDelta::hours(-30)),
                moved_runs: 3,
                gap_at: None,
                gap_seconds: None,
                pushed_at: None,
                timely_pings: 0,
            };
            let harvest = Harvest {
                outcome: Outcome::Stored,
                schedule: Some(schedule),
                ..pass::begin(Trigger::Manual)
            };
            harvests::finish(conn, &claim, &harvest)
        });
        stored.await.unwrap();
    }
}

#[tokio::test]
async fn a_feed_moves_to_another_site_once_that_is_known_to_be_the_agencys() {
    let pages = Site::default();
    let (address, hub) = pages.start().await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyAdmin).await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceEditor).await;
    let (lan, boss) = (hub.signed_in(&lan).await, hub.signed_in(&boss).await);
    let path = format!("/console/nguon-tin/{}", hub.feed);
    let form = format!("{path}/dia-chi-moi");
    let nowhere = lan.get(&form).await;
    assert_eq!(nowhere.header("location"), path, "it has nowhere to move");

    let new = format!("http://{address}/rss");
    hub.redirect_for_good(hub.feed, &new).await;
    for page in [&path, "/console/don-vi/so-tu-phap"] {
        let seen = lan.get(page).await;
        assert!(seen.body.contains("Nhận địa chỉ mới"), "{}", seen.body);
        assert!(seen.body.contains(&new), "{}", seen.body);
    }
    let asked = lan.get(&form).await;
    assert!(asked.body.contains("Kiểm tra và nhận"), "{}", asked.body);
    let unseen = [("dia-chi", "https://khac.example/rss")];
    let wanted = [("dia-chi", new.as_str())];
    assert_eq!(lan.post(&form, &unseen).await.status, 409);
    let refused = lan.post(&form, &wanted).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("Chưa thấy mã"), "{}", refused.body);
    assert_eq!(hub.actions().await, [""; 0]);
    pages.put("/.well-known/loa-verification.txt", "", token(&refused));
    let moved = lan.post(&form, &wanted).await;
    assert_eq!(moved.header("location"), format!("{path}?xong=dia-chi-moi"));
    assert_eq!(hub.actions().await, ["site.prove", "feed.move"]);
    let id = hub.feed;
    let found = hub
        .app
        .db
        .run(move |conn| feed_rows::find(conn, &Scope::Province, id));
    assert_eq!(found.await.unwrap().unwrap().url, new);
    assert_eq!(lan.post(&form, &wanted).await.status, 409, "it has moved");

    // The province says so once, without a token.
    let elsewhere = "https://moi.example/rss";
    hub.redirect_for_good(hub.feed, elsewhere).await;
    let asked = boss.get(&form).await;
    assert!(asked.body.contains("cấp tỉnh"), "{}", asked.body);
    let moved = boss.post(&form, &[("dia-chi", elsewhere)]).await;
    assert_eq!(moved.status, 303, "{}", moved.body);

    // Another feed's address is told as such, and nothing is kept.
    let other = add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    let taken = hub
        .app
        .db
        .run(move |conn| feed_rows::find(conn, &Scope::Province, other));
    let taken = taken.await.unwrap().unwrap().url;
    hub.redirect_for_good(hub.feed, &taken).await;
    let refused = boss.post(&form, &[("dia-chi", &taken)]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("nguồn tin khác"), "{}", refused.body);
    assert_eq!(hub.actions().await.len(), 3);
}
