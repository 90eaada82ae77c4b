//! What agencies publish, in figures.

use super::*;

#[tokio::test]
async fn an_agency_sees_its_figures_and_the_province_compares() {
    let hub = TestHub::new().await;
    let silent = add_feed(&hub.app, "cong-an-tinh", "Công an tỉnh").await;
    let of_kind = |identity: &str, kind| NewEntry {
        kind,
        ..entry(identity, "Luật Đất đai: cấp sổ đỏ, thu hồi đất, bồi thường")
    };
    let delivered = vec![
        of_kind("a", Kind::News),
        of_kind("b", Kind::News),
        of_kind("c", Kind::Qa),
    ];
    hub.harvest(delivered, &["d"]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::Auditor).await;
    let guest = hub.signed_in(&lan).await;
    let page = guest.get("/console/don-vi/so-tu-phap/thong-ke").await;
    for part in [
        "<dt>Bài trên cổng</dt><dd>3</dd>",
        "<th scope=\"col\" class=\"number\">Tin tức</th>",
        "<td class=\"number\">3</td><td class=\"number\">2</td><td class=\"number\">1</td>",
        "Lĩnh vực chưa có bài",
        "Đơn vị chưa có tiện ích nào",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let boss = hub.signed_in(&boss).await;
    let all = boss.get("/console/thong-ke").await;
    for part in [
        "1 đơn vị không có bài nào",
        "/console/don-vi/cong-an-tinh/thong-ke",
        "tin tức 2, hỏi đáp 1",
        "<td class=\"day\">chưa có</td>",
    ] {
        assert!(all.body.contains(part), "{part}: {}", all.body);
    }
    let stopped = hub
        .app
        .db
        .run(move |conn| feed_rows::stop(conn, &Scope::Province, silent, Timestamp::now()));
    stopped.await.unwrap();
    let all = boss.get("/console/thong-ke").await;
    assert!(all.body.contains("<td>không có</td>"), "{}", all.body);
}
