//! The form that an entry is written with: what was typed, and what it means.

use chrono::{NaiveDate, NaiveTime};
use unicode_normalization::UnicodeNormalization as _;

use crate::body;
use crate::store::Words;
use crate::store::entries::{BodyFormat, Content, Entry};
use crate::store::kinds::Kind;

const LONGEST_TITLE: usize = 300;
const LONGEST_SUMMARY: usize = 1000;
const LONGEST_WORD: usize = 200;
const MOST_WORDS: usize = 50;

/// A time as forms write it.
const TIME: &str = "%H:%M";

/// The values as typed, so that nothing is lost when they are not right.
#[derive(Debug, Clone, Default)]
pub(super) struct EntryForm {
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) summary: String,
    pub(super) format: String,
    pub(super) body: String,
    pub(super) field: String,
    pub(super) audiences: Vec<String>,
    /// One instrument a line.
    pub(super) basis: String,
    /// Separated by commas.
    pub(super) tags: String,
    pub(super) question: String,
    pub(super) document_number: String,
    pub(super) document_type: String,
    pub(super) document_issuer: String,
    pub(super) document_issued: String,
    pub(super) document_effective: String,
    pub(super) event_day: String,
    pub(super) event_time: String,
    pub(super) event_place: String,
    /// The version that the editor saw.
    pub(super) version: i64,
    pub(super) token: String,
    /// The button: `publish` or anything else, which saves.
    pub(super) action: String,
}

/// What is wrong with a value, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldProblem {
    pub(super) field: &'static str,
    pub(super) message: &'static str,
}

impl EntryForm {
    pub(super) fn empty() -> Self {
        Self {
            kind: Kind::default().as_str().to_owned(),
            format: BodyFormat::default().as_str().to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn of(entry: &Entry) -> Self {
        let content = &entry.content;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let date = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Self {
            title: content.title.clone(),
            kind: content.kind.as_str().to_owned(),
            summary: content.summary.clone(),
            format: content.body_format.as_str().to_owned(),
            body: content.body_source.clone(),
            field: text(&content.field),
            audiences: content.audiences.0.clone(),
            basis: content.basis.0.join("\n"),
            tags: content.tags.0.join(", "),
            question: text(&content.question),
            document_number: text(&content.document_number),
            document_type: text(&content.document_type),
            document_issuer: text(&content.document_issuer),
            document_issued: date(content.document_issued),
            document_effective: date(content.document_effective),
            event_day: date(content.event_day),
            event_time: content
                .event_time
                .map(|time| time.format(TIME).to_string())
                .unwrap_or_default(),
            event_place: text(&content.event_place),
            version: entry.version,
            token: String::new(),
            action: String::new(),
        }
    }

    /// From a submitted form. A list, because a ticked box comes once for each tick.
    pub(super) fn read(pairs: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "title" => form.title = value,
                "kind" => form.kind = value,
                "summary" => form.summary = value,
                "format" => form.format = value,
                "body" => form.body = value,
                "field" => form.field = value,
                "audience" => form.audiences.push(value),
                "basis" => form.basis = value,
                "tags" => form.tags = value,
                "question" => form.question = value,
                "document_number" => form.document_number = value,
                "document_type" => form.document_type = value,
                "document_issuer" => form.document_issuer = value,
                "document_issued" => form.document_issued = value,
                "document_effective" => form.document_effective = value,
                "event_day" => form.event_day = value,
                "event_time" => form.event_time = value,
                "event_place" => form.event_place = value,
                "version" => form.version = value.parse().unwrap_or_default(),
                "token" => form.token = value,
                "action" => form.action = value,
                _ => {}
            }
        }
        form
    }

    pub(super) fn publishes(&self) -> bool {
        self.action == "publish"
    }

    pub(super) fn has_audience(&self, slug: &str) -> bool {
        self.audiences.iter().any(|audience| audience == slug)
    }

    pub(super) fn has_document(&self) -> bool {
        [
            &self.document_number,
            &self.document_type,
            &self.document_issuer,
            &self.document_issued,
            &self.document_effective,
        ]
        .into_iter()
        .any(|value| !value.is_empty())
    }

    pub(super) fn has_event(&self) -> bool {
        [&self.event_day, &self.event_time, &self.event_place]
            .into_iter()
            .any(|value| !value.is_empty())
    }

    /// The content that was meant, or all that is wrong with it.
    pub(super) fn check(&self) -> Result<Content, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        let mut complain = |field, message| problems.push(FieldProblem { field, message });
        let title = body::one_line(&self.title);
        if title.is_empty() {
            complain("title", "Hãy viết tiêu đề.");
        } else if title.chars().count() > LONGEST_TITLE {
            complain("title", "Tiêu đề dài quá 300 chữ cái. Hãy rút gọn lại.");
        }
        let summary = body::one_line(&self.summary);
        if summary.chars().count() > LONGEST_SUMMARY {
            complain("summary", "Tóm tắt dài quá 1.000 chữ cái. Hãy rút gọn lại.");
        }
        let kind = self.kind.parse().unwrap_or_else(|_| {
            complain("kind", "Hãy chọn một loại bài trong danh sách.");
            Kind::default()
        });
        let format = self.format.parse().unwrap_or_else(|_| {
            complain("format", "Hãy chọn cách viết nội dung.");
            BodyFormat::default()
        });
        let source: String = self.body.replace("\r\n", "\n").nfc().collect();
        let html = body::render(format, &source);
        if html.trim().is_empty() {
            complain("body", "Hãy viết nội dung bài.");
        }
        let basis = words(&self.basis, '\n');
        if too_many(&basis) {
            complain(
                "basis",
                "Ghi mỗi văn bản một dòng, nhiều nhất 50 dòng ngắn.",
            );
        }
        let tags = words(&self.tags, ',');
        if too_many(&tags) {
            complain(
                "tags",
                "Ghi nhiều nhất 50 từ khóa ngắn, cách nhau bằng dấu phẩy.",
            );
        }
        let date = "Ngày không đúng. Ví dụ đúng: 2026-06-25.";
        let issued = day(&self.document_issued).unwrap_or_else(|()| {
            complain("document_issued", date);
            None
        });
        let effective = day(&self.document_effective).unwrap_or_else(|()| {
            complain("document_effective", date);
            None
        });
        let event_day = day(&self.event_day).unwrap_or_else(|()| {
            complain("event_day", date);
            None
        });
        let event_time = time(&self.event_time).unwrap_or_else(|()| {
            complain("event_time", "Giờ không đúng. Ví dụ đúng: 08:00.");
            None
        });
        if event_time.is_some() && self.event_day.trim().is_empty() {
            complain("event_day", "Hãy ghi ngày diễn ra cùng với giờ.");
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Content {
            kind,
            title,
            summary,
            body_format: format,
            body_source: source,
            body_html: html,
            field: optional(&self.field),
            audiences: Words(
                self.audiences
                    .iter()
                    .filter_map(|slug| optional(slug))
                    .collect(),
            ),
            basis: Words(basis),
            tags: Words(tags),
            question: optional(&self.question),
            document_number: optional(&self.document_number),
            document_type: optional(&self.document_type),
            document_issuer: optional(&self.document_issuer),
            document_issued: issued,
            document_effective: effective,
            event_day,
            event_time,
            event_place: optional(&self.event_place),
        })
    }
}

fn words(text: &str, separator: char) -> Vec<String> {
    text.split(separator)
        .map(body::one_line)
        .filter(|word| !word.is_empty())
        .collect()
}

fn too_many(words: &[String]) -> bool {
    words.len() > MOST_WORDS || words.iter().any(|word| word.chars().count() > LONGEST_WORD)
}

fn optional(text: &str) -> Option<String> {
    let line = body::one_line(text);
    (!line.is_empty()).then_some(line)
}

fn time(text: &str) -> Result<Option<NaiveTime>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // Some browsers send seconds.
    let written = [TIME, "%H:%M:%S"].into_iter();
    let mut read = written.filter_map(|form| NaiveTime::parse_from_str(text, form).ok());
    read.next().map(Some).ok_or(())
}

fn day(text: &str) -> Result<Option<NaiveDate>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    ["%Y-%m-%d", "%d/%m/%Y"]
        .into_iter()
        .find_map(|format| NaiveDate::parse_from_str(text, format).ok())
        .map(Some)
        .ok_or(())
}
