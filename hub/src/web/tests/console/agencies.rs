//! The tree of agencies: what is changed there, and what the public then meets.

use super::*;

impl TestHub {
    pub(super) async fn add_agency(&self, slug: &'static str, name: &'static str) {
        add_feed(&self.app, slug, name).await;
        work::follow_once(&self.app).await.unwrap();
    }

    pub(super) async fn admin(&self) -> Guest<'_> {
        let admin = self
            .enrol("quan.tri@tinh.vn", None, Role::ProvinceAdmin)
            .await;
        self.signed_in(&admin).await
    }
}

fn filled<'a>(name: &'a str, slug: &'a str, version: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("ten", name), ("ma", slug), ("phien-ban", version)]
}

#[tokio::test]
async fn what_an_agency_was_called_leads_to_what_it_is_called_now() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    let admin = hub.admin().await;
    let fields = filled("Sở Tư pháp tỉnh", "stp", "1");
    let saved = admin.post("/console/don-vi/so-tu-phap/sua", &fields).await;
    assert_eq!(
        saved.header("location"),
        "/console/don-vi?xong=don-vi-sua#stp"
    );
    work::follow_once(&hub.app).await.unwrap();
    for (before, after) in [
        ("/don-vi/so-tu-phap", "/don-vi/stp"),
        ("/feeds/agency/so-tu-phap.atom", "/feeds/agency/stp.atom"),
        (
            "/feeds/agency/so-tu-phap.rss?archive=1",
            "/feeds/agency/stp.rss?archive=1",
        ),
        ("/api/v1/agencies/so-tu-phap", "/api/v1/agencies/stp"),
        (
            "/api/v1/entries?agency=so-tu-phap&limit=1",
            "/api/v1/entries?agency=stp&limit=1",
        ),
        (
            "/widget/entries.json?agency=so-tu-phap",
            "/widget/entries.json?agency=stp",
        ),
        ("/embed?agency=x,so-tu-phap", "/embed?agency=x%2Cstp"),
        (
            "/tim-kiem?q=dat&don-vi=so-tu-phap",
            "/tim-kiem?q=dat&don-vi=stp",
        ),
        (
            "/oai?verb=ListRecords&set=agency.so-tu-phap",
            "/oai?verb=ListRecords&set=agency.stp",
        ),
    ] {
        let moved = hub.get(before).await;
        assert_eq!(
            (moved.status.as_u16(), moved.header("location")),
            (301, after),
            "{before}"
        );
        assert_eq!(moved.header("access-control-allow-origin"), "*", "{before}");
    }
    let console = admin.get("/console/don-vi/so-tu-phap/sua").await;
    assert_eq!(console.header("location"), "/console/don-vi/stp/sua");
    let form = admin.post("/console/don-vi/so-tu-phap/sua", &fields).await;
    assert_eq!(form.status, 308, "a form stays one");
    for path in [
        "/don-vi/stp",
        "/tim-kiem?don-vi=stp",
        "/feeds/agency/stp.rss",
        "/widget/entries.json?agency=stp",
        "/api/v1/entries?agency=stp",
    ] {
        let answer = hub.get(path).await;
        assert!(
            answer.status == 200 && answer.body.contains("Luật Đất đai"),
            "{path}"
        );
    }
    assert_eq!(hub.get("/don-vi/khac").await.status, 404);
    assert_eq!(hub.actions().await, ["agency.edit"]);
}

#[tokio::test]
async fn the_second_of_two_administrators_sees_what_the_first_changed() {
    let hub = TestHub::new().await;
    let admin = hub.admin().await;
    let path = "/console/don-vi/so-tu-phap/sua";
    let mut first = filled("Sở Tư pháp tỉnh", "so-tu-phap", "1");
    first.push(("trang-chu", "https://stp.example.vn"));
    assert_eq!(admin.post(path, &first).await.status, 303);
    let second = filled("Sở Tư pháp Thanh Hóa", "so-tu-phap", "1");
    let answer = admin.post(path, &second).await;
    assert_eq!(answer.status, 409);
    for part in [
        "<th scope=\"row\">Tên</th><td>Sở Tư pháp tỉnh</td><td>Sở Tư pháp Thanh Hóa</td>",
        "<td>https://stp.example.vn/</td><td>(trống)</td>",
        "value=\"Sở Tư pháp Thanh Hóa\"",
        "name=\"phien-ban\" value=\"2\"",
    ] {
        assert!(answer.body.contains(part), "{part} in {}", answer.body);
    }
    let again = filled("Sở Tư pháp Thanh Hóa", "so-tu-phap", "2");
    assert_eq!(admin.post(path, &again).await.status, 303);
}

#[tokio::test]
async fn what_is_wrong_with_an_agency_stands_beside_its_field_and_what_was_typed_stays() {
    let hub = TestHub::new().await;
    let admin = hub.admin().await;
    let path = "/console/them-don-vi";
    for (field, value, said) in [
        ("ten", "", "id=\"ten-sai\""),
        ("ma", "Sở", "id=\"ma-sai\""),
        ("ma", "so-tu-phap", "từng là mã"),
        ("cap", "huyen", "id=\"cap-sai\""),
        ("truc-thuoc", "khong-co", "id=\"truc-thuoc-sai\""),
        ("trang-chu", "javascript:alert(1)", "id=\"trang-chu-sai\""),
        ("tu-ngay", "1/7/2025", "id=\"tu-ngay-sai\""),
        ("den-ngay", "2020-01-01", "id=\"den-ngay-sai\""),
    ] {
        let mut fields = vec![
            ("ten", "Xã Hà Trung"),
            ("ma", "xa-ha-trung"),
            ("tu-ngay", "2025-07-01"),
        ];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        let answer = admin.post(path, &fields).await;
        assert_eq!(answer.status, 400, "{field}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        let stays = field == "ten" || answer.body.contains("value=\"Xã Hà Trung\"");
        assert!(stays, "{field}");
    }
    let fields = [
        ("ten", "Xã  Hà Trung"),
        ("truc-thuoc", "so-tu-phap"),
        ("cap", "tinh"),
    ];
    let added = admin.post(path, &fields).await;
    assert_eq!(
        added.header("location"),
        "/console/don-vi?xong=don-vi-them#xa-ha-trung"
    );
    assert_eq!(admin.post(path, &fields).await.status, 400, "sent twice");
    let listed = admin.get("/console/don-vi?xong=don-vi-them").await;
    for part in [
        "<li class=\"depth-1\" id=\"xa-ha-trung\">",
        "xa-ha-trung · cấp tỉnh · thuộc Sở Tư pháp",
        "1 nguồn tin · chưa có người",
    ] {
        assert!(listed.body.contains(part), "{part} in {}", listed.body);
    }
    assert!(
        admin
            .get("/console/don-vi?tim=ha+trung")
            .await
            .body
            .contains("1 đơn vị.")
    );
    assert!(
        admin
            .get("/console/don-vi?cap=xa")
            .await
            .body
            .contains("0 đơn vị.")
    );
}

#[tokio::test]
async fn a_merger_is_shown_before_it_is_done_and_can_be_taken_back() {
    let hub = TestHub::new().await;
    hub.add_agency("so-moi", "Sở mới").await;
    hub.add_agency("so-cu", "Sở cũ").await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    let admin = hub.admin().await;
    let path = "/console/don-vi/so-tu-phap/ket-thuc";
    for (change, said) in [
        (("viec", "chia-tach"), "ít nhất hai"),
        (("viec", "khac"), "Hãy chọn việc"),
        (("ke-thua", "Sở Tư pháp"), "vừa kết thúc vừa kế thừa"),
        (("ke-thua", "Sở nào"), "Không có đơn vị “Sở nào”"),
        (("ngay-cuoi", "mai"), "Hãy nhập ngày cuối"),
        (("nguon-tin", ""), "Hãy chọn một cách"),
    ] {
        let mut fields = vec![
            ("viec", "sap-nhap"),
            ("ke-thua", "sở mới"),
            ("ngay-cuoi", "2025-06-30"),
            ("nguon-tin", "chuyen"),
        ];
        fields.retain(|(name, _)| *name != change.0);
        fields.push(change);
        let answer = admin.post(path, &fields).await;
        assert_eq!(answer.status, 400, "{change:?}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let mut fields = vec![
        ("viec", "sap-nhap"),
        ("cung", "so-cu"),
        ("ke-thua", "sở mới"),
        ("ngay-cuoi", "2025-06-30"),
        ("nguon-tin", "chuyen"),
    ];
    let shown = admin.post(path, &fields).await;
    assert_eq!(shown.status, 200);
    for part in [
        "Sở Tư pháp, Sở cũ kết thúc hoạt động sau ngày 30/06/2025.",
        "1 bài đã đăng giữ nguyên",
        "2 nguồn tin chuyển sang Sở mới",
        "name=\"phien-ban\" value=\"1:1,3:1\"",
    ] {
        assert!(shown.body.contains(part), "{part} in {}", shown.body);
    }
    assert_eq!(hub.actions().await, [""; 0], "nothing has happened");
    fields.extend([("phien-ban", "1:1,3:1"), ("xac-nhan", "1")]);
    assert_eq!(admin.post(path, &fields).await.status, 303);
    let again = admin.post(path, &fields).await;
    assert_eq!(again.status, 409, "sent twice, it asks again");
    work::follow_once(&hub.app).await.unwrap();
    let page = hub.get("/don-vi/so-tu-phap").await;
    assert_eq!(page.status, 200, "it stays where it was");
    for part in [
        "đã kết thúc hoạt động ngày 30/06/2025",
        "<a href=\"/don-vi/so-moi\">Sở mới</a>",
        "Luật Đất đai",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    assert!(
        hub.get("/don-vi/so-moi")
            .await
            .body
            .contains("<a href=\"/don-vi/so-cu\">Sở cũ</a>")
    );
    let listed = admin.get("/console/don-vi?trang-thai=ket-thuc").await;
    assert!(
        listed
            .body
            .contains("Đã kết thúc ngày 30/06/2025; kế thừa: Sở mới")
    );

    let reopen = "/console/don-vi/so-tu-phap/mo-lai";
    assert_eq!(admin.post(reopen, &[("phien-ban", "1")]).await.status, 409);
    assert_eq!(admin.post(reopen, &[("phien-ban", "2")]).await.status, 303);
    assert_eq!(
        admin.post(reopen, &[("phien-ban", "3")]).await.status,
        409,
        "sent twice"
    );
    work::follow_once(&hub.app).await.unwrap();
    assert!(
        !hub.get("/don-vi/so-tu-phap")
            .await
            .body
            .contains("kết thúc")
    );
    assert_eq!(hub.actions().await, ["agency.end", "agency.reopen"]);
}

#[tokio::test]
async fn the_feeds_of_an_agency_that_ends_later_stay_until_then() {
    let hub = TestHub::new().await;
    hub.add_agency("so-moi", "Sở mới").await;
    let admin = hub.admin().await;
    let path = "/console/don-vi/so-tu-phap/ket-thuc";
    let mut fields = vec![
        ("viec", "sap-nhap"),
        ("ke-thua", "sở mới"),
        ("ngay-cuoi", "2099-06-30"),
    ];
    for feeds in ["chuyen", "ngung"] {
        fields.push(("nguon-tin", feeds));
        let refused = admin.post(path, &fields).await;
        assert_eq!(refused.status, 400);
        let said = "từ ngày 30/06/2099 mở lại trang này";
        assert!(refused.body.contains(said), "{feeds}: {}", refused.body);
        fields.pop();
    }
    fields.push(("nguon-tin", "giu"));
    let shown = admin.post(path, &fields).await;
    assert_eq!(shown.status, 200);
    let said = "giữ nguyên, cả sau ngày cuối";
    assert!(shown.body.contains(said), "{}", shown.body);
}
