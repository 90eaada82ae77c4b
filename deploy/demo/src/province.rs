//! The hub: its agencies and feeds, and the first harvest.

use std::path::Path;

use anyhow::Context as _;
use hub::Config;
use hub::app;
use hub::harvest::pass::Which;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::{DbConn, Scope, Timestamp, feeds};
use indicatif::{ProgressBar, ProgressStyle};
use url::Url;

use crate::agencies::AGENCIES;
use crate::say;

/// Where the hub keeps its data, below the demo's folder.
pub(crate) const FOLDER: &str = "hub";

/// The settings of the hub at `url`. It may reach the demo's nodes, and nothing else on loopback.
pub(crate) fn config(folder: &Path, url: Url, nodes: &[Url]) -> anyhow::Result<Config> {
    let data_dir = folder.join(FOLDER);
    let outbound_allow = nodes
        .iter()
        .map(|node| {
            node.authority()
                .parse()
                .with_context(|| format!("cannot allow {node}"))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Config {
        database_url: format!("sqlite://{}", data_dir.join("hub.db").display()),
        data_dir,
        public_url: url,
        title: "Pháp luật Thanh Hóa".to_owned(),
        outbound_allow,
        metrics_listen: None,
        dns_server: None,
        contact: None,
        trusted_proxies: Vec::new(),
        api_limit: 600,
        dump_dir: folder.join("dump"),
        secret_key_file: folder.join("secret.key"),
        data_licence: None,
        mail: None,
        oidc: None,
        schedule: hub::harvest::schedule::Policy::default(),
        websub: hub::websub::Settings::default(),
    })
}

/// Registers the agencies and their feeds. After a start on other ports the nodes' feeds of the
/// start before go; their entries stay and are recognised.
pub(crate) async fn register(config: &Config, nodes: &[Url]) -> anyhow::Result<()> {
    let db = app::open_repository(config).await?;
    let addresses: Vec<String> = nodes
        .iter()
        .map(|node| format!("{node}feed.atom"))
        .collect();
    db.run(move |conn| {
        for feed in feeds::list(conn, &Scope::Province)? {
            if is_of_a_node(&feed.url) && !addresses.contains(&feed.url) {
                feeds::remove(conn, &Scope::Province, feed.id)?;
            }
        }
        for (agency, address) in AGENCIES.iter().zip(&addresses) {
            register_one(conn, agency.slug, agency.name, address)?;
        }
        Ok::<_, anyhow::Error>(())
    })
    .await
}

/// Whether this is a node's feed, of this start or an earlier one, and not one that somebody added.
fn is_of_a_node(address: &str) -> bool {
    address.starts_with("http://127.0.0.1:") && address.ends_with("/feed.atom")
}

/// The first harvest, with progress; afterwards the hub harvests by itself.
pub(crate) async fn harvest(config: &Config) -> anyhow::Result<()> {
    let db = app::open_repository(config).await?;
    let bar = ProgressBar::new(AGENCIES.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("Harvesting {bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let summary = app::harvester(config, db)
        .await?
        .pass(Which::All, |feed| {
            bar.inc(1);
            bar.set_message(feed.url.clone());
            if bar.is_hidden() || feed.outcome.is_failure() {
                let cause = feed.cause.as_deref().unwrap_or("read");
                say(&format!(
                    "Harvested {}: {cause}, {} new",
                    feed.url, feed.counts.new
                ));
            }
        })
        .await?;
    bar.finish_and_clear();
    say(&format!(
        "Harvested {} agencies: {} new entries, {} changed, {} unchanged",
        summary.feeds, summary.new, summary.updated, summary.unchanged
    ));
    Ok(())
}

fn register_one(conn: &mut DbConn, slug: &str, name: &str, address: &str) -> anyhow::Result<()> {
    let scope = Scope::Province;
    let agency = match agencies::find_by_slug(conn, &scope, slug)? {
        Some(agency) => agency,
        None => agencies::add(
            conn,
            &scope,
            &NewAgency {
                slug,
                name,
                parent_id: None,
                valid_from: None,
                valid_until: None,
                homepage: None,
            },
        )?,
    };
    if feeds::find_by_url(conn, &scope, address)?.is_none() {
        feeds::add(conn, &scope, agency.id, address, Timestamp::now())?;
    }
    Ok(())
}
