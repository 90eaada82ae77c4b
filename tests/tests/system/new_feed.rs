//! Hostile pages that somebody pastes into the console.

use std::time::{Duration, Instant};

use system_tests::database::Database;
use system_tests::hostile::HostileServer;
use system_tests::http;
use system_tests::hub::Hub;
use system_tests::markup::{Place, dangers};

const PASSWORD: &str = "bốn từ không liên quan";

/// Requests are given up after 20 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is pasted, and what is said of it.
const PASTED: [(&str, &str); 16] = [
    ("discover-1000", "Nguồn tin tìm thấy"),
    ("ssrf-admin", "mạng nội bộ"),
    ("ssrf-decimal", "mạng nội bộ"),
    ("ssrf-v6-mapped", "mạng nội bộ"),
    ("ssrf-metadata", "mạng nội bộ"),
    ("ssrf-file", "địa chỉ"),
    ("silent", "không trả lời xong"),
    ("endless-space", "lớn hơn mức cho phép"),
    ("gzip-bomb-1g", "lớn hơn mức cho phép"),
    ("redir-meta", "trang đăng nhập"),
    ("html-200", "Nguồn tin tìm thấy"),
    ("xml-billion-laughs", "thực thể XML"),
    ("xss-rss", "Các bài mới nhất"),
    ("xss-atom-xhtml", "Các bài mới nhất"),
    ("xss-svg-file", "không phải"),
    ("http-503", "503"),
];

#[tokio::test]
async fn hostile_pages_are_looked_at_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = HostileServer::start(folder.path()).await;
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&format!("127.0.0.1:{}", hostile.port));
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let person = ["person", "add", "--email", "lan@stp.vn", "--name", "Lan"];
    let role = ["--role", "agency-editor", "--agency", "so-tu-phap"];
    let invitation = hub.answer(&[&person[..], &role].concat()).await;
    let _hub = hub.serve().await;
    let client = http::client();
    let both = [("mat-khau", PASSWORD), ("mat-khau-lai", PASSWORD)];
    let accepted = client.post(&invitation).form(&both).send().await.unwrap();
    let cookie = accepted.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = hub.url("/console/don-vi/so-tu-phap/them-nguon");
    let form = client.get(&page).header("cookie", &cookie).send();
    let form = form.await.unwrap().text().await.unwrap();
    let (_, rest) = form.split_once("name=\"phieu\" value=\"").unwrap();
    let token = rest.split('"').next().unwrap();

    let behaviours = hostile.behaviours().await;
    for (name, said) in PASTED {
        let behaviour = behaviours.iter().find(|one| one.name == name).unwrap();
        let fields = [("phieu", token), ("dia-chi", &behaviour.url)];
        let begun = Instant::now();
        let answer = client.post(&page).header("cookie", &cookie).form(&fields);
        let answer = answer.send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        assert_eq!(status, 200, "{name}: {body}");
        assert!(begun.elapsed() < PATIENCE, "{name}: {:?}", begun.elapsed());
        assert!(body.contains(said), "{name}: {body}");
        let found = dangers(&body, Place::Page);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
    assert_eq!(hostile.canary_hits().await.len(), 0, "nobody went inside");
}
