//! Settings: the file `hub.toml`, over it the environment `HUB_…`, over both the flags.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use url::Url;

use crate::harvest::guard::Allowed;

/// Where `hub serve` listens when nobody says otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Everything that a hub needs to know about its surroundings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite://path` or `postgres://…`.
    pub database_url: String,
    /// Holds the search index and the default database.
    pub data_dir: PathBuf,
    /// The address that the outside sees; every absolute link starts with it.
    pub public_url: Url,
    /// The portal's name, as people read it.
    pub title: String,
    /// Private places that outbound requests may reach all the same.
    pub outbound_allow: Vec<Allowed>,
    /// The name server that outbound requests ask instead of the system's.
    pub dns_server: Option<SocketAddr>,
    /// Where a webmaster learns who is fetching, when that is not `public_url`.
    pub contact: Option<Url>,
}

/// The settings that flags and environment can give.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// Settings file; `hub.toml` in the current folder is read when it is there
    #[arg(long, global = true, env = "HUB_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME` [default: sqlite in the data folder]
    #[arg(
        long,
        global = true,
        env = "HUB_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// Folder for the search index and the default database [default: data]
    #[arg(long, global = true, env = "HUB_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The address that the outside sees [default: <http://127.0.0.1:8080>, or the address served]
    #[arg(long, global = true, env = "HUB_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// The portal's name [default: Pháp luật Thanh Hóa]
    #[arg(long, global = true, env = "HUB_TITLE", value_name = "TEXT")]
    pub title: Option<String>,
    /// Private places that outbound requests may reach: CIDR, CIDR:port or host:port, comma-separated
    #[arg(
        long,
        global = true,
        env = "HUB_OUTBOUND_ALLOW",
        value_name = "LIST",
        value_delimiter = ','
    )]
    pub outbound_allow: Option<Vec<String>>,
    /// Name server that outbound requests ask: ADDRESS or ADDRESS:PORT [default: the system's]
    #[arg(long, global = true, env = "HUB_DNS_SERVER", value_name = "ADDR")]
    pub dns_server: Option<String>,
    /// Web or mail address that the User-Agent names to webmasters [default: the public address]
    #[arg(long, global = true, env = "HUB_CONTACT", value_name = "ADDRESS")]
    pub contact: Option<String>,
}

/// What is wrong with the settings, and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}")]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the settings file {path} is not right: {source}")]
    File {
        path: PathBuf,
        source: toml::de::Error,
    },
    #[error("{setting}: '{value}' is not right: {reason}")]
    Value {
        setting: &'static str,
        value: String,
        reason: String,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<SocketAddr>,
    database_url: Option<String>,
    data_dir: Option<PathBuf>,
    public_url: Option<String>,
    title: Option<String>,
    outbound_allow: Option<Vec<String>>,
    dns_server: Option<String>,
    contact: Option<String>,
}

/// What the settings say.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Where the file says to listen.
    pub listen: Option<SocketAddr>,
    /// Whether anybody gave the public address, or it is the default.
    pub public_url_given: bool,
}

impl Settings {
    /// Puts file, environment and flags together.
    pub fn load(&self) -> Result<Loaded, ConfigError> {
        let file = self.read_file()?;
        let data_dir = self
            .data_dir
            .clone()
            .or(file.data_dir)
            .unwrap_or_else(|| "data".into());
        let database_url = self
            .database_url
            .clone()
            .or(file.database_url)
            .unwrap_or_else(|| format!("sqlite://{}", data_dir.join("hub.db").display()));
        let given = self.public_url.clone().or(file.public_url);
        let public_url_given = given.is_some();
        let public_url = given.unwrap_or_else(|| format!("http://{DEFAULT_LISTEN}"));
        let outbound_allow = self
            .outbound_allow
            .clone()
            .or(file.outbound_allow)
            .unwrap_or_default();
        let dns_server = self.dns_server.clone().or(file.dns_server);
        let contact = self.contact.clone().or(file.contact);
        let config = Config {
            database_url,
            data_dir,
            public_url: parse_public_url(&public_url)?,
            title: self
                .title
                .clone()
                .or(file.title)
                .unwrap_or_else(|| "Pháp luật Thanh Hóa".to_owned()),
            outbound_allow: parse_outbound_allow(&outbound_allow)?,
            dns_server: dns_server.as_deref().map(parse_dns_server).transpose()?,
            contact: contact.as_deref().map(parse_contact).transpose()?,
        };
        Ok(Loaded {
            config,
            listen: file.listen,
            public_url_given,
        })
    }

    fn read_file(&self) -> Result<File, ConfigError> {
        let path = self.config.as_deref().unwrap_or(Path::new("hub.toml"));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(source)
                if self.config.is_none() && source.kind() == std::io::ErrorKind::NotFound =>
            {
                return Ok(File::default());
            }
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.into(),
                    source,
                });
            }
        };
        toml::from_str(&text).map_err(|source| ConfigError::File {
            path: path.into(),
            source,
        })
    }
}

fn parse_public_url(value: &str) -> Result<Url, ConfigError> {
    let wrong = |reason: &str| ConfigError::Value {
        setting: "public-url",
        value: value.to_owned(),
        reason: reason.to_owned(),
    };
    let url = Url::parse(value).map_err(|error| {
        wrong(&format!(
            "{error}; expected an address such as https://phapluat.example.vn"
        ))
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("expected http:// or https:// and a host"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "the portal stands at the root of its host: leave out the path",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("leave out the user name and password"));
    }
    Ok(url)
}

fn parse_outbound_allow(values: &[String]) -> Result<Vec<Allowed>, ConfigError> {
    values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .map(|value| {
            value.parse().map_err(|error| ConfigError::Value {
                setting: "outbound-allow",
                value: value.to_owned(),
                reason: format!("{error}"),
            })
        })
        .collect()
}

fn parse_dns_server(value: &str) -> Result<SocketAddr, ConfigError> {
    const DNS: u16 = 53;
    let with_port = value.parse();
    with_port
        .or_else(|_| value.parse().map(|ip| SocketAddr::new(ip, DNS)))
        .map_err(|_| ConfigError::Value {
            setting: "dns-server",
            value: value.to_owned(),
            reason: "expected an address such as 10.0.0.53 or 127.0.0.1:5353".to_owned(),
        })
}

/// A mail address becomes `mailto:`.
fn parse_contact(value: &str) -> Result<Url, ConfigError> {
    let is_mail = value.contains('@') && !value.contains([':', '/']);
    let address = if is_mail {
        Url::parse(&format!("mailto:{value}"))
    } else {
        Url::parse(value)
    };
    match address {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "mailto") => Ok(url),
        _ => Err(ConfigError::Value {
            setting: "contact",
            value: value.to_owned(),
            reason: "expected a web or mail address such as https://phapluat.example.vn/lien-he \
                     or webmaster@example.vn"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> (tempfile::TempDir, Settings) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.toml");
        std::fs::write(&path, toml).unwrap();
        (
            dir,
            Settings {
                config: Some(path),
                ..Settings::default()
            },
        )
    }

    #[test]
    fn flags_go_over_the_file_and_the_file_over_defaults() {
        let (_dir, mut settings) = settings("title = \"Tệp\"\ndata_dir = \"/var/lib/loa\"\n");
        settings.title = Some("Cờ".to_owned());
        let Loaded { config, listen, .. } = settings.load().unwrap();
        assert_eq!(config.title, "Cờ");
        assert_eq!(config.database_url, "sqlite:///var/lib/loa/hub.db");
        assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
        assert_eq!(listen, None);
    }

    #[test]
    fn a_name_server_has_a_port_and_a_contact_is_an_address() {
        for (toml, server, contact) in [
            ("", None, None),
            ("dns_server = \"10.0.0.53\"", Some("10.0.0.53:53"), None),
            ("dns_server = \"[::1]:5353\"", Some("[::1]:5353"), None),
            ("contact = \"a@b.vn\"", None, Some("mailto:a@b.vn")),
            ("contact = \"https://b.vn/x\"", None, Some("https://b.vn/x")),
        ] {
            let (_dir, settings) = settings(toml);
            let config = settings.load().unwrap().config;
            let found = config.dns_server.map(|server| server.to_string());
            assert_eq!(found.as_deref(), server, "{toml}");
            assert_eq!(config.contact.as_ref().map(Url::as_str), contact, "{toml}");
        }
    }

    #[test]
    fn wrong_values_are_named_with_what_was_expected() {
        for (toml, expected) in [
            ("titel = \"x\"", "unknown field `titel`"),
            (
                "public_url = \"phapluat.vn\"",
                "expected an address such as",
            ),
            (
                "public_url = \"ftp://phapluat.vn\"",
                "expected http:// or https://",
            ),
            (
                "public_url = \"https://phapluat.vn/portal\"",
                "leave out the path",
            ),
            (
                "outbound_allow = [\"everything\"]",
                "outbound-allow: 'everything'",
            ),
            (
                "dns_server = \"dns.vn\"",
                "expected an address such as 10.0.0.53",
            ),
            ("contact = \"webmaster\"", "expected a web or mail address"),
        ] {
            let (_dir, settings) = settings(toml);
            let error = settings.load().unwrap_err().to_string();
            assert!(error.contains(expected), "{toml}: {error}");
        }
    }
}
