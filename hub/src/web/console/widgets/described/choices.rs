//! What there is to choose from for a widget.

use hub_repository::entries::Kind;
use hub_repository::widgets::{Language, Theme, View};

use super::{Described, lists};
use crate::app::App;
use crate::publish::kind_label;

/// One of several.
#[derive(Debug, Clone)]
pub(in super::super) struct Choice {
    pub(in super::super) word: String,
    pub(in super::super) label: String,
    pub(in super::super) is_chosen: bool,
}

/// Several to choose from.
#[derive(Debug)]
pub(in super::super) struct Group {
    /// The parameter, as the frame's address has it.
    pub(in super::super) name: &'static str,
    pub(in super::super) label: &'static str,
    pub(in super::super) choices: Vec<Choice>,
}

impl Group {
    /// How many are chosen, in words.
    pub(in super::super) fn chosen(&self) -> String {
        let chosen = self.choices.iter().filter(|choice| choice.is_chosen);
        match chosen.count() {
            0 => "tất cả".to_owned(),
            some => format!("đã chọn {some}"),
        }
    }
}

/// What there is to choose from.
#[derive(Debug)]
pub(in super::super) struct Choices {
    pub(in super::super) views: Vec<Choice>,
    pub(in super::super) languages: Vec<Choice>,
    pub(in super::super) themes: Vec<Choice>,
    pub(in super::super) groups: Vec<Group>,
}

impl Choices {
    pub(in super::super) fn of(app: &App, described: &Described) -> Self {
        let reader = app.harvester.reader.get();
        let vocabulary = reader.vocabulary();
        let choice = |word: &str, label: &str| Choice {
            word: word.to_owned(),
            label: label.to_owned(),
            is_chosen: false,
        };
        let snapshot = app.snapshot();
        let agencies = snapshot.agencies().iter();
        let situations = vocabulary.situations.iter().flat_map(|group| &group.items);
        let fields = vocabulary.fields.iter();
        let audiences = vocabulary.audiences.iter();
        let group = |name, label, choices| Group {
            name,
            label,
            choices,
        };
        let mut all = Self {
            views: View::ALL
                .iter()
                .map(|view| choice(view.as_str(), view_label(*view)))
                .collect(),
            languages: Language::ALL
                .iter()
                .map(|one| choice(one.as_str(), language_label(*one)))
                .collect(),
            themes: Theme::ALL
                .iter()
                .map(|one| choice(one.as_str(), theme_label(*one)))
                .collect(),
            groups: vec![
                group(
                    "agency",
                    "Đơn vị",
                    agencies.map(|it| choice(&it.slug, &it.name)).collect(),
                ),
                group(
                    "kind",
                    "Loại bài",
                    Kind::ALL
                        .iter()
                        .map(|kind| choice(kind.as_str(), kind_label(*kind)))
                        .collect(),
                ),
                group(
                    "field",
                    "Lĩnh vực",
                    fields.map(|it| choice(&it.slug, &it.label)).collect(),
                ),
                group(
                    "audience",
                    "Đối tượng",
                    audiences.map(|it| choice(&it.slug, &it.label)).collect(),
                ),
                group(
                    "situation",
                    "Tình huống",
                    situations.map(|it| choice(&it.slug, &it.label)).collect(),
                ),
            ],
        };
        all.choose(described);
        all
    }

    /// Marks what is chosen.
    pub(in super::super) fn choose(&mut self, described: &Described) {
        let single = [
            (&mut self.views, described.view.as_str()),
            (&mut self.languages, described.language.as_str()),
            (&mut self.themes, described.theme.as_str()),
        ];
        for (choices, chosen) in single {
            for choice in choices {
                choice.is_chosen = choice.word == chosen;
            }
        }
        for (group, (_, values)) in self.groups.iter_mut().zip(lists(&described.filters)) {
            for choice in &mut group.choices {
                choice.is_chosen = values.contains(&choice.word);
            }
        }
    }
}

pub(in super::super) fn view_label(view: View) -> &'static str {
    match view {
        View::List => "Danh sách",
        View::Cards => "Thẻ có tóm tắt",
        View::Ticker => "Từng tin một",
        View::Qa => "Hỏi đáp",
        View::Search => "Ô tìm kiếm",
        View::Calendar => "Lịch sự kiện",
        View::Entry => "Một bài",
    }
}

pub(super) fn language_label(language: Language) -> &'static str {
    match language {
        Language::Vietnamese => "Tiếng Việt",
        Language::English => "Tiếng Anh",
    }
}

pub(super) fn theme_label(theme: Theme) -> &'static str {
    match theme {
        Theme::Auto => "Theo trang",
        Theme::Light => "Chữ tối trên nền sáng",
        Theme::Dark => "Chữ sáng trên nền tối",
    }
}
