//! What a node has to know.

use std::path::PathBuf;

use url::Url;

use crate::{NodeError, slug};

/// The settings of one node. [`Config::new`] fills in everything but the essentials.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the database lies; made when missing.
    pub data_dir: PathBuf,
    /// The address that readers see. It has no path: a node has a host (or a port) of its own.
    pub public_url: Url,
    /// The agency's name, as people read it.
    pub name: String,
    /// The agency's short name. The ids of all entries in feeds are made from it and so stay the
    /// same when the address changes; choose it once.
    pub slug: String,
    /// A line below the name.
    pub tagline: Option<String>,
    /// Address, telephone, electronic mail: shown at the foot of each page.
    pub contact: Option<String>,
    /// The province's hub: its widget is embedded, its WebSub is told of changes.
    pub hub: Option<Url>,
}

impl Config {
    /// A node without a hub; the slug comes from the name.
    pub fn new(name: &str, public_url: Url, data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            public_url,
            name: name.to_owned(),
            slug: slug::of(name),
            tagline: None,
            contact: None,
            hub: None,
        }
    }

    /// The absolute address of a path of this node.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }

    /// The address of the hub without a slash at its end.
    pub(crate) fn hub_address(&self) -> Option<&str> {
        self.hub
            .as_ref()
            .map(|hub| hub.as_str().trim_end_matches('/'))
    }

    /// The hub's WebSub endpoint.
    pub(crate) fn websub(&self) -> Option<String> {
        self.hub_address().map(|hub| format!("{hub}/websub"))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Refuses settings that make no sense, and says what was expected. Everything that takes a
    /// configuration does this first.
    pub fn check(&self) -> Result<(), NodeError> {
        let refuse = |message: String| Err(NodeError::Config(message));
        if self.name.trim().is_empty() {
            return refuse("the agency's name is missing: give `name`".to_owned());
        }
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.slug.is_empty() || self.slug.len() > 80 || !self.slug.bytes().all(fits) {
            return refuse(format!(
                "slug {:?}: expected lower-case letters, digits and '-', such as \"so-tu-phap\"",
                self.slug
            ));
        }
        check_address("public-url", &self.public_url)?;
        if self.public_url.path() != "/" {
            return refuse(format!(
                "public-url {}: expected an address without a path, such as \
                 https://phapluat.example.gov.vn",
                self.public_url
            ));
        }
        self.hub
            .as_ref()
            .map_or(Ok(()), |hub| check_address("hub", hub))
    }
}

fn check_address(what: &str, address: &Url) -> Result<(), NodeError> {
    let web = matches!(address.scheme(), "http" | "https") && address.has_host();
    if web && address.query().is_none() && address.fragment().is_none() {
        return Ok(());
    }
    Err(NodeError::Config(format!(
        "{what} {address}: expected an http or https address without a query"
    )))
}
