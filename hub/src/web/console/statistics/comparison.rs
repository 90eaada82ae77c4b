//! `/console/thong-ke`: all agencies compared.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::statistics::{self, Published};
use hub_repository::{AgencyId, StoreError, Timestamp, entries, feeds, freshness};

use super::super::super::extract::Parameters;
use super::super::error::ConsoleError;
use super::super::export::Cell;
use super::super::frame::{Frame, page};
use super::super::list::{self, List, Page};
use super::super::session::Signed;
use super::{RECENT, found_in_words};
use crate::access::Action;
use crate::app::App;
use crate::publish::{kind_label, short_date};

/// Agencies on a page.
const PAGE: usize = 100;

/// What the file of the comparison has.
const COMPARED: &[&str] = &[
    "Đơn vị",
    "30 ngày",
    "Tất cả",
    "Mới nhất",
    "Lên cổng sau",
    "Nguồn tin",
    "Loại bài",
    "Số lĩnh vực",
    "Còn thiếu",
];

/// An agency among all.
#[derive(Clone)]
struct AgencyRow {
    name: String,
    path: String,
    total: i64,
    recent: i64,
    /// Of 100.
    bar: i64,
    newest: String,
    found: String,
    kinds: String,
    feeds: String,
    /// Fields that it has entries of.
    covered: usize,
    /// Those that it has none of, for the file.
    missing: String,
}

#[derive(Template)]
#[template(path = "console/comparison.html")]
struct ComparisonPage {
    frame: Frame,
    fields: usize,
    list: List,
    silent: Vec<(String, String)>,
    rows: Vec<AgencyRow>,
    next: Option<String>,
    /// Fields that nobody has published anything of.
    nowhere: Vec<String>,
}

/// `GET /console/thong-ke`
pub(in super::super) async fn compare(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeStatistics, None)?;
    let snapshot = app.snapshot();
    let (total, recent, found, fields, feeds, kinds) = signed
        .db(&app)
        .run(move |conn| {
            let since = Timestamp::now() + -RECENT;
            Ok::<_, StoreError>((
                statistics::published_since(conn, &scope, None)?,
                statistics::published_since(conn, &scope, Some(since))?,
                freshness::found_since(conn, &scope, since, None)?,
                statistics::by_field(conn, &scope)?,
                feeds::list(conn, &scope)?,
                entries::counts(conn, &scope)?,
            ))
        })
        .await?;
    let reader = app.harvester.reader.get();
    let labels = &reader.vocabulary().fields;
    let mut by_field: HashMap<AgencyId, Vec<&str>> = HashMap::new();
    for (agency, field, _) in &fields {
        if let Some(field) = field {
            by_field.entry(*agency).or_default().push(field);
        }
    }
    let most = recent.iter().map(|published| published.entries).max();
    let rows = snapshot.agencies().iter().map(|agency| {
        let of = |all: &[Published]| all.iter().find(|one| one.agency_id == agency.id).copied();
        let recent = of(&recent).map_or(0, |published| published.entries);
        let has = by_field.get(&agency.id).map_or(&[][..], Vec::as_slice);
        let missing = labels.iter().filter(|field| !has.contains(&&*field.slug));
        let missing: Vec<&str> = missing.map(|field| field.label.as_str()).collect();
        let own_kinds = kinds.iter().filter(|(id, ..)| *id == agency.id);
        let own_kinds = own_kinds
            .map(|(_, kind, count)| format!("{} {}", kind_label(*kind).to_lowercase(), count));
        let own_feeds = || {
            let of_agency = feeds.iter().filter(|feed| feed.agency_id == agency.id);
            of_agency.filter(|feed| feed.stopped_at.is_none())
        };
        let failing = own_feeds().filter(|feed| feed.failures > 0).count();
        let total = of(&total);
        AgencyRow {
            name: agency.name.clone(),
            path: format!("/console/don-vi/{}/thong-ke", agency.slug),
            total: total.map_or(0, |published| published.entries),
            recent,
            bar: recent * 100 / most.unwrap_or(0).max(1),
            newest: total.map_or_else(
                || "chưa có".to_owned(),
                |published| short_date(published.newest.to_utc()),
            ),
            found: found_in_words(found.iter().filter(|one| one.agency_id == agency.id)),
            kinds: own_kinds.collect::<Vec<_>>().join(", "),
            feeds: feeds_in_words(own_feeds().count(), failing),
            covered: labels.len() - missing.len(),
            missing: missing.join(", "),
        }
    });
    let mut all: Vec<AgencyRow> = rows.collect();
    all.sort_by_key(|row| std::cmp::Reverse((row.recent, row.total)));
    let list = List::of("/console/thong-ke", &query, &[])?;
    let after = query.value("sau").map(str::to_owned);
    let shown = list.shown_of(&all, after, PAGE, AgencyRow::cells)?;
    let (rows, next) = match shown.or_file("thong-ke", COMPARED).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    let silent = all.iter().filter(|row| row.recent == 0);
    let anywhere: Vec<&str> = fields
        .iter()
        .filter_map(|(_, field, _)| field.as_deref())
        .collect();
    let nowhere = labels
        .iter()
        .filter(|field| !anywhere.contains(&&*field.slug));
    page(&ComparisonPage {
        frame: Frame::of(
            &app,
            &signed,
            "So sánh các đơn vị",
            "/console/thong-ke",
            &query,
        ),
        fields: labels.len(),
        next: next.map(|last| list.page_at("sau", &last)),
        list,
        silent: silent
            .map(|row| (row.name.clone(), row.path.clone()))
            .collect(),
        nowhere: nowhere.map(|field| field.label.clone()).collect(),
        rows,
    })
}

fn feeds_in_words(all: usize, failing: usize) -> String {
    match (all, failing) {
        (0, _) => "không có".to_owned(),
        (all, 0) => all.to_string(),
        (all, failing) => format!("{all}, {failing} hỏng"),
    }
}

impl list::Row for AgencyRow {
    type Place = String;

    fn place(&self) -> String {
        self.path.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name]
    }
}

impl AgencyRow {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.name.into(),
            self.recent.into(),
            self.total.into(),
            self.newest.into(),
            self.found.into(),
            self.feeds.into(),
            self.kinds.into(),
            i64::try_from(self.covered).unwrap_or(i64::MAX).into(),
            self.missing.into(),
        ]
    }
}
