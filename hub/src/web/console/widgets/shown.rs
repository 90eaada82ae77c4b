//! The page of one widget: its form, how it looks, what to paste, and how often it was shown.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{Days, NaiveDate};
use hub_repository::Scope;
use hub_repository::agencies::Agency;
use hub_repository::widgets::{Widget, views};

use super::super::super::assets;
use super::super::super::error::Error;
use super::super::super::extract::Parameters;
use super::super::super::passage::PAGE_POLICY;
use super::super::super::widget::{ELEMENT, RESIZER};
use super::super::error::ConsoleError;
use super::super::frame::Frame;
use super::super::session::Signed;
use super::described::{Choices, Described, Fault};
use crate::access::Action::ManageWidgets;
use crate::app::App;
use crate::publish::{day_start, new_widget_id, short_date, today};

/// Days that are looked back at.
const RECENT: u64 = 30;

/// How often a widget was asked for on a day.
pub(super) struct DayRow {
    day: String,
    count: i64,
    /// Of 100.
    bar: i64,
}

#[derive(Template)]
#[template(path = "console/widget.html")]
pub(super) struct WidgetPage {
    frame: Frame,
    /// Where the form is sent.
    action: String,
    /// The agency's.
    slug: String,
    /// None for one that is not there yet.
    id: Option<String>,
    described: Described,
    choices: Choices,
    /// What a form says it was made of.
    pub(super) version: String,
    pub(super) faults: Vec<Fault>,
    /// What stands otherwise in what is stored: property, stored, typed.
    pub(super) differences: Vec<(&'static str, String, String)>,
    /// The address of the frame that shows it.
    preview: String,
    script: &'static str,
    snippets: Option<Snippets>,
    days: Vec<DayRow>,
    may_manage: bool,
}

/// What to paste.
pub(super) struct Snippets {
    element: String,
    frame: String,
    fragment: String,
}

/// The first of the days that are looked back at.
pub(super) fn since() -> NaiveDate {
    let day = today().checked_sub_days(Days::new(RECENT - 1));
    day.unwrap_or(NaiveDate::MIN)
}

/// The page shows the hub's own frames.
pub(super) fn framing(mut response: Response) -> Result<Response, ConsoleError> {
    let usual = PAGE_POLICY;
    let usual = usual.to_str().unwrap_or("default-src 'none'");
    let policy = HeaderValue::try_from(format!("{usual}; frame-src 'self'"));
    let policy = policy.map_err(|error| Error::Internal(error.into()))?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

impl WidgetPage {
    /// One that is not there yet.
    pub(super) fn new(app: &App, frame: Frame, agency: &Agency, described: Described) -> Self {
        Self {
            action: format!("/console/don-vi/{}/tien-ich", agency.slug),
            slug: agency.slug.clone(),
            frame,
            id: None,
            choices: Choices::of(app, &described),
            // The id that it is going to have, so that a form that is sent twice makes one.
            version: new_widget_id(),
            faults: Vec::new(),
            differences: Vec::new(),
            preview: described.frame(),
            script: assets::builder_path(),
            snippets: None,
            days: Vec::new(),
            may_manage: true,
            described,
        }
    }

    /// One that is there.
    pub(super) async fn of(
        app: &App,
        signed: &Signed,
        query: &Parameters,
        widget: &Widget,
    ) -> Result<Self, ConsoleError> {
        let snapshot = app.snapshot();
        let agency = snapshot.agency(widget.agency_id);
        let agency = agency.ok_or(Error::NotFound("agency"))?;
        let scope = Scope::Agency(agency.id);
        let counts = signed
            .db(app)
            .run(move |conn| views::since(conn, &scope, since()))
            .await?;
        let described = Described::of(widget);
        let frame = Frame::of(app, signed, &described.name(), "/console", query);
        let frame = frame.within(signed, agency, "tien-ich");
        Ok(Self {
            action: format!("/console/tien-ich/{}", widget.id),
            id: Some(widget.id.clone()),
            version: described.version(),
            snippets: Some(Snippets::of(app, widget)),
            days: days(&counts, &widget.id),
            may_manage: signed.may(ManageWidgets, Some(agency.id)),
            ..Self::new(app, frame, agency, described)
        })
    }

    /// Puts what was typed in the form.
    pub(super) fn fill(&mut self, described: Described, faults: Vec<Fault>) {
        self.preview = described.frame();
        self.choices.choose(&described);
        self.described = described;
        self.faults = faults;
    }

    /// What is wrong with a property.
    fn fault(&self, name: &str) -> Option<&str> {
        let mut faults = self.faults.iter();
        let found = faults.find(|fault| fault.property == name);
        found.map(|fault| fault.said.as_str())
    }
}

/// Every day of the last, the latest first.
fn days(counts: &[views::Views], widget: &str) -> Vec<DayRow> {
    let own = |day: NaiveDate| {
        let of_day = counts.iter().filter(|views| views.day == day);
        let own = of_day.filter(|views| views.widget == widget);
        own.map(|views| views.count).sum::<i64>()
    };
    let last = today();
    let days: Vec<(NaiveDate, i64)> = (0..RECENT)
        .filter_map(|ago| last.checked_sub_days(Days::new(ago)))
        .map(|day| (day, own(day)))
        .collect();
    let most = days.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let rows = days.into_iter().map(|(day, count)| DayRow {
        day: day_start(day).map_or_else(|| day.to_string(), short_date),
        count,
        bar: count * 100 / most.max(1),
    });
    rows.collect()
}

impl Snippets {
    fn of(app: &App, widget: &Widget) -> Self {
        let origin = app.config.public_url.as_str().trim_end_matches('/');
        let (id, title) = (&widget.id, &app.config.title);
        let escaped = title
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        let check = |script: &str, integrity: &str| {
            format!(
                "<script src=\"{origin}{script}\"\n  integrity=\"{integrity}\" crossorigin=\"anonymous\" defer></script>"
            )
        };
        Self {
            element: format!(
                "{}\n<loa-feed widget=\"{id}\"><a href=\"{origin}/\">{escaped}</a></loa-feed>",
                check(&ELEMENT.path(), &ELEMENT.integrity)
            ),
            frame: format!(
                "{}\n<iframe src=\"{origin}/embed?widget={id}\" title=\"{escaped}\"\n  width=\"100%\" height=\"560\" loading=\"lazy\"\n  sandbox=\"allow-scripts allow-popups allow-popups-to-escape-sandbox allow-forms\"></iframe>",
                check(&RESIZER.path(), &RESIZER.integrity)
            ),
            fragment: format!("{origin}/widget/entries.html?widget={id}"),
        }
    }
}
