//! Adding a feed by pasting a page of its site.

use std::sync::{Arc, Mutex};

use hub_repository::agencies::{self as agency_rows, NewAgency};
use hub_repository::proven_sites;

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
