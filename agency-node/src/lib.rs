//! A small publishing site for one agency: pages, feeds, and a desk for its editors.
//!
//! [`serve`] runs a node on a socket of the caller; [`import`] and [`ensure_editor`] fill it.

mod account;
mod body;
mod config;
mod feed;
mod import;
mod local_time;
mod ping;
mod slug;
mod store;
mod vocabulary;
mod web;

use std::future::Future;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

pub use account::{add_editor, ensure_editor};
pub use config::Config;
pub use credentials::{PasswordError, generate as generate_password};
pub use import::{ImportError, Imported, RowError, import};
pub use store::StoreError;

use ping::Pinger;
use store::{Db, site};

/// Requests that run when the node is asked to stop get this long to finish.
const FAREWELL: Duration = Duration::from_secs(10);

/// Why a node can't run or do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A setting is missing or makes no sense; the text says what was expected.
    #[error("{0}")]
    Config(String),
    #[error("cannot make the data folder {path} (is the folder above it there, and writable?)")]
    DataDir {
        path: String,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("cannot prepare outgoing requests")]
    Client(#[from] reqwest::Error),
    #[error("cannot serve")]
    Serve(#[from] std::io::Error),
}

/// Serves the node on `listener` until `shutdown` resolves, then lets running requests finish.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), NodeError> {
    let opening = config.clone();
    let (db, site) = tokio::task::spawn_blocking(move || -> Result<_, NodeError> {
        let db = open(&opening)?;
        let site = db.run_blocking(site::find)?;
        Ok((db, site))
    })
    .await
    .map_err(StoreError::from)??;
    tracing::info!(
        address = %config.public_url,
        listen = %listener.local_addr()?,
        data_dir = %config.data_dir.display(),
        hub = config.hub.as_ref().map(tracing::field::display),
        "serving"
    );
    let (stop, stopped) = watch::channel(false);
    let pinger = Pinger::start(&config, stopped.clone())?;
    let routes = web::router(config, &site.slug, db, pinger);
    let serving = axum::serve(
        listener,
        routes.into_make_service_with_connect_info::<std::net::SocketAddr>(),
    )
    .with_graceful_shutdown(wait_for(stopped.clone()));
    let farewell = async {
        shutdown.await;
        stop.send_replace(true);
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        outcome = serving => Ok(outcome?),
        () = farewell => {
            tracing::warn!("stopped with requests unfinished after {} s", FAREWELL.as_secs());
            Ok(())
        }
    }
}

/// Checks the settings and opens the database, which it makes when missing.
fn open(config: &Config) -> Result<Db, NodeError> {
    config.check()?;
    std::fs::create_dir_all(&config.data_dir).map_err(|source| NodeError::DataDir {
        path: config.data_dir.display().to_string(),
        source,
    })?;
    let db = Db::open(&config.data_dir.join("node.db"), &config.first_slug())?;
    config.check_settled(&db.run_blocking(site::find)?.slug)?;
    Ok(db)
}

async fn wait_for(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, and then there is nothing to run for either.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}
