//! `cargo demo`: one hub and six agency nodes on loopback, talking real HTTP.

mod agencies;
mod nodes;
mod people;
mod ports;
mod province;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use url::Url;

use agencies::AGENCIES;
use nodes::{EDITOR, PASSWORD};

/// A small province: a hub that harvests six agencies' sites, each of which embeds its widget.
///
/// What you publish stays in the data folder and is there at the next start.
#[derive(Debug, Parser)]
#[command(name = "cargo demo")]
struct Arguments {
    /// First of seven ports: the hub's, then one for each agency
    #[arg(long, default_value_t = 8800, value_parser = clap::value_parser!(u16).range(1024..=65_528))]
    port: u16,
    /// Start over: forget what was published and harvested
    #[arg(long)]
    fresh: bool,
    /// Where everything is kept
    #[arg(long, default_value = "demo-data", value_name = "DIR")]
    data_dir: PathBuf,
}

/// The file by which a data folder is known as a demo's.
const MARKER: &str = ".loa-demo";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let outcome = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("cargo demo: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut listeners = ports::bind(arguments.port, 1 + AGENCIES.len())
        .await?
        .into_iter();
    let hub_listener = listeners.next().context("no port for the hub")?;
    if arguments.fresh {
        start_over(&arguments.data_dir)?;
    }
    mark(&arguments.data_dir)?;
    let hub_url = ports::address(&hub_listener)?;
    let stop = CancellationToken::new();
    let mut servers: JoinSet<anyhow::Result<()>> = JoinSet::new();

    let mut node_urls = Vec::new();
    for (agency, listener) in AGENCIES.iter().zip(listeners) {
        let url = ports::address(&listener)?;
        let config = nodes::config(agency, &arguments.data_dir, url.clone(), hub_url.clone());
        nodes::fill(agency, config.clone()).await?;
        let stopped = stop.clone().cancelled_owned();
        servers.spawn(async move { Ok(agency_node::serve(config, listener, stopped).await?) });
        node_urls.push(url);
    }

    let config = province::config(&arguments.data_dir, hub_url.clone(), &node_urls)?;
    province::register(&config, &node_urls).await?;
    people::ensure(&config).await?;
    province::harvest(&config).await?;
    let stopped = stop.clone().cancelled_owned();
    servers.spawn(async move { Ok(hub::serve(config, hub_listener, stopped).await?) });
    ports::wait_until_answered(&hub_url).await?;
    // Before anybody is told of Ctrl-C: until then it ends the process at once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    introduce(&hub_url, &node_urls, &arguments.data_dir);

    let early_end = tokio::select! {
        _ = interrupt.recv() => Ok(()),
        ended = servers.join_next() => ended
            .map_or(Ok(()), |ended| ended?)
            .and_then(|()| bail!("a server ended by itself")),
    };
    say("\nStopping…");
    stop.cancel();
    while let Some(ended) = servers.join_next().await {
        ended??;
    }
    early_end
}

/// Removes what an earlier demo kept. A folder that no demo has marked as its own is left alone.
fn start_over(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.join(MARKER).exists() {
        bail!(
            "{} was not made by the demo and is not cleared",
            folder.display()
        );
    }
    for part in [province::FOLDER, nodes::FOLDER] {
        let path = folder.join(part);
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Says that the folder is a demo's.
fn mark(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(folder.join(MARKER), "Made by `cargo demo`.\n"))
        .with_context(|| format!("cannot write to {}", folder.display()))
}

fn introduce(hub: &Url, nodes: &[Url], folder: &Path) {
    say(&format!("\nThe province's portal     {hub}"));
    say("Agencies' sites, each with the hub's widget on its home page:");
    for (agency, url) in AGENCIES.iter().zip(nodes) {
        say(&format!("  {url}  {}", agency.name));
    }
    if let Some(first) = nodes.first() {
        say(&format!(
            "\nPublish something: open {first}dang-nhap\n  \
             name {EDITOR}, password {PASSWORD}\n\
             It is in the portal and in the other sites' widgets a moment later."
        ));
    }
    say(&format!(
        "\nThe console: open {hub}console\n  \
         name {}, password {PASSWORD}: the province's administrator\n  \
         name {}, password {PASSWORD}: the first agency's",
        people::PROVINCE,
        people::AGENCY
    ));
    say(&format!(
        "\nKept in {}; `cargo demo --fresh` starts over. Ctrl-C stops.",
        folder.display()
    ));
}

/// Writes to standard output; where nobody reads it, nothing is lost.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
