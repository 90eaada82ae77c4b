//! The province's hub: it harvests the agencies' feeds into one repository and gives it back as
//! a portal, as feeds and as widgets. `docs/architecture.md` has the picture and the rules.

pub mod access;
pub mod app;
pub mod asked;
pub mod cli;
pub mod config;
pub mod evaluate;
pub mod harvest;
pub mod ingest;
pub mod mail;
pub mod memory;
pub mod metrics;
pub mod oidc;
pub mod onboarding;
pub mod publish;
pub mod sealed;
pub mod search;
mod secret;
mod server;
#[cfg(test)]
mod testing;
pub mod told;
pub mod viewed;
pub mod vocabulary;
mod web;
pub mod web_address;
pub mod websub;
pub mod work;

use std::future::Future;

use tokio::net::TcpListener;

pub use app::{App, StartError};
pub use config::Config;

/// Serves until `shutdown` completes: migrates, harvests what is due, follows the repository with
/// the search index, answers HTTP. The caller owns the socket and the signal.
///
/// Returns when every request under way has been answered or has outstayed its time, and every
/// harvest under way has ended or was given back.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let app = App::open(config).await?;
    let metrics = match app.config.metrics_listen {
        Some(address) => Some(server::listen(address).await?),
        None => None,
    };
    web::keep_scripts(&app).await?;
    let background = work::Background::start(&app).await?;
    let stop = background.stop_signal();
    let shutdown = async move {
        shutdown.await;
        stop.cancel();
    };
    let counted = async {
        if let Some(listener) = metrics {
            let stopped = background.stop_signal();
            let router = web::metrics_router(app.clone());
            server::serve(listener, router, stopped.cancelled()).await;
        }
    };
    tokio::join!(
        server::serve(listener, web::router(app.clone()), shutdown),
        counted
    );
    background.finish().await;
    Ok(())
}
