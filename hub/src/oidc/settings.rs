//! Which provider is asked who somebody is, and what it knows the hub by.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;
use url::Url;

use crate::config::ConfigError;
use crate::secret::Secret;

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
}

impl Given {
    /// What is given here, and what is given there where it is not.
    pub(crate) fn over(self, file: Self) -> Self {
        let is_given = self.client_secret.is_some() || self.client_secret_file.is_some();
        let (client_secret, client_secret_file) = if is_given {
            (self.client_secret, self.client_secret_file)
        } else {
            (file.client_secret, file.client_secret_file)
        };
        Self {
            issuer: self.issuer.or(file.issuer),
            client_id: self.client_id.or(file.client_id),
            client_secret,
            client_secret_file,
            name: self.name.or(file.name),
        }
    }

    /// The provider; none where nothing is said of it.
    pub(crate) fn settings(self) -> Result<Option<Settings>, ConfigError> {
        let secret = match (self.client_secret, self.client_secret_file) {
            (Some(secret), _) => Some(secret),
            (None, Some(file)) => Some(Secret::read("oidc-client-secret-file", &file)?),
            (None, None) => None,
        };
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
        Ok(Some(Settings {
            issuer: parse_issuer(&issuer)?,
            client_id,
            client_secret,
            name: self.name.unwrap_or_else(|| "tài khoản của tỉnh".to_owned()),
        }))
    }
}

fn parse_issuer(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).ok().filter(|url| {
        let host = url.host_str().unwrap_or_default();
        let is_loopback =
            host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        url.scheme() == "https" || url.scheme() == "http" && is_loopback
    });
    let url = url.filter(|url| url.query().is_none() && url.fragment().is_none());
    url.ok_or_else(|| {
        wrong(
            text,
            "expected an address such as https://id.tinh.example.vn",
        )
    })
}

fn wrong(value: &str, reason: &str) -> ConfigError {
    ConfigError::Value {
        setting: "oidc-issuer",
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}
