//! Filling a node from a file.

use reqwest::StatusCode;

use crate::harness::{FEED_PATHS, TestNode, row};

#[tokio::test]
async fn an_import_is_whole_or_not_at_all_and_can_be_repeated() {
    let node = TestNode::start(None).await;
    let good = format!("{}\n{}\n", row("a", "Bài một"), row("b", "Bài hai"));
    let bad = format!(
        "{good}{{\"id\":\"c\",\"kind\":\"tin\"}}\n{}\n",
        row("a", "Lặp")
    );
    let error = node.import(&bad).unwrap_err().to_string();
    assert!(
        error.contains("line 3") && error.contains("line 4"),
        "{error}"
    );
    assert!(node.feed("/feed.atom").await.entries.is_empty());

    let first = node.import(&good).unwrap();
    assert_eq!((first.added, first.kept), (2, 0));
    let editor = node.sign_in().await;
    editor.post("/soan/a/rut", &[("version", "1")]).await;
    let second = node.import(&good).unwrap();
    assert_eq!((second.added, second.kept), (0, 2));
    let feed = node.feed("/feed.atom").await;
    assert_eq!(
        feed.entries.len(),
        1,
        "what an editor withdrew stays withdrawn"
    );
}

#[tokio::test]
async fn the_sample_corpus_imports_and_reads() {
    let node = TestNode::start(None).await;
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/domain/corpus.jsonl"
    );
    let corpus = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("the sample corpus is missing: {path}: {error}"));
    let imported = node.import(&corpus).unwrap();
    assert_eq!(imported.added, corpus.lines().count());
    for path in FEED_PATHS {
        let feed = node.feed(path).await;
        assert_eq!(feed.entries.len(), 50, "{path}");
        assert!(
            feed.entries.iter().all(|entry| entry.legal.is_some()),
            "{path}"
        );
    }
    let last = node.get("/?trang=27").await;
    assert_eq!(last.status(), StatusCode::OK);
    assert_eq!(node.get("/?trang=28").await.status(), StatusCode::NOT_FOUND);
}
