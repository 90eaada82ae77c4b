//! `cargo demo`: what a newcomer sees first.

use std::net::TcpListener;
use std::path::Path;

use system_tests::hub::text;
use system_tests::node::Editor;
use system_tests::process::{self, Process};
use system_tests::{http, ports, wait};

const PORTS: u16 = 7;

#[tokio::test]
async fn the_demo_runs_keeps_what_was_published_and_stops() {
    const TITLE: &str = "Bài của người mới";
    let folder = tempfile::tempdir().unwrap();
    let port = ports::free_row(PORTS);
    let (portal, node) = (address(port), address(port + 1));

    let demo = start(folder.path(), port).await;
    let said = demo.log();
    for expected in [
        &portal,
        &node,
        "bientap",
        "tinh@example.vn",
        "loa-phuong-2026",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(
        http::text(&portal)
            .await
            .contains("Bạn đang gặp chuyện gì?")
    );
    assert!(http::text(&node).await.contains("<loa-feed"));
    let editor = Editor::sign_in(&node, "bientap", "loa-phuong-2026").await;
    editor.publish(TITLE, "Đăng thử.").await;
    until_in_widget(&portal, TITLE).await;
    assert_eq!(demo.interrupt().await.code(), Some(0));

    let again = start(folder.path(), port).await;
    until_in_widget(&portal, TITLE).await;
    assert!(http::text(&node).await.contains(TITLE));
    assert_eq!(again.interrupt().await.code(), Some(0));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let port = ports::free_row(PORTS);
    let _taken = TcpListener::bind(("127.0.0.1", port + 3)).unwrap();
    let output = command(folder.path(), port).output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let expected = format!(
        "port {} is not free; choose another range with --port",
        port + 3
    );
    assert!(said.contains(&expected), "{said}");
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn command(folder: &Path, port: u16) -> tokio::process::Command {
    let mut command = process::command("demo");
    command
        .args(["--port", &port.to_string(), "--data-dir"])
        .arg(folder)
        .current_dir(folder);
    command
}

async fn start(folder: &Path, port: u16) -> Process {
    let mut demo = Process::start("demo", command(folder, port), folder);
    demo.until_ready(&format!("{}/readyz", address(port))).await;
    wait::until("the demo says how to stop it", || async {
        demo.log().contains("Ctrl-C stops").then_some(())
    })
    .await;
    demo
}

async fn until_in_widget(portal: &str, title: &str) {
    let url = format!("{portal}/widget/entries.json");
    wait::until("the entry is in the widget", || async {
        let data = http::json(&url).await;
        let entries = data["entries"].as_array()?;
        entries
            .iter()
            .any(|entry| text(&entry["title"]) == title)
            .then_some(())
    })
    .await;
}
