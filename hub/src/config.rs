//! Settings: the file `hub.toml`, over it the environment `HUB_…`, over both the flags.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use url::Url;

use crate::harvest::guard::Allowed;
use crate::websub;

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
    /// How the hub serves its subscribers.
    pub websub: websub::Settings,
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
    /// Shortest lease of a WebSub subscription, in seconds [default: 300]
    #[arg(
        long,
        global = true,
        env = "HUB_WEBSUB_MIN_LEASE",
        value_name = "SECONDS"
    )]
    pub websub_min_lease: Option<u32>,
    /// When a WebSub delivery that failed is tried again for the first time, in seconds [default: 60]
    #[arg(
        long,
        global = true,
        env = "HUB_WEBSUB_FIRST_RETRY",
        value_name = "SECONDS"
    )]
    pub websub_first_retry: Option<u32>,
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
    websub_min_lease: Option<u32>,
    websub_first_retry: Option<u32>,
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
            websub: websub_settings(
                self.websub_min_lease.or(file.websub_min_lease),
                self.websub_first_retry.or(file.websub_first_retry),
            )?,
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

fn websub_settings(
    min_lease: Option<u32>,
    first_retry: Option<u32>,
) -> Result<websub::Settings, ConfigError> {
    let seconds = |setting, value: Option<u32>, default: Duration, most: Duration| match value {
        None => Ok(default),
        Some(value) if (1..=most.as_secs()).contains(&value.into()) => {
            Ok(Duration::from_secs(value.into()))
        }
        Some(value) => Err(ConfigError::Value {
            setting,
            value: value.to_string(),
            reason: format!("expected 1 to {} seconds", most.as_secs()),
        }),
    };
    let default = websub::Settings::default();
    Ok(websub::Settings {
        min_lease: seconds(
            "websub-min-lease",
            min_lease,
            default.min_lease,
            websub::DEFAULT_LEASE,
        )?,
        first_retry: seconds(
            "websub-first-retry",
            first_retry,
            default.first_retry,
            websub::LONGEST_RETRY,
        )?,
    })
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
            ("websub_min_lease = 0", "expected 1 to"),
            (
                "outbound_allow = [\"everything\"]",
                "outbound-allow: 'everything'",
            ),
        ] {
            let (_dir, settings) = settings(toml);
            let error = settings.load().unwrap_err().to_string();
            assert!(error.contains(expected), "{toml}: {error}");
        }
    }
}
