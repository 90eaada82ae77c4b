//! Writing and changing an entry.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::entries::EntryView;
use super::entry_form::{EntryForm, FieldProblem};
use super::error::WebError;
use super::page::Frame;
use super::sessions::{self, SignedIn};
use super::{App, desk};
use crate::store::Timestamp;
use crate::store::entries::{self, Change, Entry, EntryId, State as EntryState};
use crate::store::kinds::Kind;
use crate::vocabulary::{AUDIENCES, FIELDS, Term};
use crate::{feed, local_time};

/// `GET /soan/moi`
pub(super) async fn new_entry(
    State(app): State<App>,
    editor: SignedIn,
) -> Result<Response, WebError> {
    show_form(
        &app,
        editor,
        StatusCode::OK,
        Writing::new(EntryForm::empty()),
    )
}

/// `POST /soan/moi`
pub(super) async fn create_entry(
    State(app): State<App>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = EntryForm::read(pairs);
    let editor = match writer(&app, &headers, &form).await? {
        Ok(editor) => editor,
        Err(interruption) => return show_interruption(&app, interruption, Writing::new(form)),
    };
    let content = match form.check() {
        Ok(content) => content,
        Err(problems) => {
            let writing = Writing {
                problems,
                ..Writing::new(form)
            };
            return show_form(&app, editor, StatusCode::UNPROCESSABLE_ENTITY, writing);
        }
    };
    let state = if form.publishes() {
        EntryState::Published
    } else {
        EntryState::Draft
    };
    let entry = entries::new(content, state, Timestamp::now());
    let stored = entry.clone();
    app.db
        .run(move |conn| entries::insert(conn, &stored))
        .await?;
    Ok(leave(&app, &entry, form.publishes()))
}

#[derive(Deserialize)]
pub(super) struct Done {
    xong: Option<String>,
}

/// `GET /soan/{id}`
pub(super) async fn edit_entry(
    State(app): State<App>,
    editor: SignedIn,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, WebError> {
    let entry = desk::find(&app, &id).await?;
    let notice = match done.xong.as_deref() {
        Some("dang") => Some("Bài đã được đăng."),
        Some("luu") => Some("Đã lưu."),
        Some("rut") => Some("Bài đã được rút khỏi trang."),
        _ => None,
    };
    let writing = Writing {
        notice,
        ..Writing::of(&entry, EntryForm::of(&entry))
    };
    show_form(&app, editor, StatusCode::OK, writing)
}

/// `POST /soan/{id}`: saves, and publishes when that button was pressed.
pub(super) async fn save_entry(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, WebError> {
    let form = EntryForm::read(pairs);
    let editor = match writer(&app, &headers, &form).await? {
        Ok(editor) => editor,
        // Whoever is not signed in learns nothing of the entry but what they sent themselves.
        Err(interruption) => {
            let writing = Writing {
                id: Some(id),
                ..Writing::new(form)
            };
            return show_interruption(&app, interruption, writing);
        }
    };
    let content = match form.check() {
        Ok(content) => content,
        Err(problems) => {
            let entry = desk::find(&app, &id).await?;
            let writing = Writing {
                problems,
                ..Writing::of(&entry, form)
            };
            return show_form(&app, editor, StatusCode::UNPROCESSABLE_ENTITY, writing);
        }
    };
    let id: EntryId = id.parse().map_err(|_| WebError::NotFound)?;
    let (version, publishes) = (form.version, form.publishes());
    let change = app
        .db
        .run(move |conn| entries::save(conn, &id, version, &content, publishes))
        .await?;
    match change {
        Change::Done(entry) => Ok(leave(&app, &entry, publishes)),
        Change::Missing => Err(WebError::NotFound),
        Change::Stale(entry) => {
            let mine = EntryForm {
                version: entry.version,
                ..form
            };
            let writing = Writing {
                theirs: Some(Theirs::of(&entry)),
                ..Writing::of(&entry, mine)
            };
            show_form(&app, editor, StatusCode::CONFLICT, writing)
        }
    }
}

/// `GET /soan/{id}/xem`: the entry as readers will see it.
pub(super) async fn preview_entry(
    State(app): State<App>,
    editor: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, WebError> {
    let entry = desk::find(&app, &id).await?;
    let page = PreviewPage {
        frame: Frame::of_editor(&app, editor),
        id: entry.id.as_str().to_owned(),
        view: EntryView::of(entry),
    };
    Ok(Html(page.render()?))
}

/// Why a form could not be taken although its sender may be an editor: the text must survive.
enum Interruption {
    SignedOut,
    OtherSession(SignedIn),
}

async fn writer(
    app: &App,
    headers: &HeaderMap,
    form: &EntryForm,
) -> Result<Result<SignedIn, Interruption>, WebError> {
    Ok(match sessions::current(app, headers).await? {
        None => Err(Interruption::SignedOut),
        Some(editor) if editor.check_form(&form.token).is_err() => {
            Err(Interruption::OtherSession(editor))
        }
        Some(editor) => Ok(editor),
    })
}

fn show_interruption(
    app: &App,
    interruption: Interruption,
    writing: Writing,
) -> Result<Response, WebError> {
    let (frame, signed_out) = match interruption {
        Interruption::SignedOut => (Frame::public(app), true),
        Interruption::OtherSession(editor) => (Frame::of_editor(app, editor), false),
    };
    let page = FormPage::new(
        frame,
        Writing {
            signed_out,
            resubmit: true,
            ..writing
        },
    );
    Ok((StatusCode::FORBIDDEN, Html(page.render()?)).into_response())
}

/// All that the form page shows besides its frame.
#[derive(Default)]
struct Writing {
    /// Missing for an entry that was never saved.
    id: Option<String>,
    form: EntryForm,
    state: Option<EntryState>,
    /// Its page, when it has one.
    public_path: Option<String>,
    problems: Vec<FieldProblem>,
    notice: Option<&'static str>,
    theirs: Option<Theirs>,
    signed_out: bool,
    resubmit: bool,
}

impl Writing {
    fn new(form: EntryForm) -> Self {
        Self {
            form,
            ..Self::default()
        }
    }

    fn of(entry: &Entry, form: EntryForm) -> Self {
        let published = entry.state == EntryState::Published;
        Self {
            id: Some(entry.id.as_str().to_owned()),
            form,
            state: Some(entry.state),
            public_path: published.then(|| feed::page_path(entry)),
            ..Self::default()
        }
    }

    fn is_published(&self) -> bool {
        self.state == Some(EntryState::Published)
    }

    fn is_withdrawn(&self) -> bool {
        self.state == Some(EntryState::Withdrawn)
    }

    fn problem(&self, field: &str) -> Option<&'static str> {
        self.problems
            .iter()
            .find(|problem| problem.field == field)
            .map(|problem| problem.message)
    }
}

/// What somebody else saved meanwhile.
struct Theirs {
    when: String,
    title: String,
    summary: String,
    body: String,
}

impl Theirs {
    fn of(entry: &Entry) -> Self {
        Self {
            when: local_time::date_and_time(entry.updated_at),
            title: entry.content.title.clone(),
            summary: entry.content.summary.clone(),
            body: entry.content.body_source.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "entry_form.html")]
struct FormPage {
    frame: Frame,
    writing: Writing,
    kinds: [Kind; 7],
    fields: &'static [Term],
    audiences: &'static [Term],
}

impl FormPage {
    fn new(frame: Frame, writing: Writing) -> Self {
        Self {
            frame,
            writing,
            kinds: Kind::ALL,
            fields: FIELDS,
            audiences: AUDIENCES,
        }
    }

    /// The chosen field when an import brought one that the list lacks.
    fn unlisted_field(&self) -> Option<&str> {
        let field = self.writing.form.field.as_str();
        let listed = field.is_empty() || FIELDS.iter().any(|term| term.slug == field);
        (!listed).then_some(field)
    }

    /// The same for audiences.
    fn unlisted_audiences(&self) -> impl Iterator<Item = &String> {
        let listed = |slug: &&String| !AUDIENCES.iter().any(|term| term.slug == slug.as_str());
        self.writing.form.audiences.iter().filter(listed)
    }
}

#[derive(Template)]
#[template(path = "preview.html")]
struct PreviewPage {
    frame: Frame,
    id: String,
    view: EntryView,
}

fn show_form(
    app: &App,
    editor: SignedIn,
    status: StatusCode,
    writing: Writing,
) -> Result<Response, WebError> {
    let page = FormPage::new(Frame::of_editor(app, editor), writing);
    Ok((status, Html(page.render()?)).into_response())
}

fn leave(app: &App, entry: &Entry, published: bool) -> Response {
    if entry.state == EntryState::Published {
        app.pinger.feeds_changed();
    }
    let done = if published { "dang" } else { "luu" };
    Redirect::to(&format!("{}?xong={done}", desk::path_of(entry))).into_response()
}
