//! What a widget is asked to show: by the parameters of its address, or by a configuration that they name.

use std::fmt::Write as _;

use hub_repository::entries::{self, Entry, Kind};
use hub_repository::widgets::{self, Language, MAX_ENTRIES, MAX_VALUES, Theme, View, Widget};
use hub_repository::{DbConn, EntryId, Scope};
use url::form_urlencoded;

use super::super::error::Error;
use super::super::extract::Parameters;
use super::super::portal::search::{Names, expected, known};
use super::super::published::published;
use crate::app::App;
use crate::publish::{
    Part, SearchForm, Shows, Snapshot, WidgetContent, WidgetEntry, absolute, kind_name, today,
    upcoming, widget_words,
};
use crate::search::{Facet, Filters, Query, Sort};

const DEFAULT_ENTRIES: usize = 6;

/// Events that are looked through for those ahead.
const EVENTS: usize = 200;

/// The parameters that narrow a widget, each with its name in the portal's search.
const FACETS: [(Facet, &str, &str); 5] = [
    (Facet::Agency, "agency", "don-vi"),
    (Facet::Kind, "kind", "loai"),
    (Facet::Field, "field", "linh-vuc"),
    (Facet::Audience, "audience", "doi-tuong"),
    (Facet::Situation, "situation", "tinh-huong"),
];

/// What a widget is asked to show.
#[derive(Debug)]
pub(in crate::web) struct Asked {
    /// The configuration that was named.
    pub(in crate::web) widget: Option<Widget>,
    pub(in crate::web) view: View,
    pub(in crate::web) language: Language,
    theme: Theme,
    limit: usize,
    /// Values of [`FACETS`], in its order.
    chosen: Vec<(Facet, Vec<String>)>,
    entry: Option<EntryId>,
}

impl Asked {
    pub(in crate::web) fn read(
        parameters: &Parameters,
        app: &App,
        snapshot: &Snapshot,
    ) -> Result<Self, Error> {
        let mut asked = match parameters.value("widget") {
            Some(id) => {
                let widget = snapshot.widget(id).ok_or(Error::NotFound("widget"))?;
                Self::configured(widget.clone())
            }
            None => Self::described(parameters, app, snapshot)?,
        };
        // A page may show the same widget in another language or other colours.
        if parameters.value("lang").is_some() {
            asked.language = choice(parameters, "lang", Language::ALL, Language::as_str)?;
        }
        if parameters.value("theme").is_some() {
            asked.theme = choice(parameters, "theme", Theme::ALL, Theme::as_str)?;
        }
        Ok(asked)
    }

    /// One entry.
    pub(in crate::web) fn one(entry: EntryId) -> Self {
        Self {
            widget: None,
            view: View::Entry,
            language: Language::Vietnamese,
            theme: Theme::Auto,
            limit: 1,
            chosen: Vec::new(),
            entry: Some(entry),
        }
    }

    /// What was right when it was set up may name nothing any more; then it shows nothing.
    fn configured(widget: Widget) -> Self {
        let widgets::Filters {
            agency,
            kind,
            field,
            audience,
            situation,
        } = widget.filters.0.clone();
        let values = [agency, kind, field, audience, situation];
        let chosen = FACETS.into_iter().zip(values);
        Self {
            view: widget.view,
            language: widget.language,
            theme: widget.theme,
            limit: usize::try_from(widget.entries).unwrap_or(DEFAULT_ENTRIES),
            chosen: chosen.map(|((facet, ..), it)| (facet, it)).collect(),
            entry: widget.entry_id,
            widget: Some(widget),
        }
    }

    fn described(parameters: &Parameters, app: &App, snapshot: &Snapshot) -> Result<Self, Error> {
        let reader = app.harvester.reader.get();
        let vocabulary = reader.vocabulary();
        let view = choice(parameters, "view", View::ALL, View::as_str)?;
        let mut chosen = Vec::new();
        for (facet, name, _) in FACETS {
            let given = parameters.value(name).unwrap_or_default().split(',');
            let mut values: Vec<String> = Vec::new();
            for value in given.map(str::trim).filter(|value| !value.is_empty()) {
                let is_known = match facet {
                    Facet::Agency => snapshot.agency_by_slug(value).is_some(),
                    _ => known(facet, value, vocabulary).is_some(),
                };
                if !is_known || values.len() == MAX_VALUES {
                    return Err(Error::BadParameter {
                        name,
                        expected: match facet {
                            Facet::Agency => "so-tu-phap, ubnd-xa-… (/don-vi)".to_owned(),
                            _ => expected(facet, vocabulary),
                        },
                    });
                }
                if !values.iter().any(|known| known == value) {
                    values.push(value.to_owned());
                }
            }
            chosen.push((facet, values));
        }
        let most = usize::try_from(MAX_ENTRIES).unwrap_or(DEFAULT_ENTRIES);
        Ok(Self {
            widget: None,
            language: Language::Vietnamese,
            theme: Theme::Auto,
            limit: parameters.number("limit", 1..=most, DEFAULT_ENTRIES)?,
            entry: match view {
                View::Entry => Some(entry_id(parameters)?),
                _ => None,
            },
            view,
            chosen,
        })
    }

    /// The id of the configuration.
    pub(in crate::web) fn widget_id(&self) -> Option<&str> {
        self.widget.as_ref().map(|widget| widget.id.as_str())
    }

    /// The sites that may show it; empty for all.
    pub(in crate::web) fn sites(&self) -> &[String] {
        self.widget
            .as_ref()
            .map_or(&[], |widget| &widget.allowed_origins.0)
    }

    /// One name for every spelling of the same, in the memory of rendered documents.
    pub(in crate::web) fn address(&self, path: &str) -> String {
        let title = self.widget.as_ref().map_or("", |widget| &widget.title);
        let mut address = format!(
            "{path} {} {} {} {} {:?} {title:?}",
            self.view, self.language, self.theme, self.limit, self.entry,
        );
        for (_, values) in &self.chosen {
            address.push(' ');
            address.push_str(&values.join(","));
        }
        if self.view == View::Calendar {
            // What is ahead today is not tomorrow.
            let _ = write!(address, " {}", today());
        }
        address
    }

    /// What makes a rendering of it wrong.
    pub(in crate::web) fn shows(&self, snapshot: &Snapshot) -> Shows {
        if let Some(entry) = self.entry {
            return Shows::entry(entry);
        }
        let filters = self.filters();
        let agencies = filters.of(Facet::Agency);
        let kinds = filters.of(Facet::Kind);
        if self.view == View::Search {
            Shows::only([])
        } else if !agencies.is_empty() {
            let agencies = agencies
                .iter()
                .filter_map(|slug| snapshot.agency_by_slug(slug));
            Shows::only(agencies.map(|agency| Part::Agency(agency.id)))
        } else if !kinds.is_empty() {
            let kinds = kinds.iter().filter_map(|kind| Kind::parse(kind));
            Shows::only(kinds.map(Part::Kind))
        } else {
            Shows::Entries
        }
    }

    /// What it shows.
    pub(in crate::web) fn content(
        &self,
        app: &App,
        snapshot: &Snapshot,
        conn: &mut DbConn,
    ) -> Result<WidgetContent, Error> {
        let (entries, is_past) = self.entries(app, conn)?;
        let public_url = &app.config.public_url;
        let public = |path: &str| absolute(public_url, path);
        let words = widget_words(self.language);
        let fields = self.search_fields();
        let entry =
            |entry: &Entry| WidgetEntry::new(entry, self.view, self.language, public_url, snapshot);
        Ok(WidgetContent {
            view: self.view,
            language: self.language,
            theme: self.theme,
            title: self.title(app, snapshot),
            site: app.config.title.clone(),
            home_url: public_url.to_string(),
            more_url: public(&more_path(fields.as_deref())),
            search: SearchForm {
                url: public("/tim-kiem"),
                fields: fields.unwrap_or_default(),
            },
            words,
            note: if is_past { words.past } else { "" },
            entries: entries.iter().map(entry).collect(),
        })
    }

    /// The newest entries that it selects; of events those ahead, or, with true, those of the past.
    fn entries(&self, app: &App, conn: &mut DbConn) -> Result<(Vec<Entry>, bool), Error> {
        if let Some(id) = self.entry {
            return Ok((vec![published(conn, id)?], false));
        }
        let limit = match self.view {
            View::Search => return Ok((Vec::new(), false)),
            View::Calendar => EVENTS,
            _ => self.limit,
        };
        let results = app.index.search(&Query {
            filters: self.filters(),
            sort: Sort::Newest,
            collapse: true,
            limit,
            ..Query::default()
        })?;
        let ids: Vec<EntryId> = results.hits.iter().map(|hit| EntryId(hit.id)).collect();
        let mut found = entries::with_ids(conn, &Scope::Province, &ids)?;
        // What was withdrawn since is no result any more.
        found.retain(|entry| entry.withdrawn_at.is_none());
        found.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        Ok(match self.view {
            View::Calendar => upcoming(found, today(), self.limit),
            _ => (found, false),
        })
    }

    /// Questions and events where nothing else is said for what shows questions and events.
    fn filters(&self) -> Filters {
        let mut filters = Filters::default();
        for (facet, values) in &self.chosen {
            for value in values {
                filters.add(*facet, value);
            }
        }
        if filters.of(Facet::Kind).is_empty() {
            match self.view {
                View::Qa => filters.add(Facet::Kind, Kind::Qa.as_str()),
                View::Calendar => filters.add(Facet::Kind, Kind::Event.as_str()),
                _ => {}
            }
        }
        filters
    }

    /// The same filters as the portal's search takes them: one value each. None where there are more.
    fn search_fields(&self) -> Option<Vec<(&'static str, String)>> {
        let filters = self.filters();
        let mut fields = Vec::new();
        for (facet, _, parameter) in FACETS {
            match filters.of(facet) {
                [] => {}
                [value] => fields.push((parameter, value.clone())),
                _ => return None,
            }
        }
        Some(fields)
    }

    /// What it is called: as its configuration says, or by what it is narrowed to.
    fn title(&self, app: &App, snapshot: &Snapshot) -> String {
        if let Some(widget) = &self.widget
            && !widget.title.is_empty()
        {
            return widget.title.clone();
        }
        let reader = app.harvester.reader.get();
        let names = Names {
            vocabulary: reader.vocabulary(),
            snapshot,
        };
        let filters = self.filters();
        let parts: Vec<String> = FACETS
            .iter()
            .flat_map(|(facet, ..)| filters.of(*facet).iter().map(move |it| (*facet, it)))
            .map(|(facet, value)| name(facet, value, self.language, &names))
            .collect();
        if parts.is_empty() {
            return app.config.title.clone();
        }
        parts.join(" – ")
    }
}

fn more_path(fields: Option<&[(&'static str, String)]>) -> String {
    let fields = fields.unwrap_or_default();
    if fields.is_empty() {
        return "/".to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .extend_pairs(fields)
        .append_pair("sap-xep", "moi-nhat");
    format!("/tim-kiem?{}", query.finish())
}

/// What a value is called. Agencies and situations have no English names.
fn name(facet: Facet, value: &str, language: Language, names: &Names<'_>) -> String {
    let english = || match facet {
        Facet::Kind => Kind::parse(value).map(|kind| kind_name(kind, language).to_owned()),
        Facet::Field => {
            let mut fields = names.vocabulary.fields.iter();
            fields
                .find(|it| it.slug == value)
                .map(|it| it.english.clone())
        }
        Facet::Audience => {
            let mut audiences = names.vocabulary.audiences.iter();
            audiences
                .find(|it| it.slug == value)
                .map(|it| it.english.clone())
        }
        _ => None,
    };
    let translated = (language == Language::English).then(english).flatten();
    translated.unwrap_or_else(|| names.of(facet, value))
}

/// An entry's number, or the address of its page.
fn entry_id(parameters: &Parameters) -> Result<EntryId, Error> {
    let given = parameters.value("entry").unwrap_or_default();
    let number = match given.split_once("/bai/") {
        Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
        None => given,
    };
    number.parse().map_err(|_| Error::BadParameter {
        name: "entry",
        expected: "123, https://…/bai/123/…".to_owned(),
    })
}

/// One of some words, or the first of them.
fn choice<T: Copy>(
    parameters: &Parameters,
    name: &'static str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, Error> {
    let choices: Vec<_> = all.iter().map(|value| (word(*value), *value)).collect();
    parameters.choice(name, &choices)
}
