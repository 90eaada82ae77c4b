//! What a widget is to be, as a form says it.

mod choices;

pub(super) use choices::{Choices, view_label};

use hub_repository::agencies::Agency;
use hub_repository::entries::Kind;
use hub_repository::widgets::{
    Filters, Language, MAX_ENTRIES, MAX_TITLE, MAX_VALUES, NewWidget, Theme, View, Widget,
};
use hub_repository::{AgencyId, EntryId, Json, Timestamp};
use serde::Serialize;
use url::form_urlencoded;

use self::choices::{language_label, theme_label};
use super::super::super::extract::Parameters;
use crate::app::App;
use crate::publish::{Snapshot, site_origin};

const USUAL_ENTRIES: i32 = 6;

/// What a form may hold: more than this is cut off before it is looked at.
const MOST_FIELDS: usize = 99;

/// What a widget is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Described {
    pub(super) title: String,
    pub(super) view: View,
    pub(super) filters: Filters,
    pub(super) entry: Option<EntryId>,
    pub(super) entries: i32,
    pub(super) language: Language,
    pub(super) theme: Theme,
    pub(super) origins: Vec<String>,
    /// As they were typed, where that is not right.
    #[serde(skip)]
    pub(super) typed_origins: Option<String>,
}

/// Something that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) property: &'static str,
    /// What was expected.
    pub(super) said: String,
}

impl Described {
    /// To begin with: what the agency has published last.
    pub(super) fn new(agency: &Agency) -> Self {
        Self {
            title: String::new(),
            view: View::List,
            filters: Filters {
                agency: vec![agency.slug.clone()],
                ..Filters::default()
            },
            entry: None,
            entries: USUAL_ENTRIES,
            language: Language::Vietnamese,
            theme: Theme::Auto,
            origins: Vec::new(),
            typed_origins: None,
        }
    }

    /// As it is stored.
    pub(super) fn of(widget: &Widget) -> Self {
        Self {
            title: widget.title.clone(),
            view: widget.view,
            filters: widget.filters.0.clone(),
            entry: widget.entry_id,
            entries: widget.entries,
            language: widget.language,
            theme: widget.theme,
            origins: widget.allowed_origins.0.clone(),
            typed_origins: None,
        }
    }

    /// As a form says, with what is not right.
    pub(super) fn read(app: &App, snapshot: &Snapshot, form: &Parameters) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut fault = |property, said: &str| {
            faults.push(Fault {
                property,
                said: said.to_owned(),
            });
        };
        let title = form.text("title").to_owned();
        if title.chars().count() > MAX_TITLE || title.contains('\0') {
            fault("title", "Tên dài nhất 200 ký tự.");
        }
        let view = form.value("view").and_then(View::parse);
        let view = view.unwrap_or(View::List);
        let entries = form.value("limit").map_or(Ok(USUAL_ENTRIES), str::parse);
        let entries = entries
            .ok()
            .filter(|entries| (1..=MAX_ENTRIES).contains(entries));
        if entries.is_none() {
            fault("limit", "Hãy nhập số bài từ 1 đến 50.");
        }
        // People paste an entry's address more often than its number.
        let given = form.text("entry");
        let entry = given
            .split('/')
            .find_map(|part| part.parse().ok())
            .map(EntryId);
        if view == View::Entry && entry.is_none() {
            fault(
                "entry",
                "Kiểu “một bài” cần số hoặc địa chỉ của bài trên cổng.",
            );
        }
        let typed = form.value("origins").unwrap_or_default();
        let lines = typed.split([',', '\n', ' ']).map(str::trim);
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let origins: Vec<String> = lines.iter().filter_map(|line| site_origin(line)).collect();
        let wrong = lines.iter().find(|line| site_origin(line).is_none());
        if let Some(wrong) = wrong {
            let said = format!(
                "“{wrong}” không phải là trang; cần dạng https://stp.example.vn hoặc https://*.example.vn, không kèm đường dẫn."
            );
            fault("origins", &said);
        } else if origins.len() > MAX_VALUES {
            fault("origins", "Nhiều nhất 20 trang.");
        }
        let filters = filters(app, snapshot, form);
        let lists = [
            &filters.agency,
            &filters.kind,
            &filters.field,
            &filters.audience,
            &filters.situation,
        ];
        let too_many = lists.iter().any(|values| values.len() > MAX_VALUES);
        if too_many || form.pairs().len() > MOST_FIELDS {
            fault("filters", "Nhiều nhất 20 lựa chọn ở mỗi mục.");
        }
        let described = Self {
            title,
            view,
            filters,
            entry: entry.filter(|_| view == View::Entry),
            entries: entries.unwrap_or(USUAL_ENTRIES),
            language: form
                .value("lang")
                .and_then(Language::parse)
                .unwrap_or(Language::Vietnamese),
            theme: form
                .value("theme")
                .and_then(Theme::parse)
                .unwrap_or(Theme::Auto),
            origins,
            typed_origins: wrong.is_some().then(|| typed.to_owned()),
        };
        (described, faults)
    }

    /// As it is stored under that id.
    pub(super) fn widget<'a>(
        &'a self,
        id: &'a str,
        agency: AgencyId,
        created_at: Timestamp,
    ) -> NewWidget<'a> {
        NewWidget {
            id,
            agency_id: agency,
            title: &self.title,
            view: self.view,
            filters: Json(self.filters.clone()),
            entry_id: self.entry,
            entries: self.entries,
            language: self.language,
            theme: self.theme,
            allowed_origins: Json(self.origins.clone()),
            created_at,
        }
    }

    /// Names what it is: another says something else.
    pub(super) fn version(&self) -> String {
        // It has no map whose keys are no text, so it can be written.
        let written = serde_json::to_string(self).unwrap_or_default();
        credentials::derive("widget", &written)[..16].to_owned()
    }

    /// What people know it by.
    pub(super) fn name(&self) -> String {
        match &*self.title {
            "" => format!("Tiện ích {}", view_label(self.view).to_lowercase()),
            title => title.to_owned(),
        }
    }

    /// How it shows what, in a line.
    pub(super) fn about(&self) -> String {
        let sites = match self.origins.len() {
            0 => "mọi trang".to_owned(),
            some => format!("{some} trang được phép"),
        };
        format!("{}, {} bài, {sites}", view_label(self.view), self.entries)
    }

    /// The sites, one a line.
    pub(super) fn origins_text(&self) -> String {
        match &self.typed_origins {
            Some(typed) => typed.clone(),
            None => self.origins.join("\n"),
        }
    }

    /// The entry, as the form has it.
    pub(super) fn entry_text(&self) -> String {
        self.entry
            .map_or_else(String::new, |entry| entry.to_string())
    }

    /// The address of a frame that shows the same on every site.
    pub(super) fn frame(&self) -> String {
        let mut address = form_urlencoded::Serializer::new(String::new());
        let entries = self.entries.to_string();
        let entry = self.entry_text();
        let single = [
            ("view", self.view.as_str()),
            ("limit", &entries),
            ("lang", self.language.as_str()),
            ("theme", self.theme.as_str()),
            ("entry", &entry),
        ];
        address.extend_pairs(single.iter().filter(|(_, value)| !value.is_empty()));
        for (name, values) in lists(&self.filters) {
            if !values.is_empty() {
                address.append_pair(name, &values.join(","));
            }
        }
        format!("/embed?{}", address.finish())
    }

    /// What stands otherwise in `other`: the property, this one's, the other's.
    pub(super) fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let all = |one: &Self| {
            let [agency, kind, field, audience, situation] =
                lists(&one.filters).map(|(_, values)| values.join(", "));
            [
                ("Tên", one.title.clone()),
                ("Kiểu hiển thị", view_label(one.view).to_owned()),
                ("Số bài", one.entries.to_string()),
                ("Bài", one.entry_text()),
                ("Ngôn ngữ", language_label(one.language).to_owned()),
                ("Màu", theme_label(one.theme).to_owned()),
                ("Đơn vị", agency),
                ("Loại bài", kind),
                ("Lĩnh vực", field),
                ("Đối tượng", audience),
                ("Tình huống", situation),
                ("Trang được phép", one.origins.join(", ")),
            ]
        };
        let pairs = all(self).into_iter().zip(all(other));
        let differing = pairs.filter(|((_, own), (_, others))| own != others);
        differing
            .map(|((name, own), (_, others))| (name, own, others))
            .collect()
    }
}

/// The values that a form names and that are there.
fn filters(app: &App, snapshot: &Snapshot, form: &Parameters) -> Filters {
    let reader = app.harvester.reader.get();
    let vocabulary = reader.vocabulary();
    let named = |name: &str, is_known: &dyn Fn(&str) -> bool| {
        let of_name = form.pairs().iter().filter(|(given, _)| given == name);
        let values = of_name.map(|(_, value)| value.clone());
        let mut known: Vec<String> = values.filter(|value| is_known(value)).collect();
        known.sort();
        known.dedup();
        known
    };
    let mut situations = vocabulary.situations.iter().flat_map(|group| &group.items);
    let situations: Vec<&str> = situations.by_ref().map(|it| it.slug.as_str()).collect();
    Filters {
        agency: named("agency", &|slug| snapshot.agency_by_slug(slug).is_some()),
        kind: named("kind", &|kind| Kind::parse(kind).is_some()),
        field: named("field", &|slug| {
            vocabulary.fields.iter().any(|it| it.slug == slug)
        }),
        audience: named("audience", &|slug| {
            vocabulary.audiences.iter().any(|it| it.slug == slug)
        }),
        situation: named("situation", &|slug| situations.contains(&slug)),
    }
}

/// The lists of what a widget is narrowed to, as its address names them.
fn lists(filters: &Filters) -> [(&'static str, &Vec<String>); 5] {
    [
        ("agency", &filters.agency),
        ("kind", &filters.kind),
        ("field", &filters.field),
        ("audience", &filters.audience),
        ("situation", &filters.situation),
    ]
}
