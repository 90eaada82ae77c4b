//! A province takes in its agencies from one file.

use std::fmt::Write as _;

use serde_json::json;
use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::rss;
use system_tests::hub::Hub;
use system_tests::on_both;

const AGENCIES: usize = 65;

on_both!(sixty_five_agencies_come_from_a_file);

async fn sixty_five_agencies_come_from_a_file(database: Database) {
    let department = Department::start().await;
    let mut list = "Tên đơn vị;Mã;Trực thuộc;Nguồn tin;Họ tên quản trị;Thư điện tử\n".to_owned();
    for at in 1..=AGENCIES {
        let path = format!("/{at}.rss");
        let (identity, title) = (format!("{at}"), format!("Bài của xã {at}"));
        department.serve(&path, Page::rss(rss(&[(&identity, &title)])));
        let parent = if at == 1 { "" } else { "xa-1" };
        let url = department.url(&path);
        writeln!(
            list,
            "UBND xã {at};xa-{at};{parent};{url};Người {at};nguoi{at}@xa.vn"
        )
        .unwrap();
    }
    let mut hub = Hub::new(database).await;
    hub.allow(&department.authority);
    let file = hub.folder().join("tiep-nhan.csv");
    std::fs::write(&file, &list).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let import = ["agency", "import", &file];

    let wrong = hub.folder().join("wrong.csv");
    std::fs::write(&wrong, list.replace("nguoi65@xa.vn", "nguoi65")).unwrap();
    let refused = hub
        .run(&["agency", "import", wrong.to_str().unwrap()])
        .await;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(
        said.contains("66\tUBND xã 65\tthư điện tử “nguoi65” chưa đúng"),
        "{said}"
    );
    let listed = hub.json(&["agency", "list"]).await;
    assert_eq!(listed, json!([]), "one wrong row, and nothing is done");

    let all = json!({ "agencies": AGENCIES, "feeds": AGENCIES, "people": AGENCIES });
    let tried = hub.json(&[&import[..], &["--dry-run"]].concat()).await;
    assert_eq!(tried["adds"], all);
    assert_eq!(
        hub.json(&import).await["adds"],
        all,
        "the trial has added nothing"
    );
    let again = hub.json(&import).await;
    assert_eq!(
        again["adds"],
        json!({ "agencies": 0, "feeds": 0, "people": 0 })
    );

    let harvested = hub.harvest().await;
    assert_eq!(
        (&harvested["feeds"], &harvested["new"]),
        (&json!(AGENCIES), &json!(AGENCIES))
    );
    let verified = hub.answer(&["audit", "verify"]).await;
    assert!(verified.starts_with("whole: "), "{verified}");
}
