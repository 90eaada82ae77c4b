//! What a province's vocabulary files promise: all or nothing, every wrong row named, and what is
//! written is read again.
#![expect(clippy::expect_used, reason = "a test says what it expects")]

use law::text::{Level, normalise};
use law::vocabulary::{self, FILES, Files, Law, RowError, Synonym, Vocabulary};
use proptest::prelude::*;

fn starting() -> Vocabulary {
    vocabulary::starting().unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn read(files: &Files<String>) -> Result<Vocabulary, Vec<RowError>> {
    vocabulary::read(&Files {
        taxonomy: files.taxonomy.as_bytes(),
        laws: files.laws.as_bytes(),
        synonyms: files.synonyms.as_bytes(),
        stopwords: files.stopwords.as_bytes(),
    })
}

#[test]
fn a_new_hub_has_a_vocabulary() {
    let vocabulary = starting();
    assert_eq!(vocabulary.fields.len(), 39);
    assert_eq!(vocabulary.audiences.len(), 18);
    let situations = vocabulary.situations.iter().map(|group| group.items.len());
    assert_eq!(situations.sum::<usize>(), 69);
    assert!(vocabulary.laws.len() > 90 && vocabulary.synonyms.len() > 200);
    for field in &vocabulary.fields {
        assert!(field.keywords.len() >= 40, "{}", field.slug);
    }
}

#[test]
fn what_is_written_is_read_again() {
    let vocabulary = starting();
    let files = vocabulary::write(&vocabulary);
    assert_eq!(read(&files), Ok(vocabulary.clone()));
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let files = Files {
        taxonomy: windows(&files.taxonomy),
        laws: windows(&files.laws),
        synonyms: windows(&files.synonyms),
        stopwords: windows(&files.stopwords),
    };
    assert_eq!(read(&files), Ok(vocabulary));
}

/// Where the errors stand when one file of the starting vocabulary is changed.
fn errors(file: &str, change: impl Fn(&str) -> Vec<u8>) -> Vec<(&'static str, usize, String)> {
    let written = vocabulary::write(&starting());
    let content = |name: &str, text: &str| {
        if name == file {
            change(text)
        } else {
            text.as_bytes().to_vec()
        }
    };
    let [taxonomy, laws, synonyms, stopwords] = [
        content(FILES[0], &written.taxonomy),
        content(FILES[1], &written.laws),
        content(FILES[2], &written.synonyms),
        content(FILES[3], &written.stopwords),
    ];
    let read = vocabulary::read(&Files {
        taxonomy: &taxonomy,
        laws: &laws,
        synonyms: &synonyms,
        stopwords: &stopwords,
    });
    let errors = read.expect_err("a wrong row");
    for error in &errors {
        let message = error.to_string();
        assert!(message.contains(error.file) && message.contains("expected"));
    }
    errors
        .into_iter()
        .map(|error| (error.file, error.row, error.column))
        .collect()
}

#[test]
fn every_wrong_row_is_named() {
    let header = "number\ttitle\tyear\teffective\taliases\tfield\treplaced_by\n";
    let rows = [
        "31/2024/QH15\tLuật Đất đai\t2024\t2024-08-01\t\tdat-dai\t",
        "31/2024/qh15\tHai lần\t2024\t\t\tdat-dai\t",
        "\tLuật Năm\thai nghìn\t\t\t\t",
        "1/2024/QH15\tLuật Ngày\t2024\t2024-02-30\t\tdat-dia\t",
        "",
        "2/2024/QH15\tLuật Thay\t2024\t\t\t\t9/2030/QH20",
        "3/2024/QH15\tLuật Mình\t2024\t\t\t\t4/2024/QH15",
        "4/2024/QH15\tLuật Vòng\t2024\t\t\t\t3/2024/QH15",
        "số lạ\t\t1066\t\t\t\t",
        "5/2024/QH15\tLuật\t2024\t\t\t\t\tthừa",
        "6/2024/QH15\tLuật \u{1}\t2024\t\t\t\t",
    ];
    let laws = format!("{header}{}\n", rows.join("\n"));
    // Rows whose columns cannot be read hide what other rows refer to.
    let found = errors("laws.tsv", |_| laws.clone().into_bytes());
    let rows: Vec<usize> = found.iter().map(|(_, row, _)| *row).collect();
    assert_eq!(rows, [3, 4, 5, 10, 10, 10, 11, 12], "{found:?}");
    let readable: Vec<&str> = laws
        .lines()
        .filter(|line| !line.contains("hai nghìn") && !line.contains("thừa"))
        .collect();
    let found = errors("laws.tsv", |_| readable.join("\n").into_bytes());
    let places: Vec<(usize, &str)> = found
        .iter()
        .map(|(_, row, column)| (*row, column.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            (3, "number"),
            (4, "effective"),
            (4, "field"),
            (6, "replaced_by"),
            (7, "replaced_by"),
            (8, "replaced_by"),
            (9, "title"),
            (9, "year"),
            (9, "number"),
            (10, "title"),
        ]
    );
}

/// What is done to the text of a file.
type Change = Box<dyn Fn(&str) -> Vec<u8>>;

#[test]
fn each_file_says_where_it_is_wrong() {
    let table: [(&str, Change, usize, &str); 9] = [
        (
            "taxonomy.json",
            Box::new(|text| text.replacen("\"dat-dai\"", "\"Đất đai\"", 1).into_bytes()),
            0,
            "fields.slug",
        ),
        (
            "taxonomy.json",
            Box::new(|text| text.replacen("\"label\"", "\"lable\"", 1).into_bytes()),
            6,
            "fields",
        ),
        (
            "taxonomy.json",
            Box::new(|text| {
                text.split_at(text.find("hints").unwrap_or_default())
                    .0
                    .into()
            }),
            0,
            "the whole file",
        ),
        (
            "taxonomy.json",
            Box::new(|text| {
                text.replacen("\"version\": 1", "\"version\": 7", 1)
                    .into_bytes()
            }),
            1,
            "version",
        ),
        (
            "laws.tsv",
            Box::new(|text| text.replacen("title", "tên", 1).into_bytes()),
            1,
            "header",
        ),
        (
            "laws.tsv",
            Box::new(|text| {
                format!("\u{feff}{text}")
                    .encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect()
            }),
            1,
            "encoding",
        ),
        (
            "synonyms.tsv",
            Box::new(|_| "# tên\nsổ đỏ\tgiấy\tslang\t\n".as_bytes().to_vec()),
            2,
            "kind",
        ),
        (
            "synonyms.tsv",
            Box::new(|_| b"so do\tgiay\tabbr\nh\xe0ng\tgi\xe1\tabbr\n".to_vec()),
            2,
            "encoding",
        ),
        (
            "stopwords.txt",
            Box::new(|_| "và\nlà\nVÀ\n".as_bytes().to_vec()),
            3,
            "word",
        ),
    ];
    for (file, change, row, column) in table {
        let found = errors(file, change);
        let (in_file, at, in_column) = &found[0];
        assert_eq!((*in_file, in_column.as_str()), (file, column), "{found:?}");
        assert!(row == 0 || *at == row, "{found:?}");
    }
}

#[test]
fn lines_of_the_taxonomy_are_counted_in_the_file() {
    let written = vocabulary::write(&starting()).taxonomy;
    let line = written
        .lines()
        .position(|line| line.contains("\"slug\": \"nong-dan\""))
        .expect("an audience")
        + 1;
    let found = errors("taxonomy.json", |text| {
        text.replacen("\"slug\": \"nong-dan\"", "\"slug\": \"nông\"", 1)
            .into_bytes()
    });
    // The entry begins on the line before its slug.
    assert_eq!(found, [(FILES[0], line - 1, "audiences.slug".to_owned())]);
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Zàáảãạăâđêôơưấềộ0-9&,.-]{1,8}( [a-zđêôơưýỳ]{1,7}){0,3}"
        .prop_filter("a word", |text| text.chars().any(char::is_alphanumeric))
}

prop_compose! {
    fn vocabularies()(
        terms in prop::collection::btree_set(words(), 0..8),
        titles in prop::collection::vec((words(), 1946_i32..2100, prop::collection::vec(words(), 0..3)), 0..8),
        notes in prop::collection::vec(prop::option::of(words()), 8),
    ) -> Vocabulary {
        let mut seen = std::collections::HashSet::new();
        Vocabulary {
            laws: titles.into_iter().enumerate().map(|(index, (title, year, aliases))| Law {
                number: Some(format!("{}/{year}/QH15", index + 1)),
                title,
                year,
                effective: (year % 2 == 0).then(|| format!("{year}-02-28")),
                aliases,
                field: None,
                replaced_by: None,
            }).collect(),
            synonyms: terms.iter().zip(notes).filter(|(term, _)| seen.insert(normalise(term, Level::Case))).map(|(term, note)| Synonym {
                term: term.clone(),
                legal: format!("{term}; pháp lý"),
                kind: "formal".to_owned(),
                note,
            }).collect(),
            ..Vocabulary::default()
        }
    }
}

proptest! {
    #[test]
    fn any_vocabulary_survives_its_files(vocabulary in vocabularies()) {
        prop_assert_eq!(read(&vocabulary::write(&vocabulary)), Ok(vocabulary));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\":,a-z\t\n0-9/#\\PC]{0,80}") {
        for content in [&bytes[..], text.as_bytes()] {
            let files = Files { taxonomy: content, laws: content, synonyms: content, stopwords: content };
            prop_assert!(vocabulary::read(&files).is_err());
        }
    }
}
