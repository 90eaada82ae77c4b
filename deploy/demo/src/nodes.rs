//! The agencies' sites.

use std::path::Path;

use agency_node::Config;
use anyhow::Context as _;
use url::Url;

use crate::agencies::DemoAgency;

/// Where the nodes keep their data, below the demo's folder.
pub(crate) const FOLDER: &str = "nodes";

/// Who may publish in every node. The demo listens on loopback only.
pub(crate) const EDITOR: &str = "bientap";
pub(crate) const PASSWORD: &str = "loa-phuong-2026";

/// The settings of an agency's node at `url`.
pub(crate) fn config(agency: &DemoAgency, folder: &Path, url: Url, hub: Url) -> Config {
    let data_dir = folder.join(FOLDER).join(agency.slug);
    Config {
        slug: agency.slug.to_owned(),
        tagline: Some(agency.tagline.to_owned()),
        hub: Some(hub),
        ..Config::new(agency.name, url, data_dir)
    }
}

/// Gives a node its first entries and its editor; what is there already stays.
pub(crate) async fn fill(agency: &'static DemoAgency, config: Config) -> anyhow::Result<()> {
    tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        agency_node::import(&config, agency.content.as_bytes(), |_| {})?;
        agency_node::ensure_editor(&config, EDITOR, PASSWORD)?;
        Ok(())
    })
    .await?
    .with_context(|| format!("cannot fill the node of {}", agency.name))
}
