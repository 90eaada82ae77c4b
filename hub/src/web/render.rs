//! Makes documents on a thread where blocking is allowed: reading, writing out, hashing and
//! compressing would hold up everybody else's requests.

use std::sync::Arc;

use hub_repository::{DbConn, StoreError};

use crate::app::App;
use crate::publish::{Document, Snapshot};

/// The document at `address`: the one kept while nothing changes that it [shows](Document::showing), or what `render`
/// makes. While the database cannot be reached: what was good last, marked, or the error.
pub(super) async fn kept<E, R>(
    app: &App,
    snapshot: &Arc<Snapshot>,
    address: &str,
    render: R,
) -> Result<Arc<Document>, E>
where
    R: FnOnce(&App, &Snapshot, &mut DbConn) -> Result<Document, E> + Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    if !app.db.is_reachable()
        && let Some(document) = last_good(app, address)
    {
        return Ok(document);
    }
    let render = fresh(app, snapshot, |app, snapshot, conn| {
        render(app, snapshot, conn).map(Document::for_many)
    });
    let rendered = app
        .cache
        .get_or_render(snapshot.state, address, render)
        .await;
    rendered.or_else(|error| {
        let is_outage = !app.db.is_reachable();
        is_outage
            .then(|| last_good(app, address))
            .flatten()
            .ok_or(error)
    })
}

/// What `render` makes, kept nowhere.
pub(super) async fn fresh<E, R>(
    app: &App,
    snapshot: &Arc<Snapshot>,
    render: R,
) -> Result<Document, E>
where
    R: FnOnce(&App, &Snapshot, &mut DbConn) -> Result<Document, E> + Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    // Waiting for it would hold up all who ask; the follower goes on trying.
    if !app.db.is_reachable() {
        return Err(StoreError::Connect(
            "the database could not be reached a moment ago".to_owned(),
        )
        .into());
    }
    let (app, snapshot) = (app.clone(), Arc::clone(snapshot));
    let db = app.db.clone();
    db.run(move |conn| render(&app, &snapshot, conn)).await
}

fn last_good(app: &App, address: &str) -> Option<Arc<Document>> {
    let (document, made) = app.cache.last_good(address)?;
    Some(Arc::new(document.as_last_good(made)))
}
