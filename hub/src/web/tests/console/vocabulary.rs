//! The words that texts are read with, as the province edits them.

use hub_repository::vocabularies;

use super::*;

const PATH: &str = "/console/tu-vung/dong-nghia/muc";

fn synonym<'a>(term: &'a str, kind: &'a str, version: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("term", term),
        ("legal", "giấy chứng nhận quyền sử dụng đất"),
        ("kind", kind),
        ("note", ""),
        ("ghi-chu", "từ của dân"),
        ("phien-ban", version),
    ]
}

impl TestHub {
    async fn versions(&self) -> Vec<(i64, String, String)> {
        let listed = self.app.db.run(|conn| vocabularies::list(conn, None, 9));
        let heads = listed.await.unwrap().into_iter();
        heads
            .map(|head| (head.version, head.note, head.author))
            .collect()
    }
}

#[tokio::test]
async fn a_word_is_added_changed_by_two_and_taken_back() {
    let hub = TestHub::new().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceEditor).await;
    let guest = hub.signed_in(&lan).await;

    let wrong = guest.post(PATH, &synonym("bìa đỏ mới", "x", "1")).await;
    assert_eq!(wrong.status, 400);
    for text in [
        "“x” chưa đúng",
        "value=\"bìa đỏ mới\"",
        "value=\"từ của dân\"",
    ] {
        assert!(wrong.body.contains(text), "{text}: {}", wrong.body);
    }
    let added = guest
        .post(PATH, &synonym("bìa đỏ mới", "colloquial", "1"))
        .await;
    assert_eq!(added.status, 303, "{}", added.body);
    let newest = hub.versions().await.remove(0);
    assert_eq!(
        newest,
        (2, "từ của dân".to_owned(), "Trần Thị Lan".to_owned())
    );

    // Another item that was edited meanwhile is no matter; the same one is.
    let other = guest
        .post(PATH, &synonym("bìa xanh mới", "colloquial", "1"))
        .await;
    assert_eq!(other.status, 303);
    let key = "bìa đỏ mới → giấy chứng nhận quyền sử dụng đất";
    let with_note = |note| {
        let mut fields = synonym("bìa đỏ mới", "colloquial", "3");
        fields[3] = ("note", note);
        fields.push(("muc", key));
        fields
    };
    assert_eq!(guest.post(PATH, &with_note("miền Bắc")).await.status, 303);
    let second = guest.post(PATH, &with_note("miền Nam")).await;
    assert_eq!(second.status, 409);
    for text in ["Ghi chú: “” → “miền Bắc”", "value=\"miền Nam\""] {
        assert!(second.body.contains(text), "{text}: {}", second.body);
    }
    assert_eq!(hub.versions().await.len(), 4);

    let shown = guest.get("/console/tu-vung/phien-ban/4").await;
    assert!(
        shown.body.contains("Ghi chú: “” → “miền Bắc”"),
        "{}",
        shown.body
    );
    let found = guest
        .get("/console/tu-vung/dong-nghia?tim=bia+xanh+moi")
        .await;
    assert!(found.body.contains("1 mục") && found.body.contains("bìa xanh mới"));
    let back = "/console/tu-vung/phien-ban/1";
    assert_eq!(guest.post(back, &[("phien-ban", "3")]).await.status, 409);
    assert_eq!(guest.post(back, &[("phien-ban", "4")]).await.status, 303);
    assert_eq!(
        guest.post(back, &[("phien-ban", "4")]).await.status,
        303,
        "sent twice"
    );
    let versions = hub.versions().await;
    assert_eq!(
        (versions.len(), &*versions[0].1),
        (5, "Trở lại phiên bản 1")
    );
    let found = guest
        .get("/console/tu-vung/dong-nghia?tim=bia+xanh+moi")
        .await;
    assert!(found.body.contains("0 mục"));
    let page = guest.get("/console/tu-vung").await;
    assert!(page.body.contains("Phiên bản 5"), "{}", page.body);
}

#[tokio::test]
async fn groups_and_stopwords_are_edited_as_all_other_items() {
    let hub = TestHub::new().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceEditor).await;
    let guest = hub.signed_in(&lan).await;
    let path = "/console/tu-vung/tu-bo-qua/muc";
    let word = |word, version| [("word", word), ("phien-ban", version)];
    assert_eq!(
        guest.post(path, &word("xin cho hỏi", "1")).await.status,
        303
    );
    let twice = guest.post(path, &word("Xin cho hỏi", "2")).await;
    assert_eq!(twice.status, 400);
    assert!(twice.body.contains("id=\"sai-word\""), "{}", twice.body);

    let groups = "/console/tu-vung/nhom-tinh-huong";
    let key = hub.app.harvester.reader.get().vocabulary().situations[0]
        .slug
        .clone();
    let page = guest.get(&format!("{groups}/muc?muc={key}")).await.body;
    assert!(page.contains("name=\"fields\" value=\"dat-dai\""), "{page}");
    let group = |label, version| {
        [
            ("muc", key.as_str()),
            ("slug", key.as_str()),
            ("label", label),
            ("fields", "dat-dai"),
            ("fields", "hinh-su"),
            ("phien-ban", version),
        ]
    };
    let path = format!("{groups}/muc");
    assert_eq!(
        guest.post(&path, &group("Nhà và đất", "2")).await.status,
        303
    );
    let second = guest.post(&path, &group("Đất và nhà", "2")).await;
    assert_eq!(second.status, 409);
    for text in [
        "→ “Nhà và đất”",
        "value=\"Đất và nhà\"",
        "value=\"hinh-su\" checked",
    ] {
        assert!(second.body.contains(text), "{text}: {}", second.body);
    }
    let removed = [("muc", key.as_str()), ("xoa", "1"), ("phien-ban", "3")];
    let refused = guest.post(&path, &removed).await;
    assert!(
        refused.body.contains("tình huống: hãy chuyển"),
        "{}",
        refused.body
    );
    let shown = guest.get("/console/tu-vung/phien-ban/3").await.body;
    assert!(shown.contains("→ “Nhà và đất”"), "{shown}");
    assert_eq!(hub.versions().await.len(), 3);
}
