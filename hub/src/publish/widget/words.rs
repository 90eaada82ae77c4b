//! What a widget says itself, in its two languages.

use chrono::{Datelike as _, NaiveDate};
use hub_repository::entries::Kind;
use hub_repository::widgets::Language;
use serde::Serialize;

use super::super::view::kind_label;

/// The words of a language.
#[derive(Debug, Serialize)]
pub struct Words {
    /// Leads to more of the same.
    pub all: &'static str,
    /// There is no entry.
    pub empty: &'static str,
    /// Leads from the beginning of an answer to the whole.
    pub answer: &'static str,
    /// Leads to the entry itself.
    pub read: &'static str,
    /// The label of the search box.
    pub search: &'static str,
    /// An example of what can be searched for.
    pub example: &'static str,
    /// What the search button says.
    pub find: &'static str,
    /// There is no event ahead, so those of the past are shown.
    pub past: &'static str,
    /// Stands for a title where there is none.
    pub untitled: &'static str,
}

static VIETNAMESE: Words = Words {
    all: "Xem tất cả",
    empty: "Chưa có tin nào.",
    answer: "Xem câu trả lời đầy đủ",
    read: "Đọc tiếp",
    search: "Tìm trong pháp luật của tỉnh",
    example: "ví dụ: thủ tục cấp sổ đỏ",
    find: "Tìm",
    past: "Chưa có sự kiện sắp tới. Các sự kiện gần đây:",
    untitled: "(không có tiêu đề)",
};

static ENGLISH: Words = Words {
    all: "See all",
    empty: "Nothing published yet.",
    answer: "Read the full answer",
    read: "Read more",
    search: "Search the province’s legal information",
    example: "for example: thủ tục cấp sổ đỏ",
    find: "Search",
    past: "No upcoming events. Recent ones:",
    untitled: "(untitled)",
};

/// The words of `language`.
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::Vietnamese => &VIETNAMESE,
        Language::English => &ENGLISH,
    }
}

/// What people call a kind of entry.
pub fn kind_name(kind: Kind, language: Language) -> &'static str {
    match (language, kind) {
        (Language::Vietnamese, _) => kind_label(kind),
        (Language::English, Kind::News) => "News",
        (Language::English, Kind::Qa) => "Q&A",
        (Language::English, Kind::Situation) => "Situation",
        (Language::English, Kind::Document) => "Legal document",
        (Language::English, Kind::Publication) => "Publication",
        (Language::English, Kind::Multimedia) => "Multimedia",
        (Language::English, Kind::Event) => "Event",
    }
}

/// `23/11/2026` or `23 November 2026`.
pub(super) fn date(day: NaiveDate, language: Language) -> String {
    match language {
        Language::Vietnamese => day.format("%d/%m/%Y").to_string(),
        Language::English => day.format("%-d %B %Y").to_string(),
    }
}

/// `Thứ Hai, 23/11/2026` or `Monday, 23 November 2026`.
pub(super) fn date_with_weekday(day: NaiveDate, language: Language) -> String {
    const DAYS: [&str; 7] = [
        "Thứ Hai",
        "Thứ Ba",
        "Thứ Tư",
        "Thứ Năm",
        "Thứ Sáu",
        "Thứ Bảy",
        "Chủ Nhật",
    ];
    let number = day.weekday().num_days_from_monday();
    let weekday = match language {
        Language::Vietnamese => usize::try_from(number)
            .ok()
            .and_then(|number| DAYS.get(number).copied())
            .unwrap_or_default()
            .to_owned(),
        Language::English => day.format("%A").to_string(),
    };
    format!("{weekday}, {}", date(day, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_their_readers_do() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 8).unwrap();
        assert_eq!(
            date_with_weekday(day, Language::Vietnamese),
            "Chủ Nhật, 08/11/2026"
        );
        assert_eq!(
            date_with_weekday(day, Language::English),
            "Sunday, 8 November 2026"
        );
    }
}
