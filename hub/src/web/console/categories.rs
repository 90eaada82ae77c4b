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
use super::export::Cell;
use super::form::Submitted;
use super::frame::{Frame, page, page_with};
use super::list::{self, List, Page};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::ingest::folded_category;

/// Categories on a page.
const PAGE: usize = 50;

/// What the list is narrowed by: to those that stand for a field, or that do not.
const IS_MAPPED: &str = "ung";

/// A category and its field.
#[derive(Clone)]
struct Category {
    /// Names it, however it is written.
    folded: String,
    /// As most entries write it.
    name: String,
    entries: i64,
    /// Slug of the field that it stands for; empty for none.
    field: String,
    label: String,
}

/// A category, and what it can stand for.
struct Row {
    category: Category,
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
    list: List,
    /// Where the page begins.
    after: String,
    /// What the list is narrowed by: word, label, chosen.
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
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
    let list = List::of(path(id), &query, &[IS_MAPPED])?;
    let after = query.value("sau").map(str::to_owned);
    let is_mapped = query.value(IS_MAPPED);
    let mut all = known.all(&app);
    all.retain(|one| match is_mapped {
        Some("co") => !one.field.is_empty(),
        Some("chua") => one.field.is_empty(),
        _ => true,
    });
    let shown = list.shown_of(&all, after.clone(), PAGE, Category::cells)?;
    let columns = &["Chuyên mục", "Số bài", "Mã lĩnh vực", "Lĩnh vực"];
    let (found, next) = match shown.or_file("chuyen-muc", columns).await? {
        Page::Rows(found, next) => (found, next),
        Page::File(file) => return Ok(file),
    };
    let mut shown = CategoriesPage::new(&app, &signed, &query, &known, list);
    shown.fill(&app, found);
    shown.after = after.unwrap_or_default();
    shown.next = next.map(|last| shown.list.page_at("sau", &last));
    page(&shown)
}

fn path(id: FeedId) -> String {
    format!("/console/nguon-tin/{id}/chuyen-muc")
}

impl list::Row for Category {
    type Place = String;

    fn place(&self) -> String {
        self.folded.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name, &self.label]
    }
}

impl Category {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.name.into(),
            self.entries.into(),
            self.field.into(),
            self.label.into(),
        ]
    }
}

impl Known {
    /// The categories with the fields that they stand for.
    fn all(&self, app: &App) -> Vec<Category> {
        let reader = app.harvester.reader.get();
        let labels = &reader.vocabulary().fields;
        let all = self.categories.iter().map(|(folded, name, entries)| {
            let field = self.mappings.get(folded).cloned().unwrap_or_default();
            let label = labels.iter().find(|one| one.slug == field);
            let label = label.map_or("để hệ thống phân loại", |one| &one.label);
            Category {
                folded: folded.clone(),
                name: name.clone(),
                entries: *entries,
                label: label.to_owned(),
                field,
            }
        });
        all.collect()
    }
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
    let back = List::of(path(id), &form.fields, &[IS_MAPPED, "sau"])?;
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
                // Nothing was changed here, but perhaps by somebody else.
                let now = signed.find(Action::SeeFeeds, |scope| {
                    Known::read(conn, scope, id, version)
                })?;
                let is_stale = now.mappings.get(&folded) != before.as_ref();
                return Ok(is_stale.then_some(now));
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
        let address = back.page_at("xong", &"chuyen-muc");
        return Ok(Redirect::to(&address).into_response());
    };
    // All of them, the one that was meant among them.
    let query = Parameters::of(&[]);
    let list = List::of(path(id), &query, &[])?;
    let mut shown = CategoriesPage::new(&app, &signed, &query, &now, list);
    shown.fill(&app, now.all(&app));
    let mut rows = shown.rows.iter_mut();
    if let Some(row) = rows.find(|row| row.category.folded == category) {
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
            self.category.label
        ));
        for (slug, _, is_chosen) in &mut self.fields {
            *is_chosen = slug == wanted;
        }
    }
}

impl CategoriesPage {
    /// The page without its rows.
    fn new(app: &App, signed: &Signed, query: &Parameters, known: &Known, list: List) -> Self {
        let frame = Frame::of(app, signed, "Chuyên mục", "/console", query);
        let snapshot = app.snapshot();
        let agency = snapshot.agency(known.feed.agency_id);
        let chosen = query.value(IS_MAPPED).unwrap_or_default();
        let states = [
            ("", "Tất cả"),
            ("co", "Đã ứng với lĩnh vực"),
            ("chua", "Chưa ứng với lĩnh vực"),
        ];
        Self {
            states: states
                .iter()
                .map(|(word, label)| (*word, *label, *word == chosen))
                .collect(),
            list,
            after: String::new(),
            rows: Vec::new(),
            next: None,
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

    fn fill(&mut self, app: &App, found: Vec<Category>) {
        let reader = app.harvester.reader.get();
        let labels = &reader.vocabulary().fields;
        let rows = found.into_iter().map(|category| Row {
            fields: labels
                .iter()
                .map(|one| {
                    let is_chosen = one.slug == category.field;
                    (one.slug.clone(), one.label.clone(), is_chosen)
                })
                .collect(),
            category,
            conflict: None,
        });
        self.rows = rows.collect();
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
