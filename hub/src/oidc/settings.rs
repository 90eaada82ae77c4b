//! Which provider is asked who somebody is, and what it knows the hub by.

use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use url::Url;

use crate::config::{ConfigError, parse_allowed};
use crate::harvest::guard::Allowed;
use crate::secret::{Secret, Source, is_loopback};

/// What flags, environment and the settings file's part `[oidc]` say.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[group(skip)]
pub struct Given {
    /// Issuer of the province's identity provider (`OpenID` Connect) [default: none; people sign in with passwords only]
    #[arg(
        id = "oidc-issuer",
        long = "oidc-issuer",
        global = true,
        env = "HUB_OIDC_ISSUER",
        value_name = "URL",
        hide_short_help = true
    )]
    issuer: Option<String>,
    /// What the provider knows the hub by
    #[arg(
        id = "oidc-client-id",
        long = "oidc-client-id",
        global = true,
        env = "HUB_OIDC_CLIENT_ID",
        value_name = "ID",
        hide_short_help = true
    )]
    client_id: Option<String>,
    /// Secret shared with the provider; others on the machine can read a flag, so set the environment or name a file
    #[arg(
        id = "oidc-client-secret",
        long = "oidc-client-secret",
        global = true,
        env = "HUB_OIDC_CLIENT_SECRET",
        hide_env_values = true,
        hide = true
    )]
    client_secret: Option<Secret>,
    /// File whose first line is that secret (or set `HUB_OIDC_CLIENT_SECRET`)
    #[arg(
        id = "oidc-client-secret-file",
        long = "oidc-client-secret-file",
        global = true,
        env = "HUB_OIDC_CLIENT_SECRET_FILE",
        value_name = "FILE",
        hide_short_help = true
    )]
    client_secret_file: Option<PathBuf>,
    /// What people call their account there [default: tài khoản của tỉnh]
    #[arg(
        id = "oidc-name",
        long = "oidc-name",
        global = true,
        env = "HUB_OIDC_NAME",
        value_name = "TEXT",
        hide_short_help = true
    )]
    name: Option<String>,
    /// Private places that the provider may be asked at beside the issuer's own: CIDR, CIDR:port or host:port, comma-separated
    #[arg(
        id = "oidc-allow",
        long = "oidc-allow",
        global = true,
        env = "HUB_OIDC_ALLOW",
        value_name = "LIST",
        value_delimiter = ',',
        hide_short_help = true
    )]
    allow: Option<Vec<String>>,
}

/// The provider, and what it knows the hub by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where its configuration is discovered.
    pub issuer: Url,
    /// What it knows the hub by.
    pub client_id: String,
    /// The secret that it shares with the hub.
    pub client_secret: Secret,
    /// What people call their account there.
    pub name: String,
    /// Private places that the provider may be asked at, and that are open to nothing else: the issuer's own, and what the operator listed.
    pub allow: Vec<Allowed>,
}

impl Given {
    /// What is given here, and what is given there where it is not.
    pub(crate) fn over(self, file: Self) -> Self {
        let secret = Source {
            secret: self.client_secret,
            file: self.client_secret_file,
        };
        let secret = secret.over(Source {
            secret: file.client_secret,
            file: file.client_secret_file,
        });
        Self {
            issuer: self.issuer.or(file.issuer),
            client_id: self.client_id.or(file.client_id),
            client_secret: secret.secret,
            client_secret_file: secret.file,
            name: self.name.or(file.name),
            allow: self.allow.or(file.allow),
        }
    }

    /// The provider; none where nothing is said of it.
    pub(crate) fn settings(self) -> Result<Option<Settings>, ConfigError> {
        let secret = Source {
            secret: self.client_secret,
            file: self.client_secret_file,
        };
        let secret = secret.read("oidc-client-secret-file")?;
        let (issuer, client_id, client_secret) = match (self.issuer, self.client_id, secret) {
            (None, None, None) => return Ok(None),
            (Some(issuer), Some(client_id), Some(secret)) => (issuer, client_id, secret),
            (issuer, ..) => {
                return Err(wrong(
                    issuer.as_deref().unwrap_or_default(),
                    "expected oidc-issuer, oidc-client-id and oidc-client-secret-file together",
                ));
            }
        };
        let issuer = parse_issuer(&issuer)?;
        let mut allow = parse_allowed("oidc-allow", &self.allow.unwrap_or_default())?;
        allow.extend(own_place(&issuer)?);
        Ok(Some(Settings {
            issuer,
            allow,
            client_id,
            client_secret,
            name: self.name.unwrap_or_else(|| "tài khoản của tỉnh".to_owned()),
        }))
    }
}

fn parse_issuer(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok().filter(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" || url.scheme() == "http" && is_loopback(host)
    });
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.ok_or_else(|| {
        wrong(
            text,
            "expected an address such as https://id.tinh.example.vn",
        )
    })
}

/// Who names the issuer wants it to be asked, wherever it is.
fn own_place(issuer: &Url) -> Result<Vec<Allowed>, ConfigError> {
    let host = issuer.host_str().unwrap_or_default();
    let port = issuer.port_or_known_default().unwrap_or_default();
    parse_allowed("oidc-issuer", &[format!("{host}:{port}")])
}

fn wrong(value: &str, reason: &str) -> ConfigError {
    ConfigError::Value {
        setting: "oidc-issuer",
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}
