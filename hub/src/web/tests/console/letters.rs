//! Links that go out by mail: who is sent one, and what the console says of it.

use hub_repository::PersonId;
use hub_repository::outbox::{self, Posted};

use super::*;
use crate::mail;

impl TestHub {
    pub(super) async fn with_mail() -> Self {
        Self::with(|config| {
            config.mail = Some(mail::Settings {
                host: "mail.tinh.vn".to_owned(),
                port: 587,
                tls: mail::Tls::Starttls,
                login: None,
                from: "loa@tinh.vn".parse().unwrap(),
            });
        })
        .await
    }

    async fn posted(&self, person: PersonId) -> Option<Posted> {
        let found = self
            .app
            .db
            .run(move |conn| outbox::find(conn, &Scope::Province, person));
        found.await.unwrap()
    }

    /// Says what became of the letter that waits.
    async fn fail_letter(&self, cause: &'static str) {
        let ended = self.app.db.run(move |conn| {
            let now = Timestamp::now();
            let lease = hub_repository::leases::Lease {
                owner: "",
                now,
                until: now,
            };
            let letter = outbox::claim(conn, &lease)?.unwrap();
            outbox::failed(conn, &letter, cause, None)
        });
        ended.await.unwrap();
    }
}

#[tokio::test]
async fn who_forgot_the_password_is_sent_a_link_and_nobody_learns_who_is_there() {
    let hub = TestHub::with_mail().await;
    let lan = hub.enrol("lan@tinh.vn", None, Role::ProvinceAdmin).await;
    let guest = Guest::stranger(&hub);
    let path = "/console/quen-mat-khau";
    assert!(guest.get(path).await.body.contains("Gửi liên kết"));
    let mut told = Vec::new();
    for email in ["lan@tinh.vn", "nobody@tinh.vn", "no address"] {
        let mut answers = Vec::new();
        for _ in 0..6 {
            let answer = guest.post(path, &[("email", email)]).await;
            let location = answer.header("location").to_owned();
            answers.push((answer.status, location, answer.body.replace(email, "…")));
        }
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.0.as_u16()).collect();
        assert_eq!(statuses, [303, 303, 303, 303, 303, 429], "{email}");
        told.push(answers);
    }
    assert!(told.iter().all(|answers| *answers == told[0]));
    let said = guest.get(&told[0][0].1).await;
    assert!(said.body.contains("Nếu có tài khoản với địa chỉ đó"));
    // It is posted beside the answer.
    let posted = loop {
        if let Some(posted) = hub.posted(lan.id).await {
            break posted;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(posted.purpose, Purpose::Invitation, "Lan never came");
    assert_eq!(guest.post("/console/dang-nhap", &[]).await.status, 401);
}

#[tokio::test]
async fn invitations_go_out_by_mail_and_the_persons_page_says_what_became_of_them() {
    let hub = TestHub::with_mail().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceAdmin).await;
    let guest = hub.signed_in(&boss).await;
    let invite = [
        ("ten", "Minh"),
        ("email", "minh@stp.vn"),
        ("don-vi", "so-tu-phap"),
        ("vai-tro", "agency-editor"),
    ];
    let answer = guest.post("/console/nguoi-dung", &invite).await;
    let minh = PersonId(2);
    let page = format!("/console/nguoi-dung/{minh}");
    assert_eq!(answer.header("location"), format!("{page}?xong=thu"));
    assert_eq!(hub.posted(minh).await.unwrap().attempts, 0);
    assert!(guest.get(&page).await.body.contains("đang chờ gửi"));
    hub.fail_letter("máy chủ thư từ chối (550 <không có>)")
        .await;
    let shown = guest.get(&page).await.body;
    assert!(shown.contains("không gửi được"), "{shown}");
    assert!(shown.contains("550 &#60;không có&#62;"), "{shown}");

    let again = format!("{page}/moi-lai");
    let answer = guest.post(&again, &[("cach", "thu")]).await;
    assert_eq!(answer.header("location"), format!("{page}?xong=thu"));
    assert_eq!(hub.posted(minh).await.unwrap().last_cause, None);
    let answer = guest.post(&again, &[]).await;
    assert!(
        answer
            .body
            .contains("https://phapluat.example/console/moi/")
    );
    assert_eq!(
        hub.posted(minh).await,
        None,
        "the letter would have ended the link that is shown"
    );
    let records = hub
        .app
        .db
        .run(|conn| audit::list(conn, &Scope::Province, &Filter::default(), 9));
    let ways = records.await.unwrap();
    let ways = ways.iter().map(|record| {
        let after: Value = serde_json::from_str(record.after_json.as_ref().unwrap()).unwrap();
        after["invited"].as_str().unwrap().to_owned()
    });
    assert_eq!(ways.collect::<Vec<_>>(), ["link", "mail", "mail"]);

    let without = TestHub::new().await;
    let boss = without
        .enrol("boss@tinh.vn", None, Role::ProvinceAdmin)
        .await;
    let guest = without.signed_in(&boss).await;
    let forgotten = guest.get("/console/quen-mat-khau").await.body;
    assert!(forgotten.contains("nhờ quản trị viên") && !forgotten.contains("Gửi liên kết"));
}

/// The hub signs what it sends, so an agency's account must be no way to write to strangers.
#[tokio::test]
async fn an_agencys_people_send_few_letters_and_nothing_of_their_own() {
    let hub = TestHub::with_mail().await;
    hub.harvest(vec![entry("a", "Bài")], &[]).await;
    let own = hub.agency("so-tu-phap");
    let lan = hub.enrol("lan@stp.vn", Some(own), Role::AgencyAdmin).await;
    let guest = hub.signed_in(&lan).await;
    let path = "/console/nguoi-dung";
    let invite = |name, email| {
        [
            ("ten", name),
            ("email", email),
            ("don-vi", "so-tu-phap"),
            ("vai-tro", "agency-admin"),
        ]
    };
    for (name, email, problem) in [
        ("Lan", " LAN@stp.vn", "địa chỉ của chính bạn"),
        ("Xem http://evil.vn", "a@b.vn", "không có địa chỉ"),
        ("", "a@b.vn", "Hãy nhập họ tên"),
        ("Minh", "không", "Địa chỉ thư điện tử chưa đúng"),
    ] {
        let answer = guest.post(path, &invite(name, email)).await;
        assert_eq!(answer.status, 400, "{name} {email}");
        assert!(answer.body.contains(problem), "{}", answer.body);
        assert!(answer.body.contains("role=\"alert\""), "beside the form");
        let stays = [
            format!("name=\"ten\" value=\"{name}\""),
            format!("name=\"email\" type=\"email\" value=\"{}\"", email.trim()),
            "value=\"agency-admin\" selected".to_owned(),
        ];
        for typed in &stays {
            assert!(answer.body.contains(typed), "{typed}: {}", answer.body);
        }
    }
    let mut minh = String::new();
    let emails: Vec<String> = (0..29).map(|number| format!("{number}@b.vn")).collect();
    for email in &emails {
        let answer = guest.post(path, &invite("Minh", email)).await;
        assert_eq!(answer.status, 303, "{email}: {}", answer.body);
        minh = answer.header("location").replace("?xong=thu", "");
    }
    let again = format!("{minh}/moi-lai");
    assert_eq!(guest.post(&again, &[("cach", "thu")]).await.status, 303);
    let answer = guest.post(path, &invite("Hoa", "hoa@b.vn")).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("đã gửi 30 thư mời"), "{}", answer.body);
    let hoa = hub
        .app
        .db
        .run(|conn| people::find_by_email(conn, &Scope::Province, "hoa@b.vn"));
    assert_eq!(hoa.await.unwrap(), None, "nothing half-done");
    let colleague = hub.enrol("k@stp.vn", Some(own), Role::AgencyAdmin).await;
    let colleague = hub.signed_in(&colleague).await;
    assert_eq!(colleague.post(&again, &[("cach", "thu")]).await.status, 303);
    let answer = colleague.post(&again, &[("cach", "thu")]).await;
    assert_eq!(answer.status, 409, "three to one person, whoever asks");
    assert!(answer.body.contains("đã được gửi 3 thư"), "{}", answer.body);
    assert_eq!(colleague.post(&again, &[]).await.status, 200, "by hand");
    let boss = hub.enrol("boss@tinh.vn", None, Role::ProvinceAdmin).await;
    let boss = hub.signed_in(&boss).await;
    assert_eq!(boss.post(&again, &[("cach", "thu")]).await.status, 303);
}
