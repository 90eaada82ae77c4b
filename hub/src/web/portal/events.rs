//! `/su-kien`: a calendar of what takes place, month by month.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{Datelike as _, Months, NaiveDate};
use hub_repository::entries::{self, Entry, Kind};
use hub_repository::{DbConn, Scope, StoreError};

use super::super::error::{Error, PageError};
use super::super::extract::Parameters;
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::page::{Link, Page, html};
use crate::app::App;
use crate::publish::{
    Document, Occasion, Shows, Snapshot, agency_path, day_start, entry_path, local, today,
};

/// Events that one month shows at most.
const MOST: i64 = 500;

/// Entries that are read at a time: each may have a megabyte.
const AT_ONCE: usize = 25;

/// Months that can be asked for.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    page: Page,
    month: String,
    previous: Link,
    next: Link,
    /// The present month, where another is shown.
    present: Option<&'static str>,
    weeks: Vec<[Option<Cell>; 7]>,
    days: Vec<Day>,
}

/// A day of the month.
struct Cell {
    number: u32,
    /// Where its events stand.
    anchor: Option<String>,
    is_today: bool,
}

/// A day on which something takes place.
struct Day {
    anchor: String,
    label: String,
    is_today: bool,
    events: Vec<EventView>,
}

/// An event in a list.
pub(super) struct EventView {
    pub(super) title: String,
    pub(super) path: String,
    pub(super) agency: String,
    pub(super) agency_path: String,
    /// The day, for people and for machines.
    pub(super) date: String,
    pub(super) datetime: String,
    /// When it begins on that day, where that is said.
    pub(super) time: Option<String>,
    /// The last day of one that takes several.
    pub(super) until: Option<String>,
    pub(super) place: Option<String>,
    first: NaiveDate,
    last: NaiveDate,
}

impl EventView {
    /// The event that an entry announces; none where it does not say when.
    pub(super) fn new(entry: &Entry, snapshot: &Snapshot) -> Option<Self> {
        let Occasion {
            first,
            last,
            time,
            place,
        } = Occasion::of(entry)?;
        let agency = snapshot.agency(entry.agency_id);
        let begins = entry.starts_at.filter(|_| !time.is_empty());
        Some(Self {
            title: entry.title.clone(),
            path: entry_path(entry.id, &entry.title),
            agency: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
            agency_path: agency
                .map(|agency| agency_path(&agency.slug))
                .unwrap_or_default(),
            date: first.format("%d/%m/%Y").to_string(),
            datetime: begins.map_or_else(
                || first.to_string(),
                |begins| local(begins.to_utc()).to_rfc3339(),
            ),
            time: (!time.is_empty()).then_some(time),
            until: (last > first).then(|| last.format("%d/%m/%Y").to_string()),
            place: (!place.is_empty()).then_some(place),
            first,
            last,
        })
    }
}

/// The events from one day until before another, at most so many; none in times that have no days.
pub(super) fn events_between(
    conn: &mut DbConn,
    snapshot: &Snapshot,
    first: NaiveDate,
    behind: NaiveDate,
    most: i64,
) -> Result<Vec<EventView>, StoreError> {
    let Some((from, until)) = day_start(first).zip(day_start(behind)) else {
        return Ok(Vec::new());
    };
    let window = (from.into(), until.into());
    let ids = entries::events(conn, &Scope::Province, None, window, most)?;
    let mut views = Vec::new();
    for ids in ids.chunks(AT_ONCE) {
        let mut found = entries::with_ids(conn, &Scope::Province, ids)?;
        found.sort_by_key(|entry| ids.iter().position(|id| *id == entry.id));
        views.extend(
            found
                .iter()
                .filter_map(|entry| EventView::new(entry, snapshot)),
        );
    }
    Ok(views)
}

/// `GET /su-kien?thang=2026-11`.
pub(crate) async fn show_events(
    State(app): State<App>,
    parameters: Parameters,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let today = today();
    let month = match parameters.value("thang") {
        None => today,
        Some(text) => month(text).ok_or_else(|| Error::BadParameter {
            name: "thang",
            expected: format!("2026-11 ({}–{})", YEARS.start(), YEARS.end()),
        })?,
    };
    let first = month.with_day(1).unwrap_or(month);
    let address = format!("/su-kien?thang={}#{today}", name(first));
    let document = kept(
        &app,
        &app.snapshot(),
        &address,
        move |app, snapshot, conn| render(app, snapshot, conn, first, today),
    )
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

/// The first day of a month as its name says it.
fn month(text: &str) -> Option<NaiveDate> {
    let first: NaiveDate = format!("{text}-01").parse().ok()?;
    (YEARS.contains(&first.year()) && name(first) == text).then_some(first)
}

fn name(first: NaiveDate) -> String {
    first.format("%Y-%m").to_string()
}

fn anchor(day: NaiveDate) -> String {
    format!("ngay-{day}")
}

fn render(
    app: &App,
    snapshot: &Snapshot,
    conn: &mut DbConn,
    first: NaiveDate,
    today: NaiveDate,
) -> Result<Document, Error> {
    let before = first.checked_sub_months(Months::new(1)).unwrap_or(first);
    let behind = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let events = events_between(conn, snapshot, first, behind, MOST)?;
    let days = days(events, first, today);
    let link = |month: NaiveDate| {
        Link::new(
            format!("Tháng {}/{}", month.month(), month.year()),
            format!("/su-kien?thang={}", name(month)),
        )
    };
    let path = if name(first) == name(today) {
        "/su-kien".to_owned()
    } else {
        format!("/su-kien?thang={}", name(first))
    };
    let label = format!("tháng {} năm {}", first.month(), first.year());
    let mut page = Page::new(app, format!("Sự kiện {label}"), &path);
    page.part = "/su-kien";
    page.feed = Some("/feeds/kind/event".to_owned());
    page.description = format!(
        "Hội nghị, tập huấn, phiên tòa lưu động, ngày tuyên truyền pháp luật trong {label}."
    );
    let page = html(&EventsPage {
        page,
        month: label,
        previous: link(before),
        next: link(behind),
        present: (name(first) != name(today)).then_some("/su-kien"),
        weeks: weeks(&days, first, behind, today),
        days,
    })?;
    Ok(page.showing(Shows::list(None, Some(Kind::Event))))
}

/// The events by the days on which they begin; those that began in an earlier month stand on the month's first day.
fn days(events: Vec<EventView>, month: NaiveDate, today: NaiveDate) -> Vec<Day> {
    let mut days: Vec<(NaiveDate, Vec<EventView>)> = Vec::new();
    for event in events {
        let day = event.first.max(month);
        match days.last_mut() {
            Some((known, events)) if *known == day => events.push(event),
            _ => days.push((day, vec![event])),
        }
    }
    let days = days.into_iter().map(|(day, events)| Day {
        anchor: anchor(day),
        label: format!("{}, {}", weekday(day), day.format("%d/%m/%Y")),
        is_today: day == today,
        events,
    });
    days.collect()
}

fn weekday(day: NaiveDate) -> &'static str {
    [
        "Thứ Hai",
        "Thứ Ba",
        "Thứ Tư",
        "Thứ Năm",
        "Thứ Sáu",
        "Thứ Bảy",
        "Chủ nhật",
    ][day.weekday().num_days_from_monday() as usize]
}

/// The month as weeks from Monday. A day leads to where its events stand, also one on which an event only goes on.
fn weeks(
    days: &[Day],
    first: NaiveDate,
    behind: NaiveDate,
    today: NaiveDate,
) -> Vec<[Option<Cell>; 7]> {
    let mut weeks: Vec<[Option<Cell>; 7]> = Vec::new();
    for day in first.iter_days().take_while(|day| *day < behind) {
        let column = day.weekday().num_days_from_monday() as usize;
        if column == 0 || weeks.is_empty() {
            weeks.push(std::array::from_fn(|_| None));
        }
        let takes_place = |of: &&Day| {
            let mut events = of.events.iter();
            events.any(|event| (event.first..=event.last).contains(&day))
        };
        let cell = Cell {
            number: day.day(),
            anchor: days.iter().find(takes_place).map(|of| of.anchor.clone()),
            is_today: day == today,
        };
        if let Some(week) = weeks.last_mut() {
            week[column] = Some(cell);
        }
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn event(first: &str, last: &str) -> EventView {
        EventView {
            title: String::new(),
            path: String::new(),
            agency: String::new(),
            agency_path: String::new(),
            date: String::new(),
            datetime: String::new(),
            time: None,
            until: None,
            place: None,
            first: day(first),
            last: day(last),
        }
    }

    #[test]
    fn months_have_one_name_each() {
        assert_eq!(month("2026-11"), Some(day("2026-11-01")));
        for wrong in [
            "2026-13",
            "2026-1",
            "26-11",
            "2026-11-05",
            "1999-12",
            "+2026-11",
            "",
        ] {
            assert_eq!(month(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_month_shows_every_day_on_which_something_takes_place() {
        let (first, behind, today) = (day("2026-11-01"), day("2026-12-01"), day("2026-11-28"));
        let events = vec![
            event("2026-10-30", "2026-11-02"),
            event("2026-11-28", "2026-11-28"),
        ];
        let days = days(events, first, today);
        let labels: Vec<_> = days.iter().map(|day| day.label.as_str()).collect();
        assert_eq!(labels, ["Chủ nhật, 01/11/2026", "Thứ Bảy, 28/11/2026"]);

        let weeks = weeks(&days, first, behind, today);
        assert_eq!(weeks.len(), 6, "a Sunday, four weeks, a Monday");
        let cells: Vec<&Cell> = weeks.iter().flatten().flatten().collect();
        assert_eq!(cells.len(), 30);
        let leading: Vec<_> = cells
            .iter()
            .filter_map(|cell| Some((cell.number, cell.anchor.as_deref()?)))
            .collect();
        let expected = [
            (1, "ngay-2026-11-01"),
            (2, "ngay-2026-11-01"),
            (28, "ngay-2026-11-28"),
        ];
        assert_eq!(leading, expected);
        assert!(weeks[0][6].is_some() && weeks[0][5].is_none());
    }
}
