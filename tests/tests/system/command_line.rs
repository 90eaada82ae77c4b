//! Wrong use of the commands: an exit status, a message that says what was expected, no change.

use system_tests::database::Database;
use system_tests::hub::Hub;
use system_tests::node::Node;
use system_tests::process;

/// Arguments, exit status, and words that the message must hold.
const WRONG: &[(&[&str], i32, &str)] = &[
    (
        &["widget", "add", "--owner", "la"],
        1,
        "--owner 'la' names nothing",
    ),
    (
        &["widget", "add", "--owner", "so-tu-phap", "--kind", "tin"],
        1,
        "expected news",
    ),
    (
        &["widget", "add", "--owner", "so-tu-phap", "--field", "la"],
        1,
        "--field 'la' names nothing; there are",
    ),
    (
        &[
            "widget",
            "add",
            "--owner",
            "so-tu-phap",
            "--origin",
            "https://a.vn/tin",
        ],
        1,
        "without a path",
    ),
    (
        &[
            "widget",
            "add",
            "--owner",
            "so-tu-phap",
            "--view",
            "entry",
            "--entry",
            "9",
        ],
        1,
        "names no entry",
    ),
    (
        &["widget", "add", "--owner", "so-tu-phap", "--view", "entry"],
        1,
        "needs an entry",
    ),
    (
        &["widget", "add", "--owner", "so-tu-phap", "--limit", "51"],
        2,
        "1..=50",
    ),
    (
        &["widget", "add", "--owner", "so-tu-phap", "--view", "tin"],
        2,
        "calendar",
    ),
    (&["widget", "show", "la"], 1, "no widget has the id 'la'"),
    (&["widget", "remove", "la"], 1, "no widget has the id 'la'"),
    (
        &["widget", "change", "la", "--owner", "so-tu-phap"],
        1,
        "no widget has the id 'la'",
    ),
    (&["widget", "stats", "--since", "1/11/2026"], 2, "--since"),
    (
        &["agency", "add", "--slug", "Sở", "--name", "x"],
        1,
        "expected lower-case letters",
    ),
    (
        &["agency", "add", "--slug", "so-tu-phap", "--name", "x"],
        1,
        "is taken",
    ),
    (
        &["agency", "add", "--slug", "moi", "--name", " "],
        1,
        "--name is empty",
    ),
    (
        &[
            "agency", "add", "--slug", "moi", "--name", "x", "--parent", "la",
        ],
        1,
        "no agency has the slug 'la'",
    ),
    (&["agency", "add", "--slug", "moi"], 2, "--name"),
    (
        &["feed", "add", "--agency", "la", "https://a.example.vn/rss"],
        1,
        "no agency has the slug 'la'",
    ),
    (
        &["feed", "add", "--agency", "so-tu-phap", "stp/rss"],
        1,
        "expected an address such as",
    ),
    (
        &[
            "feed",
            "add",
            "--agency",
            "so-tu-phap",
            "ftp://a.example.vn/",
        ],
        1,
        "not on the web",
    ),
    (
        &[
            "feed",
            "add",
            "--agency",
            "so-tu-phap",
            "https://u:p@a.example.vn/",
        ],
        1,
        "password",
    ),
    (
        &[
            "feed",
            "add",
            "--agency",
            "so-tu-phap",
            "https://stp.example.vn/rss",
        ],
        1,
        "registered already",
    ),
    (&["feed", "show", "999"], 1, "no feed has the id 999"),
    (&["feed", "show", "mot"], 2, "mot"),
    (&["feed", "remove", "999"], 1, "no feed has the id 999"),
    (&["feed", "stop", "999"], 1, "no feed has the id 999"),
    (&["feed", "resume", "999"], 1, "no feed has the id 999"),
    (&["feed", "move", "999"], 1, "no feed has the id 999"),
    (&["feed", "move", "1"], 1, "nowhere to move"),
    (
        &["feed", "import", "khong-co.opml"],
        1,
        "cannot read khong-co.opml",
    ),
    (&["feed", "import", "NOT-OPML"], 1, "not OPML"),
    (
        &["feed", "import", "UNKNOWN-AGENCY"],
        1,
        "nothing was imported",
    ),
    (&["harvest", "--feed", "999"], 1, "no feed has the id 999"),
    (
        &["harvest", "--all", "--feed", "1"],
        2,
        "cannot be used with",
    ),
    (
        &["search", "x", "--kind", "tin"],
        2,
        "expected one of news, qa",
    ),
    (&["search", "x", "--limit", "0"], 2, "--limit"),
    (&["search", "x", "--format", "xml"], 2, "--format"),
    (&["serve", "--listen", "8080"], 2, "--listen"),
    (
        &["serve", "--listen", "TAKEN"],
        1,
        "choose another address with --listen",
    ),
    (&["index", "rebuild"], 1, "another process"),
    (
        &["--public-url", "phapluat.vn", "migrate"],
        1,
        "expected an address such as",
    ),
    (
        &["--outbound-allow", "tat-ca", "migrate"],
        1,
        "outbound-allow: 'tat-ca'",
    ),
    (
        &["--database-url", "mysql://localhost/loa", "migrate"],
        1,
        "postgres://",
    ),
    (
        &["--database-url", "postgres://127.0.0.1:1/loa", "migrate"],
        1,
        "refused",
    ),
    (
        &["--config", "khong-co.toml", "migrate"],
        1,
        "cannot read the settings file",
    ),
    (&["hoc"], 2, "hoc"),
];

#[tokio::test]
async fn wrong_values_are_refused_with_what_was_expected() {
    let hub = Hub::new(Database::Sqlite).await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_feed("so-tu-phap", "https://stp.example.vn/rss")
        .await;
    let taken = hub.serve().await;
    let listen = hub.url("").replace("http://", "");
    let file = |name: &str, content: &str| {
        let path = hub.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    };
    let not_opml = file("khong.opml", "<html></html>");
    let unknown_agency = file(
        "la.opml",
        "<opml version=\"2.0\"><head/><body>\
         <outline text=\"so-tu-phap\"><outline text=\"a\" xmlUrl=\"https://a.example.vn/rss\"/></outline>\
         <outline text=\"co-quan-la\"><outline text=\"b\" xmlUrl=\"https://b.example.vn/rss\"/></outline>\
         </body></opml>",
    );
    let before = hub.json(&["feed", "list"]).await;
    let places = [not_opml.as_str(), &unknown_agency, &listen];
    for (arguments, code, words) in WRONG {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|argument| match *argument {
                "NOT-OPML" => places[0],
                "UNKNOWN-AGENCY" => places[1],
                "TAKEN" => places[2],
                plain => plain,
            })
            .collect();
        let output = hub.run(&arguments).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(*code),
            "hub {arguments:?}: {said}"
        );
        assert!(
            said.contains(words),
            "hub {arguments:?} should say {words:?}: {said}"
        );
        assert!(!said.contains("panicked"), "hub {arguments:?}: {said}");
        assert_eq!(output.stdout, b"", "hub {arguments:?}");
    }
    assert_eq!(hub.json(&["feed", "list"]).await, before);
    assert_eq!(
        hub.json(&["agency", "list"])
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert!(taken.terminate().await.success());
}

#[tokio::test]
async fn a_feed_is_stopped_and_resumed_and_the_audit_says_so() {
    let hub = Hub::new(Database::Sqlite).await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    let url = "https://stp.example.vn/rss";
    let id = hub.add_feed("so-tu-phap", url).await;
    for (command, stopped) in [("stop", true), ("stop", true), ("resume", false)] {
        let feed = hub.json(&["feed", command, &id]).await;
        assert_eq!(feed["url"], url);
        assert_eq!(feed["stopped_at"].is_string(), stopped, "{command}");
    }
    let said = hub.answer(&["feed", "resume", &id]).await;
    assert!(said.contains("nothing was changed"), "{said}");
    let noted = hub.json(&["audit", "list"]).await;
    let noted: Vec<_> = noted
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            (
                record["name"].as_str().unwrap(),
                record["action"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        noted,
        [("hub feed", "feed.resume"), ("hub feed", "feed.stop")]
    );
    let help = hub.answer(&["feed", "stop", "--help"]).await;
    assert!(help.contains("hub feed stop 12"), "{help}");
}

#[tokio::test]
async fn opml_registers_its_feeds_for_the_agencies_that_its_folders_name() {
    let hub = Hub::new(Database::Sqlite).await;
    hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
    hub.add_agency("cong-an-tinh", "Công an tỉnh").await;
    let file = hub.folder().join("nguon.opml");
    std::fs::write(
        &file,
        "<opml version=\"2.0\"><head/><body>\
         <outline text=\"so-tu-phap\"><outline text=\"a\" xmlUrl=\"https://a.example.vn/rss\"/></outline>\
         <outline text=\"cong-an-tinh\"><outline text=\"b\" xmlUrl=\"https://b.example.vn/rss\"/></outline>\
         </body></opml>",
    )
    .unwrap();
    let ids = hub
        .answer(&["feed", "import", &file.to_string_lossy()])
        .await;
    assert_eq!(ids.lines().count(), 2);
    let list = hub.json(&["feed", "list"]).await;
    let found: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|feed| {
            (
                feed["agency"].as_str().unwrap(),
                feed["url"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("so-tu-phap", "https://a.example.vn/rss"),
            ("cong-an-tinh", "https://b.example.vn/rss"),
        ]
    );
}

#[tokio::test]
async fn a_node_refuses_wrong_values_with_what_was_expected() {
    let node = Node::new("so-tu-phap", "Sở Tư pháp", None);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bai.jsonl");
    std::fs::write(
        &file,
        "{\"id\":\"1\",\"kind\":\"news\",\"title\":\"Bài đúng\",\
         \"published\":\"2026-06-25T08:23:00+07:00\",\"body_html\":\"<p>…</p>\"}\n{\"id\":\"2\"}\n",
    )
    .unwrap();
    let output = node
        .command(&["import", &file.to_string_lossy()])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("expected a JSON object with id"), "{said}");
    let _node = node.serve().await;
    let page = system_tests::http::text(&node.url("/")).await;
    assert!(!page.contains("Bài đúng"), "all rows or none");

    for (arguments, code, words) in [
        (&["serve"] as &[&str], 1, "name is missing"),
        (
            &["serve", "--name", "x", "--slug", "Sở"],
            1,
            "expected lower-case letters",
        ),
        (&["serve", "--name", "x", "--listen", "8090"], 2, "--listen"),
        (
            &["serve", "--name", "x", "--public-url", "phapluat"],
            2,
            "--public-url",
        ),
        (
            &["import", "--name", "x", "khong-co.jsonl"],
            1,
            "cannot open khong-co.jsonl",
        ),
        (
            &["serve", "--name", "x", "--listen", &node.authority()],
            1,
            "Choose another with --listen",
        ),
    ] {
        let output = process::command("agency-node")
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(
            said.contains(words),
            "{arguments:?} should say {words:?}: {said}"
        );
    }
}
