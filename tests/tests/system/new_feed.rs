//! Hostile pages that somebody pastes into the console.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use reqwest::Client;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::hostile::HostileServer;
use system_tests::hub::Hub;
use system_tests::markup::{Place, dangers};
use system_tests::name_server::NameServer;
use system_tests::{documents, http};

const PASSWORD: &str = "bốn từ không liên quan";

/// Requests are given up after 20 s.
const PATIENCE: Duration = Duration::from_secs(20);

/// Invites an editor of the agency.
const EDITOR: [&str; 10] = [
    "person",
    "add",
    "--email",
    "lan@stp.vn",
    "--name",
    "Lan",
    "--role",
    "agency-editor",
    "--agency",
    "so-tu-phap",
];

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

/// Accepts an invitation; the session's cookie.
async fn come(client: &Client, invitation: &str) -> String {
    let both = [("mat-khau", PASSWORD), ("mat-khau-lai", PASSWORD)];
    let accepted = client.post(invitation).form(&both).send().await.unwrap();
    let cookie = accepted.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The token that stands in every form of the session.
async fn form_token(client: &Client, page: &str, cookie: &str) -> String {
    let form = client.get(page).header("cookie", cookie).send();
    let form = form.await.unwrap().text().await.unwrap();
    between(&form, "name=\"phieu\" value=\"", "\"").to_owned()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split(after).next().unwrap()
}

#[tokio::test]
async fn a_record_of_its_name_proves_a_site() {
    let names = NameServer::start().await;
    names.point("tuphap.example.vn", Ipv4Addr::LOCALHOST);
    let site = Department::start().await;
    site.serve("/rss", Page::rss(documents::rss(&[])));
    let port = site.authority.rsplit(':').next().unwrap();
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&site.authority);
    hub.ask(&names.authority);
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let invitation = hub.answer(&EDITOR).await;
    let _hub = hub.serve().await;
    let client = http::client();
    let cookie = come(&client, &invitation).await;
    let page = hub.url("/console/don-vi/so-tu-phap/them-nguon");
    let token = form_token(&client, &page, &cookie).await;
    let feed = format!("http://www.tuphap.example.vn:{port}/rss");
    names.point("www.tuphap.example.vn", Ipv4Addr::LOCALHOST);
    let register = async || {
        let url = hub.url("/console/don-vi/so-tu-phap/nguon-tin");
        let fields = [("phieu", token.as_str()), ("nguon", feed.as_str())];
        let sent = client.post(&url).header("cookie", &cookie).form(&fields);
        let answer = sent.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };

    let (status, body) = register().await;
    assert_eq!(status, 409, "{body}");
    let record = between(&body, "loại TXT của tên <code>", "</code>");
    assert_eq!(record, "_loa-verification.tuphap.example.vn");
    assert!(body.contains("không có bản ghi TXT nào"), "{body}");
    let secret = between(&body, "id=\"ma\" value=\"", "\"").to_owned();
    names.say(record, "v=spf1 -all");
    names.say("tuphap.example.vn", &secret);
    let (status, body) = register().await;
    assert_eq!(status, 409, "under another name it proves nothing: {body}");
    assert!(body.contains("là “v=spf1 -all”, khác với mã"), "{body}");
    names.say(record, &secret);
    let (status, body) = register().await;
    assert_eq!(status, 303, "{body}");
    let feeds = hub.json(&["feed", "list"]).await;
    assert_eq!(feeds[0]["url"], feed.as_str());
    let noted = hub.json(&["audit", "list"]).await;
    let proven = noted.as_array().unwrap().iter();
    let mut proven = proven.filter(|record| record["action"] == "site.prove");
    let after = proven.next().unwrap()["after_json"].as_str().unwrap();
    assert!(after.contains("\"dns\""), "{after}");
}

#[tokio::test]
async fn hostile_pages_are_looked_at_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = HostileServer::start(folder.path()).await;
    let mut hub = Hub::new(Database::Sqlite).await;
    hub.allow(&format!("127.0.0.1:{}", hostile.port));
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let invitation = hub.answer(&EDITOR).await;
    let _hub = hub.serve().await;
    let client = http::client();
    let cookie = come(&client, &invitation).await;
    let page = hub.url("/console/don-vi/so-tu-phap/them-nguon");
    let token = form_token(&client, &page, &cookie).await;

    let behaviours = hostile.behaviours().await;
    for (name, said) in PASTED {
        let behaviour = behaviours.iter().find(|one| one.name == name).unwrap();
        let fields = [("phieu", &token), ("dia-chi", &behaviour.url)];
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
