//! `/console/don-vi`: the agencies as a tree.

mod ending;
mod form;

pub(super) use ending::{end, reopen, show_ending};
pub(super) use form::{add, edit, show_form, show_new};

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use hub_repository::agencies::{self, Agency, Tally};
use hub_repository::{AgencyId, StoreError};
use law::text::without_marks;

use super::super::extract::Parameters;
use super::error::ConsoleError;
use super::export::Cell;
use super::frame::{Frame, page};
use super::list::{self, List, Page, Row as _};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::publish::{LEVELS, level, today};

const PATH: &str = "/console/don-vi";

/// Agencies on a page.
const PAGE: usize = 100;

/// Levels of the tree that are told apart by eye.
const DEEPEST: usize = 4;

/// An agency as the list has it.
#[derive(Clone)]
struct Row {
    depth: usize,
    slug: String,
    name: String,
    /// Level, place in the tree, dates.
    about: String,
    tally: Tally,
    entries: u64,
    /// What belongs to it.
    counts: String,
    failing: i64,
    /// When it ended, and who followed.
    ended: Option<String>,
}

#[derive(Template)]
#[template(path = "console/agencies.html")]
struct AgenciesPage {
    frame: Frame,
    list: List,
    /// Word, label, chosen.
    levels: Vec<(&'static str, &'static str, bool)>,
    states: Vec<(&'static str, &'static str, bool)>,
    found: usize,
    rows: Vec<Row>,
    next: Option<String>,
    may_manage: bool,
}

/// `GET /console/don-vi`
pub(super) async fn list_agencies(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let scope = signed.require(Action::SeeAgencies, None)?;
    let (known, tallies, successions) = app
        .db
        .run(move |conn| {
            let known = agencies::list(conn, &scope)?;
            let tallies = agencies::tallies(conn, &scope)?;
            Ok::<_, StoreError>((known, tallies, agencies::successions(conn, &scope)?))
        })
        .await?;
    let list = List::of(PATH, &query, &["cap", "trang-thai"])?;
    let (of_level, state) = (query.text("cap"), query.text("trang-thai"));
    let day = today();
    let is_shown = |agency: &Agency| {
        (of_level.is_empty() || level(agency) == of_level)
            && match state {
                "hoat-dong" => !has_ended(agency, day),
                "ket-thuc" => has_ended(agency, day),
                _ => true,
            }
    };
    let names = names(&known);
    let snapshot = app.snapshot();
    let shown = in_tree(&known).into_iter();
    let shown = shown.filter(|(_, agency)| is_shown(agency));
    let all = shown.map(|(depth, agency)| {
        let followers = successions
            .iter()
            .filter(|(before, _)| *before == agency.id);
        let followers: Vec<&str> = followers
            .filter_map(|(_, id)| names.get(id).copied())
            .collect();
        let tally = tallies.get(&agency.id).copied().unwrap_or_default();
        let entries = snapshot.entries_of(agency.id);
        Row {
            depth: depth.min(DEEPEST),
            slug: agency.slug.clone(),
            name: agency.name.clone(),
            about: about(agency, &names),
            counts: counts(tally, entries),
            tally,
            entries,
            failing: tally.failing,
            ended: ended(agency, &followers, day),
        }
    });
    let all: Vec<Row> = all.collect();
    let found = all.iter().filter(|row| list.search.finds(row.texts()));
    let found = found.count();
    let after = query.value("sau").map(str::to_owned);
    let columns = &[
        "Đơn vị",
        "Mã",
        "Cấp, trực thuộc, từ ngày",
        "Nguồn tin",
        "Có lỗi",
        "Người",
        "Bài",
        "Kết thúc",
    ];
    let shown = list.shown_of(&all, after, PAGE, Row::cells)?;
    let (rows, next) = match shown.or_file("don-vi", columns).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    page(&AgenciesPage {
        rows,
        found,
        next: next.map(|last| list.page_at("sau", &last)),
        list,
        levels: LEVELS
            .map(|(word, label)| (word, label, word == of_level))
            .to_vec(),
        states: [("hoat-dong", "Đang hoạt động"), ("ket-thuc", "Đã kết thúc")]
            .map(|(word, label)| (word, label, word == state))
            .to_vec(),
        may_manage: signed.may(Action::ManageAgencies, None),
        frame: Frame::of(&app, &signed, "Đơn vị", PATH, &query),
    })
}

impl list::Row for Row {
    type Place = String;

    fn place(&self) -> String {
        self.slug.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.name, &self.slug]
    }
}

impl Row {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.name.into(),
            self.slug.into(),
            self.about.into(),
            self.tally.feeds.into(),
            self.failing.into(),
            self.tally.people.into(),
            i64::try_from(self.entries).unwrap_or(i64::MAX).into(),
            self.ended.into(),
        ]
    }
}

/// The agencies in the order of their tree, each with how deep it stands; those beside each other by name. One whose parent is
/// not there stands at the top.
fn in_tree(agencies: &[Agency]) -> Vec<(usize, &Agency)> {
    let there: HashSet<AgencyId> = agencies.iter().map(|agency| agency.id).collect();
    let mut below: HashMap<Option<AgencyId>, Vec<&Agency>> = HashMap::new();
    for agency in agencies {
        let parent = agency.parent_id.filter(|parent| there.contains(parent));
        below.entry(parent).or_default().push(agency);
    }
    for children in below.values_mut() {
        children.sort_by_cached_key(|agency| std::cmp::Reverse(without_marks(&agency.name)));
    }
    let mut ahead: Vec<(usize, &Agency)> = Vec::new();
    let mut put = |ahead: &mut Vec<_>, parent, depth| {
        let children = below.remove(&parent).unwrap_or_default();
        ahead.extend(children.into_iter().map(|child| (depth, child)));
    };
    put(&mut ahead, None, 0);
    let mut ordered = Vec::with_capacity(agencies.len());
    while let Some((depth, agency)) = ahead.pop() {
        ordered.push((depth, agency));
        put(&mut ahead, Some(agency.id), depth + 1);
    }
    ordered
}

fn names(agencies: &[Agency]) -> HashMap<AgencyId, &str> {
    let named = agencies.iter();
    named.map(|agency| (agency.id, &*agency.name)).collect()
}

fn has_ended(agency: &Agency, day: NaiveDate) -> bool {
    agency.valid_until.is_some_and(|last| last < day)
}

fn about(agency: &Agency, names: &HashMap<AgencyId, &str>) -> String {
    let mut parts = vec![agency.slug.clone()];
    let of = level(agency);
    parts.extend(
        LEVELS
            .iter()
            .find(|(word, _)| *word == of)
            .map(|(_, label)| label.to_lowercase()),
    );
    let parent = agency.parent_id.and_then(|parent| names.get(&parent));
    parts.extend(parent.map(|parent| format!("thuộc {parent}")));
    parts.extend(agency.valid_from.map(|day| format!("từ {}", written(day))));
    parts.join(" · ")
}

fn counts(tally: Tally, entries: u64) -> String {
    let feeds = match tally.feeds {
        0 => "chưa có nguồn tin".to_owned(),
        some => format!("{some} nguồn tin"),
    };
    let people = match tally.people {
        0 => "chưa có người".to_owned(),
        some => format!("{some} người"),
    };
    format!("{feeds} · {people} · {entries} bài")
}

fn ended(agency: &Agency, followers: &[&str], day: NaiveDate) -> Option<String> {
    let last = agency.valid_until?;
    let mut said = if last < day {
        format!("Đã kết thúc ngày {}", written(last))
    } else {
        format!("Hoạt động đến hết ngày {}", written(last))
    };
    if !followers.is_empty() {
        said.push_str("; kế thừa: ");
        said.push_str(&followers.join(", "));
    }
    Some(said)
}

/// A day as people read it.
fn written(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}
