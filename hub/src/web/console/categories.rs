//! What the categories of a feed's entries stand for.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::category_mappings;
use hub_repository::feeds::{self, Feed};
use hub_repository::{DbConn, FeedId, Scope, StoreError, readings};
use serde_json::json;

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::answers::title;
use super::error::ConsoleError;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::ingest::folded_category;

/// A category and its field.
struct Row {
    /// As most entries write it.
    name: String,
    entries: i64,
    /// Slug of the field that it stands for; empty for none.
    field: String,
    label: String,
    /// Slug, label, chosen.
    fields: Vec<(String, String, bool)>,
    /// What somebody else has decided meanwhile.
    conflict: Option<String>,
}

#[derive(Template)]
#[template(path = "console/categories.html")]
struct CategoriesPage {
    frame: Frame,
    id: FeedId,
    title: String,
    agency: String,
    rows: Vec<Row>,
    /// Entries of the agency that wait to be read again.
    waiting: i64,
    may_manage: bool,
}

/// What is known of a feed's categories.
struct Known {
    feed: Feed,
    /// Folded: how it is written, and of how many entries.
    categories: Vec<(String, String, i64)>,
    mappings: HashMap<String, String>,
    waiting: i64,
}

impl Known {
    fn read(
        conn: &mut DbConn,
        scope: &Scope,
        id: FeedId,
        version: i64,
    ) -> Result<Option<Self>, StoreError> {
        let Some(feed) = feeds::find(conn, scope, id)? else {
            return Ok(None);
        };
        let agency = feed.agency_id;
        Ok(Some(Self {
            categories: together(category_mappings::categories_of_feed(conn, scope, id)?),
            mappings: category_mappings::of_agency(conn, scope, agency)?,
            waiting: readings::expired_count(conn, &Scope::Agency(agency), version)?,
            feed,
        }))
    }
}

/// Categories that are written in several ways, as one: the folded form, the most usual spelling, how many entries; the most
/// frequent first.
fn together(counted: Vec<(String, i64)>) -> Vec<(String, String, i64)> {
    let mut all: HashMap<String, Vec<(String, i64)>> = HashMap::new();
    for (category, count) in counted {
        let folded = folded_category(&category);
        all.entry(folded).or_default().push((category, count));
    }
    let one = |(folded, mut spellings): (String, Vec<(String, i64)>)| {
        spellings.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then(a.cmp(b)));
        let entries: i64 = spellings.iter().map(|(_, count)| count).sum();
        let usual = spellings.into_iter().next().map(|(category, _)| category);
        (folded, usual.unwrap_or_default(), entries)
    };
    let mut all: Vec<_> = all
        .into_iter()
        .filter(|(folded, _)| !folded.is_empty())
        .map(one)
        .collect();
    all.sort_by(|(a, _, of_a), (b, _, of_b)| of_b.cmp(of_a).then(a.cmp(b)));
    all
}

/// `GET /console/nguon-tin/{feed}/chuyen-muc`
pub(super) async fn list_categories(
    State(app): State<App>,
    signed: Signed,
    Segment(feed): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let asking = signed.clone();
    let version = app.harvester.reader.get().version();
    let known = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeFeeds, |scope| {
                Known::read(conn, scope, id, version)
            })
        })
        .await?;
    page(&CategoriesPage::new(&app, &signed, &query, &known))
}

/// `POST /console/nguon-tin/{feed}/chuyen-muc`: says what one category stands for.
pub(super) async fn map_category(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let signed = form.signed.clone();
    let category = folded_category(form.fields.text("chuyen-muc"));
    let wanted = form.fields.text("linh-vuc").to_owned();
    let seen = form.fields.text("truoc").to_owned();
    let reader = app.harvester.reader.get();
    let version = reader.version();
    let mut fields = reader.vocabulary().fields.iter();
    let is_known = wanted.is_empty() || fields.any(|field| field.slug == wanted);
    let (folded, field) = (category.clone(), wanted.clone());
    let changed = form
        .signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let feed = signed.find(Action::SeeFeeds, |scope| feeds::find(conn, scope, id))?;
            let scope = signed.require(Action::ManageFeeds, Some(feed.agency_id))?;
            if !is_known {
                return Err(ConsoleError::Invalid(
                    "Hãy chọn một lĩnh vực trong danh sách.".to_owned(),
                ));
            }
            if folded.is_empty() {
                return Err(ConsoleError::Invalid("Hãy chọn một chuyên mục.".to_owned()));
            }
            let some = |slug: &str| (!slug.is_empty()).then(|| slug.to_owned());
            let (before, after) = (some(&seen), some(&field));
            if before == after {
                return Ok(None);
            }
            let result = form.change::<StoreError>(conn, |conn| {
                category_mappings::replace(
                    conn,
                    &scope,
                    feed.agency_id,
                    &folded,
                    before.as_deref(),
                    after.as_deref(),
                )?;
                Ok(Change {
                    action: "category.map",
                    agency: Some(feed.agency_id),
                    target: format!("category {folded}"),
                    before: Some(json!({ "field": before })),
                    after: Some(json!({ "field": after })),
                })
            });
            match result {
                Err(StoreError::Stale) => {
                    let now = signed.find(Action::SeeFeeds, |scope| {
                        Known::read(conn, scope, id, version)
                    })?;
                    Ok(Some(now))
                }
                result => Ok(result.map(|()| None)?),
            }
        })
        .await?;
    let Some(now) = changed else {
        let path = format!("/console/nguon-tin/{id}/chuyen-muc?xong=chuyen-muc");
        return Ok(Redirect::to(&path).into_response());
    };
    let mut shown = CategoriesPage::new(&app, &signed, &Parameters::of(&[]), &now);
    let place = now
        .categories
        .iter()
        .position(|(folded, ..)| *folded == category);
    if let Some(row) = place.and_then(|place| shown.rows.get_mut(place)) {
        row.choose(&wanted);
    }
    page_with(StatusCode::CONFLICT, &shown)
}

impl Row {
    /// Keeps what somebody chose while somebody else decided.
    fn choose(&mut self, wanted: &str) {
        let chosen = self.fields.iter().find(|(slug, ..)| slug == wanted);
        let chosen = chosen.map_or("để hệ thống phân loại", |(_, label, _)| label);
        self.conflict = Some(format!(
            "Trong lúc bạn xem, người khác đã đổi thành “{}”. Bạn chọn: {chosen}. Lựa chọn của bạn còn trong biểu mẫu; gửi lại nếu vẫn muốn đổi.",
            self.label
        ));
        for (slug, _, is_chosen) in &mut self.fields {
            *is_chosen = slug == wanted;
        }
    }
}

impl CategoriesPage {
    fn new(app: &App, signed: &Signed, query: &Parameters, known: &Known) -> Self {
        let reader = app.harvester.reader.get();
        let labels = &reader.vocabulary().fields;
        let rows = known.categories.iter().map(|(folded, name, entries)| {
            let field = known.mappings.get(folded).cloned().unwrap_or_default();
            let fields: Vec<_> = labels
                .iter()
                .map(|one| (one.slug.clone(), one.label.clone(), one.slug == field))
                .collect();
            let label = fields.iter().find(|(.., chosen)| *chosen);
            let label = label.map_or("để hệ thống phân loại", |(_, label, _)| label);
            Row {
                name: name.clone(),
                entries: *entries,
                label: label.to_owned(),
                field,
                fields,
                conflict: None,
            }
        });
        let frame = Frame::of(app, signed, "Chuyên mục", "/console", query);
        let snapshot = app.snapshot();
        let agency = snapshot.agency(known.feed.agency_id);
        Self {
            rows: rows.collect(),
            id: known.feed.id,
            title: title(&known.feed),
            agency: agency.map_or_else(String::new, |agency| agency.name.clone()),
            waiting: known.waiting,
            may_manage: signed.may(Action::ManageFeeds, Some(known.feed.agency_id)),
            frame: match agency {
                Some(agency) => frame.within(signed, agency, "nguon-tin"),
                None => frame,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_category_are_one() {
        let counted = [("Đất đai", 2), ("ĐẤT ĐAI ", 3), ("  ", 9), ("Hộ tịch", 4)];
        let counted = counted.map(|(category, count)| (category.to_owned(), count));
        let all = together(counted.to_vec());
        let all: Vec<(&str, i64)> = all
            .iter()
            .map(|(_, name, count)| (&**name, *count))
            .collect();
        assert_eq!(all, [("ĐẤT ĐAI ", 5), ("Hộ tịch", 4)]);
    }
}
