//! Setting widgets up.

use hub_repository::Json;
use hub_repository::widgets::{self, Language, NewWidget, Theme, View};

use super::*;
use crate::publish::new_widget_id;

impl TestHub {
    /// A new widget of the agency.
    pub(super) async fn widget(&self) -> String {
        let (id, owner) = (new_widget_id(), self.agency("so-tu-phap"));
        let named = id.clone();
        let added = self.app.db.run(move |conn| {
            let new = NewWidget {
                id: &named,
                agency_id: owner,
                title: "Cũ",
                view: View::List,
                filters: Json(widgets::Filters::default()),
                entry_id: None,
                entries: 6,
                language: Language::Vietnamese,
                theme: Theme::Auto,
                allowed_origins: Json(Vec::new()),
                created_at: Timestamp::now(),
            };
            widgets::add(conn, &Scope::Province, &new)
        });
        added.await.unwrap();
        id
    }
}

/// What stands in a hidden field of a form.
fn hidden(answer: &Answer, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = answer.body.split_once(&field).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

const LIST: &str = "/console/don-vi/so-tu-phap/tien-ich";

#[tokio::test]
async fn a_widget_is_tried_set_up_once_and_changed() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài <b>một</b>")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let form = guest.get(&format!("{LIST}/moi")).await;
    assert!(
        form.header("content-security-policy")
            .contains("frame-src 'self'")
    );
    let made = hidden(&form, "phieu-moi");
    let mut fields = vec![
        ("phieu-moi", made.as_str()),
        ("title", "Hỏi đáp \"đất\""),
        ("view", "qa"),
        ("limit", "4"),
        ("field", "dat-dai"),
        ("field", "hinh-su"),
        ("field", "khong-co"),
        ("lang", "vi"),
        ("theme", "dark"),
        ("origins", "https://STP.example.vn/\nhttps://*.example.vn"),
        ("viec", "thu"),
    ];
    let tried = guest.post(LIST, &fields).await;
    assert_eq!(tried.status, 200);
    for part in [
        "/embed?view=qa&#38;limit=4&#38;lang=vi&#38;theme=dark&#38;field=dat-dai%2Chinh-su",
        "Hỏi đáp &#34;đất&#34;",
        "value=\"dat-dai\" checked",
        "https://stp.example.vn\nhttps://*.example.vn",
    ] {
        assert!(tried.body.contains(part), "{part}: {}", tried.body);
    }
    assert_eq!(hub.actions().await, [""; 0], "nothing was stored");
    let frame = hub.get("/embed?view=qa&limit=4&lang=vi&theme=dark&field=dat-dai%2Chinh-su");
    assert_eq!(frame.await.status, 200);

    fields.pop();
    for _ in 0..2 {
        let created = guest.post(LIST, &fields).await;
        let path = format!("/console/tien-ich/{made}?xong=tien-ich");
        assert_eq!(created.header("location"), path, "{}", created.body);
    }
    work::follow_once(&hub.app).await.unwrap();
    let path = format!("/console/tien-ich/{made}");
    let shown = guest.get(&path).await;
    for part in [
        &format!("widget=&#34;{made}&#34;"),
        "integrity=&#34;sha384-",
        &format!("/embed?widget={made}"),
        &format!("https://phapluat.example/widget/entries.html?widget={made}"),
    ] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    let frame = hub.get(&format!("/embed?widget={made}")).await;
    assert!(
        frame
            .header("content-security-policy")
            .ends_with("frame-ancestors https://stp.example.vn https://*.example.vn")
    );
    let listed = guest.get(LIST).await;
    assert!(
        listed.body.contains("Hỏi đáp, 4 bài, 2 trang được phép"),
        "{}",
        listed.body
    );

    // Two have the form; the second sees what the first stored, and nothing typed is lost.
    let version = hidden(&shown, "phien-ban");
    let change = |title, theme| {
        [
            ("phien-ban", version.as_str()),
            ("title", title),
            ("view", "list"),
            ("limit", "9"),
            ("theme", theme),
        ]
    };
    assert_eq!(guest.post(&path, &change("Một", "light")).await.status, 303);
    let again = guest.post(&path, &change("Một", "light")).await;
    assert_eq!(again.status, 303, "sent twice");
    let second = guest.post(&path, &change("Hai", "dark")).await;
    assert_eq!(second.status, 409);
    for part in [
        "<th scope=\"row\">Tên</th><td>Một</td><td>Hai</td>",
        "Chữ tối trên nền sáng</td><td>Chữ sáng trên nền tối",
        "name=\"title\" value=\"Hai\"",
    ] {
        assert!(second.body.contains(part), "{part}: {}", second.body);
    }
    assert!(
        !second.body.contains("<th scope=\"row\">Số bài"),
        "{}",
        second.body
    );
    assert_eq!(hub.actions().await, ["widget.add", "widget.change"]);
}

#[tokio::test]
async fn a_widget_is_deleted_once() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let delete = format!("/console/tien-ich/{}/xoa", hub.widget().await);
    let deleted = guest.post(&delete, &[]).await;
    assert_eq!(
        deleted.header("location"),
        format!("{LIST}?xong=xoa-tien-ich")
    );
    assert_eq!(guest.post(&delete, &[]).await.status, 404);
    assert_eq!(hub.actions().await, ["widget.remove"]);
}

#[tokio::test]
async fn what_is_not_right_is_told_beside_its_field() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let long = "x".repeat(201);
    let many: Vec<(&str, &str)> = vec![("kind", "news"); 120];
    for (fields, said) in [
        (vec![("limit", "51")], "từ 1 đến 50"),
        (vec![("view", "entry")], "cần số hoặc địa chỉ"),
        (vec![("title", long.as_str())], "dài nhất 200"),
        (
            vec![("origins", "stp.example.vn")],
            "“stp.example.vn” không phải là trang",
        ),
        (
            vec![("origins", "https://a.vn/x\"><script>")],
            "&#34;&#62;&#60;script&#62;",
        ),
        (many, "Nhiều nhất 20 lựa chọn"),
    ] {
        let answer = guest.post(LIST, &fields).await;
        assert_eq!(answer.status, 400, "{said}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert_eq!(hub.actions().await, [""; 0]);
}
