//! What a feed's site has sent, and what its categories stand for.

use hub_repository::answers::NewAnswer;
use hub_repository::category_mappings;

use super::*;

impl TestHub {
    /// Stores a harvest that received these bytes.
    pub(super) async fn receive(
        &self,
        bytes: &'static [u8],
        content_type: &str,
        outcome: Outcome,
    ) -> String {
        let hash = format!("{:064x}", bytes.len());
        let answer = NewAnswer {
            hash: hash.clone(),
            url: "https://stp.example/rss".to_owned(),
            content_type: Some(content_type.to_owned()),
            size: i64::try_from(bytes.len()).unwrap(),
            packed: lz4_flex::block::compress(bytes),
        };
        let feed = self.feed;
        let stored = self.app.db.run(move |conn| {
            let now = Timestamp::now();
            let lease = Lease {
                owner: "test",
                now,
                until: now + TimeDelta::minutes(1),
            };
            let claim = leases::claim_one(conn, &lease, feed)?.ok_or(StoreError::NotFound)?;
            let harvest = Harvest {
                outcome,
                answer: Some(answer),
                ..pass::begin(Trigger::Manual)
            };
            harvests::finish(conn, &claim, &harvest)
        });
        stored.await.unwrap();
        hash
    }
}

#[tokio::test]
async fn the_bytes_that_were_seen_are_shown_as_text_and_never_as_a_page() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let path = format!("/console/nguon-tin/{}/byte", hub.feed);
    let empty = guest.get(&path).await;
    assert!(
        empty.body.contains("Chưa có câu trả lời nào"),
        "{}",
        empty.body
    );

    let old = hub
        .receive(b"<rss/>", "application/rss+xml", Outcome::Stored)
        .await;
    let bytes = "<script>alert(1)</script>\u{0}\u{202e}Lỗi máy chủ";
    let new = hub
        .receive(bytes.as_bytes(), "text/html", Outcome::NotAFeed)
        .await;
    let shown = guest.get(&path).await;
    for part in [
        "&#60;script&#62;alert(1)",
        "\\u{0}\\u{202e}Lỗi máy chủ",
        "bảng mã utf-8",
        "không phải nguồn tin",
        &old,
    ] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert!(!shown.body.contains("<script>alert"), "{}", shown.body);
    let chosen = guest.get(&format!("{path}?ban={old}")).await;
    assert!(chosen.body.contains("&#60;rss/&#62;"), "{}", chosen.body);

    let file = guest.get(&format!("{path}/{new}")).await;
    assert_eq!(file.body, bytes);
    assert_eq!(file.header("content-type"), "application/octet-stream");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    let disposition = file.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"nguon-tin-"),
        "{disposition}"
    );
    assert_eq!(guest.get(&format!("{path}/khong-co")).await.status, 404);
}

#[tokio::test]
async fn a_category_stands_for_a_field_and_two_editors_do_not_overwrite_each_other() {
    let hub = TestHub::new().await;
    let of_category = |identity: &str, category: &str| NewEntry {
        categories: vec![category.to_owned()],
        ..entry(identity, "Thông báo")
    };
    let delivered = vec![
        of_category("a", "Địa chính"),
        of_category("b", "địa chính "),
        of_category("c", "<i>Khác</i>"),
    ];
    hub.harvest(delivered, &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let path = format!("/console/nguon-tin/{}/chuyen-muc", hub.feed);
    let listed = guest.get(&path).await;
    for part in [
        "<strong>Địa chính</strong> <span class=\"meta\">2 bài",
        "&#60;i&#62;Khác",
    ] {
        assert!(listed.body.contains(part), "{part}: {}", listed.body);
    }
    let map = |before, field| {
        [
            ("chuyen-muc", "Địa chính"),
            ("truoc", before),
            ("linh-vuc", field),
        ]
    };
    assert_eq!(guest.post(&path, &map("", "dat-dai")).await.status, 303);
    assert_eq!(guest.post(&path, &map("", "khong-co")).await.status, 400);
    let waiting = guest.get(&path).await;
    assert!(waiting.body.contains("còn 3 bài"), "{}", waiting.body);

    let second = guest.post(&path, &map("", "hinh-su")).await;
    assert_eq!(second.status, 409);
    assert!(
        second.body.contains("người khác đã đổi thành “Đất đai”"),
        "{}",
        second.body
    );
    assert!(
        second.body.contains("<option value=\"hinh-su\" selected>"),
        "the choice is kept"
    );
    // Sent again with what is there now; and once more, which changes nothing.
    for _ in 0..2 {
        let sent = guest.post(&path, &map("dat-dai", "hinh-su")).await.status;
        assert!(sent == 303 || sent == 409, "{sent}");
    }
    let mapped = hub
        .app
        .db
        .run(move |conn| category_mappings::of_agency(conn, &Scope::Province, own));
    let mapped = mapped.await.unwrap();
    assert_eq!(mapped.get("dia chinh").map(String::as_str), Some("hinh-su"));
    assert_eq!(hub.actions().await, ["category.map", "category.map"]);
}
