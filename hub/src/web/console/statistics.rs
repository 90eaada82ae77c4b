//! What agencies publish, in figures: one of them, and all compared.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::{Datelike as _, Months, NaiveDate, TimeDelta};
use hub_repository::entries::{self, Counted, Kind};
use hub_repository::feeds::{self, Feed};
use hub_repository::freshness::{self, Found};
use hub_repository::statistics::{self, Gap, Published};
use hub_repository::widgets::{self, Widget, views};
use hub_repository::{AgencyId, DbConn, Scope, StoreError, Timestamp};

use super::super::error::Error;
use super::super::extract::{Parameters, Segment};
use super::answers::title;
use super::error::ConsoleError;
use super::export::{Cell, Sheet};
use super::frame::{Frame, page};
use super::list::{self, List, Shown};
use super::session::Signed;
use super::start::moment;
use super::widgets::name_of;
use crate::access::Action;
use crate::app::App;
use crate::harvest::freshness::staleness;
use crate::publish::{day_start, kind_label, short_date, today};

/// Months that are looked back at, this one among them.
const MONTHS: u32 = 12;

/// What is recent.
const RECENT: TimeDelta = TimeDelta::days(30);

/// Gaps that are listed.
const GAPS: i64 = 20;

/// Names of missing fields that a row of the comparison shows.
const MISSING_SHOWN: usize = 3;

/// A month, how many entries in all and of each kind.
struct MonthRow {
    label: String,
    total: i64,
    /// Of 100.
    bar: i64,
    kinds: Vec<i64>,
}

/// Something that is counted.
struct CountRow {
    label: String,
    count: i64,
    /// Of 100.
    bar: i64,
    path: Option<String>,
}

struct GapRow {
    feed: String,
    path: String,
    since: String,
    until: String,
}

#[derive(Template)]
#[template(path = "console/statistics.html")]
struct StatisticsPage {
    frame: Frame,
    total: i64,
    recent: i64,
    newest: String,
    found: String,
    /// The kinds that the months have columns for.
    kinds: Vec<&'static str>,
    months: Vec<MonthRow>,
    fields: Vec<CountRow>,
    missing: Vec<String>,
    undecided: i64,
    widgets: Vec<CountRow>,
    gaps: Vec<GapRow>,
}

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

/// What is read of one agency.
struct Figures {
    total: Option<Published>,
    recent: Option<Published>,
    found: Vec<Found>,
    months: Vec<(Kind, BTreeMap<String, i64>)>,
    fields: Vec<(AgencyId, Option<String>, i64)>,
    feeds: Vec<Feed>,
    gaps: Vec<Gap>,
    widgets: Vec<Widget>,
    views: Vec<views::Views>,
}

impl Figures {
    fn read(conn: &mut DbConn, scope: &Scope, today: NaiveDate) -> Result<Self, StoreError> {
        let since = Timestamp::now() + -RECENT;
        let months = Kind::ALL.iter().map(|kind| {
            let counted = Counted {
                kinds: vec![*kind],
                from: first_month(today),
                ..Counted::default()
            };
            let counts = entries::by_month(conn, scope, &counted)?;
            Ok((*kind, counts.into_iter().collect()))
        });
        let months = months.collect::<Result<Vec<(Kind, BTreeMap<_, _>)>, StoreError>>()?;
        let views_since = today - RECENT;
        Ok(Self {
            total: statistics::published_since(conn, scope, None)?.pop(),
            recent: statistics::published_since(conn, scope, Some(since))?.pop(),
            found: freshness::found_since(conn, scope, since, None)?,
            months: months
                .into_iter()
                .filter(|(_, counts)| !counts.is_empty())
                .collect(),
            fields: statistics::by_field(conn, scope)?,
            feeds: feeds::list(conn, scope)?,
            gaps: statistics::gaps_since(conn, scope, since, GAPS)?,
            widgets: widgets::list(conn, scope)?,
            views: views::since(conn, scope, views_since)?,
        })
    }
}

/// `GET /console/don-vi/{agency}/thong-ke`
pub(super) async fn show_agency(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let agency = snapshot.agency_by_slug(&slug);
    let agency = agency.filter(|agency| signed.may(Action::SeeStatistics, Some(agency.id)));
    let agency = agency.ok_or(Error::NotFound("agency"))?;
    let (scope, today) = (Scope::Agency(agency.id), today());
    let figures = signed
        .db(&app)
        .run(move |conn| Figures::read(conn, &scope, today))
        .await?;
    let frame = Frame::of(&app, &signed, "Thống kê", "/console", &query);
    let of_field = |slug: &str| {
        let mut counted = figures.fields.iter();
        let found = counted.find(|(_, field, _)| field.as_deref() == Some(slug));
        found.map_or(0, |(.., count)| *count)
    };
    let reader = app.harvester.reader.get();
    let labels = &reader.vocabulary().fields;
    let fields = labels.iter().map(|field| CountRow {
        label: field.label.clone(),
        count: of_field(&field.slug),
        bar: 0,
        path: None,
    });
    let (mut fields, missing): (Vec<_>, Vec<_>) = fields.partition(|row| row.count > 0);
    fields.sort_by_key(|row| std::cmp::Reverse(row.count));
    let decided: i64 = fields.iter().map(|row| row.count).sum();
    let total = figures.total.map_or(0, |published| published.entries);
    let views_of = |id: &str| {
        let own = figures.views.iter().filter(|views| views.widget == id);
        own.map(|views| views.count).sum()
    };
    let widgets = figures.widgets.iter().map(|widget| CountRow {
        label: name_of(widget),
        count: views_of(&widget.id),
        bar: 0,
        path: Some(format!("/console/tien-ich/{}", widget.id)),
    });
    let gaps = figures.gaps.iter().map(|gap| {
        let feed = figures.feeds.iter().find(|feed| feed.id == gap.feed_id);
        GapRow {
            feed: feed.map_or_else(String::new, title),
            path: format!("/console/nguon-tin/{}", gap.feed_id),
            since: moment(gap.since),
            until: moment(gap.until),
        }
    });
    page(&StatisticsPage {
        frame: frame.within(&signed, agency, "thong-ke"),
        total,
        recent: figures.recent.map_or(0, |published| published.entries),
        newest: figures.total.map_or_else(
            || "chưa có bài nào".to_owned(),
            |published| short_date(published.newest.to_utc()),
        ),
        found: found_in_words(figures.found.iter()),
        kinds: figures
            .months
            .iter()
            .map(|(kind, _)| kind_label(*kind))
            .collect(),
        months: month_rows(&figures.months, today),
        fields: with_bars(fields),
        missing: missing.into_iter().map(|row| row.label).collect(),
        undecided: total - decided,
        widgets: with_bars(widgets.collect()),
        gaps: gaps.collect(),
    })
}

/// `GET /console/thong-ke`: all agencies compared.
pub(super) async fn compare(
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
            missing: some_of(&missing),
        }
    });
    let mut all: Vec<AgencyRow> = rows.collect();
    all.sort_by_key(|row| std::cmp::Reverse((row.recent, row.total)));
    let list = List::of("/console/thong-ke", &query, &[])?;
    let after = query.value("sau").map(str::to_owned);
    let (rows, next) = match list.shown_of(&all, after, PAGE, AgencyRow::cells)? {
        Shown::Page(rows, next) => (rows, next),
        Shown::File(format, rows) => {
            let sheet = Sheet {
                name: "thong-ke",
                columns: COMPARED,
                rows,
            };
            return list::file(format, sheet).await;
        }
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

/// The last months as `2026-11` with their first days, the latest first.
fn months(today: NaiveDate) -> Vec<(NaiveDate, String)> {
    let present = today.with_day(1).unwrap_or(today);
    let firsts = (0..MONTHS).filter_map(|ago| present.checked_sub_months(Months::new(ago)));
    firsts
        .map(|first| (first, first.format("%Y-%m").to_string()))
        .collect()
}

/// When the first of the months begins.
fn first_month(today: NaiveDate) -> Option<Timestamp> {
    let months = months(today);
    let (first, _) = months.last()?;
    day_start(*first).map(Timestamp::from)
}

fn month_rows(counts: &[(Kind, BTreeMap<String, i64>)], today: NaiveDate) -> Vec<MonthRow> {
    let rows = months(today).into_iter().map(|(first, name)| {
        let kinds: Vec<i64> = counts
            .iter()
            .map(|(_, months)| months.get(&name).copied().unwrap_or(0))
            .collect();
        MonthRow {
            label: format!("{}/{}", first.month(), first.year()),
            total: kinds.iter().sum(),
            bar: 0,
            kinds,
        }
    });
    let mut rows: Vec<MonthRow> = rows.collect();
    let most = rows.iter().map(|row| row.total).max().unwrap_or(0).max(1);
    for row in &mut rows {
        row.bar = row.total * 100 / most;
    }
    rows
}

fn with_bars(mut rows: Vec<CountRow>) -> Vec<CountRow> {
    let most = rows.iter().map(|row| row.count).max().unwrap_or(0).max(1);
    for row in &mut rows {
        row.bar = row.count * 100 / most;
    }
    rows
}

/// How soon entries are found after their publication.
fn found_in_words<'f>(found: impl Iterator<Item = &'f Found>) -> String {
    let Some(staleness) = staleness(found) else {
        return "chưa đo được".to_owned();
    };
    match i64::from(staleness.p50_seconds) {
        seconds @ ..3_600 => format!("{} phút", seconds / 60 + 1),
        seconds @ 3_600..86_400 => format!("{} giờ", seconds / 3_600),
        seconds => format!("{} ngày", seconds / 86_400),
    }
}

/// The first of some names, and how many more there are.
fn some_of(names: &[&str]) -> String {
    let shown = names.iter().take(MISSING_SHOWN).copied();
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MISSING_SHOWN) {
        0 => shown,
        more => format!("{shown} và {more} lĩnh vực khác"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_without_entries_stand_among_the_others() {
        let today = "2026-01-31".parse().unwrap();
        let news = BTreeMap::from([("2026-01".to_owned(), 2), ("2025-11".to_owned(), 4)]);
        let rows = month_rows(&[(Kind::News, news)], today);
        let first: Vec<(&str, i64, i64)> = rows
            .iter()
            .map(|row| (&*row.label, row.total, row.bar))
            .take(3)
            .collect();
        assert_eq!(
            first,
            [("1/2026", 2, 50), ("12/2025", 0, 0), ("11/2025", 4, 100)]
        );
        assert_eq!(rows.len(), 12);
    }

    #[test]
    fn some_names_stand_for_all() {
        assert_eq!(some_of(&["a", "b"]), "a, b");
        assert_eq!(
            some_of(&["a", "b", "c", "d", "e"]),
            "a, b, c và 2 lĩnh vực khác"
        );
    }
}
