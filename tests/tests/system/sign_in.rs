//! Ways into the console that need another server: mail.

use system_tests::database::{Database, hurry};
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::Hub;
use system_tests::mailbox::{Mailbox, link};
use system_tests::on_both;
use system_tests::visitor::Visitor;

const PASSWORD: &str = "bốn từ không liên quan";
const ANOTHER: &str = "bốn từ khác hẳn lúc trước";

async fn hub_with_mail(database: Database, mailbox: &Mailbox) -> Hub {
    let mut hub = Hub::new(database).await;
    hub.set("HUB_SMTP_HOST", &mailbox.host());
    hub.set("HUB_SMTP_TLS", "none");
    hub.set("HUB_MAIL_FROM", "khong-tra-loi@tinh.vn");
    hub
}

async fn add(hub: &Hub, email: &str) -> String {
    let add = ["person", "add", "--email", email, "--name", "Trần Thị Lan"];
    let part = ["--role", "province-admin"];
    hub.answer(&[&add[..], &part].concat()).await
}

async fn set_password(visitor: &mut Visitor, link: &str, password: &str) -> u16 {
    let both = [("mat-khau", password), ("mat-khau-lai", password)];
    visitor.post(link, &both).await.status
}

async fn signs_in(visitor: &mut Visitor, hub: &Hub, password: &str) -> bool {
    let fields = [("email", "lan@tinh.vn"), ("mat-khau", password)];
    let answer = visitor.post(&hub.url("/console/dang-nhap"), &fields).await;
    answer.status == 303
}

on_both!(mail_lets_people_in_and_back_in);
async fn mail_lets_people_in_and_back_in(database: Database) {
    let mailbox = Mailbox::open().await;
    let hub = hub_with_mail(database, &mailbox).await;
    assert_eq!(add(&hub, "lan@tinh.vn").await, "", "no link is printed");
    let serving = hub.serve().await;
    let letter = mailbox.letter(1).await;
    assert_eq!(
        letter["subject"],
        "Lời mời vào bảng điều khiển Pháp luật Thanh Hóa"
    );
    assert_eq!(
        letter["from"],
        "\"Pháp luật Thanh Hóa\" <khong-tra-loi@tinh.vn>"
    );
    assert_eq!(letter["to"][0], "lan@tinh.vn");
    assert_eq!(letter["automatic"], "auto-generated");
    let text = letter["text"].as_str().unwrap();
    assert!(text.starts_with("Chào Trần Thị Lan,") && text.contains("đặt mật khẩu"));
    let invitation = link(&letter, &hub.url("/"));
    let mut lan = Visitor::default();
    assert_eq!(set_password(&mut lan, &invitation, PASSWORD).await, 303);
    assert_eq!(lan.get(&hub.url("/console")).await.status, 200);

    let mut elsewhere = Visitor::default();
    let forgotten = hub.url("/console/quen-mat-khau");
    let answer = elsewhere
        .post(&forgotten, &[("email", "lan@tinh.vn")])
        .await;
    assert!(
        elsewhere
            .follow(answer)
            .await
            .text
            .contains("Nếu có tài khoản")
    );
    let letter = mailbox.letter(2).await;
    assert_eq!(letter["subject"], "Đặt lại mật khẩu – Pháp luật Thanh Hóa");
    let reset = link(&letter, &hub.url("/"));
    assert_eq!(set_password(&mut elsewhere, &reset, ANOTHER).await, 303);
    assert_eq!(
        lan.get(&hub.url("/console")).await.status,
        303,
        "signed out"
    );
    assert_eq!(
        set_password(&mut lan, &reset, PASSWORD).await,
        404,
        "it works once"
    );
    assert!(!signs_in(&mut lan, &hub, PASSWORD).await);
    assert!(signs_in(&mut lan, &hub, ANOTHER).await);

    serving.kill().await;
    add(&hub, "minh@tinh.vn").await;
    let _serving = hub.serve().await;
    assert_eq!(mailbox.letter(3).await["to"][0], "minh@tinh.vn");
    let verified = hub.answer(&["audit", "verify"]).await;
    assert!(verified.starts_with("whole: "), "{verified}");
}

on_both!(a_takedown_is_told_by_mail);
async fn a_takedown_is_told_by_mail(database: Database) {
    let mailbox = Mailbox::open().await;
    let department = Department::start().await;
    department.serve("/rss", Page::rss(rss(&[("1", "Cấp sổ đỏ lần đầu")])));
    let mut hub = hub_with_mail(database, &mailbox).await;
    hub.allow(&department.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", &department.url("/rss")).await;
    hub.harvest().await;
    let person = |email, role| {
        [
            "person", "add", "--name", "Lan", "--link", "--email", email, "--role", role,
        ]
    };
    let invitation = hub.answer(&person("lan@tinh.vn", "province-editor")).await;
    let of_agency = ["--agency", "so-tu-phap"];
    for (email, role) in [
        ("minh@stp.vn", "agency-admin"),
        ("ha@stp.vn", "agency-editor"),
    ] {
        hub.answer(&[&person(email, role)[..], &of_agency].concat())
            .await;
    }
    let _serving = hub.serve().await;
    let mut lan = Visitor::default();
    assert_eq!(set_password(&mut lan, &invitation, PASSWORD).await, 303);
    let page = hub.url("/console/bai/1");
    for (step, reason, subject) in [
        (
            "go",
            "Lộ số điện thoại",
            "Tỉnh đã gỡ bài: Cấp sổ đỏ lần đầu",
        ),
        ("bo-go", "", "Tỉnh đã bỏ lệnh gỡ bài: Cấp sổ đỏ lần đầu"),
    ] {
        let shown = lan.get(&page).await.text;
        let (_, rest) = shown.split_once("name=\"phien-ban\" value=\"").unwrap();
        let version = rest.split('"').next().unwrap().to_owned();
        let fields = [
            ("phien-ban", version.as_str()),
            ("ly-do", reason),
            ("can-cu", "Điều 7"),
        ];
        let answer = lan.post(&format!("{page}/{step}"), &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let number = mailbox.letters().len() + 1;
        let letter = mailbox.letter(number).await;
        assert_eq!(letter["subject"], subject);
        assert_eq!(letter["to"], serde_json::json!(["minh@stp.vn"]));
        let text = letter["text"].as_str().unwrap();
        for told in ["Sở Tư pháp", "Lộ số điện thoại", "Điều 7"] {
            assert!(text.contains(told), "{told}: {text}");
        }
        assert_eq!(link(&letter, &hub.url("/")), page, "nothing that lets in");
    }
    assert_eq!(
        mailbox.letters().len(),
        2,
        "one for each decision and administrator"
    );
}

#[tokio::test]
async fn what_the_mail_server_refuses_is_told_and_tried_again_where_that_helps() {
    let mailbox = Mailbox::open().await;
    let hub = hub_with_mail(Database::Sqlite, &mailbox).await;
    let first = ["person", "add", "--email", "lan@tinh.vn", "--name", "Lan"];
    let part = ["--role", "province-admin", "--link"];
    let invitation = hub.answer(&[&first[..], &part].concat()).await;
    add(&hub, "gone@tinh.vn").await;
    add(&hub, "busy@tinh.vn").await;
    let _serving = hub.serve().await;
    let mut lan = Visitor::default();
    assert_eq!(set_password(&mut lan, &invitation, PASSWORD).await, 303);
    shows(
        &mut lan,
        &hub.url("/console/nguoi-dung/2"),
        &["hệ thống không thử nữa", "từ chối", "550"],
    )
    .await;
    let busy = hub.url("/console/nguoi-dung/3");
    shows(
        &mut lan,
        &busy,
        &["sau 1 lần thử, thử lại lúc", "tạm thời chưa nhận", "451"],
    )
    .await;
    hurry(
        hub.database_url(),
        "UPDATE outbox SET next_attempt_at = asked_at WHERE next_attempt_at IS NOT NULL",
    );
    shows(&mut lan, &busy, &["sau 2 lần thử, thử lại lúc"]).await;
    assert_eq!(mailbox.letters(), [] as [serde_json::Value; 0]);
}

async fn shows(visitor: &mut Visitor, url: &str, wanted: &[&str]) {
    let started = std::time::Instant::now();
    loop {
        let seen = visitor.get(url).await;
        if wanted.iter().all(|wanted| seen.text.contains(wanted)) {
            return;
        }
        assert!(
            started.elapsed() < system_tests::wait::PATIENCE,
            "{wanted:?}: {}",
            seen.text
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_password_goes_to_a_server_that_proves_itself_only() {
    let mailbox = Mailbox::secured().await;
    let mut hub = hub_with_mail(Database::Sqlite, &mailbox).await;
    hub.set("HUB_SMTP_TLS", "starttls");
    hub.set("HUB_SMTP_USER", "loa");
    let certificate = mailbox.certificate();
    let test = ["mail", "test", "minh@tinh.vn"];
    for (password, trusted, said) in [
        ("bí mật", "", "cannot be reached"),
        (
            "sai hẳn rồi",
            certificate.to_str().unwrap(),
            "does not take the name and password",
        ),
        (
            "bí mật",
            certificate.to_str().unwrap(),
            "has taken a letter to minh@tinh.vn",
        ),
    ] {
        let output = hub
            .command(&test)
            .env("HUB_SMTP_PASSWORD", password)
            .env("RUST_LOG", "trace")
            .envs((!trusted.is_empty()).then_some(("SSL_CERT_FILE", trusted)))
            .output()
            .await
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(said), "{told}");
        assert!(!told.contains(password), "{told}");
    }
    let letter = mailbox.letter(1).await;
    assert_eq!(
        (&letter["secure"], mailbox.letters().len()),
        (&true.into(), 1)
    );
    hub.set("HUB_SMTP_PASSWORD", "bí mật");
    hub.set("HUB_SMTP_TLS", "none");
    let help = hub.answer(&["person", "add", "--help"]).await;
    assert!(!help.contains("bí mật"), "{help}");
}
