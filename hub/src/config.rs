//! Settings: the file `hub.toml`, over it the environment `HUB_…`, over both the flags.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use crate::harvest::guard::Allowed;
use crate::harvest::schedule::Policy;
use crate::mail;
use crate::oidc;
use crate::websub;

/// Where `hub serve` listens when nobody says otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Requests to the API that one client may usually send in a minute: a copy of 100,000 entries takes two minutes.
const API_LIMIT: u32 = 600;

/// A proxy on this machine is this machine's administrator's.
const OWN_MACHINE: [&str; 2] = ["127.0.0.0/8", "::1"];

/// The longest time that a setting may name: a month.
const LONGEST_TIME: u64 = 31 * 24 * 3600;

/// Everything that a hub needs to know about its surroundings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `sqlite://path` or `postgres://…`.
    pub database_url: String,
    /// Holds the search index and the default database.
    pub data_dir: PathBuf,
    /// Holds the key that second factors are sealed with; hubs on one database have the same.
    pub secret_key_file: PathBuf,
    /// The address that the outside sees; every absolute link starts with it.
    pub public_url: Url,
    /// The portal's name, as people read it.
    pub title: String,
    /// Private places that outbound requests may reach all the same.
    pub outbound_allow: Vec<Allowed>,
    /// Where `/metrics` is served apart from everything else; none serves it beside the portal.
    pub metrics_listen: Option<SocketAddr>,
    /// When feeds are fetched.
    pub schedule: Policy,
    /// How the hub serves its subscribers.
    pub websub: websub::Settings,
    /// The name server that outbound requests ask instead of the system's.
    pub dns_server: Option<SocketAddr>,
    /// Where a webmaster learns who is fetching, when that is not `public_url`.
    pub contact: Option<Url>,
    /// Whose word counts about who has sent a request (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// Requests to the API that one client may send in a minute; 0 is as many as it likes.
    pub api_limit: u32,
    /// Where the nightly files of all data are kept; hubs on one database share it.
    pub dump_dir: PathBuf,
    /// Under what terms the data may be used, as its manifest says: an address or a name.
    pub data_licence: Option<String>,
    /// How mail is sent; none sends none.
    pub mail: Option<mail::Settings>,
    /// Who is asked who somebody is; none is nobody.
    pub oidc: Option<oidc::Settings>,
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
    /// File with the key that second factors are sealed with, made where it is missing; hubs on one database need the same [default: secret.key in the data folder]
    #[arg(
        long,
        global = true,
        env = "HUB_SECRET_KEY_FILE",
        value_name = "FILE",
        hide_short_help = true
    )]
    pub secret_key_file: Option<PathBuf>,
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
    /// Address to serve metrics on, apart from the portal [default: /metrics beside the portal]
    #[arg(long, global = true, env = "HUB_METRICS_LISTEN", value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,
    /// No feed is fetched more often by itself: 90s, 5m, 24h [default: 5m]
    #[arg(
        long,
        global = true,
        env = "HUB_MIN_INTERVAL",
        value_name = "TIME",
        hide_short_help = true
    )]
    pub min_interval: Option<String>,
    /// No working feed is left alone for longer [default: 24h]
    #[arg(
        long,
        global = true,
        env = "HUB_MAX_INTERVAL",
        value_name = "TIME",
        hide_short_help = true
    )]
    pub max_interval: Option<String>,
    /// How late news may be found where the publisher does not tell of it [default: 10m]
    #[arg(
        long,
        global = true,
        env = "HUB_TARGET_STALENESS",
        value_name = "TIME",
        hide_short_help = true
    )]
    pub target_staleness: Option<String>,
    /// Regular requests an hour to one server, with all its feeds [default: 60]
    #[arg(
        long,
        global = true,
        env = "HUB_HOST_BUDGET",
        value_name = "NUMBER",
        hide_short_help = true
    )]
    pub host_budget: Option<u32>,
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
    /// Name server that outbound requests ask: ADDRESS or ADDRESS:PORT [default: the system's]
    #[arg(long, global = true, env = "HUB_DNS_SERVER", value_name = "ADDR")]
    pub dns_server: Option<String>,
    /// Web or mail address that the User-Agent names to webmasters [default: the public address]
    #[arg(long, global = true, env = "HUB_CONTACT", value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` counts: addresses or CIDR, comma-separated [default: `127.0.0.0/8,::1`]
    #[arg(
        long,
        global = true,
        env = "HUB_TRUSTED_PROXIES",
        value_name = "LIST",
        value_delimiter = ','
    )]
    pub trusted_proxies: Option<Vec<String>>,
    /// Requests to the API that one client may send in a minute; 0 is as many as it likes [default: 600]
    #[arg(
        long,
        global = true,
        env = "HUB_API_LIMIT",
        value_name = "NUMBER",
        hide_short_help = true
    )]
    pub api_limit: Option<u32>,
    /// Folder for the nightly files of all data; hubs on one database share it [default: dump in the data folder]
    #[arg(
        long,
        global = true,
        env = "HUB_DUMP_DIR",
        value_name = "DIR",
        hide_short_help = true
    )]
    pub dump_dir: Option<PathBuf>,
    /// Under what terms the data may be used, for the manifest of these files: an address or a name
    #[arg(
        long,
        global = true,
        env = "HUB_DATA_LICENCE",
        value_name = "TEXT",
        hide_short_help = true
    )]
    pub data_licence: Option<String>,
    #[command(flatten)]
    pub mail: mail::Given,
    #[command(flatten)]
    pub oidc: oidc::Given,
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
    #[serde(rename = "secret_key_file")]
    secret_key: Option<PathBuf>,
    public_url: Option<String>,
    title: Option<String>,
    outbound_allow: Option<Vec<String>>,
    metrics_listen: Option<SocketAddr>,
    min_interval: Option<String>,
    max_interval: Option<String>,
    target_staleness: Option<String>,
    host_budget: Option<u32>,
    websub_min_lease: Option<u32>,
    websub_first_retry: Option<u32>,
    dns_server: Option<String>,
    contact: Option<String>,
    trusted_proxies: Option<Vec<String>>,
    api_limit: Option<u32>,
    dump_dir: Option<PathBuf>,
    data_licence: Option<String>,
    #[serde(default)]
    mail: mail::Given,
    #[serde(default)]
    oidc: oidc::Given,
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
        let schedule = self.schedule(&file)?;
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
        let trusted_proxies = self.trusted_proxies.clone().or(file.trusted_proxies);
        let dump_dir = self.dump_dir.clone().or(file.dump_dir);
        let secret_key_file = self.secret_key_file.clone().or(file.secret_key);
        let title = self
            .title
            .clone()
            .or(file.title)
            .unwrap_or_else(|| "Pháp luật Thanh Hóa".to_owned());
        let config = Config {
            schedule,
            database_url,
            mail: self.mail.clone().over(file.mail).settings(&title)?,
            oidc: self.oidc.clone().over(file.oidc).settings()?,
            trusted_proxies: parse_trusted_proxies(trusted_proxies)?,
            api_limit: self.api_limit.or(file.api_limit).unwrap_or(API_LIMIT),
            dump_dir: dump_dir.unwrap_or_else(|| data_dir.join("dump")),
            secret_key_file: secret_key_file.unwrap_or_else(|| data_dir.join("secret.key")),
            data_licence: self.data_licence.clone().or(file.data_licence),
            data_dir,
            public_url: parse_public_url(&public_url)?,
            title,
            outbound_allow: parse_allowed("outbound-allow", &outbound_allow)?,
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            websub: websub_settings(
                self.websub_min_lease.or(file.websub_min_lease),
                self.websub_first_retry.or(file.websub_first_retry),
            )?,
            dns_server: dns_server.as_deref().map(parse_dns_server).transpose()?,
            contact: contact.as_deref().map(parse_contact).transpose()?,
        };
        Ok(Loaded {
            config,
            listen: file.listen,
            public_url_given,
        })
    }

    fn schedule(&self, file: &File) -> Result<Policy, ConfigError> {
        let usual = Policy::default();
        let time = |setting, given: &Option<String>, in_file: &Option<String>, usual| {
            let text = given.as_deref().or(in_file.as_deref());
            text.map_or(Ok(usual), |text| parse_time(setting, text))
        };
        let policy = Policy {
            shortest: time(
                "min-interval",
                &self.min_interval,
                &file.min_interval,
                usual.shortest,
            )?,
            longest: time(
                "max-interval",
                &self.max_interval,
                &file.max_interval,
                usual.longest,
            )?,
            target: time(
                "target-staleness",
                &self.target_staleness,
                &file.target_staleness,
                usual.target,
            )?,
            host_budget: self
                .host_budget
                .or(file.host_budget)
                .unwrap_or(usual.host_budget),
        };
        if policy.longest < policy.shortest {
            return Err(ConfigError::Value {
                setting: "max-interval",
                value: format!("{} s", policy.longest.as_secs()),
                reason: format!(
                    "it is shorter than min-interval, {} s",
                    policy.shortest.as_secs()
                ),
            });
        }
        if policy.host_budget == 0 {
            return Err(ConfigError::Value {
                setting: "host-budget",
                value: "0".to_owned(),
                reason: "expected at least one request an hour".to_owned(),
            });
        }
        Ok(policy)
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

/// A length of time such as `90s`, `5m` or `24h`; a bare number counts seconds.
pub(crate) fn parse_time(setting: &'static str, text: &str) -> Result<Duration, ConfigError> {
    let trimmed = text.trim();
    let digits = trimmed.trim_end_matches(|unit: char| unit.is_ascii_alphabetic());
    let unit = match &trimmed[digits.len()..] {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        _ => None,
    };
    let seconds = digits.parse::<u64>().ok().zip(unit);
    seconds
        .and_then(|(number, unit)| number.checked_mul(unit))
        .filter(|seconds| (1..=LONGEST_TIME).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| ConfigError::Value {
            setting,
            value: text.to_owned(),
            reason: "expected a time from 1s to 744h, such as 90s, 5m or 24h".to_owned(),
        })
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

/// Entries of an allow-list; blank ones are none.
pub(crate) fn parse_allowed(
    setting: &'static str,
    values: &[String],
) -> Result<Vec<Allowed>, ConfigError> {
    values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .map(|value| {
            value.parse().map_err(|error| ConfigError::Value {
                setting,
                value: value.to_owned(),
                reason: format!("{error}"),
            })
        })
        .collect()
}

fn parse_trusted_proxies(values: Option<Vec<String>>) -> Result<Vec<IpNet>, ConfigError> {
    let values = values.unwrap_or_else(|| OWN_MACHINE.map(str::to_owned).to_vec());
    values
        .iter()
        .map(|value| value.trim())
        .filter(|value| !value.is_empty())
        .map(|value| {
            let net = value
                .parse()
                .or_else(|_| value.parse::<IpAddr>().map(IpNet::from));
            net.map_err(|_| ConfigError::Value {
                setting: "trusted-proxies",
                value: value.to_owned(),
                reason: "expected addresses or networks such as 10.0.0.7 or 10.0.0.0/24".to_owned(),
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
    use crate::harvest::guard::Guard;

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
        assert_eq!(config.schedule, Policy::default());
        let trusted = config.trusted_proxies.iter().map(ToString::to_string);
        assert_eq!(trusted.collect::<Vec<_>>(), ["127.0.0.0/8", "::1/128"]);
        assert_eq!(config.dump_dir, Path::new("/var/lib/loa/dump"));
        let key = Path::new("/var/lib/loa/secret.key");
        assert_eq!(config.secret_key_file, key);
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
    fn only_who_signs_in_reaches_a_provider_within_the_house() {
        let (_dir, settings) = settings(
            "[oidc]\nissuer = \"http://127.0.0.1:9000\"\nclient_id = \"a\"\nclient_secret = \"b\"\n\
             allow = [\"10.1.2.3:8443\"]",
        );
        let config = settings.load().unwrap().config;
        let of_provider = Guard::new(config.oidc.clone().unwrap().allow);
        for (url, is_reached) in [
            ("http://127.0.0.1:9000/auth", true),
            ("https://10.1.2.3:8443/token", true),
            ("http://127.0.0.1:9001/", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(of_provider.check_url(&url).is_ok(), is_reached, "{url}");
            let of_feeds = crate::app::guard(&config);
            assert!(of_feeds.check_url(&url).is_err(), "{url}");
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
            ("websub_min_lease = 0", "expected 1 to"),
            (
                "outbound_allow = [\"everything\"]",
                "outbound-allow: 'everything'",
            ),
            ("min_interval = \"soon\"", "such as 90s, 5m or 24h"),
            ("min_interval = \"0\"", "such as 90s, 5m or 24h"),
            (
                "min_interval = \"2h\"\nmax_interval = \"90m\"",
                "shorter than min-interval, 7200 s",
            ),
            ("host_budget = 0", "at least one request an hour"),
            (
                "dns_server = \"dns.vn\"",
                "expected an address such as 10.0.0.53",
            ),
            ("contact = \"webmaster\"", "expected a web or mail address"),
            (
                "trusted_proxies = [\"proxy.vn\"]",
                "networks such as 10.0.0.7 or 10.0.0.0/24",
            ),
            ("[oidc]\nissuer = \"https://id.vn\"", "together"),
            (
                "[oidc]\nissuer = \"http://id.vn\"\nclient_id = \"a\"\nclient_secret = \"b\"",
                "such as https://id.tinh.example.vn",
            ),
            (
                "[oidc]\nissuer = \"https://id.vn\"\nclient_id = \"a\"\nclient_secret = \"b\"\nallow = [\"*\"]",
                "oidc-allow: '*'",
            ),
            ("[mail]\nhots = \"x\"", "unknown field `hots`"),
            ("[mail]\nfrom = \"a@b.vn\"", "smtp-host"),
            ("[mail]\nhost = \"mail.vn\"", "mail-from"),
            ("[mail]\nhost = \"mail.vn:x\"", "mail.tinh.example.vn:587"),
            (
                "[mail]\nhost = \"mail.vn\"\nfrom = \"a@b.vn\"\nuser = \"a\"",
                "smtp-password",
            ),
            (
                "[mail]\nhost = \"mail.vn\"\nfrom = \"a@b.vn\"\nuser = \"a\"\npassword = \"p\"\ntls = \"none\"",
                "would travel in the open",
            ),
        ] {
            let (_dir, settings) = settings(toml);
            let error = settings.load().unwrap_err().to_string();
            assert!(error.contains(expected), "{toml}: {error}");
        }
    }
}
