//! `/console/don-vi/{agency}/tien-ich`: an agency's widgets, and how often each was shown.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use hub_repository::widgets::{self, View, Widget, views};
use hub_repository::{Scope, StoreError, Timestamp};

use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::export::Cell;
use super::super::frame::{Frame, page};
use super::super::list::{self, List, Page};
use super::super::session::Signed;
use super::described::{Described, view_label};
use super::shown::since;
use crate::access::Action::{ManageWidgets, SeeWidgets};
use crate::app::App;

/// Widgets on a page.
const PAGE: usize = 50;

/// A widget of the list.
#[derive(Clone)]
struct Row {
    id: String,
    title: String,
    about: String,
    view: View,
    entries: i64,
    /// Sites that may show it; none for all.
    sites: String,
    views: i64,
    created_at: Timestamp,
}

#[derive(Template)]
#[template(path = "console/widgets.html")]
struct WidgetsPage {
    frame: Frame,
    slug: String,
    list: List,
    /// What the list is narrowed by: word, label, chosen.
    kinds: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    next: Option<String>,
    may_manage: bool,
}

/// `GET /console/don-vi/{agency}/tien-ich`
pub(in super::super) async fn list_widgets(
    State(app): State<App>,
    signed: Signed,
    Segment(slug): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let snapshot = app.snapshot();
    let (agency, _) = signed.agency(&snapshot, &slug, SeeWidgets, SeeWidgets)?;
    let scope = Scope::Agency(agency.id);
    let (known, counts) = signed
        .db(&app)
        .run(move |conn| {
            let known = widgets::list(conn, &scope)?;
            Ok::<_, StoreError>((known, views::since(conn, &scope, since())?))
        })
        .await?;
    let list = List::of(
        format!("/console/don-vi/{}/tien-ich", agency.slug),
        &query,
        &["kieu"],
    )?;
    let kind = query.value("kieu").unwrap_or_default();
    let rows = known.iter().map(|widget| Row::new(widget, &counts));
    let all: Vec<Row> = rows
        .filter(|row| kind.is_empty() || row.view.as_str() == kind)
        .collect();
    let after = query.value("sau").map(str::to_owned);
    let shown = list.shown_of(&all, after, PAGE, Row::cells)?;
    let columns = &[
        "Mã",
        "Tên",
        "Kiểu",
        "Số bài",
        "Trang được phép",
        "Lượt trong 30 ngày",
        "Tạo lúc",
    ];
    let (rows, next) = match shown.or_file("tien-ich", columns).await? {
        Page::Rows(rows, next) => (rows, next),
        Page::File(file) => return Ok(file),
    };
    let kinds = View::ALL.iter();
    let kinds = kinds.map(|view| (view.as_str(), view_label(*view), view.as_str() == kind));
    page(&WidgetsPage {
        rows,
        next: next.map(|last| list.page_at("sau", &last)),
        list,
        kinds: kinds.collect(),
        may_manage: signed.may(ManageWidgets, Some(agency.id)),
        frame: Frame::of(&app, &signed, "Tiện ích", "/console", &query)
            .within(&signed, agency, "tien-ich"),
        slug,
    })
}

impl Row {
    fn new(widget: &Widget, counts: &[views::Views]) -> Self {
        let own = counts.iter().filter(|views| views.widget == widget.id);
        let described = Described::of(widget);
        Self {
            id: widget.id.clone(),
            title: described.name(),
            about: described.about(),
            view: widget.view,
            entries: widget.entries.into(),
            sites: widget.allowed_origins.join(", "),
            views: own.map(|views| views.count).sum(),
            created_at: widget.created_at,
        }
    }

    fn cells(self) -> Vec<Cell> {
        vec![
            self.id.into(),
            self.title.into(),
            view_label(self.view).into(),
            self.entries.into(),
            self.sites.into(),
            self.views.into(),
            self.created_at.into(),
        ]
    }
}

impl list::Row for Row {
    type Place = String;

    fn place(&self) -> String {
        self.id.clone()
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.title, &self.about, &self.sites]
    }
}
