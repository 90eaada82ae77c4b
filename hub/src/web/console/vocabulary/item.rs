//! `/console/tu-vung/{part}/muc`: an item of a part, and saving it as a new version.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::{DbConn, StoreError};
use law::vocabulary::Vocabulary;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page, page_with};
use super::super::session::Signed;
use super::{PATH, failed, newest, part};
use crate::access::Action;
use crate::app::App;
use crate::ingest::Reader;
use crate::search::{Facet, Filters, Query};
use crate::vocabulary;
use crate::vocabulary::items::{Column, Item, Part, Shape, Wrong};

/// Attempts to save beside others who save something else.
const ATTEMPTS: usize = 4;

/// A column to fill in.
struct Input {
    column: &'static Column,
    /// What stands in it.
    text: String,
    /// The same as people read it.
    told: String,
    /// What there is to choose from; none where it is typed.
    choices: Vec<Choice>,
    problem: Option<String>,
}

/// Something to choose.
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

impl Input {
    fn new(column: &'static Column, item: Option<&Item>, vocabulary: &Vocabulary) -> Self {
        let mut input = Self {
            column,
            text: item.map_or_else(String::new, |item| item.text(column)),
            told: item.map_or_else(String::new, |item| item.told(column)),
            choices: choices(column.shape, vocabulary),
            problem: None,
        };
        input.choose();
        if let Shape::Of(_) | Shape::OptionalOf(_) | Shape::SeveralOf(_) = column.shape {
            let chosen = input.choices.iter().filter(|choice| choice.is_chosen);
            let chosen = chosen.map(|choice| choice.label.as_str());
            input.told = chosen.collect::<Vec<_>>().join("\n");
        }
        input
    }

    /// Marks what the text names.
    fn choose(&mut self) {
        for choice in &mut self.choices {
            let mut values = self.text.lines();
            choice.is_chosen = values.any(|value| value == choice.value)
                || (choice.value.is_empty() && self.text.is_empty());
        }
    }

    /// Whether several can be chosen.
    fn is_several(&self) -> bool {
        matches!(self.column.shape, Shape::SeveralOf(_))
    }
}

fn choices(shape: Shape, vocabulary: &Vocabulary) -> Vec<Choice> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: false,
    };
    let of = |part: Part| {
        let items = part.items(vocabulary).into_iter();
        items.map(|item| choice(&item.key, &item.title))
    };
    match shape {
        Shape::Of(part) | Shape::SeveralOf(part) => of(part).collect(),
        Shape::OptionalOf(part) => [choice("", "Không có")]
            .into_iter()
            .chain(of(part))
            .collect(),
        _ => {
            let fixed = shape.choices().iter();
            fixed.map(|(value, label)| choice(value, label)).collect()
        }
    }
}

#[derive(Template)]
#[template(path = "console/vocabulary_item.html")]
struct ItemPage {
    frame: Frame,
    part: Part,
    /// What names it; empty for a new one.
    key: String,
    title: String,
    inputs: Vec<Input>,
    note: String,
    version: i64,
    may_edit: bool,
    /// Where it is used.
    uses: Option<String>,
    conflict: Vec<String>,
    problems: Vec<String>,
}

impl ItemPage {
    fn new(
        app: &App,
        signed: &Signed,
        query: &Parameters,
        part: Part,
        (version, vocabulary): (i64, &Vocabulary),
        item: Option<&Item>,
    ) -> Self {
        let columns = part.columns().iter();
        let inputs = columns.map(|column| Input::new(column, item, vocabulary));
        let title = item.map_or_else(
            || format!("{}: mục mới", part.label()),
            |item| item.title.clone(),
        );
        Self {
            frame: Frame::of(app, signed, &title, PATH, query),
            part,
            key: item.map_or_else(String::new, |item| item.key.clone()),
            title,
            inputs: inputs.collect(),
            note: String::new(),
            version,
            may_edit: signed.may(Action::EditVocabulary, None),
            uses: item.and_then(|item| uses(app, part, &item.key)),
            conflict: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The same after somebody has sent the form.
    fn at(app: &App, signed: &Signed, part: Part, newest: &Newest) -> Self {
        let version = (newest.version, &newest.vocabulary);
        let query = Parameters::of(&[]);
        Self::new(app, signed, &query, part, version, newest.item.as_ref())
    }

    /// Fills the form in again.
    fn refill(&mut self, texts: &BTreeMap<&str, String>, note: &str, wrong: &[Wrong]) {
        for input in &mut self.inputs {
            if let Some(text) = texts.get(input.column.name) {
                input.text.clone_from(text);
                input.choose();
            }
            let own = wrong
                .iter()
                .find(|wrong| wrong.column == Some(input.column.name));
            input.problem = own.map(|wrong| wrong.told.clone());
        }
        note.clone_into(&mut self.note);
        let others = wrong.iter().filter(|wrong| wrong.column.is_none());
        self.problems = others.map(|wrong| wrong.told.clone()).collect();
    }
}

/// How many public entries bear the slug of a field, an audience or a situation.
fn uses(app: &App, part: Part, slug: &str) -> Option<String> {
    let facet = match part {
        Part::Fields => Facet::Field,
        Part::Audiences => Facet::Audience,
        Part::Situations => Facet::Situation,
        _ => return None,
    };
    let mut filters = Filters::default();
    filters.add(facet, slug);
    let query = Query {
        filters,
        limit: 1,
        ..Query::default()
    };
    let found = app.index.search(&query).ok()?;
    Some(format!("Đang dùng ở {} bài trên cổng.", found.total))
}

/// `GET /console/tu-vung/{part}/muc`
pub(in super::super) async fn show_item(
    State(app): State<App>,
    signed: Signed,
    Segment(word): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let part = part(&word)?;
    let (version, vocabulary) = app.db.run(newest).await?;
    let item = match query.raw("muc") {
        "" => None,
        key => {
            let found = part.find(&vocabulary, key);
            Some(found.ok_or(Error::NotFound("item of the vocabulary"))?)
        }
    };
    page(&ItemPage::new(
        &app,
        &signed,
        &query,
        part,
        (version, &vocabulary),
        item.as_ref(),
    ))
}

/// What somebody wants to become of an item.
struct Wanted {
    part: Part,
    /// What names it; none for a new one.
    key: Option<String>,
    /// By column; none removes it.
    texts: Option<BTreeMap<&'static str, String>>,
    note: String,
    /// The version that the form was made of.
    version: i64,
}

/// What came of it.
enum Saved {
    Done,
    Wrong(Newest, Vec<Wrong>),
    /// Somebody else has changed the same item.
    Stale(Newest, Vec<String>),
}

/// The newest version, and the item in it.
struct Newest {
    version: i64,
    vocabulary: Vocabulary,
    item: Option<Item>,
}

impl Wanted {
    fn read(part: Part, fields: &Parameters) -> Self {
        let columns = part.columns().iter();
        let texts = columns.map(|column| {
            let typed = fields
                .pairs()
                .iter()
                .filter(|(name, _)| name == column.name);
            let typed: Vec<&str> = typed.map(|(_, value)| value.as_str()).collect();
            (column.name, typed.join("\n"))
        });
        Self {
            part,
            key: Some(fields.raw("muc").to_owned()).filter(|key| !key.is_empty()),
            texts: fields.value("xoa").is_none().then(|| texts.collect()),
            note: fields.text("ghi-chu").to_owned(),
            version: fields.raw("phien-ban").parse().unwrap_or(0),
        }
    }

    /// What the version says about itself.
    fn told(&self) -> String {
        if !self.note.is_empty() {
            return self.note.clone();
        }
        let what = match (&self.key, &self.texts) {
            (None, _) => "thêm",
            (Some(_), Some(_)) => "sửa",
            (Some(_), None) => "bỏ",
        };
        let label = self.part.label();
        format!(
            "{label}: {what} {}",
            self.key.as_deref().unwrap_or("mục mới")
        )
    }

    /// Saves it on top of the newest version, whatever else others have changed meanwhile.
    fn save(&self, conn: &mut DbConn, form: &Submitted) -> Result<Saved, ConsoleError> {
        for _ in 0..ATTEMPTS {
            let (version, vocabulary) = newest(conn)?;
            let known = self
                .key
                .as_ref()
                .and_then(|key| self.part.find(&vocabulary, key));
            if version != self.version {
                let seen = vocabulary::find(conn, self.version).map_err(failed)?;
                let seen = seen.zip(self.key.as_ref());
                let seen = seen.and_then(|(seen, key)| self.part.find(&seen, key));
                if seen != known {
                    let told = match (&seen, &known) {
                        (Some(seen), Some(known)) => self.part.differences(seen, known),
                        _ => vec!["Mục này đã được thêm hoặc bỏ.".to_owned()],
                    };
                    let newest = Newest {
                        version,
                        vocabulary,
                        item: known,
                    };
                    return Ok(Saved::Stale(newest, told));
                }
            }
            if self.key.is_some() && known.is_none() {
                return Err(Error::NotFound("item of the vocabulary").into());
            }
            let edited = self
                .part
                .edit(&vocabulary, self.key.as_deref(), self.texts.as_ref());
            // What no hub could read with is not taken over.
            let edited = edited.and_then(|edited| {
                let read = Reader::new(version, edited.clone(), None);
                read.map(|_| edited).map_err(|error| {
                    let told = format!("Không đọc được với từ vựng này: {error}.");
                    vec![Wrong { column: None, told }]
                })
            });
            let edited = match edited {
                Ok(edited) if edited == vocabulary => return Ok(Saved::Done),
                Ok(edited) => edited,
                Err(wrong) => {
                    let newest = Newest {
                        version,
                        vocabulary,
                        item: known,
                    };
                    return Ok(Saved::Wrong(newest, wrong));
                }
            };
            let added = form.change::<StoreError>(conn, |conn| {
                let author = &form.signed.person.name;
                let added = vocabulary::add(conn, version, &edited, &self.told(), author)?;
                let after = self.texts.as_ref().map(|texts| serde_json::json!(texts));
                Ok(Change {
                    action: "vocabulary.change",
                    target: format!("vocabulary {added}"),
                    before: known.as_ref().map(Item::to_json),
                    after,
                    ..Change::default()
                })
            });
            match added {
                // Another was quicker: on top of that, then.
                Err(StoreError::Conflict(_)) => {}
                added => return Ok(added.map(|()| Saved::Done)?),
            }
        }
        Err(StoreError::Busy.into())
    }
}

/// `POST /console/tu-vung/{part}/muc`
pub(in super::super) async fn save_item(
    State(app): State<App>,
    Segment(word): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let signed = form.signed.clone();
    signed.require(Action::EditVocabulary, None)?;
    let part = part(&word)?;
    let wanted = Wanted::read(part, &form.fields);
    let (wanted, saved) = app
        .db
        .run_writing(move |conn| {
            let saved = wanted.save(conn, &form)?;
            Ok::<_, ConsoleError>((wanted, saved))
        })
        .await?;
    let texts = wanted.texts.clone().unwrap_or_default();
    match saved {
        Saved::Done => {
            app.stored.notify_one();
            Ok(Redirect::to(&format!("{PATH}?xong=tu-vung")).into_response())
        }
        Saved::Wrong(newest, wrong) => {
            let mut shown = ItemPage::at(&app, &signed, part, &newest);
            shown.refill(&texts, &wanted.note, &wrong);
            page_with(StatusCode::BAD_REQUEST, &shown)
        }
        Saved::Stale(newest, told) => {
            let mut shown = ItemPage::at(&app, &signed, part, &newest);
            shown.refill(&texts, &wanted.note, &[]);
            shown.conflict = told;
            page_with(StatusCode::CONFLICT, &shown)
        }
    }
}
