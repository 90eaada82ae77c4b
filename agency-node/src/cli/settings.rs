//! Settings from the file, the environment and the flags.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use agency_node::Config;
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Deserialize;
use url::Url;

const FILE: &str = "agency-node.toml";

/// All optional here: what one place leaves out, the next gives.
#[derive(Args, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    /// The agency's name, as people read it
    #[arg(long, global = true, hide_env_values = true, env = "NODE_NAME")]
    name: Option<String>,
    /// Short name; feeds' ids are made from it, so choose it once [default: made from the name]
    #[arg(long, global = true, hide_env_values = true, env = "NODE_SLUG")]
    slug: Option<String>,
    /// A line below the name
    #[arg(long, global = true, hide_env_values = true, env = "NODE_TAGLINE")]
    tagline: Option<String>,
    /// Address, telephone, mail: shown at the foot of each page
    #[arg(long, global = true, hide_env_values = true, env = "NODE_CONTACT")]
    contact: Option<String>,
    /// The address that readers see [default: http:// and the listening address]
    #[arg(long, global = true, hide_env_values = true, env = "NODE_PUBLIC_URL", value_name = "URL", value_parser = web_address)]
    public_url: Option<Url>,
    /// The province's hub: its widget is shown, and it is told of changes [default: none]
    #[arg(long, global = true, hide_env_values = true, env = "NODE_HUB", value_name = "URL", value_parser = web_address)]
    hub: Option<Url>,
    /// Where the database lies [default: data]
    #[arg(
        long,
        global = true,
        hide_env_values = true,
        env = "NODE_DATA_DIR",
        value_name = "DIR"
    )]
    data_dir: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8090]
    #[arg(
        long,
        global = true,
        hide_env_values = true,
        env = "NODE_LISTEN",
        value_name = "ADDR"
    )]
    listen: Option<SocketAddr>,
}

impl Settings {
    /// The node's configuration and where it listens.
    pub(super) fn resolve(self, file: Option<&Path>) -> anyhow::Result<(Config, SocketAddr)> {
        let below = from_file(file)?;
        let listen = self
            .listen
            .or(below.listen)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8090)));
        let public_url = match self.public_url.or(below.public_url) {
            Some(url) => url,
            None => Url::parse(&format!("http://{listen}")).context("listening address")?,
        };
        let Some(name) = self.name.or(below.name) else {
            bail!(
                "the agency's name is missing: give --name \"Sở Tư pháp\", NODE_NAME, or \
                 name = \"…\" in {FILE}"
            );
        };
        let data_dir = self
            .data_dir
            .or(below.data_dir)
            .unwrap_or_else(|| PathBuf::from("data"));
        let mut config = Config::new(&name, public_url, data_dir);
        if let Some(slug) = self.slug.or(below.slug) {
            config.slug = slug;
        }
        config.tagline = self.tagline.or(below.tagline);
        config.contact = self.contact.or(below.contact);
        config.hub = self.hub.or(below.hub);
        config.check()?;
        Ok((config, listen))
    }
}

fn web_address(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|error| {
        format!("{error}; expected an address such as https://phapluat.example.gov.vn")
    })
}

fn from_file(file: Option<&Path>) -> anyhow::Result<Settings> {
    let path = file.unwrap_or(Path::new(FILE));
    if file.is_none() && !path.exists() {
        return Ok(Settings::default());
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings file {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("settings file {}", path.display()))
}
