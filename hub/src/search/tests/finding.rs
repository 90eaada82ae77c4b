//! What is found, in which order, with which marks and counts.

use law::vocabulary::Vocabulary;

use super::super::{Document, Facet, Filters, Lexicon, MAX_DEPTH, Query, SearchError, Sort};
use super::{ask, day, document, filled, ids};

/// `đất đai` in NFD.
const DECOMPOSED: &str = "đa\u{302}\u{301}t đai";

#[test]
fn spelling_does_not_matter() {
    let filled = filled([
        document(1, &format!("Giải quyết tranh chấp {DECOMPOSED}")),
        document(2, "Hòa giải ở cơ sở"),
        document(3, "Thủ tục ly hôn"),
        document(4, "Ủy ban nhân dân xã"),
        document(5, "Đạt giải cuộc thi"),
    ]);
    for (text, expected) in [
        ("dat dai", vec![1]),
        ("đất đai", vec![1]),
        ("ĐẤT ĐAI", vec![1]),
        ("đat đai", vec![1]),
        ("Ðất\u{200b} đai", vec![1]),
        ("hoà giải", vec![2]),
        ("hoa giai co so", vec![2]),
        ("li hôn", vec![3]),
        ("uỷ ban", vec![4]),
        ("xe máy", vec![]),
    ] {
        assert_eq!(
            ids(&filled.index.search(&ask(text)).unwrap()),
            expected,
            "{text}"
        );
    }
}

#[test]
fn the_typed_marks_and_neighbours_come_first() {
    let filled = filled([
        document(1, "Công tác tàm trụ"),
        document(2, "Tạm trú"),
        document(3, "Trú ẩn khi có bão, tạm dừng ra khơi"),
    ]);
    // Other marks make other words, where the typed ones occur.
    assert_eq!(ids(&filled.index.search(&ask("tạm trú")).unwrap()), [2, 3]);
    // Without marks all may be meant.
    let mut bare = ids(&filled.index.search(&ask("tam tru")).unwrap());
    assert_eq!(bare.pop(), Some(3), "apart from each other");
    bare.sort_unstable();
    assert_eq!(bare, [1, 2]);
}

#[test]
fn one_common_syllable_does_not_bring_everything_up() {
    let filled = filled([
        document(1, "Đăng ký tạm trú cho công nhân"),
        document(2, "Công nhân thi đua"),
        document(3, "Đăng ký khai sinh"),
    ]);
    assert_eq!(
        ids(&filled
            .index
            .search(&ask("đăng ký tạm trú công nhân"))
            .unwrap()),
        [1]
    );
    assert_eq!(
        ids(&filled.index.search(&ask("công chứng")).unwrap()),
        [0; 0]
    );
}

#[test]
fn document_numbers_are_found_by_their_beginning_and_any_spelling() {
    let cites = Document {
        body_text: "Căn cứ Nghị định số 168/2024/NĐ-CP của Chính phủ".into(),
        ..document(1, "Mức phạt mới")
    };
    let is = Document {
        number: Some("15/2014/NĐ-CP".into()),
        ..document(2, "Nghị định cũ")
    };
    let based = Document {
        basis: vec!["14/2012/QH13".into()],
        ..document(3, "Kế hoạch")
    };
    let filled = filled([cites, is, based]);
    for (text, expected) in [
        ("168/2024/NĐ-CP", vec![1]),
        ("168/2024/nd-cp", vec![1]),
        ("168/2024", vec![1]),
        ("15 /2014/ NÐ - CP", vec![2]),
        ("015/2014", vec![2]),
        ("14/2012/QH13", vec![3]),
        ("16/2024", vec![]),
    ] {
        assert_eq!(
            ids(&filled.index.search(&ask(text)).unwrap()),
            expected,
            "{text}"
        );
    }
}

#[test]
fn matched_words_and_only_they_are_marked() {
    let decomposed = format!("Luật {DECOMPOSED}");
    let entry = Document {
        summary: "Đạt & <b>đất</b>".into(),
        body_text: format!(
            "{} Tranh chấp đất đai ở xã. {}",
            "Mở đầu. ".repeat(60),
            "Kết. ".repeat(99)
        ),
        ..document(1, &decomposed)
    };
    let filled = filled([entry]);
    let found = |text: &str| filled.index.search(&ask(text)).unwrap().hits.remove(0);

    let hit = found("đất đai");
    let marked: Vec<_> = hit
        .title
        .fragments
        .iter()
        .filter(|part| part.highlighted)
        .collect();
    assert_eq!(marked.len(), 1);
    assert_eq!(marked[0].text, DECOMPOSED);
    assert_eq!(hit.title.text(), decomposed);
    assert_eq!(
        found("đất").snippet.html(),
        "Đạt &amp; &lt;b&gt;<mark>đất</mark>&lt;/b&gt;"
    );
    let snippet = found("tranh chap dat dai").snippet.html();
    assert!(snippet.starts_with("… "), "{snippet}");
    assert!(
        snippet.contains("<mark>Tranh chấp đất đai</mark> ở xã."),
        "{snippet}"
    );
    assert!(snippet.len() < 500, "{snippet}");
}

#[test]
fn quotes_keep_words_together() {
    let filled = filled([
        document(1, "Trợ giúp pháp lý"),
        document(2, "Pháp luật về trợ cấp và giúp đỡ lý lịch"),
    ]);
    assert_eq!(
        ids(&filled.index.search(&ask("trợ giúp lý")).unwrap()),
        [1, 2]
    );
    assert_eq!(
        ids(&filled.index.search(&ask("“trợ giúp” lý")).unwrap()),
        [1]
    );
    assert_eq!(
        ids(&filled.index.search(&ask("\"trợ giúp lý\"")).unwrap()),
        [0; 0]
    );
    assert_eq!(
        ids(&filled.index.search(&ask("trợ \"giúp lý")).unwrap()),
        [1, 2]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn filters_narrow_and_facets_count() {
    let entry = |id, agency: &str, kind: &str, field: Option<&str>, at| Document {
        agency: agency.into(),
        kind: kind.into(),
        field: field.map(str::to_owned),
        listed_at: day(at),
        ..document(id, "Hòa giải")
    };
    let filled = filled([
        entry(
            1,
            "so-tu-phap",
            "news",
            Some("dan-su"),
            "2026-03-01T16:59:59Z",
        ),
        entry(2, "so-tu-phap", "qa", None, "2026-03-01T17:00:00Z"),
        entry(
            3,
            "cong-an-tinh",
            "qa",
            Some("dan-su"),
            "2026-03-02T17:00:00Z",
        ),
    ]);
    let search = |query| filled.index.search(&query).unwrap();

    let all = search(Query {
        facets: Facet::ALL.to_vec(),
        ..ask("")
    });
    assert_eq!((all.total, ids(&all)), (3, vec![3, 2, 1]));
    assert_eq!(
        all.facets.of(Facet::Agency),
        [("so-tu-phap".into(), 2), ("cong-an-tinh".into(), 1)]
    );
    assert_eq!(
        all.facets.of(Facet::Kind),
        [("qa".into(), 2), ("news".into(), 1)]
    );
    assert_eq!(all.facets.of(Facet::Field), [("dan-su".into(), 2)]);

    let second_of_march = "2026-03-02".parse().ok();
    let filters = [
        (
            Query {
                filters: Filters::default().with(Facet::Agency, "so-tu-phap"),
                ..ask("hoà giải")
            },
            vec![1, 2],
        ),
        (
            Query {
                filters: Filters::default().with(Facet::Kind, "qa"),
                ..ask("")
            },
            vec![2, 3],
        ),
        (
            Query {
                filters: Filters::default().with(Facet::Field, "dan-su"),
                ..ask("hoa giai")
            },
            vec![1, 3],
        ),
        (
            Query {
                filters: Filters::default().with(Facet::Agency, "SO-TU-PHAP"),
                ..ask("")
            },
            vec![],
        ),
        (
            Query {
                filters: Filters::between(second_of_march, None),
                ..ask("")
            },
            vec![2, 3],
        ),
        (
            Query {
                filters: Filters::between(None, second_of_march),
                ..ask("")
            },
            vec![1, 2],
        ),
        (
            Query {
                filters: Filters::between(second_of_march, second_of_march),
                ..ask("giải")
            },
            vec![2],
        ),
    ];
    for (query, expected) in filters {
        let results = search(query.clone());
        let mut found = ids(&results);
        found.sort_unstable();
        assert_eq!(
            (results.total, found),
            (expected.len(), expected),
            "{query:?}"
        );
    }
}

#[test]
fn pages_do_not_overlap_and_end() {
    let filled = filled((1..=25).map(|id| document(id, "Hòa giải")));
    for (text, sort) in [
        ("", Sort::Newest),
        ("hòa giải", Sort::Relevance),
        ("hòa", Sort::Newest),
    ] {
        let mut seen = Vec::new();
        for offset in (0..40).step_by(10) {
            let page = Query {
                sort,
                offset,
                ..ask(text)
            };
            let results = filled.index.search(&page).unwrap();
            assert_eq!(results.total, 25);
            seen.extend(ids(&results));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>(), "{text}");
    }
    let none = filled
        .index
        .search(&Query {
            limit: 0,
            ..ask("hòa")
        })
        .unwrap();
    assert_eq!((none.total, none.hits.len()), (25, 0));
    for offset in [MAX_DEPTH, usize::MAX] {
        let deep = filled.index.search(&Query { offset, ..ask("") });
        assert!(matches!(deep, Err(SearchError::TooDeep { .. })), "{deep:?}");
    }
}

#[test]
fn no_text_breaks_a_search() {
    let filled = filled([
        document(1, "Hòa giải ở cơ sở AND OR NOT"),
        document(2, "Đất đai"),
    ]);
    let hostile = [
        "AND OR NOT + - ( ) [ ] { } ^ ~ * ? : \\ /",
        "\"\"\"",
        "title:hòa^99 (((((",
        "\0\u{1}\u{7f}\u{202e}\u{fffd}\u{301}",
        "*",
        "?",
        "-",
        "\"",
        "~1",
        "[a TO z]",
        &"hòa ".repeat(2_500),
        &"a".repeat(10_000),
        &"\"a".repeat(5_000),
        &"\u{301}".repeat(5_000),
        &(0..2_000)
            .map(|word| format!("x{word}"))
            .collect::<Vec<_>>()
            .join(" "),
        &"1/2024/".repeat(1_500),
    ];
    for text in hostile {
        let results = filled.index.search(&ask(text)).unwrap();
        assert!(
            results.took.as_millis() < 1_000,
            "{:?} for {text:.40}",
            results.took
        );
    }
    assert_eq!(filled.index.search(&ask("!?*")).unwrap().total, 0);
    assert_eq!(filled.index.search(&ask(" \t")).unwrap().total, 2);
    assert_eq!(
        ids(&filled.index.search(&ask("(title:\"hòa giải")).unwrap()),
        [1]
    );
}

#[test]
fn a_word_counts_for_little_as_soon_as_the_vocabulary_says_so() {
    let filled = filled([
        document(1, "Thủ tục tách thửa"),
        document(2, "Xin nhờ hỏi giúp cho biết"),
    ]);
    let asked = ask("xin nhờ hỏi giúp cho biết thủ tục tách thửa");
    let found = || ids(&filled.index.search(&asked).unwrap());
    filled
        .index
        .use_lexicon(Lexicon::new(&Vocabulary::default()));
    assert!(!found().contains(&1));
    let words = ["xin", "nhờ", "hỏi", "giúp", "cho", "biết"];
    let vocabulary = Vocabulary {
        stopwords: words.map(str::to_owned).to_vec(),
        ..Vocabulary::default()
    };
    // Nothing is indexed again.
    filled.index.use_lexicon(Lexicon::new(&vocabulary));
    assert_eq!(found(), [1]);
}
