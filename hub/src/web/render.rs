//! Makes documents on a thread where blocking is allowed: reading, writing out, hashing and
//! compressing would hold up everybody else's requests.

use std::sync::Arc;

use hub_repository::{DbConn, StoreError};

use crate::app::App;
use crate::publish::{Document, Snapshot};

/// The document at `address`: the one kept while nothing changes that it [shows](Document::showing), or what `render`
/// makes.
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
    app.cache
        .get_or_render(snapshot.state, address, fresh(app, snapshot, render))
        .await
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
    let (app, snapshot) = (app.clone(), Arc::clone(snapshot));
    let db = app.db.clone();
    db.run(move |conn| render(&app, &snapshot, conn)).await
}
