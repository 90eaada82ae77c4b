//! `hub serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::output::remark;
use crate::config::{DEFAULT_LISTEN, Loaded};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "HUB_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub(super) async fn run(arguments: Arguments, loaded: Loaded) -> anyhow::Result<ExitCode> {
    let mut config = loaded.config;
    let listen = match arguments.listen.or(loaded.listen) {
        Some(listen) => listen,
        None => DEFAULT_LISTEN.parse()?,
    };
    if !loaded.public_url_given && listen.ip().is_unspecified() {
        bail!(
            "listening on {listen} says nothing about the address that readers see; give it with --public-url or HUB_PUBLIC_URL"
        );
    }
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen")
    })?;
    let address = listener.local_addr()?;
    if !loaded.public_url_given {
        config.public_url = format!("http://{address}/").parse()?;
    }
    let public_url = config.public_url.clone();
    let stop = stop_signal()?;
    remark(&format!(
        "hub: listening on {address}, links start with {public_url}"
    ));
    crate::serve(config, listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}

/// Completes at Ctrl-C or SIGTERM.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
