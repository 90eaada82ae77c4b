//! Having the source doctor look at a feed now. Nothing is stored.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hub_repository::{FeedId, feeds};
use tokio::time::timeout;
use url::Url;

use super::super::super::error::Error;
use super::super::super::extract::{Parameters, Segment};
use super::super::error::ConsoleError;
use super::super::findings::FindingRow;
use super::super::form::Submitted;
use super::super::frame::{Frame, page_with};
use crate::access::Action;
use crate::app::App;
use crate::harvest::doctor;

/// Until an answer must be there: requests are given up a little later.
const PATIENCE: Duration = Duration::from_secs(17);

#[derive(Template)]
#[template(path = "console/feed_doctor.html")]
struct DoctorPage {
    frame: Frame,
    id: FeedId,
    title: String,
    /// Why nothing was found out.
    problem: Option<String>,
    /// Format, encoding, entries, bytes, time; none where there was no feed.
    about: Option<String>,
    is_usable: bool,
    findings: Vec<FindingRow>,
}

/// `POST /console/nguon-tin/{feed}/kham`
pub(in super::super) async fn examine(
    State(app): State<App>,
    Segment(feed): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let signed = form.signed;
    let asking = signed.clone();
    let feed = signed
        .db(&app)
        .run(move |conn| asking.find(Action::SeeFeeds, |scope| feeds::find(conn, scope, id)))
        .await?;
    signed.require(Action::Harvest, Some(feed.agency_id))?;
    let title = feed.title.clone().unwrap_or_else(|| feed.url.clone());
    let query = Parameters::of(&[]);
    let frame = Frame::of(&app, &signed, "Khám nguồn tin", "/console", &query);
    let snapshot = app.snapshot();
    let mut shown = DoctorPage {
        frame: match snapshot.agency(feed.agency_id) {
            Some(agency) => frame.within(&signed, agency, "nguon-tin"),
            None => frame,
        },
        id,
        title,
        problem: None,
        about: None,
        is_usable: false,
        findings: Vec::new(),
    };
    let visit = match app.visits.begin(signed.person.id) {
        Ok(visit) => visit,
        Err(wait) => {
            shown.problem = Some(wait.in_words());
            return page_with(StatusCode::TOO_MANY_REQUESTS, &shown);
        }
    };
    let url = Url::parse(&feed.url).map_err(|_| Error::NotFound("feed"))?;
    let looked = timeout(PATIENCE, doctor::check(&app.harvester.fetcher, &url)).await;
    drop(visit);
    if let Ok(verdict) = looked {
        shown.is_usable = verdict.feed.is_some() && !verdict.is_serious();
        shown.about = verdict.feed.as_ref().map(doctor::Examined::in_words);
        shown.findings = verdict.findings.iter().map(FindingRow::new).collect();
    } else {
        let seconds = PATIENCE.as_secs();
        shown.problem = Some(format!(
            "Máy chủ không trả lời xong trong {seconds} giây. Hãy thử lại sau ít phút."
        ));
    }
    page_with(StatusCode::OK, &shown)
}
