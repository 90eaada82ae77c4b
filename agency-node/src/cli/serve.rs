//! `agency-node serve`

use std::net::SocketAddr;

use agency_node::Config;
use anyhow::Context as _;
use tokio::net::TcpListener;

/// Serves until the process is asked to stop.
pub(super) fn run(config: Config, listen: SocketAddr) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = TcpListener::bind(listen).await.with_context(|| {
                format!("cannot listen on {listen}: is it taken? Choose another with --listen")
            })?;
            agency_node::serve(config, listener, asked_to_stop()).await?;
            tracing::info!("stopped");
            Ok(())
        })
}

async fn asked_to_stop() {
    let interrupt = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGTERM");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
