//! Whether entries are public: what people decide, and that it lasts for every reader.

use hub_repository::corrections::{self, Correction};
use hub_repository::decisions::Held;
use hub_repository::entries;
use hub_repository::notices::letters;

use super::*;

/// Everywhere that an entry's title stands while it is public.
const READERS: [&str; 13] = [
    "/",
    "/tin-tuc",
    "/don-vi/so-tu-phap",
    "/bai/1",
    "/tim-kiem?q=dat+dai",
    "/feeds/all.atom",
    "/feeds/all.rss",
    "/feeds/all.json",
    "/api/v1/entries",
    "/api/v1/entries/1",
    "/api/v1/changes",
    "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "/widget/entries.json",
];

fn version(body: &str) -> String {
    let (_, rest) = body.split_once("name=\"phien-ban\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

impl Guest<'_> {
    /// Does something on an entry's page as it is now.
    async fn decide(&self, entry: u32, step: &str, reason: &str) -> Answer {
        let path = format!("/console/bai/{entry}");
        let version = version(&self.get(&path).await.body);
        let fields = [("phien-ban", version.as_str()), ("ly-do", reason)];
        let answer = self.post(&format!("{path}/{step}"), &fields).await;
        work::follow_once(&self.hub.app).await.unwrap();
        answer
    }
}

impl TestHub {
    /// Where the text stands.
    async fn readers(&self, text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        for path in READERS {
            let mut answer = self.get(path).await;
            if answer.status.is_redirection() {
                answer = self.get(answer.header("location")).await;
            }
            assert!(!answer.status.is_server_error(), "{path}: {}", answer.body);
            let body = answer.body.replace("<mark>", "").replace("</mark>", "");
            if body.contains(text) {
                found.push(path);
            }
        }
        found
    }
}

impl TestHub {
    /// Whom the first entry is for, and what people decided about it.
    async fn decided(&self) -> Result<(Vec<String>, Option<Correction>), StoreError> {
        let found = self.app.db.run(|conn| {
            let entry = entries::find(conn, &Scope::Province, EntryId(1))?;
            let decided = corrections::find(conn, &Scope::Province, EntryId(1))?;
            Ok((entry.ok_or(StoreError::NotFound)?.audiences.0, decided))
        });
        found.await
    }
}

fn about_land(title: &str) -> NewEntry {
    NewEntry {
        content_hash: title.to_owned(),
        ..entry("a", title)
    }
}

#[tokio::test]
async fn what_is_decided_lasts_for_every_reader() {
    let hub = TestHub::new().await;
    hub.harvest(vec![about_land("Luật Đất đai"), entry("b", "Khác")], &[])
        .await;
    let own = hub.agency("so-tu-phap");
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let (editor, province) = (hub.signed_in(&editor).await, hub.signed_in(&province).await);
    assert_eq!(hub.readers("Luật Đất đai").await, READERS);

    let answer = province.decide(1, "go", " ").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("Hãy ghi lý do"), "{}", answer.body);
    assert_eq!(
        province.decide(1, "go", "Lộ số điện thoại").await.status,
        303
    );
    assert_eq!(hub.readers("Luật Đất đai").await, [""; 0]);
    let gone = hub.get("/bai/1").await;
    assert_eq!(gone.status, 410);
    assert!(
        !gone.body.contains("Lộ số"),
        "the reason is not the public's"
    );
    let page = editor.get("/console/bai/1").await;
    assert!(page.body.contains("Lộ số điện thoại"), "but the agency's");
    assert_eq!(editor.decide(1, "cong-bo", "").await.status, 303);
    assert_eq!(editor.decide(1, "bo-go", "").await.status, 403);

    hub.harvest(vec![about_land("Luật Đất đai mới")], &[]).await;
    assert_eq!(hub.readers("Luật Đất đai").await, [""; 0]);
    assert_eq!(province.decide(1, "bo-go", "").await.status, 303);
    assert_eq!(hub.readers("Luật Đất đai mới").await, READERS);

    for step in ["giu", "rut"] {
        assert_eq!(editor.decide(1, step, "").await.status, 303);
        assert_eq!(hub.readers("Luật Đất đai mới").await, [""; 0], "{step}");
        assert_eq!(editor.decide(1, "cong-bo", "").await.status, 303);
        assert_eq!(hub.readers("Luật Đất đai mới").await, READERS, "{step}");
    }
    assert_eq!(province.decide(1, "giu", "").await.status, 303);
    let page = editor.get("/console/bai/1").await;
    assert!(
        !page.body.contains(">Công bố</button>"),
        "the province holds it"
    );
    assert_eq!(editor.decide(1, "cong-bo", "").await.status, 403);
    assert_eq!(hub.readers("Luật Đất đai mới").await, [""; 0]);
}

#[tokio::test]
async fn what_was_never_public_has_no_address() {
    let hub = TestHub::new().await;
    let held = Held {
        reason: "Mọi bài mới".to_owned(),
        words: Vec::new(),
    };
    let new = NewEntry {
        held: Some(held),
        ..about_land("Luật Đất đai")
    };
    hub.harvest(vec![new], &[]).await;
    assert_eq!(hub.readers("Luật Đất đai").await, [""; 0]);
    for path in [
        "/bai/1",
        "/bai/1/lich-su",
        "/api/v1/entries/1",
        "/bai/1/ma-qr.svg",
    ] {
        assert_eq!(hub.get(path).await.status, 404, "{path}");
    }
    for path in [
        "/feeds/all.atom",
        "/api/v1/changes",
        "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc",
    ] {
        let body = hub.get(path).await.body;
        assert!(!body.contains("delete"), "nobody learns of it: {body}");
    }
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let province = hub.signed_in(&province).await;
    let page = province.get("/console/bai/1").await;
    assert!(
        page.body.contains("Quy tắc của tỉnh đã giữ bài"),
        "{}",
        page.body
    );
    assert_eq!(province.decide(1, "cong-bo", "").await.status, 303);
    assert_eq!(hub.readers("Luật Đất đai").await, READERS);
}

#[tokio::test]
async fn the_second_to_decide_is_told_and_nothing_is_done_twice() {
    let hub = TestHub::new().await;
    hub.harvest(vec![about_land("Luật Đất đai")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let old = version(&guest.get("/console/bai/1").await.body);
    let fields = |reason| [("phien-ban", old.as_str()), ("ly-do", reason)];
    for _ in 0..2 {
        let answer = guest.post("/console/bai/1/rut", &fields("đăng nhầm")).await;
        assert_eq!(answer.status, 303, "sent twice");
    }
    let second = guest.post("/console/bai/1/giu", &fields("chờ ảnh")).await;
    assert_eq!(second.status, 409);
    for text in ["đã rút bài lúc", "đăng nhầm", ">chờ ảnh</textarea>"] {
        assert!(second.body.contains(text), "{text}: {}", second.body);
    }
    let records = hub
        .app
        .db
        .run(|conn| audit::list(conn, &Scope::Province, &Filter::default(), 9));
    let records = records.await.unwrap();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].action, "entry.withdraw");
    assert!(
        records[0]
            .after_json
            .as_ref()
            .unwrap()
            .contains("đăng nhầm")
    );
}

#[tokio::test]
async fn audiences_and_situations_are_decided_and_left_to_the_rules_again() {
    let hub = TestHub::new().await;
    hub.harvest(vec![about_land("Luật Đất đai")], &[]).await;
    let reader = hub.app.harvester.reader.get();
    let audience = reader.vocabulary().audiences[0].clone();
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyEditor).await;
    let guest = hub.signed_in(&lan).await;
    let path = "/console/bai/1/phan-loai";
    let decide = [
        ("doi-tuong-theo", "1"),
        ("doi-tuong", &audience.slug),
        ("phien-ban", ""),
    ];
    assert_eq!(guest.post(path, &decide).await.status, 303);
    let (audiences, correction) = hub.decided().await.unwrap();
    assert_eq!(audiences.join(","), audience.slug);
    let correction = correction.unwrap();
    assert_eq!((correction.field, correction.situations), (None, None));
    let other = [("tinh-huong-theo", "1"), ("phien-ban", "")];
    let second = guest.post(path, &other).await;
    assert_eq!(second.status, 409);
    let told = format!("đối tượng: {}", audience.label);
    assert!(second.body.contains(&told), "{}", second.body);
    assert!(
        second.body.contains("Bạn chọn: tình huống: không có"),
        "{}",
        second.body
    );
    let unknown = [("doi-tuong-theo", "1"), ("doi-tuong", "khong-co")];
    assert_eq!(guest.post(path, &unknown).await.status, 400);
    let at = correction.corrected_at.to_string();
    let undone = [("phien-ban", at.as_str())];
    assert_eq!(guest.post(path, &undone).await.status, 303);
    assert_eq!(hub.decided().await.unwrap().1, None);
}

#[tokio::test]
async fn a_takedown_is_told_to_the_agency_until_it_has_seen_it() {
    let hub = TestHub::with_mail().await;
    hub.harvest(vec![about_land("Luật Đất đai")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let admin = hub.enrol("a@stp.vn", Some(own), Role::AgencyAdmin).await;
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let (editor, province) = (hub.signed_in(&editor).await, hub.signed_in(&province).await);
    let page = province.get("/console/bai/1").await.body;
    let made_of = version(&page);
    let fields = |basis| {
        [
            ("phien-ban", made_of.as_str()),
            ("ly-do", "Lộ số điện thoại"),
            ("can-cu", basis),
        ]
    };
    let long = "x".repeat(301);
    let wrong = province.post("/console/bai/1/go", &fields(&long)).await;
    assert_eq!(wrong.status, 400);
    for text in ["Căn cứ dài quá", ">Lộ số điện thoại</textarea>"] {
        assert!(wrong.body.contains(text), "{text}: {}", wrong.body);
    }
    for _ in 0..2 {
        let taken = province
            .post("/console/bai/1/go", &fields("Điều 7 <luật>"))
            .await;
        assert_eq!(taken.status, 303, "sent twice");
    }
    let told = [
        "Lộ số điện thoại",
        "Điều 7 &#60;luật&#62;",
        "Tỉnh đã gỡ bài này",
    ];
    for path in ["/console", "/console/bai/1", "/console/thong-bao"] {
        let body = editor.get(path).await.body;
        for text in told {
            assert!(body.contains(text), "{path} {text}: {body}");
        }
    }
    let entry = editor.get("/console/bai/1").await.body;
    assert!(entry.contains("Đơn vị có thể làm gì"), "{entry}");
    let seen = province.get("/console/bai/1").await.body;
    assert!(
        seen.contains("Đơn vị chưa đánh dấu") && seen.contains("chờ gửi 1"),
        "{seen}"
    );
    assert!(
        !province
            .get("/console")
            .await
            .body
            .contains("Tỉnh báo cho đơn vị")
    );

    let claimed = hub.app.db.run(|conn| {
        let now = Timestamp::now();
        let lease = hub_repository::leases::Lease {
            owner: "",
            now,
            until: now + TimeDelta::minutes(5),
        };
        let first = letters::claim(conn, &lease)?;
        Ok::<_, StoreError>((first, letters::claim(conn, &lease)?))
    });
    let (letter, another) = claimed.await.unwrap();
    assert_eq!(letter.unwrap().person.id, admin.id);
    assert_eq!(another, None, "editors and repeated clicks send nothing");

    let tick = "/console/thong-bao/1";
    assert_eq!(
        province.post(tick, &[]).await.status,
        403,
        "not the province's to see"
    );
    assert_eq!(editor.post(tick, &[]).await.status, 303);
    assert!(
        !editor
            .get("/console")
            .await
            .body
            .contains("Tỉnh báo cho đơn vị")
    );
    let entry = editor.get("/console/bai/1").await.body;
    assert!(
        entry.contains("Đơn vị có thể làm gì"),
        "as long as it holds: {entry}"
    );
    assert!(!entry.contains("Đơn vị đã xem</button>"));

    assert_eq!(province.decide(1, "bo-go", "").await.status, 303);
    for path in ["/console", "/console/bai/1"] {
        let body = editor.get(path).await.body;
        assert!(body.contains("Tỉnh đã bỏ lệnh gỡ"), "{path}: {body}");
    }
    let waiting = hub.app.db.run(letters::waiting).await.unwrap();
    assert_eq!(waiting, 2, "one is being sent");
}

#[tokio::test]
async fn without_mail_nobody_is_written_to() {
    let without = TestHub::new().await;
    without.harvest(vec![about_land("Luật Đất đai")], &[]).await;
    let own = without.agency("so-tu-phap");
    without
        .enrol("a@stp.vn", Some(own), Role::AgencyAdmin)
        .await;
    let province = without.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let province = without.signed_in(&province).await;
    assert_eq!(province.decide(1, "go", "Lộ số").await.status, 303);
    let waiting = without.app.db.run(letters::waiting).await.unwrap();
    assert_eq!(waiting, 0, "nobody would send them");
}

pub(super) fn waiting(identity: &str, title: &str, words: &[&str]) -> NewEntry {
    let words = words.iter().map(ToString::to_string).collect();
    let reason = "Có từ ngữ cần xem lại".to_owned();
    NewEntry {
        held: Some(Held { reason, words }),
        ..entry(identity, title)
    }
}

/// A row's hidden version, for a form that several are decided with.
fn version_of(body: &str, entry: u32) -> String {
    let name = format!("name=\"phien-ban-{entry}\" value=\"");
    let (_, rest) = body.split_once(&name).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_waits_is_read_and_decided_one_by_one_or_several_at_once() {
    let hub = TestHub::new().await;
    let new = (1..=4).map(|n| waiting(&format!("{n}"), &format!("Bài số {n}"), &["cá độ"]));
    hub.harvest(new.collect(), &[]).await;
    let own = hub.agency("so-tu-phap");
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let (province, editor) = (hub.signed_in(&province).await, hub.signed_in(&editor).await);
    let queue = province.get("/console/duyet").await.body;
    for text in [
        "<span class=\"count\">4</span>",
        "<mark>cá độ</mark>",
        "Tóm tắt: Bài số 2",
        "/console/bai/2?tu=duyet",
    ] {
        assert!(queue.contains(text), "{text}: {queue}");
    }

    // One by one: the next one follows.
    let version = version_of(&queue, 4);
    let from_queue = [("phien-ban", version.as_str()), ("tu", "duyet")];
    let answer = province.post("/console/bai/4/cong-bo", &from_queue).await;
    assert_eq!(
        answer.header("location"),
        "/console/bai/3?tu=duyet&xong=cong-bo"
    );

    // Several: what somebody else has decided meanwhile is left, and told of.
    let queue = province.get("/console/duyet").await.body;
    let versions = [1, 2, 3].map(|entry| version_of(&queue, entry));
    province.decide(3, "rut", "").await;
    let names = [1, 2, 3].map(|entry| format!("phien-ban-{entry}"));
    let mut fields = vec![
        ("viec", "cong-bo"),
        ("bai", "1"),
        ("bai", "2"),
        ("bai", "3"),
    ];
    let given = names.iter().map(String::as_str);
    fields.extend(given.zip(versions.iter().map(String::as_str)));
    let answer = editor.post("/console/duyet", &fields).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("Đã làm xong 0 trong 3 bài"),
        "the province holds them"
    );
    let answer = province.post("/console/duyet", &fields).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("Đã làm xong 2 trong 3 bài"),
        "{}",
        answer.body
    );
    work::follow_once(&hub.app).await.unwrap();
    for (entry, status) in [(1, 308), (2, 308), (3, 404)] {
        let found = hub.get(&format!("/bai/{entry}")).await;
        let is_there = found.status.is_redirection();
        assert_eq!(is_there, status == 308, "{entry}: {}", found.status);
    }
    let none = province
        .post("/console/duyet", &[("viec", "cong-bo")])
        .await;
    assert!(none.body.contains("Hãy đánh dấu ít nhất một bài"));
}

#[tokio::test]
async fn the_province_says_what_is_held() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let guest = hub.signed_in(&province).await;
    let path = "/console/don-vi/so-tu-phap/kiem-duyet";
    let set = |rule, words, version| [("quy-tac", rule), ("tu-ngu", words), ("phien-ban", version)];
    for (words, told) in [("", "ít nhất một từ ngữ"), ("cá\n!!", "“!!” chưa đúng")]
    {
        let answer = guest.post(path, &set("words", words, "")).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains(told), "{}", answer.body);
        assert!(
            answer.body.contains(&format!(
                "rows=\"6\" aria-invalid=\"true\" aria-describedby=\"sai-\">{words}</textarea>"
            )),
            "{}",
            answer.body
        );
    }
    let answer = guest
        .post(path, &set("words", "cá độ\r\nđánh bạc", ""))
        .await;
    assert_eq!(answer.status, 303);
    let second = guest.post(path, &set("review", "", "")).await;
    assert_eq!(second.status, 409);
    assert!(
        second
            .body
            .contains("Giữ bài có từ ngữ trong danh sách (Trần Thị Lan"),
        "{}",
        second.body
    );
    let feed = hub.feed;
    let own = hub.agency("so-tu-phap");
    let known = hub
        .app
        .db
        .run(move |conn| hub_repository::policies::of_feed(conn, &Scope::Province, own, feed));
    assert_eq!(known.await.unwrap().unwrap().words.0, ["cá độ", "đánh bạc"]);
}

#[tokio::test]
async fn a_change_under_review_waits_and_the_public_sees_what_stood() {
    let hub = TestHub::new().await;
    hub.harvest(vec![about_land("Luật Đất đai")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let province = hub.enrol("p@tinh.vn", None, Role::ProvinceEditor).await;
    let editor = hub.enrol("e@stp.vn", Some(own), Role::AgencyEditor).await;
    let (province, editor) = (hub.signed_in(&province).await, hub.signed_in(&editor).await);
    let changed = |title: &str| NewEntry {
        held: Some(Held {
            reason: "Bài của nguồn này được xem trước khi công bố".to_owned(),
            words: Vec::new(),
        }),
        ..about_land(title)
    };
    hub.harvest(vec![changed("Luật Đất đai sửa")], &[]).await;
    assert_eq!(hub.readers("Luật Đất đai").await, READERS);
    assert_eq!(hub.readers("Luật Đất đai sửa").await, [""; 0]);
    for path in ["/console/duyet", "/console/bai/1"] {
        let page = province.get(path).await.body;
        assert!(page.contains("<ins>"), "the difference: {page}");
        assert!(page.contains("bản đang hiện"), "{page}");
    }
    let theirs = editor.get("/console/bai/1").await.body;
    assert!(theirs.contains("bản mới chờ duyệt"), "{theirs}");
    assert!(!theirs.contains("Giữ bản đang hiện</button>"), "{theirs}");
    for step in ["cong-bo", "giu-ban-cu"] {
        assert_eq!(editor.decide(1, step, "").await.status, 403, "{step}");
    }

    assert_eq!(province.decide(1, "giu-ban-cu", "").await.status, 303);
    assert_eq!(hub.readers("Luật Đất đai sửa").await, [""; 0]);
    let queue = province.get("/console/duyet").await.body;
    assert!(queue.contains("Không có bài nào chờ duyệt"), "{queue}");

    hub.harvest(vec![changed("Luật Đất đai sửa nữa")], &[])
        .await;
    let queue = province.get("/console/duyet").await.body;
    let version = version_of(&queue, 1);
    // A newer one has come since the queue was read.
    hub.harvest(vec![changed("Luật Đất đai bản cuối")], &[])
        .await;
    let several = |version| [("viec", "cong-bo"), ("bai", "1"), ("phien-ban-1", version)];
    let late = province.post("/console/duyet", &several(&version)).await;
    assert_eq!(late.status, 409);
    let version = version_of(&late.body, 1);
    let done = province.post("/console/duyet", &several(&version)).await;
    assert_eq!(done.status, 303);
    work::follow_once(&hub.app).await.unwrap();
    assert_eq!(hub.readers("Luật Đất đai bản cuối").await, READERS);
}
