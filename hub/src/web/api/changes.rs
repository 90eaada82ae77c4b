//! `/api/v1/changes`: for those who keep a copy of the repository.

use axum::response::Response;
use hub_repository::entries::{ChangePlace, Entry, changes};
use hub_repository::{DbConn, EntryId, Scope, StoreError, instruments, revision};
use utoipa::IntoParams;

use super::super::error::{ApiError, Error};
use super::super::respond::CachePolicy;
use super::call::Call;
use crate::publish::Shows;
use crate::publish::api::{self, Change, ChangePage};

const USUAL: usize = 100;
const MOST: usize = 500;

/// Bytes of content on one page; what is beyond comes on the next.
const MAX_CONTENT: usize = 4 << 20;

/// Entries that are read at a time.
const AT_ONCE: usize = 25;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what the handler reads")]
pub(super) struct ChangeParameters {
    /// The revision that the copy has `reached`; 0 begins.
    #[param(required = false, minimum = 0, default = 0)]
    since: i64,
    /// Changes on one page at most; much content makes pages shorter.
    #[param(required = false, minimum = 1, maximum = 500, default = 100)]
    limit: u16,
    /// Where the page begins: the cursor of the page before's `next`.
    #[param(required = false)]
    cursor: String,
    /// Only these properties of each item's `entry`.
    #[param(required = false, example = json!(["id", "title", "url"]))]
    fields: Vec<String>,
}

/// Thay đổi từ một phiên bản kho
///
/// Entries that changed after a revision, in the order of their changes, each as it is now; withdrawn ones as `deleted`. Who takes in
/// every page, follows `next` while there is one, and later goes on with `since` set to what was `reached`, has exactly the repository.
/// An entry that changes between two pages comes again.
#[utoipa::path(
    get,
    path = "/api/v1/changes",
    tag = "changes",
    params(ChangeParameters),
    responses((status = 200, body = ChangePage<api::Entry>))
)]
pub(super) async fn list(call: Call) -> Result<Response, ApiError> {
    let since = call.parameters.number("since", 0..=usize::MAX, 0)?;
    let since = i64::try_from(since).unwrap_or(i64::MAX);
    let limit = call.limit(USUAL, MOST)?;
    let fields = call.fields()?;
    let cursor = call.cursor(read)?;
    let next = call.following();
    call.kept(
        CachePolicy::Revalidate,
        Shows::Everything,
        move |app, snapshot, conn| {
            if since > snapshot.revision {
                known(conn, since)?;
            }
            let from = cursor.unwrap_or(ChangePlace::behind(since));
            let (found, complete) = page(conn, from, snapshot.revision, limit)?;
            let ids: Vec<EntryId> = found.iter().map(|entry| entry.id).collect();
            let mut citations = instruments::citations_of(conn, &Scope::Province, &ids)?;
            let public_url = &app.config.public_url;
            let items = found.iter().map(|changed| {
                let citations = citations.remove(&changed.id).unwrap_or_default();
                Change::new(changed, |entry| {
                    fields.of(api::Entry::new(entry, citations, snapshot, public_url))
                })
            });
            let items = items.collect::<Result<_, Error>>()?;
            let last = found.last().map(Entry::change_place);
            let more = last.filter(|_| !complete);
            Ok(ChangePage {
                revision: snapshot.revision,
                // More of the last one's revision may follow.
                reached: more.map_or(snapshot.revision.max(since), |last| last.revision - 1),
                items,
                next: more.map(|last| next.at(&write(last))),
            })
        },
    )
    .await
}

/// Changes behind a place, and whether they are all.
fn page(
    conn: &mut DbConn,
    mut from: ChangePlace,
    up_to: i64,
    limit: usize,
) -> Result<(Vec<Entry>, bool), StoreError> {
    let mut found: Vec<Entry> = Vec::new();
    let mut content = 0;
    loop {
        let wanted = AT_ONCE.min(limit - found.len());
        // One more tells whether there are more.
        let most = i64::try_from(wanted + 1).unwrap_or(i64::MAX);
        let mut some = changes(conn, &Scope::Province, from, up_to, most)?;
        let complete = some.len() <= wanted;
        some.truncate(wanted);
        for entry in some {
            content += entry.body_html.len() + entry.summary.len();
            from = entry.change_place();
            found.push(entry);
            if content > MAX_CONTENT {
                // What was read behind it is read again.
                return Ok((found, false));
            }
        }
        if complete || found.len() == limit {
            return Ok((found, complete));
        }
    }
}

/// Another hub on this database may be ahead of this one; what is ahead of the repository was never given by it.
fn known(conn: &mut DbConn, since: i64) -> Result<(), Error> {
    let now = revision::current(conn)?;
    if since <= now {
        return Ok(());
    }
    Err(Error::BadParameter {
        name: "since",
        expected: format!(
            "0–{now}, the repository's revision; where a later one was given, it has been restored since: begin again with 0"
        ),
    })
}

fn write(place: ChangePlace) -> String {
    format!("{}.{}", place.revision, place.entry)
}

fn read(text: &str) -> Option<ChangePlace> {
    let (revision, entry) = text.split_once('.')?;
    let place = ChangePlace {
        revision: revision.parse().ok()?,
        entry: entry.parse().ok()?,
    };
    (place.revision > 0 && place.entry > EntryId(0)).then_some(place)
}
