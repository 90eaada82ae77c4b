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
