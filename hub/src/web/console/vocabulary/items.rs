//! `/console/tu-vung/{part}`: the items of a part.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::frame::{Frame, page};
use super::super::list::{self, List, Page};
use super::super::session::Signed;
use super::{PATH, newest, part};
use crate::access::Action;
use crate::app::App;
use crate::vocabulary::items::{Column, Item, Part};

/// Items on a page.
const PAGE: usize = 100;

/// An item of the list.
struct Row {
    path: String,
    title: String,
}

#[derive(Template)]
#[template(path = "console/vocabulary_part.html")]
struct PartPage {
    frame: Frame,
    part: Part,
    list: List,
    may_edit: bool,
    rows: Vec<Row>,
    /// How many there are on all pages.
    found: usize,
    next: Option<String>,
}

/// The address of an item, or of a new one.
fn item_path(part: Part, key: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if !key.is_empty() {
        query.append_pair("muc", key);
    }
    format!("{PATH}/{}/muc?{}", part.word(), query.finish())
}

impl list::Row for Item {
    type Place = String;

    fn place(&self) -> String {
        self.key.clone()
    }

    fn texts(&self) -> Vec<&str> {
        Item::texts(self)
    }
}

/// `GET /console/tu-vung/{part}`
pub(in super::super) async fn list_items(
    State(app): State<App>,
    signed: Signed,
    Segment(word): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let part = part(&word)?;
    let (_, vocabulary) = app.db.run(newest).await?;
    let list = List::of(format!("{PATH}/{}", part.word()), &query, &[])?;
    let all = part.items(&vocabulary);
    let after = query.value("sau").map(str::to_owned);
    let columns: &[Column] = part.columns();
    let cells = |item: Item| columns.iter().map(|one| item.told(one).into()).collect();
    let shown = list.shown_of(&all, after, PAGE, cells)?;
    let labels: Vec<&str> = columns.iter().map(|column| column.label).collect();
    let (rows, next) = match shown.or_file(part.word(), &labels).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    let found = all.iter().filter(|item| list.search.finds(item.texts()));
    let found = found.count();
    page(&PartPage {
        frame: Frame::of(&app, &signed, part.label(), PATH, &query),
        part,
        may_edit: signed.may(Action::EditVocabulary, None),
        rows: rows
            .into_iter()
            .map(|item| Row {
                path: item_path(part, &item.key),
                title: item.title,
            })
            .collect(),
        found,
        next: next.map(|key| list.page_at("sau", &key)),
        list,
    })
}
