//! `/console/tu-vung`: the words that texts are read with, item by item and version by version.

mod item;
mod items;
mod versions;

pub(super) use item::{save_item, show_item};
pub(super) use items::list_items;
pub(super) use versions::{go_back, show_version};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::vocabularies::Head;
use hub_repository::{DbConn, Scope, readings, vocabularies};
use law::vocabulary::Vocabulary;

use super::super::error::Error;
use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::frame::{Frame, page};
use super::list::{self, List, Page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::vocabulary::items::Part;
use crate::vocabulary::{self, VocabularyError};

/// Where it stands.
const PATH: &str = "/console/tu-vung";

/// Versions on a page.
const VERSIONS: usize = 20;

/// A part, and how many items it has.
struct PartRow {
    part: Part,
    count: usize,
}

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
    parts: Vec<PartRow>,
    list: List,
    rows: Vec<VersionRow>,
    next: Option<String>,
    /// The version that counts.
    newest: i64,
    /// Entries that were read with the newest version, of all.
    read: i64,
    all: i64,
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

impl list::Row for Head {
    type Place = i64;

    fn place(&self) -> i64 {
        self.version
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.note, &self.author]
    }
}

fn cells(head: Head) -> Vec<Cell> {
    let at = head.created_at;
    let row = VersionRow::new(head);
    vec![
        row.version.into(),
        at.into(),
        row.author.into(),
        row.note.into(),
    ]
}

/// `GET /console/tu-vung`
pub(super) async fn show_vocabulary(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let list = List::of(PATH, &query, &[])?;
    let before = query
        .value("truoc")
        .and_then(|version| version.parse().ok());
    let asked = list.clone();
    let (newest, vocabulary, shown, left, all) = app
        .db
        .run(move |conn| {
            let (version, vocabulary) = newest(conn)?;
            let read = |before, limit| vocabularies::list(conn, before, limit);
            let shown = asked.shown(before, VERSIONS, read, cells)?;
            let left = readings::expired_count(conn, &Scope::Province, version)?;
            let all = readings::count(conn)?;
            Ok::<_, ConsoleError>((version, vocabulary, shown, left, all))
        })
        .await?;
    let columns = &["Phiên bản", "Lúc", "Người sửa", "Ghi chú"];
    let (found, next) = match shown.or_file("tu-vung", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let parts = Part::ALL.map(|part| PartRow {
        part,
        count: part.items(&vocabulary).len(),
    });
    page(&VocabularyPage {
        frame: Frame::of(&app, &signed, "Từ vựng", PATH, &query),
        parts: parts.into_iter().collect(),
        rows: found.into_iter().map(VersionRow::new).collect(),
        next: next.map(|version| list.page_at("truoc", &version)),
        list,
        newest,
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
