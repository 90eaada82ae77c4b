//! `/console/tu-vung/phien-ban/{version}`: what a version changed, and going back to it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::{StoreError, vocabularies};
use law::vocabulary::Vocabulary;
use serde_json::json;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::form::Submitted;
use super::super::frame::{Frame, page};
use super::super::session::Signed;
use super::{PATH, VersionRow, failed, newest};
use crate::access::Action;
use crate::app::App;
use crate::vocabulary;
use crate::vocabulary::items::{Item, Part};

/// Items that are listed of each sort of change.
const LISTED: usize = 200;

/// What became of an item.
struct Changed {
    title: String,
    what: &'static str,
    differences: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/vocabulary_version.html")]
struct VersionPage {
    frame: Frame,
    row: VersionRow,
    is_newest: bool,
    is_first: bool,
    /// The version that counts: what going back is on top of.
    newest: i64,
    may_edit: bool,
    parts: Vec<(&'static str, Vec<Changed>)>,
    /// Parts of which only the order is another.
    reordered: Vec<&'static str>,
}

/// What changed of a part.
fn changed(part: Part, before: &Vocabulary, after: &Vocabulary) -> Vec<Changed> {
    let (old, new) = (part.items(before), part.items(after));
    let known = |items: &[Item], key: &str| items.iter().find(|item| item.key == key).cloned();
    let row = |item: &Item, what, differences| Changed {
        title: item.title.clone(),
        what,
        differences,
    };
    let of_new = new.iter().filter_map(|item| match known(&old, &item.key) {
        None => Some(row(item, "thêm", Vec::new())),
        Some(was) if was != *item => Some(row(item, "sửa", part.differences(&was, item))),
        Some(_) => None,
    });
    let gone = old.iter().filter(|item| known(&new, &item.key).is_none());
    let gone = gone.map(|item| row(item, "bỏ", Vec::new()));
    of_new.chain(gone).take(LISTED).collect()
}

fn number(segment: &str) -> Result<i64, Error> {
    segment.parse().map_err(|_| Error::NotFound("version"))
}

/// `GET /console/tu-vung/phien-ban/{version}`
pub(in super::super) async fn show_version(
    State(app): State<App>,
    signed: Signed,
    Segment(version): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeVocabulary, None)?;
    let version = number(&version)?;
    let (head, before, after, newest) = app
        .db
        .run(move |conn| {
            let heads = vocabularies::list(conn, Some(version.saturating_add(1)), 1)?;
            let head = heads.into_iter().find(|head| head.version == version);
            let head = head.ok_or(Error::NotFound("version"))?;
            let after = vocabulary::find(conn, version).map_err(failed)?;
            let before = vocabulary::find(conn, version - 1).map_err(failed)?;
            let newest = vocabularies::version(conn)?;
            Ok::<_, ConsoleError>((head, before, after, newest))
        })
        .await?;
    let after = after.ok_or(Error::NotFound("version"))?;
    let is_first = before.is_none();
    let before = before.unwrap_or_else(|| after.clone());
    let parts = Part::ALL.map(|part| (part.label(), changed(part, &before, &after)));
    let reordered = Part::ALL.into_iter().filter(|part| {
        changed(*part, &before, &after).is_empty() && part.items(&before) != part.items(&after)
    });
    page(&VersionPage {
        frame: Frame::of(&app, &signed, &format!("Phiên bản {version}"), PATH, &query),
        row: VersionRow::new(head),
        is_newest: version == newest,
        is_first,
        newest,
        may_edit: signed.may(Action::EditVocabulary, None),
        parts: parts
            .into_iter()
            .filter(|(_, rows)| !rows.is_empty())
            .collect(),
        reordered: reordered.map(Part::label).collect(),
    })
}

/// `POST /console/tu-vung/phien-ban/{version}`
pub(in super::super) async fn go_back(
    State(app): State<App>,
    Segment(version): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    form.signed.require(Action::EditVocabulary, None)?;
    let version = number(&version)?;
    app.db
        .run_writing(move |conn| {
            let older = vocabulary::find(conn, version).map_err(failed)?;
            let older = older.ok_or(Error::NotFound("version"))?;
            let (now, known) = newest(conn)?;
            if older == known {
                return Ok(());
            }
            // Whoever goes back has seen what that undoes.
            if form.fields.raw("phien-ban") != now.to_string() {
                return Err(StoreError::Stale.into());
            }
            let gone_back = form.change::<StoreError>(conn, |conn| {
                let note = format!("Trở lại phiên bản {version}");
                let author = &form.signed.person.name;
                let added = vocabulary::add(conn, now, &older, &note, author)?;
                Ok(Change {
                    action: "vocabulary.go-back",
                    target: format!("vocabulary {added}"),
                    before: Some(json!({ "version": now })),
                    after: Some(json!({ "version": version })),
                    ..Change::default()
                })
            });
            match gone_back {
                Err(StoreError::Conflict(_)) => Err(StoreError::Stale.into()),
                gone_back => Ok::<_, ConsoleError>(gone_back?),
            }
        })
        .await?;
    app.stored.notify_one();
    Ok(Redirect::to(&format!("{PATH}?xong=tu-vung")).into_response())
}
