//! Searches, counted by day.

use chrono::NaiveDate;
use hub_repository::asked_queries::{self, Asked, Frequency, MAX_A_DAY, MAX_WORDS_BYTES};

use crate::support::{TestDb, on_both};

on_both!(
    words_are_counted_by_day_and_by_success,
    a_day_holds_so_many_words,
);

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn asked(words: &str, found: bool) -> Asked {
    let words = words.to_owned();
    Asked { words, found }
}

fn words_are_counted_by_day_and_by_success(db: &TestDb) {
    let conn = &mut db.conn();
    let long = "đ".repeat(MAX_WORDS_BYTES);
    let of_days = [
        (1, vec![("sổ đỏ", false, 1), (" sổ đỏ ", false, 1)]),
        (2, vec![("sổ đỏ", false, 3), ("sổ đỏ", true, 9)]),
        (
            2,
            vec![("sổ đỏ", false, 1), ("\" -", false, 1), ("a\0b", false, 1)],
        ),
        (3, vec![(&*long, false, 1)]),
    ];
    for (on, counts) in of_days {
        let counts: Vec<(Asked, i64)> = counts
            .into_iter()
            .map(|(words, found, count)| (asked(words, found), count))
            .collect();
        asked_queries::record(conn, day(on), &counts).unwrap();
    }
    let in_vain = asked_queries::most_frequent(conn, false, day(1), 9).unwrap();
    assert_eq!(in_vain.len(), 2, "{in_vain:?}");
    let often = Frequency {
        words: "sổ đỏ".to_owned(),
        count: 6,
        days: 2,
    };
    assert_eq!(in_vain[0], often);
    assert!(in_vain[1].words.len() <= MAX_WORDS_BYTES);
    let since = asked_queries::most_frequent(conn, false, day(2), 1).unwrap();
    assert_eq!((since.len(), since[0].count), (1, 4));
    let found = asked_queries::most_frequent(conn, true, day(1), 9).unwrap();
    assert_eq!((found.len(), found[0].count), (1, 9));
    assert_eq!(asked_queries::trim(conn, day(3)).unwrap(), 3);
}

fn a_day_holds_so_many_words(db: &TestDb) {
    let conn = &mut db.conn();
    let many = (0..=MAX_A_DAY).map(|number| (asked(&format!("từ {number}"), false), 1));
    asked_queries::record(conn, day(1), &many.collect::<Vec<_>>()).unwrap();
    // What is known counts on, and what was found has room of its own.
    let all = asked_queries::most_frequent(conn, false, day(1), i64::MAX).unwrap();
    assert_eq!(i64::try_from(all.len()).unwrap(), MAX_A_DAY);
    let known = all[0].words.clone();
    let more = [
        (asked(&known, false), 1),
        (asked("từ mới", false), 1),
        (asked("từ mới", true), 1),
    ];
    asked_queries::record(conn, day(1), &more).unwrap();
    let all = asked_queries::most_frequent(conn, false, day(1), i64::MAX).unwrap();
    assert_eq!((&all[0].words, all[0].count), (&known, 2));
    assert_eq!(i64::try_from(all.len()).unwrap(), MAX_A_DAY);
    let found = asked_queries::most_frequent(conn, true, day(1), 9).unwrap();
    assert_eq!(found.len(), 1);
}
