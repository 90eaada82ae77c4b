//! What `feeds-json --explain` tells a person.

use std::process::{Command, Output};

fn explain(fixture: &str) -> Output {
    let fixture = format!("{}/fixtures/{fixture}", env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_feeds-json"));
    command.args(["--explain", &fixture]).output().unwrap()
}

#[test]
fn a_feed_is_explained() {
    let output = explain("rss20.xml");
    assert!(output.status.success());
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    format     RSS 2.0
    encoding   utf-8
    title      Phát thanh pháp luật
    about      Hỏi & đáp
    site       https://so.example.vn/
    self       https://so.example.vn/rss/tin.xml
    hubs       https://hub.example.vn/websub
    language   vi
    generator  Máy 1.0
    published  2024-05-27 14:15
    updated    2024-05-27 14:20

    problems: 2
         18:10  relative-link         write full addresses, beginning with https:// (found: /logo.png)
          24:5  relative-link         write full addresses, beginning with https:// (found: /bai/1)

    entries: 2, withdrawn: 1
    2024-05-27 14:15  Sổ đỏ – hỏi & đáp                                             https://so.example.vn/bai/1
                      Chỉ có guid                                                   https://so.example.vn/bai/2
    2024-05-26 10:00  withdrawn: cu-1
    ");
}

#[test]
fn what_is_no_feed_fails_and_says_what_it_is() {
    let output = explain("refused-page.html");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let cause = String::from_utf8(output.stderr).unwrap();
    assert!(cause.contains("this is an HTML page"), "{cause}");
}
