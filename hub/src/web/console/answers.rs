//! The bytes that a feed's site has sent, as they came.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use feeds::Hints;
use hub_repository::answers::{self, Answer, KeptAnswer};
use hub_repository::feeds::{self as rows, Feed};
use hub_repository::{FeedId, StoreError};

use super::super::error::Error;
use super::super::extract::{Parameters, Segment, Segments};
use super::error::ConsoleError;
use super::frame::{Frame, page};
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;
use crate::harvest::answers::unpack;
use crate::harvest::story;

/// Bytes of an answer that are shown; all of them can be had as a file.
const SHOWN: usize = 48 * 1024;

/// An answer that is kept.
struct Row {
    hash: String,
    at: String,
    outcome: &'static str,
    content_type: String,
    size: i64,
    is_shown: bool,
}

/// An answer as text.
struct Shown {
    url: String,
    encoding: &'static str,
    text: String,
    /// Bytes of the whole, where that is more than is shown.
    cut: Option<i64>,
}

#[derive(Template)]
#[template(path = "console/answers.html")]
struct AnswersPage {
    frame: Frame,
    id: FeedId,
    title: String,
    rows: Vec<Row>,
    shown: Option<Shown>,
    /// Why there is nothing to show.
    missing: Option<String>,
}

/// `GET /console/nguon-tin/{feed}/byte`
pub(super) async fn list_answers(
    State(app): State<App>,
    signed: Signed,
    Segment(feed): Segment,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let asking = signed.clone();
    let chosen = query.value("ban").map(str::to_owned);
    let (feed, kept, answer) = signed
        .db(&app)
        .run(move |conn| {
            asking.find(Action::SeeFeeds, |scope| {
                let Some(feed) = rows::find(conn, scope, id)? else {
                    return Ok(None);
                };
                let kept = answers::kept_of_feed(conn, scope, id)?;
                let hash = chosen.as_ref().or(kept.first().map(|newest| &newest.hash));
                let answer = match hash {
                    Some(hash) => answers::find(conn, scope, id, hash)?,
                    None => None,
                };
                Ok(Some((feed, kept, answer)))
            })
        })
        .await?;
    let hash = answer.as_ref().map(|answer| answer.hash.clone());
    let rows = kept.iter().map(|one| Row::new(one, hash.as_ref()));
    let (shown, missing) = match answer {
        Some(answer) => match shown(answer).await? {
            Ok(shown) => (Some(shown), None),
            Err(why) => (None, Some(why)),
        },
        None => (None, None),
    };
    let title = title(&feed);
    let frame = Frame::of(&app, &signed, "Byte đã nhận", "/console", &query);
    let snapshot = app.snapshot();
    page(&AnswersPage {
        rows: rows.collect(),
        frame: match snapshot.agency(feed.agency_id) {
            Some(agency) => frame.within(&signed, agency, "nguon-tin"),
            None => frame,
        },
        id,
        title,
        shown,
        missing,
    })
}

/// `GET /console/nguon-tin/{feed}/byte/{answer}`: to be kept, never to be shown by a browser: it is another site's.
pub(super) async fn download(
    State(app): State<App>,
    signed: Signed,
    Segments(feed, hash): Segments,
) -> Result<Response, ConsoleError> {
    let id: FeedId = feed.parse().map_err(|_| Error::NotFound("feed"))?;
    let answer = signed
        .db(&app)
        .run(move |conn| {
            signed.find(Action::SeeFeeds, |scope| {
                answers::find(conn, scope, id, &hash)
            })
        })
        .await?;
    let name = format!(
        "nguon-tin-{id}-{}.bin",
        answer.hash.get(..12).unwrap_or_default()
    );
    let bytes = unpacked(answer).await?;
    let bytes = bytes.map_err(|_| Error::NotFound("answer"))?;
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|error| Error::Internal(error.into()))?;
    let kind = HeaderValue::from_static("application/octet-stream");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}

/// What a feed is called.
pub(super) fn title(feed: &Feed) -> String {
    feed.title.clone().unwrap_or_else(|| feed.url.clone())
}

async fn unpacked(answer: Answer) -> Result<Result<Vec<u8>, String>, ConsoleError> {
    // It may have 20 MB.
    let unpacking = tokio::task::spawn_blocking(move || unpack(&answer));
    let unpacked = unpacking.await;
    let unpacked = unpacked.map_err(|error| Error::from(StoreError::Task(error.into())))?;
    Ok(unpacked.map_err(|_| {
        "Câu trả lời này quá lớn nên không được giữ lại, hoặc bản giữ lại đã hỏng.".to_owned()
    }))
}

async fn shown(answer: Answer) -> Result<Result<Shown, String>, ConsoleError> {
    let (url, size) = (answer.url.clone(), answer.size);
    let content_type = answer.content_type.clone();
    let bytes = match unpacked(answer).await? {
        Ok(bytes) => bytes,
        Err(why) => return Ok(Err(why)),
    };
    let part = &bytes[..bytes.len().min(SHOWN)];
    let hints = Hints {
        content_type: content_type.as_deref(),
        base: None,
    };
    let (text, encoding) = feeds::text(part, &hints);
    let is_cut = part.len() < bytes.len();
    // The last character may be cut through.
    let text = if is_cut {
        text.trim_end_matches('\u{fffd}')
    } else {
        &text
    };
    Ok(Ok(Shown {
        url,
        encoding,
        text: visible(text),
        cut: is_cut.then_some(size),
    }))
}

/// The text with what cannot be seen made visible.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            '\r' => {}
            // Those that turn the direction of what follows would show another text than there is.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(character.escape_unicode());
            }
            control if control.is_control() => shown.extend(control.escape_unicode()),
            _ => shown.push(character),
        }
    }
    shown
}

impl Row {
    fn new(kept: &KeptAnswer, shown: Option<&String>) -> Self {
        Self {
            hash: kept.hash.clone(),
            at: moment(kept.fetched_at),
            outcome: story::in_words(kept.outcome),
            content_type: kept.content_type.clone().unwrap_or_default(),
            size: kept.size,
            is_shown: shown == Some(&kept.hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_made_visible() {
        assert_eq!(
            visible("a\r\n\tb\u{0}\u{202e}<x>\u{fffd}"),
            "a\n\tb\\u{0}\\u{202e}<x>\u{fffd}"
        );
    }
}
