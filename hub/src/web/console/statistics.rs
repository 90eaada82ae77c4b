//! What an agency publishes, in figures; and all agencies compared.

mod comparison;

pub(super) use comparison::compare;

use std::collections::BTreeMap;

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
use super::frame::{Frame, page};
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
}
