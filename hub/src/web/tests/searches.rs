//! What becomes of people's searches.

use hub_repository::StoreError;
use hub_repository::asked_queries::{self, Asked};
use url::form_urlencoded;

use super::{TestHub, entry};
use crate::work;

#[tokio::test]
async fn searches_are_counted_in_words_only_and_only_when_nothing_narrowed_them() {
    let hub = TestHub::new().await;
    hub.harvest(vec![entry("a", "Luật Đất đai")], &[]).await;
    for path in [
        "/tim-kiem?q=%C4%91%E1%BA%A5t+%C4%91ai",
        "/tim-kiem?q=vi%E1%BB%85n+th%C3%B4ng&loai=news",
        "/tim-kiem?q=vi%E1%BB%85n+th%C3%B4ng&trang=2",
        "/tim-kiem?q=0912345678",
        "/tim-kiem?q=Vi%E1%BB%85n++TH%C3%94NG!+0912345678",
    ] {
        assert_eq!(hub.get(path).await.status, 200, "{path}");
    }
    work::asked::write_down(&hub.app).await.unwrap();
    let asked = |found: bool| {
        let long_ago = chrono::NaiveDate::default();
        hub.app.db.run(move |conn| {
            let asked = asked_queries::most_frequent(conn, found, long_ago, 10)?;
            Ok::<_, StoreError>(asked.into_iter().map(|it| (it.words, it.count)).collect())
        })
    };
    let found: Vec<(String, i64)> = asked(true).await.unwrap();
    assert_eq!(found, [("đất đai".to_owned(), 1)]);
    let in_vain: Vec<(String, i64)> = asked(false).await.unwrap();
    assert_eq!(in_vain, [("viễn thông".to_owned(), 1)]);
}

#[tokio::test]
async fn who_types_is_offered_what_many_asked_laws_and_titles() {
    let hub = TestHub::new().await;
    let titles = [
        ("a", "Thủ tục đăng ký kết hôn"),
        ("b", "Đăng ký kết hôn có yếu tố nước ngoài"),
        ("c", "Đăng kiểm xe"),
        ("d", "Lễ hội thả diều sáo năm 2024"),
        ("e", "Lễ hội thả diều sáo năm 2025"),
        ("f", "Lễ hội thả diều sáo năm 2026"),
    ];
    let entries = titles.map(|(id, title)| entry(id, title));
    hub.harvest(entries.to_vec(), &[]).await;
    // Only what was asked often, on several days, and in public words.
    let asked = [
        ("thả diều sáo", 3, 4),
        ("thả diều sáo trúc", 3, 50),
        ("lễ hội thả diều", 2, 50),
        ("hội thả diều", 3, 3),
    ];
    for (words, days, count) in asked {
        for ago in 0..days {
            let asked = Asked {
                words: words.to_owned(),
                found: true,
            };
            let day = crate::publish::today() - chrono::Days::new(ago);
            let record = hub
                .app
                .db
                .run(move |conn| asked_queries::record(conn, day, &[(asked, count)]));
            record.await.unwrap();
        }
    }
    work::asked::offer(&hub.app).await.unwrap();
    let offered = async |text: &str| -> (Vec<String>, Vec<String>) {
        let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let answer = hub.get(&format!("/tim-kiem/goi-y?q={query}")).await;
        assert_eq!(answer.status, 200, "{text}");
        let (said, labels, _, addresses): (String, _, Vec<String>, _) =
            serde_json::from_str(&answer.body).unwrap();
        assert_eq!(said, text);
        (labels, addresses)
    };
    for (text, expected) in [("tha d", "thả diều sáo"), ("le hoi th", ""), ("hội th", "")] {
        let labels = offered(text).await.0;
        let queries: Vec<_> = labels
            .iter()
            .filter(|it| asked.iter().any(|(words, ..)| words == it))
            .collect();
        assert_eq!(
            queries,
            if expected.is_empty() {
                vec![]
            } else {
                vec![expected]
            },
            "{text}: {labels:?}"
        );
    }
    let (labels, addresses) = offered("dang ky k").await;
    assert!(labels.contains(&titles[0].1.to_owned()), "{labels:?}");
    assert!(labels.contains(&titles[1].1.to_owned()), "{labels:?}");
    assert!(!labels.contains(&titles[2].1.to_owned()), "{labels:?}");
    assert!(
        addresses.iter().any(|it| it.contains("/bai/")),
        "{addresses:?}"
    );
    let (labels, addresses) = offered("luật đất").await;
    assert_eq!(labels[0], "Luật Đất đai (31/2024/QH15)");
    assert!(
        addresses[0].ends_with("/van-ban/31-2024-qh15"),
        "{addresses:?}"
    );
    assert_eq!(offered("31/2024").await.0[0], "Luật Đất đai (31/2024/QH15)");
    // Another mark is another word.
    let (labels, _) = offered("đặng ký ").await;
    assert!(labels.is_empty(), "{labels:?}");
    assert!(offered("kiem x").await.0.contains(&titles[2].1.to_owned()));
    for nothing in ["", " ", "-", "zzzz", "a"] {
        assert!(offered(nothing).await.0.len() <= 8);
    }
}
