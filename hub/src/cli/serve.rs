//! `hub serve`.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::output::remark;
use crate::config::{Config, DEFAULT_LISTEN, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "HUB_LISTEN", value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub(super) async fn run(
    arguments: Arguments,
    settings: &Settings,
    mut config: Config,
    file_listen: Option<SocketAddr>,
) -> anyhow::Result<ExitCode> {
    let listen = match arguments.listen.or(file_listen) {
        Some(listen) => listen,
        None => DEFAULT_LISTEN.parse()?,
    };
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen")
    })?;
    let address = listener.local_addr()?;
    if settings.public_url.is_none()
        && config.public_url.as_str() == format!("http://{DEFAULT_LISTEN}/")
    {
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
