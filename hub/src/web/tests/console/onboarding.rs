//! Many agencies at once: a file, what it would do, and doing it once.

use std::fmt::Write as _;

use hub_repository::agencies::edits::{Edit, edit};
use hub_repository::onboardings::{self, NewOnboarding};

use super::*;

const PATH: &str = "/console/tiep-nhan";

impl TestHub {
    /// A list without rows.
    pub(super) async fn list_of_nobody(&self) -> String {
        let id = credentials::token();
        let own = id.clone();
        let kept = self.app.db.run(move |conn| {
            let new = NewOnboarding {
                id: &own,
                person_id: hub_repository::PersonId(1),
                file_name: "x.csv",
                remark: None,
                listed: json!([]),
            };
            onboardings::add(conn, &Scope::Province, &new, Timestamp::now())
        });
        kept.await.unwrap();
        id
    }
}

impl Guest<'_> {
    /// Sends a file with the form's token before it.
    async fn upload(&self, token: &str, file: &[u8]) -> Answer {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"phieu\"\r\n\r\n{token}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"tep\"; filename=\"tiep-nhan.csv\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--x--\r\n");
        let request = Request::post(PATH)
            .header("cookie", format!("__Host-loa={}", self.token))
            .header("origin", "https://phapluat.example")
            .header("content-type", "multipart/form-data; boundary=x")
            .header("content-length", body.len());
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(Peer(self.address));
        self.hub.send(request).await
    }

    async fn own_file(&self, file: &str) -> Answer {
        let token = credentials::derive("form", &self.token);
        self.upload(&token, file.as_bytes()).await
    }
}

/// A list of so many agencies, the first above all others, each with a feed and an administrator.
fn list(agencies: usize) -> String {
    let mut text =
        "Tên đơn vị;Mã;Trực thuộc;Trang chủ;Nguồn tin;Họ tên quản trị;Thư điện tử\n".to_owned();
    for at in 1..=agencies {
        let parent = if at == 1 { "" } else { "Đơn vị 1" };
        let _ = writeln!(
            text,
            "Đơn vị {at};;{parent};https://dv{at}.example;https://dv{at}.example/rss;Người {at};nguoi{at}@dv.vn"
        );
    }
    text
}

#[tokio::test]
async fn sixty_five_agencies_are_taken_in_at_once_and_only_once() {
    let hub = TestHub::new().await;
    let admin = hub.admin().await;
    // Those below stand before the one above them.
    let mut lines: Vec<String> = list(65).lines().map(str::to_owned).collect();
    lines[1..].reverse();
    let uploaded = admin.own_file(&lines.join("\r\n")).await;
    assert_eq!(uploaded.status, 303, "{}", uploaded.body);
    let plan = uploaded.header("location").to_owned();
    let shown = admin.get(&plan).await;
    for part in [
        "Sẽ thêm 65 đơn vị, đăng ký 65 nguồn tin, mời 65 người quản trị",
        "<td>don-vi-65</td><td>thêm đơn vị; đăng ký 1 nguồn tin; mời nguoi65@dv.vn</td>",
    ] {
        assert!(shown.body.contains(part), "{part} in {}", shown.body);
    }
    assert_eq!(hub.actions().await, [""; 0], "nothing has happened");
    let apply = format!("{plan}/thuc-hien");
    let done = admin.post(&apply, &[]).await;
    let progress = done.header("location").to_owned();
    assert!(
        progress.starts_with("/console/tiep-nhan?dot="),
        "{progress}"
    );
    let again = admin.post(&apply, &[]).await;
    assert_eq!(
        again.header("location"),
        progress,
        "sent twice, it is done once"
    );
    assert_eq!(hub.actions().await, ["agency.import"]);
    work::follow_once(&hub.app).await.unwrap();

    let first = hub.agency("don-vi-1");
    let below = hub
        .app
        .snapshot()
        .agency_by_slug("don-vi-65")
        .unwrap()
        .parent_id;
    assert_eq!(below, Some(first), "parents are found wherever they stand");
    let listed = admin.get(&progress).await;
    for part in [
        "<strong>65 trên 65</strong>",
        "65 người quản trị chưa đăng nhập",
        "quản trị đã vào 0 trên 1 · nguồn tin thu được 0 trên 1 · 0 bài",
    ] {
        assert!(listed.body.contains(part), "{part} in {}", listed.body);
    }
    let waiting = format!("{progress}&buoc=dang-nhap");
    assert!(admin.get(&waiting).await.body.contains("Đơn vị 65"));
    assert!(
        !admin
            .get(&format!("{progress}&buoc=xong"))
            .await
            .body
            .contains("Đơn vị 65")
    );

    // The same file again finds all of it there, and adds nothing.
    let uploaded = admin.own_file(&list(65)).await;
    let plan = uploaded.header("location").to_owned();
    assert!(
        admin
            .get(&plan)
            .await
            .body
            .contains("Sẽ thêm 0 đơn vị, đăng ký 0 nguồn tin, mời 0 người")
    );
    assert_eq!(
        admin.post(&format!("{plan}/thuc-hien"), &[]).await.status,
        303
    );

    let invited = admin.post("/console/tiep-nhan/moi-lai", &[]).await;
    let count = invited
        .body
        .matches("https://phapluat.example/console/moi/")
        .count();
    assert_eq!(count, 65);
}

#[tokio::test]
async fn every_row_says_what_is_wrong_with_it_and_none_is_carried_out() {
    let hub = TestHub::new().await;
    let renamed = hub.app.db.run(|conn| {
        let id = AgencyId(1);
        let before = hub_repository::agencies::find(conn, &Scope::Province, id)?.unwrap();
        let new = Edit {
            slug: "stp",
            ..Edit::of(&before)
        };
        edit(conn, &Scope::Province, id, 1, &new, Timestamp::now())
    });
    renamed.await.unwrap();
    hub.add_agency("so-co", "Sở có").await;
    let admin = hub.admin().await;
    let rows = [
        ("Sở A,a,,,,,", "thêm đơn vị"),
        ("Sở B,a,,,,,", "mã “a” trùng với dòng 2"),
        ("Sở C,stp,,,,,", "mã “stp” đã là của Sở Tư pháp"),
        ("Sở D,so-tu-phap,,,,,", "từng là mã của đơn vị khác"),
        ("Sở E,,Sở nào,,,,", "không có đơn vị cấp trên “Sở nào”"),
        ("Sở F,f,Sở G,,,,", "trực thuộc chính nó"),
        ("Sở G,g,Sở F,,,,", "trực thuộc chính nó"),
        ("Sở H,h,,javascript:x,,,", "không phải địa chỉ web"),
        (
            "Sở I,i,,,https://so-tu-phap.example/feed.atom,,",
            "đang thuộc đơn vị khác",
        ),
        ("Sở J,j,,,https://j.vn/rss,,", "đăng ký 1 nguồn tin"),
        (
            "Sở K,k,,,https://j.vn/rss,,",
            "nguồn tin https://j.vn/rss trùng với dòng 11",
        ),
        ("Sở L,l,,,,Lan,", "thiếu thư điện tử"),
        ("Sở M,m,,,,Lan,lan", "thư điện tử “lan” chưa đúng"),
        ("Sở N,n,,,,,lan@n.vn", "thiếu họ tên"),
        ("Sở O,o,,,,Tôi,quan.tri@tinh.vn", "không thể mời chính mình"),
        ("Sở P,P!,,,,,", "mã “P!” phải gồm"),
        (",q,,,,,", "thiếu tên đơn vị"),
        (
            "Sở có,,,,https://so-co.example/feed.atom,,",
            "đơn vị đã có, giữ nguyên; 1 nguồn tin đã có",
        ),
    ];
    let mut text = "name,slug,parent,homepage,feed,administrator,email\n".to_owned();
    for (row, _) in rows {
        text.push_str(row);
        text.push('\n');
    }
    let plan = admin.own_file(&text).await.header("location").to_owned();
    let shown = admin.get(&plan).await.body;
    let lines: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("<tr") && line.contains("<th scope=\"row\">"))
        .collect();
    for ((row, said), line) in rows.iter().zip(&lines) {
        assert!(line.contains(said), "{row}: {said} in {line}");
    }
    assert_eq!(lines.len(), rows.len());
    assert!(shown.contains("15 dòng cần sửa"), "{shown}");
    assert!(!shown.contains("/thuc-hien"));
    let refused = admin.post(&format!("{plan}/thuc-hien"), &[]).await;
    assert_eq!(
        refused.status, 409,
        "whoever insists changes nothing either"
    );
    assert_eq!(hub.actions().await, [""; 0]);
    assert_eq!(
        admin.post(&format!("{plan}/thuc-hien"), &[]).await.status,
        409,
        "it was not carried out"
    );
}

#[tokio::test]
async fn a_file_is_taken_from_its_own_form_only_and_what_is_none_is_told() {
    let hub = TestHub::new().await;
    let admin = hub.admin().await;
    assert_eq!(admin.upload("khac", b"ten\nA\n").await.status, 403);
    assert_eq!(admin.upload("", b"ten\nA\n").await.status, 403);
    let large = format!("ten\n{}", "Sở A\n".repeat(2 << 20));
    for (file, said) in [
        ("", "Tệp trống"),
        ("ten,fax\nA,1\n", "Không có cột “fax”"),
        (
            "ten\n=cmd|x\n@y\n",
            "<li>Dòng 2: ô “=cmd|x” là công thức; hãy ghi giá trị</li>",
        ),
        ("ten\nA\u{0}B\n", "có ký tự điều khiển"),
        (&large, "lớn hơn 2 MB"),
    ] {
        let answer = admin.own_file(file).await;
        assert_eq!(answer.status, 400, "{said}");
        assert!(answer.body.contains(said), "{said} in {}", answer.body);
    }
    let beyond = "x".repeat(17 << 20);
    assert_eq!(admin.own_file(&beyond).await.status, 413);
    let template = admin.get("/console/tiep-nhan/mau.csv").await;
    assert!(
        template.body.starts_with("\u{feff}Tên đơn vị,"),
        "{}",
        template.body
    );
    assert_eq!(admin.get("/console/tiep-nhan/khong-co").await.status, 404);
}
