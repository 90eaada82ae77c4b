//! `/console/tu-vung`: the words that texts are read with, item by item and version by version.

mod versions;

pub(super) use versions::{go_back, show_version};

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::vocabularies::Head;
use hub_repository::{DbConn, Scope, StoreError, readings, vocabularies};
use law::text::{Level, normalise};
use law::vocabulary::Vocabulary;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::ingest::Reader;
use crate::search::{Facet, Filters, Query};
use crate::vocabulary::items::{Column, Item, Part, Shape, Wrong};
use crate::vocabulary::{self, VocabularyError};

/// Where it stands.
const PATH: &str = "/console/tu-vung";

/// Versions that the first page lists.
const VERSIONS: i64 = 20;

/// Items on a page.
const PAGE: usize = 100;

/// Attempts to save beside others who save something else.
const ATTEMPTS: usize = 4;

struct VersionRow {
    version: i64,
    note: String,
    author: String,
    at: String,
}

#[derive(Template)]
#[template(path = "console/vocabulary.html")]
struct VocabularyPage {
    frame: Frame,
    parts: Vec<(Part, usize)>,
    versions: Vec<VersionRow>,
    /// Entries that were read with the newest version, of all.
    read: i64,
    all: i64,
}

#[derive(Template)]
#[template(path = "console/vocabulary_part.html")]
struct PartPage {
    frame: Frame,
    part: Part,
    search: String,
    may_edit: bool,
    /// Address and title.
    rows: Vec<(String, String)>,
    found: usize,
    next: Option<String>,
}

/// A column to fill in.
struct Input {
    column: &'static Column,
    text: String,
    problem: Option<String>,
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

impl VersionRow {
    fn new(head: Head) -> Self {
        Self {
            version: head.version,
            author: match &*head.author {
                "" => "Dòng lệnh hoặc hệ thống".to_owned(),
                name => name.to_owned(),
            },
            note: head.note,
            at: moment(head.created_at),
        }
    }
}

/// `GET /console/tu-vung`
pub(super) async fn show_vocabulary(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let (vocabulary, versions, left, all) = app
        .db
        .run(|conn| {
            let (version, vocabulary) = newest(conn)?;
            let versions = vocabularies::list(conn, None, VERSIONS)?;
            let left = readings::expired_count(conn, &Scope::Province, version)?;
            let all = readings::count(conn)?;
            Ok::<_, ConsoleError>((vocabulary, versions, left, all))
        })
        .await?;
    let parts = Part::ALL.map(|part| (part, part.items(&vocabulary).len()));
    page(&VocabularyPage {
        frame: Frame::of(&app, &signed, "Từ vựng", PATH, &query),
        parts: parts.to_vec(),
        versions: versions.into_iter().map(VersionRow::new).collect(),
        read: (all - left).max(0),
        all,
    })
}

/// The newest version, as a console's page needs it.
fn newest(conn: &mut DbConn) -> Result<(i64, Vocabulary), ConsoleError> {
    vocabulary::newest(conn).map_err(failed)
}

fn failed(error: VocabularyError) -> ConsoleError {
    match error {
        VocabularyError::Repository(error) => error.into(),
        error => Error::Internal(error.into()).into(),
    }
}

/// The part that a path names.
fn part(word: &str) -> Result<Part, Error> {
    Part::parse(word).ok_or(Error::NotFound("part of the vocabulary"))
}

/// The address of an item, or of a new one.
fn item_path(part: Part, key: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if !key.is_empty() {
        query.append_pair("muc", key);
    }
    format!("{PATH}/{}/muc?{}", part.word(), query.finish())
}

/// `GET /console/tu-vung/{part}`
pub(super) async fn list_items(
    State(app): State<App>,
    signed: Signed,
    Segment(word): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let part = part(&word)?;
    let (_, vocabulary) = app.db.run(newest).await?;
    let search = query.text("tim").to_owned();
    let skipped = query.number("tu", 0..=1_000_000, 0)?;
    let wanted = normalise(&search, Level::Fold);
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    let holds = |item: &Item| {
        let texts = part.columns().iter().map(|column| item.text(column));
        let texts = normalise(&texts.collect::<Vec<_>>().join("\n"), Level::Fold);
        wanted.iter().all(|word| texts.contains(word))
    };
    let mut found = part.items(&vocabulary);
    found.retain(holds);
    let next = (found.len() > skipped + PAGE).then(|| {
        let mut address = url::form_urlencoded::Serializer::new(String::new());
        address.append_pair("tim", &search);
        address.append_pair("tu", &(skipped + PAGE).to_string());
        format!("{PATH}/{}?{}", part.word(), address.finish())
    });
    let rows = found.iter().skip(skipped).take(PAGE);
    let rows = rows.map(|item| (item_path(part, &item.key), item.title.clone()));
    page(&PartPage {
        frame: Frame::of(&app, &signed, part.label(), PATH, &query),
        part,
        search,
        may_edit: signed.may(Action::EditVocabulary, None),
        rows: rows.collect(),
        found: found.len(),
        next,
    })
}

impl ItemPage {
    fn new(
        app: &App,
        signed: &Signed,
        query: &Parameters,
        part: Part,
        version: i64,
        item: Option<&Item>,
    ) -> Self {
        let inputs = part.columns().iter().map(|column| Input {
            column,
            text: item.map_or_else(String::new, |item| item.text(column)),
            problem: None,
        });
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

    /// Fills the form in again.
    fn refill(&mut self, texts: &BTreeMap<&str, String>, note: &str, wrong: &[Wrong]) {
        for input in &mut self.inputs {
            if let Some(text) = texts.get(input.column.name) {
                input.text.clone_from(text);
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
        Part::Synonyms | Part::Laws => return None,
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
pub(super) async fn show_item(
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
        version,
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
    Wrong(i64, Option<Item>, Vec<Wrong>),
    /// Somebody else has changed the same item.
    Stale(i64, Option<Item>, Vec<String>),
}

impl Wanted {
    fn read(part: Part, fields: &Parameters) -> Self {
        let columns = part.columns().iter();
        let texts = columns.map(|column| (column.name, fields.raw(column.name).to_owned()));
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
                    return Ok(Saved::Stale(version, known, told));
                }
            }
            if self.key.is_some() && known.is_none() {
                return Err(Error::NotFound("item of the vocabulary").into());
            }
            let edited = self
                .part
                .edit(&vocabulary, self.key.as_deref(), self.texts.as_ref());
            let edited = match edited {
                Ok(edited) if edited == vocabulary => return Ok(Saved::Done),
                Ok(edited) => edited,
                Err(wrong) => return Ok(Saved::Wrong(version, known, wrong)),
            };
            // What no hub could read with is not taken over.
            if let Err(error) = Reader::new(version, edited.clone(), None) {
                let told = format!("Không đọc được với từ vựng này: {error}.");
                let wrong = Wrong { column: None, told };
                return Ok(Saved::Wrong(version, known, vec![wrong]));
            }
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
pub(super) async fn save_item(
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
    let query = Parameters::of(&[]);
    let texts = wanted.texts.clone().unwrap_or_default();
    match saved {
        Saved::Done => {
            app.stored.notify_one();
            Ok(Redirect::to(&format!("{PATH}?xong=tu-vung")).into_response())
        }
        Saved::Wrong(version, known, wrong) => {
            let mut shown = ItemPage::new(&app, &signed, &query, part, version, known.as_ref());
            shown.refill(&texts, &wanted.note, &wrong);
            page_with(StatusCode::BAD_REQUEST, &shown)
        }
        Saved::Stale(version, known, told) => {
            let mut shown = ItemPage::new(&app, &signed, &query, part, version, known.as_ref());
            shown.refill(&texts, &wanted.note, &[]);
            shown.conflict = told;
            page_with(StatusCode::CONFLICT, &shown)
        }
    }
}
