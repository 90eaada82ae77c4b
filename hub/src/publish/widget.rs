//! What a widget shows: one content for the element's data, the frame and the fragment.

mod words;

use chrono::NaiveDate;
use hub_repository::entries::Entry;
use hub_repository::widgets::{Language, Theme, View};
use rand::RngExt as _;
use serde::Serialize;
use url::Url;

pub use self::words::{Words, kind_name, words};
use self::words::{date, date_with_weekday};

use super::event::Occasion;
use super::feed::absolute;
use super::view::{entry_language, legal_module, local_day};
use super::{Card, Snapshot};
use crate::ingest::visible_text;

/// Characters of a summary and of the beginning of an answer.
const MAX_SUMMARY: usize = 280;
const MAX_ANSWER: usize = 500;

/// Characters of what stands for a title where there is none.
const MAX_TITLE: usize = 120;

/// Letters of an id: none that is taken for another, and enough of them that nobody guesses one.
const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
const ID_LENGTH: usize = 12;

/// What pages may name a new widget by.
pub fn new_widget_id() -> String {
    let mut random = rand::rng();
    let letters = (0..ID_LENGTH).filter_map(|_| LETTERS.get(random.random_range(0..LETTERS.len())));
    letters.map(|letter| char::from(*letter)).collect()
}

/// What a widget shows. Text is text, never markup.
#[derive(Debug, Serialize)]
pub struct WidgetContent {
    pub view: View,
    pub language: Language,
    pub theme: Theme,
    /// What the widget is called.
    pub title: String,
    /// What the portal is called.
    pub site: String,
    pub home_url: String,
    /// Where more of the same is.
    pub more_url: String,
    pub search: SearchForm,
    pub words: &'static Words,
    /// Something to say above the entries; mostly empty.
    pub note: &'static str,
    pub entries: Vec<WidgetEntry>,
}

/// How the portal's search is asked.
#[derive(Debug, Default, Serialize)]
pub struct SearchForm {
    pub url: String,
    /// Names and values that go with what is typed.
    pub fields: Vec<(&'static str, String)>,
}

/// One entry in a widget.
#[derive(Debug, Serialize)]
pub struct WidgetEntry {
    pub title: String,
    pub url: String,
    pub agency: String,
    pub kind: &'static str,
    /// RFC 3339.
    pub published_at: String,
    /// For people, in Vietnam's time.
    pub date: String,
    pub summary: String,
    /// BCP 47, of title, summary, question and answer.
    pub language: String,
    /// What was asked, where the title does not say it.
    pub question: String,
    /// The beginning of the answer.
    pub answer: String,
    /// The day of an event, `2026-11-23`; empty for other kinds.
    pub day: String,
    /// The same for people.
    pub day_label: String,
    /// When the event begins, `08:30`, and where it is; empty where that is not said.
    pub time: String,
    pub place: String,
}

/// Entries of one day.
#[derive(Debug)]
pub struct WidgetDay<'a> {
    pub day: &'a str,
    pub label: &'a str,
    pub entries: Vec<&'a WidgetEntry>,
}

impl WidgetContent {
    /// The entries by their days, in their order.
    pub fn days(&self) -> Vec<WidgetDay<'_>> {
        let days = self.entries.chunk_by(|one, other| one.day == other.day);
        days.map(|entries| WidgetDay {
            day: &entries[0].day,
            label: &entries[0].day_label,
            entries: entries.iter().collect(),
        })
        .collect()
    }
}

impl WidgetDay<'_> {
    /// `23`.
    pub fn number(&self) -> &str {
        self.day.rsplit('-').next().unwrap_or_default()
    }

    /// `11`.
    pub fn month(&self) -> &str {
        self.day.split('-').nth(1).unwrap_or_default()
    }
}

impl WidgetEntry {
    /// An entry as a widget of `view` shows it.
    pub fn new(
        entry: &Entry,
        view: View,
        language: Language,
        public_url: &Url,
        snapshot: &Snapshot,
    ) -> Self {
        let card = Card::new(entry, snapshot);
        let summary = cut(&card.summary, MAX_SUMMARY);
        let (question, answer) = match view {
            View::Qa => asked_and_answered(entry),
            _ => Default::default(),
        };
        let occasion = (view == View::Calendar)
            .then(|| Occasion::of(entry))
            .flatten();
        let day = occasion.as_ref().map(|occasion| occasion.first);
        Self {
            title: title(&card.title, &summary, language),
            url: absolute(public_url, &card.path),
            agency: card.agency,
            kind: kind_name(entry.kind, language),
            published_at: card.datetime,
            date: date(local_day(entry.listed_at.to_utc()), language),
            summary,
            language: entry_language(entry.language.as_deref()),
            question,
            answer,
            day: day.map(|day| day.to_string()).unwrap_or_default(),
            day_label: day
                .map(|day| date_with_weekday(day, language))
                .unwrap_or_default(),
            time: occasion
                .as_ref()
                .map(|it| it.time.clone())
                .unwrap_or_default(),
            place: occasion.map(|it| it.place).unwrap_or_default(),
        }
    }
}

/// Events that `today` is not behind, the next first; where there are none, past ones, the last first. True for the latter.
/// What does not say when it is, is none.
pub fn upcoming(entries: Vec<Entry>, today: NaiveDate, most: usize) -> (Vec<Entry>, bool) {
    let dated = entries.into_iter().filter_map(|entry| {
        let Occasion { first, last, .. } = Occasion::of(&entry)?;
        Some((first, last, entry))
    });
    let mut dated: Vec<_> = dated.collect();
    dated.sort_by_key(|(first, _, entry)| (*first, entry.id));
    let is_past = !dated.is_empty() && dated.iter().all(|(_, last, _)| *last < today);
    if is_past {
        dated.reverse();
    } else {
        dated.retain(|(_, last, _)| *last >= today);
    }
    let entries = dated.into_iter().map(|(.., entry)| entry).take(most);
    (entries.collect(), is_past)
}

/// A title that people can press: something stands for an empty one.
fn title(title: &str, summary: &str, language: Language) -> String {
    let title = title.trim();
    if !title.is_empty() {
        return title.to_owned();
    }
    match cut(summary, MAX_TITLE) {
        instead if instead.is_empty() => words(language).untitled.to_owned(),
        instead => instead,
    }
}

/// What was asked, unless the title says it, and the beginning of the answer.
fn asked_and_answered(entry: &Entry) -> (String, String) {
    let told = legal_module(entry).question.unwrap_or_default();
    let body = visible_text(&entry.body_html);
    let (asked, answer) = parted(&body, told.trim());
    let question = if told.trim().is_empty() {
        asked
    } else {
        told.trim()
    };
    let question = if question == entry.title.trim() {
        ""
    } else {
        question
    };
    let answer = if answer.is_empty() {
        &entry.summary
    } else {
        answer
    };
    (cut(question, MAX_ANSWER), cut(answer, MAX_ANSWER))
}

/// A text's question and answer, where it says which is which or repeats a known question; or else all is answer.
fn parted<'t>(text: &'t str, question: &str) -> (&'t str, &'t str) {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("Hỏi:")
        && let Some((asked, answer)) = rest.split_once("Trả lời:")
    {
        return (asked.trim(), answer.trim());
    }
    let answer = text.strip_prefix(question).unwrap_or(text).trim_start();
    let answer = answer.strip_prefix("Trả lời:").unwrap_or(answer);
    ("", answer.trim())
}

/// The beginning of a text, cut between words where it is longer.
fn cut(text: &str, most: usize) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let start = &text[..end];
    let words = start.rfind(char::is_whitespace).filter(|at| *at > end / 2);
    let start = words.map_or(start, |at| &start[..at]);
    format!("{}…", start.trim_end_matches([' ', ',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_ends_between_words() {
        for (text, most, short) in [
            (" đất đai ", 20, "đất đai"),
            ("thủ tục cấp sổ đỏ", 9, "thủ tục…"),
            ("ệệệệệệệệ", 4, "ệệệệ…"),
            ("một, hai", 5, "một…"),
            ("", 4, ""),
        ] {
            assert_eq!(cut(text, most), short);
        }
    }

    #[test]
    fn a_question_is_parted_from_its_answer() {
        for (text, question, asked, answer) in [
            (
                "Hỏi: Có được không? Trả lời: Có.",
                "",
                "Có được không?",
                "Có.",
            ),
            ("Có được không? Trả lời: Có.", "Có được không?", "", "Có."),
            ("Có được không? Có.", "Có được không?", "", "Có."),
            ("Có. Trả lời: có.", "", "", "Có. Trả lời: có."),
            ("Hỏi: Có được không?", "", "", "Hỏi: Có được không?"),
            ("", "Có?", "", ""),
        ] {
            assert_eq!(parted(text, question), (asked, answer), "{text}");
        }
    }

    #[test]
    fn there_is_always_a_title() {
        for (given, summary, shown) in [
            ("Luật", "x", "Luật"),
            (" ", "Tóm tắt", "Tóm tắt"),
            ("", "", "(không có tiêu đề)"),
        ] {
            assert_eq!(title(given, summary, Language::Vietnamese), shown);
        }
    }
}
